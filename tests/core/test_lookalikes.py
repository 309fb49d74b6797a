"""A new name may not look like one that is there."""

from __future__ import annotations

from confusable_homoglyphs.confusables import confusables_data
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.helpers import CoreCase
from twisted_chat.core.errors import BadNick, BadRoom, NickConfusable, NickInUse
from twisted_chat.core.lookalikes import Looks, looks, mixes_scripts
from twisted_chat.core.names import parse_nick
from twisted_chat.core.people import Names, Person

ALIKE = [
    # what is there, what comes, how it is refused
    ("alice", "ALICE", NickInUse),  # case
    ("Straße", "STRASSE", NickInUse),
    ("alice", "\uff41\uff4c\uff49\uff43\uff45", NickInUse),  # width
    ("fish", "\ufb01sh", NickInUse),  # ligature
    ("\u00e9ve", "e\u0301ve", NickInUse),  # combining: the same letter
    ("Iarry", "larry", NickConfusable),  # I and l
    ("larry", "1arry", BadNick),  # a digit comes first
    ("hello", "hel1o", NickConfusable),
    ("Bob", "B0B", NickConfusable),
    ("mark", "rnark", NickConfusable),
    ("scope", "\u0455\u0441\u043e\u0440\u0435", NickConfusable),  # Cyrillic through and through
    ("mia", "\u041c\u0406\u0410", NickConfusable),  # Cyrillic capitals: the small letters look different
    ("\u041c\u0406\u0410", "mia", NickConfusable),
    ("TOM", "\u0442\u043e\u043c", NickConfusable),  # and the other way about
    ("TOM", "\u0422\u043e\u043c", NickConfusable),
    ("tom", "\u0442\u043e\u043c", NickConfusable),
    ("nina", "\u03bd\u03b9\u03bd\u03b1", NickConfusable),  # Greek
    ("mia", "m1a", NickConfusable),  # 1 looks like the I of MIA
    ("al1ce", "alice", NickConfusable),
    ("alice", "\u0430lice", BadNick),  # mixed script: Cyrillic a
    ("omega", "\u03bfmega", BadNick),  # Greek o
    ("alice", "ali\u200bce", BadNick),  # zero width
    ("alice", "alice\u200d", BadNick),
    ("alice", "\u202eecila", BadNick),  # bidi
    ("alice", "alice\u05d0", BadNick),  # directions
    ("alice", "a\u0301\u0302\u0303\u0304lice", BadNick),  # stacked marks
    ("alice", "al\U0001d4bece", NickInUse),  # mathematical i
]

DIFFERENT = [
    ("alice", "alicia"), ("anna", "ann"), ("alice2", "alice3"), ("eve", "\u00e9v\u00e9"), ("u", "\u00fc"),
    ("i", "l"), ("Neil", "Nell"), ("mail", "mall"), ("anna", "\u0410\u043d\u043d\u0430"),
    ("\u7f8e\u54b2", "\u7f8e\u82b1"), ("omega", "\u03a9"), ("bob", "rob"), ("x_y", "x-y"), ("[a]", "a}"),
]  # fmt: skip


def somebody(number: str) -> Person:
    return Person(number, parse_nick("somebody"), 0)


class Nicknames(SynchronousTestCase):
    def test_the_table(self) -> None:
        for there, coming, error in ALIKE:
            names = Names()
            names.reserve(parse_nick(there), somebody("1"))
            with self.assertRaises(error, msg=f"{there} {coming}"):
                names.reserve(parse_nick(coming), somebody("2"))

    def test_different_ones(self) -> None:
        names = Names()
        for number, nick in enumerate({nick for pair in DIFFERENT for nick in pair}):
            names.reserve(parse_nick(nick), somebody(str(number)))

    def test_500_pairs_of_unicodes(self) -> None:
        tried = 0
        for character, found in sorted(confusables_data.items()):
            for one in found:
                names = Names()
                try:
                    first, second = parse_nick(f"x{character}x"), parse_nick(f"x{one['c']}x")
                except BadNick:
                    continue
                names.reserve(first, somebody("1"))
                with self.assertRaises((NickInUse, NickConfusable), msg=f"{first.text} {second.text}"):
                    names.reserve(second, somebody("2"))
                tried += 1
        self.assertGreater(tried, 500)

    def test_ones_own_may(self) -> None:
        names, person = Names(), somebody("1")
        names.reserve(parse_nick("Iarry"), person)
        names.reserve(parse_nick("larry"), person)
        names.release(parse_nick("Iarry").key, person)
        error = self.assertRaises(NickConfusable, names.reserve, parse_nick("Iarry"), somebody("2"))
        self.assertEqual(str(error), "Iarry looks too much like somebody")
        names.release(parse_nick("larry").key, person)
        names.reserve(parse_nick("Iarry"), somebody("2"))

    def test_nothing_is_left_behind(self) -> None:
        names, person = Names(), somebody("1")
        for nick in ("Alice", "alice", "ALICE", "Iarry"):
            names.reserve(parse_nick(nick), person)
        for nick in ("alice", "Iarry"):
            names.release(parse_nick(nick).key, person)
        self.assertEqual((names._looks._keys, names._looks._looks), ({}, {}))


class Scripts(SynchronousTestCase):
    def test_what_is_written_together(self) -> None:
        for name in (
            "alice2",
            "\u30ab\u30bf\u30ab\u30ca-x",
            "\u7f8e\u54b2san",
            "\uae40kim",
            "\u043c\u0430\u0440\u0438\u044f_1",
            "\u0645\u0661",
        ):
            self.assertFalse(mixes_scripts(name), name)

    def test_what_is_not(self) -> None:
        for name in ("p\u0430ypal", "\u03a9mega", "\u7f8e\u043c", "\uae40\u30ab"):
            self.assertTrue(mixes_scripts(name), name)


class Any(SynchronousTestCase):
    @given(st.text(max_size=20))
    def test_a_text_looks_like_itself(self, text: str) -> None:
        self.assertTrue(looks(text))
        found = Looks()
        found.add("key", text)
        self.assertIn("key", list(found.like(text)))
        found.discard("key")
        self.assertEqual(list(found.like(text)), [])


class InTheChat(CoreCase):
    def test_a_nickname(self) -> None:
        self.enter("Iarry")
        with self.assertRaises(NickConfusable):
            self.enter("larry")

    def test_a_room(self) -> None:
        alice, _listener = self.enter("alice")
        alice.join("#scope")
        error = self.assertRaises(BadRoom, alice.join, "#\u0455\u0441\u043e\u0440\u0435")
        self.assertEqual(str(error), "#\u0455\u0441\u043e\u0440\u0435 looks too much like the name of another room")
        alice.part("#scope")
        self.turn()
        alice.join("#\u0455\u0441\u043e\u0440\u0435")
