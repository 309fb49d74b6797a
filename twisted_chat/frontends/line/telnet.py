"""As much of telnet (RFC 854) as a line needs: its commands are taken out, and a typed password is hidden. Pure.

Who sends one understands some, so only he is sent any; for `nc` they would be garbage. UTF-8 has no byte 255.
"""

from __future__ import annotations

IAC = b"\xff"
_SE, _SB, _WILL, _DONT = 0xF0, 0xFA, 0xFB, 0xFE

HIDE = b"\xff\xfb\x01"
"""IAC WILL ECHO: the server would show what is typed, so the client does not; and then it shows nothing."""

SHOW = b"\xff\xfc\x01"
"""IAC WONT ECHO."""

_DO_SUPPRESS_GO_AHEAD = b"\xff\xfd\x03"
LINE_BY_LINE = b"\xff\xfc\x03"
"""IAC WONT SUPPRESS-GO-AHEAD: what a client that wanted it needs to hear, or it would send characters, not lines."""

MAX_SUBNEGOTIATION = 512
"""Bytes, after which it is taken for none: what follows is text again."""

MOST_AT_ONCE = 256
"""Bytes 255 in one read: more of them are no telnet, and are not looked at."""


class Telnet:
    """One connection's bytes without their commands. It remembers where in a command it is, and nothing else.

    `spoken`: whether a command has come.
    """

    __slots__ = ("_held", "_hides", "_left", "_refused", "_wants_characters", "spoken")

    def __init__(self) -> None:
        self.spoken = False
        self._hides = False
        self._wants_characters = self._refused = False
        self.forget()

    def forget(self) -> None:
        """Whatever command has begun does not go on."""
        self._held = b""  # the begin of a command, two bytes at most
        self._left = 0  # bytes that a subnegotiation may still have

    @property
    def is_within(self) -> bool:
        """The next byte may be a command's."""
        return bool(self._held or self._left)

    def due(self, hides: bool) -> bytes:
        """What is to be sent so that what is typed is not shown, or shown again; nothing to who never sent a command.

        Whoever asked to send characters hears once that he does not, or he would begin to when his echo changes.
        """
        due = b""
        if self._wants_characters and not self._refused:
            self._refused = True
            due = LINE_BY_LINE
        if self.spoken and hides != self._hides:
            self._hides = hides
            due += HIDE if hides else SHOW
        return due

    def strip(self, data: bytes) -> bytes:
        """`data` without commands. A doubled byte 255 is one; one before what is no command stays."""
        data = self._held + data
        self._held = b""
        if data.count(IAC) > MOST_AT_ONCE:
            self.forget()
            return data
        kept = []
        at = 0
        while at < len(data):
            if self._left:
                at = self._skip(data, at)
                continue
            begin = data.find(IAC, at)
            if begin < 0:
                kept.append(data[at:])
                break
            kept.append(data[at:begin])
            at = self._command(data, begin)
            if at < 0:
                self._held = data[begin:]
                break
            if at == begin + 1 or data[begin + 1] == 0xFF:
                kept.append(IAC)
        return b"".join(kept)

    def _command(self, data: bytes, begin: int) -> int:
        """Where it ends, -1 if it is cut short; one byte after its begin for none."""
        if begin + 1 == len(data):
            return -1
        verb = data[begin + 1]
        if verb < _SE:
            return begin + 1
        if _WILL <= verb <= _DONT:
            if begin + 2 == len(data):
                return -1
            self._wants_characters |= data[begin : begin + 3] == _DO_SUPPRESS_GO_AHEAD
            self.spoken = True
            return begin + 3
        if verb == _SB:
            self._left = MAX_SUBNEGOTIATION
        self.spoken |= verb != 0xFF
        return begin + 2

    def _skip(self, data: bytes, at: int) -> int:
        """Past a subnegotiation's end, or as much of it as is here."""
        end = data.find(IAC, at, at + self._left)
        if end < 0:
            end = min(at + self._left, len(data))
            self._left -= end - at
            return end
        if end + 1 == len(data):
            self._left -= end - at
            self._held = IAC
            return len(data)
        self._left = 0 if data[end + 1] == _SE else max(0, self._left - (end + 2 - at))
        return end + 2
