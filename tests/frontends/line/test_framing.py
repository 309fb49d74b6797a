"""Lines from bytes and back: line ends, bad bytes, and browsers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.frontends.connection import looks_like_http
from twisted_chat.frontends.line.framing import MAX_LINE, decode, encode

CLEAN_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"))


class RoundTrips(SynchronousTestCase):
    @given(CLEAN_TEXT)
    def test_any_text_survives(self, text: str) -> None:
        wire = encode(text)
        self.assertTrue(wire.endswith(b"\r\n"))
        self.assertEqual(decode(wire[:-1]), text)

    @given(CLEAN_TEXT)
    def test_the_carriage_return_is_optional(self, text: str) -> None:
        self.assertEqual(decode(text.encode()), decode(text.encode() + b"\r"))

    @given(st.binary())
    def test_any_bytes_become_some_text(self, line: bytes) -> None:
        decode(line).encode()


class Encoding(SynchronousTestCase):
    def test_a_line(self) -> None:
        self.assertEqual(encode("grüß dich"), "grüß dich\r\n".encode())

    def test_a_lone_surrogate_does_not_break_it(self) -> None:
        self.assertEqual(encode("a\ud800b"), b"a?b\r\n")


class Decoding(SynchronousTestCase):
    def test_one_carriage_return_is_the_lines_end(self) -> None:
        self.assertEqual(decode(b"hi\r"), "hi")
        self.assertEqual(decode(b"hi\r\r"), "hi\r")
        self.assertEqual(decode(b"h\ri"), "h\ri")

    def test_2000_characters_of_any_script_fit_a_line(self) -> None:
        self.assertLessEqual(len("😀".encode()) * 2000, MAX_LINE)

    def test_bad_bytes_become_replacement_characters(self) -> None:
        self.assertEqual(decode(b"caf\xe9!"), "caf�!")
        self.assertEqual(decode(b"\xf0\x9f\x98"), "�")
        self.assertEqual(decode(b"\xed\xa0\x80").strip("�"), "", "a surrogate is no UTF-8")


class Browsers(SynchronousTestCase):
    def test_requests(self) -> None:
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE"):
            self.assertTrue(looks_like_http(f"{method} /index.html HTTP/1.1\r".encode()), method)

    def test_people(self) -> None:
        for line in (b"alice", b"GET lost", b"POST", b"get / HTTP/1.1", b"I say GET / HTTP/1.1", b""):
            self.assertFalse(looks_like_http(line), line)
