"""What counts as a word when the log is searched: the same for every journal.

Words are letters and digits; case, width and diacritics make no difference. Scripts that are written without blanks
are cut into overlapping pairs, so that two characters are found inside a run of them.
"""

from __future__ import annotations

import re
from unicodedata import normalize

_WORD = re.compile(r"[^\W_]+")

# Written without blanks between words: Chinese, Japanese, Korean, Thai, Lao, Myanmar, Khmer.
_RUNS = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff]+)"
)


def words_of(text: str) -> list[str]:
    """The words of `text` in their order, folded."""
    if text.isascii():
        return _WORD.findall(text.lower())
    found: list[str] = []
    for word in _WORD.findall(_folded(text)):
        for at, piece in enumerate(_RUNS.split(word)):
            if at % 2:
                found += _pairs(piece)
            elif piece:
                found.append(piece)
    return found


def _folded(text: str) -> str:
    """Case and width folded, and without the marks on its letters."""
    apart = normalize("NFKD", normalize("NFKC", text).casefold())
    bare = "".join(character for character in apart if not "\u0300" <= character <= "\u036f")
    return normalize("NFKC", bare)


def _pairs(run: str) -> list[str]:
    """Each character with its next; the last one alone, so that every character begins a word."""
    return [run[at : at + 2] for at in range(len(run))]
