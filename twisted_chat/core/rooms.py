"""Rooms and the people in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twisted_chat.boundaries import Rendered, View
from twisted_chat.core.admissions import Admissions
from twisted_chat.core.charters import Charter
from twisted_chat.core.names import Name
from twisted_chat.core.recent import Recent
from twisted_chat.core.told import MAX_LISTED, RoomFacts

if TYPE_CHECKING:
    from twisted_chat.core.people import Person
    from twisted_chat.core.reader import Reader

LOBBY = "#lobby"
MAX_HUSHED = 500
"""Of one room."""

MAX_SLOWED = 1_000
"""Of one room whose slow mode remembers them: who spoke before so many others may speak again."""

LOBBY_ID = "lobby"
"""The same in every log, so that the lobby's history is the lobby's after a restart."""

Sink = Callable[[Rendered], bool]


class Room:
    """One room as the log has it now: members change when a coming or going is delivered, not when it is asked for.

    `audience` groups the sessions that get live events by the view they have of this room, so that fan-out renders
    once a group; its inner values are where the rendered pieces go.
    """

    __slots__ = (
        "admitted", "audience", "charter", "expected", "hushed_guests", "id", "kept", "key", "members", "name",
        "said_at", "spoken", "topic", "views",
    )  # fmt: skip

    def __init__(self, room_id: str, name: Name) -> None:
        self.id = room_id
        self.name: str = name.text
        self.key = name.key
        self.topic = ""
        self.charter: Charter = Charter(room_id, name.text)  # a blank one, until somebody keeps order here
        self.admitted = Admissions()
        # By nickname's key and network, ids of those who had no account when they were hushed (core/rights.py).
        self.hushed_guests: Recent[tuple[str, str], str] = Recent(MAX_HUSHED)
        self.said_at: Recent[str, float] = Recent(MAX_SLOWED)  # monotonic, by persons' ids; in slow mode only
        self.kept = False  # whether the log has something of it: then it outlives its members
        self.members: dict[Person, None] = {}
        self.audience: dict[View, dict[Reader, Sink]] = {}
        self.views: dict[Reader, View] = {}
        self.expected = 0  # people who asked to come in and whose coming is not delivered yet
        self.spoken = 0  # skippable events delivered so far

    def attach(self, session: Reader, view: View, sink: Sink) -> None:
        """`session` hears live what is delivered to this room from now on, through `sink`."""
        self.detach(session)
        self.views[session] = view
        self.audience.setdefault(view, {})[session] = sink

    def detach(self, session: Reader) -> None:
        view = self.views.pop(session, None)
        if view is not None:
            group = self.audience[view]
            group.pop(session, None)
            if not group:
                del self.audience[view]

    def facts_for(self, viewer: Person) -> RoomFacts:
        others = len(self.members) - (viewer in self.members)
        names: list[str] = []
        for person in self.members:
            if person is not viewer:
                if len(names) == MAX_LISTED:
                    break
                names.append(person.nick)
        return RoomFacts(self.name, tuple(names), others, self.topic)

    @property
    def is_lobby(self) -> bool:
        return self.id == LOBBY_ID

    @property
    def is_empty(self) -> bool:
        """Whether nobody is in it or on the way."""
        return not (self.members or self.expected)

    @property
    def vanishes(self) -> bool:
        """Whether nothing is left that would be missed."""
        return self.is_empty and not self.kept and not self.is_lobby and self.charter.is_blank

    def wait_of(self, person: str, now: float) -> float:
        """Seconds until this person may speak again in slow mode; not above 0: now."""
        slow = self.charter.rules.slow
        return self.said_at[person] + slow - now if slow and person in self.said_at else 0.0

    def spoke(self, person: str, now: float) -> None:
        """Remembered in slow mode, for as long as it matters."""
        slow = self.charter.rules.slow
        if slow:
            self.said_at.put(person, now)
            while self.said_at[oldest := next(iter(self.said_at))] + slow <= now:
                del self.said_at[oldest]
