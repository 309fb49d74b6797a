"""Searching the log, for one session: what it may read, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.python.failure import Failure as TwistedFailure

from twisted_chat.core import rights
from twisted_chat.core.errors import Busy, ChatError, NotInRoom
from twisted_chat.core.events import Page
from twisted_chat.core.rights import Verb
from twisted_chat.core.search import Query, Search, parse_query
from twisted_chat.core.told import Failure, Found

if TYPE_CHECKING:
    from twisted_chat.core.session import Session


def search(session: Session, text: str, limit: int, client_id: str | None) -> None:
    """Look for `text` at its place among what `session` posted; what comes meanwhile does not wait for the answer."""
    query = parse_query(text)
    since = 0 if query.seconds is None else session.chat.now() - query.seconds * 1000

    def look() -> None:
        try:
            if session.is_searching:
                raise Busy("your last search is still running")
            wanted = _readable(session, query, since)
        except ChatError as error:
            session.feed.tell(Failure(error, client_id))
        else:
            session.is_searching = True
            session.chat.journal.search(wanted, limit).addCallbacks(found, failed)

    def found(page: Page) -> None:
        session.is_searching = False
        heard = tuple(filter(session.hears, page.events))
        before = page.events[-1].seq if page.more else 0  # also where he ignores whoever said that
        session.feed.tell(Found(heard, before, session.person.id, client_id))

    def failed(failure: TwistedFailure) -> None:
        session.is_searching = False
        session.unreadable(failure, client_id)

    session.aside(look)


def _readable(session: Session, query: Query, since: int) -> Search:
    """The search within what the session may read now. Raises `NotInRoom` or `NoSuchRoom`."""
    if query.room is None:
        rooms = tuple(room.id for room in session.rooms if rights.may(Verb.PAST, session.case(room)))
        person = session.person.id
        return Search(query.terms, rooms, person, query.nick, since, query.before)
    room = session.room_called(query.room)
    session.check(Verb.HISTORY, room, query.room)
    rights.check(Verb.PAST, session.case(room))
    if room not in session.rooms:  # on the way in
        raise NotInRoom(room.name)
    return Search(query.terms, (room.id,), None, query.nick, since, query.before)
