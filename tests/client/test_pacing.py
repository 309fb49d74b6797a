"""A big pipe takes a rest now and then."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client.outbox import Outbox
from twisted_chat.client.pacing import Pace


class PaceTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.box = Outbox("c", window=1)
        self.woken = 0
        self.pace = Pace(self.box, self.clock, self.wakes)

    def wakes(self) -> None:
        self.woken += 1

    def add(self) -> None:
        self.box.add({"type": "say"}, "x", "#lobby")
        self.pace.look()

    def confirm(self, number: int) -> None:
        self.box.confirm(f"c-{number}")
        self.pace.look()

    def test_busy_for_long(self) -> None:
        self.add()
        self.add()
        self.add()
        self.box.take()
        self.clock.advance(30)
        self.pace.look()
        self.assertEqual((self.box.take(), self.clock.getDelayedCalls()), ([], []))
        self.confirm(1)
        self.assertEqual(self.box.take(), [])
        self.pace.look()
        self.clock.advance(2)
        self.assertEqual((self.woken, len(self.box.take())), (1, 1))
        self.clock.advance(29)
        self.confirm(2)
        self.assertEqual(len(self.box.take()), 1)

    def test_idle_between(self) -> None:
        self.add()
        self.box.take()
        self.clock.advance(29)
        self.confirm(1)
        self.add()
        self.clock.advance(29)
        self.pace.look()
        self.assertEqual(len(self.box.take()), 1)

    def test_nothing_is_left_when_it_would_rest(self) -> None:
        self.add()
        self.box.take()
        self.clock.advance(30)
        self.pace.look()
        self.assertTrue(self.box.resting)
        self.confirm(1)
        self.assertFalse(self.box.resting)

    def test_stopping(self) -> None:
        self.add()
        self.clock.advance(30)
        self.pace.look()
        self.pace.stop()
        self.pace.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])
