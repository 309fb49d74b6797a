"""What Tab offers, and what pressing it again and again does. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Step:
    """What one Tab does: `erase` characters before the cursor give way to `word`, and `listed` is shown."""

    erase: int = 0
    word: str = ""
    listed: str = ""


class Completing:
    """Completes as far as there is no doubt, then lists the candidates, then goes through them in place."""

    def __init__(self, find: Callable[[str], tuple[str, list[str]]]) -> None:
        """`find` gives the word before the cursor, and what it could become."""
        self._find = find
        self._found: list[str] = []
        self._word = ""
        self._at = 0
        self._left = ("", "")
        """The text around the cursor as the last step left it: is it another, that was the user."""

    def step(self, before: str, after: str, by: int = 1) -> Step | None:
        """`before` and `after` the cursor; `by` is 1, or -1 to go back. None: there is nothing to complete."""
        if self._found and (before, after) == self._left:
            self._at = (self._at + by) % len(self._found)
            return self._put(before, after, self._found[self._at])
        self._word, found = self._find(before)
        self._found = []
        if not found:
            return None
        beginning = common(found)
        if len(found) == 1 or len(beginning) > len(self._word):
            return self._put(before, after, beginning)
        self._found, self._left = found, (before, after)
        self._at = -1 if by > 0 else 0
        return Step(listed=listed(found))

    def _put(self, before: str, after: str, word: str) -> Step:
        erase, self._word = len(self._word), word
        self._left = (before[: len(before) - erase] + word, after)
        return Step(erase, word)
