"""What the service asks of the system: descriptors, a clock that nobody can turn, orderly ends by signal."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

RESERVED = 64
"""Descriptors left for everything that is not a chat connection: logs, ports, the reactor, the log's file."""


MOST = 1_048_576
"""Descriptors asked for where the hard limit is none."""

UNLIMITED_BY_US = 10_240
"""Descriptors tried for where a system names no limit that it keeps: macOS takes so many and no more."""

UNKNOWN = 512
"""Descriptors reckoned with on a system that does not tell."""


def raise_descriptor_limit() -> int:
    """Raise the soft limit of open descriptors as far as the system lets us; gives how many connections that allows."""
    try:
        import resource  # not on every system
    except ImportError:
        return UNKNOWN - RESERVED
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST if hard == resource.RLIM_INFINITY else hard
    for limit in (most, min(most, UNLIMITED_BY_US)):
        with suppress(OSError, ValueError):
            # The hard limit stays: an infinite one can be lowered, but not raised again.
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
            return max(1, limit - RESERVED)
    return max(1, (UNKNOWN if soft == resource.RLIM_INFINITY else soft) - RESERVED)


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


def end_process_with(status: int) -> None:
    """Once all is done as at any end, leave with `status`: the reactor knows of no failure.

    Nothing else of Python's own end happens then: no connection to a database is closed, which would write.
    """

    def leave() -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)

    atexit.register(leave)
