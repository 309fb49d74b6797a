"""A program that asks one thing after another and waits for each answer: the JSON dialect, blocking."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.errors import RefusedError, StuckError

_PIECE = 256 * 1024
# Seconds without an answer after which none is expected any more.
_LIMIT = 30.0


class Asker:
    """A connection with a socket of its own."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._rest = b""
        self._asked = 0

    def ask(self, **fields: object) -> float:
        """Send these fields and an id, and wait for what bears the same: the seconds that took. Raises `RunError`."""
        self._asked += 1
        mark = f"ask-{self._asked}"
        asked = time.monotonic()
        self.send(**fields, id=mark)
        while (found := self.hear()).get("id") != mark:
            pass
        took = time.monotonic() - asked
        if found["type"] == "error":
            raise RefusedError(f"{found['code']}: {found['text']}")
        return took

    def send(self, **fields: object) -> None:
        self.sock.sendall(json.dumps(fields).encode() + b"\n")

    def hear(self) -> dict[str, Any]:
        """The next object. Raises `RunError`."""
        line = self.line()
        return dict(json.loads(line)) if line.startswith(b"{") else {}

    def line(self) -> bytes:
        """The next line, whatever it is. Raises `RunError`."""
        while b"\n" not in self._rest:
            try:
                piece = self.sock.recv(_PIECE)
            except TimeoutError:
                raise StuckError(f"no answer within {_LIMIT:.0f} s") from None
            if not piece:
                raise RefusedError("the server closed the connection of the one that asks")
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\n")
        return line.removesuffix(b"\r")


@contextmanager
def asking(port: int, nick: str, *rooms: str) -> Iterator[Asker]:
    """Somebody who has entered under this name, and is in these rooms besides the first one. Raises `RunError`."""
    with connected(port) as asker:
        asker.send(type="hello", nick=nick, rooms=rooms)
        while (found := asker.hear()).get("type") != "welcome":
            if found.get("type") == "error":
                raise RefusedError(f"{found['code']}: {found['text']}")
        yield asker


@contextmanager
def connected(port: int) -> Iterator[Asker]:
    """A connection that has said nothing yet."""
    with socket.create_connection(("127.0.0.1", port), timeout=_LIMIT) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield Asker(sock)
