"""What attackers do to a server for some seconds, each kind a function of its port; run in a process of its own."""

import json
import os
import select
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count, cycle

_TURN = 0.02
"""Seconds between two rounds of an attacker that has a rhythm."""


def _address(number: int) -> str:
    """Another one than the load's and the honest people's."""
    return f"127.{100 + number // 62_500}.{number // 250 % 250}.{1 + number % 250}"


def _connect(port: int, host: str) -> socket.socket | None:
    """A connection that does not block; None where none can be had."""
    sock = socket.socket()
    sock.bind((host, 0))
    sock.settimeout(5)
    try:
        sock.connect(("127.0.0.1", port))
    except OSError:
        sock.close()
        return None
    sock.setblocking(False)
    return sock


def _say(sock: socket.socket, data: bytes) -> bool:
    """Whether the connection is there still; what does not fit is not said."""
    try:
        sock.send(data)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return True


def _read(sock: socket.socket) -> bytes:
    """What has come; nothing where it is over, too."""
    with suppress(OSError):
        return sock.recv(1 << 20)
    return b""


def one_address(port: int, end: float) -> None:
    """2,000 connections from one address, and again as they are closed."""
    held: list[socket.socket] = []
    while time.monotonic() < end:
        sock = _connect(port, _address(0))
        if sock:
            held.append(sock)
        if len(held) >= 2_000:
            held.pop(0).close()


def unnamed(port: int, end: float) -> None:
    """5,000 connections from many addresses that never say who they are."""
    held = [
        sock for number in range(5_000) if time.monotonic() < end and (sock := _connect(port, _address(number // 16)))
    ]
    time.sleep(max(0.0, end - time.monotonic()))
    for sock in held:
        sock.close()


def dripping(port: int, end: float) -> None:
    """200 connections, one byte a second each."""
    held = [sock for number in range(200) if (sock := _connect(port, _address(number // 8)))]
    while time.monotonic() < end:
        for sock in held:
            _say(sock, b"x")
        time.sleep(1)


def _inside(port: int, people: int) -> list[socket.socket]:
    found = []
    for number in range(people):
        sock = _connect(port, _address(1_000 + number))
        if sock:
            _say(sock, f"eve{_letters(number)}\n".encode())
            found.append(sock)
    time.sleep(0.5)
    return found


def _letters(number: int) -> str:
    return "".join("bcdfghjkmp"[int(digit)] for digit in f"{number:03}")


def _pour(port: int, end: float, people: int, lines: Callable[[int], Iterator[bytes]]) -> None:
    """Each of some people says its lines as fast as they are taken."""
    held = {sock: (lines(number), bytearray()) for number, sock in enumerate(_inside(port, people))}
    while held and time.monotonic() < end:
        readable, writable, _none = select.select(list(held), list(held), [], 0.1)
        for sock in readable:
            if not _read(sock):
                del held[sock]
        for sock in writable:
            if sock in held:
                more, waiting = held[sock]
                while len(waiting) < 64 * 1024:
                    waiting += next(more)
                with suppress(OSError):
                    del waiting[: sock.send(waiting)]
        time.sleep(_TURN)


def joins(port: int, end: float) -> None:
    """Ten people enter and leave a room as fast as they can."""
    _pour(port, end, 10, lambda _number: cycle([b"/join #dev\n", b"/part #dev\n"]))


def renames(port: int, end: float) -> None:
    """Ten people rename themselves as fast as they can."""
    _pour(
        port,
        end,
        10,
        lambda number: (f"/nick q{_letters(number)}{_letters(each % 1000)}\n".encode() for each in count()),
    )


def floods(port: int, end: float) -> None:
    """Ten people talk as fast as they can."""
    _pour(port, end, 10, lambda _number: (b"line %d %s\n" % (each, b"x" * 80) for each in count()))


def guesses(port: int, end: float) -> None:
    """A guesser with many addresses tries passwords of one account, three on each connection."""
    for number in count():
        if time.monotonic() >= end:
            return
        sock = _connect(port, _address(2_000 + number % 500))
        if sock:
            for guess in range(3):
                _say(
                    sock, json.dumps({"type": "hello", "nick": "alice", "password": f"guess {guess}"}).encode() + b"\n"
                )
            time.sleep(_TURN)
            sock.close()


def logins(port: int, end: float) -> None:
    """200 log in at once, from many addresses, again and again."""
    wave = 0
    while time.monotonic() < end:
        wave += 1
        held = [sock for each in range(200) if (sock := _connect(port, _address(4_000 + wave * 200 + each)))]
        for number, sock in enumerate(held):
            _say(sock, json.dumps({"type": "hello", "nick": f"nobody{number}", "password": "a guess"}).encode() + b"\n")
        time.sleep(1)
        for sock in held:
            sock.close()


ATTACKS: dict[str, Callable[[int, float], None]] = {
    each.__name__: each for each in (one_address, unnamed, dripping, joins, renames, floods, guesses, logins)
}


def attack(name: str, port: int, seconds: float) -> None:
    """Do it for so long. A real attacker has processors of his own: this one gives way on ours."""
    os.nice(15)
    ATTACKS[name](port, time.monotonic() + seconds)
