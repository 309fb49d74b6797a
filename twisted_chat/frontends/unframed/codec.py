"""What is a message where nothing marks its end, and how one is cut to fit into one read. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from unicodedata import category, normalize

SPACING = 0.05
"""Seconds between two writes: who reads meanwhile gets each by itself."""

REST_WITHIN = 0.2
"""Seconds that a read which ends within a character waits for the rest of it."""

_MARKS = frozenset(("Mn", "Mc", "Me", "Cf"))

_GLUED = r"(?<=[^\s<\"'(\[{{*@]){}"
"""Where one's own prefix can't be part of what one says: behind a blank or a quotation mark it may be."""


def ends_within_character(data: bytes) -> bool:
    """Whether `data` ends with the beginning of a UTF-8 character."""
    for back in range(1, min(3, len(data)) + 1):
        byte = data[-back]
        if byte & 0xC0 != 0x80:  # the first byte of a character
            length = 4 if 0xF0 <= byte <= 0xF4 else 3 if 0xE0 <= byte < 0xF0 else 2 if 0xC2 <= byte < 0xE0 else 1
            return length > back
    return False


def spoken(line: str, nicks: Iterable[str]) -> list[str]:
    """What somebody called one of `nicks` said, whose client puts ``nick: `` before everything.

    What was typed quickly or pasted arrives in one piece, each line of it with that prefix: it is parted there.
    """
    for nick in nicks:
        prefix = f"{nick}: "
        if line.startswith(prefix):
            return re.split(_GLUED.format(re.escape(prefix)), line[len(prefix) :])
    return [line]


def pieces(text: str, size: int) -> list[str]:
    """`text` in pieces of at most `size` (4 or more) bytes of UTF-8, cut between words, or where a word is longer,
    between characters. A blank at a cut is left out."""
    found = []
    while len(text) > size or len(text.encode()) > size:
        head = text.encode()[:size].decode("utf-8", "ignore")
        end = len(head) if text[len(head)] == " " else head.rfind(" ")
        if end <= 0:
            end = len(head)
        found.append(text[:end])
        text = text[end:].removeprefix(" ")
    return [*found, text]


def to_ascii(text: str, write_out: Callable[[str], str] | None) -> str:
    """`text` in ASCII: each other character as `write_out` has it, or ``?`` where it has nothing, or is None."""
    if text.isascii():
        return text
    return "".join(each if each.isascii() else _letter(each, write_out) for each in normalize("NFC", text))


def _letter(character: str, write_out: Callable[[str], str] | None) -> str:
    if write_out is None:
        return "?"
    return write_out(character) or ("" if category(character) in _MARKS else "?")
