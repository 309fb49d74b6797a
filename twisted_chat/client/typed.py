"""What a typed line means. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

COMMANDS = (
    "away", "back", "ban", "bans", "create", "delete", "deop", "devoice", "drop", "edit", "ghost", "help", "history",
    "hush", "ignore", "invite", "join", "kick", "lock", "log", "login", "logout", "me", "motd", "msg", "names",
    "nick", "op", "oper", "part", "password", "quit", "register", "reply", "rooms", "say", "search", "sessions",
    "set", "slow", "switch", "time", "topic", "unban", "undo", "unignore", "unread", "version", "voice", "who",
    "whois",
)  # fmt: skip
"""What Tab completes. The server knows what there really is; all else that is typed is sent to it, too."""

_EXACT = frozenset({"delete", "ghost", "login", "logout", "oper", "password", "register"})
"""What the server takes by its whole name only."""

NEW = "New password: "
AGAIN = "The new password again: "
"""What is said twice, to be sure."""

_SECRET = frozenset({"login", "register", "password", "oper", "enroll", "reset"})
_TURNING = frozenset({"login", "logout"})
_ABOUT_ROOM = frozenset({
    "ban", "deop", "devoice", "hush", "invite", "kick", "lock", "op", "set", "slow", "topic", "unban", "undo", "voice",
})  # fmt: skip
"""What changes something in the current room."""


class Verb(Enum):
    """What the client does itself. All else is a COMMAND for the server."""

    NOTHING = auto()
    SAY = auto()
    ACT = auto()
    TELL = auto()
    REPLY = auto()
    JOIN = auto()
    PART = auto()
    SWITCH = auto()
    QUIT = auto()
    NICK = auto()
    """The client's while there is no connection, else the server's."""
    COMMAND = auto()
    SECRET = auto()
    """Not sent: it looks like a password about to be published."""


_OWN = {
    "say": Verb.SAY, "me": Verb.ACT, "msg": Verb.TELL, "tell": Verb.TELL, "m": Verb.TELL, "w": Verb.TELL,
    "reply": Verb.REPLY, "r": Verb.REPLY, "join": Verb.JOIN, "j": Verb.JOIN, "part": Verb.PART,
    "leave": Verb.PART, "switch": Verb.SWITCH, "nick": Verb.NICK, "quit": Verb.QUIT, "exit": Verb.QUIT,
    "bye": Verb.QUIT,
}  # fmt: skip
_WORDS_NEEDED = {Verb.SAY: 1, Verb.ACT: 1, Verb.TELL: 2, Verb.REPLY: 1, Verb.JOIN: 1, Verb.SWITCH: 1, Verb.NICK: 1}


@dataclass(frozen=True, slots=True)
class Typed:
    """`words`: what follows the command. TELL has two: a nickname and the text; JOIN may have a key after the room."""

    verb: Verb
    words: Sequence[str] = ()


def parse(line: str) -> Typed:
    """`line` is cleaned already."""
    if not line.strip():
        return Typed(Verb.NOTHING)
    if not line.startswith("/"):
        return Typed(Verb.SECRET) if is_secret(line) else Typed(Verb.SAY, (line,))
    if line.startswith("//"):
        return Typed(Verb.SAY, (line[1:],))
    name, _, rest = line[1:].partition(" ")
    verb = _own(name.lower())
    words = rest.strip().split(maxsplit=1) if verb in (Verb.TELL, Verb.JOIN) else [rest.strip()] if rest.strip() else []
    # What lacks its words goes to the server: it knows best how to say so.
    if verb is None or len(words) < _WORDS_NEEDED.get(verb, 0):
        return Typed(Verb.COMMAND)
    return Typed(verb, tuple(words))


def _own(name: str) -> Verb | None:
    if name in _OWN:
        return _OWN[name]
    meant = [command for command in COMMANDS if name and command.startswith(name) and command not in _EXACT]
    return _OWN.get(meant[0]) if len(meant) == 1 else None


def secrets_wanted(line: str, nick: str) -> tuple[str, tuple[str, ...]] | None:
    """Behind what the answers are to be put, with tabs between, and the questions, where a command lacks its passwords.

    None: it lacks none. `nick` is whose password is meant where no name is given.
    """
    words = line.split()
    name = words[0].lower() if words else ""
    if name == "/login" and len(words) <= 2:
        return f"/login {words[1] if len(words) == 2 else nick} ", ("Password: ",)
    if name == "/oper" and len(words) == 2:
        return f"/oper {words[1]} ", ("Password: ",)
    if name in ("/enroll", "/reset") and len(words) == 2:
        return f"{name} {words[1]} ", (NEW, AGAIN)
    if name == "/register" and len(words) == 1:
        return "/register ", (NEW, AGAIN)
    if name == "/password" and len(words) == 1:
        return "/password ", ("Old password: ", NEW, AGAIN)
    return None


def is_secret(line: str) -> bool:
    """Whether a line should leave no trace in an input history."""
    return _command_of(line) in _SECRET


def unsecret(line: str) -> str:
    """As much of a line as may be shown again."""
    return line.split()[0] if is_secret(line) else line


def is_turning(line: str) -> bool:
    """Whether the user may be somebody else after this line."""
    return _command_of(line) in _TURNING


def is_about_room(line: str) -> bool:
    """Whether a line may be a command that changes something in the current room."""
    name = _command_of(line)
    return bool(name) and any(command.startswith(name) for command in _ABOUT_ROOM)


def dropped(line: str) -> str:
    """The room, as typed, that a command line drops; empty if it does not."""
    return " ".join(line.split()[1:]) if _command_of(line) == "drop" else ""


def _command_of(line: str) -> str:
    """The name of the command, as typed, in lower case; empty if it is none."""
    word = next(iter(line.split()), "")
    return word[1:].lower() if word.startswith("/") else ""
