"""Server objects in the shapes that a person reads (docs/protocol.md, "The human dialect"). Pure."""

from __future__ import annotations

import re

from twisted_chat.client.untrusted import Fields, optional_text, text
from twisted_chat.frontends.line import shapes

_OF_A_NICK = r"[\w\-\[\]{}\\^|`]"


def said(event: Fields, current: str, me: str) -> str | None:
    """An event as one line, for a reader called `me` in the room `current`; None for an unknown kind."""
    nick, room, words = text(event, "nick"), text(event, "room"), text(event, "text")
    elsewhere = None if room == current else room
    match event.get("type"):
        case "message":
            return shapes.message(nick, words, elsewhere)
        case "action":
            return shapes.message(nick, words, elsewhere, action=True)
        case "direct":
            action = event.get("action") is True
            if nick == me:
                return shapes.own_direct(nick, text(event, "to"), words, action=action)
            return shapes.direct(nick, words, action=action)
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
    return None


def mentions(words: str, nick: str) -> bool:
    """Whether `nick` stands in `words` as a name of its own, in any case."""
    name = re.escape(nick.casefold())
    return bool(nick) and bool(re.search(f"(?<!{_OF_A_NICK}){name}(?!{_OF_A_NICK})", words.casefold()))
