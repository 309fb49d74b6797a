"""What a person at the line port reads: the human dialect's view of events and answers."""

from __future__ import annotations

from collections.abc import Sequence

from twisted_chat.boundaries import Stance, View
from twisted_chat.core.events import Event
from twisted_chat.core.told import Told
from twisted_chat.frontends import plain
from twisted_chat.frontends.line.framing import encode


class HumanView:
    """Text lines with CR LF, as bytes. `elsewhere`: for the rooms that are not the reader's current one."""

    def __init__(self, *, elsewhere: bool) -> None:
        self._elsewhere = elsewhere

    def render(self, item: Event | Told, stance: Stance) -> bytes:
        if type(item) is Event:
            line = plain.event_line(item, stance, elsewhere=self._elsewhere)
            return encode(line) if line else b""
        return b"".join(encode(line) for line in plain.told_lines(item))  # type: ignore[arg-type]

    def join(self, pieces: Sequence[bytes]) -> bytes:
        return b"".join(pieces)


CURRENT = HumanView(elsewhere=False)
ELSEWHERE = HumanView(elsewhere=True)


_check: type[View] = HumanView
