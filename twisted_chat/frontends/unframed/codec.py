"""What is a message where nothing marks its end, and how one is cut to fit into one read. Pure."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable
from unicodedata import category, normalize

SPACING = 0.05
"""Seconds between two writes: who reads meanwhile gets each by itself."""

REST_WITHIN = 0.2
"""Seconds that a read which ends within a character waits for the rest of it."""

MAX_NAME = 64
"""Bytes of a name that was written out: one letter may need 20."""

WriteOut = Callable[[str], str]
"""Writes a character in ASCII; an empty text where it can't."""

_OF_NAMES = frozenset(string.ascii_letters + string.digits + "#_-[]{}\\^|`?")
_MARKS = frozenset(("Mn", "Mc", "Me", "Cf"))


def ends_within_character(data: bytes) -> bool:
    """Whether `data` ends with the beginning of a UTF-8 character."""
    for back in range(1, min(3, len(data)) + 1):
        byte = data[-back]
        if byte & 0xC0 != 0x80:  # the first byte of a character
            length = 4 if 0xF0 <= byte <= 0xF4 else 3 if 0xE0 <= byte < 0xF0 else 2 if 0xC2 <= byte < 0xE0 else 1
            return length > back
    return False


def spoken(line: str, nicks: Iterable[str]) -> str:
    """What somebody meant whose client knows him by one of `nicks`, and puts ``nick: `` before everything."""
    for nick in nicks:
        if nick and line.startswith(f"{nick}: "):
            return line[len(nick) + 2 :]
    return line


def pieces(text: str, size: int) -> list[str]:
    """`text` in pieces of at most `size` (4 or more) bytes of UTF-8, cut between words, or where a word is longer,
    between characters. A blank at a cut is left out."""
    if size < 4:
        raise ValueError(f"no character need fit into {size} bytes")
    found = []
    while len(text) > size or len(text.encode()) > size:
        head = text.encode()[:size].decode("utf-8", "ignore")
        end = len(head) if text[len(head)] == " " else head.rfind(" ")
        if end <= 0:
            end = len(head)
        found.append(text[:end])
        text = text[end:].removeprefix(" ")
    return [*found, text]


def to_ascii(text: str, write_out: WriteOut | None) -> str:
    """`text` in ASCII: each other character as `write_out` has it, or ``?`` where it has nothing, or is None."""
    if text.isascii():
        return text
    return "".join(each if each.isascii() else _letter(each, write_out) for each in normalize("NFC", text))


def name_to_ascii(name: str, write_out: WriteOut | None) -> str:
    """The name of a person or a room in ASCII. One that is changed ends with ``~``, which no name holds: it can't be
    taken for another that is really called so."""
    if name.isascii():
        return name
    written = "".join(each for each in to_ascii(name, write_out) if each in _OF_NAMES)
    return f"{written[:MAX_NAME] or '?'}~"


def _letter(character: str, write_out: WriteOut | None) -> str:
    if write_out is None:
        return "?"
    return write_out(character) or ("" if category(character) in _MARKS else "?")
