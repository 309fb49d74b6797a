"""The scenario of the client that does not read: what it costs the others and the server, and what it gets later.

The same load three times, on a fresh server each: without such a client, with one of the human dialect, and with
one of the JSON dialect. The servers that we compare with promise such a client nothing.
"""

import json
from contextlib import nullcontext

from benchmarks.dialects import Json, Line
from benchmarks.errors import StuckError
from benchmarks.load import MESSAGE_BYTES, Room, entered
from benchmarks.promises import as_human, as_objects
from benchmarks.runs import LIMIT, QUIET, Result, Size
from benchmarks.servers import Kind, running
from benchmarks.sleeper import Sleeper, sleeping
from benchmarks.table import percentile

# Seconds. Our server ends a connection that takes nothing for 90.
_LOAD_LIMIT = 80.0
# Longer than between two pages of a log.
_QUIET = 1.0
_NICK = "sleeper"
_MIB = 1024 * 1024

_HUMAN = "with one"
_JSON = "with one, JSON"
_P99 = "latency p99 {}, ms"
_RATIO = "latency p99 {}: that without"
_CPU = "CPU time for a delivery {}, us"
_GROWTH = "server grows {}, MiB"

GOT = "it got, lines"
NOTICES = "it got, notices"
SKIPPED = "skipped by the notice, lines"
MISSING = "missing, lines"
LIVE = "JSON: it got before a skip"
SERVED = "JSON: it got after a skip"
RANGE = "JSON: skipped"
WRONG = "JSON: gaps, doubled, withheld"

DIGITS = {
    _P99.format("without"): 2,
    _P99.format(_HUMAN): 2,
    _RATIO.format(_HUMAN): 2,
    _P99.format(_JSON): 2,
    _RATIO.format(_JSON): 2,
    _CPU.format("without"): 2,
    _CPU.format(_HUMAN): 2,
    _CPU.format(_JSON): 2,
    _GROWTH.format("without"): 1,
    _GROWTH.format(_HUMAN): 1,
    _GROWTH.format(_JSON): 1,
    **dict.fromkeys((GOT, NOTICES, SKIPPED, MISSING, LIVE, SERVED, RANGE, WRONG), 0),
}
"""Its figures, in the order of the table, with the decimal places that they are worth."""

LEAVES_OUT = {
    "naive": "it queues without a bound, and this load takes it minutes",
    "ngircd": "it closes the connection of a client that does not read, and keeps nothing for it",
}
"""The servers that it is not for, and why."""


def heading(size: Size) -> str:
    sent = size.senders * size.stalled_messages * (len("u0: ") + MESSAGE_BYTES + len("\r\n")) / 1e6
    return (
        f"stalled: {size.saturated_clients:,} clients, {size.senders} senders of {size.stalled_messages:,} messages, "
        f"{size.window} in flight; one client more does not read {sent:.0f} MB"
    )


def stalled(kind: Kind, size: Size) -> Result:
    """What a client that does not read costs the others, and whether it gets later what it is owed."""
    figures: dict[str, float] = {}
    faults: list[str] = []
    for name, dialect in (("without", None), (_HUMAN, Line()), (_JSON, Json())):
        with (
            running(kind, "--log-size", str(size.log_size)) as server,
            entered(server.port, kind.dialect, size.saturated_clients, QUIET, LIMIT) as room,
            sleeping(server.port, dialect, _NICK) if dialect else nullcontext() as sleeper,
        ):
            room.settle(QUIET, LIMIT)
            memory, cpu = server.memory(), server.cpu()
            delivery = room.saturate(size.senders, size.window, size.stalled_messages, _LOAD_LIMIT)
            figures[_CPU.format(name)] = (server.cpu() - cpu) / max(1, delivery.delivered) * 1e6
            figures[_GROWTH.format(name)] = (server.memory() - memory) / _MIB
            figures[_P99.format(name)] = percentile(delivery.latencies, 0.99) * 1e3
            if dialect:
                figures[_RATIO.format(name)] = figures[_P99.format(name)] / figures[_P99.format("without")]
            found = [delivery.fault()]
            if delivery.took > _LOAD_LIMIT - 1:
                raise StuckError(f"the load is not over after {_LOAD_LIMIT:.0f} s: fewer --messages are needed")
            # What was lost to all, or not said, the one that did not read can't have either.
            if sleeper and not delivery.fault():
                more, fault = _wake(sleeper, room, kind, size)
                figures.update(more)
                found.append(fault)
        faults += [f"{name}: {fault}" for fault in found if fault]
    return Result(figures, "; ".join(faults))


def _wake(sleeper: Sleeper, room: Room, kind: Kind, size: Size) -> tuple[dict[str, float], str]:
    """Let it read, say one message more, and see what it got and what was wrong with that."""
    figures: dict[str, float]
    lines = sleeper.read(_QUIET, LIMIT)
    room.say(0, size.stalled_messages)
    after = sleeper.read(_QUIET, LIMIT)
    if sleeper.closed:
        return {}, "the server closed the connection of the one that did not read"
    if not sleeper.welcome.startswith(b"{"):
        human = as_human(lines, after, size.senders, size.stalled_messages)
        figures = {GOT: human.got, NOTICES: human.notices, SKIPPED: human.skipped, MISSING: human.missing}
        return figures, human.fault()
    first = json.loads(sleeper.welcome)["seq"] + 1
    said = size.senders * size.stalled_messages
    objects = as_objects(lines, after, first, first + said - 1, said if kind.durable else size.log_size)
    figures = {LIVE: objects.live, SERVED: objects.served, RANGE: objects.skipped, WRONG: objects.wrong}
    return figures, objects.fault()
