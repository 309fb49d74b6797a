"""What an account missed while none of its sessions was here: how far it has read is kept, and what came is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    from twisted_chat.core.session import Session

DIRECTS = ""
"""In place of a room's id: the direct messages."""


def has_read(chat: Chat, person: Person, place: int) -> None:
    """The last session of an account ends: up to `place` in the log everything was given to it."""
    if person.account is not None:
        chat.journal.mark_read(person.id, {DIRECTS: place, **{room.id: place for room in person.rooms}})


def show(reader: Reader) -> None:
    """Tell an account that has just come in, and was not here already, of the direct messages that waited for it."""
    journal, person, seq = reader.chat.journal, reader.person, reader.chat.seq
    if person.account is None or len(person.sessions) > 1:
        return

    def since(found: Sequence[Unread]) -> Deferred[Page]:
        if not (found and found[0].count):
            return succeed(Page(()))
        return journal.after(found[0].mark, seq, person.id, {}, PAGE)

    def read() -> Deferred[Page]:
        return journal.unread(person.id, (DIRECTS,)).addCallback(since)

    def shown(page: Page | None) -> None:
        if page is None:
            reader.tell_unreadable(None)
            return
        events = tuple(event for event in page.events if _waited(reader, event))
        if events:
            reader.feed.tell(Missed(events, person.id))

    reader.feed.show(read, shown)


def _waited(reader: Reader, event: Event) -> bool:
    return event.to == reader.person.id and event.person != reader.person.id and reader.hears(event)


def count(session: Session, client_id: str | None) -> None:
    """Answer how much came, room by room, since the account was here before."""
    chat, person = session.chat, session.person
    if person.account is None:
        raise NotAllowed("only of accounts it is kept how far they have read; /register makes one")
    rooms = {room.id: room.name for room in person.rooms}

    def counted(found: Sequence[Unread]) -> None:
        lines = tuple(_lines(found, rooms)) or ("Nothing came while you were away",)
        session.feed.tell(Reply(lines, client_id))

    def ask() -> None:
        asking = chat.journal.unread(person.id, (DIRECTS, *rooms))
        asking.addCallbacks(counted, session.unreadable, (), {}, (client_id,))

    session.aside(ask)


def _lines(found: Sequence[Unread], rooms: dict[str, str]) -> Iterable[str]:
    for each in found:
        if each.count:
            place = f"in {rooms[each.room]}" if each.room else "for you alone"
            some = f"{each.count} or more" if each.count == MAX_UNREAD else str(each.count)
            yield f"{some} {'line' if each.count == 1 else 'lines'} {place} while you were away"
