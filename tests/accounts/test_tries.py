from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.helpers import make_accounts
from twisted_chat.accounts import directory
from twisted_chat.accounts.tries import BACKOFF, MEMORY, MOST, Backoff, Homes, Tries
from twisted_chat.core.durations import seconds_left
from twisted_chat.core.errors import Busy, NotAllowed
from twisted_chat.core.names import parse_nick

FREE = BACKOFF.free


class Guessing(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.tries = Tries(self.clock)

    def fails(self, name: str = "eve", times: int = 1) -> None:
        for _try in range(times):
            self.tries.check(name)
            self.wrong(name)

    def wrong(self, name: str = "eve") -> None:
        self.tries.begun(name)
        self.tries.ended(name, failed=True)

    def test_the_first_cost_nothing_and_then_each_doubles_the_wait(self) -> None:
        self.fails(times=FREE)
        for wait in (1, 2, 4, 8):
            self.assertEqual(str(self.assertRaises(Busy, self.tries.check, "eve")),
                             f"too many tries failed; wait {seconds_left(wait)}")  # fmt: skip
            self.clock.advance(wait)
            self.fails()
        self.tries.check("alice")

    def test_there_is_a_longest_wait(self) -> None:
        for _try in range(60):
            self.wrong()
        self.assertIn("wait 300 seconds", str(self.assertRaises(Busy, self.tries.check, "eve")))

    def test_who_goes_on_for_days(self) -> None:
        for _try in range(2_000):
            self.wrong()
        self.assertIn("wait 300 seconds", str(self.assertRaises(Busy, self.tries.check, "eve")))

    def test_as_the_options_have_it(self) -> None:
        self.tries = Tries(self.clock, Backoff(free=1, longest=3))
        self.fails()
        for wait in (1, 2, 3, 3):
            self.assertIn(f"wait {seconds_left(wait)}", str(self.assertRaises(Busy, self.tries.check, "eve")))
            self.clock.advance(wait)
            self.fails()
        self.tries.backoff = Backoff(free=6, longest=3)
        self.tries.check("eve")

    def test_no_wait_is_cut_short_by_forgetting(self) -> None:
        self.tries = Tries(self.clock, Backoff(longest=MEMORY))
        for _try in range(60):
            self.wrong()
        self.clock.advance(MEMORY - 1)
        self.assertIn("wait 1 second", str(self.assertRaises(Busy, self.tries.check, "eve")))

    def test_it_is_forgotten(self) -> None:
        self.fails(times=FREE)
        self.clock.advance(MEMORY)
        self.fails(times=FREE)

    def test_one_that_did_not_fail(self) -> None:
        self.fails(times=FREE - 1)
        self.tries.begun("eve")
        self.tries.ended("eve", failed=False)
        self.fails()
        self.assertRaises(Busy, self.tries.check, "eve")
        self.tries.forget("eve")
        self.tries.forget("eve")
        self.fails(times=FREE)

    def test_what_is_being_looked_at_is_no_failure(self) -> None:
        for _try in range(4 * FREE):
            self.tries.check("eve")
            self.tries.begun("eve")

    def test_but_many_wrong_ones_at_once_are_many(self) -> None:
        for _try in range(FREE + 4):
            self.tries.begun("eve")
        for _try in range(FREE + 4):
            self.tries.ended("eve", failed=True)
        self.assertIn("wait 16 seconds", str(self.assertRaises(Busy, self.tries.check, "eve")))

    def test_after_too_many_one_is_looked_at_after_the_other(self) -> None:
        self.fails(times=FREE)
        self.clock.advance(1)
        self.tries.check("eve")
        self.tries.begun("eve")
        error = self.assertRaises(Busy, self.tries.check, "eve")
        self.assertEqual(str(error), "too many tries failed; wait until the last one is looked at")
        self.tries.ended("eve", failed=False)
        self.tries.check("eve")

    def test_memory_is_bounded(self) -> None:
        for number in range(MOST + 10):
            self.wrong(str(number))
        self.assertEqual((len(self.tries._failures), len(self.tries._under_way)), (MOST, 0))


class TheOwners(SynchronousTestCase):
    def setUp(self) -> None:
        self.homes = Homes()

    def test_where_it_came_from(self) -> None:
        self.homes.learn("alice", "192.0.2.1")
        self.assertTrue(self.homes.known("alice", "192.0.2.1"))
        self.assertFalse(self.homes.known("alice", "192.0.2.2"))
        self.assertFalse(self.homes.known("bob", "192.0.2.1"))

    def test_nowhere_is_no_home(self) -> None:
        self.homes.learn("alice", "")
        self.assertFalse(self.homes.known("alice", ""))

    def test_memory_is_bounded(self) -> None:
        for number in range(MOST + 1):
            self.homes.learn("alice", str(number))
        self.assertFalse(self.homes.known("alice", "0"))
        self.assertEqual(len(self.homes._known), MOST)


class Full(SynchronousTestCase):
    def test_so_many_accounts_and_no_more(self) -> None:
        self.patch(directory, "MOST_ACCOUNTS", 1)
        accounts = make_accounts(Clock())
        self.successResultOf(accounts.register("1", parse_nick("alice"), "open sesame"))
        failure = self.failureResultOf(accounts.register("2", parse_nick("bob"), "open sesame"), NotAllowed)
        self.assertEqual(str(failure.value), "this server has 1 accounts already")
