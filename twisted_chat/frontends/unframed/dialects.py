"""The two dialects of the unframed doors, as their clients read them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from twisted_chat.boundaries import Stance, View
from twisted_chat.core.events import SPEECH, TALK, Event, Kind
from twisted_chat.core.told import Entered, Found, History, Missed, RoomFacts, Told, Welcome
from twisted_chat.frontends import plain, shapes
from twisted_chat.frontends.unframed.codec import WriteOut, name_to_ascii, pieces, spoken, to_ascii

Messages = tuple[bytes, ...]
"""What a view of an unframed door renders: each fits into one write."""

SERVER = "SERVER"
_WORD = shapes.server("")
_COLUMNS = re.compile(" {3,}")
"""What makes columns where each letter is as wide as any other: a window's are not."""
_MORE = "... "
"""Where a line of the server's goes on in the next message: no line of its own begins so, wherever somebody made it
long enough to be cut."""


class Dialect(Protocol):
    """What one kind of client expects.

    `prompt` asks for a nickname, empty: the client gives it unasked. `tries`: so many bad nicknames are refused, then a
    similar one is given. `empty_nick` is what is said to a nickname without a character, empty: what is said to any bad
    one. `size`: bytes that the client reads at once. `current` and `elsewhere`: how it sees its room, and others.
    """

    prompt: bytes
    tries: int
    empty_nick: str
    size: int
    current: View
    elsewhere: View

    def said(self, line: str, nicks: Sequence[str]) -> str:
        """What somebody meant with a line whose client knows him by one of `nicks`."""

    def glued(self, messages: Sequence[bytes]) -> bytes:
        """Several messages in one write, with a newline between, that the client shows as it would show each."""


class Tutorial:
    """The terminal program: it prints whatever it reads, and dies of a byte that is not ASCII."""

    prompt = b"NICK"
    tries = 3
    empty_nick = ""
    size = 1_024

    def __init__(self, write_out: WriteOut | None) -> None:
        """Without `write_out` all that is not ASCII is a ``?``."""
        self.current: View = _TutorialView(write_out, elsewhere=False)
        self.elsewhere: View = _TutorialView(write_out, elsewhere=True)

    def said(self, line: str, nicks: Sequence[str]) -> str:
        return spoken(line, nicks)

    def glued(self, messages: Sequence[bytes]) -> bytes:
        return b"\n".join(messages)


class Gossip:
    """The window program: it shows ``name~text`` as ``[name] text``, up to a second ``~``."""

    prompt = b""
    tries = 1
    empty_nick = "Username cannot be empty"
    size = 2_048

    def __init__(self) -> None:
        self.current: View = _GossipView(elsewhere=False)
        self.elsewhere: View = _GossipView(elsewhere=True)

    def said(self, line: str, nicks: Sequence[str]) -> str:
        return line

    def glued(self, messages: Sequence[bytes]) -> bytes:
        first, *others = messages
        return b"\n".join([first, *(b"[%b] %b" % (name, text) for name, _, text in map(_parted, others))])


GLUE = 3
"""Bytes that a message may need beside its own when it is glued to others."""


def _parted(message: bytes) -> tuple[bytes, bytes, bytes]:
    return message.partition(b"~")


class _UnframedView:
    """What both views share: a message is never merged with another before it is written."""

    def __init__(self, *, elsewhere: bool) -> None:
        self._elsewhere = elsewhere

    def join(self, pieces: Sequence[Messages]) -> Messages:
        return tuple(message for piece in pieces for message in piece)

    def _line(self, event: Event, stance: Stance) -> str:
        return plain.event_line(event, stance, elsewhere=self._elsewhere)


class _TutorialView(_UnframedView):
    def __init__(self, write_out: WriteOut | None, *, elsewhere: bool) -> None:
        super().__init__(elsewhere=elsewhere)
        self._write_out = write_out

    def render(self, item: Event | Told, stance: Stance) -> Messages:
        if type(item) is not Event:
            told = self._told(item)  # type: ignore[arg-type]
            return tuple(message for line in plain.told_lines(told) for message in self._messages(line, ""))
        event = self._event(item)
        if event.kind in TALK:
            stance = Stance.OTHER  # one's own words come back
        line = self._line(event, stance)
        head = line[: len(line) - len(event.text or "")] if event.kind in SPEECH else ""
        return self._messages(line, head) if line else ()

    def _messages(self, line: str, head: str) -> Messages:
        """A line in messages that all begin with `head`; without one, the others say that they go on."""
        again = head or _WORD + _MORE
        text = to_ascii(line.removeprefix(head), self._write_out)
        first, *others = pieces(text, Tutorial.size - len(again))
        return tuple(message.encode() for message in (head + first, *(again + each for each in others)))

    def _event(self, event: Event) -> Event:
        """With names in ASCII."""
        renamed = event.text or "" if event.kind is Kind.RENAMED else ""
        if all(map(str.isascii, (event.nick, event.to_nick, event.room_name, renamed))):
            return event
        return replace(
            event,
            nick=self._name(event.nick),
            to_nick=self._name(event.to_nick),
            room_name=self._name(event.room_name),
            text=self._name(renamed) if renamed else event.text,
        )

    def _told(self, told: Told) -> Told:
        """The same."""
        if isinstance(told, Welcome):
            return replace(told, nick=self._name(told.nick), rooms=tuple(map(self._room, told.rooms)))
        if isinstance(told, Entered):
            return replace(told, room=self._room(told.room))
        if isinstance(told, History):
            return replace(told, room=self._name(told.room), events=tuple(map(self._event, told.events)))
        if isinstance(told, Found | Missed):
            return replace(told, events=tuple(map(self._event, told.events)))
        return told

    def _room(self, room: RoomFacts) -> RoomFacts:
        return replace(room, name=self._name(room.name), people=tuple(map(self._name, room.people)))

    def _name(self, name: str) -> str:
        return name_to_ascii(name, self._write_out)


class _GossipView(_UnframedView):
    def render(self, item: Event | Told, stance: Stance) -> Messages:
        if type(item) is Event:
            return _messages(*self._name_and_text(item, stance))
        lines = [_COLUMNS.sub("  ", line.removeprefix(_WORD)) for line in plain.told_lines(item)]  # type: ignore[arg-type]
        if isinstance(item, Welcome):
            lines.insert(0, _added(item.nick))
        return tuple(message for line in lines for message in _messages(SERVER, line))

    def _name_and_text(self, event: Event, stance: Stance) -> tuple[str, str]:
        """Who says what: the server about what somebody did. An empty text is nothing to show.

        Where words go is said beside the name, for there is a blank in it: what anybody says can't look like that.
        """
        kind, nick, text = event.kind, event.nick, event.text or ""
        if kind in SPEECH:
            said = f"* {text}" if kind is Kind.ACTION or event.action else text
            if kind is Kind.DIRECT:
                return f"{nick} -> you" if stance is Stance.OTHER else f"you -> {event.to_nick}", said
            return f"{nick} in {event.room_name}" if self._elsewhere else nick, said
        if stance is not Stance.ORIGIN and not self._elsewhere:
            if kind is Kind.JOINED:
                return SERVER, _added(nick)
            if kind is Kind.LEFT:
                return SERVER, f"{nick} left the chat"
        return SERVER, self._line(event, stance).removeprefix(_WORD)


def _added(nick: str) -> str:
    return f"{nick} added to the chat"


def _messages(name: str, text: str) -> Messages:
    if not text:
        return ()
    head = f"{name}~"
    again = head + _MORE if name == SERVER else head
    harmless = text.replace("~", "\N{TILDE OPERATOR}")
    first, *others = pieces(harmless, Gossip.size - len(again.encode()))
    return tuple(message.encode() for message in (head + first, *(again + each for each in others)))


_check_dialects: tuple[type[Dialect], ...] = (Tutorial, Gossip)
_check_views: tuple[type[View], ...] = (_TutorialView, _GossipView)
