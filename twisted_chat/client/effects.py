"""What a conversation wants done: the values between it and the owner of screen and connection."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from enum import Enum, auto

from twisted_chat.client.untrusted import Fields


class Kind(Enum):
    """What a line is, for a front end to colour or to leave out."""

    SAID = auto()
    OWN = auto()
    """The user's own message, confirmed. Where his typing stands on the screen it is not shown again."""
    DIRECT = auto()
    SERVER = auto()
    REPLY = auto()
    HISTORY = auto()
    STATUS = auto()
    """The client's own word about the connection."""
    TROUBLE = auto()
    """Why there is no connection."""
    ERROR = auto()


@dataclass(frozen=True, slots=True)
class Shown:
    """One line to show. `mention`: it speaks to the user and may ring a bell."""

    text: str
    kind: Kind
    time: datetime
    mention: bool = False


@dataclass(frozen=True, slots=True)
class Send:
    """One object for the server."""

    fields: Fields


@dataclass(frozen=True, slots=True)
class Refused:
    """The server did not let us in, and says why."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Replaced:
    """Somebody else goes on with this conversation, or an operator ended it: do not come back."""

    text: str
    code: str = "REPLACED"


@dataclass(frozen=True, slots=True)
class Quit:
    """The user wants to leave."""

    why: str


Effect = Shown | Send | Refused | Replaced | Quit


def dated(shown: Shown, today: date, zone: tzinfo | None) -> str:
    """The line with its local time, and the day if it was another. History bears its time already."""
    if shown.kind is Kind.HISTORY:
        return shown.text
    local = shown.time.astimezone(zone)
    return f"{local:%H:%M} {shown.text}" if local.date() == today else f"{local:%Y-%m-%d %H:%M} {shown.text}"
