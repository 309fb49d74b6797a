"""The dialects of the two original servers, where a read is a message: what is written to them, and how what they
send reads. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from twisted_chat.frontends.unframed.codec import pieces

NICK_SIZE = 128
"""Bytes of a nickname at most: what is left of a write is the text's, whoever says it."""
_REQUEST = "NICK"
_REFUSAL_SIZE = 2_048
"""Characters of a refusal that are waited for."""

_LINE_SERVER = re.compile("(NICK|SERVERPASS)\r\n")
_REQUEST_AGAIN = re.compile(rf"{_REQUEST}(?!\w)")  # "NICKY: hello" is somebody's
_REFUSED_AND_ASKED = re.compile(rf"(!!! \S+ .*?)[\r\n]*{_REQUEST}[\r\n]*", re.DOTALL)
_LINE_END = re.compile("\r\n|\r|\n")
_SPOKEN = re.compile(r"([^\s:]{1,64}): (.*)")
_SPOKEN_BELOW = re.compile(r"\[([^\s\]]{1,64})\] (.*)")


@dataclass(frozen=True, slots=True)
class Asked:
    """The server wants a nickname."""


@dataclass(frozen=True, slots=True)
class Turned:
    """The server does not take it, or nobody: the code of the reason, and its words."""

    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Told:
    """Any other text."""

    text: str


@dataclass(frozen=True, slots=True)
class Stranger:
    """It is no server of this kind at all; what it is, and how one talks to it."""

    hint: str


Token = Asked | Turned | Told | Stranger


@dataclass(frozen=True, slots=True)
class Said:
    """One line from the server: who says what (None: the server, or nobody can tell), and how it is shown."""

    nick: str | None
    words: str
    shown: str


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one of the two servers expects, and sends.

    `size`: bytes that the server reads at once. `asks`: it asks for the nickname, with NICK; else that is simply the
    first write. `named`: the client puts the nickname before each text. `refusal`: how our own server begins one in
    its door for this dialect; the original never refuses anybody.
    """

    name: str
    port: int
    size: int
    asks: bool
    named: bool
    refusal: str
    silence: str
    """What is wrong with a server that does not ask."""

    def wrong_nick(self, nick: str) -> str:
        """What is wrong with a nickname, before any server sees it; empty if nothing is."""
        if not nick:
            return "a nickname has at least one character"
        if len(nick.encode()) > NICK_SIZE:
            return f"a nickname has at most {NICK_SIZE} bytes"
        if "~" in nick and not self.named:
            return "there can be no ~ in a nickname here"
        return ""

    def message(self, nick: str, text: str) -> bytes:
        return (f"{nick}: {text}" if self.named else text).encode()

    def pieces(self, text: str) -> list[str]:
        """`text` in messages that fit into a write whatever the nickname: cut between words, or within one that is
        too long for that, between characters."""
        size = self.size - (NICK_SIZE + len(": ") if self.named else 0)
        return [piece for piece in pieces(text, size) if piece.strip()]

    def at_the_door(self, text: str, *, answered: bool, final: bool) -> tuple[list[Token], str]:
        """What the server says before we are in, and the end of it that may be the beginning of something.

        `answered`: it has our nickname, and would ask again only by itself. `final`: nothing follows soon, so
        nothing is left over.
        """
        if _LINE_SERVER.fullmatch(text):
            return [Stranger(f"the server speaks in lines: leave out --dialect {self.name}")], ""
        if not self.asks and text == _REQUEST:
            return [Stranger(f"the server asks with {_REQUEST}, as the tutorial's does: --dialect tutorial")], ""
        text = text.lstrip("\r\n")
        if not text:
            return [], ""
        if text.startswith(self.refusal) or (not final and self.refusal.startswith(text)):
            return self._refused(text, final)
        if not self.asks:
            return [Told(text)], ""
        return _again(text, final) if answered else _first(text, final)

    def _refused(self, text: str, final: bool) -> tuple[list[Token], str]:
        """A refusal ends where the next NICK does, or where nothing more comes: its words may well have one, too."""
        both = _REFUSED_AND_ASKED.fullmatch(text) if self.asks else None
        if both is not None:
            return [self._turned(both[1]), Asked()], ""
        if not final and len(text) < _REFUSAL_SIZE:
            return [], text
        return [self._turned(text)] if self.asks else [self._turned(text), Asked()], ""

    def _turned(self, text: str) -> Turned:
        code, _, words = text.removeprefix(self.refusal).partition(" ")
        return Turned(code, words)

    def read(self, line: str, me: str) -> Said:
        """A line from the server, for a reader called `me`."""
        if not self.named:
            return _read_signed(line)
        prefix = f"{me}: "
        if line.startswith(prefix):  # whatever is in that name
            return Said(me, line.removeprefix(prefix), line)
        found = _SPOKEN.fullmatch(line)
        return Said(found[1], found[2], line) if found else Said(None, line, line)


def _first(text: str, final: bool) -> tuple[list[Token], str]:
    """Nobody but the server speaks yet: NICK is a request wherever it stands."""
    before, asked, after = text.partition(_REQUEST)
    if asked:
        return [*_told(before), Asked(), *_told(after)], ""
    held = 0 if final else next((n for n in (3, 2, 1) if text.endswith(_REQUEST[:n])), 0)
    kept = len(text) - held
    return _told(text[:kept]), text[kept:]


def _again(text: str, final: bool) -> tuple[list[Token], str]:
    """Other people may speak already: NICK is a request only if nothing stands before it."""
    if _REQUEST_AGAIN.match(text):
        return [Asked(), *_told(text.removeprefix(_REQUEST))], ""
    return ([], text) if not final and _REQUEST.startswith(text) else (_told(text), "")


def _told(text: str) -> list[Token]:
    return [Told(text)] if text else []


def _read_signed(line: str) -> Said:
    name, sign, words = line.partition("~")
    if sign:
        return Said(None if name in ("", "SERVER") else name, words, f"[{name}] {words}")
    # Our own server joins messages when there are many: from the second on they look as they shall be shown. But so
    # may what somebody says to an original server, with a newline in it: that is not taken for the server's word.
    found = _SPOKEN_BELOW.fullmatch(line)
    return Said(found[1], found[2], line) if found else Said(None, line, line)


def lines(text: str) -> list[str]:
    """Several messages may have been joined with a newline between; nothing is left of an empty one."""
    return [line for line in _LINE_END.split(text) if line]


TUTORIAL = Dialect(
    name="tutorial",
    port=55555,
    size=1_024,
    asks=True,
    named=True,
    refusal="!!! ",
    silence="the server does not ask with NICK, as the tutorial's server does (does it want --dialect gossip?)",
)
GOSSIP = Dialect(
    name="gossip",
    port=9999,
    size=2_048,
    asks=False,
    named=False,
    refusal="SERVER~!!! ",
    silence="",
)
ORIGINAL = {dialect.name: dialect for dialect in (TUTORIAL, GOSSIP)}
