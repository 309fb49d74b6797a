"""What is measured: four scenarios, each a function of one kind of server that returns its figures.

A server is started afresh for every run, so that no run sees what another has left behind.
"""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.load import Delivery, entered
from benchmarks.servers import Kind, Running, running
from benchmarks.table import percentile

# Seconds: for entering, for coming to rest, and for a run over its own length.
_LIMIT = 120.0
_QUIET = 0.5
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

DIGITS = {CPU: 2, MESSAGES: 0, P50: 2, P99: 2, LOST: 0, BUSY: 0, LOAD: 0, MEMORY: 1, START: 0}
"""Every figure, in the order of the table, with the decimal places that it is worth."""


@dataclass(frozen=True, slots=True)
class Size:
    """How big the scenarios are."""

    sparse_clients: int = 1000
    sparse_rate: float = 20.0
    sparse_seconds: float = 10.0
    saturated_clients: int = 200
    saturated_messages: int = 500
    senders: int = 10
    window: int = 4
    idle_clients: int = 2000
    starts: int = 3

    @property
    def most_clients(self) -> int:
        return max(self.sparse_clients, self.saturated_clients, self.idle_clients)


QUICK = Size(
    sparse_clients=60,
    sparse_seconds=1.0,
    saturated_clients=40,
    saturated_messages=30,
    idle_clients=100,
    starts=1,
)


@dataclass(frozen=True, slots=True)
class Result:
    """One run's figures, and what was wrong with it: empty if nothing was."""

    figures: dict[str, float]
    fault: str = ""


def sparse(kind: Kind, size: Size) -> Result:
    """Many listeners and few words: what a delivery costs when there is nothing to batch."""
    with (
        running(kind) as server,
        entered(server.port, kind.dialect, size.sparse_clients, _QUIET, _LIMIT) as room,
    ):
        cpu = server.cpu()
        limit = size.sparse_seconds + _LIMIT
        delivery = room.pace(size.senders, size.sparse_rate, size.sparse_seconds, limit)
        return _delivered(server, cpu, delivery)


def saturated(kind: Kind, size: Size) -> Result:
    """As much as the server can take: its throughput, and what waiting in its queues costs."""
    with (
        running(kind) as server,
        entered(server.port, kind.dialect, size.saturated_clients, _QUIET, _LIMIT) as room,
    ):
        cpu = server.cpu()
        delivery = room.saturate(size.senders, size.window, size.saturated_messages, _LIMIT)
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
        with entered(server.port, kind.dialect, size.idle_clients, _IDLE_QUIET, _LIMIT) as room:
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
    """A scenario with its name and the heading of its figures."""

    name: str
    heading: Callable[[Size], str]
    run: Callable[[Kind, Size], Result]


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
    Scenario("idle", lambda size: f"idle: {size.idle_clients:,} clients", idle),
    Scenario("start", lambda size: "start: from spawning to the first prompt (IRC: to the welcome)", start),
)
