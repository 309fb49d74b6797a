"""What attacks cost the others: talk among honest people, quiet and under each, on a server as it comes.

``python -m benchmarks attacks``. Attackers, load and server share one machine here, so each attack is made twice: on
another server that runs beside, which shows what the machine's being busy costs, and on the one that is measured. Each
99th percentile of the latency stands beside that of the quiet run before it; "in" is how long somebody from an address
of his own needs to get in while it goes on.
"""

import argparse
import json
import math
import socket
import statistics
import time
from collections.abc import Mapping, Sequence

from benchmarks.attackers import ATTACKS, attack
from benchmarks.beside import beside
from benchmarks.dialects import Line
from benchmarks.errors import RunError
from benchmarks.load import allow_connections, entered
from benchmarks.runs import LIMIT, QUIET
from benchmarks.servers import SERVERS, Running, running
from benchmarks.table import Row, percentile, plain

_KIND = SERVERS[0]
_OPTIONS = ("--rate", "20,5", "--max-per-address", "200", "--history", "0")
_PEOPLE = 50
_SENDERS = 25
_RATE = 50.0
"""Messages a second of all senders together: two of each."""

_WARMING_UP = 1.5
"""Seconds that an attack has before anything is measured."""

_TRIES = 5
_MIB = 1024 * 1024
_DIGITS = {
    "quiet p99, ms": 2, "another server attacked p99, ms": 2, "latency p50, ms": 2, "latency p99, ms": 2,
    "p99: quiet": 2, "p99: another server attacked": 2, "lost": 0,
    "memory grows, MiB": 1, "log, lines": 0, "somebody else is in after, ms": 1, "CPU, percent": 0,
}  # fmt: skip


def _measured(name: str, seconds: float) -> dict[str, float]:
    """The figures of one attack on a server of its own. Raises `RunError`."""
    with (
        running(_KIND, *_OPTIONS) as other,
        running(_KIND, *_OPTIONS) as server,
        entered(server.port, Line(), _PEOPLE, QUIET, LIMIT) as room,
    ):
        room.settle(QUIET, LIMIT)
        quiet = percentile(room.pace(_SENDERS, _RATE, seconds, LIMIT).latencies, 0.99)
        with beside(attack, name, other.port, seconds + _WARMING_UP) as going:
            time.sleep(_WARMING_UP)
            elsewhere = percentile(room.pace(_SENDERS, _RATE, seconds, LIMIT).latencies, 0.99)
            going.result()
        memory, lines = server.memory(), _log_lines(server)
        with beside(attack, name, server.port, seconds + _WARMING_UP + 1) as going:
            time.sleep(_WARMING_UP)
            # Its numbers begin anew; what came of comings and goings meanwhile bears no mark.
            cpu, begun = server.cpu(), time.monotonic()
            delivery = room.pace(_SENDERS, _RATE, seconds, LIMIT)
            cpu = (server.cpu() - cpu) / (time.monotonic() - begun)
            inside = _time_in(server.port)
            going.result()
        p99 = percentile(delivery.latencies, 0.99)
        return {
            "quiet p99, ms": quiet * 1e3,
            "another server attacked p99, ms": elsewhere * 1e3,
            "latency p50, ms": percentile(delivery.latencies, 0.5) * 1e3,
            "latency p99, ms": p99 * 1e3,
            "p99: quiet": p99 / quiet,
            "p99: another server attacked": p99 / elsewhere,
            "lost": delivery.lost,
            "memory grows, MiB": (server.memory() - memory) / _MIB,
            "log, lines": _log_lines(server) - lines,
            "somebody else is in after, ms": inside * 1e3,
            "CPU, percent": cpu * 100,
        }


def _log_lines(server: Running) -> int:
    return (server.folder / "output").read_bytes().count(b"\n")


def _time_in(port: int) -> float:
    """Seconds from the connection to the welcome, for somebody from an address of his own."""
    begun = time.monotonic()
    with socket.socket() as sock:
        sock.settimeout(30)
        sock.bind(("127.9.9.9", 0))
        sock.connect(("127.0.0.1", port))
        sock.sendall(b"honest\n")
        seen = b""
        while b"Welcome" not in seen:
            data = sock.recv(65536)
            if not data:
                return math.nan
            seen += data
    return time.monotonic() - begun


def _seconds_of_wrong(port: int, nick: str) -> float:
    """How long the answer to a wrong password takes."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as sock, sock.makefile("rb") as lines:
        lines.readline()
        begun = time.monotonic()
        sock.sendall(json.dumps({"type": "hello", "nick": nick, "password": "this is wrong"}).encode() + b"\n")
        answer = json.loads(lines.readline())
        took = time.monotonic() - begun
    if answer["code"] != "BAD_LOGIN":
        raise RunError(f"{nick}: {answer}")
    return took


def names(tries: int) -> tuple[float, float]:
    """Median seconds of the answer to a wrong password: known names, unknown ones, in turns. Raises `RunError`."""
    known, unknown = [], []
    with running(_KIND, "--rate", "off") as server:
        for number in range(math.ceil(tries / _TRIES)):
            nick = _name("known", number)
            with socket.create_connection(("127.0.0.1", server.port), timeout=30) as sock, sock.makefile("rb") as lines:
                sock.sendall(f"{nick}\n/register open sesame\n".encode())
                while b"is yours now" not in lines.readline():
                    pass
            time.sleep(0.05)
            for _try in range(_TRIES):
                known.append(_seconds_of_wrong(server.port, nick))
                unknown.append(_seconds_of_wrong(server.port, _name("nobody", number)))
    return statistics.median(known), statistics.median(unknown)


def _name(word: str, number: int) -> str:
    return word + "".join("bcdfghjkmp"[int(digit)] * 2 for digit in f"{number:03}")


def _medians(runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {label: statistics.median(run[label] for run in runs) for label in _DIGITS}


def _rows(results: Mapping[str, Mapping[str, float]]) -> list[Row]:
    return [
        Row(label, {name: each[label] for name, each in results.items()}, digits) for label, digits in _DIGITS.items()
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks attacks", description=__doc__)
    parser.add_argument("--only", choices=ATTACKS, action="append", help="only this attack; may be repeated")
    parser.add_argument("--seconds", type=float, default=8.0, help="length of each measurement (8)")
    parser.add_argument("--runs", type=int, default=1, help="runs of each attack; their medians are told (1)")
    parser.add_argument(
        "--names", type=int, default=200, help="wrong passwords of known and unknown names; 0: none (200)"
    )
    options = parser.parse_args(arguments)
    allow_connections(6_000)
    chosen = options.only or list(ATTACKS)
    results = {name: _medians([_measured(name, options.seconds) for _run in range(options.runs)]) for name in chosen}
    print(f"{_PEOPLE} people, {_RATE:.0f} messages a second, {options.seconds:.0f} s under each attack, ", end="")
    print(f"medians of {options.runs}")
    print(plain(_rows(results), chosen))
    if options.names:
        known, unknown = names(options.names)
        print(f"a wrong password, medians of {options.names}: known names {known * 1e3:.2f} ms, ", end="")
        print(f"unknown {unknown * 1e3:.2f} ms, apart {abs(known - unknown) * 1e3:.2f} ms")
    return 0
