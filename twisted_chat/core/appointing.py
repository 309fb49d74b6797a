"""Who keeps a room besides its founder, and what its settings are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted_chat.core import rights
from twisted_chat.core.charters import Change, Charter, Holder, Role, Rule
from twisted_chat.core.errors import NotAllowed
from twisted_chat.core.moderating import Somebody, act, answer, room_for, somebody, tell_member
from twisted_chat.core.rights import Verb

if TYPE_CHECKING:
    from twisted_chat.core.rooms import Room
    from twisted_chat.core.session import Session

# roles

_ROLE_WORDS = {Role.OPERATOR: "an operator of", Role.VOICE: "a voice in"}


def give(session: Session, room: Room, verb: Verb, role: Role, nick: str, client_id: str | None) -> None:
    """Make somebody's account an operator or a voice."""
    who = somebody(session.chat, nick)
    rights.check(verb, session.case(room, whom=who.rank(room)))
    if who.account is None:
        raise NotAllowed(f"{who.name} is a guest; only an account can be {_ROLE_WORDS[role]} {room.name}")
    before = room.charter.holder(who.id)
    if who.id == room.charter.founder or (before is not None and before.role >= role):
        raise NotAllowed(f"{who.name} is that already")
    if before is None:
        room_for(room, Holder, session.chat.now())
    change = Change(before, Holder(who.id, who.account.name, role))
    kept = act(session, room, verb, whom=who.name, whom_id=who.id, change=change)
    tell_role(who, room, change)
    answer(session, kept, f"{who.name} is {_ROLE_WORDS[role]} {room.name} now", client_id)


def take(session: Session, room: Room, verb: Verb, role: Role, nick: str, client_id: str | None) -> None:
    who = somebody(session.chat, nick)
    rights.check(verb, session.case(room, whom=who.rank(room)))
    before = room.charter.holder(who.id)
    if before is None or before.role is not role:
        raise NotAllowed(f"{who.name} is not {_ROLE_WORDS[role]} {room.name}")
    change = Change(before, None)
    kept = act(session, room, verb, whom=who.name, whom_id=who.id, change=change)
    tell_role(who, room, change)
    answer(session, kept, f"{who.name} is not {_ROLE_WORDS[role]} {room.name} any more", client_id)


def tell_role(who: Somebody, room: Room, change: Change) -> None:
    """Whom it is about, where he is in the room: what he is now, or is no more."""
    before, after = (each.role if isinstance(each, Holder) else None for each in (change.before, change.after))
    if after in _ROLE_WORDS:
        tell_member(who, room, f"You are {_ROLE_WORDS[after]} {room.name} now")
    elif before in _ROLE_WORDS:
        tell_member(who, room, f"You are not {_ROLE_WORDS[before]} {room.name} any more")


# settings


def set_rule(session: Session, room: Room, name: str, value: str | int | bool, client_id: str | None) -> None:
    """`name` is a field of `Rules`, `value` of its type."""
    rights.check(Verb.SET, session.case(room))
    if value == getattr(room.charter.rules, name):
        raise NotAllowed(f"{room.name} is set so already")
    before = room.charter.parts.get(("rule", name))
    after = Rule(name, value) if value != getattr(Charter("", "").rules, name) else None
    kept = act(session, room, Verb.SET, whom=name.replace("_", "-"), change=Change(before, after))
    if name == "slow":
        room.said_at.clear()
    answer(session, kept, f"{room.name}: {name.replace('_', '-')} is {shown(name, value)} now", client_id)


def shown(name: str, value: object) -> str:
    """A setting's value, for who may not see keys."""
    if name == "key":
        return "set" if value else "off"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value or "off")
