"""One connection of the load: it gets itself into the room, and from then on counts or observes."""

import socket
import time
from collections.abc import Callable
from typing import Protocol

from benchmarks.dialects import Dialect
from benchmarks.errors import RefusedError
from benchmarks.marks import MarkCount


class Taker(Protocol):
    """Whoever reads a client's stream."""

    def take(self, buffer: bytearray, size: int, now: float) -> int:
        """How many messages became complete with the first ``size`` bytes of ``buffer``, read at the time ``now``."""


class Client:
    """A connection that is on its way.

    ``read`` takes what has come and returns the number of messages in it; what it does changes with the
    client's state. ``buffer`` may be shared by clients: nothing stays in it. ``received`` counts messages since
    `listen` or `observe`.
    """

    __slots__ = (
        "_buffer",
        "_count",
        "_dialect",
        "_line",
        "_unsent",
        "entered",
        "fd",
        "nick",
        "read",
        "received",
        "sock",
    )

    def __init__(self, sock: socket.socket, nick: str, dialect: Dialect, buffer: bytearray) -> None:
        self.sock = sock
        self.fd = sock.fileno()
        self.nick = nick
        self.entered = False
        self.received = 0
        self.read: Callable[[], int] = self._read_greeting
        self._dialect = dialect
        self._buffer = buffer
        self._count = MarkCount()
        self._unsent = bytearray(dialect.opening(nick))
        self._line = b""

    @property
    def closed(self) -> bool:
        return self.sock.fileno() < 0

    def send(self, data: bytes) -> bool:
        """Whether all of it has left; the rest waits for `flush`."""
        self._unsent += data
        return self.flush()

    def flush(self) -> bool:
        if self._unsent and not self.closed:
            try:
                sent = self.sock.send(self._unsent)
            except BlockingIOError:
                return False
            except OSError:
                # The next read finds the same, and closes.
                self._unsent.clear()
                return True
            del self._unsent[:sent]
        return not self._unsent

    def listen(self) -> None:
        """From now on only count."""
        self.received = 0
        self.read = self._read_marks

    def observe(self, observer: Taker) -> None:
        """From now on hand everything to ``observer``."""

        def read() -> int:
            size = self._receive()
            count = observer.take(self._buffer, size, time.monotonic()) if size else 0
            self.received += count
            return count

        self.received = 0
        self.read = read

    def _receive(self) -> int:
        try:
            size = self.sock.recv_into(self._buffer)
        except BlockingIOError:
            return 0
        except OSError:
            size = 0
        if not size:
            self.sock.close()
        return size

    def _read_marks(self) -> int:
        size = self._receive()
        if not size:
            return 0
        count = self._count.take(self._buffer, size)
        self.received += count
        return count

    def _read_greeting(self) -> int:
        size = self._receive()
        if self.closed:
            raise RefusedError(f"the server closed the connection of {self.nick}")
        *lines, self._line = (self._line + self._buffer[:size]).split(b"\n")
        for line in lines:
            line = line.removesuffix(b"\r")
            self.send(self._dialect.answer(line, self.nick))
            if self._dialect.entered(line):
                self.entered = True
                self.read = self._read_marks
                break
        return 0
