"""What the service asks of the system: descriptors, a clock that nobody can turn, orderly ends by signal."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from typing import Any

RESERVED = 64
"""Descriptors left for everything that is not a chat connection: logs, ports, the reactor, the log's file."""


def raise_descriptor_limit() -> int:
    """Raise the soft limit of open descriptors to the hard one; gives how many connections that allows."""
    import resource  # not on every system: only servers need it

    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        hard = 1_048_576
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return max(1, hard - RESERVED)


def use_monotonic_clock(reactor: Any) -> None:
    """Let timers run by a clock that a step of the time of day does not touch.

    Twisted's own follows the wall clock: set forward by an hour, it fires every timer of a minute at once. To be called
    before the first timer is set.
    """
    reactor.seconds = time.monotonic


def on_end_signals(reactor: Any, stop: Callable[[], None]) -> None:
    """Call `stop` in the reactor's thread for each SIGINT and SIGTERM.

    In place of Twisted's own handlers, by which twistd ends with the signal instead of status 0. To be called when the
    reactor runs.
    """

    def ended(_number: int, _frame: object) -> None:
        reactor.callFromThread(stop)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ended)
