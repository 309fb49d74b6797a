"""What the log is to keep."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retention:
    """What is kept: nothing older than `seconds`; of each room the newest `lines`. None: everything."""

    seconds: int | None = None
    lines: int | None = None


FOREVER = Retention()
