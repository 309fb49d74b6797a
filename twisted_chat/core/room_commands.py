"""What the keepers of rooms can type: how it is read, and its rows for the table of commands."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from twisted_chat.core import appointing, moderating, rights, undoing
from twisted_chat.core.charters import Role
from twisted_chat.core.command import Command, Lines
from twisted_chat.core.durations import first_span
from twisted_chat.core.errors import BadRequest, NeedText
from twisted_chat.core.names import fold
from twisted_chat.core.rights import Rank, Verb
from twisted_chat.core.rooms import Room
from twisted_chat.core.text import first_word, shortened

if TYPE_CHECKING:
    from twisted_chat.core.session import Session

MAX_KEY = 64
MAX_SLOW = 86_400
MAX_LIMIT = 100_000
MAX_WHY = 200
"""Characters of a reason, and of a key."""

_MAX_LISTED = 200


def _why(session: Session, text: str) -> str:
    return session.in_passing(text, MAX_WHY)


def _room(session: Session) -> Room:
    session.check_meant(None)
    return session.room_called(None)


def _create(session: Session, argument: str, client_id: str | None) -> None:
    moderating.create(session, argument, client_id)


def _drop(session: Session, argument: str, client_id: str | None) -> None:
    moderating.drop(session, argument, client_id)


def _invite(session: Session, argument: str, client_id: str | None) -> None:
    moderating.invite(session, _room(session), argument, client_id)


def _kick(session: Session, argument: str, client_id: str | None) -> None:
    nick, why = first_word(argument)
    moderating.kick(session, _room(session), nick, _why(session, why), client_id)


def _ban(session: Session, argument: str, client_id: str | None) -> None:
    room = _room(session)
    pattern, rest = first_word(argument)
    if pattern.startswith("?"):
        session.reply(lambda: moderating.whom_it_hits(session, room, pattern[1:]), client_id)
        return
    seconds, why = first_span(rest)
    moderating.ban(session, room, pattern, seconds, _why(session, why), client_id)


def _unban(session: Session, argument: str, client_id: str | None) -> None:
    moderating.unban(session, _room(session), argument, client_id)


def _bans(session: Session, argument: str, _id: str | None) -> Lines:
    room = session.allowed(Verb.BANS, argument or None)

    def lines() -> Iterable[str]:
        there = list(room.charter.bans_at(session.chat.now()))
        yield f"{len(there)} banned from {room.name}{':' if there else ''}"
        yield from map(moderating.ban_line, there[:_MAX_LISTED])

    return lines


def _op(session: Session, argument: str, client_id: str | None) -> None:
    appointing.give(session, _room(session), Verb.OP, Role.OPERATOR, argument, client_id)


def _deop(session: Session, argument: str, client_id: str | None) -> None:
    appointing.take(session, _room(session), Verb.DEOP, Role.OPERATOR, argument, client_id)


def _voice(session: Session, argument: str, client_id: str | None) -> None:
    appointing.give(session, _room(session), Verb.VOICE, Role.VOICE, argument, client_id)


def _devoice(session: Session, argument: str, client_id: str | None) -> None:
    appointing.take(session, _room(session), Verb.DEVOICE, Role.VOICE, argument, client_id)


def _hush(session: Session, argument: str, client_id: str | None) -> None:
    nick, rest = first_word(argument)
    room = _room(session)
    if rest.lower() == "off":
        moderating.unhush(session, room, nick, client_id)
        return
    seconds, why = first_span(rest)
    moderating.hush(session, room, nick, seconds, _why(session, why), client_id)


def _slow(session: Session, argument: str, client_id: str | None) -> None:
    appointing.set_rule(session, _room(session), "slow", _number(argument, MAX_SLOW), client_id)


def _lock(session: Session, argument: str, client_id: str | None) -> None:
    appointing.set_rule(session, _room(session), "key", _key(argument), client_id)


def _number(text: str, most: int) -> int:
    if text.lower() in ("off", "no", "0"):
        return 0
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 0 < int(text) <= most):
        raise BadRequest(f"that must be a number from 1 to {most}, or off")
    return int(text)


def _slow_value(text: str) -> int:
    return _number(text, MAX_SLOW)


def _limit_value(text: str) -> int:
    return _number(text, MAX_LIMIT)


def _key(text: str) -> str:
    if text.lower() == "off":
        return ""
    if not text or len(text) > MAX_KEY or any(each.isspace() for each in text):
        raise BadRequest(f"a key has 1 to {MAX_KEY} characters and no blank; off: everybody may come in")
    return text


def _flag(text: str) -> bool:
    words = {"yes": True, "on": True, "no": False, "off": False}
    if text.lower() not in words:
        raise BadRequest("that must be yes or no")
    return words[text.lower()]


SETTINGS: dict[str, Callable[[str], str | int | bool]] = {
    "invite-only": _flag, "moderated": _flag, "secret": _flag, "limit": _limit_value, "history": _flag, "key": _key,
    "slow": _slow_value,
}  # fmt: skip
"""What /set knows, and how its values are read."""


def _set(session: Session, argument: str, client_id: str | None) -> None:
    room = _room(session)
    if not argument:
        rights.check(Verb.RULES, session.case(room))
        session.reply(lambda: _rules(session, room), client_id)
        return
    name, value = first_word(argument)
    read = SETTINGS.get(name.lower())
    if read is None:
        raise BadRequest(f"{shortened(name, 20)} is no setting; there are {', '.join(SETTINGS)}")
    if not value:
        raise NeedText("that needs more: /set NAME VALUE")
    appointing.set_rule(session, room, name.lower().replace("-", "_"), read(value), client_id)


def _rules(session: Session, room: Room) -> Iterable[str]:
    charter, rules = room.charter, room.charter.rules
    keeps = session.case(room).rank() >= Rank.OPERATOR
    if not charter.founder:
        kept = "not registered"
    elif session.chat.accounts.of(charter.founder) is not None:
        kept = f"kept by {charter.founder_name}"
    else:  # his account has ended, and the name may be somebody else's by now
        kept = "registered, and has no founder any more"
    yield f"{room.name} is {kept}"
    for role, title in ((Role.OPERATOR, "operators"), (Role.VOICE, "voices")):
        found = sorted((each.name for each in charter.holders() if each.role is role), key=fold)
        if found:
            yield f"{title}: {shortened(', '.join(found), 1_000)}"
    for name in SETTINGS:
        field = name.replace("-", "_")
        value = getattr(rules, field)
        yield f"{name}: {value if field == 'key' and value and keeps else appointing.shown(field, value)}"


def _log(session: Session, argument: str, client_id: str | None) -> None:
    undoing.show_log(session, session.allowed(Verb.LOG, argument or None), client_id)


def _undo(session: Session, argument: str, client_id: str | None) -> None:
    number = undoing.number_of(argument, "/log")
    undoing.undo(session, _room(session), number, client_id)


ROOM_COMMANDS: tuple[Command, ...] = (
    Command("create", "#ROOM", "makes you the keeper of a room", _create, exact=True, answers_itself=True),
    Command("drop", "#ROOM", "ends a room of yours, and all that was said in it", _drop, exact=True,
            answers_itself=True),
    Command("invite", "NICK", "asks somebody into the current room", _invite, answers_itself=True),
    Command("kick", "NICK [WHY]", "puts somebody out of the room", _kick, exact=True, answers_itself=True),
    Command(
        "ban", "PATTERN [2h] [WHY]",
        "keeps away nicknames with * and ?, account:NAME or net:192.0.2.0/24; /ban ?PATTERN shows whom it would hit",
        _ban, exact=True, answers_itself=True,
    ),
    Command("unban", "PATTERN", "ends a ban", _unban, exact=True, answers_itself=True),
    Command("bans", "[#ROOM]", "lists who is banned from the room", _bans),
    Command("op", "NICK", "makes somebody an operator of the room", _op, exact=True, answers_itself=True),
    Command("deop", "NICK", "ends that", _deop, exact=True, answers_itself=True),
    Command("voice", "NICK", "lets somebody talk in a moderated room", _voice, exact=True, answers_itself=True),
    Command("devoice", "NICK", "ends that", _devoice, exact=True, answers_itself=True),
    Command("hush", "NICK [10m | off] [WHY]", "lets somebody read and not talk", _hush, exact=True,
            answers_itself=True),
    Command("slow", "SECONDS|off", "lets everybody talk only every so many seconds", _slow, exact=True,
            answers_itself=True),
    Command("lock", "KEY|off", "asks for a key from whoever comes in", _lock, exact=True, answers_itself=True),
    Command("set", "[NAME VALUE]", f"shows the room's settings, or changes one: {', '.join(SETTINGS)}", _set,
            exact=True, answers_itself=True),
    Command("log", "[#ROOM]", "shows what was done by the room's keepers", _log, answers_itself=True),
    Command("undo", "[#N]", "takes back the last thing that a keeper did, or that one", _undo, exact=True,
            answers_itself=True),
)  # fmt: skip
