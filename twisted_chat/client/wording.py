"""Server objects in the shapes that a person reads (docs/protocol.md, "The human dialect"). Pure."""

from __future__ import annotations

import re
from datetime import tzinfo
from typing import Protocol

from twisted_chat.client.untrusted import Fields, moment, number, objects, optional_text, text, texts
from twisted_chat.frontends import shapes


class Speech(Protocol):
    """How a front end writes what people say: the module `shapes`, or one like it."""

    def message(self, nick: str, text: str, elsewhere: str | None = None, *, action: bool = False) -> str: ...

    def direct(self, nick: str, text: str, *, action: bool = False) -> str: ...

    def own_direct(self, nick: str, to: str, text: str, *, action: bool = False) -> str: ...


_OF_A_NICK = r"[\w\-\[\]{}\\^|`]"


def said(event: Fields, current: str, me: str, speech: Speech = shapes) -> str | None:
    """An event as one line, for a reader called `me` in the room `current`; None for an unknown kind."""
    nick, room, words = text(event, "nick"), text(event, "room"), text(event, "text")
    elsewhere = None if room == current else room
    doer = None if "id" in event or nick == me else nick
    where = "a direct message" if text(event, "to") else elsewhere
    match event.get("type"):
        case "message":
            return speech.message(nick, words, elsewhere)
        case "action":
            return speech.message(nick, words, elsewhere, action=True)
        case "direct":
            action = event.get("action") is True
            if nick == me:
                return speech.own_direct(nick, text(event, "to"), words, action=action)
            return speech.direct(nick, words, action=action)
        case "topic":
            return shapes.topic(nick, room, words)
        case "joined":
            return shapes.joined(nick, room)
        case "left":
            return shapes.left(nick, room, text(event, "reason"))
        case "renamed":
            return shapes.renamed(nick, text(event, "new"))
        case "away":
            return shapes.away(nick, optional_text(event, "reason"))
        case "edited":
            return shapes.edited(doer, number(event, "target") or 0, words, where)
        case "deleted":
            return shapes.deleted(doer, number(event, "target") or 0, where)
    return None


def quoted(event: Fields, current: str, me: str, zone: tzinfo | None, speech: Speech = shapes) -> str | None:
    """An event of the past as one line, with its number and its time in the user's `zone`."""
    seq, when, line = number(event, "seq"), moment(event), said(event, current, me, speech)
    if line is None or seq is None or when is None:
        return None
    return shapes.quoted(seq, when.astimezone(zone), shapes.revised(line) if event.get("edited") is True else line)


def found(fields: Fields, count: int) -> str:
    """What stands above the lines that a search found, `count` of which can be shown."""
    return shapes.found(count, number(fields, "before") or 0)


def lines_of(fields: Fields, count: int) -> str:
    """What stands above the lines of a room's past that the user asked for, `count` of which can be shown."""
    events = objects(fields, "events")
    more = fields.get("more") is True and bool(events)
    return shapes.lines_of(text(fields, "room"), count, number(events[0], "seq") or 0 if more else 0)


def welcomed(fields: Fields, current: str, nick: str) -> list[str]:
    """What is shown on entering: who is there, what it is about, the message of the day."""
    here = next((room for room in objects(fields, "rooms") if text(room, "name") == current), {})
    topic, motd = text(here, "topic"), texts(fields, "motd")
    lines = [shapes.welcome(nick, current, *_company(here))]
    if topic:
        lines.append(shapes.server(f"The topic of {current}: {topic}"))
    return lines + [shapes.server(line) for line in motd]


def entered(fields: Fields) -> str:
    """The user's own coming into one more room."""
    return shapes.entered(text(fields, "room"), *_company(fields), text(fields, "topic"))


def skipped(fields: Fields) -> str | None:
    first, last = number(fields, "from"), number(fields, "to")
    if first is None or last is None or last < first:
        return None
    return shapes.server(f"Up to {last - first + 1} lines are missing: the log no longer has them")


def _company(room: Fields) -> tuple[list[str], int]:
    people = texts(room, "people")
    return people, max(number(room, "count") or 0, len(people))


def mentions(words: str, nick: str) -> bool:
    """Whether `nick` stands in `words` as a name of its own, in any case."""
    name = re.escape(nick.casefold())
    return bool(nick) and bool(re.search(f"(?<!{_OF_A_NICK}){name}(?!{_OF_A_NICK})", words.casefold()))
