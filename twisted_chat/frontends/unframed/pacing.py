"""Paces what is written to a client that takes each read for a message: one write at a time, with a pause between."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from twisted_chat.frontends.outbox import GRACE, HARD_LIMIT, Outbox
from twisted_chat.frontends.unframed.codec import SPACING
from twisted_chat.frontends.unframed.dialects import GLUE, Dialect, Messages

FEW = 10
"""Messages that may wait to be written singly; when there are more, as many as fit go together."""

SOFT_LIMIT = 64 * 1024
"""Bytes that wait, above which live messages are refused: three seconds' worth, then the reader lags."""


class Pacer:
    """The queue before one outbox.

    `drained` is called whenever what had to wait is gone. A message fits into one write; a prompt is never written
    together with anything.
    """

    def __init__(self, outbox: Outbox, clock: IReactorTime, dialect: Dialect, drained: Callable[[], None]) -> None:
        self._outbox = outbox
        self._clock = clock
        self._dialect = dialect
        self._drained = drained
        self._queue: deque[bytes] = deque()
        self._size = 0
        self._free_at = clock.seconds()
        self._timer: IDelayedCall | None = None
        self._grace: IDelayedCall | None = None
        self._closing = False

    @property
    def size(self) -> int:
        """Bytes that wait here or in the outbox."""
        return self._size + self._outbox.size

    def offer(self, messages: Messages) -> bool:
        """Live messages: taken unless too much waits already; False says so and that none were taken."""
        if self._size and self._size + sum(map(len, messages)) > SOFT_LIMIT:
            return False
        self._enqueue(messages)
        return True

    def write(self, messages: Messages) -> None:
        """Answers: taken whatever waits already, up to the hard limit, past which the connection is aborted."""
        if self._size and self._size + sum(map(len, messages)) > HARD_LIMIT:
            self._outbox.abort()
        else:
            self._enqueue(messages)

    def outbox_drained(self) -> None:
        """The outbox has got rid of the last write."""
        self._go_on()

    def close(self) -> None:
        """Take nothing more; end the connection when all is written, or after the grace."""
        if not self._closing:
            self._closing = True
            self._grace = self._clock.callLater(GRACE, self._outbox.abort)
            self._close_if_done()

    def stop(self) -> None:
        """The connection is gone."""
        self._closing = True
        self._queue.clear()
        self._size = 0
        for call in (self._timer, self._grace):
            if call is not None and call.active():
                call.cancel()

    def _enqueue(self, messages: Messages) -> None:
        if self._closing:
            return
        self._queue.extend(messages)
        self._size += sum(map(len, messages))
        self._send()

    def _send(self) -> None:
        """One write, if the time for it has come; and a look at the clock for the next."""
        if not self._queue or self._outbox.size or self._timer is not None:
            return
        wait = self._free_at - self._clock.seconds()
        if wait <= 0:
            self._outbox.offer(self._next_write())
            wait = SPACING
            self._free_at = self._clock.seconds() + wait
        if self._queue:
            self._timer = self._clock.callLater(wait, self._on_time)

    def _on_time(self) -> None:
        self._timer = None
        self._go_on()

    def _go_on(self) -> None:
        self._send()
        if not self._queue and not self._outbox.size:
            if self._closing:
                self._close_if_done()
            else:
                self._drained()

    def _close_if_done(self) -> None:
        if not self._queue:
            self._outbox.close()

    def _next_write(self) -> bytes:
        taken = [self._take()]
        if len(self._queue) >= FEW:
            self._fill(taken)
        return self._dialect.glued(taken)

    def _fill(self, taken: list[bytes]) -> None:
        prompt = self._dialect.prompt
        room = self._dialect.size - len(taken[0])
        while self._queue and prompt not in (taken[0], self._queue[0]):
            room -= len(self._queue[0]) + GLUE
            if room < 0:
                return
            taken.append(self._take())

    def _take(self) -> bytes:
        message = self._queue.popleft()
        self._size -= len(message)
        return message
