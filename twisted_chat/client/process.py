"""What every client of ours does as a process, whatever its screen is: its streams, its clock, how it ends."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ReactorNotRunning

from twisted_chat.client.begin import heed_interrupts
from twisted_chat.client.manners import Outcome


def set_clock(reactor: Any) -> None:
    """To be done before anything is scheduled: Twisted's own timers follow the time of day, and a step of it would
    look like a server that fell silent."""
    reactor.seconds = time.monotonic


def run(reactor: Any, begin: Callable[[], None], interrupt: Callable[[], None], over: Deferred[Outcome]) -> Outcome:
    """Runs `begin` in the reactor, until `over` fires. A signal interrupts, and then `over` is waited for."""
    outcomes: list[Outcome] = []
    stopped: Deferred[None] = Deferred()

    def ended(outcome: Outcome) -> None:
        outcomes.append(outcome)
        stopped.callback(None)
        with suppress(ReactorNotRunning):  # a signal stopped it already
            reactor.stop()

    def shutting_down() -> Deferred[None]:
        interrupt()
        return stopped

    over.addCallback(ended)
    reactor.addSystemEventTrigger("before", "shutdown", shutting_down)
    reactor.callWhenRunning(begin)
    heed_interrupts()
    reactor.run()
    return outcomes[0] if outcomes else Outcome(1)


def complain(program: str, line: str, status: int) -> int:
    """Says on standard error why the process ends with this status."""
    restore_streams()
    print_error(line if line.startswith("!!! ") else f"{program}: {line}")
    return status


def print_error(line: str) -> None:
    """On standard error."""
    print_line(line, 2)


def print_line(line: str, fd: int = 1) -> None:
    """That stream may be a pipe to nobody, or share a terminal that does not block and is full."""
    data = line.encode("utf-8", "replace") + b"\n"
    while data:
        try:
            data = data[os.write(fd, data) :]
        except BlockingIOError:
            os.set_blocking(fd, True)
        except OSError:
            return


def open_closed_streams() -> None:
    """Whoever starts us with a stream closed gets /dev/null there, not our socket."""
    for fd in (0, 1, 2):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def restore_streams() -> None:
    """Twisted makes them non-blocking, also for the shell and whoever else has the same terminal or pipe."""
    for fd in (0, 1, 2):
        with suppress(OSError):
            os.set_blocking(fd, True)
