"""The token bucket: slows, loses nothing, and gives up only on who never stops."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.frontends.throttle import FLOODED, Rate, Throttle


class ThrottleCase(SynchronousTestCase):
    rate = Rate(20, 5)

    def setUp(self) -> None:
        self.clock = Clock()
        self.paused = False
        self.floods = 0
        self.throttle = Throttle(self.rate, self.clock, self.pause, self.resume, self.flooded)

    def pause(self) -> None:
        self.assertFalse(self.paused, "paused twice")
        self.paused = True

    def resume(self) -> None:
        self.assertTrue(self.paused, "resumed without a pause")
        self.paused = False

    def flooded(self) -> None:
        self.floods += 1

    def lines(self, most: int) -> int:
        """As many lines as are taken at once."""
        for taken in range(most):
            if self.paused:
                return taken
            self.throttle.took_line()
        return most

    def talks_without_end(self, seconds: float, tick: float = 0.1) -> int:
        taken = 0
        for _tick in range(round(seconds / tick)):
            taken += self.lines(1000)
            self.clock.advance(tick)
        return taken


class Slowing(ThrottleCase):
    def test_a_paste_of_20_lines_just_works(self) -> None:
        self.assertEqual(self.lines(19), 19)
        self.assertFalse(self.paused)
        self.assertEqual(self.lines(100), 1)
        self.assertTrue(self.paused)

    def test_then_5_a_second(self) -> None:
        self.lines(1000)
        self.clock.advance(0.19)
        self.assertTrue(self.paused)
        self.clock.advance(0.01)
        self.assertEqual(self.lines(1000), 1)
        taken = self.talks_without_end(30)
        self.assertIn(taken, range(148, 152))

    def test_the_bucket_fills_up_again_and_no_further(self) -> None:
        self.lines(1000)
        self.clock.pump([1.0] * 1000)
        self.assertEqual(self.lines(1000), 20)

    def test_lines_that_come_in_spite_of_a_pause_are_counted_once_each(self) -> None:
        self.lines(1000)
        self.throttle.took_line()
        self.throttle.took_line()
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        self.clock.advance(0.2)
        self.assertEqual(self.lines(1), 1)
        self.assertTrue(self.paused)
        self.clock.advance(0.59)
        self.assertTrue(self.paused)
        self.clock.advance(0.02)
        self.assertFalse(self.paused)

    def test_a_rate_of_its_own(self) -> None:
        self.throttle = Throttle(Rate(1, 0.5), self.clock, self.pause, self.resume, self.flooded)
        self.assertEqual(self.lines(1000), 1)
        self.clock.advance(1.9)
        self.assertTrue(self.paused)
        self.clock.advance(0.1)
        self.assertFalse(self.paused)


class Charging(ThrottleCase):
    def test_a_line_may_count_for_several(self) -> None:
        self.throttle.took_line()
        self.throttle.charge(4)
        self.assertEqual(self.lines(1000), 15)

    def test_it_is_paused_for_so_long(self) -> None:
        self.lines(18)
        self.throttle.took_line()
        self.assertFalse(self.paused)
        self.throttle.charge(4)
        self.assertTrue(self.paused)
        self.clock.advance(0.79)
        self.assertTrue(self.paused)
        self.clock.advance(0.02)
        self.assertFalse(self.paused)

    def test_a_pause_that_is_there_gets_longer(self) -> None:
        self.lines(1000)
        self.throttle.charge(4)
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        self.clock.advance(0.99)
        self.assertTrue(self.paused)
        self.clock.advance(0.02)
        self.assertFalse(self.paused)

    def test_never_more_than_a_burst(self) -> None:
        self.throttle = Throttle(Rate(1, 0.5), self.clock, self.pause, self.resume, self.flooded)
        self.throttle.took_line()
        self.throttle.charge(1000)
        self.clock.advance(2.01)
        self.assertFalse(self.paused)


class Flooding(ThrottleCase):
    def test_60_seconds_without_a_break(self) -> None:
        self.talks_without_end(FLOODED - 1)
        self.assertEqual(self.floods, 0)
        self.talks_without_end(2)
        self.assertEqual(self.floods, 1)
        self.assertTrue(self.paused, "it is not read any more")

    def test_breaks_are_forgiven(self) -> None:
        for _round in range(20):
            self.talks_without_end(10)
            self.clock.advance(1.5)
        self.assertEqual(self.floods, 0)

    def test_who_stays_below_the_rate_never_floods(self) -> None:
        for _second in range(600):
            self.lines(4)
            self.clock.advance(1)
        self.assertEqual(self.floods, 0)


class Stopping(ThrottleCase):
    def test_no_timer_outlives_the_connection(self) -> None:
        self.lines(1000)
        self.throttle.stop()
        self.throttle.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.clock.advance(1000)
        self.assertTrue(self.paused)
