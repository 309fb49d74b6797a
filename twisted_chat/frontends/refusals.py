"""Connections that were refused, in the log: counted, and one line a minute at most."""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from twisted_chat.frontends.sockets import shown

LOGGED_EACH = 60.0
"""Seconds."""

_log = Logger()


class Refusals:
    """A storm of connections must not fill the log."""

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._count = 0
        self._again = 0.0

    def note(self, address: Any, why: str) -> None:
        """One more, from this address of Twisted's."""
        self._count += 1
        if self._clock.seconds() < self._again:
            return
        _log.info(
            "{count} {connections} refused, the last from {address}: {why}",
            count=self._count,
            connections="connection" if self._count == 1 else "connections",
            address=shown(address),
            why=why,
        )
        self._count = 0
        self._again = self._clock.seconds() + LOGGED_EACH
