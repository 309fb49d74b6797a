"""The log in memory: bounded, gone with the process, and otherwise the same as any other."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from heapq import heappop, heappush, heapreplace
from itertools import islice, takewhile
from operator import attrgetter
from typing import cast

from twisted.internet.defer import Deferred, succeed

from twisted_chat.boundaries import MAX_UNREAD, Deliver, Journal, KnownRoom, Unread
from twisted_chat.core.errors import NoSuchLine
from twisted_chat.core.events import (
    KEPT,
    NATURE,
    REVISIONS,
    SPEECH,
    Duplicate,
    Event,
    Item,
    Kind,
    Outcome,
    Page,
    Refused,
)
from twisted_chat.core.names import fold
from twisted_chat.core.search import Search
from twisted_chat.core.words import words_of
from twisted_chat.journal.pages import fitting

MAX_TEXT = 128 * 1024 * 1024
"""Characters in the whole log at most; beyond that the oldest events of all go, from whatever room."""

EVENT = 400
"""Characters that an event counts for besides its text: short lines take memory, too."""

MAX_LOSERS = 10_000
"""People of whom is remembered which direct messages they lost; beyond that a loss is told to all."""

MAX_READERS = 10_000
"""People whose read marks are remembered."""

SEARCHED = 5_000
"""Lines of one room that a search looks at, the newest: about 10 ms."""

_seq = attrgetter("seq")
_GONE = cast(Event, None)


class _Ring:
    """The newest events of one room (or of all direct messages), and where those before them ended.

    A list with a beginning in it, and no deque: to find a place in the middle of a deque is to walk there.
    """

    __slots__ = ("_begin", "_events", "lost")

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._begin = 0  # what stands before it is gone
        self.lost = 0

    def __len__(self) -> int:
        return len(self._events) - self._begin

    def __iter__(self) -> Iterator[Event]:
        return islice(self._events, self._begin, None)

    @property
    def oldest(self) -> Event:
        return self._events[self._begin]

    def add(self, event: Event) -> None:
        self._events.append(event)

    def drop_oldest(self) -> Event:
        dropped = self.oldest
        self.lost = dropped.seq
        self._events[self._begin] = _GONE
        self._begin += 1
        if self._begin * 2 > len(self._events):
            del self._events[: self._begin]
            self._begin = 0
        return dropped

    def between(self, begin: int, through: int) -> Iterator[Event]:
        """What comes after `begin` up to and with `through`, oldest first."""
        first = bisect_right(self._events, begin, self._begin, key=_seq)
        last = bisect_right(self._events, through, first, key=_seq)
        return map(self._events.__getitem__, range(first, last))

    def before(self, seq: int) -> Iterator[Event]:
        """What comes before `seq`, newest first."""
        end = bisect_left(self._events, seq, self._begin, key=_seq)
        return map(self._events.__getitem__, range(end - 1, self._begin - 1, -1))


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
    """The newest `size` events of each room, and as many direct messages; less where `MAX_TEXT` is reached.

    `log_id` names this log, `key` signs its resume secrets; both are new with each process.
    """

    def __init__(self, size: int, *, log_id: str, key: bytes) -> None:
        if size < 1:
            raise ValueError("a log keeps at least one event")
        self._size = size
        self._id = log_id
        self._key = key
        self._last = 0
        self._text = 0  # characters in all rings
        self._deliver: Deliver | None = None
        self._rooms: dict[str, _Ring] = {}
        self._directs = _Ring()
        self._direct_losses = _DirectLosses()
        self._said: dict[tuple[str, str], Event] = {}  # by person and client id
        self._speech: dict[int, Event] = {}  # by number
        self._marks: dict[str, dict[str, int]] = {}  # by person and room
        # Each ring that is not empty once, with a number not above its oldest one's: a heap that is put right only
        # when the oldest event of all is wanted, so that it costs nothing until then.
        self._rings: list[tuple[int, _Ring]] = []

    @property
    def id(self) -> str:
        return self._id

    @property
    def key(self) -> bytes:
        return self._key

    @property
    def seq(self) -> int:
        return self._last

    @property
    def time(self) -> int:
        """None: this log begins with the service."""
        return 0

    def open(self) -> None:
        """There is nothing to open."""

    def subscribe(self, deliver: Deliver) -> None:
        self._deliver = deliver

    def append(self, batch: Sequence[Item]) -> None:
        outcomes = [self._keep(item) if type(item) is Event and item.kind in KEPT else item for item in batch]
        if self._deliver is not None:
            self._deliver(outcomes)

    def _keep(self, event: Event) -> Outcome:
        if event.kind in REVISIONS and not self._revise(event):
            return Refused(event, NoSuchLine(event.target))
        if event.client_id is not None:
            mark = (event.person, event.client_id)
            original = self._said.get(mark)
            if original is not None:
                return Duplicate(event, original)
            self._said[mark] = event
        self._last += 1
        event.seq = self._last
        ring = self._rooms.get(event.room) if event.room else self._directs
        if ring is None:
            ring = self._rooms[event.room] = _Ring()
        if not ring:
            heappush(self._rings, (event.seq, ring))
        ring.add(event)
        if event.kind in SPEECH:
            self._speech[event.seq] = event
        self._text += _weight(event)
        if len(ring) > self._size:
            self._drop_oldest(ring)
        while self._text > MAX_TEXT and (oldest := self._oldest_ring()).oldest is not event:
            self._drop_oldest(oldest)
            if not oldest:
                heappop(self._rings)
        return event

    def _revise(self, event: Event) -> bool:
        """Let a revision take effect; false if its target is not there."""
        target = self._spoken(event.target)
        if target is None:
            return False
        self._text -= _weight(target)
        target.text = event.text if event.kind is Kind.EDITED else None
        target.revised = True
        self._text += _weight(target)
        return True

    def _spoken(self, seq: int) -> Event | None:
        """What was said with this number, if it is still there."""
        event = self._speech.get(seq)
        return event if event is not None and event.text is not None else None

    def _now(self, event: Event) -> Event | None:
        """An event as it reads now: an edit has its target's words, and nothing is left of what was deleted."""
        if event.kind is Kind.EDITED:
            target = self._spoken(event.target)
            return replace(event, text=target.text) if target is not None else None
        return None if event.text is None and event.kind in SPEECH else event

    def _oldest_ring(self) -> _Ring:
        """The ring with the oldest event of all. There is one, and it is the first of the heap then."""
        while True:
            known, ring = self._rings[0]
            if known == ring.oldest.seq:
                return ring
            heapreplace(self._rings, (ring.oldest.seq, ring))

    def _drop_oldest(self, ring: _Ring) -> None:
        dropped = ring.drop_oldest()
        if not dropped.room:
            self._direct_losses.add(dropped)
        self._let_go(dropped)

    def _let_go(self, event: Event) -> None:
        self._text -= _weight(event)
        self._speech.pop(event.seq, None)
        if event.client_id is not None:
            self._said.pop((event.person, event.client_id), None)

    def after(self, seq: int, through: int, person: str | None, rooms: Mapping[str, int], limit: int) -> Deferred[Page]:
        found: list[Event] = []
        lost = 0
        for room, floor in rooms.items():
            ring = self._rooms.get(room)
            if ring is not None:
                begin = max(seq, floor)
                found += islice(self._resumed(ring.between(begin, through)), limit + 1)
                if min(ring.lost, through) > begin:
                    lost = max(lost, ring.lost)
        if person is not None and seq < through:
            directs = (e for e in self._directs.between(seq, through) if person in (e.person, e.to))
            found += islice(self._resumed(directs), limit + 1)
            lost = max(lost, self._direct_losses.of(person, seq))
        found.sort(key=_seq)
        events = fitting(found[:limit])
        return succeed(Page(tuple(events), more=len(found) > len(events), lost=min(lost, through)))

    def _resumed(self, events: Iterator[Event]) -> Iterator[Event]:
        for event in events:
            if NATURE[event.kind].resumed and (now := self._now(event)) is not None:
                yield now

    def latest(self, room: str, before: int, limit: int, since: int = 0) -> Deferred[Page]:
        ring = self._rooms.get(room)
        past = takewhile(lambda event: event.time >= since, ring.before(before)) if ring is not None else iter(())
        found = list(islice(filter(_is_history, past), limit + 1))
        newest = fitting(found[:limit])
        return succeed(Page(tuple(reversed(newest)), more=len(found) > len(newest)))

    def find(self, seq: int) -> Deferred[Event | None]:
        return succeed(self._spoken(seq))

    def search(self, search: Search, limit: int) -> Deferred[Page]:
        """Look through the newest `SEARCHED` of each room; more would hold the reactor."""
        rings = [ring for room in search.rooms if (ring := self._rooms.get(room)) is not None]
        found: list[Event] = []
        for ring in rings:
            found += filter(partial(_fits, search), islice(ring.before(search.before), SEARCHED))
        if search.person is not None:
            directs = (e for e in self._directs.before(search.before) if search.person in (e.person, e.to))
            found += filter(partial(_fits, search), islice(directs, SEARCHED))
        found.sort(key=_seq, reverse=True)
        newest = fitting(found[:limit])
        return succeed(Page(tuple(newest), more=len(found) > len(newest)))

    def mark_read(self, person: str, marks: Mapping[str, int]) -> None:
        kept = self._marks.pop(person, {})
        for room, seq in marks.items():
            kept[room] = max(seq, kept.get(room, 0))
        self._marks[person] = kept
        if len(self._marks) > MAX_READERS:
            del self._marks[next(iter(self._marks))]

    def unread(self, person: str, rooms: Mapping[str, int]) -> Deferred[Sequence[Unread]]:
        marks = {"": 0, **self._marks.get(person, {})}
        return succeed([self._unread(person, room, marks[room], rooms[room]) for room in rooms if room in marks])

    def _unread(self, person: str, room: str, mark: int, through: int) -> Unread:
        if room:
            ring = self._rooms.get(room)
            news = (e for e in ring.between(mark, through) if e.person != person) if ring is not None else iter(())
        else:
            news = (e for e in self._directs.between(mark, through) if e.to == person != e.person)
        said = (event for event in news if event.kind in SPEECH and event.text is not None)
        return Unread(room, mark, sum(1 for _event in islice(said, MAX_UNREAD)))

    def said(self, person: str, client_id: str) -> Deferred[Event | None]:
        return succeed(self._said.get((person, client_id)))

    def rooms(self) -> Sequence[KnownRoom]:
        """None: this log begins with the service."""
        return ()

    def close(self) -> Deferred[None]:
        return succeed(None)


def _weight(event: Event) -> int:
    return EVENT + len(event.text or "")


def _is_history(event: Event) -> bool:
    return NATURE[event.kind].history and event.text is not None


def _fits(search: Search, event: Event) -> bool:
    return (
        event.time >= search.since
        and event.kind in SPEECH
        and event.text is not None
        and (search.nick is None or fold(event.nick) == search.nick)
        and search.fits(words_of(event.text))
    )


_check: type[Journal] = MemoryJournal
