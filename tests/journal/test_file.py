"""The database file: what is opened, what is refused and left as it was, and how an older one is brought up."""

from __future__ import annotations

import os
import shutil
import sqlite3
import struct
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.files import folder_for
from twisted_chat.boundaries import JournalUnusable
from twisted_chat.journal import file

NEXT = "CREATE TABLE more (one TEXT); -- a ; in a comment\nINSERT INTO more VALUES ('a;b');\n"


class FileCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.folder = folder_for(self)
        self.path = self.folder / "chat.sqlite"

    def refusal(self, known: dict[int, str] | None = None) -> str:
        """Why the file is refused; it must be the same afterwards."""
        before = self.path.read_bytes() if self.path.exists() else None
        error = str(self.assertRaises(JournalUnusable, file.prepare, self.path, known=known))
        self.assertEqual(self.path.read_bytes() if self.path.exists() else None, before)
        self.assertNotIn("\n", error)
        return error

    def ask(self, query: str, path: Path | None = None) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(path or self.path)) as database:
            return database.execute(query).fetchall()

    def tell(self, *statements: str) -> None:
        with closing(sqlite3.connect(self.path, isolation_level=None)) as database:
            for statement in statements:
                database.execute(statement)


class Opening(FileCase):
    def test_a_new_one(self) -> None:
        file.prepare(self.path)
        self.assertEqual(self.ask("PRAGMA user_version"), [(max(file.steps()),)])
        self.assertEqual(self.ask("PRAGMA journal_mode"), [("wal",)])
        self.assertEqual(self.path.stat().st_mode & 0o777, 0o600)
        with closing(file.connect(self.path)) as database:
            facts = file.facts(database)
        self.assertEqual((len(facts.key), facts.last), (32, 0))

    def test_an_empty_file_becomes_one(self) -> None:
        self.path.touch()
        file.prepare(self.path)
        self.assertEqual(self.ask("SELECT count(*) FROM log"), [(1,)])

    def test_again(self) -> None:
        file.prepare(self.path)
        log = self.ask("SELECT * FROM log")
        file.prepare(self.path)
        self.assertEqual(self.ask("SELECT * FROM log"), log)

    def test_the_steps_are_numbered_without_a_gap(self) -> None:
        known = file.steps()
        self.assertEqual(list(known), list(range(1, len(known) + 1)))

    def test_names_that_mean_something_in_an_address(self) -> None:
        for name in ("a?mode=memory", "ü %41#b", "semi;colon&x=1"):
            path = self.folder / name
            file.prepare(path)
            self.assertEqual(self.ask("SELECT count(*) FROM log", path), [(1,)], name)


class Refusals(FileCase):
    def test_what_is_no_database(self) -> None:
        for content in (b"once upon a time\n" * 100, b"x", file._MAGIC):
            self.path.write_bytes(content)
            self.assertIn("no SQLite database, or its beginning is damaged; it was left as it is", self.refusal())

    def test_another_programs(self) -> None:
        self.tell("CREATE TABLE cookies (one)")
        self.assertIn("a database of another program", self.refusal())
        self.tell("DROP TABLE cookies", "PRAGMA application_id = 7", "PRAGMA user_version = 1")
        self.assertIn("a database of another program", self.refusal())

    def test_a_newer_one(self) -> None:
        file.prepare(self.path)
        self.tell("PRAGMA user_version = 99")
        newest = max(file.steps())
        self.assertIn(f"is of a newer version (99) than this program knows ({newest})", self.refusal())

    def test_a_damaged_one(self) -> None:
        file.prepare(self.path)
        with self.path.open("r+b") as damaged:
            damaged.seek(100)
            damaged.write(b"\xff" * 200)
        self.assertIn(f"twisted-chat-admin check {self.path} tells more", self.refusal())

    def test_one_that_was_cut_off(self) -> None:
        file.prepare(self.path)
        os.truncate(self.path, 5000)
        self.assertIn("malformed", self.refusal())

    def test_what_is_not_ours_keeps_its_wal(self) -> None:
        """A last connection that may write would bring it into the file on closing."""
        file.prepare(self.path)
        for mine in ("PRAGMA user_version = 99", "PRAGMA application_id = 7"):
            with closing(sqlite3.connect(self.path, isolation_level=None)) as database:
                database.execute("PRAGMA wal_autocheckpoint = 0")
                database.execute(mine)
                copy = self.folder / f"copy{len(mine)}"
                for end in ("", "-wal"):
                    shutil.copy(f"{self.path}{end}", f"{copy}{end}")
            before = {end: Path(f"{copy}{end}").read_bytes() for end in ("", "-wal")}
            self.assertRaises(JournalUnusable, file.prepare, copy)
            self.assertRaises(JournalUnusable, file.existing, copy)
            self.assertEqual({end: Path(f"{copy}{end}").read_bytes() for end in before}, before)

    def test_damage_anywhere_in_a_small_one(self) -> None:
        file.prepare(self.path)
        ((page,),) = self.ask("SELECT rootpage FROM sqlite_master WHERE name = 'events_of_room'")
        with self.path.open("r+b") as damaged:
            damaged.seek((int(str(page)) - 1) * 4096)
            damaged.write(b"\xff" * 4096)
        self.assertIn("is damaged; it was left as it is", self.refusal())

    def test_one_that_can_be_read_only(self) -> None:
        file.prepare(self.path)
        real = file.connect
        self.patch(file, "connect", lambda path, readonly=False: real(path, readonly=True))
        self.assertEqual(self.refusal(), f"{self.path} can be read only")

    def test_one_that_is_locked_just_now_is_no_obstacle(self) -> None:
        file.prepare(self.path)
        self.patch(file, "BUSY", 0.01)
        with closing(sqlite3.connect(self.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            file.prepare(self.path)

    def test_an_sqlite_that_is_too_old(self) -> None:
        self.patch(file, "OLDEST_SQLITE", (99, 1))
        self.assertIn("the log needs SQLite 99.1 or newer; this Python has 3.", self.refusal())

    def test_one_that_was_cut_off_while_it_was_made(self) -> None:
        """Before it has a WAL, SQLite keeps what was before in a journal beside it: that has to be taken back first."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as database:
            database.execute("CREATE TABLE one (one)")
            database.execute("PRAGMA cache_size = 1")
            database.execute("PRAGMA cache_spill = 1")
            database.execute("BEGIN")
            database.executemany("INSERT INTO one VALUES (?)", [("x" * 3000,)] * 50)
            for end in ("", "-journal"):
                shutil.copy(f"{self.path}{end}", f"{self.folder}/cut{end}")
        with self.assertRaisesRegex(JournalUnusable, "another program"):
            file.prepare(self.folder / "cut")
        self.assertEqual(self.ask("SELECT count(*) FROM one", self.folder / "cut"), [(0,)])

    def test_one_whose_first_page_was_half_on_the_disk(self) -> None:
        """SQLite's journal says that there was nothing before, so it is taken back, and the log is made."""
        journal = Path(f"{self.path}-journal")
        for left in (bytes(4096), b"SQLite fo" + bytes(4087), b"SQLite format 3\0"):
            for pages in (3, 0):
                self.path.write_bytes(left)
                # Magic, records, nonce, pages of the database before, bytes of a sector and of a page.
                header = struct.pack(">8s5I", bytes.fromhex("d9d505f920a163d7"), 0, 1, pages, 512, 4096)
                journal.write_bytes(header.ljust(512, b"\0"))
                if pages:
                    self.assertIn("its beginning is damaged", self.refusal())
            file.prepare(self.path)
            self.assertEqual(self.ask("PRAGMA user_version"), [(max(file.steps()),)])
            self.assertFalse(journal.exists())
            for each in self.folder.iterdir():
                each.unlink()

    def test_a_wal_without_its_file(self) -> None:
        Path(f"{self.path}-wal").write_bytes(b"what was said last")
        self.assertIn("was it moved without the other?", self.refusal())

    def test_a_folder_that_is_not_there(self) -> None:
        self.path = self.folder / "nowhere" / "chat.sqlite"
        self.assertIn("No such file or directory", self.refusal())
        error = str(self.assertRaises(JournalUnusable, file.Lock(self.path).take))
        self.assertEqual(error, f"there is no folder {self.path.parent}")
        Path(f"{self.folder}/mine.lock").mkdir()
        error = str(self.assertRaises(JournalUnusable, file.Lock(self.folder / "mine").take))
        self.assertEqual(error, f"can't write {self.folder}/mine.lock: Is a directory")

    def test_a_folder_in_its_place(self) -> None:
        self.path.mkdir()
        error = str(self.assertRaises(JournalUnusable, file.prepare, self.path))
        self.assertIn("Is a directory", error)


class Upgrades(FileCase):
    def setUp(self) -> None:
        super().setUp()
        self.known = file.steps()
        file.prepare(self.path)
        self.newest = max(self.known)
        self.next = {**self.known, self.newest + 1: NEXT, self.newest + 2: "DROP TABLE more;"}

    def test_an_older_one_is_copied_and_brought_up(self) -> None:
        told: list[str] = []
        known = {version: self.next[version] for version in list(self.next)[:-1]}
        file.prepare(self.path, known=known, tell=told.append)
        self.assertEqual(self.ask("SELECT one FROM more"), [("a;b",)])
        self.assertEqual(self.ask("PRAGMA user_version"), [(self.newest + 1,)])
        copied = self.folder / f"chat.sqlite.version-{self.newest}"
        self.assertEqual(self.ask("SELECT id FROM log", copied), self.ask("SELECT id FROM log"))
        self.assertEqual(self.ask("PRAGMA user_version", copied), [(self.newest,)])
        self.assertEqual(copied.stat().st_mode & 0o777, 0o600)
        self.assertEqual(told, [f"{self.path} is of version {self.newest}: it was copied to {copied}, and is upgraded"])

    def test_over_several_steps(self) -> None:
        file.prepare(self.path, known=self.next)
        self.assertEqual(self.ask("PRAGMA user_version"), [(self.newest + 2,)])
        self.assertEqual(self.ask("SELECT name FROM sqlite_master WHERE name = 'more'"), [])

    def test_a_step_that_fails_leaves_it_as_it_was(self) -> None:
        broken = {**self.known, self.newest + 1: "CREATE TABLE more (one); SELECT nonsense;"}
        self.assertRaises(JournalUnusable, file.prepare, self.path, known=broken)
        self.assertEqual(self.ask("PRAGMA user_version"), [(self.newest,)])
        self.assertEqual(self.ask("SELECT name FROM sqlite_master WHERE name = 'more'"), [])

    def test_an_upgrade_that_was_cut_off_is_taken_up_again(self) -> None:
        """Its copy is not overwritten, half a copy is."""
        copied = self.folder / f"chat.sqlite.version-{self.newest}"
        copied.write_bytes(b"precious")
        (self.folder / f"chat.sqlite.version-{self.newest}.2.part").write_bytes(b"half a copy")
        file.prepare(self.path, known=self.next)
        self.assertEqual(copied.read_bytes(), b"precious")
        self.assertEqual(self.ask("PRAGMA user_version", Path(f"{copied}.2")), [(self.newest,)])
        self.assertEqual(self.ask("PRAGMA user_version"), [(self.newest + 2,)])
        self.assertEqual(list(self.folder.glob("*.part")), [])

    def test_a_step_without_its_end(self) -> None:
        broken = {**self.known, self.newest + 1: "CREATE TABLE more (one);\nDROP TABLE log"}
        error = self.assertRaises(ValueError, file.prepare, self.path, known=broken)
        self.assertEqual(str(error), "not ended by a semicolon: DROP TABLE log")


class Locks(FileCase):
    def test_one_at_a_time(self) -> None:
        one, other = file.Lock(self.path), file.Lock(self.path)
        one.take()
        error = str(self.assertRaises(JournalUnusable, other.take))
        self.assertEqual(error, f"{self.path} is in use by another process ({os.getpid()})")
        other.release()
        one.release()
        other.take()
        other.release()

    def test_by_whatever_name_it_is_called(self) -> None:
        other = self.folder / "other.sqlite"
        other.symlink_to(self.path)
        one = file.Lock(self.path)
        one.take()
        self.addCleanup(one.release)
        self.assertRaises(JournalUnusable, file.Lock(other).take)

    def test_nobody_knows_whose_it_is(self) -> None:
        one = file.Lock(self.path)
        one.take()
        self.addCleanup(one.release)
        Path(f"{self.path}.lock").write_bytes(b"\xff\x1b[31m")
        error = str(self.assertRaises(JournalUnusable, file.Lock(self.path).take))
        self.assertEqual(error, f"{self.path} is in use by another process")

    def test_one_that_leaves_nothing(self) -> None:
        one, other = file.Lock(self.path), file.Lock(self.path)
        one.take()
        one.discard()
        one.discard()
        self.assertFalse(Path(f"{self.path}.lock").exists())
        other.take()
        self.assertRaises(JournalUnusable, one.take)
        one.discard()  # which it has not
        self.assertTrue(Path(f"{self.path}.lock").exists())
        other.release()

    def test_a_file_that_was_taken_away_or_replaced_locks_nobody_out(self) -> None:
        flock, place = file.fcntl.flock, Path(f"{self.path}.lock")
        doing = [place.unlink, lambda: place.rename(place.with_name("old")) and place.touch(), lambda: None]

        def slow(descriptor: int, operation: int) -> None:
            doing.pop(0)()
            flock(descriptor, operation)

        self.patch(file.fcntl, "flock", slow)
        one = file.Lock(self.path)
        one.take()
        self.assertEqual((doing, place.read_text()), ([], f"{os.getpid()}\n"))
        self.patch(file.fcntl, "flock", flock)
        self.assertRaises(JournalUnusable, file.Lock(self.path).take)
        one.release()

    def test_it_ends_with_its_process(self) -> None:
        code = """if True:
            import os, sys
            from pathlib import Path
            from twisted_chat.journal.file import Lock
            Lock(Path(sys.argv[1])).take()
            os._exit(9)
        """
        root = Path(file.__file__).parent.parent.parent
        subprocess.run([sys.executable, "-c", code, self.path], cwd=root, check=False)
        lock = file.Lock(self.path)
        lock.take()
        lock.release()


class Copies(FileCase):
    def test_a_copy(self) -> None:
        file.prepare(self.path)
        with closing(file.connect(self.path, readonly=True)) as database:
            file.copy(database, self.folder / "copy")
            self.assertRaises(OSError, file.copy, database, self.folder / "copy")
        self.assertEqual(self.ask("SELECT * FROM log", self.folder / "copy"), self.ask("SELECT * FROM log"))

    def test_half_a_copy_is_taken_away(self) -> None:
        self.path.write_bytes(b"x" * 5000)
        with closing(sqlite3.connect(self.path)) as database:
            self.assertRaises(sqlite3.DatabaseError, file.copy, database, self.folder / "copy")
        self.assertFalse((self.folder / "copy").exists())
