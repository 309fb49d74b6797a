"""How the log forgets: retention, what was deleted, and that no trace of it is left in the file.

Everything here goes in small steps, each a transaction of its own in the writer's thread, so that nobody waits for it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from enum import Enum, auto

from twisted_chat.journal.file import BUSY
from twisted_chat.journal.retention import Retention
from twisted_chat.journal.rows import HISTORY, SPOKEN, Row, body_of, place_of
from twisted_chat.journal.writing import TAKE_WORDS

STEP = 200
"""Events that one step takes away."""

AROUND = 100
"""Rows on each side of an erased one that are written anew: a few pages, even of short lines."""

COUNTING = 0.005
"""Seconds for which one step counts the lines of rooms."""

MERGED = 64
"""Pages that one step writes of the index of words (SQLite's pages: 4 KiB)."""

DAY = 24 * 3600 * 1000
"""Milliseconds for which a client id is remembered at least, whatever happens to its text."""

_INDEXED = f"e.text IS NOT NULL AND e.kind IN ({SPOKEN})"
_WORDS = "SELECT e.seq, e.text, coalesce(r.id, ''), e.person, coalesce(e.addressee, ''), e.nick"


class Keeper:
    """Applies a retention and sweeps, on the writer's connection. `now`, UTC in milliseconds, comes from outside."""

    def __init__(self, database: sqlite3.Connection, retention: Retention) -> None:
        self._database = database
        self._retention = retention
        self._room = 0  # the number of the last one that was looked at

    def step(self, now: int) -> bool:
        """Take away the next few events that are not to be kept; whether there was anything. Within a transaction."""
        retention = self._retention
        return (
            (retention.seconds is not None and self._older_than(now - retention.seconds * 1000))
            or (retention.lines is not None and self._beyond(retention.lines, now))
            or self._of_dropped_rooms(now)
            or self._sweep(now)
        )

    def _older_than(self, than: int) -> bool:
        rows = self._database.execute("SELECT seq, time FROM events ORDER BY seq LIMIT ?", (STEP,)).fetchall()
        seqs = [seq for seq, when in rows if when < than]
        if not seqs:
            return False
        self._remove("e.seq <= ? AND e.time < ?", (seqs[-1], than))
        return True

    def _beyond(self, lines: int, now: int) -> bool:
        """Some rooms at a time, in turn: to count the lines of all would hold up what is said."""
        database = self._database
        end = time.perf_counter() + COUNTING
        while True:
            room = database.execute(
                "SELECT number, lost FROM rooms WHERE number > ? ORDER BY number LIMIT 1", (self._room,)
            ).fetchone()
            if room is None:
                self._room = 0
                return False
            number, lost = room
            cut = database.execute(
                f"SELECT seq FROM events WHERE room = ? AND seq > ? AND kind IN ({HISTORY}) AND text IS NOT NULL"
                " ORDER BY seq DESC LIMIT 1 OFFSET ?",
                (number, lost, lines),
            ).fetchone()
            if cut is None:
                self._room = number
                if time.perf_counter() > end:
                    return True
                continue
            self._take_from(number, lost, cut[0], now)
            return True

    def _of_dropped_rooms(self, now: int) -> bool:
        """Whoever drops a room ends what was said in it, too: it is wiped as what was deleted is."""
        found = self._database.execute(
            "SELECT r.number, r.lost FROM dropped_rooms d JOIN rooms r ON r.id = d.room"
            " WHERE EXISTS (SELECT 1 FROM events e WHERE e.room = r.number AND e.seq > r.lost) LIMIT 1"
        ).fetchone()
        if found is None:
            return False
        number, lost = found
        self._database.execute(
            "INSERT INTO to_wipe (seq) SELECT seq FROM events WHERE room = ? AND seq > ? ORDER BY seq LIMIT ?"
            " ON CONFLICT DO NOTHING",
            (number, lost, STEP),
        )
        self._database.execute("UPDATE log SET erased = 1 WHERE erased <> 1")
        self._take_from(number, lost, None, now)
        return True

    def _take_from(self, room: int, lost: int, through: int | None, now: int) -> None:
        """Take away the next few of a room's lines after `lost`; None: through its last one."""
        database = self._database
        rows = database.execute(
            "SELECT seq FROM events WHERE room = ? AND seq > ? AND (? IS NULL OR seq <= ?) ORDER BY seq LIMIT ?",
            (room, lost, through, through, STEP),
        ).fetchall()
        last = rows[-1][0]
        where, values = "e.room = ? AND e.seq > ? AND e.seq <= ?", (room, lost, last)
        young = f"{where} AND e.client_id IS NOT NULL AND e.time >= ?"
        self._erase(young, (*values, now - DAY))
        self._remove(f"{where} AND (e.client_id IS NULL OR e.time < ?)", (*values, now - DAY))
        database.execute("UPDATE rooms SET lost = ? WHERE number = ?", (last, room))

    def _sweep(self, now: int) -> bool:
        """What has no text any more, and whose client id need not be known any longer."""
        gone = self._database.execute(
            "DELETE FROM events WHERE seq IN"
            " (SELECT seq FROM events WHERE text IS NULL AND kind <= 3 AND time < ? LIMIT ?)",
            (now - DAY, STEP),
        )
        return gone.rowcount > 0

    def _remove(self, where: str, values: Sequence[object]) -> None:
        database = self._database
        self._take_words(where, values)
        database.execute(
            "UPDATE rooms SET lost = found.seq FROM"
            f" (SELECT e.room, max(e.seq) AS seq FROM events e WHERE {where} AND e.room IS NOT NULL GROUP BY e.room)"
            " AS found WHERE found.room = rooms.number AND found.seq > lost",
            values,
        )
        database.execute(
            "UPDATE log SET directs_lost ="
            f" max(directs_lost, (SELECT coalesce(max(e.seq), 0) FROM events e WHERE {where} AND e.room IS NULL))",
            values,
        )
        database.execute(f"DELETE FROM events AS e WHERE {where}", values)

    def _erase(self, where: str, values: Sequence[object]) -> None:
        self._take_words(where, values)
        self._database.execute(
            f"UPDATE events AS e SET text = NULL, nick = '', revised = 1 WHERE {where} AND {_INDEXED}", values
        )

    def _take_words(self, where: str, values: Sequence[object]) -> None:
        rows: list[Row] = self._database.execute(
            f"{_WORDS} FROM events e LEFT JOIN rooms r ON r.number = e.room WHERE {where} AND {_INDEXED}", values
        ).fetchall()
        self._database.executemany(TAKE_WORDS, [(seq, body_of(text), place_of(*place)) for seq, text, *place in rows])


class _Stage(Enum):
    REST = auto()
    ROWS = auto()
    INDEX = auto()
    WAL = auto()


class Wiper:
    """Makes what was erased vanish from the file.

    The row itself is overwritten with zeros (secure_delete). But SQLite moves rows between neighbouring pages, and
    leaves what it moved where it was: so the rows around are written anew. The index still has its words, and the WAL
    the pages before.

    The index's own way, secure-delete, needs SQLite 3.42 and makes files that older ones can't read. To merge the index
    into one piece does the same: what was taken out of it is left behind.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._stage = _Stage.REST
        self._merging = False

    @property
    def is_wanted(self) -> bool:
        """Whether something was erased whose traces may be there, in this run or an earlier one."""
        return bool(self._database.execute("SELECT erased FROM log").fetchone()[0])

    @property
    def waits(self) -> bool:
        """Whether nothing but the WAL is left, and somebody is reading it."""
        return self._stage is _Stage.WAL

    def step(self) -> bool:
        """Do a little; whether there is more to do. Outside of a transaction."""
        if self._stage is _Stage.REST:
            self._database.execute("UPDATE log SET erased = 2")
            self._stage = _Stage.ROWS
        if self._stage is _Stage.ROWS:
            if self._rewrite():
                return True
            self._stage = _Stage.INDEX
        if self._stage is _Stage.INDEX:
            if self._merge():
                return True
            self._stage = _Stage.WAL
        if not self._empty_wal():
            return True
        self._stage = _Stage.REST
        self._database.execute("UPDATE log SET erased = 0 WHERE erased = 2")  # unless something was erased meanwhile
        return False

    def _rewrite(self) -> bool:
        """Take out the rows around an erased one and put them back: their pages are freed whole, and zeroed."""
        database = self._database
        database.execute("BEGIN IMMEDIATE")
        found = database.execute("SELECT seq FROM to_wipe ORDER BY seq LIMIT 1").fetchone()
        if found is not None:
            (seq,) = found
            (first,) = database.execute(
                "SELECT min(seq) FROM (SELECT seq FROM events WHERE seq <= ? ORDER BY seq DESC LIMIT ?)", (seq, AROUND)
            ).fetchone()
            (last,) = database.execute(
                "SELECT max(seq) FROM (SELECT seq FROM events WHERE seq >= ? ORDER BY seq LIMIT ?)", (seq, AROUND)
            ).fetchone()
            around = (seq if first is None else first, seq if last is None else last)
            rows = database.execute("SELECT * FROM events WHERE seq BETWEEN ? AND ?", around).fetchall()
            database.execute("DELETE FROM events WHERE seq BETWEEN ? AND ?", around)
            if rows:
                database.executemany(f"INSERT INTO events VALUES ({', '.join('?' * len(rows[0]))})", rows)
            # Others within are done with it.
            database.execute("DELETE FROM to_wipe WHERE seq <= ?", (seq + AROUND // 2,))
        database.execute("COMMIT")
        return found is not None

    def _merge(self) -> bool:
        database = self._database
        if database.execute("SELECT 1 FROM words_idx LIMIT 1").fetchone() is None:
            return False
        changes = database.total_changes
        pages = MERGED if self._merging else -MERGED  # negative: begin to merge whatever there is
        database.execute("INSERT INTO words (words, rank) VALUES ('merge', ?)", (pages,))
        self._merging = database.total_changes - changes >= 2
        return self._merging

    def _empty_wal(self) -> bool:
        """Bring the WAL's pages into the file and cut it to nothing; false if somebody is reading just now."""
        self._database.execute("PRAGMA busy_timeout = 0")  # what is said meanwhile does not wait for a reader
        try:
            busy, _pages, _moved = self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            self._database.execute(f"PRAGMA busy_timeout = {int(BUSY * 1000)}")
        return not busy
