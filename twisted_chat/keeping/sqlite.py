"""Charters, bans from the server and audit logs in the log's database, written by its writer."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from twisted.internet.defer import Deferred

from twisted_chat.boundaries import Keepers
from twisted_chat.core.charters import Action, Ban, Charter, Kept, Key, Part, key_of
from twisted_chat.core.durations import LATEST
from twisted_chat.journal.sqlite import SqliteJournal
from twisted_chat.keeping.memory import MAX_ACTIONS
from twisted_chat.keeping.rows import change_of, piece_of, text_of


class SqliteKeepers:
    """Keeps them in the database of `journal`, by its writer."""

    def __init__(self, journal: SqliteJournal) -> None:
        self._journal = journal

    def open(self) -> Kept:
        return self._journal.look(_kept)

    def write(self, charter: Charter, action: Action, undoes: int = 0) -> Deferred[None]:
        def work(database: sqlite3.Connection) -> None:
            _write_charter(database, charter)
            _write_action(database, action, undoes)

        return self._journal.do(work)

    def write_act(self, action: Action, undoes: int = 0) -> Deferred[None]:
        return self._journal.do(lambda database: write_act(database, action, undoes))

    def drop(self, room: str) -> Deferred[None]:
        def work(database: sqlite3.Connection) -> None:
            for table in ("charters", "charter_parts", "actions"):
                database.execute(f"DELETE FROM {table} WHERE room = ?", (room,))
            database.execute("INSERT OR IGNORE INTO dropped_rooms (room) VALUES (?)", (room,))
            database.execute("UPDATE rooms SET topic = '' WHERE id = ?", (room,))

        return self._journal.do(work)

    def actions(self, room: str, limit: int) -> Deferred[Sequence[Action]]:
        def question(database: sqlite3.Connection) -> Sequence[Action]:
            rows = database.execute(
                "SELECT number, room, time, person, nick, verb, whom, whom_id, why, before, after, undone"
                " FROM actions WHERE room = ? ORDER BY number DESC LIMIT ?",
                (room, limit),
            )
            return [replace(Action(*row[:9]), change=change_of(row[9], row[10]), undone=row[11]) for row in rows]

        return self._journal.do(question)  # by the writer: what was written before is seen


def write_act(database: sqlite3.Connection, action: Action, undoes: int = 0) -> None:
    """As `SqliteKeepers.write_act`, in whatever transaction there is."""
    _write_ban(database, action)
    _write_action(database, action, undoes)


def last_number(database: sqlite3.Connection) -> int:
    """Of the actions; 0 if there is none."""
    (last,) = database.execute("SELECT coalesce(max(number), 0) FROM actions").fetchone()
    return int(last)


def _kept(database: sqlite3.Connection) -> Kept:
    parts: dict[str, dict[Key, Part]] = {}
    for room, text in database.execute("SELECT room, part FROM charter_parts ORDER BY rowid"):
        part = cast(Part, piece_of(text))
        parts.setdefault(room, {})[key_of(part)] = part
    rows = database.execute("SELECT room, name, founder, founder_name, created FROM charters ORDER BY created, room")
    charters = tuple(replace(Charter(*row), parts=parts.get(row[0], {})) for row in rows)
    dropped = frozenset(room for (room,) in database.execute("SELECT room FROM dropped_rooms"))
    bans = database.execute(
        "SELECT network, operator, why, since, min(until, ?) FROM network_bans ORDER BY rowid", (LATEST,)
    )
    return Kept(charters, dropped, last_number(database), tuple(Ban(*row) for row in bans))


def _write_charter(database: sqlite3.Connection, charter: Charter) -> None:
    room = (charter.room,)
    for table in ("charters", "charter_parts"):
        database.execute(f"DELETE FROM {table} WHERE room = ?", room)
    if charter.is_blank:
        return
    row: tuple[Any, ...] = (charter.room, charter.name, charter.founder, charter.founder_name, charter.created)
    database.execute("INSERT INTO charters (room, name, founder, founder_name, created) VALUES (?, ?, ?, ?, ?)", row)
    database.executemany(
        "INSERT INTO charter_parts (room, part) VALUES (?, ?)",
        [(charter.room, text_of(part)) for part in charter.parts.values()],
    )


def _write_ban(database: sqlite3.Connection, action: Action) -> None:
    """As `action` left it; and those that have ended go."""
    change = action.change
    database.execute("DELETE FROM network_bans WHERE until BETWEEN 1 AND ?", (action.time,))
    if change is None or change.key[0] != "ban":
        return
    database.execute("DELETE FROM network_bans WHERE network = ?", (change.key[1],))
    ban = change.after
    if isinstance(ban, Ban):
        database.execute(
            "INSERT INTO network_bans (network, operator, why, since, until) VALUES (?, ?, ?, ?, ?)",
            (ban.pattern, ban.by, ban.why, ban.since, ban.until),
        )


def _write_action(database: sqlite3.Connection, action: Action, undoes: int) -> None:
    before, after = (action.change.before, action.change.after) if action.change else (None, None)
    database.execute(
        "INSERT INTO actions (number, room, time, person, nick, verb, whom, whom_id, why, before, after)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (action.number, action.room, action.time, action.person, action.nick, action.verb, action.whom,
         action.whom_id, action.why, text_of(before), text_of(after)),
    )  # fmt: skip
    if undoes:
        database.execute(
            "UPDATE actions SET undone = ? WHERE number = ? AND room = ?", (action.number, undoes, action.room)
        )
    database.execute(
        "DELETE FROM actions WHERE room = ? AND number <= (SELECT number FROM actions WHERE room = ?"
        " ORDER BY number DESC LIMIT 1 OFFSET ?)",
        (action.room, action.room, MAX_ACTIONS),
    )


_check: type[Keepers] = SqliteKeepers
