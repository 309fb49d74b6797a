"""How much there may be: characters of a text, rooms on the server, rooms of one person."""

from __future__ import annotations

from tests.core.doubles import arrives, someone
from tests.helpers import CoreCase
from twisted_chat.core.limits import Limits


class Few(CoreCase):
    options = {"limits": Limits(text=5, rooms=10, rooms_of_one=3)}

    def setUp(self) -> None:
        super().setUp()
        self.alice = someone(self, "alice")

    def test_a_text(self) -> None:
        self.alice.types("12345", "123456", "/me 123456", "/topic 123456", "/away 123456")
        refused = "!!! TEXT_TOO_LONG 6 characters; at most 5 are taken"
        self.alice.hears("[#lobby] alice: 12345", refused, refused, refused, refused)

    def test_a_text_of_which_nothing_is_left_out_is_counted_as_it_is_said(self) -> None:
        self.alice.types("1\x1b\x0723\x0045")
        self.alice.hears("[#lobby] alice: 12345")

    def test_rooms_of_one(self) -> None:
        self.alice.types("/join #a", "/join #b")
        self.alice.takes()
        self.alice.types("/join #c")
        self.alice.hears("!!! TOO_MANY_ROOMS a person may be in at most 3 rooms")
        self.assertNotIn("#c", self.chat.rooms)
        self.alice.types("/part #a", "/join #c")
        self.assertIn("#c", self.chat.rooms)

    def test_the_last_fifth_of_the_rooms_is_for_accounts(self) -> None:
        for number in range(4):  # with the lobby one more than guests may make
            arrives(self, f"guest{'abcd'[number]}", rooms=[f"#r{number}", f"#s{number}"])
        self.assertEqual(len(self.chat.rooms), 8)
        self.alice.takes()
        self.alice.types("/join #one_more")
        self.alice.hears("!!! TOO_MANY_ROOMS this server has at most 8 rooms")
        self.alice.types("/register open sesame")
        self.turn()
        self.alice.takes()
        self.alice.types("/join #one_more")
        self.assertEqual(len(self.chat.rooms), 9)

    def test_other_limits_hold_from_then_on(self) -> None:
        self.chat.limits = Limits(text=6)
        self.alice.types("123456")
        self.alice.hears("[#lobby] alice: 123456")
