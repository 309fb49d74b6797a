"""What comes over the wire is read without trusting it."""

from datetime import UTC, datetime

from hypothesis import example, given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client import untrusted
from twisted_chat.core import text as core


class CleanTests(SynchronousTestCase):
    def test_nothing_moves_a_cursor(self) -> None:
        for text in ("\x1b[2J", "\x07", "\x7f", "\x9b2J", "\u202e", "\u2066", "\udc80", "\U000e0041", "\x00"):
            self.assertNotIn(text[0], untrusted.clean(f"a{text}b"))

    def test_a_line_stays_a_line(self) -> None:
        self.assertEqual(untrusted.clean("a\r\nb\u2028c\x85d\ve"), "a  b c d e")

    @given(st.text())
    @example("".join(map(chr, range(0x3000))) + "\udc80\ud800\U000e0001\U000e007f\U000e0080")
    def test_it_cleans_as_the_server_does(self, text: str) -> None:
        """What the user's own clean text is, the server must not change."""
        self.assertEqual(untrusted.clean(text), core.clean(text))

    def test_other_text_stays_as_it_is(self) -> None:
        self.assertEqual(untrusted.clean("tab\täöü 漢字 👩‍🚀"), "tab\täöü 漢字 👩‍🚀")


class FieldTests(SynchronousTestCase):
    def test_wrong_types_read_as_empty(self) -> None:
        for wrong in (None, 1, True, 1.5, [], {}, [1, None]):
            fields = {"key": wrong}
            self.assertEqual(untrusted.text(fields, "key"), "")
            self.assertIsNone(untrusted.optional_text(fields, "key"))
            self.assertEqual(untrusted.texts(fields, "key"), [])
            self.assertEqual(untrusted.objects(fields, "key"), [])
        self.assertIsNone(untrusted.number({"key": True}, "key"))
        self.assertIsNone(untrusted.number({"key": "1"}, "key"))

    def test_right_types(self) -> None:
        fields = {"a": "x\x1b", "b": 7, "c": ["p", 1, "q\n"], "d": [{"e": 1}, 2]}
        self.assertEqual(untrusted.text(fields, "a"), "x")
        self.assertEqual(untrusted.optional_text(fields, "a"), "x")
        self.assertEqual(untrusted.number(fields, "b"), 7)
        self.assertEqual(untrusted.texts(fields, "c"), ["p", "q "])
        self.assertEqual(untrusted.objects(fields, "d"), [{"e": 1}])

    def test_moments(self) -> None:
        expected = datetime(2026, 11, 22, 20, 0, 0, 123000, UTC)
        self.assertEqual(untrusted.moment({"time": "2026-11-22T20:00:00.123Z"}), expected)
        for wrong in ("", "soon", "2026-11-22T20:00:00", 3):
            self.assertIsNone(untrusted.moment({"time": wrong}))
