"""JSON objects on lines: what survives, and what is told about the rest."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.frontends.line import jsonl

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


class RoundTrips(SynchronousTestCase):
    @given(st.dictionaries(TEXT, VALUES))
    def test_any_object_of_clean_text_survives_on_one_line(self, fields: dict[str, object]) -> None:
        wire = jsonl.encode(fields)
        self.assertTrue(wire.endswith(b"\r\n"))
        self.assertEqual(wire.count(b"\n"), 1)
        self.assertEqual(wire.count(b"\r"), 1)
        self.assertEqual(jsonl.decode(wire[:-2]), fields)

    @given(st.dictionaries(TEXT, VALUES))
    def test_any_json_encoder_is_understood(self, fields: dict[str, object]) -> None:
        self.assertEqual(jsonl.decode(json.dumps(fields).encode()), fields)

    @given(st.binary())
    def test_any_bytes_are_an_object_or_refused(self, line: bytes) -> None:
        try:
            found = jsonl.decode(line)
        except jsonl.BadObject as error:
            self.assertTrue(str(error))
        else:
            self.assertIsInstance(found, dict)

    def test_text_goes_out_as_it_is(self) -> None:
        self.assertEqual(jsonl.encode({"text": "grüß 😀", "n": 1}), '{"text":"grüß 😀","n":1}\r\n'.encode())

    def test_2000_escaped_emoji_fit_an_object(self) -> None:
        self.assertLess(len(json.dumps({"type": "say", "room": "#lobby", "text": "😀" * 2000})), jsonl.MAX_OBJECT)

    def test_what_is_no_number_of_json_does_not_go_out(self) -> None:
        with self.assertRaises(ValueError):
            jsonl.encode({"n": float("nan")})


class Refusals(SynchronousTestCase):
    def refused(self, line: bytes) -> str:
        return str(self.assertRaises(jsonl.BadObject, jsonl.decode, line))

    def test_no_json(self) -> None:
        self.assertEqual(self.refused(b'{"type":}'), "no JSON: Expecting value at character 8")
        self.assertEqual(self.refused(b""), "no JSON: Expecting value at character 0")
        self.assertEqual(self.refused(b"{} {}"), "no JSON: Extra data at character 3")

    def test_no_object(self) -> None:
        for line in (b"[]", b"1", b'"hello"', b"null", b"true", b'[{"type":"say"}]'):
            self.assertEqual(self.refused(line), "an object is wanted")

    def test_10000_nested_brackets(self) -> None:
        """How deep is too deep depends on the version of Python; a line without its closing brackets is none anyway."""
        for bracket in (b"[", b'{"a":'):
            self.assertRegex(self.refused(b'{"a":' + bracket * 10_000), "nested too deeply|no JSON")

    def test_nested_deeper_than_any_python_goes(self) -> None:
        self.assertEqual(self.refused(b"[" * 1_000_000 + b"]" * 1_000_000), "nested too deeply")

    def test_what_only_python_takes_for_json(self) -> None:
        for name in (b"NaN", b"Infinity", b"-Infinity"):
            self.assertEqual(self.refused(b'{"a":' + name + b"}"), f"{name.decode()} is no JSON")

    def test_a_number_of_5000_digits(self) -> None:
        self.assertEqual(self.refused(b'{"since":' + b"9" * 5000 + b"}"), "a number is too long")

    def test_bad_utf_8_becomes_replacement_characters(self) -> None:
        self.assertEqual(jsonl.decode(b'{"text":"caf\xe9"}'), {"text": "caf�"})
