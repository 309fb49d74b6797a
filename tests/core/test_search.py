"""Words, spans of time, and what somebody types to look for something."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.durations import LATEST, seconds_of, until, when
from twisted_chat.core.errors import BadRequest, NeedText
from twisted_chat.core.search import MAX_TERMS, Query, Search, Term, parse_query
from twisted_chat.core.words import words_of


class Words(SynchronousTestCase):
    def test_a_table(self) -> None:
        for text, words in (
            ("", []),
            ("Hello, World!", ["hello", "world"]),
            ("snake_case x2", ["snake", "case", "x2"]),
            ("Cr\u00e8me br\u00fbl\u00e9e", ["creme", "brulee"]),
            ("e\u0301te\u0301", ["ete"]),
            ("\ufb01ne \uff37\uff49\uff44\uff45", ["fine", "wide"]),
            ("Stra\u00dfe", ["strasse"]),
            ("\u4f60\u597d\u4e16\u754c", ["\u4f60\u597d", "\u597d\u4e16", "\u4e16\u754c", "\u754c"]),
            ("abc\u4e16\u754cdef", ["abc", "\u4e16\u754c", "\u754c", "def"]),
            ("\uc548\ub155", ["\uc548\ub155", "\ub155"]),
            ("\U0001f98a fox", ["fox"]),
            ("\u041f\u0440\u0438\u0432\u0435\u0442", ["\u043f\u0440\u0438\u0432\u0435\u0442"]),
        ):
            self.assertEqual(words_of(text), words, text)

    @given(st.text())
    def test_every_word_is_found_in_its_text(self, text: str) -> None:
        words = words_of(text)
        for word in words:
            self.assertTrue(Search((Term((word,)),)).fits(words))
        self.assertTrue(Search((Term(tuple(words)),)).fits(words) or not words)

    @given(st.text())
    def test_what_is_folded_stays_so(self, text: str) -> None:
        for word in words_of(text):
            self.assertTrue(word)
            self.assertNotIn(" ", word)


class Spans(SynchronousTestCase):
    def test_they_are(self) -> None:
        self.assertEqual(
            [seconds_of(text) for text in ("90s", "45m", "2H", "3d", "4w")], [90, 2700, 7200, 259_200, 2_419_200]
        )

    def test_they_are_not(self) -> None:
        for text in ("", "2", "h", "0h", "2x", "2 h", "-2h", "1.5h", "9999999s", "\u0663h", "2h "):
            self.assertIsNone(seconds_of(text), text)

    def test_every_moment_can_be_shown(self) -> None:
        for moment, shown in ((0, "1970-01-01 00:00 UTC"), (LATEST, "9999-12-31 23:59 UTC"),
                              (LATEST + 1, "9999-12-31 23:59 UTC"), (10**30, "9999-12-31 23:59 UTC"),
                              (-1, "1970-01-01 00:00 UTC")):  # fmt: skip
            self.assertEqual(when(moment), shown)
        self.assertEqual(until(10**30), " until 9999-12-31 23:59 UTC")


class Queries(SynchronousTestCase):
    def test_a_table(self) -> None:
        for text, query in (
            ("Hello", Query((Term(("hello",)),))),
            ("two words", Query((Term(("two",)), Term(("words",))))),
            ('"two words" more', Query((Term(("two", "words")), Term(("more",))))),
            ('"open end', Query((Term(("open", "end")),))),
            ("begin*", Query((Term(("begin",), prefix=True),))),
            ("\u754c", Query((Term(("\u754c",), prefix=True),))),
            ("\u4e16\u754c", Query((Term(("\u4e16\u754c",)),))),
            ("x from:Alice in:#Dev since:3d before:#12", Query((Term(("x",)),), "alice", "#Dev", 259_200, 12)),
            ("FROM:bob y", Query((Term(("y",)),), "bob")),
            ("http://example.org from", Query((Term(("http", "example", "org")), Term(("from",))))),
            ('"two wor*" "one mo"*', Query((Term(("two", "wor"), prefix=True), Term(("one", "mo"), prefix=True)))),
            ("from:alice", Query(nick="alice")),
            ("in:#dev !!!", Query(room="#dev")),
            ("since:1h", Query(seconds=3600)),
        ):
            self.assertEqual(parse_query(text), query, text)

    def test_what_is_none(self) -> None:
        for name in ("from", "in", "since", "before"):
            self.assertRaises(BadRequest, parse_query, f"x {name}: alice")
        for text in ("", "  ", "!!! ...", '""', "before:#5", "\U0001f98a"):
            self.assertRaises(NeedText, parse_query, text)
        many = " ".join(["x"] * (MAX_TERMS + 1))
        for text in ("x since:soon", "x since:0d", "x before:#y", "x before:\u0663", many):
            self.assertRaises(BadRequest, parse_query, text)

    @given(st.text())
    def test_whatever_is_typed(self, text: str) -> None:
        try:
            query = parse_query(text)
        except (NeedText, BadRequest):
            return
        self.assertTrue(1 <= len(query.terms) <= MAX_TERMS)
        self.assertTrue(all(term.words and all(term.words) for term in query.terms))
