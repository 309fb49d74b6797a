"""Rests now and then while much is to be sent, so that a big pipe is no flood.

The server slows down who talks too fast, and closes who is slowed for a minute without a break. How fast is
too fast it does not tell; but two seconds are break enough at any rate that is not below a line a second.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from twisted_chat.client.outbox import Outbox

WORK = 30.0
REST = 2.0


class Pace:
    """Watches an outbox, and lets it rest."""

    def __init__(self, outbox: Outbox, clock: IReactorTime, resume: Callable[[], None]) -> None:
        """`resume` is called when what waits may be sent again."""
        self._outbox = outbox
        self._clock = clock
        self._resume = resume
        self._busy_since: float | None = None
        self._alarm: IDelayedCall | None = None

    def look(self) -> None:
        """Something went into the outbox, or out of it."""
        if self._alarm is not None:
            return
        now = self._clock.seconds()
        if not self._outbox:
            self._busy_since = None
            self._outbox.resting = False
        elif self._busy_since is None:
            self._busy_since = now
        elif now - self._busy_since >= WORK:
            self._outbox.resting = True
            if not self._outbox.in_flight:
                self._alarm = self._clock.callLater(REST, self._wake)

    def stop(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _wake(self) -> None:
        self._alarm = None
        self._outbox.resting = False
        self._busy_since = self._clock.seconds()
        self._resume()
