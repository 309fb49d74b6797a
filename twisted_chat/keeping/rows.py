"""Pieces of a charter as text for a database, and back. Pure; what is written here is read for ever."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

from twisted_chat.core.charters import KINDS, Ban, Change, Holder, Hush, Piece, Role, key_of
from twisted_chat.core.durations import LATEST


def text_of(piece: Piece | None) -> str | None:
    """``["ban", {"pattern": "bob*", ...}]``; fields that are added later must have defaults."""
    return None if piece is None else json.dumps([key_of(piece)[0], asdict(piece)], ensure_ascii=False)


def piece_of(text: str | None) -> Piece | None:
    """No end is later than what can be shown: earlier releases took every span of time."""
    if text is None:
        return None
    kind, known = json.loads(text)
    found: Any = KINDS[kind](**known)
    if isinstance(found, Ban | Hush):
        return replace(found, until=min(found.until, LATEST))
    if isinstance(found, Holder):
        return Holder(found.account, found.name, Role(found.role))
    return found  # type: ignore[no-any-return]


def change_of(before: str | None, after: str | None) -> Change | None:
    return None if before is None and after is None else Change(piece_of(before), piece_of(after))
