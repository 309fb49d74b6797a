"""The shapes of lines, one by one, as docs/protocol.md has them."""

from __future__ import annotations

from datetime import UTC, datetime

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.frontends import shapes


class Said(SynchronousTestCase):
    def test_in_the_current_room(self) -> None:
        self.assertEqual(shapes.message("alice", "hello"), "alice: hello")
        self.assertEqual(shapes.message("carol", "waves", action=True), "* carol waves")

    def test_elsewhere(self) -> None:
        self.assertEqual(shapes.message("bob", "ping", "#dev"), "[#dev] bob: ping")
        self.assertEqual(shapes.message("carol", "waves", "#dev", action=True), "[#dev] * carol waves")

    def test_to_one_alone(self) -> None:
        self.assertEqual(shapes.direct("dave", "psst"), "[pm] dave: psst")
        self.assertEqual(shapes.direct("dave", "waves", action=True), "[pm] * dave waves")

    def test_ones_own(self) -> None:
        self.assertEqual(shapes.own_direct("alice", "dave", "psst"), "[pm -> dave] psst")
        self.assertEqual(shapes.own_direct("alice", "dave", "waves", action=True), "[pm -> dave] * alice waves")


class TheServersWord(SynchronousTestCase):
    def test_marks(self) -> None:
        self.assertEqual(shapes.server("so it is"), "*** so it is")
        self.assertEqual(
            shapes.error("NO_SUCH_NICK", "nobody here is called bob"), "!!! NO_SUCH_NICK nobody here is called bob"
        )

    def test_comings_and_goings(self) -> None:
        self.assertEqual(shapes.joined("erin", "#lobby"), "*** erin joined #lobby")
        self.assertEqual(shapes.left("erin", "#lobby", ""), "*** erin left #lobby")
        self.assertEqual(shapes.left("erin", "#lobby", "lunch"), "*** erin left #lobby (lunch)")
        self.assertEqual(shapes.renamed("erin", "eve"), "*** erin is now eve")

    def test_away_and_back(self) -> None:
        self.assertEqual(shapes.away("erin", ""), "*** erin is away")
        self.assertEqual(shapes.away("erin", "lunch"), "*** erin is away: lunch")
        self.assertEqual(shapes.away("erin", None), "*** erin is back")

    def test_topics(self) -> None:
        self.assertEqual(shapes.topic("erin", "#dev", "tests"), "*** erin set the topic of #dev: tests")
        self.assertEqual(shapes.topic("erin", "#dev", ""), "*** erin removed the topic of #dev")

    def test_skipped(self) -> None:
        self.assertEqual(shapes.skipped(1214), "*** 1214 lines skipped, /history has them")
        self.assertEqual(shapes.skipped(1), "*** 1 line skipped, /history has them")

    def test_quoted(self) -> None:
        when = datetime(2026, 11, 22, 20, 0, 59, tzinfo=UTC)
        self.assertEqual(shapes.quoted(1041, when, "alice: hello"), "*** #1041 2026-11-22 20:00 alice: hello")
        self.assertEqual(
            shapes.quoted(1042, when, "*** erin removed the topic of #dev"),
            "*** #1042 2026-11-22 20:00 erin removed the topic of #dev",
        )


class Company(SynchronousTestCase):
    def test_alone(self) -> None:
        self.assertEqual(
            shapes.welcome("alice", "#lobby", [], 0),
            "*** Welcome, alice. You are alone in #lobby. /help lists the commands.",
        )

    def test_one_other(self) -> None:
        self.assertEqual(
            shapes.welcome("alice", "#lobby", ["bob"], 1),
            "*** Welcome, alice. 1 other is in #lobby: bob. /help lists the commands.",
        )

    def test_others(self) -> None:
        self.assertEqual(
            shapes.welcome("alice2", "#lobby", ["bob", "carol", "dave"], 3),
            "*** Welcome, alice2. 3 others are in #lobby: bob, carol, dave. /help lists the commands.",
        )

    def test_more_than_are_named(self) -> None:
        self.assertEqual(shapes.people(["bob", "carol"], 100), "bob, carol and 98 more")
        self.assertEqual(shapes.people(["bob", "carol"], 2), "bob, carol")

    def test_another_room(self) -> None:
        self.assertEqual(shapes.entered("#dev", ["bob"], 1, ""), "*** You are in #dev with 1 other: bob.")
        self.assertEqual(shapes.entered("#dev", [], 0, "tests"), "*** You are in #dev, alone. The topic: tests")
