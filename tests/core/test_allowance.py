"""So often in so long, for each name."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.allowance import MOST, Allowance, Often


class Allowing(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.allowance = Allowance(Often(3, 600.0), self.clock)

    def spends(self, name: str) -> int:
        """How often it may at once."""
        times = 0
        while not self.allowance.wait(name):
            self.allowance.spend(name)
            times += 1
        return times

    def test_three_at_once_then_one_each_200_seconds(self) -> None:
        self.assertEqual(self.spends("eve"), 3)
        self.assertEqual(self.allowance.wait("eve"), 200.0)
        self.clock.advance(50)
        self.assertEqual(self.allowance.wait("eve"), 150.0)
        self.clock.advance(self.allowance.wait("eve"))
        self.assertEqual(self.spends("eve"), 1)
        self.clock.advance(10_000)
        self.assertEqual(self.spends("eve"), 3)

    def test_each_for_itself(self) -> None:
        self.spends("eve")
        self.assertEqual(self.spends("alice"), 3)

    def test_what_came_to_nothing(self) -> None:
        self.spends("eve")
        self.allowance.give_back("eve")
        self.assertEqual(self.spends("eve"), 1)
        self.allowance.give_back("nobody")
        self.assertEqual(self.spends("nobody"), 3)

    def test_in_words(self) -> None:
        self.assertEqual(str(self.allowance.often), "3 in 10 minutes")

    def test_memory_is_bounded(self) -> None:
        for number in range(MOST + 10):
            self.allowance.spend(str(number))
        self.assertEqual(len(self.allowance), MOST)

    def test_what_has_nothing_missing_is_forgotten(self) -> None:
        for number in range(10):
            self.allowance.spend(str(number))
        self.clock.advance(600)
        for number in range(20):
            self.allowance.spend(f"new {number}")
        self.assertEqual(len(self.allowance), 20)
