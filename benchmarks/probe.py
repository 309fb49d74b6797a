"""How long the server's event loop does nothing but one thing: it is asked for a sign of life again and again.

A ping is answered as soon as the loop reads it. What the answer took is measured up to its arrival in our kernel, so
that it does not matter when we are given a core; of what remains, the time is taken off in which the server
wanted a core and others had it.
"""

import socket
import struct
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.asker import asking

_INTERVAL = 0.005
# SO_TIMESTAMPNS, which the socket module does not name (asm-generic/socket.h): the arrival of what recvmsg returns.
_STAMPS = 35
_STAMP = struct.Struct("=qq")
_PING = b'{"type":"ping"}\n'


@dataclass(frozen=True, slots=True)
class Holds:
    """Seconds of every ping: until it was answered, and less the server's waiting for a core."""

    waits: tuple[float, ...]
    holds: tuple[float, ...]


def hold(pid: int, port: int, seconds: float) -> Holds:
    """Ping the server with this process id for so long. Raises `RunError`."""
    waits: list[float] = []
    holds: list[float] = []
    with asking(port, "probe", "#probe") as asker:
        asker.ask(type="part", room="#lobby")
        asker.sock.setsockopt(socket.SOL_SOCKET, _STAMPS, 1)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            delay = _waited_for_a_core(pid)
            asker.sock.sendall(_PING)
            sent = time.time()
            _, notes, _, _ = asker.sock.recvmsg(4096, 256)
            wait = max(0.0, _arrival(notes) - sent)
            waits.append(wait)
            holds.append(max(0.0, wait - (_waited_for_a_core(pid) - delay)))
            time.sleep(_INTERVAL)
    return Holds(tuple(waits), tuple(holds))


def _arrival(notes: list[tuple[int, int, bytes]]) -> float:
    for level, kind, data in notes:
        if level == socket.SOL_SOCKET and kind == _STAMPS:
            seconds, nanoseconds = _STAMP.unpack(data[: _STAMP.size])
            return float(seconds + nanoseconds / 1e9)
    return time.time()


def _waited_for_a_core(pid: int) -> float:
    """Seconds that the process's first thread was ready to run and did not, so far."""
    return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[1]) / 1e9
