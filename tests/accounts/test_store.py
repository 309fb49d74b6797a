"""Both stores against the contract, and the durable one over a restart."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Any

from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase, TestCase

from tests.contracts.accounts import ALICE, StoreContract
from tests.files import place_for
from twisted_chat.accounts.sqlite import SqliteStore
from twisted_chat.accounts.store import MemoryStore, Record, Store
from twisted_chat.core.errors import NameTaken, StorageUnavailable
from twisted_chat.journal.sqlite import SqliteJournal

reactor: Any = _reactor


class InMemory(StoreContract, SynchronousTestCase):
    def make_store(self) -> Store:
        return MemoryStore()


class OnDisk(TestCase):
    """The contract's tests wait for nothing; these do."""

    def setUp(self) -> None:
        self.path = place_for(self)
        self.open()

    def open(self) -> None:
        self.journal = SqliteJournal(
            self.path, reactor, reactor.callFromThread, utc_ms=lambda: 0, failed=lambda why: self.fail(why)
        )
        self.journal.open()
        self.journal.subscribe(lambda _outcomes: None)
        self.store = SqliteStore(self.journal)
        self.addCleanup(self.close)

    def close(self) -> Deferred[None] | None:
        return None if self.journal.is_closed else self.journal.close()

    async def test_it_is_kept(self) -> None:
        await self.store.add(ALICE)
        await self.store.set_hash(ALICE.account, "$other$")
        await self.store.set_voided(ALICE.account, 3)
        await self.journal.close()
        self.open()
        self.assertEqual(list(self.store.load()), [Record(ALICE.account, "$other$", 1000, 3)])

    async def test_the_end_of_one(self) -> None:
        await self.store.add(ALICE)
        await self.store.remove(ALICE.account)
        with self.assertRaises(NameTaken):
            await self.store.add(ALICE)
        await self.store.add(replace(ALICE, account=replace(ALICE.account, id="3")))
        await self.journal.close()
        self.open()
        self.assertEqual(
            sorted((record.account.id, record.account.name, record.hash) for record in self.store.load()),
            [("1", "", ""), ("3", "Alice", "$alice$")],
        )

    async def test_whatever_else_is_on_the_way_is_not_hurt_by_a_refusal(self) -> None:
        first, second = self.store.add(ALICE), self.store.add(ALICE)
        await first
        with self.assertRaises(NameTaken):
            await second
        self.assertEqual(len(self.store.load()), 1)

    async def test_a_log_that_can_not_be_written(self) -> None:

        blocker = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(blocker.close)
        blocker.execute("BEGIN IMMEDIATE")
        with self.assertRaises(StorageUnavailable):
            await self.store.add(ALICE)
        blocker.execute("ROLLBACK")
        await self.store.add(ALICE)
