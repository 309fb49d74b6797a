"""What the log is to keep."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retention:
    """What is kept: nothing older than `seconds`; of each room the newest `lines`. None: everything."""

    seconds: int | None = None
    lines: int | None = None

    def __str__(self) -> str:
        if self.seconds is not None:
            return f"lines older than {self.seconds / 86_400:g} days are taken out of the log"
        if self.lines is not None:
            return f"of each room the newest {self.lines:,} lines are kept in the log"
        return "everything is kept in the log"


FOREVER = Retention()
