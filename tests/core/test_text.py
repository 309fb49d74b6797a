from __future__ import annotations

from unicodedata import category

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.text import clean, shortened

ANY_TEXT = st.text(st.characters(categories=None), max_size=60) | st.text(
    st.sampled_from("ab\t\n\r\x1b\x7f\x85\u200d\u200e\u202e\u2066\u2028\ud800\U000e0041\u061c"), max_size=20
)


class Cleaning(SynchronousTestCase):
    def test_plain_text_stays(self) -> None:
        for text in ("", "hello", "naïve 美咲 🎉"):
            self.assertIs(clean(text), text)

    def test_a_tab_stays(self) -> None:
        self.assertEqual(clean("a\tb"), "a\tb")

    def test_joiners_stay(self) -> None:
        family = "👨\u200d👩\u200d👧 \u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \u00a0"
        self.assertEqual(clean(family), family)

    def test_controls_go(self) -> None:
        self.assertEqual(clean("\x1b[31mred\x07\x00\x7f\x9b2J"), "[31mred2J")

    def test_directions_go(self) -> None:
        self.assertEqual(clean("a\u202eb\u2066c\u2069\u200e\u200f\u061cd"), "abcd")

    def test_tags_and_lone_surrogates_go(self) -> None:
        self.assertEqual(clean("a\U000e0041\U000e007f\U000e0000\ud83db\udfff"), "ab")

    def test_what_ends_a_line_anywhere_becomes_a_space(self) -> None:
        self.assertEqual(clean("a\nb\rc\vd\fe\x85f\u2028g\u2029h"), "a b c d e f g h")

    @settings(deadline=None, max_examples=500, database=None, derandomize=True)
    @given(ANY_TEXT)
    def test_nothing_harmful_is_left_and_nothing_more_to_do(self, text: str) -> None:
        cleaned = clean(text)
        for character in cleaned:
            self.assertTrue(character == "\t" or category(character) not in ("Cc", "Cs", "Zl", "Zp"), repr(text))
            self.assertNotIn(character, "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
            self.assertFalse(0xE0000 <= ord(character) < 0xE0080, repr(text))
        self.assertEqual(clean(cleaned), cleaned)
        cleaned.encode()  # what is clean can be sent


class Shortening(SynchronousTestCase):
    def test_what_fits_stays(self) -> None:
        self.assertEqual(shortened("a" * 60), "a" * 60)

    def test_what_does_not_is_cut(self) -> None:
        self.assertEqual(shortened("a" * 61), "a" * 57 + "...")
        self.assertEqual(shortened("abcdefgh", 5), "ab...")
