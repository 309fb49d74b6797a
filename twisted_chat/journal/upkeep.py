"""What keeps a log's file in good order: a copy of it, a look at all of it, and a smaller one."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from twisted_chat.boundaries import JournalUnusable
from twisted_chat.journal.file import WHOLE, connect, copy, existing, facts, structure
from twisted_chat.journal.rows import SPOKEN

_FAULTS = 20
"""Faults of one sort that are told."""


def backup(path: Path, target: Path) -> None:
    """Copy the log at `path` to `target`, whoever writes to it meanwhile, and look whether the copy can be used.

    Raises `JournalUnusable`, `OSError` (also where there is a `target`) or `sqlite3.Error`, and leaves nothing behind.
    """
    existing(path)
    if target.exists():
        raise _there(target)
    growing = target.with_name(f"{target.name}.{os.getpid()}.part")  # what a killed one left is in nobody's way
    with closing(connect(path)) as database:
        before = facts(database)
        copy(database, growing)
    try:
        _verify(growing, before.id, before.last)
        if target.exists():
            raise _there(target)
        growing.rename(target)
    finally:
        growing.unlink(missing_ok=True)


def _there(target: Path) -> FileExistsError:
    return FileExistsError(errno.EEXIST, "it is there already", str(target))


def _verify(path: Path, log: str, last: int) -> None:
    existing(path)
    with closing(connect(path)) as database:
        found = facts(database)
        state = structure(database)
    if state != WHOLE or found.id != log or found.last < last:
        raise JournalUnusable(f"the copy is not what it should be ({state}); it was taken away")


def faults(database: sqlite3.Connection) -> Iterator[str]:
    """Whatever is not as it should be, a line for each; nothing is changed. A temporary table is made."""
    try:
        for (line,) in database.execute(f"PRAGMA integrity_check({_FAULTS})"):
            if line != "ok":
                yield f"damaged: {' '.join(line.split())}"
        for table, row, parent, _key in database.execute("PRAGMA foreign_key_check").fetchmany(_FAULTS):
            yield f"row {row} of {table} points to nothing in {parent}"
        database.execute("BEGIN")  # the rest looks at one moment, whoever writes
        yield from _numbers(database)
        yield from _index(database)
    except sqlite3.DatabaseError as error:
        yield f"damaged: {error}"
    finally:
        if database.in_transaction:
            database.execute("ROLLBACK")


def _numbers(database: sqlite3.Connection) -> Iterator[str]:
    (highest,) = database.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()
    last = facts(database).last
    if last < highest:
        yield f"the last number given is {last}, but there is a line #{highest}"


def _index(database: sqlite3.Connection) -> Iterator[str]:
    # Each line has two words for its place there, a direct message three (rows.place_of).
    (wanted,) = database.execute(
        f"SELECT coalesce(sum(iif(room IS NULL, 3, 2)), 0) FROM events WHERE kind IN ({SPOKEN}) AND text IS NOT NULL"
    ).fetchone()
    database.execute("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, words, instance)")
    (found,) = database.execute("SELECT count(*) FROM temp.vocabulary WHERE col = 'place'").fetchone()
    if found != wanted:
        yield f"the index of words has {found:,} places, the lines have {wanted:,}: searches may miss some"


def lines(database: sqlite3.Connection) -> tuple[int, int]:
    """How many lines there are, in how many rooms."""
    (count,) = database.execute(f"SELECT count(*) FROM events WHERE kind IN ({SPOKEN}) AND text IS NOT NULL").fetchone()
    (rooms,) = database.execute("SELECT count(*) FROM rooms").fetchone()
    return int(count), int(rooms)


def vacuum(path: Path) -> None:
    """Write the file anew without what is free in it, and the index in one piece. To be called with its `Lock` taken.

    It takes as much room on the disk again while it lasts.
    """
    with closing(connect(path)) as database:
        database.execute("INSERT INTO words (words) VALUES ('optimize')")
        database.execute("VACUUM")
        (busy, _pages, _moved) = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise JournalUnusable(f"{path} can't be made smaller while somebody reads it; try again")
        database.execute("DELETE FROM to_wipe")
        database.execute("UPDATE log SET erased = 0")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
