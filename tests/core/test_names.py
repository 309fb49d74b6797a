from __future__ import annotations

import contextlib
from unicodedata import category

from hypothesis import example, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.errors import BadNick, BadRoom, NickReserved
from twisted_chat.core.names import MAX_NICK, RESERVED, Name, fold, parse_nick, parse_room, similar

ANY_TEXT = st.text(max_size=40) | st.text(st.characters(categories=("L", "N", "M", "C")), max_size=8)


class FoldedTwice(SynchronousTestCase):
    def test_what_folding_takes_apart_is_put_together_again(self) -> None:
        """U+01F0 has no capital of its own: folding makes two characters of it, which a second NFKC makes one."""
        self.assertEqual(fold("\u01f0"), "\u01f0")
        self.assertEqual(fold("j\u030c"), fold("\u01f0"))
        self.assertEqual(fold("J\u030c"), fold("\u01f0"))


class Nicknames(SynchronousTestCase):
    def refused(self, text: str) -> str:
        return str(self.assertRaises(BadNick, parse_nick, text))

    def test_a_plain_one(self) -> None:
        self.assertEqual(parse_nick("Alice"), Name("Alice", "alice"))

    def test_blanks_around_it_do_not_count(self) -> None:
        self.assertEqual(parse_nick(" \talice\t "), Name("alice", "alice"))

    def test_letters_of_any_script_and_the_marks(self) -> None:
        for nick in (
            "Łukasz",
            "Ωμέγα",
            "мария",
            "美咲",
            "नमस्ते",
            "عمر",
            "x-1",
            "_",
            "[a]",
            "\\o",
            "^_^",
            "|",
            "`",
            "}{",
            "a" * 32,
        ):
            self.assertEqual(parse_nick(nick).text, nick)

    def test_empty(self) -> None:
        self.assertEqual(self.refused("  \t"), "a nickname needs at least one character")

    def test_too_long(self) -> None:
        self.assertEqual(self.refused("a" * 33), "a nickname has at most 32 characters")

    def test_the_length_is_counted_as_it_is_shown(self) -> None:
        self.assertEqual(parse_nick("e\u0301" * 32).text, "\u00e9" * 32)

    def test_a_wrong_character_is_named(self) -> None:
        self.assertEqual(self.refused("a:b"), "a nickname holds letters, digits and _ - [ ] { } \\ ^ | `, not : U+003A")

    def test_one_that_can_not_be_shown_is_named_by_its_number(self) -> None:
        for nick, number in (("a\x1bb", "U+001B"), ("a\u202eb", "U+202E"), ("a\u3000b", "U+3000")):
            self.assertTrue(self.refused(nick).endswith(f"`, not {number}"), nick)

    def test_what_the_key_would_hold_counts_too(self) -> None:
        for nick in ("a\u037a", "a\ufdfa"):  # letters, but with a space in what they are compared by
            self.assertEqual(self.refused(nick), "a nickname may not hold a blank", nick)

    def test_invisible_letters_and_marks(self) -> None:
        for character in "\u3164\u115f\u034f\u180b\ufe0f\U000e0100":
            self.assertEqual(
                self.refused(f"a{character}"),
                f"a nickname may not hold the invisible character U+{ord(character):04X}",
            )

    def test_combining_marks_do_not_stack_or_lead(self) -> None:
        self.assertEqual(parse_nick("q\u0323\u0307").text, "q\u0323\u0307")
        for nick in ("q\u0323\u0307\u0302", "\u0323q", "_\u0301\u0302\u0303"):
            self.assertEqual(self.refused(nick), "a nickname may not hold stacked or leading combining marks", nick)

    def test_a_letter_or_a_mark_ends_a_row_of_combining_marks(self) -> None:
        for nick in ("q\u0323\u0307q\u0323\u0307", "q\u0323\u0307_\u0323\u0307"):
            self.assertEqual(parse_nick(nick).text, nick)

    def test_what_it_may_not_begin_with(self) -> None:
        for nick in ("1up", "-x", "{x}", "\u0661a", "\uff11a", "\uff5bx"):
            complaint = self.refused(nick)
            self.assertTrue(complaint.startswith("a nickname "), nick)
        self.assertEqual(self.refused("1up"), "a nickname begins with a letter or one of _ [ ] } \\ ^ | `")
        self.assertEqual(self.refused("{"), "a nickname begins with a letter or one of _ [ ] } \\ ^ | `")

    def test_reserved_words_in_any_case_and_form(self) -> None:
        self.assertIn("server", RESERVED)
        for nick in ("server", "SERVER", "\uff33erver", "Nick", "here", "SERVER]", "[admin]"):
            self.assertEqual(str(self.assertRaises(NickReserved, parse_nick, nick)), f"{nick} is a reserved word")

    def test_what_looks_like_a_reserved_word(self) -> None:
        for nick in ("systern", "adrnin", "operat0r", "Iobby", "|obby", "[R00T]", "adm|n"):
            self.assertRaises(NickReserved, parse_nick, nick)
        self.assertEqual(parse_nick("administrator").text, "administrator")

    def test_what_a_standard_refuses_after_it_made_something_else_of_it(self) -> None:
        self.assertEqual(self.refused("\ufc55\u0640"), "a nickname may not hold U+0640 there")

    def test_the_same_but_for_case_and_form(self) -> None:
        for one, other in (
            ("ALICE", "alice"),
            ("Straße", "STRASSE"),
            ("\uff41lice", "alice"),
            ("ﬁn", "fin"),
            ("\u03a3\u03b1\u03c2", "\u03c3\u03b1\u03c3"),
        ):
            self.assertEqual(parse_nick(one).key, parse_nick(other).key)

    def test_not_the_same(self) -> None:
        self.assertNotEqual(parse_nick("alice").key, parse_nick("alicë").key)


class Rooms(SynchronousTestCase):
    def refused(self, text: str) -> str:
        return str(self.assertRaises(BadRoom, parse_room, text))

    def test_a_plain_one(self) -> None:
        self.assertEqual(parse_room(" #Dev "), Name("#Dev", "#dev"))

    def test_a_digit_or_a_dash_may_come_first(self) -> None:
        for room in ("#1", "#-x", "#{x}", "#" + "a" * 49):
            self.assertEqual(parse_room(room).text, room)

    def test_without_its_mark(self) -> None:
        for room in ("dev", "", "\uff03dev"):
            self.assertEqual(self.refused(room), "a room's name begins with #")

    def test_with_nothing_after_it(self) -> None:
        self.assertEqual(self.refused("#"), "a room's name needs at least one character after the #")

    def test_too_long(self) -> None:
        self.assertEqual(self.refused("#" + "a" * 50), "a room's name has at most 49 characters after the #")

    def test_wrong_characters(self) -> None:
        self.assertTrue(self.refused("##").startswith("a room's name holds letters, digits and"))
        self.assertEqual(self.refused("#a b"), "a room's name may not hold a blank")
        self.assertTrue(self.refused("#a,b").endswith("not , U+002C"))
        self.assertEqual(self.refused("#a\ufdfa"), "a room's name may not hold a blank")


class Whatever(SynchronousTestCase):
    """What holds for any text."""

    @settings(deadline=None, max_examples=500, database=None, derandomize=True)
    @given(ANY_TEXT)
    @example("ᾳ")
    @example("ẞ\u0345")
    @example("ŉa")
    def test_what_is_a_nickname_can_be_shown_and_compared(self, text: str) -> None:
        try:
            name = parse_nick(text)
        except (BadNick, NickReserved):
            return
        self.assertEqual(fold(name.text), name.key)
        self.assertEqual(fold(name.key), name.key)
        self.assertEqual(parse_nick(name.text), name)
        for character in name.text + name.key:
            self.assertNotIn(category(character)[0], "CZP" if character not in "_-[]{}\\" else "CZ", repr(text))

    @settings(deadline=None, max_examples=1_000, database=None, derandomize=True)
    @given(st.text(st.characters(categories=("L", "M", "Nd")), min_size=1, max_size=6))
    @example("\ufc55\u0640")
    def test_it_is_a_name_or_it_is_said_why_not(self, text: str) -> None:
        with contextlib.suppress(BadNick, NickReserved):
            parse_nick(text)
        with contextlib.suppress(BadRoom):
            parse_room(f"#{text}")

    @settings(deadline=None, max_examples=300, database=None, derandomize=True)
    @given(ANY_TEXT)
    def test_a_room_is_a_mark_and_the_same_alphabet(self, text: str) -> None:
        try:
            nick = parse_nick(text)
        except (BadNick, NickReserved):
            return
        self.assertEqual(parse_room(f"#{nick.text}"), Name(f"#{nick.text}", f"#{nick.key}"))


class Similar(SynchronousTestCase):
    def first(self, nick: str) -> str:
        return next(similar(nick))

    def test_a_valid_one_and_then_with_numbers(self) -> None:
        names = similar("alice")
        self.assertEqual([next(names) for _name in range(3)], ["alice", "alice2", "alice3"])

    def test_a_bad_one(self) -> None:
        for nick, found in (
            ("John Smith", "John_Smith"),
            (" a~b! ", "a_b"),
            ("7up", "_7up"),
            ("admin", "_admin"),
            ("", "guest"),
            ("~ ~", "guest"),
            ("\u202eeve", "eve"),
            ("e\u0301", "\xe9"),
        ):
            self.assertEqual(self.first(nick), found, nick)

    def test_a_long_one(self) -> None:
        names = list(similar("x" * 100))
        self.assertEqual({len(name) for name in names}, {MAX_NICK})
        self.assertEqual(len(set(names)), len(names))

    @given(ANY_TEXT)
    def test_they_are_valid(self, text: str) -> None:
        names = similar(text)
        for _name in range(12):
            parse_nick(next(names))
