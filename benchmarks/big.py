"""The scenario of the server that has been there for years: a big log, as `benchmarks.biglog` makes it.

Programs talk at a steady rate all the while; beside them one person walks from room to room, and one program searches.
The file is not in the system's memory when the server starts.
"""

import math
import os
import re
import time
from contextlib import closing
from itertools import cycle
from pathlib import Path

from benchmarks import biglog
from benchmarks.asker import Asker, asking, connected
from benchmarks.beside import beside
from benchmarks.confirm import talk
from benchmarks.errors import RefusedError
from benchmarks.runs import Result, Size
from benchmarks.servers import Kind, running
from benchmarks.table import percentile
from twisted_chat.journal import file

_SHOWN = 20
_TALKERS = 10
# So many rooms, the busiest ones, are looked through by a search, and one that is nearly silent.
_SEARCHED = 10
_HISTORY = re.compile(rb"\*\*\* #\d+ ")
# Seconds between two things that the one who walks and searches does.
_PAUSE = 0.02

START = "big: time to start, ms"
JOIN50, JOIN99 = (
    "big: joining until its last line is shown p50, ms",
    "big: joining until its last line is shown p99, ms",
)
RARE = "big: a search for a rare word"
COMMON = "big: a search for a common word"
QUIET_ROOM = "big: the same in a room where little is said"
_SEARCH = "{} {}, ms"
SAID50, SAID99 = "big: a message confirmed p50, ms", "big: a message confirmed p99, ms"
ROUNDS = "big: rooms joined, and searches of each kind"

DIGITS = {
    START: 0,
    JOIN50: 2,
    JOIN99: 2,
    **{_SEARCH.format(name, share): 2 for name in (RARE, COMMON, QUIET_ROOM) for share in ("p50", "at most")},
    SAID50: 2,
    SAID99: 2,
    ROUNDS: 0,
}
"""Its figures, in the order of the table, with the decimal places that they are worth."""

LEAVES_OUT = dict.fromkeys(("twisted-chat-memory", "naive", "ngircd"), "it has no log that outlives it")
"""The servers that it is not for, and why."""


def heading(size: Size) -> str:
    return (
        f"big: a log of {size.big_events:,} events; {size.big_rate:g} messages a second for {size.big_seconds:g} s, "
        "joining and searching meanwhile"
    )


def big(kind: Kind, size: Size) -> Result:
    """How fast a server is whose log is big."""
    path = size.big_log
    if not path.exists():
        biglog.make(path, size.big_events)
    rooms = _rooms(path)
    _forget(path)
    joins: list[float] = []
    searches: dict[str, list[float]] = {RARE: [], COMMON: [], QUIET_ROOM: []}
    asked = {
        RARE: f"/search {biglog.RARE}",
        COMMON: f"/search {biglog.word(0)}",
        QUIET_ROOM: f"/search {biglog.word(0)} in:{rooms[-1]}",
    }
    with (
        running(kind, "--database", str(path.resolve())) as server,
        asking(server.port, "searcher", *rooms[1:_SEARCHED], rooms[-1]) as searcher,
        connected(server.port) as walker,
        beside(talk, server.port, _TALKERS, size.big_rate, size.big_seconds) as talked,
    ):
        _enter(walker)
        left_out = ""
        for room in cycle(rooms[1:]):
            joins.append(_join(walker, room))
            time.sleep(_PAUSE)
            for name, command in asked.items():
                try:
                    searches[name].append(searcher.ask(type="command", text=command))
                except RefusedError as error:
                    if not str(error).startswith("UNKNOWN_COMMAND"):
                        raise
                    left_out = "searching: this version has no /search"
                time.sleep(_PAUSE)
            if talked.done():
                break
        confirmed = talked.result()
    return Result(
        {
            START: server.started_in * 1e3,
            JOIN50: percentile(joins, 0.5) * 1e3,
            JOIN99: percentile(joins, 0.99) * 1e3,
            **{_SEARCH.format(name, "p50"): percentile(found, 0.5) * 1e3 for name, found in searches.items()},
            **{_SEARCH.format(name, "at most"): max(found, default=math.nan) * 1e3 for name, found in searches.items()},
            SAID50: percentile(confirmed.latencies, 0.5) * 1e3,
            SAID99: percentile(confirmed.latencies, 0.99) * 1e3,
            ROUNDS: len(joins),
        },
        confirmed.fault(),
        left_out,
    )


def _rooms(path: Path) -> list[str]:
    """The rooms that have enough lines to be shown on joining, the busiest first."""
    with closing(file.connect(path, readonly=True)) as database:
        found = database.execute(
            "SELECT name FROM rooms WHERE"
            f" (SELECT count(*) FROM (SELECT 1 FROM events WHERE room = rooms.number LIMIT {_SHOWN})) = {_SHOWN}"
            " ORDER BY number"
        ).fetchall()
    return [name for (name,) in found]


def _forget(path: Path) -> None:
    """Have the system drop what it has of the file in memory."""
    with path.open("rb") as log:
        os.fsync(log.fileno())
        os.posix_fadvise(log.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _enter(walker: Asker) -> None:
    """Into the first room."""
    while walker.line() != b"NICK":
        pass
    walker.sock.sendall(b"walker\r\n")
    _see_last_lines(walker)


def _join(walker: Asker, room: str) -> float:
    """Into this room and out again: seconds until the last of its last lines is there."""
    began = time.monotonic()
    walker.sock.sendall(f"/join {room}\r\n".encode())
    _see_last_lines(walker)
    took = time.monotonic() - began
    walker.sock.sendall(b"/part\r\n")
    return took


def _see_last_lines(walker: Asker) -> None:
    shown = 0
    while shown < _SHOWN:
        line = walker.line()
        shown += _HISTORY.match(line) is not None
        if line.startswith(b"!!!"):
            raise RefusedError(line.decode(errors="replace"))
