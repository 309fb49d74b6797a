"""Telnet's commands leave no trace, however they are cut, and are remembered in constant space."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.frontends.line.telnet import IAC, MAX_SUBNEGOTIATION, MOST_AT_ONCE, Telnet

CLEAN_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SUB, END = IAC + b"\xfa", IAC + b"\xf0"
COMMANDS = [
    b"\xff\xfb\x01", b"\xff\xfc\x03", b"\xff\xfd\n", b"\xff\xfe\xff", b"\xff\xf9", b"\xff\xf4",
    SUB + b"\x1f\x00\x50\x00\x0a" + END, SUB + b"\x18\x00" + IAC + IAC + b"\xf0x\n" + END, SUB + END,
]  # fmt: skip


def stripped(*pieces: bytes) -> bytes:
    telnet = Telnet()
    return b"".join(map(telnet.strip, pieces))


class Commands(SynchronousTestCase):
    @given(st.lists(st.one_of(CLEAN_TEXT.map(str.encode), st.sampled_from(COMMANDS))), st.integers(1, 9))
    def test_they_leave_no_trace_however_they_are_cut(self, pieces: list[bytes], size: int) -> None:
        wire = b"".join(pieces)
        text = b"".join(each for each in pieces if each not in COMMANDS)
        telnet = Telnet()
        self.assertEqual(b"".join(telnet.strip(wire[at : at + size]) for at in range(0, len(wire), size)), text)
        self.assertFalse(telnet.is_within)
        self.assertEqual(telnet.spoken, any(each in COMMANDS for each in pieces))

    @given(st.lists(st.binary()))
    def test_any_bytes(self, pieces: list[bytes]) -> None:
        telnet = Telnet()
        self.assertEqual(b"".join(map(telnet.strip, pieces)), stripped(b"".join(pieces)))
        self.assertLessEqual(len(telnet._held), 2)

    def test_a_doubled_one_is_a_byte_255(self) -> None:
        self.assertEqual(stripped(b"a" + IAC + IAC + b"b"), b"a\xffb")
        self.assertEqual(stripped(b"a" + IAC, IAC + b"b"), b"a\xffb")

    def test_what_is_no_command_stays(self) -> None:
        telnet = Telnet()
        self.assertEqual(telnet.strip(b"\xffber \xff\n"), b"\xffber \xff\n")
        self.assertEqual(telnet.strip(IAC + IAC), IAC)
        self.assertEqual((telnet.spoken, telnet.is_within), (False, False))

    def test_one_that_is_cut_short(self) -> None:
        telnet = Telnet()
        for begin in (IAC, IAC + b"\xfb", SUB, SUB + b"x" + IAC):
            self.assertEqual(telnet.strip(b"alice" + begin), b"alice")
            self.assertTrue(telnet.is_within)
            telnet.forget()
            self.assertEqual(telnet.strip(b"\n"), b"\n")

    def test_so_many_are_no_telnet(self) -> None:
        for junk in (b"\xff\xf1", b"\xff\xfd\x03", IAC + IAC):
            telnet = Telnet()
            telnet.strip(SUB)
            self.assertEqual(telnet.strip(junk * 65_536), junk * 65_536)
            self.assertFalse(telnet.is_within)
        self.assertEqual(stripped(b"\xff\xf1" * MOST_AT_ONCE + b"hi"), b"hi")


class Echo(SynchronousTestCase):
    def setUp(self) -> None:
        self.telnet = Telnet()

    def test_who_never_sent_a_command_is_sent_none(self) -> None:
        self.telnet.strip(b"alice\xff\xff\xff\n")
        self.assertEqual((self.telnet.due(True), self.telnet.due(False)), (b"", b""))

    def test_each_is_said_once(self) -> None:
        self.telnet.strip(b"\xff\xf1")
        said = [self.telnet.due(hides) for hides in (False, True, True, False, False, True)]
        self.assertEqual(said, [b"", b"\xff\xfb\x01", b"", b"\xff\xfc\x01", b"", b"\xff\xfb\x01"])

    def test_no_command_is_answered(self) -> None:
        for verb in range(0xF0, 0xFF):
            for option in range(256):
                if (verb, option) != (0xFD, 3):
                    self.telnet.strip(bytes([0xFF, verb, option]) + END)
        self.assertEqual(self.telnet.due(False), b"")

    def test_but_who_would_send_characters_is_told_once_to_send_lines(self) -> None:
        for due in (b"\xff\xfc\x03", b""):
            self.telnet.strip(b"\xff\xfd\x03")
            self.assertEqual(self.telnet.due(False), due)


class Subnegotiations(SynchronousTestCase):
    def test_one_without_an_end_ends(self) -> None:
        for junk in (b"x", IAC + IAC, IAC + b"x"):
            wire = SUB + junk * (MAX_SUBNEGOTIATION // len(junk)) + b"alice\n"
            self.assertEqual(stripped(wire[:200], wire[200:400], wire[400:]), b"alice\n", junk)
            self.assertEqual(stripped(*(bytes([each]) for each in wire)), b"alice\n", junk)

    def test_an_endless_one_costs_nothing(self) -> None:
        telnet = Telnet()
        for _read in range(100):
            telnet.strip(SUB + b"x" * 65_536)
        self.assertEqual(telnet._held, b"")
