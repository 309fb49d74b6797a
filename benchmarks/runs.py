"""What a run is given, and what it comes to."""

from dataclasses import dataclass
from pathlib import Path

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
    lone_messages: int = 20
    lone_pause: float = 1.0
    commit_rate: float = 2000.0
    commit_seconds: float = 10.0
    crowd_clients: int = 5000
    crowd_rate: float = 10.0
    catchup_clients: int = 50
    catchup_stalled: int = 50
    catchup_rate: float = 500.0
    catchup_seconds: float = 60.0
    big_events: int = 10_000_000
    big_rate: float = 100.0
    big_seconds: float = 30.0
    big_log: Path = Path("big.sqlite")

    @property
    def most_clients(self) -> int:
        crowd = max(self.sparse_clients, self.saturated_clients + 1, self.idle_clients, self.crowd_clients)
        return max(crowd, self.catchup_clients + self.catchup_stalled)


QUICK = Size(
    sparse_clients=60,
    sparse_seconds=1.0,
    saturated_clients=40,
    saturated_messages=30,
    idle_clients=100,
    starts=1,
    stalled_messages=2000,
    log_size=1000,
    lone_messages=2,
    lone_pause=0.1,
    commit_rate=500.0,
    commit_seconds=1.0,
    crowd_clients=60,
    catchup_clients=20,
    catchup_stalled=4,
    catchup_rate=4000.0,
    catchup_seconds=4.0,
    big_events=20_000,
    big_seconds=2.0,
)


@dataclass(frozen=True, slots=True)
class Result:
    """One run's figures, what was wrong with it and what it left out: empty if nothing."""

    figures: dict[str, float]
    fault: str = ""
    left_out: str = ""
