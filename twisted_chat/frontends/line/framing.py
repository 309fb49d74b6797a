"""From bytes to lines of text and back. Pure."""

from __future__ import annotations

MAX_LINE = 8 * 1024
"""Bytes of a line from a person, its end not counted: 2,000 characters of any script fit."""


def decode(line: bytes) -> str:
    """The text of a line without its LF: a CR at its end is dropped, bad bytes become U+FFFD."""
    if line.endswith(b"\r"):
        line = line[:-1]
    return line.decode("utf-8", "replace")


def encode(line: str) -> bytes:
    """A line for the wire, with its CR LF."""
    return line.encode("utf-8", "replace") + b"\r\n"
