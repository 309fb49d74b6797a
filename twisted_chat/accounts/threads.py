"""Threads in which passwords are hashed, so that the reactor's goes on."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, fail
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

from twisted_chat.accounts.passwords import AT_ONCE
from twisted_chat.core.errors import ShuttingDown

T = TypeVar("T")


NICENESS = 10
"""These threads are nicer than the reactor's by so much: talk goes first where there are few processors."""


def _giving_way(work: Callable[[], T]) -> T:
    with suppress(OSError):  # it may be nicer than that already
        if sys.platform == "linux":  # elsewhere this would be the whole process
            niceness = os.getpriority(os.PRIO_PROCESS, os.getpid()) + NICENESS
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)
    return work()


class PasswordThreads:
    """`AT_ONCE` at most, begun with the first piece of work: twistd may have forked before that."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._pool: ThreadPool | None = None
        self._stopped = False

    def run(self, work: Callable[[], T]) -> Deferred[T]:
        """Fails with `ShuttingDown` after the end: threads that are begun then would keep the process alive."""
        if self._stopped:
            return fail(ShuttingDown())
        if self._pool is None:
            self._pool = ThreadPool(0, AT_ONCE, "passwords")
            self._pool.start()
        done: Deferred[T] = deferToThreadPool(self._reactor, self._pool, _giving_way, work)
        return done

    def stop(self) -> None:
        """Returns when what was begun is done."""
        self._stopped = True
        if self._pool is not None:
            self._pool.stop()
            self._pool = None
