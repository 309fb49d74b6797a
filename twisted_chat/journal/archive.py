"""A log as a whole: read from one end to the other, and written from what another one was read to."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from twisted_chat.core.events import Event
from twisted_chat.core.names import fold
from twisted_chat.journal.file import facts
from twisted_chat.journal.reading import SERVED, first_since
from twisted_chat.journal.rows import SELECT, event_of
from twisted_chat.journal.writing import Writer

READ_AT_ONCE = 1_000
"""Events that one question brings: no reading lasts so long that the WAL of a running server can't be emptied."""

WRITTEN_AT_ONCE = 1_000


class NoSuchRoomThere(LookupError):
    """The log has nothing of a room of this name; the text says so."""


def read(database: sqlite3.Connection, room: str | None = None, since: int = 0) -> Iterator[Event]:
    """All that there is, in the log's order: of one `room` (its name), not older than `since` (UTC in ms).

    What is said after the first event was asked for is not read. Raises `NoSuchRoomThere`.
    """
    through = facts(database).last
    seq = first_since(database, since) - 1 if since else 0
    where = SERVED
    if room is not None:
        found = database.execute("SELECT number, name FROM rooms").fetchall()
        numbers = [str(number) for number, name in found if fold(name) == fold(room)]
        if not numbers:
            raise NoSuchRoomThere(f"nothing was ever said in {room}")
        where += f" AND e.room IN ({', '.join(numbers)})"
    while True:
        rows = database.execute(
            f"{SELECT} WHERE e.seq > ? AND e.seq <= ? AND {where} ORDER BY e.seq LIMIT {READ_AT_ONCE}", (seq, through)
        ).fetchall()
        if not rows:
            return
        yield from map(event_of, rows)
        seq = rows[-1][0]


@dataclass(slots=True)
class Added:
    """How many events were written, and how many were not: said before, or changing what is not there."""

    written: int = 0
    left_out: int = 0


class OutOfOrder(ValueError):
    """An event does not follow the one before it; the text says why."""


def add(database: sqlite3.Connection, events: Iterable[Event]) -> Added:
    """Write events behind what is there, as one transaction: all of them, or whatever raises, none.

    Their numbers are raised by the log's last, so that revisions find what they change; 0 is the next one. Rooms are
    those of the same name, or new ones with the event's `room` for their id. Raises `OutOfOrder`.
    """
    last = facts(database).last
    writer = Writer(database, last)
    added = Added()
    database.execute("BEGIN IMMEDIATE")
    try:
        placed = _in_order(events, last, _last_time(database), _rooms(database))
        while chunk := list(islice(placed, WRITTEN_AT_ONCE)):
            written = len(writer.write(chunk).numbers)
            added.written += written
            added.left_out += len(chunk) - written
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise
    return added


def _in_order(events: Iterable[Event], last: int, time: int, rooms: dict[str, tuple[str, str]]) -> Iterator[Event]:
    seq = last
    for event in events:
        if event.time < time:
            raise OutOfOrder("older than what is in the log before it")
        if event.seq and event.seq + last <= seq:
            raise OutOfOrder("its number is not above the one before it")
        time = event.time
        event.seq = seq = event.seq + last if event.seq else seq + 1
        event.target += last if event.target else 0
        if event.room:
            event.room, event.room_name = rooms.setdefault(fold(event.room_name), (event.room, event.room_name))
        yield event


def _last_time(database: sqlite3.Connection) -> int:
    found = database.execute("SELECT time FROM events ORDER BY seq DESC LIMIT 1").fetchone()
    return int(found[0]) if found else 0


def _rooms(database: sqlite3.Connection) -> dict[str, tuple[str, str]]:
    """By the key of its name each room's id and name; of several the one that was made last."""
    return {fold(name): (room, name) for room, name in database.execute("SELECT id, name FROM rooms ORDER BY number")}
