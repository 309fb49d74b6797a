"""What costs more than a line: comings, goings and renames, which everybody sees, and the same words once more."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

REMEMBERED = 4
"""Texts of one person that are compared with the next one."""

FOR = 60.0
"""Seconds after which a text is no repetition any more."""


@dataclass(frozen=True, slots=True)
class Prices:
    """How many lines one counts for: a `change` (join, part, rename, topic, away, or a password that is looked at), a
    `repeat` of what one just said.
    """

    change: int = 5
    repeat: int = 5


class Repeats:
    """The last texts of one person, as far as knowing them again takes."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: deque[tuple[int, float]] = deque(maxlen=REMEMBERED)

    def again(self, text: str, now: float) -> bool:
        """Whether `text` is one of them. It is the last one then; case and blanks do not matter."""
        words = hash("".join(text.split()).casefold())
        found = [(each, when) for each, when in self._last if each == words and now - when < FOR]
        for pair in found:
            self._last.remove(pair)
        self._last.append((words, now))
        return bool(found)
