"""The commands that a person can type: one table, of which help, prefixes and "did you mean" are made."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from twisted_chat import __version__
from twisted_chat.core import missed, operators, proving, rights
from twisted_chat.core.command import Command, Lines
from twisted_chat.core.durations import seconds_of, when
from twisted_chat.core.errors import (
    BadRequest,
    NeedText,
    NobodyToAnswer,
    NoSuchNick,
    NotAllowed,
    NotIgnored,
    UnknownCommand,
)
from twisted_chat.core.feed import PAGE
from twisted_chat.core.helm import check_operator
from twisted_chat.core.names import fold, parse_nick
from twisted_chat.core.rights import Verb
from twisted_chat.core.room_commands import ROOM_COMMANDS
from twisted_chat.core.text import first_word, shortened

if TYPE_CHECKING:
    from twisted_chat.core.people import Person
    from twisted_chat.core.rooms import Room
    from twisted_chat.core.session import Session


def run(session: Session, line: str, client_id: str | None = None) -> None:
    """Run `line`, a command without its slash. Raises a `ChatError`."""
    word, argument = first_word(line)
    command = find(word, is_operator=bool(session.operator))
    if command.for_operators:
        check_operator(session)
    if not (argument or command.asks or command.parameters.startswith("[") or not command.parameters):
        raise NeedText(f"that needs more: {command.usage}")
    if argument and not command.parameters:
        raise BadRequest(f"that takes nothing more: {command.usage}")
    lines = command.run(session, argument, client_id)
    if lines is not None:
        session.reply(lines, client_id)
    elif client_id is not None and not command.answers_itself:
        session.reply(tuple, client_id)


def find(word: str, *, is_operator: bool = False) -> Command:
    """The command that `word` names, in whatever case, by alias or by unique prefix. Raises `UnknownCommand`.

    What is for operators goes by its whole name alone, and takes no prefix from what everybody types.
    """
    wanted = word.lower()
    command = BY_NAME.get(wanted)
    if command is not None:
        return command
    begun = [each for each in COMMANDS if wanted and each.name.startswith(wanted) and not each.for_operators]
    meant = [command for command in begun if not command.exact]
    if len(meant) == 1:
        return meant[0]
    known = [name for name, each in BY_NAME.items() if is_operator or not each.for_operators]
    near = [command.name for command in begun] or difflib.get_close_matches(wanted, known, n=2, cutoff=0.6)
    raise UnknownCommand(f"/{word}", tuple(f"/{name}" for name in near[:5]))


_SLIP = re.compile(r"[\s\u00ad\u200b-\u200d\u2060\ufeff]+/(login|register|password|oper|enroll|reset)\b", re.IGNORECASE)


def refuse_slip(text: str) -> None:
    """Raise `NotAllowed` for a command with a password that blanks before it would make a public saying."""
    if _SLIP.match(text):
        raise NotAllowed("that would have been said aloud; take away the blanks before the /")


# one function a command


def _help(session: Session, argument: str, _id: str | None) -> Lines:
    if argument:
        command = find(argument.removeprefix("/"), is_operator=bool(session.operator))
        also = f" (also {', '.join('/' + alias for alias in command.aliases)})" if command.aliases else ""
        return lambda: (f"{command.usage}  {command.help}{also}",)
    shown = [command for command in COMMANDS if session.operator or not command.for_operators]
    width = max(len(command.usage) for command in shown)
    return lambda: (
        "Whatever does not begin with / is said in your current room; //x says /x.",
        *(f"{command.usage:<{width}}  {command.help}" for command in shown),
        "A command may be shortened as long as it is clear which one is meant; a PASSWORD left out is asked for.",
    )


def _nick(session: Session, argument: str, _id: str | None) -> None:
    session.rename(argument)


def _quit(session: Session, argument: str, _id: str | None) -> None:
    session.quit(argument)


def _me(session: Session, argument: str, _id: str | None) -> None:
    session.say(argument, action=True)


def _say(session: Session, argument: str, _id: str | None) -> None:
    session.say(argument)


def _msg(session: Session, argument: str, _id: str | None) -> None:
    nick, text = _both(argument, "msg")
    session.say_to(nick, text)


def _both(argument: str, command: str) -> tuple[str, str]:
    """A first word and what follows it. Raises `NeedText` where that is missing."""
    word, rest = first_word(argument)
    if not rest:
        raise NeedText(f"that needs more: {BY_NAME[command].usage}")
    return word, rest


def _reply(session: Session, argument: str, _id: str | None) -> None:
    if session.last_direct is None:
        raise NobodyToAnswer
    person_id, nick = session.last_direct
    person = session.chat.persons.get(person_id)
    if person is None:
        raise NoSuchNick(nick)  # not whoever has taken that name since
    session.say_to(person.next_name.text, argument)


def _join(session: Session, argument: str, client_id: str | None) -> None:
    room, key = first_word(argument)
    there = session.chat.rooms.get(fold(room))
    if " " in key or (key.startswith("#") and not (there is not None and there.charter.rules.key)):
        raise BadRequest(f"one room at a time: {BY_NAME['join'].usage}")
    session.join(room, key=key)


def _part(session: Session, argument: str, _id: str | None) -> Lines:
    room, reason = None, argument
    if argument.startswith("#"):
        room, reason = first_word(argument)
    session.part(room, reason)
    return lambda: where(session)


def _switch(session: Session, argument: str, _id: str | None) -> Lines:
    session.switch(argument)
    return lambda: where(session)


def where(session: Session) -> Iterable[str]:
    yield f"You are in {session.current.name} now" if session.current else "You are in no room now; /join one"


def _rooms(session: Session, _argument: str, _id: str | None) -> Lines:
    def lines() -> Iterable[str]:
        seen = (room for room in session.chat.rooms.values() if _sees(session, room))
        rooms = sorted(seen, key=lambda room: (-len(room.members), room.key))  # empty ones last
        for room in rooms[:_MAX_LISTED]:
            mine = "*" if room in session.rooms else " "
            yield f"{mine}{room.name} {len(room.members)}{f'  {shortened(room.topic, 80)}' if room.topic else ''}"
        if len(rooms) > _MAX_LISTED:
            yield f"and {len(rooms) - _MAX_LISTED} more"

    return lines


def _names(session: Session, argument: str, _id: str | None) -> Lines:
    def lines() -> Iterable[str]:
        room = session.allowed(Verb.SEE, argument or None)
        nicks = sorted((person.nick for person in room.members), key=fold)
        yield f"{len(nicks)} in {room.name}: {', '.join(nicks[:_MAX_NAMED])}{_and_more(nicks)}"

    return lines


def _sees(session: Session, room: Room) -> bool:
    return rights.may(Verb.SEE, session.case(room))


def _rooms_of(session: Session, person: Person) -> list[str]:
    """As far as this session may know."""
    return [room.name for room in person.rooms if _sees(session, room)]


_MAX_NAMED = 500
_MAX_LISTED = 200
"""Nicknames in one line, and lines with more than a name: an answer to anybody's question stays small."""


def _and_more(nicks: list[str]) -> str:
    return f" and {len(nicks) - _MAX_NAMED} more" if len(nicks) > _MAX_NAMED else ""


def _who(session: Session, _argument: str, _id: str | None) -> Lines:
    def lines() -> Iterable[str]:
        people = sorted(session.chat.persons.values(), key=lambda person: person.name.key)
        yield f"{len(people)} {'person is' if len(people) == 1 else 'people are'} here:"
        for person in people[:_MAX_LISTED]:
            rooms = shortened(" ".join(_rooms_of(session, person)), 200)
            yield f"{person.nick}  {rooms}{_away(person)}"
        if len(people) > _MAX_LISTED:
            yield f"and {len(people) - _MAX_LISTED} more"

    return lines


def _away(person: Person) -> str:
    if person.away is None:
        return ""
    return f"  (away: {shortened(person.away, 80)})" if person.away else "  (away)"


def _whois(session: Session, argument: str, _id: str | None) -> Lines:
    def lines() -> Iterable[str]:
        person = session.chat.person_called(argument)
        who = "is a guest" if person.account is None else f"has the account {person.account.name}"
        yield f"{person.nick} {who}, here since {when(person.since)}{_away(person)}"
        if rooms := _rooms_of(session, person):
            yield f"in {' '.join(rooms)}"
        if person.client:
            yield f"with {person.client}"
        if session.operator:
            facts = map(proving.facts_of, person.living)
            yield from (f"session {number}  {each}" for number, each in enumerate(facts, 1))

    return lines


def _topic(session: Session, argument: str, _id: str | None) -> Lines | None:
    if argument:
        session.set_topic("" if argument == "-" else argument)
        return None

    def lines() -> Iterable[str]:
        room = session.allowed(Verb.SEE)
        yield f"The topic of {room.name}: {room.topic}" if room.topic else f"{room.name} has no topic"

    return lines


def _set_away(session: Session, argument: str, _id: str | None) -> None:
    session.set_away(argument)


def _back(session: Session, _argument: str, _id: str | None) -> None:
    session.set_away(None)


def _ignore(session: Session, argument: str, _id: str | None) -> Lines:
    if not argument:
        return lambda: (f"You ignore: {', '.join(name.text for name in session.person.ignored.values()) or 'nobody'}",)
    name = parse_nick(argument)
    bearer = session.chat.names.holder(argument)
    if bearer is session.person:
        raise NotAllowed("you can't ignore yourself")
    session.chat.ignores.ignore(session.person, name, bearer)
    return lambda: (f"You ignore {name.text} now; /unignore {name.text} ends it",)


def _unignore(session: Session, argument: str, _id: str | None) -> Lines:
    name = parse_nick(argument)
    if not session.chat.ignores.unignore(session.person, name, session.chat.names.holder(argument)):
        raise NotIgnored(name.text)
    return lambda: (f"You hear {name.text} again",)


def _motd(session: Session, _argument: str, _id: str | None) -> Lines:
    return lambda: session.chat.motd or ("There is no message of the day",)


def _time(session: Session, _argument: str, _id: str | None) -> Lines:
    return lambda: (f"{datetime.fromtimestamp(session.chat.now() / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC",)


def _version(session: Session, _argument: str, _id: str | None) -> Lines:
    return lambda: (f"{session.chat.name} runs Twisted Chat {__version__}",)


def _history(session: Session, argument: str, client_id: str | None) -> None:
    limit, before, seconds = session.chat.history_lines or 20, None, None
    words = argument.split()
    if len(words) == 1 and words[0].isascii() and words[0].isdigit():
        limit = int(words[0][:6])
    elif len(words) == 2 and words[0].lower() == "before" and words[1].lstrip("#").isascii():
        number = words[1].lstrip("#")
        if not number.isdigit():
            raise BadRequest(f"{words[1]} is no number of a line; {BY_NAME['history'].usage}")
        before = int(number[:18])
    elif len(words) == 1 and (seconds := seconds_of(words[0])) is not None:
        limit = PAGE
    elif words:
        raise BadRequest(f"that is not understood; {BY_NAME['history'].usage}")
    session.history(None, max(1, limit), client_id, before=before, seconds=seconds)


def _search(session: Session, argument: str, client_id: str | None) -> None:
    session.search(argument, session.chat.history_lines or 20, client_id)


def _edit(session: Session, argument: str, client_id: str | None) -> None:
    number, text = _both(argument, "edit")
    session.edit(_line_number(number), text, client_id)


def _delete(session: Session, argument: str, client_id: str | None) -> None:
    session.delete(_line_number(argument), client_id)


def _register(session: Session, argument: str, client_id: str | None) -> None:
    word, rest = first_word(argument)
    if rest and fold(word) == session.person.next_name.key:  # as with /login: it would be a part of the password
        raise BadRequest("that is /register PASSWORD, without the name; /register alone asks for the password")
    proving.register(session, argument, client_id)


def _login(session: Session, argument: str, client_id: str | None) -> None:
    nick, password = first_word(argument)
    proving.log_in(session, nick or session.person.next_name.text, password, client_id)


def _logout(session: Session, _argument: str, client_id: str | None) -> None:
    proving.log_out(session, client_id)


def _password(session: Session, argument: str, client_id: str | None) -> None:
    old, _, new = argument.partition("\t" if "\t" in argument else " ")  # a tab, where one of them has blanks
    if old and not new.strip():
        raise NeedText(f"that needs more: {BY_NAME['password'].usage}")
    if "\t" not in argument and " " in new.strip():
        raise BadRequest("where one of them has blanks it is not clear which is which; /password alone asks for both")
    proving.change_password(session, old, new.strip(), client_id)


def _sessions(session: Session, _argument: str, _id: str | None) -> Lines:
    return lambda: proving.sessions(session)


def _ghost(session: Session, argument: str, _id: str | None) -> Lines:
    done = proving.end_others(session, argument)
    return lambda: (done,)


def _unread(session: Session, _argument: str, client_id: str | None) -> None:
    missed.count(session, client_id)


def _line_number(word: str) -> int:
    number = word.removeprefix("#")
    if not (number.isascii() and number.isdigit()):
        raise BadRequest(f"{shortened(word)} is no number of a line; /history shows them")
    return int(number[:18])


COMMANDS: tuple[Command, ...] = (
    Command("help", "[COMMAND]", "lists the commands, or explains one", _help),
    Command("nick", "NAME", "changes your nickname", _nick),
    Command("quit", "[WHY]", "leaves the chat", _quit, ("exit", "bye"), answers_itself=True),
    Command("me", "ACTION", "says what you do: * alice waves", _me),
    Command("say", "TEXT", "says it in the current room", _say),
    Command("msg", "NICK TEXT", "writes to one person alone", _msg, ("tell", "m", "w")),
    Command("reply", "TEXT", "writes to whoever wrote to you last", _reply, ("r",)),
    Command("join", "#ROOM [KEY]", "enters a room, made if need be", _join, ("j",)),
    Command("part", "[#ROOM] [WHY]", "leaves a room", _part, ("leave",)),
    Command("switch", "#ROOM", "makes another of your rooms the current one", _switch),
    Command("rooms", "", "lists the rooms; * marks yours", _rooms, ("list",)),
    Command("names", "[#ROOM]", "lists who is in a room", _names, ("users",)),
    Command("who", "", "lists everybody here", _who),
    Command("whois", "NICK", "tells about one person", _whois),
    Command("topic", "[TEXT]", "shows or sets the room's topic; - removes it", _topic),
    Command("away", "[WHY]", "marks you as away", _set_away),
    Command("back", "", "ends that", _back),
    Command("ignore", "[NICK]", "hears no more of somebody, or lists whom you ignore", _ignore),
    Command("unignore", "NICK", "hears him again", _unignore),
    Command(
        "history",
        "[N | 2h | before #ID]",
        "shows the room's last lines, or those of the last hours (90s 45m 2h 3d 4w)",
        _history,
        answers_itself=True,
    ),
    Command(
        "search",
        "WORDS [from:NICK] [in:#ROOM] [since:3d]",
        'looks for lines in your rooms and direct messages; also "two words" together, begin*, before:#ID',
        _search,
        answers_itself=True,
    ),
    Command("edit", "#ID TEXT", "changes what you said; /history shows the numbers", _edit, answers_itself=True),
    Command(
        "delete",
        "#ID",
        "takes back what you said, or in a room that you keep what others said",
        _delete,
        exact=True,
        answers_itself=True,
    ),
    Command(
        "register", "PASSWORD", "makes your nickname your own", _register, exact=True, answers_itself=True, asks=True
    ),
    Command(
        "login", "NAME PASSWORD", "proves whose account you have", _login, exact=True, answers_itself=True, asks=True
    ),
    Command("logout", "", "makes you a guest again", _logout, exact=True, answers_itself=True),
    Command(
        "password",
        "OLD NEW",
        "changes your password; alone it asks for both",
        _password,
        exact=True,
        answers_itself=True,
        asks=True,
    ),
    Command("sessions", "", "lists where you are logged in", _sessions),
    Command("ghost", "[N]", "ends your other sessions, or the one with this number", _ghost, exact=True),
    Command("unread", "", "tells how much came while you were away", _unread, answers_itself=True),
    *ROOM_COMMANDS,
    Command("motd", "", "shows the message of the day", _motd),
    Command("time", "", "tells the server's time", _time),
    Command("version", "", "tells what runs here", _version),
    *operators.COMMANDS,
)

BY_NAME: dict[str, Command] = {
    **{alias: command for command in COMMANDS for alias in command.aliases},
    **{command.name: command for command in COMMANDS},
}
