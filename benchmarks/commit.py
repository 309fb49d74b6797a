"""The scenario of what durability costs: how long a message takes to be confirmed, and how long the loop is held.

Who says something in the JSON dialect gets it confirmed when the log has it. Alone, at one message a second, that takes
a few syncs of the disk longer than in memory; under load many messages share a commit.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

from benchmarks.asker import Asker, asking
from benchmarks.beside import beside
from benchmarks.confirm import Talkers
from benchmarks.errors import RunError
from benchmarks.load import entered
from benchmarks.probe import Holds, hold
from benchmarks.runs import LIMIT, QUIET, Result, Size
from benchmarks.servers import IN_MEMORY, Kind, Running, running
from benchmarks.table import percentile

SLOWER = 5
"""Milliseconds that are added to each sync of the disk."""

_TALKERS = 10
_COMPILER = "cc"
_SOURCE = Path(__file__).with_name("slow_sync.c")
_PAGE = bytes(4096)

LONE = "one a second: confirmed p50, ms"
ADDED = "one a second: later than in memory p50, ms"
SYNC = "one a second: fdatasync p50, ms"
_LOADED = "many a second"
_SLOW = f"many a second, {SLOWER} ms more a sync"
_CROWD = "large room"
_P50 = "{}: confirmed p50, ms"
_P99 = "{}: confirmed p99, ms"
_WAIT = "{}: a ping waits at most, ms"
_HELD = "{}: loop held at most, ms"
_HELD_P99 = "{}: loop held p99, ms"

DIGITS = dict.fromkeys(
    (
        LONE,
        ADDED,
        SYNC,
        *(label.format(_LOADED) for label in (_P50, _P99, _WAIT, _HELD, _HELD_P99)),
        *(label.format(_SLOW) for label in (_P50, _P99, _WAIT, _HELD, _HELD_P99)),
        *(label.format(_CROWD) for label in (_WAIT, _HELD, _HELD_P99)),
    ),
    2,
)
"""Its figures, in the order of the table, with the decimal places that they are worth."""

LEAVES_OUT = dict.fromkeys(("naive", "ngircd"), "it confirms nothing")
"""The servers that it is not for, and why."""


def heading(size: Size) -> str:
    return (
        f"commit: one message a second alone; {size.commit_rate:,.0f} a second of {_TALKERS} programs "
        f"for {size.commit_seconds:g} s; {size.crowd_rate:g} a second to {size.crowd_clients:,} clients"
    )


def commit(kind: Kind, size: Size) -> Result:
    """Until a message is confirmed: alone, among many, and among many on a slow disk; and the loop meanwhile."""
    figures = _alone(kind, size)
    faults: list[str] = []
    left_out = ""
    with running(kind) as server:
        faults += _talked(server, size, _LOADED, figures)
    if kind.durable and not shutil.which(_COMPILER):
        left_out = f"{_SLOW}: there is no {_COMPILER} to make the slow disk with"
    elif kind.durable:
        with running(kind, environment=_slow_disk) as server:
            faults += _talked(server, size, _SLOW, figures)
    with running(kind) as server:
        faults += _crowd(kind, server, size, figures)
    return Result(figures, "; ".join(faults), left_out)


def _alone(kind: Kind, size: Size) -> dict[str, float]:
    """One message a second, with nothing else to do: to this server, and to one in memory in turn."""
    with (
        running(kind) as server,
        running(IN_MEMORY) if kind.durable else nullcontext() as other,
        asking(server.port, "alone") as asker,
        asking(other.port, "alone") if other else nullcontext() as compared,
    ):
        if not compared:
            return {LONE: percentile([_say(asker, size.lone_pause) for _ in range(size.lone_messages)], 0.5) * 1e3}
        times, in_memory, syncs = [], [], []
        with (server.folder / "synced").open("wb", buffering=0) as file:
            for _ in range(size.lone_messages):
                times.append(_say(asker, size.lone_pause))
                in_memory.append(_say(compared, size.lone_pause))
                syncs.append(_sync(file.fileno(), size.lone_pause))
    lone = percentile(times, 0.5)
    return {
        LONE: lone * 1e3,
        ADDED: (lone - percentile(in_memory, 0.5)) * 1e3,
        SYNC: percentile(syncs, 0.5) * 1e3,
    }


def _say(asker: Asker, pause: float) -> float:
    took = asker.ask(type="say", room="#lobby", text="is anybody here?")
    time.sleep(pause)
    return took


def _sync(file: int, pause: float) -> float:
    """What it takes to get one page more of a file to the disk, with nothing else to do."""
    os.write(file, _PAGE)
    began = time.monotonic()
    os.fdatasync(file)
    took = time.monotonic() - began
    time.sleep(pause)
    return took


def _talked(server: Running, size: Size, name: str, figures: dict[str, float]) -> list[str]:
    room = Talkers(server.port)
    try:
        room.enter(_TALKERS, LIMIT)
        room.settle(QUIET, LIMIT)
        with beside(hold, server.pid, server.port, size.commit_seconds) as held:
            confirmed = room.confirm(size.commit_rate, size.commit_seconds, size.commit_seconds + LIMIT)
            figures |= _held(name, held.result())
    finally:
        room.close()
    figures[_P50.format(name)] = percentile(confirmed.latencies, 0.5) * 1e3
    figures[_P99.format(name)] = percentile(confirmed.latencies, 0.99) * 1e3
    return [f"{name}: {confirmed.fault()}"] if confirmed.fault() else []


def _crowd(kind: Kind, server: Running, size: Size, figures: dict[str, float]) -> list[str]:
    with entered(server.port, kind.dialect, size.crowd_clients, QUIET, LIMIT) as room:
        seconds = size.commit_seconds
        with beside(hold, server.pid, server.port, seconds) as held:
            delivery = room.pace(min(_TALKERS, size.crowd_clients // 2), size.crowd_rate, seconds, seconds + LIMIT)
            figures |= _held(_CROWD, held.result())
    return [f"{_CROWD}: {delivery.fault()}"] if delivery.fault() else []


def _held(name: str, found: Holds) -> Mapping[str, float]:
    return {
        _WAIT.format(name): max(found.waits) * 1e3,
        _HELD.format(name): max(found.holds) * 1e3,
        _HELD_P99.format(name): percentile(found.holds, 0.99) * 1e3,
    }


def _slow_disk(folder: Path) -> Mapping[str, str]:
    """What to start a server in ``folder`` with, so that its disk is slow. Raises `RunError`."""
    library = folder / "slow_sync.so"
    command: Sequence[str] = (
        _COMPILER, "-shared", "-fPIC", "-O2", f"-DMILLISECONDS={SLOWER}", "-o", str(library), str(_SOURCE), "-ldl",
    )  # fmt: skip
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        raise RunError(f"{_COMPILER} {_SOURCE.name}: {made.stderr.strip()}")
    return {"LD_PRELOAD": str(library)}
