"""Asked after 30 seconds, given up after 90, and patient while the pause is our own."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.frontends.line.silence import Silence


class SilenceCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.log: list[tuple[str, float]] = []
        self.ours = False
        self.silence = Silence(self.clock, self.note("ask"), self.note("drop"), lambda: self.ours)

    def note(self, word: str):  # type: ignore[no-untyped-def]
        return lambda: self.log.append((word, self.clock.seconds()))

    def passes(self, seconds: int) -> None:
        self.clock.pump([1.0] * seconds)


class Watching(SilenceCase):
    def test_asked_once_then_dropped(self) -> None:
        self.passes(200)
        self.assertEqual(self.log, [("ask", 30), ("drop", 90)])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_line_in_time(self) -> None:
        self.passes(29)
        self.silence.heard()
        self.passes(29)
        self.assertEqual(self.log, [])
        self.passes(1)
        self.assertEqual(self.log, [("ask", 59)])

    def test_an_answer_begins_it_anew(self) -> None:
        self.passes(31)
        self.silence.heard()
        self.passes(29)
        self.assertEqual(self.log, [("ask", 30)])
        self.passes(100)
        self.assertEqual(self.log, [("ask", 30), ("ask", 61), ("drop", 121)])

    def test_who_talks_is_never_asked(self) -> None:
        for _minute in range(60):
            self.passes(20)
            self.silence.heard()
        self.assertEqual(self.log, [])
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)

    def test_who_answers_is_never_dropped(self) -> None:
        for _minute in range(60):
            self.passes(30)
            self.silence.heard()
        self.assertEqual([word for word, _time in self.log], ["ask"] * 60)

    def test_it_stands_still_while_the_pause_is_ours(self) -> None:
        self.passes(20)
        self.ours = True
        self.passes(1000)
        self.ours = False
        self.assertEqual(self.log, [])
        self.passes(31)
        self.assertEqual([word for word, _time in self.log], ["ask"])

    def test_a_pause_of_ours_after_asking(self) -> None:
        self.passes(31)
        self.ours = True
        self.passes(1000)
        self.assertEqual(self.log, [("ask", 30)])

    def test_stopped(self) -> None:
        self.silence.stop()
        self.silence.stop()
        self.passes(200)
        self.assertEqual(self.log, [])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_line_after_the_end(self) -> None:
        self.passes(31)
        self.silence.stop()
        self.silence.heard()
        self.assertEqual(self.clock.getDelayedCalls(), [])
