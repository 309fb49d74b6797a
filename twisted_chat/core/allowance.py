"""So many times in so many seconds for whatever has a name, such as a network: a bucket each, in a bounded table."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from twisted.internet.interfaces import IReactorTime

from twisted_chat.core.recent import Recent

MOST = 10_000
"""Names that are remembered; those that were heard of longest ago give way."""

_ROUNDING = 1e-6
"""What is missing by less is not: who waits as long as he was told gets in."""


@dataclass(frozen=True, slots=True)
class Often:
    """`times` at once, and then one whenever `seconds` / `times` have gone by."""

    times: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.times} in {ceil(self.seconds / 60)} minutes"


class Allowance:
    """How often each name may still do something. A try that was refused costs nothing: waiting always helps."""

    def __init__(self, often: Often, clock: IReactorTime) -> None:
        self.often = often
        self._seconds = clock.seconds
        self._spent: Recent[str, tuple[float, float]] = Recent(MOST)  # what is missing, as of when

    def wait(self, name: str) -> float:
        """Seconds until `name` may do it once more; 0: now."""
        over = self._missing(name) + 1 - self.often.times
        return over * self.often.seconds / self.often.times if over > _ROUNDING else 0.0

    def spend(self, name: str) -> None:
        """It does it."""
        self._spent.put(name, (self._missing(name) + 1, self._seconds()))
        self._forget_one()

    def give_back(self, name: str) -> None:
        """It came to nothing after all."""
        if name in self._spent:
            self._spent[name] = (max(0.0, self._missing(name) - 1), self._seconds())

    def __len__(self) -> int:
        """The names that are remembered."""
        return len(self._spent)

    def _missing(self, name: str) -> float:
        missing, when = self._spent.get(name, (0.0, 0.0))
        return max(0.0, missing - (self._seconds() - when) * self.often.times / self.often.seconds)

    def _forget_one(self) -> None:
        """The oldest, if nothing is missing of it any more: the table empties as fast as it fills."""
        oldest = next(iter(self._spent))
        if not self._missing(oldest):
            del self._spent[oldest]
