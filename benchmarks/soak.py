"""A long run with people who come, talk, break off and return: does the server's process grow?

``python -m benchmarks soak --minutes 30 --clients 2000``. Each minute prints the server's memory, descriptors, timers
and threads; the end says how much they grew after the first part.
"""

import argparse
import json
import os
import random
import selectors
import signal
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import RunError
from benchmarks.load import allow_connections
from benchmarks.servers import SERVERS, Running, running

_MIB = 1024 * 1024
_EACH = 60.0
"""Seconds between two looks."""

_AT_SIGNAL = """
import gc, os, signal, sys, threading

def _look(number, frame):
    reactor = sys.modules.get("twisted.internet.reactor")
    gc.collect()  # what waits to be collected is no growth
    timers = len(reactor.getDelayedCalls()) if reactor else 0
    with open(os.environ["SOAK_FILE"] + ".new", "w") as file:
        file.write(f"{timers} {threading.active_count()} {len(gc.get_objects())}")
    os.replace(os.environ["SOAK_FILE"] + ".new", os.environ["SOAK_FILE"])

signal.signal(signal.SIGUSR1, _look)
"""


@dataclass(frozen=True, slots=True)
class Look:
    """The server's process at one moment; memory in bytes."""

    memory: int
    descriptors: int
    timers: int
    threads: int
    objects: int

    def __str__(self) -> str:
        return (
            f"{self.memory / _MIB:8.1f} MiB  {self.descriptors:6,} descriptors  {self.timers:6,} timers  "
            f"{self.threads:3} threads  {self.objects:9,} objects"
        )


class Visitor:
    """Somebody who comes and goes, a person with nc or a program that resumes where it was."""

    def __init__(self, number: int, port: int, chance: random.Random) -> None:
        self._nick = "v" + "".join("bcdfghjkmp"[int(digit)] * 2 for digit in f"{number:04}")
        self._port = port
        self._chance = chance
        self._is_program = number % 2 == 1
        self._resume: dict[str, object] = {}
        self._said = 0
        self.sock: socket.socket | None = None

    def comes(self) -> None:
        sock = socket.create_connection(("127.0.0.1", self._port), timeout=10)
        sock.setblocking(False)
        self.sock = sock
        if self._is_program:
            self._sends({"type": "hello", "nick": self._nick, **self._resume})
        else:
            self._writes(f"{self._nick}\n")

    def acts(self) -> bool:
        """Does one thing; false where it has left by that."""
        what = self._chance.random()
        self._said += 1
        if what < 0.80:
            self._says(f"{self._nick} has said {self._said} things")
        elif what < 0.84:
            self._says(f"/join #r{self._said % 50}")
        elif what < 0.88:
            self._says(f"/part #r{(self._said - 1) % 50}")
        elif what < 0.90:
            self._says("/history 20")
        elif what < 0.92:
            self._says("/away" if self._said % 2 else "/back")
        elif what < 0.97:
            return self._leaves(rudely=True)
        else:
            return self._leaves(rudely=False)
        return True

    def reads(self) -> bool:
        """Takes what came; false at the end of the connection."""
        assert self.sock is not None
        try:
            data = self.sock.recv(1 << 18)
        except BlockingIOError:
            return True
        except OSError:
            return False
        if self._is_program:
            for line in data.split(b"\r\n"):
                if line.startswith(b'{"type":"welcome"') and line.endswith(b"}"):
                    welcome = json.loads(line)
                    self._resume = {each: welcome[each] for each in ("resume", "log")} | {"since": welcome["seq"]}
                elif line == b'{"type":"ping"}':
                    self._sends({"type": "pong"})
        return bool(data)

    def _leaves(self, *, rudely: bool) -> bool:
        assert self.sock is not None
        if rudely:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.sock.close()
        self.sock = None
        return False

    def _says(self, line: str) -> None:
        if self._is_program:
            self._sends({"type": "command", "text": line})
        else:
            self._writes(f"{line}\n")

    def _sends(self, fields: Mapping[str, object]) -> None:
        self._writes(json.dumps(fields) + "\n")

    def _writes(self, text: str) -> None:
        assert self.sock is not None
        with suppress(OSError):  # it reads the end soon
            self.sock.send(text.encode())


def _look(server: Running) -> Look:
    answer = server.folder / "soak"
    answer.unlink(missing_ok=True)
    os.kill(server.pid, signal.SIGUSR1)
    end = time.monotonic() + 10
    while not answer.exists():
        if time.monotonic() > end:
            raise RunError("the server does not tell of itself")
        time.sleep(0.05)
    timers, threads, objects = map(int, answer.read_text().split())
    return Look(server.memory(), len(os.listdir(f"/proc/{server.pid}/fd")), timers, threads, objects)


def _environment(folder: Path) -> dict[str, str]:
    """What has the server's process tell of itself at a signal."""
    (folder / "sitecustomize.py").write_text(_AT_SIGNAL)
    root = Path(__file__).resolve().parent.parent
    return {"PYTHONPATH": f"{folder}{os.pathsep}{root}", "SOAK_FILE": str(folder / "soak")}


def soaked(minutes: float, clients: int, rate: float, each: float = _EACH) -> list[Look]:
    """A look at the start, whenever `each` seconds have gone by, and at the end; `rate` acts a second in all."""
    chance = random.Random(5)
    with (
        running(SERVERS[0], "--rate", "20,5", environment=_environment) as server,
        selectors.DefaultSelector() as ready,
    ):
        visitors = [Visitor(number, server.port, chance) for number in range(clients)]
        begun = time.monotonic()
        end, next_look, acted = begun + minutes * 60, begun + each, 0
        looks: list[Look] = []
        away = dict.fromkeys(visitors, begun)
        for visitor in visitors:
            away[visitor] = begun + chance.random() * 10
        while (now := time.monotonic()) < end:
            for visitor in [visitor for visitor, back in away.items() if back <= now]:
                del away[visitor]
                visitor.comes()
                ready.register(visitor.sock, selectors.EVENT_READ, visitor)  # type: ignore[arg-type]
            while acted < (now - begun) * rate:
                acted += 1
                visitor = chance.choice(visitors)
                sock = visitor.sock
                if sock is not None:
                    descriptor = sock.fileno()
                    if not visitor.acts():
                        ready.unregister(descriptor)
                        away[visitor] = now + chance.uniform(0.5, 20)
            for key, _events in ready.select(0.02):
                if not key.data.reads():
                    ready.unregister(key.fileobj)
                    key.data.sock.close()
                    key.data.sock = None
                    away[key.data] = now + 1
            if now >= next_look:
                next_look += each
                looks.append(_look(server))
                print(f"{(now - begun) / 60:6.1f} min  {looks[-1]}  {clients - len(away):5,} are here", flush=True)
        for visitor in visitors:
            if visitor.sock is not None:
                visitor.sock.close()
        time.sleep(2)
        looks.append(_look(server))
        print(f"   empty    {looks[-1]}", flush=True)
    return looks


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--clients", type=int, default=2000)
    parser.add_argument("--rate", type=float, default=100.0, help="acts a second, of all together (100)")
    parser.add_argument("--each", type=float, default=_EACH, help="seconds between two looks (60)")
    options = parser.parse_args(arguments)
    allow_connections(options.clients)
    looks = soaked(options.minutes, options.clients, options.rate, options.each)
    early, late = looks[len(looks) // 4], looks[-2] if len(looks) > 1 else looks[-1]
    print(
        f"after the first part: memory {(late.memory - early.memory) / _MIB:+.1f} MiB, descriptors "
        f"{late.descriptors - early.descriptors:+}, timers {late.timers - early.timers:+}, "
        f"objects {late.objects - early.objects:+,}"
    )
    return 0
