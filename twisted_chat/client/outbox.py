"""What was typed and is not confirmed yet, in order, over any number of connections."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from twisted_chat.client.untrusted import Fields

_SAFE_TO_REPEAT = frozenset({"say", "join"})
"""The server says a `say` with a known id once only, and being in a room twice is being in it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One object with its id, the line that it came from, and the room that was current then."""

    id: str
    fields: Fields
    typed: str
    room: str
    alone: bool = False
    """What follows waits until this is answered."""


class Outbox:
    """Entries go from waiting to sent, and away when confirmed. At most `window` are sent and unconfirmed.

    The window keeps a big pipe from flooding the server, and what must be repeated after a cut small.
    """

    def __init__(self, prefix: str, *, limit: int = 1000, window: int = 20) -> None:
        """`prefix` makes the ids unlike those of any other run; at most `limit` entries are kept."""
        self._prefix = prefix
        self._limit = limit
        self._window = window
        self.resting = False
        """Nothing is taken for a while."""
        self._count = 0
        self._waiting: deque[Entry] = deque()
        self._sent: dict[str, Entry] = {}

    def __len__(self) -> int:
        return len(self._waiting) + len(self._sent)

    def __bool__(self) -> bool:
        return len(self) > 0

    def __iter__(self) -> Iterator[Entry]:
        """In the order in which they were typed."""
        yield from self._sent.values()
        yield from self._waiting

    @property
    def in_flight(self) -> int:
        """How many are sent and unconfirmed."""
        return len(self._sent)

    @property
    def _is_blocked(self) -> bool:
        return any(entry.alone for entry in self._sent.values())

    @property
    def full(self) -> bool:
        return len(self) >= self._limit

    def next_id(self) -> str:
        self._count += 1
        return f"{self._prefix}-{self._count}"

    def add(self, fields: Fields, typed: str, room: str, *, alone: bool = False) -> None:
        """Let `fields` wait, with an id of their own."""
        name = self.next_id()
        self._waiting.append(Entry(name, {**fields, "id": name}, typed, room, alone))

    def take(self) -> list[Entry]:
        """What may be sent now; it counts as sent."""
        taken = []
        while self._waiting and not self.resting and len(self._sent) < self._window and not self._is_blocked:
            entry = self._waiting.popleft()
            self._sent[entry.id] = entry
            taken.append(entry)
        return taken

    def confirm(self, name: str) -> Entry | None:
        """The entry that an answer belongs to, if it was still awaited.

        One that waits to be repeated can be confirmed by what the server tells about the time of the cut.
        """
        found = self._sent.pop(name, None)
        if found is None and name:
            found = next((entry for entry in self._waiting if entry.id == name), None)
            if found is not None:
                self._waiting.remove(found)
        return found

    def cut(self) -> list[Entry]:
        """The connection is gone: what may be repeated waits again, in order. Gives what is lost."""
        again = [entry for entry in self._sent.values() if entry.fields["type"] in _SAFE_TO_REPEAT]
        lost = [entry for entry in self._sent.values() if entry.fields["type"] not in _SAFE_TO_REPEAT]
        self._waiting.extendleft(reversed(again))
        self._sent.clear()
        return lost
