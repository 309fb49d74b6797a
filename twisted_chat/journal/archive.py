"""A log as a whole: read from one end to the other, and written from what another one was read to."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from twisted_chat.core.events import Event
from twisted_chat.core.names import fold
from twisted_chat.journal.file import facts
from twisted_chat.journal.reading import SERVED, first_since
from twisted_chat.journal.rows import SELECT, Row, event_of
from twisted_chat.journal.writing import Writer

READ_AT_ONCE = 1_000
"""Events that one question brings: no reading lasts so long that the WAL of a running server can't be emptied."""

WRITTEN_AT_ONCE = 1_000


class NoSuchRoomThere(LookupError):
    """The log has nothing of a room of this name; the text says so."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Events with a number from `first` to `last` that damage in the file keeps from being read."""

    first: int
    last: int
    why: str


def read(
    database: sqlite3.Connection,
    room: str | None = None,
    since: int = 0,
    lost: Callable[[Unreadable], object] | None = None,
) -> Iterator[Event]:
    """All that there is, in the log's order: of one `room` (its name), not older than `since` (UTC in ms).

    Nothing of rooms that were dropped, of which some may not be erased yet.

    What is said after the first event was asked for is not read. What damage keeps from being read is told to `lost`,
    and the rest is read all the same; without it, the error is raised. Raises `NoSuchRoomThere`.
    """
    through = facts(database).last
    seq = first_since(database, since) - 1 if since else 0
    where = SERVED
    dropped = database.execute("SELECT r.number FROM dropped_rooms d JOIN rooms r ON r.id = d.room").fetchall()
    gone = {number for (number,) in dropped}
    if gone:
        where += f" AND (+e.room IS NULL OR +e.room NOT IN ({', '.join(map(str, sorted(gone)))}))"
    if room is not None:
        found = database.execute("SELECT number, name FROM rooms").fetchall()
        numbers = [str(number) for number, name in found if fold(name) == fold(room) and number not in gone]
        if not numbers:
            raise NoSuchRoomThere(f"nothing was ever said in {room}")
        where += f" AND +e.room IN ({', '.join(numbers)})"

    def rows(first: int, last: int, limit: int) -> list[Row]:
        # By their numbers: damage in an index is no loss then.
        query = f"{SELECT} WHERE e.seq >= ? AND e.seq <= ? AND {where} ORDER BY e.seq LIMIT {limit}"
        return database.execute(query, (first, last)).fetchall()

    while seq < through:
        try:
            found = rows(seq + 1, through, READ_AT_ONCE)
        except sqlite3.DatabaseError as error:
            if lost is None:
                raise
            last = min(through, seq + READ_AT_ONCE)
            yield from map(event_of, _one_by_one(rows, seq + 1, last, str(error), lost))
            seq = last
            continue
        yield from map(event_of, found)
        seq = found[-1][0] if len(found) == READ_AT_ONCE else through


def _one_by_one(
    rows: Callable[[int, int, int], list[Row]], first: int, last: int, why: str, lost: Callable[[Unreadable], object]
) -> Iterator[Row]:
    missing = 0
    for seq in range(first, last + 1):
        try:
            found = rows(seq, seq, 1)
        except sqlite3.DatabaseError:
            missing = missing or seq
            continue
        if missing and found:
            lost(Unreadable(missing, seq - 1, why))
            missing = 0
        yield from found
    if missing:
        lost(Unreadable(missing, last, why))


@dataclass(slots=True)
class Added:
    """How many events were written, and how many were not: said before, or changing what is not there."""

    written: int = 0
    left_out: int = 0


class OutOfOrder(ValueError):
    """An event does not follow the one before it; the text says why."""


def add(database: sqlite3.Connection, events: Iterable[Event]) -> Added:
    """Write events behind what is there, as one transaction: all of them, or whatever raises, none.

    Their numbers are raised by the log's last, so that revisions find what they change; 0 is the next one. None may be
    older than what the log has; among themselves they may be, for so a clock that was set back leaves them. Rooms are
    those of the same name, or new ones with the event's `room` for their id. Raises `OutOfOrder`.
    """
    known = facts(database)
    last = known.last
    writer = Writer(database, last)
    added = Added()
    database.execute("BEGIN IMMEDIATE")
    try:
        placed = _in_order(events, last, known.time, _rooms(database))
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
            raise OutOfOrder(f"{_day(event.time)} is before {_day(time)}, the last line that the log has")
        if event.seq and event.seq + last <= seq:
            raise OutOfOrder("its number is not above the one before it")
        event.seq = seq = event.seq + last if event.seq else seq + 1
        event.target += last if event.target else 0
        if event.room:
            event.room, event.room_name = rooms.setdefault(fold(event.room_name), (event.room, event.room_name))
        yield event


def _day(time: int) -> str:
    return f"{datetime.fromtimestamp(time / 1000, UTC):%Y-%m-%d %H:%M}"


def _rooms(database: sqlite3.Connection) -> dict[str, tuple[str, str]]:
    """By the key of its name each room's id and name; of several the one that was made last."""
    return {fold(name): (room, name) for room, name in database.execute("SELECT id, name FROM rooms ORDER BY number")}
