"""Spans of time as people type them, ``90s``, ``45m``, ``2h``, ``3d``, ``4w``, and moments as they are shown."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from math import ceil

from twisted_chat.core.errors import BadRequest
from twisted_chat.core.text import first_word, shortened

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
LONGEST_YEARS = 100
LATEST = 253_402_300_799_999
"""The last moment of the year 9999, in UTC milliseconds since 1970: no later one can be shown."""

_DURATION = re.compile(r"(\d{1,6})([smhdw])", re.ASCII | re.IGNORECASE)


def seconds_of(text: str) -> int | None:
    """The seconds of ``2h`` and the like, at least one; None if it is nothing of the kind."""
    found = _DURATION.fullmatch(text)
    if found is None or not int(found[1]):
        return None
    return int(found[1]) * UNITS[found[2].lower()]


def first_span(text: str) -> tuple[int | None, str]:
    """The seconds of a span of time, if `text` begins with one, and the rest.

    Raises `BadRequest` for a first word that was probably meant for one: what is to end would be for good.
    """
    word, rest = first_word(text)
    seconds = seconds_of(word)
    if seconds is None and word[:1].isdigit():
        raise BadRequest(
            f"{shortened(word, 20)} is no span of time: 90s, 45m, 2h, 3d and 4w are; a reason begins otherwise"
        )
    return (None, text) if seconds is None else (seconds, rest)


def end_of(begin: int, seconds: int | None) -> int:
    """A moment so long after `begin`, both in ms; 0 for no span. Raises `BadRequest` for one beyond all reason."""
    if seconds is None:
        return 0
    if seconds > LONGEST_YEARS * 365 * UNITS["d"]:
        raise BadRequest(f"that is longer than {LONGEST_YEARS} years; without a span of time it is for good")
    return begin + seconds * 1000


def span_of(seconds: int, units: int = 2) -> str:
    """``1h 30m`` and the like: the largest `units` that say something, rounded down."""
    parts = []
    for unit in "dhms":
        count, seconds = divmod(seconds, UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:units]) or "0s"


def seconds_left(seconds: float) -> str:
    """``1 second``, ``19 seconds``: a wait in whole ones, rounded up."""
    count = ceil(seconds)
    return f"{count} second" if count == 1 else f"{count} seconds"


def when(ms: int) -> str:
    """A moment, in UTC milliseconds since 1970, to the minute; the last or the first that there is for one beyond."""
    return f"{datetime.fromtimestamp(max(0, min(ms, LATEST)) // 1000, UTC):%Y-%m-%d %H:%M} UTC"


def until(end: int) -> str:
    """The same as an end, to follow what ends then; nothing for 0."""
    return f" until {when(end)}" if end else ""
