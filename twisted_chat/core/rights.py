"""Who may do what in a room, and in which state of it: one table, and the one function that every path asks.

For each verb the table has the bars that stand in its way, in the order in which they are looked at. A bar holds for
whoever's rank is below the one that it names, and only in the state that it names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum
from hmac import compare_digest
from math import ceil
from typing import TYPE_CHECKING

from twisted_chat.core.bans import Subject
from twisted_chat.core.charters import Ban, Hush, Role
from twisted_chat.core.durations import until, when
from twisted_chat.core.errors import (
    Banned,
    ChatError,
    InviteOnly,
    NeedKey,
    NoSuchRoom,
    NotAllowed,
    NotInRoom,
    RoomFull,
    TooFast,
)
from twisted_chat.core.text import because

if TYPE_CHECKING:
    from twisted_chat.boundaries import Account
    from twisted_chat.core.chat import Chat
    from twisted_chat.core.people import Person
    from twisted_chat.core.rooms import Room
    from twisted_chat.core.session import Session


class Rank(IntEnum):
    """What somebody is in a room. A guest, and an account without a role there, are both nobody special."""

    NOBODY = 0
    VOICE = 1
    OPERATOR = 2
    FOUNDER = 3
    SERVER = 4


class Verb(Enum):
    """What can be done in a room. Actions in the audit log bear these words."""

    JOIN = "join"
    BE = "be in"  # to leave it, or to have it as the current one
    SEE = "see"  # in lists, and who is in it
    SAY = "say"
    TOPIC = "topic"
    EDIT = "edit"
    DELETE = "delete"
    RENAME = "rename"
    HISTORY = "history"
    PAST = "past"  # what was said before one came
    CREATE = "create"
    DROP = "drop"
    INVITE = "invite"
    KICK = "kick"
    BAN = "ban"
    UNBAN = "unban"
    BANS = "bans"
    OP = "op"
    DEOP = "deop"
    VOICE = "voice"
    DEVOICE = "devoice"
    HUSH = "hush"
    SET = "set"
    RULES = "rules"
    LOG = "log"
    UNDO = "undo"


class State(Enum):
    """What may be the case with a room, with somebody in it, or with whom he means."""

    ALWAYS = "always"
    ABSENT = "not in the room"
    HIDDEN = "not in the room, which is secret"
    BANNED = "banned"
    HUSHED = "hushed"
    MODERATED = "moderated"
    SLOWED = "slow mode, and spoke just now"
    UNINVITED = "invite only, and not invited"
    INVITE_ONLY = "invite only"
    LOCKED = "locked, and without the key"
    FULL = "full"
    PASTLESS = "without history"
    REGISTERED = "registered"
    GUEST = "without an account"
    CROWDED = "others are there"
    LOBBY = "the lobby"
    OTHERS = "somebody else's line"
    OUTRANKED = "whom it hits is of the same rank or a higher one"
    KEEPER = "whom it hits is an operator of the room"


@dataclass(frozen=True, slots=True)
class Bar:
    """In this state nobody below this rank may; None: nobody at all."""

    state: State
    below: Rank | None


_IN_IT = Bar(State.ABSENT, None)
_MAY_SEE = Bar(State.HIDDEN, Rank.SERVER)
_TALK = (
    _MAY_SEE,
    _IN_IT,
    Bar(State.BANNED, Rank.OPERATOR),
    Bar(State.HUSHED, Rank.OPERATOR),
    Bar(State.MODERATED, Rank.VOICE),
)


def _keeps(rank: Rank) -> tuple[Bar, ...]:
    return _MAY_SEE, Bar(State.ABSENT, Rank.SERVER), Bar(State.ALWAYS, rank)


_ON_SOMEBODY = (*_keeps(Rank.OPERATOR), Bar(State.OUTRANKED, Rank.SERVER))

RIGHTS: Mapping[Verb, tuple[Bar, ...]] = {
    Verb.JOIN: (
        Bar(State.BANNED, Rank.OPERATOR),
        Bar(State.UNINVITED, Rank.VOICE),
        Bar(State.LOCKED, Rank.VOICE),
        Bar(State.FULL, Rank.OPERATOR),
    ),
    Verb.BE: (_MAY_SEE, _IN_IT),
    Verb.SEE: (_MAY_SEE,),
    Verb.SAY: (*_TALK, Bar(State.SLOWED, Rank.VOICE)),
    Verb.TOPIC: (*_TALK, Bar(State.REGISTERED, Rank.OPERATOR)),
    Verb.EDIT: (*_TALK, Bar(State.OTHERS, None)),
    Verb.DELETE: (_MAY_SEE, _IN_IT, Bar(State.OTHERS, Rank.OPERATOR)),
    Verb.RENAME: (Bar(State.BANNED, Rank.OPERATOR),),
    Verb.HISTORY: (_MAY_SEE, _IN_IT, Bar(State.BANNED, Rank.OPERATOR)),
    Verb.PAST: (Bar(State.BANNED, Rank.OPERATOR), Bar(State.PASTLESS, Rank.OPERATOR)),
    Verb.CREATE: (
        Bar(State.GUEST, None),
        Bar(State.REGISTERED, None),
        Bar(State.LOBBY, Rank.SERVER),
        Bar(State.BANNED, Rank.OPERATOR),
        Bar(State.CROWDED, Rank.SERVER),
    ),
    Verb.DROP: (_MAY_SEE, Bar(State.LOBBY, None), Bar(State.ALWAYS, Rank.FOUNDER)),
    Verb.INVITE: (
        _MAY_SEE,
        Bar(State.ABSENT, Rank.SERVER),
        Bar(State.BANNED, Rank.OPERATOR),
        Bar(State.HUSHED, Rank.OPERATOR),
        Bar(State.INVITE_ONLY, Rank.OPERATOR),
    ),
    Verb.KICK: _ON_SOMEBODY,
    Verb.BAN: _keeps(Rank.OPERATOR),  # it passes by those of the same rank
    Verb.UNBAN: _keeps(Rank.OPERATOR),
    Verb.BANS: _keeps(Rank.VOICE),
    Verb.OP: _keeps(Rank.FOUNDER),
    Verb.DEOP: _keeps(Rank.FOUNDER),
    Verb.VOICE: _ON_SOMEBODY,
    Verb.DEVOICE: _ON_SOMEBODY,
    Verb.HUSH: (*_ON_SOMEBODY, Bar(State.KEEPER, None)),  # he may talk whatever holds
    Verb.SET: _keeps(Rank.OPERATOR),
    Verb.RULES: (_MAY_SEE, _IN_IT),
    Verb.LOG: _keeps(Rank.OPERATOR),
    Verb.UNDO: _keeps(Rank.OPERATOR),
}


def bar_of(verb: Verb, rank: Callable[[], Rank], holds: Callable[[State], bool]) -> Bar | None:
    """What stands in the way; None: it is allowed. Pure, and lazy: ranks, and states, which cost more, when needed."""
    for bar in RIGHTS[verb]:
        if (bar.below is None or rank() < bar.below) and holds(bar.state):
            return bar
    return None


@dataclass(frozen=True, slots=True)
class Doer:
    """Who wants something: somebody who is here, or comes. `present`: the rooms that he is in, or asked to be in.

    `subject` is what bans are compared with: asked for only where there are some.
    """

    person: str
    subject: Callable[[], Subject]
    account: Account | None
    is_operator: bool
    present: Mapping[Room, object]

    @classmethod
    def of(cls, session: Session, nick: str | None = None) -> Doer:
        """Of a session, under its nickname, or under that with the key `nick`."""
        person = session.person
        return cls(person.id, lambda: subject_of(person, nick), person.account, bool(session.operator), person.wanted)


def networks_of(person: Person) -> tuple[str, ...]:
    """Where its sessions come from: a right is a person's, so what one of them may not, none of them may."""
    found = dict.fromkeys(each.recipient.origin.network for each in person.living)
    return tuple(each for each in found if each)


def subject_of(person: Person, nick: str | None = None) -> Subject:
    account = person.account
    return Subject(nick or person.next_name.key, account.key if account else "", networks_of(person))


def rank_in(room: Room, account: Account | None, is_operator: bool) -> Rank:
    if is_operator:
        return Rank.SERVER
    if account is None:
        return Rank.NOBODY
    if account.id == room.charter.founder:
        return Rank.FOUNDER
    holder = room.charter.holder(account.id)
    return _RANKS[holder.role] if holder is not None else Rank.NOBODY


_RANKS = {Role.INVITED: Rank.NOBODY, Role.VOICE: Rank.VOICE, Role.OPERATOR: Rank.OPERATOR}


def rank_of(person: Person, room: Room) -> Rank:
    return rank_in(room, person.account, any(each.operator for each in person.sessions))


@dataclass(frozen=True, slots=True)
class Case:
    """One doer before one room, with what else matters: the key that he brings, the rank of whom he means, whose line.

    `came_in`: he is in the room already, as somebody else: he need not find the door again.
    """

    chat: Chat
    room: Room
    doer: Doer
    key: str = ""
    whom: Rank | None = None
    line_of: str | None = None
    came_in: bool = False

    def rank(self) -> Rank:
        return rank_in(self.room, self.doer.account, self.doer.is_operator)

    def holds(self, state: State) -> bool:
        return _HOLDS[state](self)

    @property
    def is_welcome(self) -> bool:
        """Whether he was let in before, or somebody invited him."""
        account, room = self.doer.account, self.room
        holder = room.charter.holder(account.id) if account is not None else None
        invited = holder is not None and holder.role is Role.INVITED
        return self.came_in or invited or self.doer.person in room.admitted

    def wait(self) -> float:
        return self.room.wait_of(self.doer.person, self.chat.clock.seconds())


def _is_banned(case: Case) -> bool:
    charter = case.room.charter
    return bool(charter.bans) and charter.ban_on(case.doer.subject(), case.chat.now()) is not None


def hush_of(chat: Chat, room: Room, person: str, subject: Callable[[], Subject]) -> Hush | None:
    """The hush of the person with this id; or that of a guest who is gone, whose nickname somebody bears who comes from
    the same network. Either alone would hit others: a name is free again, and behind one address there may be a school.
    """
    charter, now = room.charter, chat.now()
    found = charter.hush(person, now) if charter.parts else None
    if found is not None or not (charter.parts and room.hushed_guests):
        return found
    who = subject()
    for network in who.networks:
        guest = room.hushed_guests.get((who.nick, network))
        if guest is not None and guest not in chat.persons:
            return charter.hush(guest, now)
    return None


def _hush(case: Case) -> Hush | None:
    return hush_of(case.chat, case.room, case.doer.person, case.doer.subject)


def _is_locked(case: Case) -> bool:
    key = case.room.charter.rules.key
    return bool(key) and not case.is_welcome and not compare_digest(key.encode(), case.key.encode("utf-8", "replace"))


def _is_full(case: Case) -> bool:
    room, limit = case.room, case.room.charter.rules.limit
    if not 0 < limit <= len(room.members) + room.expected or case.is_welcome:
        return False
    # Who is on his way out has left his place: it may be the newcomer himself, who logs out.
    return limit <= sum(room in person.wanted for person in room.members) + room.expected


def _is_crowded(case: Case) -> bool:
    room, doer = case.room, case.doer.person
    return any(room in each.wanted or each in room.members for each in case.chat.persons.values() if each.id != doer)


_HOLDS: Mapping[State, Callable[[Case], bool]] = {
    State.ALWAYS: lambda case: True,
    State.ABSENT: lambda case: case.room not in case.doer.present,
    State.HIDDEN: lambda case: case.room.charter.rules.secret and case.room not in case.doer.present,
    State.BANNED: _is_banned,
    State.HUSHED: lambda case: _hush(case) is not None,
    State.MODERATED: lambda case: case.room.charter.rules.moderated,
    State.SLOWED: lambda case: case.wait() > 0,
    State.UNINVITED: lambda case: case.room.charter.rules.invite_only and not case.is_welcome,
    State.INVITE_ONLY: lambda case: case.room.charter.rules.invite_only,
    State.LOCKED: _is_locked,
    State.FULL: _is_full,
    State.PASTLESS: lambda case: not case.room.charter.rules.history,
    State.REGISTERED: lambda case: bool(case.room.charter.founder),
    State.GUEST: lambda case: case.doer.account is None,
    State.CROWDED: _is_crowded,
    State.LOBBY: lambda case: case.room.is_lobby,
    State.OTHERS: lambda case: case.line_of != case.doer.person,
    State.OUTRANKED: lambda case: case.whom is not None and case.whom >= case.rank(),
    State.KEEPER: lambda case: case.whom is not None and case.whom >= Rank.OPERATOR,
}


def check(verb: Verb, case: Case) -> None:
    """Raise the `ChatError` of the bar that stands in the way, if one does."""
    bar = bar_of(verb, case.rank, case.holds)
    if bar is not None:
        raise _ERRORS[bar.state](case, bar)


def may(verb: Verb, case: Case) -> bool:
    return bar_of(verb, case.rank, case.holds) is None


# how each bar is worded


def banned(room: Room, ban: Ban) -> Banned:
    return Banned(room.name, ban.why, when(ban.until) if ban.until else "")


def _banned(case: Case, _bar: Bar) -> ChatError:
    ban = case.room.charter.ban_on(case.doer.subject(), case.chat.now())
    assert ban is not None
    return banned(case.room, ban)


def _hushed(case: Case, _bar: Bar) -> ChatError:
    hush = _hush(case)
    assert hush is not None
    return NotAllowed(f"you may read and not talk in {case.room.name}{until(hush.until)}{because(hush.why)}")


_WHOSE = {
    Rank.VOICE: "whom the room's operators gave a voice",
    Rank.OPERATOR: "the room's operators",
    Rank.FOUNDER: "the room's founder",
    Rank.SERVER: "the server's operators",
}


def _for(case: Case, bar: Bar) -> ChatError:
    assert bar.below is not None
    return NotAllowed(f"in {case.room.name} that is for {_WHOSE[bar.below]}")


def _too_fast(case: Case, _bar: Bar) -> ChatError:
    return TooFast(case.room.name, case.room.charter.rules.slow, ceil(case.wait()))


def _not_allowed(words: str) -> Callable[[Case, Bar], ChatError]:
    return lambda case, _bar: NotAllowed(words.format(room=case.room.name))


_ERRORS: Mapping[State, Callable[[Case, Bar], ChatError]] = {
    State.ALWAYS: _for,
    State.ABSENT: lambda case, _bar: NotInRoom(case.room.name),
    State.HIDDEN: lambda case, _bar: NoSuchRoom(case.room.name),
    State.BANNED: _banned,
    State.HUSHED: _hushed,
    State.MODERATED: _for,
    State.SLOWED: _too_fast,
    State.UNINVITED: lambda case, _bar: InviteOnly(case.room.name),
    State.INVITE_ONLY: _for,
    State.LOCKED: lambda case, _bar: NeedKey(case.room.name),
    State.FULL: lambda case, _bar: RoomFull(case.room.name, case.room.charter.rules.limit),
    State.PASTLESS: _not_allowed("in {room} nobody is shown what was said before he came"),
    State.REGISTERED: lambda case, bar: (
        NotAllowed(f"{case.room.name} is registered already") if bar.below is None else _for(case, bar)
    ),
    State.GUEST: _not_allowed("only an account can keep a room; /register makes your nickname one"),
    State.CROWDED: _not_allowed("others are in {room}; who registers a room must be alone in it"),
    State.LOBBY: _not_allowed("{room} is everybody's"),
    State.OTHERS: _not_allowed("only who said it may change it, and only until he leaves"),
    State.KEEPER: _not_allowed("an operator of {room} may talk there whatever holds"),
    State.OUTRANKED: _not_allowed("whom that would hit has as many rights in {room} as you, or more"),
}
