"""What a program at the line port reads: the JSON dialect's view of events and answers (docs/protocol.md)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from twisted_chat.boundaries import Stance, View
from twisted_chat.core.events import REVISIONS, Event, Kind
from twisted_chat.core.told import (
    Entered,
    Failure,
    Found,
    History,
    Missed,
    Notice,
    People,
    Reply,
    RoomFacts,
    Skipped,
    Told,
    Welcome,
)
from twisted_chat.frontends.line import jsonl

Object = dict[str, object]


class ObjectView:
    """One JSON object a line, as bytes with CR LF."""

    def render(self, item: Event | Told, stance: Stance) -> bytes:
        if type(item) is Event:
            return jsonl.encode(event_object(item, own=stance is not Stance.OTHER))
        return jsonl.encode(told_object(item))  # type: ignore[arg-type]

    def join(self, pieces: Sequence[bytes]) -> bytes:
        return b"".join(pieces)


OBJECTS = ObjectView()


def timestamp(ms: int) -> str:
    """UTC milliseconds as ``2026-11-22T20:00:00.123Z``."""
    seconds, rest = divmod(ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


def event_object(event: Event, *, own: bool) -> Object:
    """An event; `own` adds the client's mark."""
    kind = event.kind
    found: Object = {"type": kind.value}
    if event.seq:
        found["seq"] = event.seq
    found["time"] = timestamp(event.time)
    if event.room:
        found["room"] = event.room_name
    found["nick"] = event.nick
    if kind is Kind.DIRECT:
        found["to"] = event.to_nick
        found["text"] = event.text
        if event.action:
            found["action"] = True
    elif kind is Kind.LEFT or kind is Kind.AWAY:
        found["reason"] = event.text
        if event.by:
            found["by"] = event.by
    elif kind is Kind.RENAMED:
        found["new"] = event.text
    elif kind in REVISIONS:
        if event.to:
            found["to"] = event.to_nick
        found["target"] = event.target
        if kind is Kind.EDITED:
            found["text"] = event.text
    elif kind is not Kind.JOINED:
        found["text"] = event.text
    if event.revised:
        found["edited" if event.text is not None else "deleted"] = True
    mark = event.answer_to if kind in REVISIONS else event.client_id
    if own and mark is not None:
        found["id"] = mark
    return found


def told_object(told: Told) -> Object:
    found: Object
    client_id: str | None = None
    if isinstance(told, Reply):
        found = {"type": "reply", "lines": told.lines}
        client_id = told.client_id
    elif isinstance(told, Failure):
        found = {"type": "error", "code": told.error.code, "text": str(told.error)}
        client_id = told.client_id
    elif isinstance(told, Welcome):
        found = {
            "type": "welcome", "server": told.server, "nick": told.nick, "log": told.log, "seq": told.seq,
            "resume": told.resume, "rooms": [{"name": room.name, **_facts(room)} for room in told.rooms],
        }  # fmt: skip
        if told.motd:
            found["motd"] = told.motd
    elif isinstance(told, Entered):
        found = {"type": "joined", "time": timestamp(told.time), "room": told.room.name, "nick": told.nick}
        found.update(_facts(told.room))
        client_id = told.client_id
    elif isinstance(told, History):
        events = [event_object(event, own=event.person == told.reader) for event in told.events]
        found = {"type": "history", "room": told.room, "events": events, "more": told.more}
        client_id = told.client_id
    elif isinstance(told, Found):
        events = [event_object(event, own=event.person == told.reader) for event in told.events]
        found = {"type": "found", "events": events, "more": bool(told.before)}
        if told.before:
            found["before"] = told.before
        client_id = told.client_id
    elif isinstance(told, Missed):
        found = {"type": "missed", "events": [event_object(event, own=False) for event in told.events]}
    elif isinstance(told, Skipped):
        found = {"type": "skipped", "from": told.first, "to": told.last}
    elif isinstance(told, People):
        found = {"type": "people", "room": told.room.name, **_facts(told.room)}
        del found["topic"]
    else:
        assert isinstance(told, Notice)
        found = {"type": "notice", "text": told.text}
    if client_id is not None:
        found["id"] = client_id
    return found


def _facts(room: RoomFacts) -> Object:
    return {"people": room.people, "count": room.count, "topic": room.topic}


_check: type[View] = ObjectView
