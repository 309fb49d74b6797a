"""The object that carries a typed line to the server. Pure."""

from __future__ import annotations

from twisted_chat.client.typed import Typed, Verb
from twisted_chat.client.untrusted import Fields


def request(meant: Typed, line: str, room: str, correspondent: str | None) -> Fields:
    """`line` as typed, and what it means; `room` is the current one, `correspondent` who wrote directly last.

    Whatever can be a `say` or a `join` is one: those may be sent again after a cut, a `command` may not.
    """
    match meant.verb, *meant.words:
        case Verb.SAY, words:
            return {"type": "say", "room": room, "text": words}
        case Verb.ACT, words:
            return {"type": "say", "room": room, "text": words, "action": True}
        case Verb.TELL, to, words:
            return {"type": "say", "to": to, "text": words}
        case Verb.REPLY, words if correspondent is not None:
            return {"type": "say", "to": correspondent, "text": words}
        case Verb.JOIN, wanted, *key:
            return {"type": "join", "room": wanted, **({"key": key[0]} if key else {})}
        case Verb.PART, *_:
            rest = "".join(meant.words)
            left, _, reason = rest.partition(" ") if rest.startswith("#") else (room, "", rest)
            fields = {"type": "part", "room": left}
            return {**fields, "reason": reason.strip()} if reason.strip() else fields
    return {"type": "command", "text": line}


def farewell(why: str) -> Fields:
    """The object that says goodbye; nothing answers it but the end of the connection."""
    return {"type": "command", "text": f"/quit {why}".rstrip()}
