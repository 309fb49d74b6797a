"""Changing and taking back what was said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted_chat.core import moderating, rights
from twisted_chat.core.errors import ChatError, NoSuchLine, NotAllowed
from twisted_chat.core.events import Event, Kind
from twisted_chat.core.rights import Verb
from twisted_chat.core.told import Failure

if TYPE_CHECKING:
    from twisted_chat.core.session import Session


def edit(session: Session, seq: int, text: str, client_id: str | None) -> None:
    """Give what was said with the number `seq` other words."""
    _revise(session, Kind.EDITED, seq, text, client_id)


def delete(session: Session, seq: int, client_id: str | None) -> None:
    """Take back what was said with the number `seq`."""
    _revise(session, Kind.DELETED, seq, None, client_id)


def _revise(session: Session, kind: Kind, seq: int, text: str | None, client_id: str | None) -> None:
    def found(target: Event | None) -> None:
        if session.over:
            return
        try:
            if target is None or not _may_read(session, target):
                raise NoSuchLine(seq)
            _check_right(session, kind, target)
            session.revise(kind, target, text, client_id)  # which the brake may hold back
        except ChatError as error:
            session.feed.tell(Failure(error, client_id))
        else:
            if target.person != session.person.id:
                moderating.deleted(session, target)

    def ask() -> None:
        session.chat.journal.find(seq).addCallbacks(found, session.unreadable, (), {}, (client_id,))

    session.aside(ask)  # at its place, so that a line which was said just before is there


def _may_read(session: Session, event: Event) -> bool:
    if not event.room:
        return session.person.id in (event.person, event.to)
    room = session.chat.rooms_by_id.get(event.room)
    return room in session.rooms and (event.person == session.person.id or event.seq > session.past_of(room))


def _check_right(session: Session, kind: Kind, target: Event) -> None:
    """Raise a `ChatError` unless this session may change `target`."""
    if target.room:
        room = session.chat.rooms_by_id[target.room]
        verb = Verb.EDIT if kind is Kind.EDITED else Verb.DELETE
        rights.check(verb, session.case(room, line_of=target.person))
    elif target.person != session.person.id:
        raise NotAllowed("only who said it may change it, and only until he leaves")
