"""Accounts in the log's database, written by its writer."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from twisted.internet.defer import Deferred

from twisted_chat.accounts.store import Record, Store, ended
from twisted_chat.boundaries import Account
from twisted_chat.core.errors import NameTaken
from twisted_chat.journal.sqlite import SqliteJournal


def records(database: sqlite3.Connection) -> Sequence[Record]:
    rows = database.execute("SELECT id, name, key, hash, created, voided FROM accounts")
    return [Record(Account(row[0], row[1], row[2]), *row[3:]) for row in rows]


def set_hash(database: sqlite3.Connection, account: Account, hashed: str) -> None:
    database.execute("UPDATE accounts SET hash = ? WHERE id = ?", (hashed, account.id))


def remove(database: sqlite3.Connection, account: Account) -> None:
    left = ended(account.id)
    database.execute("UPDATE accounts SET name = ?, key = ?, hash = '' WHERE id = ?", (left.name, left.key, left.id))


class SqliteStore:
    """Keeps them in the database of `journal`, by its writer."""

    def __init__(self, journal: SqliteJournal) -> None:
        self._journal = journal

    def load(self) -> Sequence[Record]:
        return self._journal.look(records)

    def add(self, record: Record) -> Deferred[None]:
        account = record.account

        def work(database: sqlite3.Connection) -> None:
            row = (account.id, account.name, account.key, record.hash, record.created)
            try:
                database.execute("INSERT INTO accounts (id, name, key, hash, created) VALUES (?, ?, ?, ?, ?)", row)
            except sqlite3.IntegrityError:
                raise NameTaken(account.name) from None

        return self._journal.do(work)

    def set_hash(self, account: Account, hashed: str) -> Deferred[None]:
        return self._journal.do(lambda database: set_hash(database, account, hashed))

    def remove(self, account: Account) -> Deferred[None]:
        return self._journal.do(lambda database: remove(database, account))

    def set_voided(self, account: Account, voided: int) -> Deferred[None]:
        def work(database: sqlite3.Connection) -> None:
            database.execute("UPDATE accounts SET voided = ? WHERE id = ?", (voided, account.id))

        return self._journal.do(work)


_check: type[Store] = SqliteStore
