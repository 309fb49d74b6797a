"""What counts for more than a line, whatever door it was typed at."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.core.doubles import Someone, someone
from tests.helpers import CoreCase
from twisted_chat.boundaries import Origin
from twisted_chat.core.chat import REGISTRATIONS
from twisted_chat.core.prices import FOR, Prices, Repeats


class Again(SynchronousTestCase):
    def setUp(self) -> None:
        self.repeats = Repeats()

    def test_the_same_words(self) -> None:
        self.assertFalse(self.repeats.again("buy this", 0.0))
        for text in ("buy this", "BUY  THIS", " buy\tthis"):
            self.assertTrue(self.repeats.again(text, 1.0), text)

    def test_among_the_last_four(self) -> None:
        for text in "abcd":
            self.assertFalse(self.repeats.again(text, 0.0))
        for text in "abcdabcd":
            self.assertTrue(self.repeats.again(text, 1.0))
        self.assertFalse(self.repeats.again("e", 1.0))
        self.assertFalse(self.repeats.again("a", 1.0))

    def test_within_a_minute(self) -> None:
        self.repeats.again("ok", 0.0)
        self.assertTrue(self.repeats.again("ok", FOR - 1))
        self.assertFalse(self.repeats.again("ok", 2 * FOR))


class Paying(CoreCase):
    options = {"prices": Prices(change=5, repeat=3)}

    def setUp(self) -> None:
        super().setUp()
        self.alice, self.bob = someone(self, "alice"), someone(self, "bob")

    def pays(self, who: Someone, *lines: str) -> int:
        before = who.listener.charged
        who.types(*lines)
        return who.listener.charged - before

    def test_changes(self) -> None:
        for line in ("/join #dev", "/nick alicia", "/topic hi", "/away", "/back", "/part #dev"):
            self.assertEqual(self.pays(self.alice, line), 4, line)

    def test_what_was_refused_or_changes_nothing_is_a_line(self) -> None:
        for line in ("/join dev", "/join #lobby", "/nick bob", "/nick alice", "/part #dev", "hi", "/names"):
            self.assertEqual(self.pays(self.alice, line), 0, line)

    def test_repetitions(self) -> None:
        self.assertEqual(self.pays(self.alice, "spam", "other"), 0)
        self.assertEqual(self.pays(self.alice, "spam"), 2)
        self.assertEqual(self.pays(self.alice, "/me spam"), 2)
        self.assertEqual(self.pays(self.alice, "/msg bob spam"), 2)
        self.assertEqual(self.pays(self.bob, "spam"), 0)
        self.assertEqual(self.bob.takes()[-1], "[#lobby] bob: spam")

    def test_logging_in_moves_somebody_out_of_all_rooms_and_in_again(self) -> None:
        self.alice.types("/register open sesame", "/join #dev")
        self.assertEqual(self.pays(self.alice, "/logout"), 5 * 3)


class Registering(CoreCase):
    def comes(self, nick: str, network: str) -> Someone:
        who = someone(self, nick)
        who.listener.origin = Origin(network, secure=True)
        return who

    def registers(self, nick: str, network: str, password: str = "open sesame") -> str:
        who = self.comes(nick, network)
        who.types(f"/register {password}")
        return who.takes()[-1]

    def test_three_in_ten_minutes_from_one_network(self) -> None:
        for nick in ("anna", "berta", "clara"):
            self.assertIn(f"{nick} is yours now", self.registers(nick, "192.0.2.1"))
        self.assertEqual(
            self.registers("dora", "192.0.2.1"),
            "!!! BUSY 3 in 10 minutes are registered from one address at most; wait 200 seconds",
        )
        self.assertIn("emma is yours now", self.registers("emma", "192.0.2.2"))
        self.clock.advance(REGISTRATIONS.seconds)
        self.assertIn("frida is yours now", self.registers("frida", "192.0.2.1"))

    def test_what_came_to_nothing_does_not_count(self) -> None:
        for number in range(10):
            self.assertIn("BAD_PASSWORD", self.registers(f"anna_{number * 7}x", "192.0.2.1", "short"))
        self.assertIn("berta is yours now", self.registers("berta", "192.0.2.1"))

    def test_who_is_not_counted_apart(self) -> None:
        for nick in ("anna", "berta", "clara", "dora", "emma"):
            self.assertIn(f"{nick} is yours now", self.registers(nick, ""))
