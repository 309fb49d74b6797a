"""Events as lines of text for people, and as JSON lines that can be read back. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeVar

from twisted_chat.core.errors import ChatError
from twisted_chat.core.events import KEPT, REVISIONS, Event, Kind
from twisted_chat.core.names import parse_nick, parse_room
from twisted_chat.core.session import MAX_CLIENT_ID, MAX_TOPIC
from twisted_chat.core.text import MAX_TEXT, clean
from twisted_chat.frontends import shapes
from twisted_chat.frontends.line import jsonl
from twisted_chat.frontends.line.objects import event_object

T = TypeVar("T")
MAX_PERSON = 100
_KINDS = {kind.value: kind for kind in KEPT}
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)


class BadLine(ValueError):
    """A line is no event; the text says why in a few words."""


def text_line(event: Event) -> str:
    """An event with its number and its time in UTC, for reading."""
    when = datetime.fromtimestamp(event.time / 1000, UTC)
    said = _said(event)
    return f"#{event.seq} {when:%Y-%m-%d %H:%M:%S} {shapes.revised(said) if event.revised else said}\n"


def _said(event: Event) -> str:
    nick, text, room = event.nick, event.text or "", event.room_name
    if event.kind is Kind.DIRECT:
        said = f"* {nick} {text}" if event.action else text
        return f"[{nick} -> {event.to_nick}] {said}"
    if event.kind is Kind.TOPIC:
        return shapes.topic(nick, room, text)
    if event.kind is Kind.EDITED:
        return shapes.edited(nick, event.target, text, room)
    if event.kind is Kind.DELETED:
        return shapes.deleted(nick, event.target, room)
    return shapes.message(nick, text, room, action=event.kind is Kind.ACTION)


def json_line(event: Event) -> str:
    """An event as the JSON dialect has it, and with `person` and `to_person`: whose it is, whatever he was called."""
    fields = {**event_object(event, own=True), "person": event.person}
    if event.to:
        fields["to_person"] = event.to
    return jsonl.encode(fields).decode().rstrip() + "\n"


def parse(line: bytes) -> Event:
    """The event on a JSON line; `seq`, `id`, `person` and `to_person` may be missing. Raises `BadLine`.

    Who has no `person` is the same as others of that nickname without one, and nobody who could come back.
    """
    try:
        return _event(jsonl.decode(line))
    except jsonl.BadObject as error:
        raise BadLine(str(error)) from None
    except ChatError as error:
        raise BadLine(str(error)) from None


def _event(fields: dict[str, object]) -> Event:
    kind = _KINDS.get(_text(fields, "type", 20))
    if kind is None:
        raise BadLine(f"type must be one of {', '.join(sorted(_KINDS))}")
    nick = parse_nick(_text(fields, "nick", MAX_TEXT))
    to = _text(fields, "to", MAX_TEXT, "")
    if kind is Kind.DIRECT or (kind in REVISIONS and to):
        addressee = parse_nick(to)
        room, to, to_nick = "", _person(fields, "to_person", addressee.key), addressee.text
    else:
        place = parse_room(_text(fields, "room", MAX_TEXT))
        room, to, to_nick = place.text, "", ""
    text = None
    if kind is not Kind.DELETED:
        text = clean(_text(fields, "text", MAX_TOPIC if kind is Kind.TOPIC else MAX_TEXT))
        if not text and kind is not Kind.TOPIC:
            raise BadLine("text is empty")
    return Event(
        kind,
        _person(fields, "person", nick.key),
        nick.text,
        _time(_text(fields, "time", 40)),
        "",
        room,
        text,
        to,
        to_nick,
        _get(fields, "action", bool, False),
        _mark(fields),
        seq=_number(fields, "seq", 0),
        target=_number(fields, "target", None) if kind in REVISIONS else 0,
        revised=_get(fields, "edited", bool, False),
    )


def _mark(fields: dict[str, object]) -> str | None:
    mark = _text(fields, "id", MAX_CLIENT_ID, "")
    if not mark.isprintable():
        raise BadLine("id must be printable characters")
    return mark or None


def _person(fields: dict[str, object], name: str, key: str) -> str:
    return clean(_text(fields, name, MAX_PERSON, "")) or f"imported {key}"


def _get(fields: dict[str, object], name: str, kind: type[T], default: T | None) -> T:
    value = fields.get(name, default)
    if value is None:
        raise BadLine(f"{name} is missing")
    if type(value) is not kind:
        raise BadLine(f"{name} must be {_NAMES[kind]}")
    return value


_NAMES: dict[type, str] = {str: "a text", int: "a whole number", bool: "true or false"}


def _text(fields: dict[str, object], name: str, limit: int, default: str | None = None) -> str:
    value = _get(fields, name, str, default)
    if len(value) > limit:
        raise BadLine(f"{name} has {len(value)} characters; at most {limit} are taken")
    return value


def _number(fields: dict[str, object], name: str, default: int | None) -> int:
    value = _get(fields, name, int, default)
    if not 0 <= value < 2**53:
        raise BadLine(f"{name} must be a number from 0")
    return value


def _time(value: str) -> int:
    """UTC in milliseconds of an ISO 8601 time with its offset."""
    try:
        when = datetime.fromisoformat(value)
        since = when - _FIRST
    except (ValueError, TypeError, OverflowError):
        raise BadLine("time must be like 2026-11-22T20:00:00.123Z") from None
    milliseconds = round(since.total_seconds() * 1000)
    if milliseconds < 0:
        raise BadLine("time must be after 1970")
    return milliseconds
