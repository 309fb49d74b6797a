"""What Tab offers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from twisted_chat.client.typed import COMMANDS

_LISTED = 10


def candidates(before: str, nicks: Iterable[str], rooms: Iterable[str]) -> tuple[str, list[str]]:
    """The word that stands before the cursor, and what it could become.

    A command at the beginning of the line, a room after ``#``, else a nickname, maybe after ``@``; a bare one is
    followed by a colon where it begins the line, as one does to address somebody.
    """
    head, _, word = before.rpartition(" ")
    begins = not head and " " not in before
    if begins and word.startswith("/"):
        return word, [f"/{name} " for name in COMMANDS if name.startswith(word[1:].lower())]
    if word.startswith("#"):
        return word, [f"{name} " for name in rooms if name.casefold().startswith(word.casefold())]
    if not word:
        return word, []
    sign = "@" if word.startswith("@") else ""
    ending = ": " if begins and not sign else " "
    start = word.removeprefix("@").casefold()
    return word, [f"{sign}{nick}{ending}" for nick in nicks if nick.casefold().startswith(start)]


def common(found: Sequence[str]) -> str:
    """What all of them begin with, whatever the case."""
    first = found[0]
    for end in range(len(first), 0, -1):
        if all(each[:end].casefold() == first[:end].casefold() for each in found):
            return first[:end]
    return ""


def listed(found: Sequence[str]) -> str:
    """Some of them on one line."""
    words = "  ".join(each.rstrip(": ") for each in found[:_LISTED])
    return f"{words}  and {len(found) - _LISTED} more" if len(found) > _LISTED else words
