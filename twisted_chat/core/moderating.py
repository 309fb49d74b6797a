"""What the keepers of a room do: each is checked against the table, takes effect at once, is put down, and answered.

It is answered when it is kept. Where it can't be, it holds all the same until the service ends, and that is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure as TwistedFailure

from twisted_chat.core import bans, becoming, rights
from twisted_chat.core.bans import Subject
from twisted_chat.core.charters import Action, Ban, Change, Holder, Hush, Piece, Role, Topic, has_ended
from twisted_chat.core.durations import end_of, until
from twisted_chat.core.errors import BadRequest, ChatError, NoSuchNick, NotAllowed, StorageUnavailable, TooManyRooms
from twisted_chat.core.events import Event, Kind
from twisted_chat.core.making import MAX_REGISTERED, Maker
from twisted_chat.core.names import fold
from twisted_chat.core.rights import Rank, Verb, rank_in
from twisted_chat.core.rooms import MAX_HUSHED
from twisted_chat.core.text import because
from twisted_chat.core.told import Failure, Notice, Reply

if TYPE_CHECKING:
    from twisted_chat.boundaries import Account
    from twisted_chat.core.chat import Chat
    from twisted_chat.core.people import Person
    from twisted_chat.core.rooms import Room
    from twisted_chat.core.session import Session

MAX_BANS = 200
MAX_HOLDERS = 500
"""Of one room."""

_WIDEST = {4: 16, 6: 32}
"""Bits that a network has at least which keepers of a room ban, by its version: whoever may ban half of all addresses,
then a quarter and so on, has somebody's after some thirty bans."""

_NAMED = 20
"""Nicknames in an answer."""

_UNKEPT = "that holds now, and will be forgotten when the server ends: it can't be written"

_log = Logger()


@dataclass(frozen=True, slots=True)
class Somebody:
    """Whom a keeper means: somebody who is here, an account, or both. `id` is the same for either."""

    id: str
    name: str
    account: Account | None
    person: Person | None

    @property
    def subject(self) -> Subject:
        return rights.subject_of(self.person) if self.person is not None else Subject("")

    def rank(self, room: Room) -> Rank:
        operates = self.person is not None and any(each.operator for each in self.person.sessions)
        return rank_in(room, self.account, operates)


def somebody(chat: Chat, nick: str) -> Somebody:
    """By a nickname, or by the name of an account that need not be here. Raises `NoSuchNick`."""
    person, account = chat.names.holder(nick), chat.accounts.named(nick)
    if person is None and account is not None:
        person = chat.persons.get(account.id)
    if person is not None and not person.leaving:
        return Somebody(person.id, person.next_name.text, person.account, person)
    if account is None:
        raise NoSuchNick(nick)
    return Somebody(account.id, account.name, account, None)


# every action's way


def act(
    session: Session,
    room: Room,
    verb: Verb,
    *,
    whom: str = "",
    whom_id: str = "",
    why: str = "",
    change: Change | None = None,
    undoes: int = 0,
) -> Deferred[None]:
    """Let it take effect, and put it down. Whether it may is decided already."""
    chat, person, now = session.chat, session.person, session.chat.now()
    if change is not None:
        room.charter = room.charter.after(change, now)
        if change.key[0] == "rule":
            _admit_present(chat, room, anew=change.key[1] in ("key", "invite_only"))
    number = chat.next_action()
    action = Action(
        number, room.id, now, person.id, person.next_name.text, verb.value, whom, whom_id, why, change
    )  # fmt: skip
    _log.info("{nick!r} ({person}): {verb} {whom!r} in {room}", nick=person.nick, person=person.id, verb=verb.value,
              whom=whom, room=room.name)  # fmt: skip
    return chat.keepers.write(room.charter, action, undoes)


def answer(session: Session, kept: Deferred[None], line: str, client_id: str | None) -> None:
    """At its place among what this session posted, and not before it is kept."""

    def told(_none: None) -> None:
        session.feed.tell(Reply((line,), client_id))

    def failed(failure: TwistedFailure) -> None:
        not_kept(failure)
        session.feed.tell(Failure(StorageUnavailable(_UNKEPT), client_id))

    def tell() -> None:
        kept.addCallbacks(told, failed)

    session.aside(tell)


def not_kept(failure: TwistedFailure, who: str = "a keeper") -> None:
    """Put that into the server's log: in a line, where it is no fault of the program's."""
    if isinstance(failure.value, ChatError):
        _log.error("what {who} did can't be written: {why}", who=who, why=str(failure.value))
    else:
        _log.failure("what {who} did can't be written", failure, who=who)


def _admit_present(chat: Chat, room: Room, *, anew: bool) -> None:
    """Who is in may come back in, whatever the door asks for now. `anew`: nobody else may."""
    if anew:
        room.admitted.clear()
    for person in chat.persons.values():
        if room in person.wanted:
            room.admitted.give(person.id)


def expel(chat: Chat, person: Person, room: Room, by: str, reason: str, doer: Session | None = None) -> None:
    """Have somebody leave a room, once, in all of its sessions. It may not come back but as a stranger may.

    `doer`: the session that knows, for it does that.
    """
    room.admitted.take(person.id)
    talking = [session for session in person.sessions if session.current is room and not session.over]
    person.goes_from(room)
    name, time = person.next_name.text, chat.now()
    origin = next(iter(person.sessions))
    chat.post(Event(Kind.LEFT, person.id, name, time, room.id, room.name, reason, by=by, origin=origin))
    for session in talking:
        if session is not doer:
            session.was_put_out(room)


def _reason(deed: str, session: Session, why: str) -> str:
    return f"{deed} by {session.person.next_name.text}{because(why)}"


def notify(person: Person, text: str) -> None:
    for session in person.sessions:
        if not session.over:
            session.aside(lambda feed=session.feed: feed.tell(Notice(text)))  # type: ignore[misc]


# who may come


def invite(session: Session, room: Room, nick: str, client_id: str | None) -> None:
    """Tell somebody of the room; where an operator of it does so, he may come in whatever else is asked for."""
    who = somebody(session.chat, nick)
    rights.check(Verb.INVITE, session.case(room))
    _check_welcome(who, room, session.chat.now())
    session.chat.helm.check_speech(session)  # it puts his name, and the room's, before somebody
    if who.person is not None and room in who.person.wanted:
        raise NotAllowed(f"{who.name} is in {room.name} already")
    inviter = session.person
    if who.person is not None and who.person not in session.chat.ignores.of(inviter.id):
        notify(who.person, f"{inviter.next_name.text} invites you to {room.name}; /join {room.name} takes you there")
    line = f"{who.name} is invited to {room.name}"
    if session.case(room).rank() < Rank.OPERATOR:
        session.reply(lambda: (line,), client_id)
        return
    change = None
    if who.account is not None and room.charter.holder(who.id) is None:
        room_for(room, Holder, session.chat.now())
        change = Change(None, Holder(who.id, who.name, Role.INVITED))
    room.admitted.give(who.id)
    kept = act(session, room, Verb.INVITE, whom=who.name, whom_id=who.id, change=change)
    answer(session, kept, line, client_id)


def _check_welcome(who: Somebody, room: Room, now: int) -> None:
    """Raise `NotAllowed` for who is banned by name or account; what else is banned would tell where he is."""
    subject = Subject(fold(who.name), who.account.key if who.account is not None else "")
    if who.rank(room) < Rank.OPERATOR and room.charter.ban_on(subject, now) is not None:
        raise NotAllowed(f"{who.name} is banned from {room.name}; /bans lists how, /unban ends it")


def _check_another(session: Session, person: Person | None, instead: str) -> None:
    if person is session.person:
        raise NotAllowed(f"that is you; {instead}")


def kick(session: Session, room: Room, nick: str, why: str, client_id: str | None) -> None:
    person, coming = becoming.called(session.chat, nick)
    _check_another(session, person, "/part leaves")
    name = person.next_name.text if person is not None else coming[0].name
    coming = [each for each in coming if each.goes_to(room)]
    ranks = [each.rank(room) for each in coming]
    if person is not None:
        ranks.append(rights.rank_of(person, room))
    rights.check(Verb.KICK, session.case(room, whom=max(ranks, default=None)))
    is_in = person is not None and room in person.wanted
    if not (is_in or coming):
        raise NotAllowed(f"{name} is not in {room.name}")
    whom_id = person.id if person is not None and is_in else coming[0].id
    before = room.charter.holder(whom_id)
    change = Change(before, None) if before is not None and before.role is Role.INVITED else None
    by, reason = session.person.next_name.text, _reason("kicked", session, why)
    if person is not None and is_in:
        expel(session.chat, person, room, by, reason)
    for each in coming:
        each.kicks[room] = by, reason
    kept = act(session, room, Verb.KICK, whom=name, whom_id=whom_id, why=why, change=change)
    answer(session, kept, f"{name} is out of {room.name}; nothing keeps him from coming back but a /ban", client_id)


# bans


def _hit(session: Session, room: Room, pattern: str) -> tuple[list[Person], list[Person]]:
    """Those in the room whom a pattern hits: strangers, and those of the same rank or a higher one, whom it spares."""
    parsed, mine = bans.parse(pattern), session.case(room).rank()
    hit: list[Person] = []
    spared: list[Person] = []
    for person in session.chat.persons.values():
        if room in person.wanted and parsed.hits(rights.subject_of(person)):
            (spared if rights.rank_of(person, room) >= min(mine, Rank.OPERATOR) else hit).append(person)
    return hit, spared


def _is_about_addresses(session: Session, room: Room, pattern: str) -> bool:
    """Whether what comes of it would tell this keeper where somebody is, who is to know names only."""
    return bans.parse(pattern).network is not None and session.case(room).rank() < Rank.SERVER


def names(people: Iterable[Person]) -> str:
    found = sorted(person.next_name.text for person in people)
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return ", ".join(found[:_NAMED]) + more


def whom_it_hits(session: Session, room: Room, pattern: str) -> Iterable[str]:
    """What /ban ?PATTERN answers."""
    rights.check(Verb.BAN, session.case(room))
    if _is_about_addresses(session, room, pattern):
        raise NotAllowed("whom a network hits only the server's operators may look up; it would tell where people are")
    hit, spared = _hit(session, room, pattern)
    yield f"{bans.parse(pattern).text} would hit {names(hit) or 'nobody'} in {room.name}"
    if spared:
        yield f"and spare its keepers: {names(spared)}"


def ban(session: Session, room: Room, pattern: str, seconds: int | None, why: str, client_id: str | None) -> None:
    chat, text = session.chat, bans.parse(pattern).text
    rights.check(Verb.BAN, session.case(room))
    network = bans.parse(pattern).network
    about_addresses = _is_about_addresses(session, room, pattern)
    if about_addresses and network is not None and network.prefixlen < _WIDEST[network.version]:
        widest = _WIDEST[network.version]
        raise NotAllowed(f"a room bans no network wider than a /{widest}; invite-only keeps everybody out")
    before = room.charter.parts.get(("ban", text))
    if before is None:
        room_for(room, Ban, chat.now())
    end = end_of(chat.now(), seconds)
    new = Ban(text, session.person.next_name.text, why, chat.now(), end)
    hit, spared = expel_hit(session, room, new)
    kept = act(session, room, Verb.BAN, whom=text, why=why, change=Change(before, new))
    out = f"; out: {names(hit)}" if hit else ""
    if network is not None and bans.has_loopback(network):
        out += "; who comes from this machine itself has no network, but with --max-per-address"
    keepers = f"; keepers are spared: {names(spared)}" if spared and not about_addresses else ""
    answer(session, kept, f"{text} is banned from {room.name}{until(end)}{out}{keepers}", client_id)


def expel_hit(session: Session, room: Room, ban: Ban) -> tuple[list[Person], list[Person]]:
    hit, spared = _hit(session, room, ban.pattern)
    for person in hit:
        expel(session.chat, person, room, session.person.next_name.text, _reason("banned", session, ban.why))
    return hit, spared


def ban_line(ban: Ban) -> str:
    """As lists of them have it."""
    return f"{ban.pattern}{until(ban.until)} by {ban.by}{because(ban.why)}"


def unban(session: Session, room: Room, pattern: str, client_id: str | None) -> None:
    text = bans.parse(pattern).text
    rights.check(Verb.UNBAN, session.case(room))
    before = room.charter.parts.get(("ban", text))
    if before is None:
        raise BadRequest(f"{text} is not banned from {room.name}; /bans lists who is")
    kept = act(session, room, Verb.UNBAN, whom=text, change=Change(before, None))
    answer(session, kept, f"{text} may come to {room.name} again", client_id)


def hush(session: Session, room: Room, nick: str, seconds: int | None, why: str, client_id: str | None) -> None:
    """He may read, and not talk, under whatever name. Of a guest it holds where he comes again as he was then, too."""
    chat, who = session.chat, somebody(session.chat, nick)
    _check_another(session, who.person, "/ignore is for others")
    rights.check(Verb.HUSH, session.case(room, whom=who.rank(room)))
    before = room.charter.parts.get(("hush", who.id))
    if before is None:
        room_for(room, Hush, chat.now())
    end = end_of(chat.now(), seconds)
    new = Hush(who.id, who.name, session.person.next_name.text, why, chat.now(), end)
    if who.account is None and who.person is not None:
        subject = rights.subject_of(who.person)
        for network in subject.networks:
            room.hushed_guests.put((subject.nick, network), who.id)
    kept = act(session, room, Verb.HUSH, whom=who.name, whom_id=who.id, why=why, change=Change(before, new))
    tell_hush(who, room, new)
    answer(session, kept, f"{who.name} may read and not talk in {room.name}{until(end)}", client_id)


def unhush(session: Session, room: Room, nick: str, client_id: str | None) -> None:
    who = somebody(session.chat, nick)
    rights.check(Verb.HUSH, session.case(room, whom=who.rank(room)))
    before = rights.hush_of(session.chat, room, who.id, lambda: who.subject)
    if before is None:
        raise BadRequest(f"{who.name} may talk in {room.name} already")
    kept = act(session, room, Verb.HUSH, whom=who.name, whom_id=who.id, why="off", change=Change(before, None))
    tell_hush(who, room, None)
    answer(session, kept, f"{who.name} may talk in {room.name} again", client_id)


def tell_hush(who: Somebody, room: Room, hush: Hush | None) -> None:
    if hush is not None:
        tell_member(who, room, f"You may read and not talk in {room.name}{until(hush.until)}{because(hush.why)}")
    else:
        tell_member(who, room, f"You may talk in {room.name} again")


def tell_member(who: Somebody, room: Room, text: str) -> None:
    if who.person is not None and room in who.person.wanted:
        notify(who.person, text)


def room_for(room: Room, kind: type[Piece], now: int) -> None:
    """Raise `NotAllowed` where one more of this kind is too many; those that have ended do not count."""
    limit = {Ban: MAX_BANS, Holder: MAX_HOLDERS, Hush: MAX_HUSHED}.get(kind)
    there = sum(isinstance(each, kind) and not has_ended(each, now) for each in room.charter.parts.values())
    if limit is not None and there >= limit:
        raise NotAllowed(f"{room.name} has {limit} of those already")


# what goes into the log, too


def topic(session: Session, room: Room, text: str) -> None:
    session.chat.helm.check_speech(session)  # before it is put down as done
    if room.charter.founder:
        change = Change(Topic(room.topic), Topic(text))
        act(session, room, Verb.TOPIC, change=change).addErrback(not_kept)
    session.post_topic(room, text)


def deleted(session: Session, target: Event) -> None:
    """A keeper took back a line of somebody else's."""
    room = session.chat.rooms_by_id[target.room]
    act(session, room, Verb.DELETE, whom=f"#{target.seq} of {target.nick}", whom_id=target.person).addErrback(not_kept)


# the whole room


def create(session: Session, name: str, client_id: str | None) -> None:
    """Register a room, made if need be, for this person's account; and be in it."""
    chat, account = session.chat, session.person.account
    maker = Maker.of(session)
    room = chat.room_or_new(chat.room_name(name), maker)
    try:
        session.check(Verb.SEE, room, name)
        rights.check(Verb.CREATE, session.case(room))
        assert account is not None
        if sum(each.charter.founder == account.id for each in chat.rooms.values()) >= MAX_REGISTERED:
            raise TooManyRooms("an account may have registered", MAX_REGISTERED)
        if room not in session.person.wanted:
            session.join(room.name)
    except ChatError:
        chat.unmake(room, maker)
        raise
    room.charter = replace(room.charter, founder=account.id, founder_name=account.name, created=chat.now())
    _admit_present(chat, room, anew=True)
    kept = act(session, room, Verb.CREATE)
    answer(session, kept, f"{room.name} is yours now; /set shows its rules, /help the commands for it", client_id)


def drop(session: Session, name: str, client_id: str | None) -> None:
    """The room is gone, with all that was said in it, and everybody in it has left."""
    room = session.allowed(Verb.DROP, name)
    chat, by = session.chat, session.person.next_name.text
    for person in [each for each in chat.persons.values() if room in each.wanted]:
        expel(chat, person, room, by, f"{room.name} was dropped by {by}", session)
    kept = chat.forget_room(room)
    where = f"you are in {session.current.name} now" if session.current is not None else "you are in no room now"
    answer(session, kept, f"{room.name} is gone; {where}", client_id)


Found = Callable[["list[Action]"], None]


def actions(session: Session, room: str, limit: int, found: Found, client_id: str | None) -> None:
    """Look into the audit log of the room with this id at this session's place; `found` may raise a `ChatError`."""

    def ask() -> None:
        reading = session.chat.keepers.actions(room, limit).addCallback(lambda known: found(list(known)))
        reading.addErrback(session.unreadable, client_id)

    session.aside(ask)
