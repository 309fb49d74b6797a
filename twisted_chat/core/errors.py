"""What can be refused, and why: one class for each error code of docs/protocol.md.

The core raises them with facts; `str()` words them in one line of English that every door may use, and doors with
words of their own (numerics, say) go by the class and its facts.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar

from twisted_chat.core.text import clean, shortened


class ChatError(Exception):
    """A refusal. `code` is the word that all doors share."""

    code: ClassVar[str]
    words: ClassVar[str]

    def __str__(self) -> str:
        facts = {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]
        quotable = {k: shortened(clean(v), 120) if isinstance(v, str) else v for k, v in facts.items()}
        return self.words.format_map(quotable)


@dataclass(eq=False)
class BadNick(ChatError):
    """`reason` says which rule the nickname breaks."""

    code = "BAD_NICK"
    words = "{reason}"
    reason: str


@dataclass(eq=False)
class NickInUse(ChatError):
    code = "NICK_IN_USE"
    words = "{nick} is taken"
    nick: str


@dataclass(eq=False)
class NickReserved(ChatError):
    code = "NICK_RESERVED"
    words = "{nick} is a reserved word"
    nick: str


@dataclass(eq=False)
class NickConfusable(ChatError):
    """`other` is the name of somebody who is here, or an account's."""

    code = "NICK_CONFUSABLE"
    words = "{nick} looks too much like {other}"
    nick: str
    other: str


@dataclass(eq=False)
class NoSuchNick(ChatError):
    code = "NO_SUCH_NICK"
    words = "nobody here is called {nick}"
    nick: str


@dataclass(eq=False)
class NobodyToAnswer(ChatError):
    code = "NO_SUCH_NICK"
    words = "nobody has written to you alone yet"


@dataclass(eq=False)
class NotIgnored(ChatError):
    code = "NO_SUCH_NICK"
    words = "you do not ignore {nick}"
    nick: str


@dataclass(eq=False)
class BadRoom(ChatError):
    code = "BAD_ROOM"
    words = "{reason}"
    reason: str


@dataclass(eq=False)
class NoSuchRoom(ChatError):
    code = "NO_SUCH_ROOM"
    words = "there is no room {room}"
    room: str


@dataclass(eq=False)
class NotInRoom(ChatError):
    code = "NOT_IN_ROOM"
    words = "you are not in {room}; /join {room} first"
    room: str


@dataclass(eq=False)
class InNoRoom(ChatError):
    code = "NOT_IN_ROOM"
    words = "you are in no room; /join one first"


@dataclass(eq=False)
class TooManyRooms(ChatError):
    code = "TOO_MANY_ROOMS"
    words = "{whose} at most {limit} rooms"
    whose: str
    limit: int


@dataclass(eq=False)
class TooManySessions(ChatError):
    code = "TOO_MANY_SESSIONS"
    words = "this account is here {limit} times already; /sessions lists them, /ghost ends them"
    limit: int


@dataclass(eq=False)
class Banned(ChatError):
    """`end` says until when, `why` for what; both may be empty."""

    code = "BANNED"
    words = "you are banned from {room}"
    room: str
    why: str = ""
    end: str = ""

    def __str__(self) -> str:
        until = f" until {self.end}" if self.end else ""
        return f"{super().__str__()}{until}{f': {shortened(clean(self.why), 120)}' if self.why else ''}"


@dataclass(eq=False)
class NetworkBanned(ChatError):
    """From the whole server. `end`: `` until ...``, `reason`: ``: ...``; both may be empty."""

    code = "BANNED"
    words = "your network is banned from this server{end}{reason}"
    end: str = ""
    reason: str = ""


@dataclass(eq=False)
class NeedKey(ChatError):
    code = "NEED_KEY"
    words = "{room} is locked; /join {room} KEY opens it"
    room: str


@dataclass(eq=False)
class InviteOnly(ChatError):
    code = "INVITE_ONLY"
    words = "{room} is for those who are invited"
    room: str


@dataclass(eq=False)
class RoomFull(ChatError):
    code = "ROOM_FULL"
    words = "{room} has room for {limit} people, and they are there"
    room: str
    limit: int


@dataclass(eq=False)
class TooFast(ChatError):
    """Nothing was said; it may be said in so many seconds."""

    code = "TOO_FAST"
    words = "one message in {slow} s each in {room}; say it again in {seconds} s"
    room: str
    slow: int
    seconds: int


@dataclass(eq=False)
class NeedText(ChatError):
    code = "NEED_TEXT"
    words = "{usage}"
    usage: str


@dataclass(eq=False)
class TextTooLong(ChatError):
    code = "TEXT_TOO_LONG"
    words = "{length} characters; at most {limit} are taken"
    length: int
    limit: int


@dataclass(eq=False)
class LineTooLong(ChatError):
    code = "LINE_TOO_LONG"
    words = "a line may have {limit} bytes; nothing of this one was said"
    limit: int


@dataclass(eq=False)
class UnknownCommand(ChatError):
    """`suggestions` are the nearest commands, with their slashes; may be empty."""

    code = "UNKNOWN_COMMAND"
    words = "{command}: {hint}"
    command: str
    suggestions: tuple[str, ...] = ()

    @property
    def hint(self) -> str:
        if not self.suggestions:
            return "no such command; /help lists them"
        return f"did you mean {' or '.join(self.suggestions)}?"

    def __str__(self) -> str:
        return f"{shortened(clean(self.command))}: {self.hint}"


@dataclass(eq=False)
class BadRequest(ChatError):
    code = "BAD_REQUEST"
    words = "{reason}"
    reason: str


@dataclass(eq=False)
class BadLogin(ChatError):
    code = "BAD_LOGIN"
    words = "{reason}"
    reason: str


@dataclass(eq=False)
class NameTaken(ChatError):
    """The name belongs to an account."""

    code = "NAME_TAKEN"
    words = "{nick} is registered; /login {nick} makes it yours, if you know its password"
    nick: str


ABOUT_NICKS = (BadNick, NickConfusable, NickInUse, NickReserved, NameTaken)
"""What another nickname would mend."""


@dataclass(eq=False)
class BadPassword(ChatError):
    """`reason` says what a password must be."""

    code = "BAD_PASSWORD"
    words = "{reason}"
    reason: str


@dataclass(eq=False)
class PlaintextRefused(ChatError):
    code = "PLAINTEXT_REFUSED"
    words = "a password may not cross the net in clear: come by TLS"


@dataclass(eq=False)
class IdReused(ChatError):
    code = "ID_REUSED"
    words = "id {client_id} stands in the log with something else"
    client_id: str


@dataclass(eq=False)
class NoSuchLine(ChatError):
    """Nothing was said with this number, or it was deleted, or the asker can't read it."""

    code = "NO_SUCH_LINE"
    words = "there is no line #{seq} that you could read"
    seq: int


@dataclass(eq=False)
class Busy(ChatError):
    code = "BUSY"
    words = "{reason}"
    reason: str


@dataclass(eq=False)
class NotAllowed(ChatError):
    code = "NOT_ALLOWED"
    words = "{reason}"
    reason: str


@dataclass(eq=False)
class ServerFull(ChatError):
    code = "SERVER_FULL"
    words = "{reason}"
    reason: str


@dataclass(eq=False)
class StorageUnavailable(ChatError):
    """`reason` says what can't be done, and what that means for who asked."""

    code = "STORAGE_UNAVAILABLE"
    words = "{reason}"
    reason: str = "the log can't be written now; nothing was said"


@dataclass(eq=False)
class Flood(ChatError):
    code = "FLOOD"
    words = "too much for too long; come back when there is less to say"


@dataclass(eq=False)
class Replaced(ChatError):
    """Another session of the same person took this one's place, or ended it."""

    code = "REPLACED"
    words = "{why}; this one ends"
    why: str = "you came back by another connection"


@dataclass(eq=False)
class Killed(ChatError):
    """`reason`: why, in an operator's words, after ``: ``; may be empty."""

    code = "KILLED"
    words = "an operator of the server ended this connection{reason}"
    reason: str = ""


@dataclass(eq=False)
class TimedOut(ChatError):
    code = "TIMEOUT"
    words = "{reason}"
    reason: str


@dataclass(eq=False)
class ShuttingDown(ChatError):
    code = "SHUTTING_DOWN"
    words = "the server is going down"
