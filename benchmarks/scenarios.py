"""What is measured: scenarios, each a function of one kind of server that returns its figures.

A server is started afresh for every run, so that no run sees what another has left behind.
"""

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from benchmarks import big, catchup, commit, stalled
from benchmarks.load import Delivery, entered
from benchmarks.runs import LIMIT, QUIET, Result, Size
from benchmarks.servers import Kind, Running, running
from benchmarks.table import percentile

# What follows the last join (timers, freed buffers) is to be over when the memory is read.
_IDLE_QUIET = 2.0

CPU = "CPU time for a delivery, us"
MESSAGES = "messages a second"
P50 = "latency p50, ms"
P99 = "latency p99, ms"
LOST = "deliveries lost"
BUSY = "server busy, %"
LOAD = "load generator busy, %"
MEMORY = "memory for an idle client, KiB"
START = "time to start, ms"

DIGITS = {
    CPU: 2,
    MESSAGES: 0,
    P50: 2,
    P99: 2,
    LOST: 0,
    BUSY: 0,
    LOAD: 0,
    MEMORY: 1,
    START: 0,
    **stalled.DIGITS,
    **commit.DIGITS,
    **catchup.DIGITS,
    **big.DIGITS,
}
"""Every figure, in the order of the table, with the decimal places that it is worth."""


def sparse(kind: Kind, size: Size) -> Result:
    """Many listeners and few words: what a delivery costs when there is nothing to batch."""
    with (
        running(kind) as server,
        entered(server.port, kind.dialect, size.sparse_clients, QUIET, LIMIT) as room,
    ):
        cpu = server.cpu()
        limit = size.sparse_seconds + LIMIT
        delivery = room.pace(size.senders, size.sparse_rate, size.sparse_seconds, limit)
        return _delivered(server, cpu, delivery)


def saturated(kind: Kind, size: Size) -> Result:
    """As much as the server can take: its throughput, and what waiting in its queues costs."""
    with (
        running(kind) as server,
        entered(server.port, kind.dialect, size.saturated_clients, QUIET, LIMIT) as room,
    ):
        cpu = server.cpu()
        delivery = room.saturate(size.senders, size.window, size.saturated_messages, LIMIT)
        return _delivered(server, cpu, delivery)


def _delivered(server: Running, cpu: float, delivery: Delivery) -> Result:
    cpu = server.cpu() - cpu
    return Result(
        {
            CPU: cpu / max(1, delivery.delivered) * 1e6,
            MESSAGES: delivery.delivered / delivery.expected * delivery.messages / delivery.took,
            P50: percentile(delivery.latencies, 0.50) * 1e3,
            P99: percentile(delivery.latencies, 0.99) * 1e3,
            LOST: delivery.lost,
            BUSY: cpu / delivery.took * 100,
            LOAD: delivery.load_cpu / delivery.took * 100,
        },
        delivery.fault(),
    )


def idle(kind: Kind, size: Size) -> Result:
    """What a client costs that is there and says nothing."""
    with running(kind) as server:
        before = server.memory()
        with entered(server.port, kind.dialect, size.idle_clients, _IDLE_QUIET, LIMIT) as room:
            if room.cut:
                return Result({}, f"{room.cut:,} connections closed by the server")
            return Result({MEMORY: (server.memory() - before) / size.idle_clients / 1024})


def start(kind: Kind, size: Size) -> Result:
    """From the spawning of the process to its first word to a client."""
    times = []
    for _ in range(size.starts):
        with running(kind) as server:
            times.append(server.started_in)
    return Result({START: statistics.median(times) * 1e3})


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario with its name, the heading of its figures, and the servers that it is not for, each with why.

    ``alone``: it takes so long that it runs only when asked for by its name.
    """

    name: str
    heading: Callable[[Size], str]
    run: Callable[[Kind, Size], Result]
    leaves_out: Mapping[str, str] = field(default_factory=dict)
    alone: bool = False


SCENARIOS = (
    Scenario(
        "sparse",
        lambda size: (
            f"sparse: {size.sparse_clients:,} clients, {size.sparse_rate:g} messages a second "
            f"for {size.sparse_seconds:g} s"
        ),
        sparse,
    ),
    Scenario(
        "saturated",
        lambda size: (
            f"saturated: {size.saturated_clients:,} clients, {size.senders} senders "
            f"of {size.saturated_messages:,} messages, {size.window} in flight"
        ),
        saturated,
    ),
    Scenario("stalled", stalled.heading, stalled.stalled, stalled.LEAVES_OUT),
    Scenario("commit", commit.heading, commit.commit, commit.LEAVES_OUT),
    Scenario("catchup", catchup.heading, catchup.catchup, catchup.LEAVES_OUT),
    Scenario("idle", lambda size: f"idle: {size.idle_clients:,} clients", idle),
    Scenario("start", lambda size: "start: from spawning to the first prompt (IRC: to the welcome)", start),
    Scenario("big", big.heading, big.big, big.LEAVES_OUT, alone=True),
)
