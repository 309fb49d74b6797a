from __future__ import annotations

from tests.core.doubles import SlowCase, someone
from twisted_chat.core.congestion import HIGH, LOW, SLOW
from twisted_chat.core.events import Aside, Event, Kind


class Paused(SlowCase):
    """A journal that does not keep up: who speaks is paused, and loses nothing."""

    def setUp(self) -> None:
        super().setUp()
        self.alice, self.bob = someone(self, "alice"), someone(self, "bob")
        self.alice.listener.forget()

    def paused(self) -> tuple[int, int]:
        return self.alice.listener.paused, self.bob.listener.paused

    def says_many(self, count: int) -> None:
        for number in range(count):
            self.alice.session.say(str(number))
        self.clock.advance(0)

    def test_too_much_on_its_way(self) -> None:
        self.says_many(HIGH)
        self.assertEqual(self.paused(), (0, 0))
        self.alice.session.say("one more")
        self.alice.session.say("what was read already")
        self.assertEqual(self.paused(), (1, 0))
        self.bob.session.typed("/time")  # an answer adds to it, too
        self.assertEqual(self.paused(), (1, 1))

    def test_until_most_of_it_is_back(self) -> None:
        self.says_many(HIGH + 1)
        self.journal.writes()
        group, self.journal.written = self.journal.written[: HIGH + 1 - LOW], self.journal.written[HIGH + 1 - LOW :]
        rest, self.journal.written = self.journal.written, group
        self.journal.delivers()
        self.assertEqual(self.paused(), (1, 0))
        self.journal.written = rest[:1]
        self.journal.delivers()
        self.assertEqual(self.paused(), (0, 0))
        self.journal.written = rest[1:]
        self.journal.delivers()
        self.assertEqual(self.bob.listener.texts(), [str(number) for number in range(HIGH + 1)])

    def test_what_others_posted_does_not_count(self) -> None:
        """An engine's journal brings what other nodes wrote, too."""
        for number in range(100):
            event = Event(Kind.MESSAGE, "elsewhere", "zoe", 0, "lobby", "#lobby", str(number), seq=number + 1)
            self.journal.written.append(event)
        self.journal.delivers()
        self.assertEqual(len(self.bob.listener.texts()), 100)
        self.says_many(HIGH)
        self.assertEqual(self.paused(), (0, 0))
        self.alice.session.say("one more")
        self.assertEqual(self.paused(), (1, 0))

    def test_nothing_comes_back_for_too_long(self) -> None:
        self.alice.session.say("1")
        self.clock.advance(SLOW)
        self.alice.session.say("2")
        self.assertEqual(self.paused(), (0, 0))
        self.clock.advance(0.01)
        self.alice.session.say("3")
        self.assertEqual(self.paused(), (1, 0))
        self.turn()
        self.assertEqual(self.paused(), (0, 0))
        self.assertEqual(self.bob.listener.texts(), ["1", "2", "3"])

    def test_while_nothing_is_on_its_way_no_time_counts(self) -> None:
        self.clock.advance(100)
        self.alice.session.say("1")
        self.alice.session.say("2")
        self.assertEqual(self.paused(), (0, 0))

    def test_something_that_comes_back_is_progress(self) -> None:
        self.alice.session.say("1")
        self.clock.advance(0)
        self.alice.session.say("2")
        self.clock.advance(0.2)
        self.journal.writes(1)
        self.journal.delivers()
        self.clock.advance(0.2)
        self.alice.session.say("3")
        self.assertEqual(self.paused(), (0, 0))

    def test_a_failing_delivery_counts_as_one(self) -> None:
        """Whatever goes wrong, nobody stays paused for it."""
        self.says_many(HIGH + 1)
        self.assertEqual(self.paused(), (1, 0))
        self.journal.batches.append([Aside(self.bob.session, lambda: 1 / 0)])  # type: ignore[arg-type,return-value]
        self.journal.commits()
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual(self.paused(), (0, 0))

    def test_who_leaves_is_not_paused_or_woken_any_more(self) -> None:
        self.alice.session.say("1")
        self.clock.advance(1)
        self.alice.session.say("2")
        self.bob.session.quit()  # while it is slow: his last words don't pause him
        self.assertEqual(self.paused(), (1, 1))
        self.alice.session.lost()
        self.turn()
        self.assertEqual(self.paused(), (1, 1))

    def test_who_becomes_somebody_else_meanwhile_is_heard_again(self) -> None:
        self.alice.session.typed("/register open sesame")
        self.turn()
        self.alice.session.quit()
        self.turn()
        self.bob.session.say("1")
        self.clock.advance(1)
        self.bob.session.say("2")
        self.assertEqual(self.bob.listener.paused, 1)
        self.bob.session.typed("/login alice open sesame")
        self.assertEqual(self.bob.listener.paused, 1)  # until it is in
        for _time in range(4):
            self.turn()
            self.journal.reads()
        self.assertIsNotNone(self.bob.listener.session)
        self.assertEqual(self.bob.listener.paused, 0)

    def test_who_is_over_is_not_paused(self) -> None:
        self.alice.session.say("1")
        self.clock.advance(1)
        self.alice.session.depart()
        self.assertEqual(self.paused(), (0, 0))
