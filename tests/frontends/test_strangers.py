"""Who has no name yet: early drops at random, and a place for whoever comes from elsewhere."""

from __future__ import annotations

from random import Random

from twisted.trial.unittest import SynchronousTestCase

from tests.frontends.test_admission import Silent
from twisted_chat.core.errors import ServerFull
from twisted_chat.frontends.strangers import UNNAMED, Bound, Strangers


class StrangersCase(SynchronousTestCase):
    bound = Bound(10, 30, 100)

    def setUp(self) -> None:
        self.strangers = Strangers(self.bound, Random(1).random)

    def come(self, network: str, times: int = 1) -> list[Silent]:
        """Those of so many that are let in."""
        found = []
        for _time in range(times):
            try:
                self.strangers.check(network)
            except ServerFull:
                continue
            silent = Silent(network)
            self.strangers.came(silent)
            found.append(silent)
        return found


class Dropping(StrangersCase):
    def test_a_few_are_never_refused(self) -> None:
        self.assertEqual(len(self.come("a", 10)), 10)

    def test_then_a_share_that_grows(self) -> None:
        self.come("a", 10)
        shares = []
        for _stage in range(3):
            found = [self.come("a") for _time in range(30)]
            shares.append(sum(map(bool, found)))
        self.assertEqual(shares, sorted(shares, reverse=True))
        self.assertGreater(shares[0], 12)
        self.assertLess(shares[2], 18)

    def test_at_the_most_all(self) -> None:
        self.come("a", 100_000)
        self.assertLessEqual(len(self.strangers), self.bound.most)
        self.assertGreater(len(self.strangers), 90)

    def test_what_is_not_counted_apart_is_bounded_too(self) -> None:
        self.assertEqual(sum(each.gave_way for each in self.come("", 1_000)), 1_000 - self.bound.most)
        self.assertEqual(len(self.strangers), self.bound.most)

    def test_who_got_a_name_makes_room(self) -> None:
        first, *_others = self.come("a", 10)
        self.strangers.gone(first)
        self.strangers.gone(first)
        self.assertEqual(len(self.strangers), 9)
        self.assertEqual(len(self.come("a")), 1)


class FromElsewhere(StrangersCase):
    bound = Bound(1, 100, 3)

    def test_the_first_of_a_network_gets_in_and_the_oldest_gives_way(self) -> None:
        (first,) = self.come("a", 50)
        (second,), (third,), (fourth,) = self.come("b", 5), self.come("c", 5), self.come("d", 5)
        self.assertEqual([each.gave_way for each in (first, second, third, fourth)], [1, 0, 0, 0])
        self.assertEqual(len(self.strangers), 3)
        self.strangers.gone(first)  # as its connection ends
        self.assertEqual(len(self.strangers), 3)

    def test_a_thousand_networks(self) -> None:
        silent = [each for number in range(1000) for each in self.come(str(number))]
        self.assertEqual(sum(each.gave_way for each in silent), 997)
        self.assertEqual(len(self.strangers._by_network), 3)


class ANewBound(StrangersCase):
    bound = Bound(10, 100, 100)

    def test_those_that_are_too_many_give_way_the_oldest_first(self) -> None:
        silent = [each for number in range(5) for each in self.come(str(number))]
        self.strangers.limit(Bound(1, 100, 3))
        self.assertEqual([each.gave_way for each in silent], [1, 1, 0, 0, 0])
        self.strangers.limit(Bound(10, 100, 100))
        self.assertEqual([each.gave_way for each in silent], [1, 1, 0, 0, 0])
        self.assertEqual(len(self.come("a", 20)), 7)


class Bounds(SynchronousTestCase):
    def test_a_quarter_of_the_places_is_for_who_has_a_name(self) -> None:
        self.assertEqual(UNNAMED.within(100_000), UNNAMED)
        self.assertEqual(UNNAMED.within(400), Bound(200, 30, 300))
        self.assertEqual(UNNAMED.within(100), Bound(75, 30, 75))
        self.assertEqual(UNNAMED.within(1), Bound(1, 30, 1))
