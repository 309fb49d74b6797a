"""The client that enters, reads nothing for a while, and then all that there is for it."""

import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from benchmarks.dialects import Dialect
from benchmarks.errors import RefusedError, StuckError

# So that its kernel is full soon, and the server's, too.
_RECEIVE_BUFFER = 4096
_PIECE = 256 * 1024
# Whatever it speaks, no server has more to say to it in the end.
_ENTER_LIMIT = 30.0


class Sleeper:
    """A connection that is in the room; it reads only when told to."""

    def __init__(self, sock: socket.socket, rest: bytes, welcome: bytes) -> None:
        self.welcome = welcome
        self.closed = False
        self.sock = sock
        self._pieces = [rest]

    def read(self, quiet: float, limit: float) -> list[bytes]:
        """The lines, without their ends, until nothing came for ``quiet`` seconds. Raises `RunError`."""
        return read_all([self], quiet, limit)[0]

    def take(self) -> None:
        """Read once."""
        try:
            piece = self.sock.recv(_PIECE)
        except OSError:
            piece = b""
        self.closed = not piece
        self._pieces.append(piece)

    def lines(self) -> list[bytes]:
        """What has come and was not asked for before."""
        *lines, rest = b"".join(self._pieces).split(b"\n")
        self._pieces = [rest]
        return [line.removesuffix(b"\r") for line in lines]


def read_all(sleepers: Sequence[Sleeper], quiet: float, limit: float) -> list[list[bytes]]:
    """The lines of each of them, who read at the same time until nothing came for ``quiet`` seconds to any of them.

    Raises `RunError`.
    """
    end = time.monotonic() + limit
    with selectors.DefaultSelector() as selector:
        for sleeper in sleepers:
            if not sleeper.closed:
                selector.register(sleeper.sock, selectors.EVENT_READ, sleeper)
        while selector.get_map() and (ready := selector.select(quiet)):
            for key, _events in ready:
                key.data.take()
                if key.data.closed:
                    selector.unregister(key.fileobj)
            if time.monotonic() > end:
                raise StuckError(f"after {limit:.0f} s there was still more for those who had not read")
    return [sleeper.lines() for sleeper in sleepers]


@contextmanager
def sleeping(port: int, dialect: Dialect, nick: str) -> Iterator[Sleeper]:
    """Somebody who has entered under this name and reads nothing yet. Raises `RunError`."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        sock.settimeout(_ENTER_LIMIT)
        sock.connect(("127.0.0.1", port))
        yield _enter(sock, dialect, nick)


def _enter(sock: socket.socket, dialect: Dialect, nick: str) -> Sleeper:
    sock.sendall(dialect.opening(nick))
    rest = b""
    while True:
        while b"\n" not in rest:
            piece = sock.recv(_PIECE)
            if not piece:
                raise RefusedError(f"the server closed the connection of {nick}")
            rest += piece
        line, _, rest = rest.partition(b"\n")
        line = line.removesuffix(b"\r")
        sock.sendall(dialect.answer(line, nick))
        if dialect.entered(line):
            return Sleeper(sock, rest, line)
