"""How often somebody may try a password: guessing gets slow for who guesses, and for the account that is guessed at."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from twisted.internet.interfaces import IReactorTime

from twisted_chat.core.durations import seconds_left
from twisted_chat.core.errors import Busy
from twisted_chat.core.recent import Recent

MEMORY = 1_800
"""Seconds after which what failed is forgotten; no wait can be longer."""

MOST = 10_000
"""Networks and accounts that are remembered; the oldest give way."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """`free` tries may fail without a consequence; then each doubles the wait, to `longest` seconds at most.

    Whose account it is must get in between a guesser's tries.
    """

    free: int = 5
    longest: int = 300


BACKOFF = Backoff()


class Tries:
    """Counts failures of whatever has a name: a network, an account. `backoff` may change at any time.

    What is still being looked at is no failure: a class behind one address comes back at the same moment. But once
    failures have used up what is free, one is looked at after the other.
    """

    def __init__(self, clock: IReactorTime, backoff: Backoff = BACKOFF) -> None:
        self.backoff = backoff
        self._clock = clock
        self._failures: Recent[str, tuple[int, float]] = Recent(MOST)
        self._under_way: Counter[str] = Counter()  # never more than passwords are looked at

    def check(self, name: str) -> None:
        """Raises `Busy` where the next try has to wait."""
        count, last = self._of(name)
        over = count - self.backoff.free
        if over >= 0:
            wait = min(1 << min(over, MEMORY.bit_length()), self.backoff.longest)  # who goes on for days is no overflow
            left = last + wait - self._clock.seconds()
            if left > 0:
                raise Busy(f"too many tries failed; wait {seconds_left(left)}")
            if name in self._under_way:
                raise Busy("too many tries failed; wait until the last one is looked at")

    def begun(self, name: str) -> None:
        """A try is being looked at. It must be `ended`, whatever comes of it."""
        self._under_way[name] += 1

    def ended(self, name: str, *, failed: bool) -> None:
        """One that did not fail leaves the others: who has one account may guess at another."""
        self._under_way[name] -= 1
        if not self._under_way[name]:
            del self._under_way[name]
        if failed:
            count, _last = self._of(name)
            self._failures.put(name, (count + 1, self._clock.seconds()))

    def forget(self, name: str) -> None:
        self._failures.pop(name, None)

    def _of(self, name: str) -> tuple[int, float]:
        count, last = self._failures.get(name, (0, 0.0))
        if count and self._clock.seconds() - last >= MEMORY:
            del self._failures[name]
            count = 0
        return count, last


class Homes:
    """From which networks the owner of an account came in lately: a guesser elsewhere must not keep it out of there."""

    def __init__(self) -> None:
        self._known: Recent[tuple[str, str], None] = Recent(MOST)

    def learn(self, account: str, network: str) -> None:
        """A password was right. What has no network of its own is told apart from nobody, and not remembered."""
        if network:
            self._known.put((account, network), None)

    def known(self, account: str, network: str) -> bool:
        return (account, network) in self._known
