"""Where accounts are kept; in memory, here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from twisted.internet.defer import Deferred, fail, succeed

from twisted_chat.boundaries import Account
from twisted_chat.core.errors import NameTaken


@dataclass(frozen=True, slots=True)
class Record:
    """An account as it is kept. `hash` is empty where somebody else vouches for it; `created` is UTC in ms.

    `voided`: how often its resume secrets were made void. One that has ended has no name.
    """

    account: Account
    hash: str
    created: int
    voided: int = 0


def ended(account_id: str) -> Account:
    """What is kept of an account that has ended; its key is no name's."""
    return Account(account_id, "", f" {account_id}")


class Store(Protocol):
    """Keeps records. What it fires is kept."""

    def load(self) -> Sequence[Record]:
        """All of them. Asked once, at the start."""

    def add(self, record: Record) -> Deferred[None]:
        """Fails with `NameTaken` where there is one of this name or id."""

    def set_hash(self, account: Account, hashed: str) -> Deferred[None]: ...

    def set_voided(self, account: Account, voided: int) -> Deferred[None]: ...

    def remove(self, account: Account) -> Deferred[None]:
        """Its name is free. Its id is kept, in a record without a name, so that nobody else ever has it."""


class MemoryStore:
    """Keeps them as long as it lives."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}

    def load(self) -> Sequence[Record]:
        return tuple(self._records.values())

    def add(self, record: Record) -> Deferred[None]:
        account = record.account
        if account.id in self._records or any(each.account.key == account.key for each in self._records.values()):
            return fail(NameTaken(account.name))
        self._records[account.id] = record
        return succeed(None)

    def set_hash(self, account: Account, hashed: str) -> Deferred[None]:
        self._records[account.id] = replace(self._records[account.id], hash=hashed)
        return succeed(None)

    def set_voided(self, account: Account, voided: int) -> Deferred[None]:
        self._records[account.id] = replace(self._records[account.id], voided=voided)
        return succeed(None)

    def remove(self, account: Account) -> Deferred[None]:
        self._records[account.id] = Record(ended(account.id), "", self._records[account.id].created)
        return succeed(None)


_check: type[Store] = MemoryStore
