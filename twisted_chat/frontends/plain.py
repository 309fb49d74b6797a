"""Events and answers as lines that a person reads: what every door of plain text shows. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from twisted_chat.boundaries import Stance
from twisted_chat.core.events import Event, Kind
from twisted_chat.core.told import (
    Entered,
    Failure,
    Found,
    History,
    Missed,
    Notice,
    People,
    Reply,
    Skipped,
    Told,
    Welcome,
)
from twisted_chat.frontends import shapes

_CLOCK = " (UTC)"


def event_line(event: Event, stance: Stance, *, elsewhere: bool) -> str:
    """The line of an event, empty where there is nothing to show: one's own words stand on one's screen already."""
    kind, nick, text = event.kind, event.nick, event.text or ""
    room = event.room_name if elsewhere else None
    mine = stance is Stance.ORIGIN
    if kind is Kind.MESSAGE:
        return "" if mine else shapes.message(nick, text, room)
    if kind is Kind.ACTION:
        return "" if mine else shapes.message(nick, text, room, action=True)
    if kind is Kind.DIRECT:
        if stance is Stance.OTHER:
            return shapes.direct(nick, text, action=event.action)
        return shapes.own_direct(nick, event.to_nick, text, action=event.action)
    if kind is Kind.JOINED:
        return "" if mine else shapes.joined(nick, event.room_name)
    if kind is Kind.LEFT:
        return shapes.server(f"You left {event.room_name}") if mine else shapes.left(nick, event.room_name, text)
    if kind is Kind.RENAMED:
        return shapes.server(f"You are now {text}") if mine else shapes.renamed(nick, text)
    if kind is Kind.AWAY:
        if mine:
            return shapes.server("You are marked as away" if event.text is not None else "You are back")
        return shapes.away(nick, event.text)
    doer, where = None if mine else nick, "a direct message" if event.to else room
    if kind is Kind.EDITED:
        return shapes.edited(doer, event.target, text, where)
    if kind is Kind.DELETED:
        return shapes.deleted(doer, event.target, where)
    return shapes.topic(nick, event.room_name, text)


def told_lines(told: Told) -> list[str]:
    """The lines of an answer; none for what only programs keep."""
    if isinstance(told, Reply):
        return [shapes.server(line) for line in told.lines]
    if isinstance(told, Failure):
        return [shapes.error(told.error.code, str(told.error))]
    if isinstance(told, Welcome):
        first, *others = told.rooms
        return [
            shapes.welcome(told.nick, first.name, list(first.people), first.count),
            *([shapes.server(f"The topic of {first.name}: {first.topic}")] if first.topic else []),
            *(shapes.server(line) for line in told.motd),
            *(shapes.entered(room.name, list(room.people), room.count, room.topic) for room in others),
        ]
    if isinstance(told, Entered):
        room = told.room
        return [shapes.entered(room.name, list(room.people), room.count, room.topic)]
    if isinstance(told, History):
        return _history_lines(told)
    if isinstance(told, Found):
        return _found_lines(told)
    if isinstance(told, Missed):
        lines = [_quoted(event, told.reader, elsewhere=False) for event in told.events]
        return [shapes.missed(len(lines), _CLOCK, further=told.further), *lines]
    if isinstance(told, Skipped):
        return [shapes.skipped(told.count)]
    if isinstance(told, Notice):
        return [shapes.server(told.text)]
    assert isinstance(told, People)
    return []


def _history_lines(history: History) -> list[str]:
    lines = [_quoted(event, history.reader, elsewhere=False) for event in history.events]
    if history.on_joining:
        return [shapes.last_lines(history.room, len(lines), _CLOCK), *lines] if lines else []
    return [shapes.lines_of(history.room, len(lines), history.end, _CLOCK), *lines]


def _found_lines(found: Found) -> list[str]:
    lines = [_quoted(event, found.reader, elsewhere=True) for event in found.events]
    return [shapes.found(len(lines), found.before, _CLOCK), *lines]


def _quoted(event: Event, reader: str, *, elsewhere: bool) -> str:
    stance = Stance.SELF if event.person == reader else Stance.OTHER
    when = datetime.fromtimestamp(event.time / 1000, UTC)
    said = event_line(event, stance, elsewhere=elsewhere)
    return shapes.quoted(event.seq, when, shapes.revised(said) if event.revised else said)
