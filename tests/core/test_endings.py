"""A session that ends is told first what it asked for."""

from __future__ import annotations

from tests.core.doubles import Human, Program, SlowCase, arrives, someone
from tests.helpers import CoreCase
from twisted_chat.core import feed


class Served(CoreCase):
    def test_who_comes_back_and_ends_its_input_at_once(self) -> None:
        alice = someone(self, "alice")
        for number in range(350):
            alice.session.say(str(number))
            self.turn()
        listener = Program()
        session = self.chat.enter(listener, "bob", since=0)
        session.depart()
        self.turn()
        self.assertEqual(len(listener.texts()), 350)
        self.assertTrue(listener.closed)


class Slowly(SlowCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice, self.bob = someone(self, "alice"), someone(self, "bob", Human())
        self.journal.reads()
        self.bob.takes()
        self.alice.types("1")
        self.bob.takes()

    def test_history_and_the_goodbye_come_before_the_end(self) -> None:
        self.bob.types("/history", "/quit")
        self.assertFalse(self.bob.listener.closed)
        self.alice.types("said after the end")
        self.journal.reads()
        self.bob.hears("history of #lobby: [#lobby] alice: 1", "reply Goodbye, bob.")
        self.assertTrue(self.bob.listener.closed)

    def test_a_log_that_does_not_answer_is_not_waited_for_long(self) -> None:
        self.bob.types("/history", "/names", "/quit")
        self.clock.advance(feed.ENDING)
        self.bob.hears("reply 2 in #lobby: alice, bob", "reply Goodbye, bob.")
        self.assertTrue(self.bob.listener.closed)
        self.journal.reads()
        self.bob.hears()

    def test_the_connection_is_lost_before(self) -> None:
        self.bob.types("/history", "/quit")
        self.bob.session.lost()
        self.clock.advance(feed.ENDING)
        self.journal.reads()
        self.bob.hears()
        self.assertFalse(self.bob.listener.closed)

    def test_a_lagging_one_is_served_up_to_its_end(self) -> None:
        carol = arrives(self, "carol")
        carol.takes()
        carol.stops_reading()
        self.alice.types("2", "3")
        carol.types("/quit")
        self.alice.types("after the end")
        self.assertFalse(carol.listener.closed)
        carol.reads_on()
        self.alice.types("and more")
        self.journal.reads()
        self.assertEqual(carol.listener.texts(), ["2", "3"])
        self.assertTrue(carol.listener.closed)

    def test_the_house_closes_while_a_page_is_read(self) -> None:
        self.bob.types("/history", "/names", "/history")
        self.alice.types("2")
        closed = self.chat.close("Good night.")
        assert self.journal.closed is not None
        self.journal.closed.callback(None)
        self.successResultOf(closed)
        self.bob.hears("reply 2 in #lobby: alice, bob", "[#lobby] alice: 2", "notice Good night.")
        self.assertTrue(self.bob.listener.closed)

    def test_it_ends_twice(self) -> None:
        self.bob.types("/history")
        self.bob.session.close()
        self.bob.session.close()
        self.journal.reads()
        self.assertTrue(self.bob.listener.closed)
        self.bob.session.close()
