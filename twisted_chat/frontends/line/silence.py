"""Finds connections that have fallen silent: asks them, and gives them up."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime

ASK_AFTER = 30.0
DROP_AFTER = 90.0
"""Seconds without a line after which the other side is asked for one, and after which it is given up."""


class Silence:
    """Watches one connection. `heard` is to be called for each line, `ask` and `drop` are called when none came.

    While `ours` is true the silence is of our own making, and does not count.
    """

    __slots__ = ("_ask", "_asked", "_clock", "_drop", "_heard", "_ours", "_timer")

    def __init__(
        self, clock: IReactorTime, ask: Callable[[], None], drop: Callable[[], None], ours: Callable[[], bool]
    ) -> None:
        self._clock = clock
        self._ask = ask
        self._drop = drop
        self._ours = ours
        self._heard = clock.seconds()
        self._asked = False
        self._timer: IDelayedCall | None = clock.callLater(ASK_AFTER, self._check)

    def heard(self) -> None:
        self._heard = self._clock.seconds()
        if self._asked:
            self._asked = False
            if self._timer is not None:
                self._timer.reset(ASK_AFTER)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _check(self) -> None:
        self._timer = None
        if self._ours():
            self.heard()
        silent = self._clock.seconds() - self._heard
        if silent >= DROP_AFTER:
            self._drop()
            return
        if silent >= ASK_AFTER and not self._asked:
            self._asked = True
            self._ask()
        self._timer = self._clock.callLater((DROP_AFTER if self._asked else ASK_AFTER) - silent, self._check)
