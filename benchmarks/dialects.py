"""How a client gets into the room: our line protocol and IRC (RFC 2812), as pure functions of lines."""

import json
from typing import Protocol

from benchmarks.errors import RefusedError


class Dialect(Protocol):
    """What a client says to be in the one room that everybody shares."""

    def opening(self, nick: str) -> bytes:
        """What is sent before the server has said anything."""

    def answer(self, line: bytes, nick: str) -> bytes:
        """What is sent in reply to ``line``, which has no line end. Raises `RefusedError`."""

    def awake(self, line: bytes) -> bool:
        """Whether ``line`` shows that the server is at work."""

    def entered(self, line: bytes) -> bool:
        """Whether ``line`` is the last of the welcome: the client is in the room."""

    def said(self, text: bytes) -> bytes:
        """``text`` as it is sent to the room."""


class Line:
    """Our own line protocol, in its human dialect (docs/protocol.md)."""

    def opening(self, nick: str) -> bytes:
        return b""

    def answer(self, line: bytes, nick: str) -> bytes:
        if line.startswith(b"!!!"):
            raise RefusedError(line.decode(errors="replace"))
        return f"{nick}\r\n".encode() if line == b"NICK" else b""

    def awake(self, line: bytes) -> bool:
        return line == b"NICK"

    def entered(self, line: bytes) -> bool:
        return line.startswith(b"*** Welcome")

    def said(self, text: bytes) -> bytes:
        return text + b"\r\n"


class Json(Line):
    """Our own line protocol, in its dialect for programs; a server is awake as in the other."""

    def answer(self, line: bytes, nick: str) -> bytes:
        if line.startswith(b"{") and json.loads(line)["type"] == "error":
            raise RefusedError(line.decode(errors="replace"))
        return json.dumps({"type": "hello", "nick": nick}).encode() + b"\r\n" if line == b"NICK" else b""

    def entered(self, line: bytes) -> bool:
        return line.startswith(b"{") and bool(json.loads(line)["type"] == "welcome")

    def said(self, text: bytes) -> bytes:
        return json.dumps({"type": "say", "room": "#lobby", "text": text.decode()}).encode() + b"\r\n"


class Irc:
    """As much IRC as it takes to sit in one channel."""

    _CHANNEL = b"#bench"

    def opening(self, nick: str) -> bytes:
        return f"NICK {nick}\r\nUSER {nick} 0 * :{nick}\r\n".encode()

    def answer(self, line: bytes, nick: str) -> bytes:
        words = line.split(b" ", 2)
        if words[0] == b"PING":
            return b"PONG" + line[4:] + b"\r\n"
        if words[0] == b"ERROR":
            raise RefusedError(line.decode(errors="replace"))
        numeric = words[1] if len(words) > 1 and line.startswith(b":") else b""
        if numeric == b"001":
            return b"JOIN " + self._CHANNEL + b"\r\n"
        # 422 says that there is no message of the day; the others of this hundred are refusals.
        if len(numeric) == 3 and numeric.startswith(b"4") and numeric != b"422":
            raise RefusedError(line.decode(errors="replace"))
        return b""

    def awake(self, line: bytes) -> bool:
        return b" 001 " in line

    def entered(self, line: bytes) -> bool:
        return b" 366 " in line

    def said(self, text: bytes) -> bytes:
        return b"PRIVMSG " + self._CHANNEL + b" :" + text + b"\r\n"


_check: tuple[type[Dialect], ...] = (Line, Json, Irc)
