"""The thread that writes: while a batch is on its way to the disk the next ones gather, and go together."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from twisted.logger import Logger
from twisted.python.failure import Failure

from twisted_chat.core.errors import ChatError, StorageUnavailable
from twisted_chat.core.events import KEPT, Aside, Item, Outcome, Refused
from twisted_chat.journal.file import SYNCHRONOUS, connect
from twisted_chat.journal.keeping import MERGED, STEP, Keeper, Wiper
from twisted_chat.journal.retention import FOREVER, Retention
from twisted_chat.journal.writing import Writer, Written

MAX_TRANSACTION = 2_000
"""Items that one transaction takes, a batch more or less."""

HANDED_BACK = 128
"""Items that are handed back as one, a batch more or less."""

KEEPING = 60.0
"""Seconds between two looks at what is not to be kept."""

STEPPING = 0.05
"""Seconds between two steps of keeping, at least, so that what is said comes first."""

WIPING = 2400.0
"""Seconds between two looks at what was erased, and is to be wiped: an hour is promised, a large index takes time."""

WIPING_AT_START = 30.0
"""Seconds after the start at which what an earlier run left is wiped."""

READ_MEANWHILE = 5.0
"""Seconds after which it is tried again to empty the WAL that somebody reads."""

CHECKPOINT = 1_000
"""Pages in the WAL, as far as is reckoned, at which they are brought into the file when nothing else is to do."""

CHECKPOINT_AT_ONCE = 4_000
"""And at which that is done though messages wait."""

_PAGES_A_COMMIT = 8
_PAGES_A_CHORE = 2 * max(MERGED, STEP)
_PAGE = 4096
# What a transaction adds to the WAL, roughly: an interior of each tree, and its share of the leaves. A text is written
# about four times: as it is, as words, and both again when their page is filled up.

_FATAL = frozenset((sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC))
# After a failed fsync nobody knows what is on the disk, and the next one may succeed without having written it.

Work = Callable[[sqlite3.Connection], object]
_Job = tuple[Work, Callable[[object], object]]

_log = Logger()


class _FileGone(Exception):
    """Somebody moved or deleted the file: what is written goes where nobody will find it."""


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells one file from another of the same name."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _is_damage(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", None) or 0
    return code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class WriterThread:
    """Writes to the file at `path`, which holds events up to `last`.

    `hand_back` gets each batch when it is on the disk, or could not be written: called in this thread, with a
    `Written` whose events have no numbers yet. `failed` is called, once, with a line that says why, when nothing can be
    written any more; what was on its way then is never handed back.
    """

    def __init__(
        self,
        path: Path,
        last: int,
        hand_back: Callable[[Written], object],
        failed: Callable[[str], object],
        *,
        retention: Retention = FOREVER,
        utc_ms: Callable[[], int],
    ) -> None:
        self._path = path
        self._last = last
        self._hand_back = hand_back
        self._failed = failed
        self._retention = retention
        self._utc_ms = utc_ms
        self._batches: deque[Sequence[Item]] = deque()
        self._marks: dict[str, dict[str, int]] = {}
        self._jobs: deque[_Job] = deque()
        self._awake = threading.Condition()
        self._stopping = False
        self._refusing = False
        self._thread = threading.Thread(target=self._run, name="log writer", daemon=True)
        self._database: sqlite3.Connection
        self._writer: Writer
        self._keeper: Keeper
        self._wiper: Wiper
        self._keep_at = self._wipe_at = 0.0
        self._in_wal = 0  # pages

    def start(self) -> None:
        """Raises `sqlite3.Error`."""
        self._database = connect(self._path)
        self._database.execute(f"PRAGMA synchronous = {SYNCHRONOUS}")
        self._database.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten with zeros
        # SQLite's own checkpoint, within COMMIT, hides a failed fsync and tries again: ours must not.
        self._database.execute("PRAGMA wal_autocheckpoint = 0")
        self._writer = Writer(self._database, self._last)
        self._keeper = Keeper(self._database, self._retention)
        self._wiper = Wiper(self._database)
        self._keep_at = time.monotonic() + STEPPING
        self._wipe_at = time.monotonic() + (WIPING_AT_START if self._wiper.is_wanted else WIPING)
        self._identity = _identity(self._path)
        self._thread.start()

    def put(self, batch: Sequence[Item]) -> None:
        with self._awake:
            self._batches.append(batch)
            self._awake.notify()

    def mark_read(self, person: str, marks: Mapping[str, int]) -> None:
        """Goes with the next transaction, or within a second or so."""
        with self._awake:
            kept = self._marks.setdefault(person, {})
            for room, seq in marks.items():
                kept[room] = max(seq, kept.get(room, 0))
            self._awake.notify()

    def do(self, work: Work, done: Callable[[object], object]) -> None:
        """Do other work in the next transaction; `done` gets in this thread what it gave, or why it failed.

        What fails with a `ChatError` changes nothing, and fails alone.
        """
        with self._awake:
            self._jobs.append((work, done))
            self._awake.notify()

    def stop(self) -> None:
        """Write what there is, then end. Returns when that is done; not to be called in the reactor's thread."""
        with self._awake:
            self._stopping = True
            self._awake.notify()
        self._thread.join()

    # in the thread

    def _run(self) -> None:
        try:
            while self._work():
                pass
            self._database.close()
        except _FileGone:
            self._failed(f"{self._path} is not the file any more that was opened; the service ends")
        except sqlite3.Error as error:
            if _is_damage(error):
                end = f"the service ends; twisted-chat-admin check {self._path} tells more"
            else:
                end = "the service ends, to start anew from it"
            self._failed(f"{self._path} can't be written any more ({error}); {end}")
        except BaseException as error:
            _log.failure("the log's writer failed")
            self._failed(f"{self._path}: the writer failed ({error!r}); the service ends")

    def _work(self) -> bool:
        """Wait for something to do, and do it; false at the end."""
        with self._awake:
            if not (self._batches or self._marks or self._jobs or self._stopping):
                self._awake.wait(max(0.0, self._next_chore() - time.monotonic()))
            taken = self._take()
            marks, self._marks = self._marks, {}
            jobs, self._jobs = self._jobs, deque()
        if taken or marks or jobs:
            self._commit(taken, marks, jobs)
        elif self._stopping:
            return False
        self._do_chores()
        return True

    def _take(self) -> list[Sequence[Item]]:
        """Batches that fit in one transaction."""
        taken: list[Sequence[Item]] = []
        count = 0
        while self._batches and count < MAX_TRANSACTION:
            batch = self._batches.popleft()
            count += len(batch)
            taken.append(batch)
        return taken

    def _commit(
        self, batches: list[Sequence[Item]], marks: Mapping[str, Mapping[str, int]], jobs: Sequence[_Job]
    ) -> None:
        database, writer = self._database, self._writer
        results: list[object] = []
        if _identity(self._path) != self._identity:
            raise _FileGone
        try:
            database.execute("BEGIN IMMEDIATE")
            written = [writer.write(group) for group in _groups(batches)]
            for person, read in marks.items():
                writer.mark_read(person, read)
            results = [_do(database, work) for work, _done in jobs]
            database.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back(error)
            if not self._refusing:  # once for each time that it begins
                self._refusing = True
                _log.error("the log can't be written: {why}; messages are refused until it can", why=str(error))
            written = [_refused(group) for group in _groups(batches)]
            unwritten = StorageUnavailable("the log can't be written now; nothing was changed")
            results = [Failure(unwritten) for _job in jobs]  # type: ignore[no-untyped-call]
        else:
            writer.committed()
            self._in_wal += _PAGES_A_COMMIT + sum(map(_pages, written))
            if self._refusing:
                self._refusing = False
                _log.info("the log can be written again")
        for each in written:
            self._hand_back(each)
        for (_work, done), result in zip(jobs, results, strict=True):
            done(result)

    def _roll_back(self, error: sqlite3.Error) -> None:
        """Raises `error` where it would be wrong to go on."""
        code = getattr(error, "sqlite_errorcode", None)
        if code in _FATAL or code is None or _is_damage(error):
            raise error
        if self._database.in_transaction:
            self._database.execute("ROLLBACK")
        self._writer.rolled_back()

    # chores: between two batches, in small steps

    def _next_chore(self) -> float:
        return min(self._keep_at, self._wipe_at)

    def _do_chores(self) -> None:
        now = time.monotonic()
        try:
            if self._in_wal >= (CHECKPOINT_AT_ONCE if self._batches else CHECKPOINT):
                _busy, pages, moved = self._database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                self._in_wal = 0 if pages == moved else _PAGES_A_CHORE  # somebody reads: it is tried again later
            if now >= self._keep_at:
                self._keep_at = now + (STEPPING if self._keep() else KEEPING)
            if now >= self._wipe_at:
                self._wipe_at = now + self._wipe()
        except sqlite3.Error as error:
            self._roll_back(error)
            _log.error("the log could not be put in order: {why}; that is tried again", why=str(error))
            self._keep_at = self._wipe_at = now + KEEPING

    def _wipe(self) -> float:
        """Do a step; in how many seconds the next is due."""
        if not (self._wiper.is_wanted and self._wiper.step()):
            return WIPING
        self._in_wal += _PAGES_A_CHORE
        return READ_MEANWHILE if self._wiper.waits else STEPPING

    def _keep(self) -> bool:
        self._database.execute("BEGIN IMMEDIATE")
        taken = self._keeper.step(self._utc_ms())
        self._database.execute("COMMIT")
        self._in_wal += _PAGES_A_CHORE if taken else 1
        return taken


def _do(database: sqlite3.Connection, work: Work) -> object:
    """What `work` gives, or the refusal that it ended with, undone."""
    database.execute("SAVEPOINT work")
    try:
        return work(database)
    except ChatError:
        database.execute("ROLLBACK TO work")
        return Failure()  # type: ignore[no-untyped-call]
    finally:
        database.execute("RELEASE work")


def _pages(written: Written) -> int:
    """What its events take in the WAL, as far as is reckoned."""
    return sum(256 + 4 * len(event.text or "") for event, _seq in written.numbers) // _PAGE


def _groups(batches: list[Sequence[Item]]) -> list[list[Item]]:
    """The batches' items, in groups to be handed back as one."""
    groups: list[list[Item]] = []
    for batch in batches:
        if groups and len(groups[-1]) + len(batch) <= HANDED_BACK:
            groups[-1] += batch
        else:
            groups.append(list(batch))
    return groups


def _refused(items: Sequence[Item]) -> Written:
    outcomes: list[Outcome] = []
    for item in items:
        if type(item) is Aside or item.kind not in KEPT:  # type: ignore[union-attr]
            outcomes.append(item)
        else:
            outcomes.append(Refused(item, StorageUnavailable()))  # type: ignore[arg-type]
    return Written(outcomes)
