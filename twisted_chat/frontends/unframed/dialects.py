"""The two dialects of the unframed doors, as their clients read them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from twisted_chat.boundaries import Stance, View
from twisted_chat.core.events import SPEECH, TALK, Event, Kind
from twisted_chat.core.told import Told, Welcome
from twisted_chat.frontends import plain, shapes
from twisted_chat.frontends.unframed.codec import pieces, spoken, to_ascii

Messages = tuple[bytes, ...]
"""What a view of an unframed door renders: each fits into one write."""

SERVER = "SERVER"
_WORD = shapes.server("")


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

    def said(self, line: str, nicks: Sequence[str]) -> list[str]:
        """What somebody who goes by one of `nicks` meant with a line."""

    def glued(self, messages: Sequence[bytes]) -> bytes:
        """Several messages in one write, with a newline between, that the client shows as it would show each."""


class Tutorial:
    """The terminal program: it prints whatever it reads, and dies of a byte that is not ASCII."""

    prompt = b"NICK"
    tries = 3
    empty_nick = ""
    size = 1_024

    def __init__(self, write_out: Callable[[str], str] | None) -> None:
        """`write_out` writes a character in ASCII, and gives an empty text if it can't."""
        self.current: View = _TutorialView(write_out, elsewhere=False)
        self.elsewhere: View = _TutorialView(write_out, elsewhere=True)

    def said(self, line: str, nicks: Sequence[str]) -> list[str]:
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

    def said(self, line: str, nicks: Sequence[str]) -> list[str]:
        return [line]

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
    def __init__(self, write_out: Callable[[str], str] | None, *, elsewhere: bool) -> None:
        super().__init__(elsewhere=elsewhere)
        self._write_out = write_out

    def render(self, item: Event | Told, stance: Stance) -> Messages:
        if type(item) is not Event:
            lines = plain.told_lines(item)  # type: ignore[arg-type]
            return tuple(message for line in lines for message in self._messages(line, _head(line)))
        if item.kind in TALK:
            stance = Stance.OTHER  # one's own words come back
        line = self._line(item, stance)
        head = line[: len(line) - len(item.text or "")] if item.kind in SPEECH else _head(line)
        return self._messages(line, head) if line else ()

    def _messages(self, line: str, head: str) -> Messages:
        """A line that begins with `head`, in messages that all do."""
        beginning = to_ascii(head, self._write_out)
        text = to_ascii(line[len(head) :], self._write_out)
        return tuple(f"{beginning}{piece}".encode() for piece in pieces(text, Tutorial.size - len(beginning)))


def _head(line: str) -> str:
    return _WORD if line.startswith(_WORD) else ""


class _GossipView(_UnframedView):
    def render(self, item: Event | Told, stance: Stance) -> Messages:
        if type(item) is Event:
            return _messages(*self._name_and_text(item, stance))
        lines = [line.removeprefix(_WORD) for line in plain.told_lines(item)]  # type: ignore[arg-type]
        if isinstance(item, Welcome):
            lines.insert(0, _added(item.nick))
        return tuple(message for line in lines for message in _messages(SERVER, line))

    def _name_and_text(self, event: Event, stance: Stance) -> tuple[str, str]:
        """Who says what: the server about what somebody did. An empty text is nothing to show."""
        kind, nick, text = event.kind, event.nick, event.text or ""
        if kind in SPEECH:
            said = f"* {text}" if kind is Kind.ACTION or event.action else text
            if kind is Kind.DIRECT:
                return nick, f"[pm] {said}" if stance is Stance.OTHER else f"[pm -> {event.to_nick}] {said}"
            return nick, f"[{event.room_name}] {said}" if self._elsewhere else said
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
    harmless = text.replace("~", "\N{TILDE OPERATOR}")
    return tuple(f"{head}{piece}".encode() for piece in pieces(harmless, Gossip.size - len(head.encode())))


_check_dialects: tuple[type[Dialect], ...] = (Tutorial, Gossip)
_check_views: tuple[type[View], ...] = (_TutorialView, _GossipView)
