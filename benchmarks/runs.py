"""What a run is given, and what it comes to."""

from dataclasses import dataclass

LIMIT = 120.0
"""Seconds: for entering, for coming to rest, and for a run over its own length."""

QUIET = 0.5
"""Seconds without a word after which a server is taken to have said all."""


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
    stalled_messages: int = 30_000
    log_size: int = 10_000

    @property
    def most_clients(self) -> int:
        return max(self.sparse_clients, self.saturated_clients + 1, self.idle_clients)


QUICK = Size(
    sparse_clients=60,
    sparse_seconds=1.0,
    saturated_clients=40,
    saturated_messages=30,
    idle_clients=100,
    starts=1,
    stalled_messages=2000,
    log_size=1000,
)


@dataclass(frozen=True, slots=True)
class Result:
    """One run's figures, and what was wrong with it: empty if nothing was."""

    figures: dict[str, float]
    fault: str = ""
