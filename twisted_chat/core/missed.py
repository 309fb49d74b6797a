"""What an account missed: how far it has read is kept, what waits for it is shown, and what came is counted.

That a direct message was given to a connection does not say that anybody has it: it may hang. It counts as had when
the client sends something a while after all had arrived there, or ends in order. All others are shown again to whoever
comes in next: twice is better than never.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred, succeed

from twisted_chat.boundaries import MAX_UNREAD, Unread
from twisted_chat.core.errors import NotAllowed
from twisted_chat.core.events import Event, Page
from twisted_chat.core.feed import PAGE
from twisted_chat.core.told import Missed, Reply

if TYPE_CHECKING:
    from twisted_chat.core.chat import Chat
    from twisted_chat.core.people import Person
    from twisted_chat.core.reader import Reader
    from twisted_chat.core.rooms import Room
    from twisted_chat.core.session import Session

DIRECTS = ""
"""In place of a room's id: the direct messages."""

CAME = "came"
"""In place of a room's id: the log's number when direct messages were last begun to be shown."""

SETTLED = 1.0
"""Seconds after which what a client sends was not on its way already when all had arrived there."""


# how far an account has read


def has_read(chat: Chat, person: Person, place: int) -> None:
    """An account begins, or its last session ends: up to `place` in the log everything was given to it."""
    if person.account is not None:
        directs = place if person.had >= person.due else person.had
        chat.journal.mark_read(person.id, {DIRECTS: directs, **{room.id: place for room in person.rooms}})


def has_left(chat: Chat, person: Person, room: Room) -> None:
    """It is not in `room` any more, but still here."""
    person.served.pop(room.id, None)
    places = [each.feed.place for each in person.living]
    if person.account is not None and places:
        chat.journal.mark_read(person.id, {room.id: max(places)})


def is_served(reader: Reader, since: int) -> None:
    """It is given what came after `since` in its rooms: of that nothing is unread."""
    served = reader.person.served
    for room in reader.rooms:
        served[room.id] = min(since, served.get(room.id, since))


def heard(session: Session) -> None:
    """Its client sent something: it lives, and has what had arrived there a while ago."""
    now = session.chat.clock.seconds()
    if session.arrival is not None and now - session.arrival[1] >= SETTLED:
        _had(session.chat, session.person, session.arrival[0])
        session.arrival = None
    if session.arrival is None and session.recipient.arrived:
        session.arrival = (_place_of(session), now)


def ended(session: Session) -> None:
    """Its client ends in order, which none does that has not read what had arrived."""
    if session.recipient.arrived:
        _had(session.chat, session.person, _place_of(session))
    elif session.arrival is not None:
        _had(session.chat, session.person, session.arrival[0])


def _place_of(session: Session) -> int:
    """The number in the log up to which it was given all direct messages, those among them that waited."""
    if not session.welcomed:
        return 0
    return session.feed.place if session.shown is None else session.shown


def _had(chat: Chat, person: Person, place: int) -> None:
    if place > person.had:
        person.had = place
        if person.account is not None:
            chat.journal.mark_read(person.id, {DIRECTS: place})


# what waits for it


def show(reader: Reader, since: int | None = None, *, claimed: bool = False) -> None:
    """Tell an account that comes in of the direct messages that it may not have had: page by page, as it reads.

    What comes after `since` it gets anyhow. `claimed`: its client says that it has all before. So it is, if it was
    given anything after what waited for it; the number that it was welcomed with does not say that.
    """
    chat, person, now = reader.chat, reader.person, reader.chat.seq
    seq = now if since is None else since
    if person.account is None or person.had >= min(person.due, seq):
        return
    journal, told = chat.journal, 0
    reader.shown, reader.arrival = 0, None

    def begin() -> Deferred[Page]:
        return journal.unread(person.id, {DIRECTS: seq, CAME: seq}).addCallback(first)

    def first(found: Sequence[Unread]) -> Deferred[Page]:
        directs, *came = found
        if not directs.count or (claimed and seq > max([person.came, *(each.mark for each in came)])):
            return succeed(Page(()))
        person.came = now
        journal.mark_read(person.id, {CAME: now})
        return after(max(directs.mark, person.had))

    def after(mark: int) -> Deferred[Page]:
        return journal.after(mark, seq, person.id, {}, PAGE)

    def shown(page: Page | None) -> Callable[[], Deferred[Page]] | None:
        nonlocal told
        if page is None:
            reader.tell_unreadable(None)
            return None
        events = tuple(event for event in page.events if _waited(reader, event))
        if events:
            reader.last_direct = (events[-1].person, events[-1].nick)
            reader.feed.tell(Missed(events, person.id, further=told > 0))
            told += len(events)
            person.waited = max(person.waited, told)
        if page.more:
            reader.shown = page.events[-1].seq
            return partial(after, reader.shown)
        reader.shown = None
        if not told:
            _had(chat, person, seq)
        return None

    reader.feed.show(begin, shown)


def _waited(reader: Reader, event: Event) -> bool:
    return event.to == reader.person.id and event.person != reader.person.id and reader.hears(event)


# what came


def count(session: Session, client_id: str | None) -> None:
    """Answer how much came, room by room, between the account's being here before and now."""
    chat, person = session.chat, session.person
    if person.account is None:
        raise NotAllowed("only of accounts it is kept how far they have read; /register makes one")

    def counted(found: Sequence[Unread]) -> None:
        session.feed.tell(Reply(tuple(_lines(person, found)) or ("Nothing came while you were away",), client_id))

    def ask() -> None:
        asking = chat.journal.unread(person.id, {room.id: came for room, came in person.rooms.items()})
        asking.addCallbacks(counted, session.unreadable, (), {}, (client_id,))

    session.aside(ask)


def _lines(person: Person, found: Sequence[Unread]) -> Iterable[str]:
    if person.waited:
        yield _line(str(person.waited), person.waited, "for you alone")
    rooms = {room.id: room.name for room in person.rooms}
    for each in found:
        if each.count and each.room in rooms and each.mark < person.served.get(each.room, each.mark + 1):
            some = f"{each.count} or more" if each.count == MAX_UNREAD else str(each.count)
            yield _line(some, each.count, f"in {rooms[each.room]}")


def _line(some: str, number: int, place: str) -> str:
    return f"{some} {'line' if number == 1 else 'lines'} {place} while you were away"
