from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.frontends.unframed.case import write_out
from twisted_chat.frontends.unframed.codec import (
    MAX_NAME,
    ends_within_character,
    name_to_ascii,
    pieces,
    spoken,
    to_ascii,
)

WORDS = st.text(st.characters(codec="utf-8"), max_size=200)


class Characters(SynchronousTestCase):
    def test_whole_ones(self) -> None:
        for text in ("", "a", "é", "€", "👍", "né", "x👍"):
            self.assertFalse(ends_within_character(text.encode()), text)

    def test_cut_ones(self) -> None:
        for text in ("é", "€", "👍"):
            data = f"ab{text}".encode()
            for end in range(3, len(data)):
                self.assertTrue(ends_within_character(data[:end]), data[:end])

    def test_what_begins_no_character(self) -> None:
        for data in (b"\x80", b"\x80\x80\x80\x80", b"\xff", b"\xf5", b"\xc0", b"\xc1", b"a\xbf"):
            self.assertFalse(ends_within_character(data), data)

    @given(WORDS, WORDS)
    def test_between_two_characters(self, before: str, after: str) -> None:
        data = (before + after).encode()
        self.assertFalse(ends_within_character(data[: len(before.encode())]))


class Prefixes(SynchronousTestCase):
    """A9: the speaker's own `nick: ` is taken away, nothing else."""

    def test_ones_own(self) -> None:
        for line, nicks, text in (
            ("alice: hi", ["alice"], "hi"),
            ("alice: alice: hi", ["alice"], "alice: hi"),
            ("alice: ", ["alice"], ""),
            ("al: hi", ["alice", "al"], "hi"),
        ):
            self.assertEqual(spoken(line, nicks), text)

    def test_anybody_elses_is_text(self) -> None:
        for line in ("bob: hi", "hi", "", "alice:hi", "Alice: hi", " alice: hi", "alic: hi"):
            self.assertEqual(spoken(line, ["alice"]), line)

    def test_it_is_a_prefix_and_nothing_else(self) -> None:
        self.assertEqual(spoken("ed: it is needed: /quit", ["ed"]), "it is needed: /quit")
        self.assertEqual(spoken(": note: this", [""]), ": note: this")


class Pieces(SynchronousTestCase):
    def test_what_fits(self) -> None:
        self.assertEqual(pieces("abcd", 4), ["abcd"])
        self.assertEqual(pieces("", 4), [""])

    def test_between_words(self) -> None:
        self.assertEqual(pieces("one two three", 8), ["one two", "three"])
        self.assertEqual(pieces("one two three", 7), ["one two", "three"])
        self.assertEqual(pieces("one two three", 6), ["one", "two", "three"])

    def test_a_long_word(self) -> None:
        self.assertEqual(pieces("abcdefghij", 4), ["abcd", "efgh", "ij"])
        self.assertEqual(pieces("é€👍x", 4), ["é", "€", "👍", "x"])

    def test_no_room_at_all(self) -> None:
        for size in (3, 0, -100):
            self.assertRaises(ValueError, pieces, "x", size)

    @given(WORDS, st.integers(4, 40))
    def test_nothing_is_lost(self, text: str, size: int) -> None:
        found = pieces(text, size)
        self.assertLessEqual(max(len(each.encode()) for each in found), size)
        rest = text
        for piece in found:
            rest = rest if rest.startswith(piece) else rest.removeprefix(" ")
            self.assertTrue(rest.startswith(piece))
            rest = rest[len(piece) :]
        self.assertIn(rest, ("", " "))


class Ascii(SynchronousTestCase):
    def test_written_out(self) -> None:
        self.assertEqual(to_ascii("Café — Straße", write_out), "Cafe - Strasse")
        self.assertEqual(to_ascii("Cafe\u0301", write_out), "Cafe")

    def test_what_has_no_letters(self) -> None:
        self.assertEqual(to_ascii("a\ue000b", write_out), "a?b")
        self.assertEqual(to_ascii("x\ufe0f\u200d\u0338", write_out), "x")

    def test_without_the_library(self) -> None:
        self.assertEqual(to_ascii("Café — Straße", None), "Caf? ? Stra?e")

    def test_a_name(self) -> None:
        self.assertEqual(name_to_ascii("alice", write_out), "alice")
        self.assertEqual(name_to_ascii("#caf\u00e9", write_out), "#cafe~")
        self.assertEqual(name_to_ascii("caf\u00e9", None), "caf?~")
        self.assertEqual(name_to_ascii("\u0430", write_out), "?~")

    def test_what_letters_become_that_no_name_holds(self) -> None:
        for letter, written in (("\u02d0", ":"), ("\u0980", "*"), ("\ua71d", "!"), ("\u02e3", " ")):
            found = name_to_ascii(f"bob{letter}", {letter: written}.get)  # type: ignore[arg-type]
            self.assertEqual(found, "bob~")

    def test_a_long_name(self) -> None:
        from anyascii import anyascii

        found = name_to_ascii("#" + "\U00016809" * 49, anyascii)
        self.assertEqual(len(found), MAX_NAME + 1)
        self.assertTrue(found.endswith("~"))

    def test_with_the_library_no_byte_is_above_127_and_none_a_control(self) -> None:
        from anyascii import anyascii

        everything = "".join(chr(code) for code in range(160, 0x110000) if not 0xD800 <= code < 0xE000)
        found = to_ascii(everything, anyascii)
        self.assertTrue(found.isascii())
        self.assertTrue(found.isprintable())
        self.assertEqual(to_ascii("Žluťoučký kůň, 北京, Москва", anyascii), "Zlutoucky kun, BeiJing, Moskva")
