"""What the service asks of the system: descriptors, a clock that nobody can turn, orderly ends by signal."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from twisted.internet.error import ReactorNotRunning

from twisted_chat.boundaries import Figures, Host

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


def hold_signals(signals: Collection[signal.Signals]) -> None:
    """Let these wait for `on_signals`: before that they would end the process, some without a word."""
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)


def on_signals(reactor: Any, acts: Mapping[signal.Signals, Callable[[], None]]) -> None:
    """Do in the reactor's thread what each signal asks for.

    In place of Twisted's own handlers, by which twistd ends with the signal instead of status 0. To be called when the
    reactor runs. What was held comes now.
    """

    def came(number: int, _frame: object) -> None:
        reactor.callFromThread(acts[signal.Signals(number)])

    for number in acts:
        signal.signal(number, came)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, acts)
    # Python puts the system's own handlers back as it ends: a signal that comes after that would be the end's status,
    # though all was done in order. To block them would be this thread's affair alone, and others may be left.
    reactor.addSystemEventTrigger("after", "shutdown", _ignore, acts)


def _ignore(signals: Collection[signal.Signals]) -> None:
    for number in signals:
        signal.signal(number, signal.SIG_IGN)


def end_process_with(status: int) -> None:
    """Once all is done as at any end, leave with `status`: the reactor knows of no failure.

    Nothing else of Python's own end happens then: no connection to a database is closed, which would write.
    """

    def leave() -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)

    atexit.register(leave)


def memory(statm: str = "/proc/self/statm") -> int | None:
    """Bytes of this process that are in memory, where the system tells."""
    try:
        return int(Path(statm).read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


def descriptors(folders: Sequence[str] = ("/proc/self/fd", "/dev/fd")) -> int | None:
    """How many are open, where the system tells."""
    for folder in folders:
        with suppress(OSError):
            return len(os.listdir(folder)) - 1  # the one that lists them
    return None


class ThisProcess:
    """The process that the chat runs in; `rehash` reads its configuration anew."""

    def __init__(self, reactor: Any, rehash: Callable[[], str]) -> None:
        self._reactor = reactor
        self._rehash = rehash

    def figures(self) -> Figures:
        return Figures(memory(), descriptors())

    def rehash(self) -> str:
        return self._rehash()

    def end(self) -> None:
        with suppress(ReactorNotRunning):  # it may be on its way out already
            self._reactor.stop()


_check: type[Host] = ThisProcess
