"""The client that enters, reads nothing for a while, and then all that there is for it."""

import socket
import time
from collections.abc import Iterator
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
        self._sock = sock
        self._rest = rest

    def read(self, quiet: float, limit: float) -> list[bytes]:
        """The lines, without their ends, until nothing came for ``quiet`` seconds. Raises `RunError`."""
        pieces = [self._rest]
        end = time.monotonic() + limit
        self._sock.settimeout(quiet)
        while not self.closed:
            if time.monotonic() > end:
                raise StuckError(f"after {limit:.0f} s there was still more for the one that had not read")
            try:
                piece = self._sock.recv(_PIECE)
            except TimeoutError:
                break
            except OSError:
                piece = b""
            self.closed = not piece
            pieces.append(piece)
        *lines, self._rest = b"".join(pieces).split(b"\n")
        return [line.removesuffix(b"\r") for line in lines]


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
