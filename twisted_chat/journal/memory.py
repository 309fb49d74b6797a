"""The log in memory: bounded, gone with the process, and otherwise the same as any other."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Mapping, Sequence
from operator import attrgetter

from twisted.internet.defer import Deferred, succeed

from twisted_chat.boundaries import Deliver, Journal
from twisted_chat.core.events import KEPT, NATURE, Duplicate, Event, Item, Kind, Outcome, Page

PAGE_TEXT = 64 * 1024
"""Characters of text in one page at most, so that a page stays small whatever was said."""

MAX_LOSERS = 10_000
"""People of whom is remembered which direct messages they lost; beyond that a loss is told to all."""

_seq = attrgetter("seq")


class _Ring:
    """The newest `size` events of one room (or of all direct messages), and where those before them ended."""

    __slots__ = ("events", "lost")

    def __init__(self, size: int) -> None:
        self.events: deque[Event] = deque(maxlen=size)
        self.lost = 0

    def add(self, event: Event) -> Event | None:
        """Keep `event`; gives back the one that had to go for it."""
        dropped = self.events[0] if len(self.events) == self.events.maxlen else None
        if dropped is not None:
            self.lost = dropped.seq
        self.events.append(event)
        return dropped


class _DirectLosses:
    """Up to which number each person's direct messages had to go: others' losses are no news to him."""

    def __init__(self) -> None:
        self._by_person: dict[str, int] = {}
        self._of_all = 0  # for those that this table had to forget

    def add(self, event: Event) -> None:
        for person in (event.person, event.to):
            self._by_person.pop(person, None)
            self._by_person[person] = event.seq
        while len(self._by_person) > MAX_LOSERS:
            self._of_all = self._by_person.pop(next(iter(self._by_person)))

    def of(self, person: str, seq: int) -> int:
        """The last number lost to `person` above `seq`, else 0."""
        lost = max(self._by_person.get(person, 0), self._of_all)
        return lost if lost > seq else 0


class MemoryJournal:
    """A ring of the newest `size` events for each room, and one for direct messages.

    `log_id` names this log, `key` signs its resume secrets; both are new with each process.
    """

    def __init__(self, size: int, *, log_id: str, key: bytes) -> None:
        if size < 1:
            raise ValueError("a log keeps at least one event")
        self._size = size
        self._id = log_id
        self._key = key
        self._last = 0
        self._deliver: Deliver | None = None
        self._rooms: dict[str, _Ring] = {}
        self._directs = _Ring(size)
        self._direct_losses = _DirectLosses()
        self._said: dict[tuple[str, str], Event] = {}  # by person and client id

    @property
    def id(self) -> str:
        return self._id

    @property
    def key(self) -> bytes:
        return self._key

    @property
    def seq(self) -> int:
        return self._last

    def subscribe(self, deliver: Deliver) -> None:
        self._deliver = deliver

    def append(self, batch: Sequence[Item]) -> None:
        outcomes = [self._keep(item) if type(item) is Event and item.kind in KEPT else item for item in batch]
        if self._deliver is not None:
            self._deliver(outcomes)

    def _keep(self, event: Event) -> Outcome:
        if event.client_id is not None:
            mark = (event.person, event.client_id)
            original = self._said.get(mark)
            if original is not None:
                return Duplicate(event, original)
            self._said[mark] = event
        self._last += 1
        event.seq = self._last
        ring = self._directs if event.kind is Kind.DIRECT else self._rooms.get(event.room)
        if ring is None:
            ring = self._rooms[event.room] = _Ring(self._size)
        dropped = ring.add(event)
        if dropped is not None:
            if dropped.kind is Kind.DIRECT:
                self._direct_losses.add(dropped)
            if dropped.client_id is not None:
                self._said.pop((dropped.person, dropped.client_id), None)
        return event

    def after(self, seq: int, through: int, person: str | None, rooms: Mapping[str, int], limit: int) -> Deferred[Page]:
        found: list[Event] = []
        lost = 0
        for room, floor in rooms.items():
            ring = self._rooms.get(room)
            if ring is not None:
                begin = max(seq, floor)
                found += _between(ring, begin, through, limit)
                if min(ring.lost, through) > begin:
                    lost = max(lost, ring.lost)
        if person is not None and seq < through:
            directs = _between(self._directs, seq, through, None)
            found += [event for event in directs if person in (event.person, event.to)][: limit + 1]
            lost = max(lost, self._direct_losses.of(person, seq))
        found = [event for event in found if NATURE[event.kind].resumed]
        found.sort(key=_seq)
        events = _fitting(found[:limit])
        return succeed(Page(tuple(events), more=len(found) > len(events), lost=min(lost, through)))

    def latest(self, room: str, before: int, limit: int) -> Deferred[Page]:
        ring = self._rooms.get(room)
        events = [event for event in ring.events if event.seq < before] if ring is not None else []
        events = [event for event in events if NATURE[event.kind].history]
        newest = _fitting(events[: -limit - 1 : -1])
        return succeed(Page(tuple(reversed(newest)), more=len(events) > len(newest)))

    def forget(self, room: str) -> None:
        ring = self._rooms.pop(room, None)
        if ring is not None:
            for event in ring.events:
                if event.client_id is not None:
                    self._said.pop((event.person, event.client_id), None)

    def close(self) -> Deferred[None]:
        return succeed(None)


def _between(ring: _Ring, begin: int, through: int, limit: int | None) -> list[Event]:
    """The ring's events after `begin` up to and with `through`, at most `limit` and one."""
    events = list(ring.events)
    first = bisect_right(events, begin, key=_seq)
    last = bisect_right(events, through, key=_seq)
    return events[first : last if limit is None else min(last, first + limit + 1)]


def _fitting(events: list[Event]) -> list[Event]:
    """As many of the first `events` as fit on a page, at least one."""
    size = 0
    for at, event in enumerate(events):
        size += len(event.text or "")
        if size > PAGE_TEXT and at:
            return events[:at]
    return events


_check: type[Journal] = MemoryJournal
