"""What every store of accounts must do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from twisted.internet.defer import Deferred

from twisted_chat.accounts.store import Record, Store, ended
from twisted_chat.boundaries import Account
from twisted_chat.core.errors import NameTaken

ALICE = Record(Account("1", "Alice", "alice"), "$alice$", 1000)
BOB = Record(Account("2", "bob", "bob"), "", 2000)


class StoreContract:
    """Mixed into a TestCase. `make_store` gives a new, empty one."""

    def make_store(self) -> Store:
        raise NotImplementedError

    def result(self: Any, answer: Deferred[Any]) -> Any:
        return self.successResultOf(answer)

    def failure(self: Any, answer: Deferred[Any], error: type[Exception]) -> Any:
        return self.failureResultOf(answer, error)

    def setUp(self) -> None:
        super().setUp()  # type: ignore[misc]
        self.store = self.make_store()

    def test_what_was_added(self: Any) -> None:
        self.assertEqual(list(self.store.load()), [])
        for record in (ALICE, BOB):
            self.result(self.store.add(record))
        self.assertEqual(sorted(self.store.load(), key=lambda record: record.created), [ALICE, BOB])

    def test_another_password(self: Any) -> None:
        self.result(self.store.add(ALICE))
        self.result(self.store.set_hash(ALICE.account, "$other$"))
        self.assertEqual(list(self.store.load()), [Record(ALICE.account, "$other$", 1000)])

    def test_secrets_that_are_void(self: Any) -> None:
        self.result(self.store.add(ALICE))
        self.result(self.store.set_voided(ALICE.account, 2))
        self.assertEqual(list(self.store.load()), [replace(ALICE, voided=2)])

    def test_a_name_or_a_person_twice(self: Any) -> None:
        self.result(self.store.add(ALICE))
        for account in (Account("3", "ALICE", "alice"), Account("1", "ally", "ally")):
            self.failure(self.store.add(Record(account, "", 0)), NameTaken)
        self.assertEqual(list(self.store.load()), [ALICE])

    def test_the_end_of_one_leaves_its_id_and_frees_its_name(self: Any) -> None:
        self.result(self.store.add(ALICE))
        self.result(self.store.add(BOB))
        for _twice in range(2):
            self.result(self.store.remove(ALICE.account))
        self.assertEqual(set(self.store.load()), {Record(ended("1"), "", 1000), BOB})
        self.failure(self.store.add(ALICE), NameTaken)
        again = Record(Account("3", "ALICE", "alice"), "", 0)
        self.result(self.store.add(again))
        self.assertIn(again, self.store.load())
