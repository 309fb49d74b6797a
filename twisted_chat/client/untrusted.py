"""Reads what came over the wire without trusting it.

Whatever key is missing or of the wrong type reads as empty, and no text leaves here that could move a cursor:
the server promises both, but a terminal should not have to believe it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

Fields = Mapping[str, object]
"""One JSON object."""

_LINE_BREAKS = re.compile("[\n\r\v\f\x85\u2028\u2029]")
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f"  # C0 but for tab, DEL, C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional controls
    "\ud800-\udfff\U000e0000-\U000e007f]"  # lone surrogates, tag characters
)


def clean(text: str) -> str:
    """`text` as one line without control characters; a tab may stay."""
    return _UNSEEN.sub("", _LINE_BREAKS.sub(" ", text))


def text(fields: Fields, key: str) -> str:
    found = fields.get(key)
    return clean(found) if isinstance(found, str) else ""


def optional_text(fields: Fields, key: str) -> str | None:
    """Like `text`, but None where the server says null or nothing."""
    return text(fields, key) if isinstance(fields.get(key), str) else None


def number(fields: Fields, key: str) -> int | None:
    found = fields.get(key)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def texts(fields: Fields, key: str) -> list[str]:
    found = fields.get(key)
    return [clean(item) for item in found if isinstance(item, str)] if isinstance(found, list) else []


def objects(fields: Fields, key: str) -> list[Fields]:
    found = fields.get(key)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def moment(fields: Fields) -> datetime | None:
    """The object's `time`, aware; None where there is none that makes sense."""
    try:
        when = datetime.fromisoformat(text(fields, "time"))
    except ValueError:
        return None
    return when if when.tzinfo is not None else None
