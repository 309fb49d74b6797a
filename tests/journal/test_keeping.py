"""How the log forgets: by age, by number, at once, and so that no trace of it is left in the file."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing

from tests.contracts.journal import ALICE, BOB, DEV, LOBBY, direct, looking_for, revision, said
from tests.helpers import NOON
from tests.journal.test_sqlite import OneLog
from twisted_chat.core.events import Duplicate, Event, Kind
from twisted_chat.journal import file, keeping, writer
from twisted_chat.journal.keeping import DAY, STEP, Keeper, Wiper
from twisted_chat.journal.retention import FOREVER, Retention
from twisted_chat.journal.rows import body_of
from twisted_chat.journal.sqlite import SqliteJournal
from twisted_chat.journal.writing import Writer

WEEK = Retention(seconds=7 * 24 * 3600)


def aged(event: Event, days: float) -> Event:
    event.time = NOON - int(days * DAY)
    return event


class KeepingCase(OneLog):
    def setUp(self) -> None:
        super().setUp()
        # The log's own keeper would do it meanwhile, and hold the file's lock.
        self.patch(writer, "STEPPING", 3600.0)

    def keeps(self, retention: Retention) -> int:
        """Let a keeper have its way with the file; in how many steps."""
        steps = 0
        with closing(sqlite3.connect(self.path, isolation_level=None)) as database:
            keeper = Keeper(database, retention)
            while keeper.step(self.now):
                steps += 1
        return steps

    def words(self) -> list[str]:
        """The words that the index has, in some documents."""
        with closing(sqlite3.connect(self.path)) as database:
            database.execute("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, words, 'col')")
            return [word for (word,) in database.execute("SELECT term FROM vocabulary WHERE col = 'body'")]

    def found(self, journal: SqliteJournal, word: str) -> list[str | None]:
        page = self.answer_of(journal.search(looking_for(word, (LOBBY, DEV), ALICE), 100))
        return [event.text for event in page.events]


class ByAge(KeepingCase):
    def test_what_is_older_goes(self) -> None:
        journal = self.opened()
        self.appends(
            journal, aged(said(ALICE, "ancient"), 9), aged(direct(ALICE, BOB, "old secret"), 8),
            aged(said(ALICE, "old topic", kind=Kind.TOPIC), 8), aged(said(ALICE, "old", DEV, mark="c-1"), 8),
            aged(said(ALICE, "new"), 6), aged(said(ALICE, "newest", DEV), 0),
        )  # fmt: skip
        self.assertEqual(self.keeps(WEEK), 1)
        self.assertEqual((self.texts(journal), self.texts(journal, DEV)), (["new"], ["newest"]))
        self.assertEqual(
            [self.found(journal, word) for word in ("ancient", "secret", "old", "new")], [[], [], [], ["new"]]
        )
        self.assertEqual(self.words(), ["new", "newest"])

    def test_who_asks_for_it_is_told_what_is_lost(self) -> None:
        journal = self.opened()
        self.appends(
            journal, aged(said(ALICE, "one"), 9), aged(direct(ALICE, BOB, "two"), 9),
            aged(said(ALICE, "three", DEV), 9), aged(said(ALICE, "four"), 9), aged(said(ALICE, "five"), 0),
        )  # fmt: skip
        self.keeps(WEEK)

        def lost(seq: int, rooms: dict[str, int], person: str | None = None, through: int = 5) -> int:
            page = self.answer_of(journal.after(seq, through, person, rooms, 10))
            return page.lost

        self.assertEqual(lost(0, {LOBBY: 0}), 4)
        self.assertEqual(lost(0, {LOBBY: 0}, through=2), 2)
        self.assertEqual(lost(0, {LOBBY: 4, DEV: 0}), 3)
        self.assertEqual(lost(4, {LOBBY: 0, DEV: 0}, BOB), 0)
        self.assertEqual(lost(0, {}, BOB), 2)
        self.assertEqual(lost(2, {}, BOB), 0)

    def test_in_small_steps(self) -> None:
        journal = self.opened()
        old = [aged(said(ALICE, str(number)), 8) for number in range(2 * STEP + 1)]
        self.appends(journal, *old, aged(said(ALICE, "new"), 0))
        self.assertEqual(self.keeps(WEEK), 3)
        self.assertEqual(self.texts(journal), ["new"])

    def test_forever(self) -> None:
        journal = self.opened()
        self.appends(journal, aged(said(ALICE, "ancient"), 9000))
        self.assertEqual(self.keeps(FOREVER), 0)
        self.assertEqual(self.texts(journal), ["ancient"])

    def test_an_edit_of_what_is_gone_is_not_served(self) -> None:
        journal = self.opened()
        old = aged(said(ALICE, "old"), 8)
        self.appends(journal, old)
        self.appends(journal, revision(Kind.EDITED, old, "changed"))
        self.now += 1
        self.delivered[-1].time = NOON
        self.keeps(WEEK)
        page = self.answer_of(journal.after(0, 100, None, {LOBBY: 0}, 10))
        self.assertEqual((page.events, page.lost), ((), 2))


class OfDroppedRooms(KeepingCase):
    def drops(self, room: str) -> None:
        with closing(sqlite3.connect(self.path)) as database:
            database.execute("INSERT INTO dropped_rooms (room) VALUES (?)", (room,))
            database.commit()

    def test_all_that_was_said_goes_in_small_steps(self) -> None:
        journal = self.opened()
        lines = [aged(said(ALICE, f"secret {number}", DEV), 0) for number in range(STEP + 1)]
        mine = aged(said(ALICE, "mine", DEV, mark="c-1"), 0)
        self.appends(journal, *lines, mine, aged(said(ALICE, "in the lobby"), 0), direct(ALICE, BOB, "psst"))
        self.assertEqual(self.keeps(FOREVER), 0)
        self.drops(DEV)
        self.assertEqual(self.keeps(FOREVER), 2)
        self.assertEqual((self.texts(journal, DEV), self.texts(journal)), ([], ["in the lobby"]))
        self.assertEqual(self.words(), ["in", "lobby", "psst", "the"])
        again = aged(said(ALICE, "mine", DEV, mark="c-1"), 0)
        self.appends(journal, again)
        self.assertIsInstance(self.delivered[-1], Duplicate)  # for a day its id is known

    def test_it_is_wiped(self) -> None:
        journal = self.opened()
        self.appends(journal, aged(said(ALICE, "xyzzy", DEV), 0), aged(said(ALICE, "kept"), 0))
        self.drops(DEV)
        self.keeps(FOREVER)
        with closing(sqlite3.connect(self.path, isolation_level=None)) as database:
            wiper = Wiper(database)
            self.assertTrue(wiper.is_wanted)
            while wiper.step():
                pass
        self.assertEqual(self.texts(journal), ["kept"])
        self.answer_of(journal.close())
        self.assertNotIn(b"xyzzy", self.path.read_bytes())


class ByNumber(KeepingCase):
    def test_each_room_keeps_its_newest(self) -> None:
        journal = self.opened()
        events = [said(ALICE, f"{room} {number}", room) for number in range(5) for room in (LOBBY, DEV)]
        self.appends(journal, *events, said(ALICE, "quiet", "room-3"), direct(ALICE, BOB, "psst"))
        self.keeps(Retention(lines=2))
        self.assertEqual(self.texts(journal), [f"{LOBBY} 3", f"{LOBBY} 4"])
        self.assertEqual(self.texts(journal, DEV), [f"{DEV} 3", f"{DEV} 4"])
        self.assertEqual(self.texts(journal, "room-3"), ["quiet"])
        page = self.answer_of(journal.after(0, 100, BOB, {LOBBY: 0, "room-3": 0}, 10))
        self.assertEqual(page.lost, 5)
        self.assertEqual(page.events[-1].text, "psst", "direct messages are kept by their age")
        self.appends(journal, said(ALICE, "new"))
        self.keeps(Retention(lines=2))
        self.assertEqual(self.texts(journal), [f"{LOBBY} 4", "new"])

    def test_changes_are_no_lines(self) -> None:
        journal = self.opened()
        one, two = said(ALICE, "one"), said(BOB, "two")
        self.appends(journal, one, two)
        self.appends(journal, *(revision(Kind.EDITED, one, f"one {number}") for number in range(10)))
        self.keeps(Retention(lines=2))
        self.assertEqual(self.texts(journal), ["one 9", "two"])

    def test_some_rooms_at_a_time(self) -> None:
        journal = self.opened()
        self.appends(journal, *(said(ALICE, str(number), f"room-{number % 3}") for number in range(30)))
        self.patch(keeping, "COUNTING", 0.0)
        self.keeps(Retention(lines=2))
        self.assertEqual([len(self.texts(journal, f"room-{number}")) for number in range(3)], [2, 2, 2])

    def test_in_small_steps(self) -> None:
        journal = self.opened()
        self.appends(journal, *(said(ALICE, str(number)) for number in range(2 * STEP + 10)))
        self.assertEqual(self.keeps(Retention(lines=5)), 3)
        self.assertEqual(len(self.texts(journal)), 5)

    def test_a_client_id_outlives_its_text_by_a_day(self) -> None:
        journal = self.opened()
        self.appends(journal, aged(said(ALICE, "one", mark="c-1"), 0), said(ALICE, "two"), said(ALICE, "three"))
        self.keeps(Retention(lines=1))
        self.assertEqual(self.texts(journal), ["three"])
        self.assertEqual(self.words(), ["three"])
        self.appends(journal, said(ALICE, "one", mark="c-1"))
        again = self.delivered[-1]
        self.assertIsInstance(again, Duplicate)
        self.assertTrue(again.event.same_words(again.original))
        self.now += DAY + 1
        self.keeps(Retention(lines=1))
        self.assertEqual(self.rows("SELECT count(*) FROM events"), [(1,)])
        self.appends(journal, said(ALICE, "one", mark="c-1"))
        self.assertIs(type(self.delivered[-1]), Event)


class Traces(KeepingCase):
    SECRET = "xylophonic"

    def traces(self, word: bytes) -> list[str]:
        """The files in which a word stands somewhere."""
        return sorted(path.name for path in self.folder.iterdir() if word in path.read_bytes())

    def wipes(self) -> None:
        with closing(sqlite3.connect(self.path, isolation_level=None)) as database:
            database.execute("PRAGMA secure_delete = ON")
            wiper = Wiper(database)
            self.assertTrue(wiper.is_wanted)
            while wiper.step():
                pass
            self.assertFalse(wiper.is_wanted)

    def says_and_deletes(self, journal: SqliteJournal, others: int = 500) -> None:
        secret = said(ALICE, f"the {self.SECRET} word")
        for number in range(others):
            self.appends(journal, said(BOB, f"something else {number} xylem xylophone xyz"))
            if number == others // 2:
                self.appends(journal, secret)
        self.assertEqual(self.found(journal, self.SECRET), [secret.text])
        self.appends(journal, revision(Kind.EDITED, secret, "another word"))
        self.appends(journal, revision(Kind.DELETED, secret))

    def test_what_was_deleted_is_nowhere(self) -> None:
        journal = self.opened()
        self.says_and_deletes(journal)
        self.assertEqual(self.found(journal, self.SECRET), [])
        self.assertTrue(self.traces(self.SECRET.encode()), "else this test could not fail")
        self.wipes()
        self.assertEqual(self.traces(self.SECRET.encode()), [])
        self.assertEqual(self.traces(b"another"), [])
        for end in range(4, len(self.SECRET)):  # the index writes only what differs from the word before
            rest = self.SECRET[end - 3 :].encode()
            if rest not in b"xylophone xylem":
                self.assertEqual(self.traces(rest), [], rest)
        self.assertEqual(len(self.found(journal, "xylophone")), 100)

    def test_what_sqlite_left_where_it_moved_rows(self) -> None:
        """Lines that grow make pages split, and what moves leaves its traces behind."""
        chance = random.Random(5)
        file.prepare(self.path)
        with closing(file.connect(self.path)) as database:
            database.execute("PRAGMA secure_delete = ON")
            writing = Writer(database, 0)

            def write(events: list[Event]) -> None:
                for begin in range(0, len(events), 100):
                    database.execute("BEGIN IMMEDIATE")
                    writing.write(events[begin : begin + 100])
                    database.execute("COMMIT")
                    writing.committed()

            secrets = [f"KUMQUAT{number:04} " for number in range(1, 3001)]
            write([said(ALICE, secret + "word " * chance.randint(1, 20)) for secret in secrets])
            changed = [chance.randint(1, 3000) for _time in range(600)]
            write([self.change(Kind.EDITED, seq, "long " * chance.randint(1, 390)) for seq in changed])
            deleted = chance.sample(sorted(set(range(1, 3001)) - set(changed)), 300)
            write([self.change(Kind.DELETED, seq, None) for seq in deleted])
        self.wipes()
        content = self.path.read_bytes()
        gone = [seq for seq in (*deleted, *changed) if secrets[seq - 1].encode() in content]
        self.assertEqual(gone, [])
        kept = [seq for seq in range(1, 3001) if secrets[seq - 1].encode() in content]
        self.assertEqual(len(kept), 3000 - 300 - len(set(changed)))
        journal = self.opened()
        self.assertEqual(len(self.found(journal, secrets[kept[0] - 1])), 1)

    def change(self, kind: Kind, target: int, text: str | None) -> Event:
        event = said(ALICE, "", kind=kind)
        event.text, event.target = text, target
        return event

    def test_who_says_something_meanwhile_does_not_wait_for_a_reader(self) -> None:
        self.patch(writer, "WIPING", 0.0)
        self.patch(writer, "STEPPING", 0.0)
        journal = self.opened()
        waited: list[int] = []
        with closing(sqlite3.connect(self.path, isolation_level=None)) as reading:
            self.says_and_deletes(journal, 10)
            reading.execute("BEGIN")
            reading.execute("SELECT count(*) FROM events").fetchone()
            database = journal._writer._database
            database.set_trace_callback(lambda sql: waited.append(1) if "TRUNCATE" in sql else None)
            for number in range(50):
                self.appends(journal, said(BOB, str(number)))
            self.assertEqual(database.execute("PRAGMA busy_timeout").fetchone(), (2000,))
            self.assertTrue(journal._writer._wiper.waits)
            self.assertLess(len(waited), 5, "it is not tried again at once")

    def test_what_an_earlier_run_left_is_wiped_soon(self) -> None:
        journal = self.opened()
        self.says_and_deletes(journal, 20)
        self.ends(journal)
        self.patch(writer, "WIPING_AT_START", 0.0)
        self.patch(writer, "READ_MEANWHILE", 0.0)
        self.patch(writer, "STEPPING", 0.0)
        self.opened()
        self.until_it_is(lambda: not self.traces(self.SECRET.encode()))

    def test_the_service_does_it_by_itself(self) -> None:
        self.patch(writer, "WIPING", 0.2)
        self.patch(writer, "STEPPING", 0.0)
        self.patch(writer, "READ_MEANWHILE", 0.0)  # this test reads all the time
        journal = self.opened()
        self.says_and_deletes(journal, 50)
        self.until_it_is(lambda: not self.traces(self.SECRET.encode()))
        self.assertEqual(len(self.found(journal, "xylophone")), 50)

    def test_the_service_keeps_what_it_is_told(self) -> None:
        self.patch(writer, "KEEPING", 0.1)
        self.patch(writer, "STEPPING", 0.0)
        journal = self.opened(WEEK)
        self.appends(journal, aged(said(ALICE, "old"), 8), aged(said(ALICE, "new"), 0))
        self.until_it_is(lambda: self.texts(journal) == ["new"])

    def test_somebody_who_reads_meanwhile(self) -> None:
        journal = self.opened()
        self.says_and_deletes(journal, 20)
        with closing(sqlite3.connect(self.path, isolation_level=None)) as reading:
            reading.execute("BEGIN")
            reading.execute("SELECT count(*) FROM events").fetchone()
            self.appends(journal, said(ALICE, "meanwhile"))
            with closing(sqlite3.connect(self.path, isolation_level=None)) as database:
                wiper = Wiper(database)
                self.assertEqual([wiper.step() for _step in range(100)], [True] * 100)
                self.assertTrue(wiper.is_wanted)
        self.wipes()
        self.assertEqual(self.traces(self.SECRET.encode()), [])

    def test_what_retention_took_meanwhile(self) -> None:
        journal = self.opened()
        one = said(ALICE, "one")
        self.appends(journal, one)
        self.appends(journal, revision(Kind.DELETED, one))
        self.ends(journal)
        with closing(sqlite3.connect(self.path)) as database:
            database.execute("DELETE FROM events")
            database.commit()
        self.wipes()

    def test_an_index_without_anything(self) -> None:
        self.opened()
        with closing(sqlite3.connect(self.path, isolation_level=None)) as database:
            self.assertFalse(Wiper(database).is_wanted)
            self.assertFalse(Wiper(database).step())

    def test_what_is_erased_while_it_wipes(self) -> None:
        journal = self.opened()
        self.says_and_deletes(journal, 20)
        other = said(ALICE, f"once more {self.SECRET}")
        self.appends(journal, other)
        with closing(sqlite3.connect(self.path, isolation_level=None)) as database:
            wiper = Wiper(database)
            wiper.step()
            self.appends(journal, revision(Kind.DELETED, other))
            while wiper.step():
                pass
            self.assertTrue(wiper.is_wanted, "there is something new")
        self.wipes()
        self.assertEqual(self.traces(self.SECRET.encode()), [])

    def test_a_chore_that_fails_is_tried_again(self) -> None:
        self.patch(writer, "KEEPING", 0.05)
        self.patch(writer, "STEPPING", 0.0)
        journal = self.opened(WEEK)
        self.appends(journal, aged(said(ALICE, "old"), 8))
        keeper = journal._writer._keeper
        real, failures = keeper.step, []

        def fails(now: int) -> bool:
            if len(failures) < 2:
                failures.append(now)
                error = sqlite3.OperationalError("disk is full")
                error.sqlite_errorcode = sqlite3.SQLITE_FULL
                raise error
            return real(now)

        keeper.step = fails  # type: ignore[method-assign]
        self.until_it_is(lambda: self.texts(journal) == [])
        self.appends(journal, aged(said(ALICE, "new"), 0))
        self.assertEqual(self.texts(journal), ["new"])

    def until_it_is(self, done: object) -> None:
        """Ask the log again and again: each answer is a while for its threads."""
        for _time in range(2000):
            if done():  # type: ignore[operator]
                return
            self.now += 1
            self.rows("SELECT count(*) FROM events")
        self.fail("it never is")


class Words(KeepingCase):
    def test_the_index_has_what_is_searched_for(self) -> None:
        self.assertEqual(body_of("Grüße, 世界!"), "grusse 世界 界")
