"""How fast one connection may talk: a token bucket, which slows and loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twisted.internet.interfaces import IDelayedCall, IReactorTime

FLOODED = 60.0
"""Seconds of being slowed without a break after which a connection floods.

What fits in the kernel's buffers could keep it talking for days, long after it left.
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` lines at once, then `per_second`."""

    burst: int
    per_second: float


class Throttle:
    """The bucket of one connection. When it is empty, `pause` is called, and `resume` once it holds a line again.

    `flooded` is called instead of `resume` when that went on for `FLOODED` seconds.
    """

    __slots__ = (
        "_clock",
        "_flooded",
        "_pause",
        "_rate",
        "_resume",
        "_slowed_since",
        "_stamp",
        "_timer",
        "_tokens",
    )

    def __init__(
        self,
        rate: Rate,
        clock: IReactorTime,
        pause: Callable[[], None],
        resume: Callable[[], None],
        flooded: Callable[[], None],
    ) -> None:
        self._rate = rate
        self._clock = clock
        self._pause = pause
        self._resume = resume
        self._flooded = flooded
        self._tokens = float(rate.burst)
        self._stamp = clock.seconds()
        self._slowed_since: float | None = None
        self._timer: IDelayedCall | None = None

    def took_line(self) -> None:
        """A line was taken in."""
        now = self._clock.seconds()
        rate = self._rate
        tokens = self._tokens + (now - self._stamp) * rate.per_second
        if tokens >= 1 + rate.per_second:
            # More than a second's worth had come together: this one has paused by itself.
            self._slowed_since = None
        self._stamp = now
        self._tokens = tokens = min(tokens, rate.burst) - 1
        if tokens < 1 and self._timer is None:
            self._wait(now)

    def charge(self, lines: int) -> None:
        """The line that was taken last counts for so many more, but never for more than a whole burst."""
        self._tokens -= min(lines, self._rate.burst - 1)
        if self._tokens < 1:
            self._wait(self._stamp)

    def pause_no_more(self) -> None:
        """The other side has ended: what is left is taken at once, but no more than it could have said unflooded."""
        self.stop()
        most = int(self._rate.burst + FLOODED * self._rate.per_second) + 1  # the one that floods is not taken
        self._rate = Rate(most, self._rate.per_second)
        self._tokens = float(most)
        self._pause = self._flooded

    def stop(self) -> None:
        """The connection is gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self, now: float) -> None:
        """Until the bucket holds a line again."""
        if self._slowed_since is None:
            self._slowed_since = now
        left = (1 - self._tokens) / self._rate.per_second
        if self._timer is not None:
            self._timer.reset(left)
        else:
            self._timer = self._clock.callLater(left, self._refilled)
            self._pause()

    def _refilled(self) -> None:
        self._timer = None
        if self._slowed_since is not None and self._clock.seconds() - self._slowed_since >= FLOODED:
            self._flooded()
        else:
            self._resume()
