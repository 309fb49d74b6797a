"""From bytes to lines of text and back. Pure."""

from __future__ import annotations

import re

MAX_LINE = 8 * 1024
"""Bytes of a line from a person, its end not counted: 2,000 characters of any script fit."""

# RFC 854: IAC WILL/WONT/DO/DONT option, IAC SB ... IAC SE, IAC IAC for a byte 255, IAC command.
_TELNET = re.compile(rb"\xff(?:[\xfb-\xfe].?|\xfa.*?(?:\xff\xf0|$)|(\xff)|.|$)", re.DOTALL)


def decode(line: bytes) -> str:
    """The text of a line without its LF: telnet options dropped, a CR at its end too, bad bytes become U+FFFD."""
    if b"\xff" in line:
        line = _TELNET.sub(rb"\1", line)
    if line.endswith(b"\r"):
        line = line[:-1]
    return line.decode("utf-8", "replace")


def encode(line: str) -> bytes:
    """A line for the wire, with its CR LF."""
    return line.encode("utf-8", "replace") + b"\r\n"
