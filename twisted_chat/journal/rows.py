"""Events as rows of the database, and back. The one place that knows the columns of `events` (schema/*.sql)."""

from __future__ import annotations

from typing import Any

from twisted_chat.core.events import NATURE, SPEECH, Event, Kind
from twisted_chat.core.names import fold
from twisted_chat.core.words import words_of

CODES: dict[Kind, int] = {
    Kind.MESSAGE: 1,
    Kind.ACTION: 2,
    Kind.DIRECT: 3,
    Kind.TOPIC: 4,
    Kind.EDITED: 5,
    Kind.DELETED: 6,
}
"""Numbers in the file: never to be changed, only added to."""

_KINDS = {code: kind for kind, code in CODES.items()}

SPOKEN = ", ".join(str(code) for kind, code in CODES.items() if kind in SPEECH)
"""The codes of what somebody said, for SQL."""

HISTORY = ", ".join(str(code) for kind, code in CODES.items() if NATURE[kind].history)
"""The codes of what a room's past shows, for SQL."""

Row = tuple[Any, ...]

INSERT = (
    "INSERT INTO events"
    " (seq, kind, room, person, nick, time, text, addressee, addressee_nick, action, client_id, target, revised)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

SELECT = (
    "SELECT e.seq, e.kind, e.person, e.nick, e.time, r.id, r.name, coalesce(t.text, e.text), e.addressee,"
    " e.addressee_nick, e.action, e.client_id, e.target, e.revised"
    " FROM events e LEFT JOIN rooms r ON r.number = e.room"
    f" LEFT JOIN events t ON e.kind = {CODES[Kind.EDITED]} AND t.seq = e.target"
)
"""What `event_of` makes an event of. An edit has no words of its own: they are its target's."""


def row_of(event: Event, seq: int, room: int | None) -> Row:
    """The row of an event to be kept; `room` is the room's number in the file."""
    text = None if event.target else event.text
    return (
        seq, CODES[event.kind], room, event.person, event.nick, event.time, text, event.to or None,
        event.to_nick or None, int(event.action), event.client_id, event.target or None,
        int(event.revised),
    )  # fmt: skip


def event_of(row: Row) -> Event:
    """An event from a row of `SELECT`."""
    seq, code, person, nick, time, room, room_name, text, to, to_nick, action, client_id, target, revised = row
    return Event(
        _KINDS[code], person, nick, time, room or "", room_name or "", text, to or "", to_nick or "", bool(action),
        client_id, seq=seq, target=target or 0, revised=bool(revised),
    )  # fmt: skip


# what the index of words holds of an event; the same must be given again to take it out


def body_of(text: str) -> str:
    return " ".join(words_of(text))


def place_of(room: str, person: str, to: str, nick: str) -> str:
    """Who may find it: those in this room, or these two; and by whom it was said."""
    where = room_token(room) if room else f"{person_token(person)} {person_token(to)}"
    return f"{where} {nick_token(fold(nick))}"


def room_token(room: str) -> str:
    return "r" + room.encode().hex()


def person_token(person: str) -> str:
    return "p" + person.encode().hex()


def nick_token(key: str) -> str:
    return "n" + key.encode().hex()
