"""Connections that have not said who they are: how many there may be, and which of them give way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from twisted_chat.boundaries import Nameless
from twisted_chat.core.errors import ServerFull


@dataclass(frozen=True, slots=True)
class Bound:
    """While `start` are unnamed, `percent` of the new ones are refused; the share grows to all of them at `most`.

    As OpenSSH's MaxStartups has it.
    """

    start: int
    percent: int
    most: int

    def within(self, places: int) -> Bound:
        """The same, such that a quarter of all `places` stays for who has a name."""
        most = max(1, min(self.most, places * 3 // 4))
        return Bound(min(self.start, most), self.percent, most)


UNNAMED = Bound(200, 30, 1_000)


class Stranger(Nameless, Protocol):
    """A connection without a name; its network is empty where that is not counted apart."""

    def give_way(self) -> None:
        """Its place is needed: end now."""


class Strangers:
    """Counts them. `random` gives a number from 0 to 1.

    The first one of a network is never refused: who comes from elsewhere gets in, however many a crowd holds open.
    Where all places are taken by then, the one that has been here longest gives way. So it is for what is not counted
    apart: this machine's own, a proxy's.
    """

    def __init__(self, bound: Bound, random: Callable[[], float]) -> None:
        self._bound = bound
        self._random = random
        self._here: dict[Stranger, None] = {}
        self._by_network: Counter[str] = Counter()

    def limit(self, bound: Bound) -> None:
        """This holds from now on: those that have been here longest give way as far as it takes."""
        self._bound = bound
        self._make_room()

    def __len__(self) -> int:
        return len(self._here)

    def __iter__(self) -> Iterator[Stranger]:
        return iter(self._here)

    def check(self, network: str) -> None:
        """Raises `ServerFull` for one more that has to stay away."""
        if not (network and self._by_network[network]):
            return
        count, bound = len(self._here), self._bound
        if count < bound.start:
            return
        share = bound.percent / 100
        if count < bound.most:
            share += (1 - share) * (count - bound.start) / (bound.most - bound.start)
            if self._random() >= share:
                return
        raise ServerFull("too many are here who have not said their names; try again")

    def came(self, stranger: Stranger) -> None:
        """One is here."""
        self._here[stranger] = None
        self._by_network[stranger.counted_as] += 1
        self._make_room()

    def _make_room(self) -> None:
        while len(self._here) > self._bound.most:
            oldest = next(iter(self._here))
            self.gone(oldest)
            oldest.give_way()

    def gone(self, stranger: Stranger) -> None:
        """It has a name now, or has left. Does nothing for who is not here."""
        if stranger in self._here:
            del self._here[stranger]
            network = stranger.counted_as
            self._by_network[network] -= 1
            if not self._by_network[network]:
                del self._by_network[network]
