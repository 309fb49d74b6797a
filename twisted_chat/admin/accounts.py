"""What an administrator does about accounts; beside a running server operators have /reset and /unregister."""

from __future__ import annotations

import argparse
import sqlite3
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from twisted_chat.accounts import sqlite as kept
from twisted_chat.accounts.store import Record
from twisted_chat.admin.commands import Alone, Refused
from twisted_chat.admin.making import hash_of_new
from twisted_chat.boundaries import Account
from twisted_chat.core.charters import SERVER, Action
from twisted_chat.core.durations import when
from twisted_chat.core.names import fold
from twisted_chat.core.text import clean, shortened
from twisted_chat.journal.file import connect, existing
from twisted_chat.keeping.sqlite import last_number, write_act

OURSELVES = "twisted-chat-admin"
"""Who did it, among what operators did."""


def listed(asked: argparse.Namespace) -> int:
    """A line for each account: its name, since when, who knows its password, the rooms it founded. By their names."""
    existing(asked.database)
    with closing(connect(asked.database)) as database:
        records = sorted(_records(database).values(), key=lambda record: record.account.key)
        rooms = defaultdict(list)
        for founder, name in database.execute("SELECT founder, name FROM charters ORDER BY name"):
            rooms[founder].append(name)
    for record in records:
        account = record.account
        proof = "password" if record.hash else "vouched for"
        founded = f"  founder of {' '.join(rooms[account.id])}" if account.id in rooms else ""
        sys.stdout.write(f"{account.name}  since {when(record.created)}  {proof}{founded}\n")
    sys.stdout.flush()
    return 0


def set_password(asked: argparse.Namespace) -> int:
    with _alone(asked.database, "while it runs, an operator says /reset NAME"):
        if not _record_in(asked).hash:  # before anything is asked
            raise Refused(f"the password of {shortened(clean(asked.name), 40)} is kept elsewhere; it is changed there")
        hashed = hash_of_new()
        name = _change(asked, "reset", lambda database, account: kept.set_hash(database, account, hashed))
    print(f"{name} has another password now")
    return 0


def remove(asked: argparse.Namespace) -> int:
    with _alone(asked.database, "while it runs, an operator says /unregister NAME"):
        name = _change(asked, "unregister", kept.remove)
    print(f"{name} is no account any more")
    return 0


def _alone(path: Path, hint: str) -> Alone:
    existing(path)
    return Alone(path, hint)


def _change(asked: argparse.Namespace, verb: str, change: Callable[[sqlite3.Connection, Account], None]) -> str:
    """Do it, and put it down among what operators did, in one transaction; gives the account's name."""
    account = _record_in(asked).account
    now = time.time_ns() // 1_000_000
    with closing(connect(asked.database)) as database:
        database.execute("BEGIN IMMEDIATE")
        change(database, account)
        number = last_number(database) + 1
        write_act(database, Action(number, SERVER, now, "", OURSELVES, verb, account.name))
        database.execute("COMMIT")
    return account.name


def _record_in(asked: argparse.Namespace) -> Record:
    with closing(connect(asked.database)) as database:
        record = _records(database).get(fold(asked.name.strip()))
    if record is None:
        raise Refused(f"{asked.database}: there is no account {shortened(clean(asked.name), 40)}")
    return record


def _records(database: sqlite3.Connection) -> dict[str, Record]:
    """By the keys of their names, without those that have ended."""
    return {record.account.key: record for record in kept.records(database) if record.account.name}
