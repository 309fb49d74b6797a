"""One connection's outgoing bytes: sent at once where that is possible, bounded where it is not.

``transport.write`` only queues: the reactor then registers the descriptor, polls, sends and unregisters it, which costs
three times the sending itself. On a plain TCP connection the outbox tries the socket first, and goes
through the transport with what the kernel refused. All bytes of a connection must come this way, or one write could
overtake another.
"""

from __future__ import annotations

import errno
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from socket import socket
from typing import Any

from twisted.internet import tcp
from twisted.internet.interfaces import IDelayedCall, IPushProducer, IReactorTime
from zope.interface import implementer

from twisted_chat.frontends.sockets import socket_under

SOFT_LIMIT = 256 * 1024
"""Bytes queued, above which live events are refused: the reader lags."""

HARD_LIMIT = 1024 * 1024
"""Bytes queued, above which answers abort the connection."""

HANDOVER = 16 * 1024
"""Bytes given to the transport at once when the kernel takes no more."""

STUCK = 90.0
"""Seconds without a byte taken after which the connection is aborted."""

LOOK_EVERY = 10.0
"""Seconds between two looks at how much the kernel still holds for a reader; an abort comes that much late at most."""

GRACE = 5.0
"""Seconds that a closing connection has to take what is queued."""

_FULL = (errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS, errno.EINTR)


def plain_socket(transport: object) -> socket | None:
    """The socket of a plain TCP server connection, None for everything else.

    Only Twisted's own TCP transport qualifies, and only without TLS: a wrapper around it hands out the same socket, and
    so would bytes go past what the wrapper does to them.
    """
    if type(transport) is not tcp.Server or transport.TLS:
        return None
    handle = transport.getHandle()
    return handle if type(handle) is socket else None


@implementer(IPushProducer)
class Outbox:
    """The queue before one transport.

    With `direct`, the transport's plain socket, bytes are sent at once, and what is refused waits here while the
    transport holds at most `HANDOVER` bytes of it (the outbox is its pull producer). Without it, everything goes
    through `transport.write`, and the queue fills while the transport asks for a pause (as its push producer: over TLS
    a pull producer would never rest).

    `drained` is called whenever what was queued is gone.

    A queue that gets no shorter for `STUCK` seconds aborts the connection. A byte counts as taken when the transport
    comes for more, and, where the kernel tells what it holds, as soon as the peer has acknowledged it: a slow reader
    may need minutes for what the kernel holds alone.
    """

    __slots__ = (
        "_clock", "_closed", "_closing", "_direct", "_drained", "_grace", "_handed", "_held", "_paused", "_progress",
        "_queue", "_send", "_size", "_stuck", "_transport",
    )  # fmt: skip

    def __init__(
        self, transport: Any, clock: IReactorTime, drained: Callable[[], None], direct: socket | None = None
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._drained = drained
        self._queue: deque[bytes | memoryview] | None = None  # made when first needed: most connections never do
        self._size = 0  # bytes in the queue and in the transport
        self._handed = 0  # bytes of these that the transport holds (direct mode)
        self._paused = False  # the transport asked for a pause (the other mode)
        self._progress = 0.0  # when a byte was last taken of what is queued
        self._held = 0  # what the kernel held at the last look
        self._closing = False
        self._closed = False
        self._stuck: IDelayedCall | None = None
        self._grace: IDelayedCall | None = None
        self._direct = direct is not None
        self._send: Callable[[bytes | memoryview], int] = self._push if direct is None else direct.send
        transport.registerProducer(self, not self._direct)

    @property
    def size(self) -> int:
        """Bytes that wait; 0 means that the kernel or the transport has taken all."""
        return self._size

    @property
    def arrived(self) -> bool:
        """Whether the other end has acknowledged all; False when it is over, and that is not known any more."""
        return not (self._size or self._paused or self._closing or _held_for(self._transport))

    def offer(self, data: bytes) -> bool:
        """Live bytes: taken unless too many wait already; False says so and that none were taken."""
        if self._size:
            if self._size + len(data) > SOFT_LIMIT:
                return False
            self._enqueue(data)
            return True
        send = self._send  # on a line of its own it is a plain attribute for the interpreter, and faster
        try:
            sent = send(data)
        except OSError as error:
            sent = self._refused(error)
        if sent != len(data):
            self._wait(data, sent)
        return True

    def write(self, data: bytes) -> None:
        """Answers: taken whatever waits already, up to the hard limit, past which the connection is aborted."""
        if self._size + len(data) > HARD_LIMIT and self._size:
            self.abort()
        elif self._size:
            self._enqueue(data)
        else:
            self.offer(data)

    def close(self) -> None:
        """Take nothing more; end the connection when all is sent, or after the grace."""
        if self._closing:
            return
        self._closing = True
        self._send = _swallow
        if self._queue:
            self._transport.writeSequence([bytes(piece) for piece in self._queue])
            self._queue.clear()
        # With a producer registered the transport would wait for it for ever.
        self._transport.unregisterProducer()
        self._transport.loseConnection()
        if not self._closed:
            self._grace = self._clock.callLater(GRACE, self._abort_late)

    def abort(self) -> None:
        """Drop everything and the connection. The transport says so later, so it is safe amid a fan-out."""
        self._drop()
        if not self._closed:
            self._transport.abortConnection()

    def gone(self) -> None:
        """The connection is over: nothing is waited for any more. To be called from connectionLost."""
        self._closed = True
        self._drop()
        if self._grace is not None:
            self._grace.cancel()
            self._grace = None

    # what the transport calls

    def resumeProducing(self) -> None:
        """Direct: the transport has run dry. Otherwise: it wants more."""
        self._paused = False
        if self._closing or not self._size:
            return
        self._progress = self._clock.seconds()
        self._size -= self._handed
        self._handed = 0
        self._send_queue()
        if not self._size and not self._closing:
            self._rest()
            self._drained()

    def pauseProducing(self) -> None:
        self._paused = True

    def stopProducing(self) -> None:
        """The transport is closing, and will take nothing from us any more."""
        self._drop()

    # sending

    def _refused(self, error: OSError) -> int:
        """No byte was sent: the kernel is full, or the connection is broken."""
        if error.errno not in _FULL:
            # With reading paused nobody else would notice.
            self.abort()
        return 0

    def _wait(self, data: bytes, sent: int) -> None:
        if self._closing:
            return
        self._enqueue(memoryview(data)[sent:])
        if self._direct:
            self._hand_over()

    def _hand_over(self) -> None:
        """Give the transport a piece of the queue, so that it tells when there is room again."""
        queue = self._queue
        assert queue is not None
        piece = queue.popleft()
        if len(piece) > HANDOVER:
            queue.appendleft(memoryview(piece)[HANDOVER:])
            piece = memoryview(piece)[:HANDOVER]
        self._handed = len(piece)
        self._transport.write(bytes(piece))

    def _send_queue(self) -> None:
        queue = self._queue
        while queue:
            piece = queue[0]
            try:
                sent = self._send(piece)
            except OSError as error:
                sent = self._refused(error)
                if self._closing:
                    return
            self._size -= sent
            if sent == len(piece):
                queue.popleft()
                continue
            if self._direct:
                queue[0] = memoryview(piece)[sent:]
                self._hand_over()
            return

    def _push(self, data: bytes | memoryview) -> int:
        """Send through the transport: all, or nothing while it wants a pause."""
        if self._paused:
            return 0
        self._transport.write(bytes(data))
        return len(data)

    # waiting

    def _enqueue(self, data: bytes | memoryview) -> None:
        if self._closing:
            return
        if self._queue is None:
            self._queue = deque()
        self._queue.append(data)
        self._size += len(data)
        if self._stuck is None:
            self._progress = self._clock.seconds()
            self._held = _held_for(self._transport)
            self._stuck = self._clock.callLater(LOOK_EVERY, self._check_progress)

    def _check_progress(self) -> None:
        self._stuck = None
        now = self._clock.seconds()
        held = _held_for(self._transport)
        if held != self._held:
            self._held = held
            self._progress = now
        left = STUCK - (now - self._progress)
        if left > 0:
            self._stuck = self._clock.callLater(min(left, LOOK_EVERY), self._check_progress)
        else:
            self.abort()

    def _rest(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None
        self._queue = None

    def _drop(self) -> None:
        self._closing = True
        self._send = _swallow
        self._size = self._handed = 0
        self._rest()

    def _abort_late(self) -> None:
        self._grace = None
        self.abort()


def _held_for(transport: Any) -> int:
    """Bytes that the kernel holds until the peer acknowledges them; always 0 where it does not tell."""
    connection = socket_under(transport)
    if connection is not None:
        with suppress(ImportError, OSError, ValueError):
            import fcntl  # not on every system
            import termios

            return int.from_bytes(fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4)), sys.byteorder)
    return 0


def _swallow(data: bytes | memoryview) -> int:
    """What sends for a connection that is over."""
    return len(data)
