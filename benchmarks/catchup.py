"""The scenario of the class whose wireless fails: many at once do not read for a minute, and then all read again.

The same load twice, on a fresh server each: without them and with them, half in the human dialect and half in the JSON
dialect. Each program must get every message once and in order then, each person one notice.
"""

import json
import time
from contextlib import ExitStack

from benchmarks.dialects import Json, Line
from benchmarks.errors import StuckError
from benchmarks.load import Room, entered
from benchmarks.promises import as_human, as_objects
from benchmarks.runs import LIMIT, QUIET, Result, Size
from benchmarks.servers import Kind, Running, running
from benchmarks.sleeper import Sleeper, read_all, sleeping
from benchmarks.table import percentile

# Seconds. Our server ends a connection that takes nothing for 90.
_LOAD_LIMIT = 85.0
# Longer than between two pages of a log.
_QUIET = 1.0
_MIB = 1024 * 1024

_P99 = "latency p99 {} stalled, ms"
_GROWTH = "server grows {} stalled, MiB"
RATIO = "latency p99 with all stalled: that without"
MORE = "server grows by those stalled, MiB"
CAUGHT_UP = "server grows until they have caught up, MiB"
TOOK = "until all have caught up, s"
EACH = "each program got, messages"
WRONG = "programs: gaps, doubled, withheld, in all"
NOTICES = "people: notices, in all"

DIGITS = {
    _P99.format("without"): 2,
    _P99.format("with all"): 2,
    RATIO: 2,
    _GROWTH.format("without"): 1,
    _GROWTH.format("with all"): 1,
    MORE: 1,
    CAUGHT_UP: 1,
    TOOK: 1,
    EACH: 0,
    WRONG: 0,
    NOTICES: 0,
}
"""Its figures, in the order of the table, with the decimal places that they are worth."""

LEAVES_OUT = {
    "twisted-chat-memory": "its log keeps the last lines of each room only, which the scenario stalled shows",
    "naive": "it queues without a bound, and has no log",
    "ngircd": "it closes the connection of a client that does not read, and keeps nothing for it",
}
"""The servers that it is not for, and why."""


def heading(size: Size) -> str:
    return (
        f"catchup: {size.catchup_clients:,} clients, {size.catchup_rate:,.0f} messages a second "
        f"for {size.catchup_seconds:g} s; {size.catchup_stalled:,} more do not read"
    )


def catchup(kind: Kind, size: Size) -> Result:
    """What many who do not read cost the others and the server, and whether they get later what they are owed."""
    figures: dict[str, float] = {}
    faults: list[str] = []
    for name, stalled in (("without", 0), ("with all", size.catchup_stalled)):
        with (
            running(kind) as server,
            entered(server.port, kind.dialect, size.catchup_clients, QUIET, LIMIT) as room,
            ExitStack() as stack,
        ):
            sleepers = [
                stack.enter_context(sleeping(server.port, Json() if number % 2 else Line(), f"sleeper{number}"))
                for number in range(stalled)
            ]
            room.settle(QUIET, LIMIT)
            memory = server.memory()
            delivery = room.pace(size.senders, size.catchup_rate, size.catchup_seconds, _LOAD_LIMIT)
            if delivery.took > _LOAD_LIMIT - 1:
                raise StuckError(f"the load is not over after {_LOAD_LIMIT:.0f} s")
            figures[_GROWTH.format(name)] = (server.memory() - memory) / _MIB
            figures[_P99.format(name)] = percentile(delivery.latencies, 0.99) * 1e3
            found = [delivery.fault()]
            if sleepers and not delivery.fault():
                figures[RATIO] = figures[_P99.format(name)] / figures[_P99.format("without")]
                figures[MORE] = figures[_GROWTH.format(name)] - figures[_GROWTH.format("without")]
                found += _wake(sleepers, room, server, size, figures)
                figures[CAUGHT_UP] = (server.memory() - memory) / _MIB
        faults += [f"{name} stalled: {fault}" for fault in found if fault]
    return Result(figures, "; ".join(faults))


def _wake(sleepers: list[Sleeper], room: Room, server: Running, size: Size, figures: dict[str, float]) -> list[str]:
    """Let them read, say one message more, and see what each got and what was wrong with that."""
    total = max(1, round(size.catchup_rate * size.catchup_seconds))
    messages = total // size.senders
    began = time.monotonic()
    lines = read_all(sleepers, _QUIET, LIMIT)
    figures[TOOK] = time.monotonic() - began - _QUIET
    room.say(0, messages)
    after = read_all(sleepers, _QUIET, LIMIT)
    faults = []
    figures |= {WRONG: 0, NOTICES: 0}
    for sleeper, before, last in zip(sleepers, lines, after, strict=True):
        if sleeper.closed:
            faults.append("the server closed the connection of one that did not read")
        elif sleeper.welcome.startswith(b"{"):
            first = json.loads(sleeper.welcome)["seq"] + 1
            objects = as_objects(before, last, first, first + total - 1, total)
            figures[EACH] = objects.live + objects.served
            figures[WRONG] += objects.wrong
            faults.append(objects.fault())
        else:
            human = as_human(before, last, size.senders, messages)
            figures[NOTICES] += human.notices
            faults.append(human.fault())
    return sorted(set(faults))
