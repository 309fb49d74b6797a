"""The directory of accounts: names in memory, hashes in a store, passwords looked at in threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IReactorTime

from twisted_chat.accounts.passwords import Hasher
from twisted_chat.accounts.store import Record, Store
from twisted_chat.accounts.tries import Homes, Tries
from twisted_chat.boundaries import Account, Accounts
from twisted_chat.core.errors import BadLogin, ChatError, NameTaken, NotAllowed
from twisted_chat.core.lookalikes import Looks
from twisted_chat.core.names import Name, fold

MOST_ACCOUNTS = 100_000
"""Each is a name in memory; strangers make them."""


class Directory:
    """Accounts as `store` keeps them. `utc_ms` is the time of day."""

    def __init__(self, store: Store, hasher: Hasher, clock: IReactorTime, utc_ms: Callable[[], int]) -> None:
        self._store = store
        self._hasher = hasher
        self._utc_ms = utc_ms
        self._records: dict[str, Record] = {}  # by the keys of their names
        self._by_id: dict[str, Account] = {}
        self._coming: set[str] = set()
        self._looks = Looks()
        self._tries = Tries(clock)
        self._homes = Homes()

    def open(self) -> None:
        for record in self._store.load():
            self._learn(record)

    def named(self, nick: str) -> Account | None:
        record = self._records.get(fold(nick.strip()))
        return record.account if record else None

    def of(self, person: str) -> Account | None:
        return self._by_id.get(person)

    def like(self, nick: str) -> Account | None:
        return next((self._records[key].account for key in self._looks.like(nick)), None)

    def register(self, person: str, name: Name, password: str) -> Deferred[Account]:
        if len(self._records) + len(self._coming) >= MOST_ACCOUNTS:
            return fail(NotAllowed(f"this server has {MOST_ACCOUNTS} accounts already"))
        if name.key in self._records or name.key in self._coming:
            return fail(NameTaken(name.text))
        record = Record(Account(person, name.text, name.key), "", self._utc_ms())
        self._coming.add(name.key)
        try:
            hashing = self._hasher.hash(password)
        except ChatError as error:
            self._coming.discard(name.key)
            return fail(error)
        return hashing.addCallback(self._add, record).addBoth(self._came, name.key)

    def _add(self, hashed: str, record: Record) -> Deferred[Account]:
        whole = replace(record, hash=hashed)
        return self._store.add(whole).addCallback(lambda _none: self._learn(whole))

    def _came(self, result: Account, key: str) -> Account:
        self._coming.discard(key)
        return result

    def _learn(self, record: Record) -> Account:
        account = record.account
        self._records[account.key] = record
        self._by_id[account.id] = account
        self._looks.add(account.key, account.name)
        return account

    def login(self, nick: str, password: str, network: str) -> Deferred[Account]:
        key = fold(nick.strip())
        record = self._records.get(key)
        tries = [f"network {network}"] if network else []
        if record is not None and not self._homes.known(key, network):
            tries.append(f"account {key}")  # of names that are nobody's no memory is kept
        try:
            for each in tries:
                self._tries.check(each)
            verifying = self._hasher.verify(record.hash if record else "", password)
        except ChatError as error:
            return fail(error)
        for each in tries:
            self._tries.begun(each)
        return verifying.addCallback(self._verified, record, network)

    def _verified(self, right: bool, record: Record | None, network: str) -> Account:
        if not right or record is None:
            raise BadLogin("no account has this name and password")
        self._tries.succeeded(f"network {network}")
        self._tries.forget(f"account {record.account.key}")
        self._homes.learn(record.account.key, network)
        return record.account

    def set_password(self, account: Account, password: str) -> Deferred[Account]:
        try:
            hashing = self._hasher.hash(password)
        except ChatError as error:
            return fail(error)
        return hashing.addCallback(self._set, account)

    def _set(self, hashed: str, account: Account) -> Deferred[Account]:
        def kept(_none: None) -> Account:
            self._records[account.key] = replace(self._records[account.key], hash=hashed)
            return account

        return self._store.set_hash(account, hashed).addCallback(kept)

    def close(self) -> None:
        self._hasher.stop()


_check: type[Accounts] = Directory
