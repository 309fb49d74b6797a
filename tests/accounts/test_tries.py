from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.accounts.tries import FREE, LONGEST, MEMORY, MOST, Tries
from twisted_chat.core.errors import Busy


class Guessing(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.tries = Tries(self.clock)

    def fails(self, name: str = "eve", times: int = 1) -> None:
        for _try in range(times):
            self.tries.check(name)
            self.tries.begun(name)

    def test_the_first_cost_nothing_and_then_each_doubles_the_wait(self) -> None:
        self.fails(times=FREE)
        for wait in (1, 2, 4, 8):
            self.assertEqual(str(self.assertRaises(Busy, self.tries.check, "eve")),
                             f"too many tries failed; wait {wait} seconds")  # fmt: skip
            self.clock.advance(wait)
            self.fails()
        self.tries.check("alice")

    def test_there_is_a_longest_wait(self) -> None:
        for _try in range(60):
            self.tries.begun("eve")
        self.assertIn(f"wait {LONGEST:.0f} seconds", str(self.assertRaises(Busy, self.tries.check, "eve")))

    def test_it_is_forgotten(self) -> None:
        self.fails(times=FREE)
        self.clock.advance(MEMORY)
        self.fails(times=FREE)

    def test_one_that_did_not_fail(self) -> None:
        self.fails(times=FREE)
        self.tries.succeeded("eve")
        self.tries.check("eve")
        self.tries.succeeded("nobody")
        self.fails()
        self.assertRaises(Busy, self.tries.check, "eve")
        self.tries.forget("eve")
        self.tries.forget("eve")
        self.fails(times=FREE)

    def test_memory_is_bounded(self) -> None:
        for number in range(MOST + 10):
            self.tries.begun(str(number))
        self.assertEqual(len(self.tries._failures), MOST)
