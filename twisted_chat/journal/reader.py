"""A thread that reads: its own connection, one question after the other, answered in the reactor's thread."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from twisted_chat.core.errors import Busy, ShuttingDown
from twisted_chat.journal.file import connect

T = TypeVar("T")
FromThread = Callable[[Callable[[], object]], object]
"""Has something called in the reactor's thread."""

_CHECKED = 10_000
"""Steps of SQLite's machine between two looks at the clock."""


class ReaderThread:
    """Answers questions about the file at `path`.

    `waiting`: how many questions may wait, beyond which they fail with `Busy`; `seconds`: how long one may take
    before it is given up (`Busy`, too); None: as long as it takes.
    """

    def __init__(
        self,
        path: Path,
        from_thread: FromThread,
        *,
        name: str,
        waiting: int | None = None,
        seconds: float | None = None,
    ) -> None:
        self._path = path
        self._from_thread = from_thread
        self._waiting = waiting
        self._seconds = seconds
        self._deadline = 0.0
        self._questions: deque[tuple[Deferred[Any], Callable[[sqlite3.Connection], Any]]] = deque()
        self._awake = threading.Condition()
        self._stopping = False
        self._database: sqlite3.Connection | None = None  # made and used in the thread; only interrupted from outside
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def ask(self, question: Callable[[sqlite3.Connection], T]) -> Deferred[T]:
        """What `question` finds."""
        answer: Deferred[T] = Deferred()
        with self._awake:
            full = self._waiting is not None and len(self._questions) >= self._waiting
            if not full:
                self._questions.append((answer, question))
                self._awake.notify()
        if full:
            answer.errback(Busy("too many look for something just now; try again"))
        return answer

    def stop(self) -> None:
        """Answer what was asked, then end; where a question may take `seconds`, give it and all that wait up.

        They fail with `ShuttingDown`. Returns when that is done; not to be called in the reactor's thread.
        """
        with self._awake:
            self._stopping = True
            self._awake.notify()
            if self._gives_up and self._database is not None:
                self._database.interrupt()
        self._thread.join()

    @property
    def _gives_up(self) -> bool:
        return self._stopping and self._seconds is not None

    def _run(self) -> None:
        while True:
            with self._awake:
                while not self._questions and not self._stopping:
                    self._awake.wait()
                if not self._questions:
                    break
                answer, question = self._questions.popleft()
            try:
                if self._gives_up:
                    raise ShuttingDown
                if self._database is None:
                    self._database = self._connected()
                found = self._found(self._database, question)
            except BaseException:
                failure = Failure()  # type: ignore[no-untyped-call]
                self._from_thread(lambda answer=answer, failure=failure: answer.errback(failure))  # type: ignore[misc]
            else:
                self._from_thread(lambda answer=answer, found=found: answer.callback(found))  # type: ignore[misc]
        with self._awake:
            database, self._database = self._database, None
        if database is not None:
            database.close()

    def _connected(self) -> sqlite3.Connection:
        database = connect(self._path, readonly=True)
        if self._seconds is not None:
            database.set_progress_handler(lambda: time.monotonic() > self._deadline, _CHECKED)
        return database

    def _found(self, database: sqlite3.Connection, question: Callable[[sqlite3.Connection], T]) -> T:
        self._deadline = time.monotonic() + (self._seconds or 0.0)
        try:
            database.execute("BEGIN")  # all that it looks at is of one moment
            return question(database)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                raise
            if self._gives_up:
                raise ShuttingDown from None
            raise Busy("that is too much to look through; say it more exactly") from None
        finally:
            if database.in_transaction:
                database.execute("ROLLBACK")
