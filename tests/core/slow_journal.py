"""A journal that takes its time, as one that writes to a disk does: nothing comes back until it is told to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from twisted.internet.defer import Deferred

from twisted_chat.boundaries import Deliver, Journal, KnownRoom, Unread
from twisted_chat.core.errors import StorageUnavailable
from twisted_chat.core.events import KEPT, Event, Item, Outcome, Page, Refused
from twisted_chat.core.search import Search
from twisted_chat.journal.memory import MemoryJournal


class SlowJournal:
    """Batches wait in `batches` until `writes`, what is written in `written` until `delivers`, reads until `reads`."""

    def __init__(self, size: int = 1_000) -> None:
        self._memory = MemoryJournal(size, log_id="5107", key=b"s" * 32)
        self._memory.subscribe(self._wrote)
        self._deliver: Deliver | None = None
        self.batches: list[Sequence[Item]] = []
        self.written: list[Outcome] = []
        self.asked: list[tuple[Deferred[Page], Callable[[], Deferred[Page]]]] = []
        self.looked_up: list[tuple[Deferred[Event | None], str, str]] = []
        self.looked_for: list[tuple[Deferred[Event | None], int]] = []
        self.refusing = False
        self.closed: Deferred[None] | None = None

    # what the disk does

    def writes(self, batches: int | None = None) -> None:
        """Write the first `batches` of those that wait, or all."""
        now, self.batches = self.batches[:batches], self.batches[len(self.batches[:batches]) :]
        for batch in now:
            if not self.refusing:
                self._memory.append(batch)
                continue
            for item in batch:
                if type(item) is Event and item.kind in KEPT:
                    self.written.append(Refused(item, StorageUnavailable()))
                else:
                    self._memory.append([item])

    def delivers(self, *sizes: int) -> None:
        """Hand back what is written: in groups of these sizes, then the rest as one."""
        for size in (*sizes, len(self.written)):
            group, self.written = self.written[:size], self.written[size:]
            if group:
                assert self._deliver is not None
                self._deliver(group)

    def commits(self) -> None:
        """All that waits is written and handed back as one batch."""
        self.writes()
        self.delivers()

    def reads(self, pages: int | None = None) -> None:
        """Answer the oldest `pages` of the reads that wait, or all of them."""
        now, self.asked = self.asked[:pages], self.asked[len(self.asked[:pages]) :]
        for answer, read in now:
            read().chainDeferred(answer)

    def fails_to_read(self) -> None:
        now, self.asked = self.asked, []
        for answer, _read in now:
            answer.errback(OSError("the disk is gone"))

    # the seam

    @property
    def id(self) -> str:
        return self._memory.id

    @property
    def key(self) -> bytes:
        return self._memory.key

    @property
    def seq(self) -> int:
        return self._memory.seq

    @property
    def time(self) -> int:
        return self._memory.time

    def open(self) -> None:
        self._memory.open()

    def subscribe(self, deliver: Deliver) -> None:
        self._deliver = deliver

    def append(self, batch: Sequence[Item]) -> None:
        self.batches.append(tuple(batch))

    def after(self, seq: int, through: int, person: str | None, rooms: Mapping[str, int], limit: int) -> Deferred[Page]:
        return self._later(lambda: self._memory.after(seq, through, person, dict(rooms), limit))

    def latest(self, room: str, before: int, limit: int, since: int = 0) -> Deferred[Page]:
        return self._later(lambda: self._memory.latest(room, before, limit, since))

    def search(self, search: Search, limit: int) -> Deferred[Page]:
        return self._later(lambda: self._memory.search(search, limit))

    def find(self, seq: int) -> Deferred[Event | None]:
        answer: Deferred[Event | None] = Deferred()
        self.looked_for.append((answer, seq))
        return answer

    def finds(self) -> None:
        """Answer what was asked about single lines."""
        now, self.looked_for = self.looked_for, []
        for answer, seq in now:
            self._memory.find(seq).chainDeferred(answer)

    def mark_read(self, person: str, marks: Mapping[str, int]) -> None:
        self._memory.mark_read(person, marks)

    def unread(self, person: str, rooms: Mapping[str, int]) -> Deferred[Sequence[Unread]]:
        return self._memory.unread(person, rooms)

    def said(self, person: str, client_id: str) -> Deferred[Event | None]:
        answer: Deferred[Event | None] = Deferred()
        self.looked_up.append((answer, person, client_id))
        return answer

    def looks_up(self) -> None:
        """Answer what was asked about marks."""
        now, self.looked_up = self.looked_up, []
        for answer, person, client_id in now:
            self._memory.said(person, client_id).chainDeferred(answer)

    def rooms(self) -> Sequence[KnownRoom]:
        return self._memory.rooms()

    def close(self) -> Deferred[None]:
        self.closed = Deferred()
        return self.closed

    # helpers

    def _wrote(self, outcomes: Sequence[Outcome]) -> None:
        self.written += outcomes

    def _later(self, read: Callable[[], Deferred[Page]]) -> Deferred[Page]:
        answer: Deferred[Page] = Deferred()
        self.asked.append((answer, read))
        return answer


_check: type[Journal] = SlowJournal
