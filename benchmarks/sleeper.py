"""The client that enters, reads nothing for a while, and then all that there is for it."""

import selectors
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fcntl import ioctl
from termios import FIONREAD

from benchmarks.dialects import Dialect
from benchmarks.errors import RefusedError, StuckError

# So that its kernel is full soon, and the server's, too. Not less: a window smaller than a segment is filled by the
# sender's probes only.
_RECEIVE_BUFFER = 64 * 1024
_PIECE = 256 * 1024
# Whatever it speaks, no server has more to say to it in the end.
_ENTER_LIMIT = 30.0


class Sleeper:
    """A connection that is in the room; it reads only when told to."""

    def __init__(self, sock: socket.socket, rest: bytes, welcome: bytes) -> None:
        self.welcome = welcome
        self.closed = False
        self.sock = sock
        self.read_at = time.monotonic()
        self.taken = 0
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
        self.read_at = time.monotonic()
        self.taken += len(piece)
        self._pieces.append(piece)

    def lines(self) -> list[bytes]:
        """What has come and was not asked for before."""
        *lines, rest = b"".join(self._pieces).split(b"\n")
        self._pieces = [rest]
        return [line.removesuffix(b"\r") for line in lines]


def read_all(sleepers: Sequence[Sleeper], quiet: float, limit: float) -> list[list[bytes]]:
    """The lines of each of them, who read at the same time until nothing came for ``quiet`` seconds to any of them.

    To who did not read, the server's kernel tries to send at intervals that double: the next time comes within as long
    as he slept. So long he is waited for, until something has come that was not in his own kernel. Raises `RunError`.
    """
    began = time.monotonic()
    end = began + limit
    waking = {
        each: (each.taken + _at_hand(each.sock), 2 * began - each.read_at) for each in sleepers if not each.closed
    }
    with selectors.DefaultSelector() as selector:
        for sleeper in sleepers:
            if not sleeper.closed:
                selector.register(sleeper.sock, selectors.EVENT_READ, sleeper)
        while selector.get_map():
            now = time.monotonic()
            waking = {each: (had, at) for each, (had, at) in waking.items() if each.taken <= had and not each.closed}
            ready = selector.select(max([quiet, *(at - now for _had, at in waking.values())]))
            if not ready:
                break
            for key, _events in ready:
                key.data.take()
                if key.data.closed:
                    selector.unregister(key.fileobj)
            if time.monotonic() > end:
                raise StuckError(f"after {limit:.0f} s there was still more for those who had not read")
    return [sleeper.lines() for sleeper in sleepers]


def _at_hand(sock: socket.socket) -> int:
    """Bytes that our kernel has of it."""
    return int.from_bytes(ioctl(sock, FIONREAD, bytes(4)), sys.byteorder)


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
