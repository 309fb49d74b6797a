"""What may stand in a text: the one place where strangers' text is cleaned, for every door."""

from __future__ import annotations

import sys
from unicodedata import category

MAX_TEXT = 2_000
"""Characters in one message, topic, reason or the like."""

_BIDI_CONTROLS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_LINE_BREAKS = "\n\v\f\r\x85\u2028\u2029"
_TAGS = range(0xE0000, 0xE0080)

_CLEANING: dict[int, str | None] = {
    **{code: None for code in range(sys.maxunicode + 1) if category(chr(code)) in ("Cc", "Cs")},
    **{ord(character): None for character in _BIDI_CONTROLS},
    **dict.fromkeys(_TAGS),
    **{ord(character): " " for character in _LINE_BREAKS},
    ord("\t"): "\t",
}


def clean(text: str) -> str:
    """`text` without what could move a cursor, turn the direction of writing or end a line.

    Dropped: C0 controls but tab, DEL, C1, bidirectional controls, tag characters, lone surrogates. Line breaks of
    every kind become spaces. Joiners, which emoji and many scripts need, stay.
    """
    if text.isprintable():  # the common case, decided in C: no control, no format character, no odd space
        return text
    return text.translate(_CLEANING)


def shortened(text: str, length: int = 60) -> str:
    """`text`, cut to `length` characters, for quoting it back in an error."""
    return text if len(text) <= length else text[: length - 3] + "..."


def first_word(text: str) -> tuple[str, str]:
    """The first word of what somebody typed, and the rest."""
    word, _, rest = text.partition(" ")
    return word, rest.strip()


def because(why: str) -> str:
    """`why`, to follow what it is the reason for; nothing for nothing."""
    return f": {why}" if why else ""
