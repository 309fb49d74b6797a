"""The log in an SQLite database: what is handed back has reached the disk."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from twisted_chat.boundaries import Deliver, Journal, JournalUnusable, KnownRoom, Unread
from twisted_chat.core.events import KEPT, Event, Item, Page
from twisted_chat.core.search import Search
from twisted_chat.journal import file, reading
from twisted_chat.journal.reader import FromThread, ReaderThread
from twisted_chat.journal.retention import FOREVER, Retention
from twisted_chat.journal.writer import HANDED_BACK, WriterThread
from twisted_chat.journal.writing import Written, said

SEARCHES = 32
"""Searches that may wait for their turn."""

SEARCHING = 3.0
"""Seconds that one search may take."""

T = TypeVar("T")

_log = Logger()


class SqliteJournal:
    """A log in the file at `path`.

    One thread writes, one reads pages, one searches, each with a connection of its own; the reactor's thread waits for
    none. `from_thread` has something called in the reactor's thread. `failed` is told in a line, once, when the
    file can't be trusted any more: the service has to end then, and what is on its way will not come back.
    """

    def __init__(
        self,
        path: Path,
        clock: IReactorTime,
        from_thread: FromThread,
        *,
        utc_ms: Callable[[], int],
        failed: Callable[[str], None],
        retention: Retention = FOREVER,
    ) -> None:
        self._path = path
        self._clock = clock
        self._from_thread = from_thread
        self._utc_ms = utc_ms
        self._failed = failed
        self._retention = retention
        self._lock = file.Lock(path)
        self._deliver: Deliver = lambda _outcomes: None
        self._on_their_way = 0  # items
        self._back: deque[Written] = deque()
        self._handing = False
        self._broken = False
        self.is_closed = False

    def open(self) -> None:
        path = self._path
        self._lock.take()
        try:
            file.prepare(path, tell=lambda line: _log.info("{line}", line=line))
            with closing(file.connect(path)) as database:
                self._facts = file.facts(database)
                self._rooms = reading.rooms(database)
            self._last = self._facts.last
            self._writer = WriterThread(
                path, self._last, self._written, self._broke, retention=self._retention, utc_ms=self._utc_ms
            )
            self._writer.start()
        except BaseException as error:
            self._lock.discard()
            if isinstance(error, sqlite3.Error):
                why = f"can't use {path}: {error}; twisted-chat-admin check {path} tells more"
                raise JournalUnusable(why) from None
            raise
        _log.info("the log is {path}, up to #{last}", path=str(path.resolve()), last=self._last)
        if self._retention != FOREVER:
            _log.info("{kept}", kept=str(self._retention))
        self._pages = ReaderThread(path, self._from_thread, name="log reader")
        self._searches = ReaderThread(path, self._from_thread, name="log search", waiting=SEARCHES, seconds=SEARCHING)
        self._pages.start()
        self._searches.start()

    @property
    def id(self) -> str:
        return self._facts.id

    @property
    def key(self) -> bytes:
        return self._facts.key

    @property
    def seq(self) -> int:
        return self._last

    @property
    def time(self) -> int:
        return self._facts.time

    def rooms(self) -> Sequence[KnownRoom]:
        return self._rooms

    def subscribe(self, deliver: Deliver) -> None:
        self._deliver = deliver

    # writing

    def append(self, batch: Sequence[Item]) -> None:
        if not self._on_their_way and not any(type(item) is Event and item.kind in KEPT for item in batch):
            self._deliver(batch)  # nothing to write, and nothing before it
            return
        self._on_their_way += len(batch)
        self._writer.put(tuple(batch))

    def _written(self, written: Written) -> None:
        self._from_thread(partial(self._take_back, written))

    def _take_back(self, written: Written) -> None:
        self._back.append(written)
        if not self._handing:
            self._hand_back()

    def _hand_back(self) -> None:
        """One group now, the next after a turn of the reactor: reads get theirs between two fan-outs."""
        self._handing = bool(self._back) and not self._broken
        if not self._handing:
            return
        self._clock.callLater(0, self._hand_back)
        written = self._back.popleft()
        while self._back and len(written.outcomes) + len(self._back[0].outcomes) <= HANDED_BACK:
            written.add(self._back.popleft())
        written.number()
        if written.numbers:
            self._last = written.numbers[-1][1]
        self._on_their_way -= len(written.outcomes)
        self._deliver(written.outcomes)

    def _broke(self, why: str) -> None:
        def tell() -> None:
            self._broken = True
            self._failed(why)

        self._from_thread(tell)

    def mark_read(self, person: str, marks: Mapping[str, int]) -> None:
        self._writer.mark_read(person, marks)

    def do(self, work: Callable[[sqlite3.Connection], T]) -> Deferred[T]:
        """Have `work` done in the next transaction; fires when that is on the disk, with what it gave.

        Fails with the `ChatError` that it raised, or `StorageUnavailable`.
        """
        done: Deferred[T] = Deferred()
        # A Failure given to callback() is an errback.
        self._writer.do(work, lambda result: self._from_thread(partial(done.callback, result)))  # type: ignore[arg-type]
        return done

    def look(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """What `question` finds, at once: for the start."""
        with closing(file.connect(self._path, readonly=True)) as database:
            return question(database)

    # reading

    def after(self, seq: int, through: int, person: str | None, rooms: Mapping[str, int], limit: int) -> Deferred[Page]:
        readable = dict(rooms)
        return self._pages.ask(lambda database: reading.after(database, seq, through, person, readable, limit))

    def latest(self, room: str, before: int, limit: int, since: int = 0) -> Deferred[Page]:
        return self._pages.ask(lambda database: reading.latest(database, room, before, limit, since))

    def find(self, seq: int) -> Deferred[Event | None]:
        return self._pages.ask(lambda database: reading.find(database, seq))

    def said(self, person: str, client_id: str) -> Deferred[Event | None]:
        return self._pages.ask(lambda database: said(database, person, client_id))

    def unread(self, person: str, rooms: Mapping[str, int]) -> Deferred[Sequence[Unread]]:
        wanted = dict(rooms)
        return self._pages.ask(lambda database: reading.unread(database, person, wanted))

    def search(self, search: Search, limit: int) -> Deferred[Page]:
        return self._searches.ask(lambda database: reading.search(database, search, limit))

    def close(self) -> Deferred[None]:
        """Fires when all that was appended is delivered, and the file let go."""
        closed: Deferred[None] = Deferred()

        def stop() -> None:
            self._pages.stop()
            self._searches.stop()
            self._writer.stop()  # its connection is the last one, and leaves no WAL behind
            self._from_thread(finish)

        def finish() -> None:
            if self._back and not self._broken:
                self._clock.callLater(0, finish)
                return
            self._lock.release()
            self.is_closed = True
            closed.callback(None)

        threading.Thread(target=stop, name="log closer", daemon=True).start()
        return closed


_check: type[Journal] = SqliteJournal
