"""The directory of accounts: names in memory, hashes in a store, passwords looked at in threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import UsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from twisted_chat.accounts.cred import IAccount, portal
from twisted_chat.accounts.passwords import Hasher
from twisted_chat.accounts.store import Record, Store
from twisted_chat.accounts.tries import BACKOFF, Backoff, Homes, Tries
from twisted_chat.boundaries import Account, Accounts
from twisted_chat.core.errors import BadLogin, Busy, ChatError, NameTaken, NotAllowed
from twisted_chat.core.lookalikes import Looks
from twisted_chat.core.names import Name, fold, parse_nick

_WRONG = "no account has this name and password"

MOST_ACCOUNTS = 100_000
"""Each is a name in memory; strangers make them."""

VOUCHED_FOR = 24 * 3_600.0
"""Seconds for which another one's word is good enough for a resume secret: whom he knows no more is out then."""

_log = Logger()


class Directory:
    """Accounts as `store` keeps them. `utc_ms` is the time of day; `checkers` may vouch for other names than ours."""

    def __init__(
        self,
        store: Store,
        hasher: Hasher,
        clock: IReactorTime,
        *,
        utc_ms: Callable[[], int],
        new_id: Callable[[], str],
        checkers: Sequence[ICredentialsChecker] = (),
        backoff: Backoff = BACKOFF,
    ) -> None:
        self._store = store
        self._hasher = hasher
        self._clock = clock
        self._utc_ms = utc_ms
        self._new_id = new_id
        self.portal = portal(self._verify, self._has_password, self._find, checkers, clock)
        self._records: dict[str, Record] = {}  # by the keys of their names
        self._by_id: dict[str, Account] = {}
        self._ended: set[str] = set()  # ids of accounts that are none any more
        self._coming: dict[str, Account] = {}
        self._found: dict[str, list[Deferred[Account]]] = {}  # who else waits for one that is being kept
        self._words: dict[str, tuple[str, float]] = {}  # of others, by ids: the stamp of each, and until when it holds
        self._looks = Looks()
        self.tries = Tries(clock, backoff)
        self._homes = Homes()

    def open(self) -> None:
        for record in self._store.load():
            if record.account.name:
                self._learn(record)
            else:
                self._ended.add(record.account.id)

    def named(self, nick: str) -> Account | None:
        record = self._records.get(fold(nick.strip()))
        return record.account if record else None

    def of(self, person: str) -> Account | None:
        return self._by_id.get(person)

    def stamp(self, person: str) -> str:
        if person in self._ended:
            return "ended"  # a secret from before there was the account is none again, either
        account = self._by_id.get(person)
        if account is None:
            return ""
        record = self._records[account.key]
        if record.hash:
            return sha256(f"{record.hash} {record.voided}".encode()).hexdigest()[:16]
        stamp, until = self._words.get(person, ("", 0.0))
        # What nobody vouches for now is bound to something that nobody has.
        return stamp if self._clock.seconds() < until else self._new_id()

    def void(self, account: Account) -> None:
        if account.id not in self._by_id:
            return  # it has ended, and its secrets with it
        record = self._records[account.key]
        if not record.hash:
            self._words[account.id] = self._new_id(), self._words.get(account.id, ("", 0.0))[1]
            return
        self._records[account.key] = voided = replace(record, voided=record.voided + 1)
        self._store.set_voided(account, voided.voided).addErrback(_not_kept)

    def is_vouched(self, account: Account) -> bool:
        return account.id in self._by_id and not self._records[account.key].hash

    def like(self, nick: str) -> Account | None:
        return next((self._coming.get(key) or self._records[key].account for key in self._looks.like(nick)), None)

    def register(self, person: str, name: Name, password: str) -> Deferred[Account]:
        if self._is_full:
            return fail(_full())
        if name.key in self._records or name.key in self._coming:
            return fail(NameTaken(name.text))
        record = Record(Account(person, name.text, name.key), "", self._utc_ms())
        try:
            hashing = self._hasher.hash(password)
        except ChatError as error:
            return fail(error)
        self._comes(record.account)
        return hashing.addCallback(self._add, record).addBoth(self._came, name.key)

    @property
    def _is_full(self) -> bool:
        return len(self._records) + len(self._coming) + len(self._ended) >= MOST_ACCOUNTS

    def _add(self, hashed: str, record: Record) -> Deferred[Account]:
        whole = replace(record, hash=hashed)
        return self._store.add(whole).addCallback(lambda _none: self._learn(whole))

    def _comes(self, account: Account) -> None:
        """Its name is held from now on: whose it was may be gone before it is his."""
        self._coming[account.key] = account
        self._looks.add(account.key, account.name)

    def _came(self, result: Account, key: str) -> Account:
        del self._coming[key]
        if key not in self._records:
            self._looks.discard(key)
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
        if record is not None and not self._homes.known(record.account.id, network):
            tries.append(f"account {key}")  # of names that are nobody's no memory is kept
        try:
            for each in tries:
                self.tries.check(each)
            # Of a storm most come to this: not for each a walk through the portal, of which all that it costs is ours.
            self._hasher.check()
        except ChatError as error:
            return fail(error)
        for each in tries:
            self.tries.begun(each)
        # Others may tell lisa from Lisa: here they are one, and she is who was let in first.
        name = record.account.name if record is not None else nick.strip()
        credentials = UsernamePassword(name.encode("utf-8", "replace"), password.encode("utf-8", "replace"))
        entering: Deferred[Any] = self.portal.login(credentials, None, IAccount)
        return entering.addCallbacks(
            lambda found: self._entered(found[1], network, tries), lambda failure: self._refused(failure, tries)
        )

    def _verify(self, nick: str, password: str) -> Deferred[bool]:
        record = self._records.get(fold(nick))
        verifying = self._hasher.verify(record.hash if record else "", password)

        def verified(right: bool) -> bool:
            # It may have got another password meanwhile, or have ended: the realm would make it anew.
            present = self._records.get(fold(nick))
            return right and present is not None and record is not None and present.hash == record.hash

        return verifying.addCallback(verified)

    def _has_password(self, nick: str) -> bool:
        record = self._records.get(fold(nick))
        return record is not None and bool(record.hash)

    def _find(self, nick: str) -> Deferred[Account]:
        """The account of somebody who is vouched for."""
        account = self.named(nick)
        if account is not None:
            return succeed(account)
        try:
            name = parse_nick(nick)
        except ChatError:
            return fail(BadLogin(_WRONG))
        if name.key in self._found:
            self._found[name.key].append(Deferred())
            return self._found[name.key][-1]
        if self._is_full:
            return fail(_full())
        if name.key in self._coming:
            return fail(Busy(f"an account is being made of {name.text}; try again"))
        record = Record(Account(self._new_id(), name.text, name.key), "", self._utc_ms())
        self._comes(record.account)
        waiting = self._found[name.key] = []
        adding = self._store.add(record).addCallback(lambda _none: self._learn(record)).addBoth(self._came, name.key)

        def found(result: Account) -> Account:
            del self._found[name.key]
            for each in waiting:
                each.callback(result)  # a Failure given to callback() is an errback
            return result

        return adding.addBoth(found)

    def _entered(self, account: Account, network: str, tries: list[str]) -> Account:
        for each in tries:
            self.tries.ended(each, failed=False)
        self.tries.forget(f"account {account.key}")
        self._homes.learn(account.id, network)
        if self.is_vouched(account):
            stamp, until = self._words.get(account.id, ("", 0.0))
            now = self._clock.seconds()
            self._words[account.id] = stamp if now < until else self._new_id(), now + VOUCHED_FOR
        return account

    def _refused(self, failure: Failure, tries: list[str]) -> Failure:
        wrong = isinstance(failure.value, (UnauthorizedLogin, BadLogin))  # else it was not even looked at
        for each in tries:
            self.tries.ended(each, failed=wrong)
        if isinstance(failure.value, UnauthorizedLogin):
            raise BadLogin(_WRONG)
        return failure

    def set_password(self, account: Account, password: str) -> Deferred[Account]:
        try:
            hashing = self._hasher.hash(password)
        except ChatError as error:
            return fail(error)
        return hashing.addCallback(self._set, account)

    def _set(self, hashed: str, account: Account) -> Deferred[Account]:
        def kept(_none: None) -> Account:
            self._check_living(account)
            self._records[account.key] = replace(self._records[account.key], hash=hashed)
            self.tries.forget(f"account {account.key}")  # what was guessed at is no password any more
            return account

        self._check_living(account)
        return self._store.set_hash(account, hashed).addCallback(kept)

    def _check_living(self, account: Account) -> None:
        if account.id not in self._by_id:
            raise BadLogin(f"there is no account {account.name} any more")

    def remove(self, account: Account) -> Deferred[None]:
        def removed(_none: None) -> None:
            if self._by_id.pop(account.id, None) is None:
                return  # by somebody else, who was faster
            self._ended.add(account.id)
            del self._records[account.key]
            self._words.pop(account.id, None)
            self._looks.discard(account.key)
            self.tries.forget(f"account {account.key}")

        return self._store.remove(account).addCallback(removed)

    def close(self) -> None:
        self._hasher.stop()


def _not_kept(failure: Failure) -> None:
    _log.warn("that resume secrets are void is not kept over a restart: {why}", why=str(failure.value))


def _full() -> NotAllowed:
    return NotAllowed(f"this server has {MOST_ACCOUNTS} accounts already")


_check: type[Accounts] = Directory
