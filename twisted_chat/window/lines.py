"""The shapes and looks in which the window shows a conversation. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from twisted_chat.client.effects import Kind, Shown
from twisted_chat.window.themes import Look

_QUOTED = re.compile(r"^\*\*\* (?=#\d+ )")
"""Before a line of history: its number says what it is."""
_COLUMNS = re.compile(" {3,}")
"""What makes columns where each letter is as wide as any other; here none is."""
_LOOKS = {
    Kind.SAID: Look.SAID,
    Kind.OWN: Look.OWN,
    Kind.DIRECT: Look.DIRECT,
    Kind.SERVER: Look.SERVER,
    Kind.REPLY: Look.SERVER,
    Kind.HISTORY: Look.HISTORY,
    Kind.STATUS: Look.SERVER,
    Kind.TROUBLE: Look.ERROR,
    Kind.ERROR: Look.ERROR,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the text, without its end."""

    text: str
    look: Look


def message(nick: str, text: str, elsewhere: str | None = None, *, action: bool = False) -> str:
    """What somebody said, as `shapes.message` does it for a terminal."""
    said = f"* {nick} {text}" if action else f"[{nick}] {text}"
    return said if elsewhere is None else f"{elsewhere} {said}"


def direct(nick: str, text: str, *, action: bool = False) -> str:
    """What somebody said to the user alone. There is a blank between the brackets, so it is nobody's name."""
    return f"[{nick} -> you] {'* ' if action else ''}{text}"


def own_direct(nick: str, to: str, text: str, *, action: bool = False) -> str:
    """What the user said to one person alone."""
    return f"[you -> {to}] {'* ' if action else ''}{text}"


def server(text: str) -> str:
    """The server's word, or the client's own."""
    return f"[SERVER] {text}"


def spoken(shown: Shown) -> str:
    """The words of a line, in the window's shapes."""
    text = _QUOTED.sub("", shown.text) if shown.kind is Kind.HISTORY else shown.text
    # What people say begins with their names, so only a word of the server's begins so.
    if shown.kind is Kind.REPLY:
        text = _COLUMNS.sub("  ", text)
    if text.startswith("*** ") and shown.kind not in (Kind.SAID, Kind.OWN, Kind.DIRECT):
        return server(text.removeprefix("*** "))
    return text


def reason(line: str) -> str:
    """Why not, without the code that programs read: ``!!! CODE words``."""
    return line.removeprefix("!!! ").partition(" ")[2] if line.startswith("!!! ") else line.removeprefix("*** ")


def look(shown: Shown) -> Look:
    return Look.MENTION if shown.mention and shown.kind is Kind.SAID else _LOOKS[shown.kind]


def title(unread: int, state: list[str]) -> str:
    """The window's; `state` is what is not as usual."""
    count = f"({unread}) " if unread else ""
    return f"{count}Gossip..!{' - ' if state else ''}{', '.join(state)}"
