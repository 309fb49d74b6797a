"""What is read of the database, as functions of a connection: they run in a reader's thread."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping

from twisted_chat.boundaries import MAX_UNREAD, KnownRoom, Unread
from twisted_chat.core.events import Event, Kind, Page
from twisted_chat.core.search import Search, Term
from twisted_chat.journal.pages import fitting
from twisted_chat.journal.rows import (
    CODES,
    HISTORY,
    SELECT,
    SPOKEN,
    Row,
    event_of,
    nick_token,
    person_token,
    room_token,
)

_THERE = "e.text IS NOT NULL"
# For who comes back. A deletion has no text and is served; whatever else has none was deleted, or changes what was.
SERVED = f"(coalesce(t.text, e.text) IS NOT NULL OR e.kind = {CODES[Kind.DELETED]})"


def after(
    database: sqlite3.Connection, seq: int, through: int, person: str | None, rooms: Mapping[str, int], limit: int
) -> Page:
    """See `Journal.after`."""
    found: dict[int, Row] = {}
    lost = 0
    window = f"e.seq > ? AND e.seq <= ? AND {SERVED} ORDER BY e.seq LIMIT ?"
    for room, floor in rooms.items():
        known = database.execute("SELECT number, lost FROM rooms WHERE id = ?", (room,)).fetchone()
        if known is None:
            continue
        number, gone = known
        begin = max(seq, floor)
        for row in database.execute(f"{SELECT} WHERE e.room = ? AND {window}", (number, begin, through, limit + 1)):
            found[row[0]] = row
        if min(gone, through) > begin:
            lost = max(lost, gone)
    if person is not None and seq < through:
        for side in ("person", "addressee"):
            where = f"{SELECT} WHERE e.room IS NULL AND e.{side} = ? AND {window}"
            for row in database.execute(where, (person, seq, through, limit + 1)):
                found[row[0]] = row
        (gone,) = database.execute("SELECT directs_lost FROM log").fetchone()
        if gone > seq:
            lost = max(lost, gone)
    events = [event_of(found[each]) for each in sorted(found)[: limit + 1]]
    oldest = fitting(events[:limit])
    return Page(tuple(oldest), more=len(events) > len(oldest), lost=min(lost, through))


def latest(database: sqlite3.Connection, room: str, before: int, limit: int, since: int) -> Page:
    """See `Journal.latest`."""
    floor = first_since(database, since) if since else 0
    rows = database.execute(
        f"{SELECT} WHERE e.room = (SELECT number FROM rooms WHERE id = ?) AND e.seq < ? AND e.seq >= ?"
        f" AND e.kind IN ({HISTORY}) AND {_THERE} ORDER BY e.seq DESC LIMIT ?",
        (room, before, floor, limit + 1),
    )
    found = [event_of(row) for row in rows]
    newest = fitting(found[:limit])
    return Page(tuple(reversed(newest)), more=len(found) > len(newest))


def first_since(database: sqlite3.Connection, time: int) -> int:
    """The number of the first event that is not older than `time`, by halving: the log has them in time's order."""
    low, high = (
        database.execute(f"SELECT seq FROM events ORDER BY seq {way} LIMIT 1").fetchone() for way in ("ASC", "DESC")
    )
    if low is None or high is None:
        return 0
    first, last = int(low[0]), int(high[0]) + 1
    while first < last:
        middle = (first + last) // 2
        seq, when = database.execute(
            "SELECT seq, time FROM events WHERE seq >= ? ORDER BY seq LIMIT 1", (middle,)
        ).fetchone()
        if when >= time:
            last = middle
        else:
            first = int(seq) + 1
    return first


def find(database: sqlite3.Connection, seq: int) -> Event | None:
    """See `Journal.find`."""
    row = database.execute(f"{SELECT} WHERE e.seq = ? AND e.kind IN ({SPOKEN}) AND {_THERE}", (seq,)).fetchone()
    return event_of(row) if row is not None else None


def search(database: sqlite3.Connection, search: Search, limit: int) -> Page:
    """See `Journal.search`."""
    places = [room_token(room) for room in search.rooms]
    if search.person is not None:
        places.append(person_token(search.person))
    if not places:
        return Page(())
    wanted = [f"place : ({' OR '.join(places)})"]
    if search.terms:
        wanted.append(f"body : ({' AND '.join(map(_term, search.terms))})")
    if search.nick is not None:
        wanted.append(f"place : {nick_token(search.nick)}")
    floor = first_since(database, search.since) if search.since else 0
    rows = database.execute(
        f"{SELECT} WHERE e.seq IN (SELECT rowid FROM words WHERE words MATCH ? AND rowid < ? AND rowid >= ?"
        f" ORDER BY rowid DESC LIMIT ?) AND {_THERE} ORDER BY e.seq DESC",
        (" AND ".join(wanted), search.before, floor, limit + 1),
    )
    found = [event_of(row) for row in rows]
    newest = fitting(found[:limit])
    return Page(tuple(newest), more=len(found) > len(newest))


def _term(term: Term) -> str:
    # Words are letters and digits (core/words.py): nothing in them can end the quotes.
    return f'"{" ".join(term.words)}"{" *" if term.prefix else ""}'


def unread(database: sqlite3.Connection, person: str, rooms: Mapping[str, int]) -> list[Unread]:
    """See `Journal.unread`."""
    marks = {"": 0, **dict(database.execute("SELECT room, seq FROM read_marks WHERE person = ?", (person,)).fetchall())}
    found = []
    for room, through in rooms.items():
        if room not in marks:
            continue
        if room:
            where, place = "room = (SELECT number FROM rooms WHERE id = ?)", room
        else:
            where, place = "room IS NULL AND addressee = ?", person
        (count,) = database.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM events WHERE {where} AND seq > ? AND seq <= ? AND person <> ?"
            f" AND kind IN ({SPOKEN}) AND text IS NOT NULL LIMIT {MAX_UNREAD})",
            (place, marks[room], through, person),
        ).fetchone()
        found.append(Unread(room, marks[room], count))
    return found


def rooms(database: sqlite3.Connection) -> list[KnownRoom]:
    """See `Journal.rooms`."""
    kept = "topic <> '' OR EXISTS (SELECT 1 FROM events WHERE events.room = rooms.number)"
    found: Iterator[tuple[str, str, str]] = database.execute(f"SELECT id, name, topic FROM rooms WHERE {kept}")
    return [KnownRoom(*each) for each in found]
