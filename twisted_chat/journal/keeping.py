"""How the log forgets: retention, what was deleted, and that no trace of it is left in the file.

Everything here goes in small steps, each a transaction of its own in the writer's thread, so that nobody waits for it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from twisted_chat.journal.retention import Retention
from twisted_chat.journal.rows import Row, body_of, place_of

STEP = 200
"""Events that one step takes away."""

MERGED = 64
"""Pages that one step writes of the index of words (SQLite's pages: 4 KiB)."""

DAY = 24 * 3600 * 1000
"""Milliseconds for which a client id is remembered at least, whatever happens to its text."""

_INDEXED = "e.text IS NOT NULL AND e.kind <= 3"
_WORDS = "SELECT e.seq, e.text, coalesce(r.id, ''), e.person, coalesce(e.addressee, ''), e.nick"


class Keeper:
    """Applies a retention and sweeps, on the writer's connection. `now`, UTC in milliseconds, comes from outside."""

    def __init__(self, database: sqlite3.Connection, retention: Retention) -> None:
        self._database = database
        self._retention = retention

    def step(self, now: int) -> bool:
        """Take away the next few events that are not to be kept; whether there was anything. Within a transaction."""
        retention = self._retention
        return (
            (retention.seconds is not None and self._older_than(now - retention.seconds * 1000))
            or (retention.lines is not None and self._beyond(retention.lines, now))
            or self._sweep(now)
        )

    def _older_than(self, time: int) -> bool:
        rows = self._database.execute("SELECT seq, time FROM events ORDER BY seq LIMIT ?", (STEP,)).fetchall()
        seqs = [seq for seq, when in rows if when < time]
        if not seqs:
            return False
        self._remove("e.seq <= ? AND e.time < ?", (seqs[-1], time))
        return True

    def _beyond(self, lines: int, now: int) -> bool:
        database = self._database
        for number, lost in database.execute("SELECT number, lost FROM rooms").fetchall():
            cut = database.execute(
                "SELECT seq FROM events WHERE room = ? AND seq > ? ORDER BY seq DESC LIMIT 1 OFFSET ?",
                (number, lost, lines),
            ).fetchone()
            if cut is None:
                continue
            rows = database.execute(
                "SELECT seq FROM events WHERE room = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?",
                (number, lost, cut[0], STEP),
            ).fetchall()
            where, values = "e.room = ? AND e.seq > ? AND e.seq <= ?", (number, lost, rows[-1][0])
            young = f"{where} AND e.client_id IS NOT NULL AND e.time >= ?"
            self._erase(young, (*values, now - DAY))
            self._remove(f"{where} AND (e.client_id IS NULL OR e.time < ?)", (*values, now - DAY))
            database.execute("UPDATE rooms SET lost = ? WHERE number = ?", (rows[-1][0], number))
            return True
        return False

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
        self._database.executemany(
            "INSERT INTO words (words, rowid, body, place) VALUES ('delete', ?, ?, ?)",
            [(seq, body_of(text), place_of(*place)) for seq, text, *place in rows],
        )


class Wiper:
    """Makes what was erased vanish from the file: the index still has its words, and the WAL the pages before.

    The index's own way, secure-delete, needs SQLite 3.42 and makes files that older ones can't read. To merge the index
    into one piece does the same: what was taken out of it is left behind.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._merging = False

    @property
    def is_wanted(self) -> bool:
        """Whether something was erased whose traces may be there, in this run or an earlier one."""
        return bool(self._database.execute("SELECT erased FROM log").fetchone()[0])

    def step(self) -> bool:
        """Do a little; whether there is more to do. Outside of a transaction."""
        database = self._database
        if not self._merging:
            database.execute("UPDATE log SET erased = 2")
        if self._merge() or not self._empty_wal():
            return True
        database.execute("UPDATE log SET erased = 0 WHERE erased = 2")  # unless something was erased meanwhile
        return False

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
        busy, _pages, _moved = self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy
