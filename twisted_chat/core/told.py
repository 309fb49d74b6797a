"""What one session is told that is not an event: answers, lists and notices, as values for a view to render."""

from __future__ import annotations

from dataclasses import dataclass

from twisted_chat.core.errors import ChatError
from twisted_chat.core.events import Event

MAX_LISTED = 100
"""Nicknames listed of one room in a welcome and the like; the count says how many there are."""


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """A room as one person sees it: the *others* in it, `MAX_LISTED` by name, and how many there are in all."""

    name: str
    people: tuple[str, ...]
    count: int
    topic: str


@dataclass(frozen=True, slots=True)
class Welcome:
    """The session is in. `seq` is the log's last number that it need not ask for; the first room is the current."""

    server: str
    nick: str
    log: str
    seq: int
    resume: str
    rooms: tuple[RoomFacts, ...]
    motd: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entered:
    """The session is in one more room."""

    room: RoomFacts
    nick: str
    time: int
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class People:
    """Who is in a room now, after comings and goings were passed over."""

    room: RoomFacts


@dataclass(frozen=True, slots=True)
class History:
    """A room's past, oldest first. `end`: the number beyond which there is more, in the direction asked for; else 0."""

    room: str
    events: tuple[Event, ...]
    end: int
    reader: str
    client_id: str | None = None
    on_joining: bool = False

    @property
    def more(self) -> bool:
        return bool(self.end)


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, the newest first. `before`: the number before which there is more; 0: that was all."""

    events: tuple[Event, ...]
    before: int
    reader: str
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class Missed:
    """Direct messages that came while the account `reader` was not here, oldest first; `further`: after others."""

    events: tuple[Event, ...]
    reader: str
    further: bool = False


@dataclass(frozen=True, slots=True)
class Skipped:
    """Events with a number from `first` to `last` were passed over; `count` lines of his, if that is known."""

    first: int
    last: int
    count: int


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a command."""

    lines: tuple[str, ...]
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A refusal."""

    error: ChatError
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """The server's word to all."""

    text: str


Told = Welcome | Entered | People | History | Found | Missed | Skipped | Reply | Failure | Notice
