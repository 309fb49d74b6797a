"""The codec of the two original dialects, with literals."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client.dialects import (
    GOSSIP,
    NICK_SIZE,
    TUTORIAL,
    Asked,
    Dialect,
    Said,
    Stranger,
    Told,
    Turned,
    lines,
)

IN_USE = Turned("NICK_IN_USE", "bob is taken")


def door(text: str, *, dialect: Dialect = TUTORIAL, answered: bool = False, final: bool = False) -> tuple[list, str]:
    return dialect.at_the_door(text, answered=answered, final=final)


class FirstRequestTests(SynchronousTestCase):
    """Row B: NICK glued to other bytes or cut in two is understood."""

    def test_the_four_bytes(self) -> None:
        """Row A3."""
        self.assertEqual(door("NICK"), ([Asked()], ""))

    def test_glued(self) -> None:
        self.assertEqual(door("hello NICK"), ([Told("hello "), Asked()], ""))
        self.assertEqual(door("NICKhello"), ([Asked(), Told("hello")], ""))
        self.assertEqual(door("one\nNICK\ntwo"), ([Told("one\n"), Asked(), Told("\ntwo")], ""))

    def test_cut(self) -> None:
        for end in ("N", "NI", "NIC"):
            self.assertEqual(door(end), ([], end))
            self.assertEqual(door(f"hello {end}"), ([Told("hello ")], end))
            self.assertEqual(door(f"hello {end}", final=True), ([Told(f"hello {end}")], ""))

    def test_what_only_looks_so(self) -> None:
        self.assertEqual(door("NIX"), ([Told("NIX")], ""))
        self.assertEqual(door("nick"), ([Told("nick")], ""))

    def test_nothing(self) -> None:
        self.assertEqual(door(""), ([], ""))
        self.assertEqual(door("\n"), ([], ""))

    def test_turned_away(self) -> None:
        self.assertEqual(door("!!! SERVER_FULL go away"), ([], "!!! SERVER_FULL go away"))
        full = [Turned("SERVER_FULL", "go away")]
        self.assertEqual(door("!!! SERVER_FULL go away", final=True), (full, ""))
        self.assertEqual(door("!!", final=True), ([Told("!!")], ""))

    def test_a_server_that_speaks_in_lines(self) -> None:
        for dialect in (TUTORIAL, GOSSIP):
            for prompt in ("NICK\r\n", "SERVERPASS\r\n"):
                self.assertEqual(
                    door(prompt, dialect=dialect),
                    ([Stranger(f"the server speaks in lines: leave out --dialect {dialect.name}")], ""),
                )


class NextRequestTests(SynchronousTestCase):
    """Rows A4 and B: after our answer a request stands at the beginning; all else says that we are in."""

    def door(self, text: str, *, final: bool = False) -> tuple[list, str]:
        return door(text, answered=True, final=final)

    def test_again(self) -> None:
        self.assertEqual(self.door("NICK"), ([Asked()], ""))
        self.assertEqual(self.door("NICK\nhello"), ([Asked(), Told("\nhello")], ""))
        self.assertEqual(self.door("NI"), ([], "NI"))
        self.assertEqual(self.door("NI", final=True), ([Told("NI")], ""))

    def test_people_who_speak_of_it(self) -> None:
        for line in ("bob: NICK", "bob joined NICK", "NICKY: hello"):
            self.assertEqual(self.door(line), ([Told(line)], ""))

    def test_a_refusal_ends_with_the_request(self) -> None:
        for between in ("", "\n", "\r\n"):
            self.assertEqual(self.door(f"!!! NICK_IN_USE bob is taken{between}NICK"), ([IN_USE, Asked()], ""))

    def test_a_refusal_cut_anywhere(self) -> None:
        whole = "!!! NICK_IN_USE bob is takenNICK"
        for cut in range(1, len(whole)):
            tokens, rest = self.door(whole[:cut])
            self.assertEqual((tokens, rest), ([], whole[:cut]))
            self.assertEqual(self.door(rest + whole[cut:]), ([IN_USE, Asked()], ""))

    def test_a_refusal_that_nothing_follows(self) -> None:
        self.assertEqual(self.door("!!! NICK_IN_USE bob is taken", final=True), ([IN_USE], ""))

    def test_a_refusal_without_end(self) -> None:
        tokens, rest = self.door("!!! A " + "b" * 3000)
        self.assertEqual((tokens, rest), ([Turned("A", "b" * 3000)], ""))


class WindowDoorTests(SynchronousTestCase):
    """Row C6: the username is given unasked."""

    def door(self, text: str, *, final: bool = False) -> tuple[list, str]:
        return door(text, dialect=GOSSIP, answered=True, final=final)

    def test_any_text(self) -> None:
        for line in ("SERVER~alice added to the chat", "bob~NICK", "NICKY", "NI"):
            self.assertEqual(self.door(line), ([Told(line)], ""))

    def test_the_terminals_server(self) -> None:
        hint = "the server asks with NICK, as the tutorial's does: --dialect tutorial"
        self.assertEqual(self.door("NICK"), ([Stranger(hint)], ""))

    def test_a_refusal_asks_for_the_next_one(self) -> None:
        for begun in ("SERVER~!", "SERVER~!!! NICK_IN_USE bob is taken"):
            self.assertEqual(self.door(begun), ([], begun))
        self.assertEqual(self.door("SERVER~!!! NICK_IN_USE bob is taken", final=True), ([IN_USE, Asked()], ""))


class WritingTests(SynchronousTestCase):
    def test_messages(self) -> None:
        """Rows A9 and C9: the terminal's client names itself, the window's does not; a ~ stays."""
        self.assertEqual(TUTORIAL.message("alice", "häl~lo"), "alice: häl~lo".encode())
        self.assertEqual(GOSSIP.message("alice", "häl~lo"), "häl~lo".encode())

    def test_nicknames(self) -> None:
        for nick in ("alice", "Zoë", "x" * NICK_SIZE):
            self.assertEqual((TUTORIAL.wrong_nick(nick), GOSSIP.wrong_nick(nick)), ("", ""))
        for nick in ("", "x" * (NICK_SIZE + 1), "ä" * NICK_SIZE):
            self.assertIn("a nickname has at", TUTORIAL.wrong_nick(nick))
            self.assertIn("a nickname has at", GOSSIP.wrong_nick(nick))
        self.assertEqual(
            (TUTORIAL.wrong_nick("a~b"), GOSSIP.wrong_nick("a~b")), ("", "there can be no ~ in a nickname here")
        )

    def test_what_fits_is_one_piece(self) -> None:
        self.assertEqual(TUTORIAL.pieces("a  b "), ["a  b "])
        self.assertEqual(TUTORIAL.pieces("x" * 894), ["x" * 894])
        self.assertEqual(GOSSIP.pieces("x" * 2048), ["x" * 2048])
        self.assertEqual(GOSSIP.pieces("  "), [])

    def test_cut_between_words(self) -> None:
        """Rows A12 and C14."""
        text = "word " * 300 + "end"
        found = TUTORIAL.pieces(text)
        self.assertEqual(" ".join(found), text)
        self.assertEqual([len(piece) for piece in found], [894, 608])

    def test_cut_between_characters_where_a_word_is_too_long(self) -> None:
        self.assertEqual([len(piece) for piece in GOSSIP.pieces("x" + "ä" * 2000)], [1024, 977])
        self.assertEqual(GOSSIP.pieces(" " + "€" * 700), [" " + "€" * 682, "€" * 18])

    @given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60), st.integers(1, 60))
    def test_every_piece_fits_and_nothing_is_lost(self, text: str, times: int) -> None:
        for dialect in (TUTORIAL, GOSSIP):
            found = dialect.pieces(text * times)
            self.assertEqual("".join("".join(found).split()), "".join((text * times).split()))
            for piece in found:
                self.assertLessEqual(len(dialect.message("n" * NICK_SIZE, piece)), dialect.size)


class ReadingTests(SynchronousTestCase):
    def test_the_terminals(self) -> None:
        """Row B: everything is shown as it comes."""
        self.assertEqual(TUTORIAL.read("bob: hi: there", "alice"), Said("bob", "hi: there", "bob: hi: there"))
        self.assertEqual(TUTORIAL.read("Al I: x: y", "Al I: x"), Said("Al I: x", "y", "Al I: x: y"))
        for line in ("bob joined the chat!", "*** Welcome: x", ": x", "bob:x", f"{'x' * 65}: y", "SERVER~x"):
            self.assertEqual(TUTORIAL.read(line, "alice"), Said(None, line, line))

    def test_the_windows(self) -> None:
        """Rows C8, C9 and D: up to the first ~ it is the name."""
        self.assertEqual(GOSSIP.read("bob~hi~there", "alice"), Said("bob", "hi~there", "[bob] hi~there"))
        self.assertEqual(GOSSIP.read("alice~", "alice"), Said("alice", "", "[alice] "))
        self.assertEqual(GOSSIP.read("SERVER~bob left", "alice"), Said(None, "bob left", "[SERVER] bob left"))
        self.assertEqual(GOSSIP.read("~x", "alice"), Said(None, "x", "[] x"))
        self.assertEqual(GOSSIP.read("alice: x", "alice"), Said(None, "alice: x", "alice: x"))

    def test_messages_of_the_window_that_were_joined(self) -> None:
        """Row C14."""
        self.assertEqual(GOSSIP.read("[bob] hi", "alice"), Said("bob", "hi", "[bob] hi"))
        # Anybody may have said that, behind a newline: it is not the server's word.
        self.assertEqual(GOSSIP.read("[SERVER] hi", "alice"), Said("SERVER", "hi", "[SERVER] hi"))

    def test_lines(self) -> None:
        self.assertEqual(lines("a\nb\r\n\n c\rd\v"), ["a", "b", " c", "d\v"])
        self.assertEqual(lines("\n"), [])
