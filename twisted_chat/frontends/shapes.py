"""The shapes in which a person reads the chat (docs/protocol.md, "The human dialect").

Pure functions from text to text, without line ends. The server's human dialect and the bundled client both print
by them, so a conversation looks the same in ``nc`` and in the client.
"""

from __future__ import annotations

from datetime import datetime


def message(nick: str, text: str, elsewhere: str | None = None, *, action: bool = False) -> str:
    """What somebody said; `elsewhere` names the room if it is not the reader's current one."""
    said = f"* {nick} {text}" if action else f"{nick}: {text}"
    return said if elsewhere is None else f"[{elsewhere}] {said}"


def direct(nick: str, text: str, *, action: bool = False) -> str:
    """A direct message to the reader."""
    return f"[pm] * {nick} {text}" if action else f"[pm] {nick}: {text}"


def own_direct(nick: str, to: str, text: str, *, action: bool = False) -> str:
    """A direct message of the reader's own, confirmed."""
    return f"[pm -> {to}] * {nick} {text}" if action else f"[pm -> {to}] {text}"


def server(text: str) -> str:
    """The server's word."""
    return f"*** {text}"


def error(code: str, text: str) -> str:
    """A refusal, for the asker alone."""
    return f"!!! {code} {text}"


def joined(nick: str, room: str) -> str:
    return server(f"{nick} joined {room}")


def left(nick: str, room: str, reason: str) -> str:
    return server(f"{nick} left {room} ({reason})" if reason else f"{nick} left {room}")


def renamed(nick: str, new: str) -> str:
    return server(f"{nick} is now {new}")


def away(nick: str, reason: str | None) -> str:
    """Somebody went away (with a reason, maybe empty) or came back (None)."""
    if reason is None:
        return server(f"{nick} is back")
    return server(f"{nick} is away: {reason}" if reason else f"{nick} is away")


def topic(nick: str, room: str, text: str) -> str:
    if not text:
        return server(f"{nick} removed the topic of {room}")
    return server(f"{nick} set the topic of {room}: {text}")


def edited(nick: str | None, target: int, text: str, room: str | None = None) -> str:
    """Somebody (None: the reader) gave a line of his other words; `room` if it is not the reader's current one."""
    return server(f"{nick or 'You'} changed #{target}{f' in {room}' if room else ''}: {text}")


def deleted(nick: str | None, target: int, room: str | None = None) -> str:
    """Somebody (None: the reader) took a line of his back."""
    return server(f"{nick or 'You'} deleted #{target}{f' in {room}' if room else ''}")


def revised(said: str) -> str:
    """A line whose words are not those first said."""
    return f"{said} (edited)"


def found(count: int, before: int = 0, clock: str = "") -> str:
    """Above what a search found; there is more before the number `before`, if it is not 0. `clock`: whose times."""
    more = f"; /search ... before:#{before} shows more" if before else ""
    if not count:
        return server(f"Nothing found in your rooms and direct messages{more}")
    lines = "1 line found" if count == 1 else f"{count} lines found, the newest first"
    return server(f"{lines}{clock}{more}:")


def missed(count: int, clock: str = "", *, further: bool = False) -> str:
    """Above the direct messages that came while the reader was away; `further` ones, below others."""
    messages = f"{count}{' more' if further else ''} {'message' if count == 1 else 'messages'}"
    return server(f"{messages} for you alone came while you were away{clock}:")


def last_lines(room: str, count: int, clock: str = "") -> str:
    """Above the lines that are shown of a room on coming in."""
    title = f"The last {count} lines" if count != 1 else "The last line"
    return server(f"{title} of {room}{clock}:")


def lines_of(room: str, count: int, before: int = 0, clock: str = "") -> str:
    """Above the lines of a room that were asked for; there is more before the number `before`, if it is not 0."""
    more = f"; /history before #{before} shows more" if before else ""
    if not count:
        return server(f"{room} has no lines there{more}")
    return server(f"{count} {'lines' if count != 1 else 'line'} of {room}{clock}{more}:")


def quoted(seq: int, when: datetime, said: str) -> str:
    """A line of history: the server quotes it, with its number in the log and its time."""
    return server(f"#{seq} {when:%Y-%m-%d %H:%M} {said.removeprefix('*** ')}")


def skipped(count: int) -> str:
    lines = "line" if count == 1 else "lines"
    return server(f"{count} {lines} skipped, /history has them")


def people(names: list[str], count: int) -> str:
    """``bob, carol and 98 more``: at most the names given, out of `count`."""
    listed = ", ".join(names)
    missing = count - len(names)
    return f"{listed} and {missing} more" if missing > 0 else listed


def welcome(nick: str, room: str, names: list[str], count: int) -> str:
    return server(f"Welcome, {nick}. {_company(room, names, count)}. /help lists the commands.")


def entered(room: str, names: list[str], count: int, topic_text: str) -> str:
    """The reader is in one more room."""
    about = f" The topic: {topic_text}" if topic_text else ""
    company = f" with {count} {'other' if count == 1 else 'others'}: {people(names, count)}" if count else ", alone"
    return server(f"You are in {room}{company}.{about}")


def _company(room: str, names: list[str], count: int) -> str:
    if not count:
        return f"You are alone in {room}"
    verb = "1 other is" if count == 1 else f"{count} others are"
    return f"{verb} in {room}: {people(names, count)}"
