"""What happens in the chat, as values: events, and what becomes of them on their way through the log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from twisted_chat.core.errors import ChatError
from twisted_chat.core.names import fold


class Kind(Enum):
    """The kinds of event. The values are their names on every wire that has names for them."""

    MESSAGE = "message"
    ACTION = "action"
    DIRECT = "direct"
    TOPIC = "topic"
    JOINED = "joined"
    LEFT = "left"
    RENAMED = "renamed"
    AWAY = "away"
    EDITED = "edited"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Nature:
    """What the log does with a kind of event.

    `kept`: it is written and gets a `seq`; `history`: it shows when a room's past is asked for; `resumed`: who
    comes back or lags is served it; `skippable`: it counts in "N lines skipped".
    """

    kept: bool
    history: bool
    resumed: bool
    skippable: bool


NATURE: dict[Kind, Nature] = {
    Kind.MESSAGE: Nature(kept=True, history=True, resumed=True, skippable=True),
    Kind.ACTION: Nature(kept=True, history=True, resumed=True, skippable=True),
    Kind.DIRECT: Nature(kept=True, history=False, resumed=True, skippable=True),
    Kind.TOPIC: Nature(kept=True, history=True, resumed=True, skippable=True),
    Kind.JOINED: Nature(kept=False, history=False, resumed=False, skippable=False),
    Kind.LEFT: Nature(kept=False, history=False, resumed=False, skippable=False),
    Kind.RENAMED: Nature(kept=False, history=False, resumed=False, skippable=False),
    Kind.AWAY: Nature(kept=False, history=False, resumed=False, skippable=False),
    Kind.EDITED: Nature(kept=True, history=False, resumed=True, skippable=False),
    Kind.DELETED: Nature(kept=True, history=False, resumed=True, skippable=False),
}

KEPT = frozenset(kind for kind, nature in NATURE.items() if nature.kept)
TALK = frozenset((Kind.MESSAGE, Kind.ACTION))
"""What is said in a room."""

SPEECH = frozenset((Kind.MESSAGE, Kind.ACTION, Kind.DIRECT))
"""What somebody said, and may change or delete."""

REVISIONS = frozenset((Kind.EDITED, Kind.DELETED))
"""What changes an earlier event of the log, the `target`."""

HEARD = SPEECH | REVISIONS
"""What an /ignore keeps away."""


@dataclass(slots=True, eq=False)
class Event:
    """Something that somebody did. Nothing but `seq` changes after it is made, and that once, by the journal.

    Ids are the truth, names are as they were then. `time` is UTC in milliseconds since 1970. `room` is empty for
    what concerns no room or several. For a LEFT, `text` is the reason; for a RENAMED, the new nickname; for an AWAY,
    the reason, and None for coming back; for an EDITED, the new words. A revision has its target's room or addressee.
    """

    kind: Kind
    person: str
    nick: str
    time: int
    room: str = ""
    room_name: str = ""
    text: str | None = ""
    to: str = ""
    to_nick: str = ""
    action: bool = False
    client_id: str | None = None
    answer_to: str | None = field(default=None, repr=False)
    """The asker's mark for a refusal, which is not always the log's `client_id`; never kept."""
    seq: int = 0
    target: int = 0
    """The number of the event that a revision changes."""
    revised: bool = False
    """Whether the log has other words now than those first said; none at all if they were deleted."""
    by: str = field(default="", repr=False)
    """The nickname of whoever made this person leave; never kept."""
    origin: object = field(default=None, repr=False)
    """The session that it came from, if that is one of this process; never kept."""

    def same_words(self, other: Event) -> bool:
        """Whether this says the same as `other`, of the log, to the same ears: what a repeated `client_id` must do."""
        return (
            self.kind is other.kind
            and (self.text == other.text or other.revised)
            and self.room == other.room
            and fold(self.to_nick) == fold(other.to_nick)
            and self.action == other.action
        )


@dataclass(slots=True, eq=False)
class Aside:
    """What happens for one session alone at its place in the batch: an answer, an entry, an end.

    The journal passes it through unlooked, so that answers keep their order among events.
    """

    session: object
    act: Callable[[], None]


@dataclass(slots=True, eq=False)
class Duplicate:
    """The journal's word on an event whose `client_id` stands in the log already, as `original`."""

    event: Event
    original: Event


@dataclass(slots=True, eq=False)
class Refused:
    """The journal's word on an event that it could not keep."""

    event: Event
    error: ChatError


Item = Event | Aside
"""What goes into the journal, in batches."""

Outcome = Event | Aside | Duplicate | Refused
"""What comes out of it: an `Event` of a kept kind bears its `seq` now."""


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of the log, oldest first.

    `more`: there are more in the direction asked for. `lost`: the highest `seq` that was asked for but is no longer in
    the log; 0 if nothing was lost.
    """

    events: tuple[Event, ...]
    more: bool = False
    lost: int = 0
