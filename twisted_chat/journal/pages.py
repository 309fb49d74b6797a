"""How large a page of the log is, whatever it is kept in."""

from __future__ import annotations

from twisted_chat.core.events import Event

PAGE_TEXT = 64 * 1024
"""Characters of text in one page at most, so that a page stays small whatever was said."""


def fitting(events: list[Event]) -> list[Event]:
    """As many of the first `events` as fit on a page, at least one."""
    size = 0
    for at, event in enumerate(events):
        size += len(event.text or "")
        if size > PAGE_TEXT and at:
            return events[:at]
    return events
