"""The log in a database: the contract, over real files and real threads."""

from __future__ import annotations

import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from tests.contracts.journal import ALICE, BOB, DEV, ENDLESS, LOBBY, RevisionContract, said
from tests.files import folder_for
from tests.helpers import NOON
from twisted_chat.boundaries import JournalUnusable
from twisted_chat.core.errors import Busy, ShuttingDown
from twisted_chat.core.events import Aside, Duplicate, Item, Kind, Outcome, Refused
from twisted_chat.core.search import Search, parse_query
from twisted_chat.journal import file, reader, sqlite, writer
from twisted_chat.journal.retention import FOREVER, Retention
from twisted_chat.journal.sqlite import SqliteJournal
from twisted_chat.journal.writing import Written

PATIENCE = 30.0
"""Seconds that a test waits for a thread before it says that nothing comes."""


class Reactor:
    """What a journal asks of a reactor, in the test's own thread and at its own pace."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.calls: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()

    def call(self, function: Callable[[], object]) -> None:
        self.calls.put(function)

    def turn(self) -> None:
        """Wait for something out of a thread, and for what is due then."""
        self.calls.get(timeout=PATIENCE)()
        while self.clock.getDelayedCalls():
            self.clock.advance(0)

    def until(self, done: Callable[[], object]) -> None:
        while not done():
            self.turn()


class SqliteCase(SynchronousTestCase):
    """Journals in files of a fresh folder; they are closed at the end of the test."""

    def setUp(self) -> None:
        self.folder = folder_for(self)
        self.reactor = Reactor()
        self.failures: list[str] = []
        self.now = NOON
        super().setUp()

    def journal_at(self, path: Path, retention: Retention = FOREVER) -> SqliteJournal:
        return SqliteJournal(
            path,
            self.reactor.clock,
            self.reactor.call,
            utc_ms=lambda: self.now,
            failed=self.failures.append,
            retention=retention,
        )

    def answer_of(self, answer: Deferred[Any]) -> Any:
        self.reactor.until(lambda: answer.called)
        return self.successResultOf(answer)

    def closes(self, journal: SqliteJournal) -> None:
        self.answer_of(journal.close())


class Contract(RevisionContract, SqliteCase):
    def make_journal(self) -> SqliteJournal:
        journal = self.journal_at(self.folder / "chat.sqlite")
        self.addCleanup(lambda: self.closes(journal))
        return journal

    def settle(self) -> None:
        self.reactor.until(lambda: len(self.delivered) == self.appended)

    answer_of = SqliteCase.answer_of


class OneLog(SqliteCase):
    """A log in a file, opened and closed as a service would."""

    def setUp(self) -> None:
        super().setUp()
        self.path = self.folder / "chat.sqlite"
        self.delivered: list[Outcome] = []

    def opened(self, retention: Retention = FOREVER) -> SqliteJournal:
        journal = self.journal_at(self.path, retention)
        journal.open()
        journal.subscribe(self.delivered.extend)
        self.addCleanup(lambda: self.ends(journal))
        return journal

    def ends(self, journal: SqliteJournal) -> None:
        if journal is not None and not journal.is_closed:
            self.closes(journal)

    def appends(self, journal: SqliteJournal, *batch: Item) -> None:
        before = len(self.delivered)
        journal.append(batch)
        self.reactor.until(lambda: len(self.delivered) == before + len(batch))

    def texts(self, journal: SqliteJournal, room: str = LOBBY) -> list[str | None]:
        page = self.answer_of(journal.latest(room, ENDLESS, 1000))
        return [event.text for event in page.events]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What another program finds in the file."""
        with closing(sqlite3.connect(self.path)) as database:
            return database.execute(query).fetchall()


class Restarts(OneLog):
    def test_it_goes_on_where_it_ended(self) -> None:
        first = self.opened()
        self.appends(
            first, said(ALICE, "one", mark="c-1"), said(ALICE, "about it", kind=Kind.TOPIC), said(BOB, "two", DEV)
        )
        names = (first.id, first.key, first.seq)
        self.closes(first)
        second = self.opened()
        self.assertEqual((second.id, second.key, second.seq), names)
        self.assertEqual(
            sorted((room.id, room.name, room.topic) for room in second.rooms()),
            [(LOBBY, f"#{LOBBY}", "about it"), (DEV, f"#{DEV}", "")],
        )
        self.assertEqual(self.texts(second), ["one", "about it"])
        self.appends(second, said(ALICE, "one", mark="c-1"), said(ALICE, "three"))
        self.assertIsInstance(self.delivered[-2], Duplicate)
        self.assertEqual(self.delivered[-1].seq, 4)

    def test_a_number_is_never_given_again(self) -> None:
        first = self.opened()
        self.appends(first, said(ALICE, "one"), said(ALICE, "two"))
        self.closes(first)
        self.assertEqual(self.rows("SELECT count(*) FROM events"), [(2,)])
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute("DELETE FROM events WHERE seq = 2")
        second = self.opened()
        self.assertEqual(second.seq, 2)
        self.appends(second, said(ALICE, "three"))
        self.assertEqual(self.delivered[-1].seq, 3)

    def test_two_logs_are_two(self) -> None:
        one, other = self.opened(), self.journal_at(self.folder / "other.sqlite")
        other.open()
        self.assertNotEqual((one.id, one.key), (other.id, other.key))
        self.closes(other)

    def test_nothing_is_left_beside_the_file(self) -> None:
        journal = self.opened()
        self.appends(journal, said(ALICE, "one"))
        self.answer_of(journal.find(1))
        self.closes(journal)
        self.assertEqual({path.name for path in self.folder.iterdir()}, {"chat.sqlite", "chat.sqlite.lock"})

    def test_what_is_on_its_way_at_the_end_is_written_and_handed_back(self) -> None:
        journal = self.opened()
        for number in range(300):
            journal.append([said(ALICE, str(number))])
        self.closes(journal)
        self.assertEqual([event.text for event in self.delivered], [str(number) for number in range(300)])
        self.assertEqual(self.rows("SELECT count(*) FROM events"), [(300,)])

    def test_a_second_one_is_refused(self) -> None:
        self.opened()
        error = self.assertRaises(JournalUnusable, self.journal_at(self.path).open)
        self.assertEqual(str(error), f"{self.path} is in use by another process ({os.getpid()})")

    def test_its_last_time(self) -> None:
        journal = self.opened()
        self.assertEqual(journal.time, 0)
        self.appends(journal, said(ALICE, "one"))
        self.ends(journal)
        self.assertEqual(self.opened().time, 1000)

    def test_what_is_kept_is_said_at_the_start(self) -> None:
        for retention, words in (
            (FOREVER, "everything is kept in the log"),
            (Retention(seconds=90 * 86_400), "lines older than 90 days are taken out of the log"),
            (Retention(lines=10_000), "of each room the newest 10,000 lines are kept in the log"),
        ):
            self.assertEqual(str(retention), words)
        with capturedLogs() as logs:
            journal = self.opened(Retention(lines=5))
        self.assertEqual(
            [str(event["path" if "path" in event else "kept"]) for event in logs],
            [str(self.path.resolve()), "of each room the newest 5 lines are kept in the log"],
        )
        self.ends(journal)

    def test_the_file_is_for_nobody_else(self) -> None:
        self.opened()
        self.assertEqual(self.path.stat().st_mode & 0o777, 0o600)


class Openings(OneLog):
    def test_what_can_not_be_opened_is_let_go(self) -> None:
        self.path.write_bytes(b"no database")
        self.assertRaises(JournalUnusable, self.journal_at(self.path).open)
        self.path.unlink()
        self.opened()

    def test_a_log_that_does_not_say_which_it_is(self) -> None:
        file.prepare(self.path)
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute("DELETE FROM log")
        error = self.assertRaises(JournalUnusable, self.journal_at(self.path).open)
        self.assertIn("it does not say which log it is; twisted-chat-admin check", str(error))
        file.Lock(self.path).take()


class Order(OneLog):
    def test_what_is_not_kept_waits_for_what_was_before_it(self) -> None:
        journal = self.opened()
        one, joined = said(ALICE, "one"), said(BOB, "", kind=Kind.JOINED)
        journal.append([joined])
        self.assertEqual(self.delivered, [joined], "nothing was before it")
        journal.append([one])
        journal.append([joined])
        self.assertEqual(self.delivered, [joined])
        self.reactor.until(lambda: len(self.delivered) == 3)
        self.assertEqual(self.delivered, [joined, one, joined])

    def test_batches_that_gather_are_handed_back_in_groups(self) -> None:
        journal = self.opened()
        sizes: list[int] = []
        journal.subscribe(lambda outcomes: (sizes.append(len(outcomes)), self.delivered.extend(outcomes)))
        events = [said(ALICE, str(number)) for number in range(3000)]
        for event in events:
            journal.append([event])
        self.reactor.until(lambda: len(self.delivered) == 3000)
        self.assertEqual(self.delivered, events)
        self.assertEqual([event.seq for event in events], list(range(1, 3001)))
        self.assertLessEqual(max(sizes), writer.HANDED_BACK)
        self.assertLess(len(sizes), 3000, "some went together")

    def test_a_turn_of_the_reactor_lies_between_two_groups(self) -> None:
        journal = self.opened()
        for _batch in range(3):
            journal.append([said(ALICE, "x") for _event in range(100)])
        sizes: list[int] = []
        journal.subscribe(lambda outcomes: sizes.append(len(outcomes)))
        journal._writer.stop()
        while True:  # all of it has come back, and no turn has been taken
            try:
                self.reactor.calls.get_nowait()()
            except queue.Empty:
                break
        self.assertEqual(sizes, [100])
        self.reactor.clock.advance(0)
        self.assertEqual(sizes, [100, 100, 100])

    def test_small_groups_that_wait_for_each_other_go_together(self) -> None:
        journal = self.opened()
        sizes: list[int] = []
        journal.subscribe(lambda outcomes: sizes.append(len(outcomes)))
        for size in (3, 60, 60, 60):
            journal._take_back(Written([Aside(None, int)] * size))
        self.assertEqual(sizes, [3])
        self.reactor.clock.advance(0)
        self.assertEqual(sizes, [3, 120, 60])

    def test_the_end_waits_for_what_is_handed_back_turn_by_turn(self) -> None:
        journal = self.opened()
        for _batch in range(3):
            journal.append([said(ALICE, "x") for _event in range(100)])
        closed = journal.close()
        while self.reactor.calls.qsize() < 4:  # three groups, and that all is written
            time.sleep(0.001)
        for _call in range(4):
            self.reactor.calls.get()()
        self.assertEqual(len(self.delivered), 100)
        self.assertNoResult(closed)
        self.reactor.clock.advance(0)
        self.assertEqual(len(self.delivered), 300)
        self.successResultOf(closed)


def failing(case: SqliteCase, journal: SqliteJournal, statement: str, code: int) -> None:
    """From now on the writer's `statement` fails with this code, as SQLite would."""
    real = journal._writer._database

    class Failing:
        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

        def execute(self, sql: str, *values: Any) -> Any:
            if sql == statement:
                error = sqlite3.OperationalError("disk I/O error")
                error.sqlite_errorcode = code
                raise error
            return real.execute(sql, *values)

    journal._writer._database = Failing()  # type: ignore[assignment]
    case.addCleanup(real.close)


class Troubles(OneLog):
    def locked(self) -> sqlite3.Connection:
        """Somebody else's connection, in the middle of writing."""
        database = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(database.close)
        database.execute("BEGIN IMMEDIATE")
        return database

    def test_what_can_not_be_written_is_refused_and_nothing_else(self) -> None:
        self.patch(file, "BUSY", 0.05)
        journal = self.opened()
        self.appends(journal, said(ALICE, "before"))
        other = self.locked()
        lost, joined, aside = said(ALICE, "lost", DEV, mark="c-1"), said(BOB, "", kind=Kind.JOINED), Aside(None, int)
        self.appends(journal, lost, joined, aside)
        refused = self.delivered[1]
        self.assertIsInstance(refused, Refused)
        self.assertIs(refused.event, lost)
        self.assertEqual(refused.error.code, "STORAGE_UNAVAILABLE")
        self.assertEqual(self.delivered[2:], [joined, aside])
        self.assertEqual((lost.seq, journal.seq), (0, 1))
        self.assertEqual(self.texts(journal), ["before"], "reading goes on")
        self.appends(journal, said(ALICE, "lost, too"))
        other.execute("ROLLBACK")
        self.appends(journal, said(ALICE, "lost", DEV, mark="c-1"))
        self.assertEqual(self.delivered[-1].seq, 2)
        self.assertEqual((self.texts(journal), self.texts(journal, DEV)), (["before"], ["lost"]))
        self.assertEqual(self.failures, [])

    def test_a_read_only_file(self) -> None:
        journal = self.opened()
        journal._writer._database.execute("PRAGMA query_only = ON")
        self.appends(journal, said(ALICE, "lost"))
        self.assertIsInstance(self.delivered[-1], Refused)
        self.assertEqual(self.texts(journal), [])

    def test_after_a_failed_fsync_nothing_is_written_or_handed_back(self) -> None:
        journal = self.opened()
        failing(self, journal, "COMMIT", sqlite3.SQLITE_IOERR_FSYNC)
        journal.append([said(ALICE, "one")])
        self.reactor.until(lambda: self.failures)
        (why,) = self.failures
        self.assertIn("chat.sqlite can't be written any more (disk I/O error); the service ends", why)
        journal.append([said(ALICE, "two")])
        self.closes(journal)
        self.assertEqual(self.delivered, [])

    def test_an_error_of_writing_is_no_end(self) -> None:
        journal = self.opened()
        real = journal._writer._database
        failing(self, journal, "COMMIT", sqlite3.SQLITE_IOERR_WRITE)
        self.appends(journal, said(ALICE, "lost"))
        self.assertIsInstance(self.delivered[-1], Refused)
        journal._writer._database = real
        self.appends(journal, said(ALICE, "kept"))
        self.assertEqual(self.texts(journal), ["kept"])

    def test_damage_that_is_found_while_writing(self) -> None:
        journal = self.opened()
        failing(self, journal, "COMMIT", sqlite3.SQLITE_CORRUPT)
        journal.append([said(ALICE, "one")])
        self.reactor.until(lambda: self.failures)
        self.assertIn(f"the service ends; twisted-chat-admin check {self.path} tells more", self.failures[0])

    def test_a_file_that_is_gone_or_replaced(self) -> None:
        for replaced in (False, True):
            self.failures.clear()
            self.delivered.clear()
            self.path = self.folder / f"{replaced}.sqlite"
            journal = self.opened()
            self.path.rename(self.folder / "elsewhere")
            if replaced:
                self.path.touch()
            journal.append([said(ALICE, "one")])
            self.reactor.until(lambda: self.failures)
            self.assertIn("is not the file any more that was opened; the service ends", self.failures[0])
            self.assertEqual(self.delivered, [])

    def test_a_fault_of_ours_ends_it_as_well(self) -> None:
        journal = self.opened()
        journal._writer._writer.write = None  # type: ignore[assignment,method-assign]
        journal.append([said(ALICE, "one")])
        self.reactor.until(lambda: self.failures)
        self.assertIn("the writer failed", self.failures[0])
        self.assertEqual(len(self.flushLoggedErrors(TypeError)), 1)
        self.assertEqual(self.delivered, [])

    def test_what_was_handed_back_before_it_broke_and_not_delivered_yet(self) -> None:
        journal = self.opened()
        for _batch in range(2):
            journal.append([said(ALICE, "x") for _event in range(100)])
        journal._writer.stop()
        journal._broke("gone")
        while not self.reactor.calls.empty():
            self.reactor.calls.get()()
        self.reactor.clock.advance(0)
        self.assertEqual(len(self.delivered), 100)


class Reading(OneLog):
    def test_too_many_searches_at_once(self) -> None:
        self.patch(sqlite, "SEARCHES", 1)
        journal = self.opened()
        search = Search(parse_query("one").terms, (LOBBY,))
        begun, gate = threading.Event(), threading.Event()
        first = journal._searches.ask(lambda _database: (begun.set(), gate.wait()))
        begun.wait(PATIENCE)
        waiting, one_too_many = journal.search(search, 20), journal.search(search, 20)
        self.failureResultOf(one_too_many, Busy)
        gate.set()
        self.answer_of(first)
        self.assertEqual(self.answer_of(waiting).events, ())

    def test_a_search_that_takes_too_long(self) -> None:
        self.patch(sqlite, "SEARCHING", 0.0)
        self.patch(reader, "_CHECKED", 1)
        journal = self.opened()
        self.appends(journal, *(said(ALICE, f"one {number}") for number in range(100)))
        answer = journal.search(Search(parse_query("one").terms, (LOBBY,)), 20)
        self.reactor.until(lambda: answer.called)
        self.failureResultOf(answer, Busy)

    def test_what_can_not_be_read_is_an_error_of_the_one_who_asked(self) -> None:
        journal = self.opened()
        for thread in (journal._pages, journal._searches):
            answer = thread.ask(lambda database: database.execute("SELECT * FROM nothing"))
            self.reactor.until(lambda answer=answer: answer.called)
            self.failureResultOf(answer, sqlite3.OperationalError)
        self.assertEqual(self.texts(journal), [])

    def test_at_the_end_nobody_waits_for_searches(self) -> None:
        journal = self.opened()
        endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
        begun = threading.Event()
        running = journal._searches.ask(lambda database: (begun.set(), database.execute(endless).fetchone()))
        waiting = journal.search(Search(parse_query("one").terms, (LOBBY,)), 20)
        begun.wait(PATIENCE)
        time.sleep(0.05)  # it is in SQLite's hands now
        self.ends(journal)
        for answer in (running, waiting):
            self.failureResultOf(answer, ShuttingDown)

    def test_what_it_looks_at_is_of_one_moment(self) -> None:
        """Retention takes lines between two looks of one question: then it has taken none of them yet."""
        journal = self.opened()
        self.appends(journal, said(ALICE, "one"))
        begun, gate = threading.Event(), threading.Event()

        def question(database: sqlite3.Connection) -> list[Any]:
            first = database.execute("SELECT count(*) FROM events").fetchone()
            begun.set()
            gate.wait(PATIENCE)
            return [first, database.execute("SELECT count(*) FROM events").fetchone()]

        answer = journal._pages.ask(question)
        begun.wait(PATIENCE)
        self.appends(journal, said(ALICE, "two"))
        gate.set()
        self.assertEqual(self.answer_of(answer), [(1,), (1,)])

    def test_a_reader_writes_nothing(self) -> None:
        journal = self.opened()
        answer = journal._pages.ask(lambda database: database.execute("DELETE FROM log"))
        self.reactor.until(lambda: answer.called)
        self.failureResultOf(answer, sqlite3.OperationalError)


class Checkpoints(OneLog):
    def size_of_the_wal(self) -> int:
        return Path(f"{self.path}-wal").stat().st_size

    def test_the_wal_does_not_grow_for_ever(self) -> None:
        self.patch(writer, "CHECKPOINT", 50)
        journal = self.opened()
        sizes = []
        for _round in range(4):
            for number in range(50):
                self.appends(journal, said(ALICE, f"some words {number}"))
            sizes.append(self.size_of_the_wal())
        self.assertLess(sizes[-1], 2 * sizes[0])

    def test_long_lines_count_for_more(self) -> None:
        self.patch(writer, "CHECKPOINT", 100)
        self.patch(writer, "CHECKPOINT_AT_ONCE", 100)
        journal = self.opened()
        self.appends(journal, *(said(ALICE, f"{number} {'words ' * 300}") for number in range(400)))
        size = self.size_of_the_wal()
        for _time in range(5):
            self.appends(journal, *(said(ALICE, f"{number} {'words ' * 300}") for number in range(400)))
        self.assertLess(self.size_of_the_wal(), 2 * size)

    def test_somebody_who_reads_keeps_it_from_being_emptied(self) -> None:
        self.patch(writer, "CHECKPOINT", 1)
        journal = self.opened()
        self.appends(journal, said(ALICE, "one"))
        with closing(sqlite3.connect(self.path, isolation_level=None)) as reading:
            reading.execute("BEGIN")
            reading.execute("SELECT * FROM events").fetchone()
            self.appends(journal, said(ALICE, "two"), said(ALICE, "three"))
            self.assertEqual(self.texts(journal), ["one", "two", "three"])

    def test_a_failed_fsync_of_the_file_is_an_end_as_well(self) -> None:
        self.patch(writer, "CHECKPOINT", 1)
        journal = self.opened()
        failing(self, journal, "PRAGMA wal_checkpoint(PASSIVE)", sqlite3.SQLITE_IOERR_FSYNC)
        self.appends(journal, said(ALICE, "one"))
        self.reactor.until(lambda: self.failures)
        self.assertIn("can't be written any more", self.failures[0])
