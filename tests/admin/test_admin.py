"""``twisted-chat-admin`` as it is called, on real files."""

from __future__ import annotations

import io
import json
import os
import re
import sqlite3
import sys
from contextlib import closing, redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import cast
from unittest import mock

from tests.contracts.journal import ALICE, BOB, direct, looking_for, said
from tests.journal.test_sqlite import OneLog
from twisted_chat.admin.__main__ import main
from twisted_chat.core.events import Event, Kind
from twisted_chat.journal import archive, file, upkeep
from twisted_chat.journal.writing import Writer

NOON = int(datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp() * 1000)
LOBBY, DEV = "lobby", "5a1f"


def at(event: Event, minutes: float, nick: str = "alice") -> Event:
    event.time = NOON + int(minutes * 60_000)
    event.nick = nick
    if event.to:
        event.to_nick = "bob"
    else:
        event.room, event.room_name = (DEV, "#dev") if event.room == DEV else (LOBBY, "#lobby")
    return event


def change(kind: Kind, target: int, text: str | None, minutes: float) -> Event:
    event = at(said(ALICE, "", kind=kind), minutes)
    event.text, event.target = text, target
    return event


class AdminCase(OneLog):
    def setUp(self) -> None:
        super().setUp()
        self.out = self.errors = ""
        self.filled = self.folder / "filled.sqlite"

    def admin(self, *words: object, database: Path | None = None, stdin: bytes = b"") -> int:
        """Its exit status; `out` and `errors` hold what it said."""
        out, errors = io.StringIO(), io.StringIO()
        arguments = [str(word) for word in words] + ["--database", str(database or self.path)]
        with redirect_stdout(out), redirect_stderr(errors), mock.patch.object(sys, "stdin", _Stdin(stdin)):
            try:
                status = main(arguments)
            except SystemExit as end:
                status = cast(int, end.code)
        self.out, self.errors = out.getvalue(), errors.getvalue()
        return status

    def refused(self, *words: object, stdin: bytes = b"") -> str:
        """What it says in one line when it can't do that."""
        self.assertEqual(self.admin(*words, stdin=stdin), 1)
        self.assertEqual((self.out, self.errors.count("\n")), ("", 1))
        return self.errors.rstrip().removeprefix("twisted-chat-admin: ").replace(str(self.folder), "FOLDER")

    def fill(self) -> None:
        journal = self.opened()
        self.appends(
            journal,
            at(said(ALICE, "hello wurld", mark="c-1"), 0),
            at(said(BOB, "waves", DEV, kind=Kind.ACTION), 1, "bob"),
            at(direct(ALICE, BOB, "psst"), 2),
            at(said(ALICE, "tea", kind=Kind.TOPIC), 3),
            at(said(ALICE, "a slip"), 4),
        )
        self.appends(journal, change(Kind.EDITED, 1, "hello world", 5), change(Kind.DELETED, 5, None, 6))
        self.ends(journal)

    def exported(self, *words: object) -> list[dict[str, object]]:
        self.assertEqual(self.admin("export", *words), 0, self.errors)
        return [json.loads(line) for line in self.out.splitlines()]


class _Stdin:
    def __init__(self, content: bytes) -> None:
        self.buffer = io.BytesIO(content)


class Export(AdminCase):
    def test_text(self) -> None:
        self.fill()
        self.assertEqual(self.admin("export", "--format", "text"), 0)
        self.assertEqual(
            self.out.splitlines(),
            [
                "#1 2026-11-22 12:00:00 [#lobby] alice: hello world (edited)",
                "#2 2026-11-22 12:01:00 [#dev] * bob waves",
                "#3 2026-11-22 12:02:00 [alice -> bob] psst",
                "#4 2026-11-22 12:03:00 *** alice set the topic of #lobby: tea",
                "#6 2026-11-22 12:05:00 *** alice changed #1 in #lobby: hello world",
                "#7 2026-11-22 12:06:00 *** alice deleted #5 in #lobby",
            ],
        )

    def test_json(self) -> None:
        self.fill()
        found = self.exported()
        self.assertEqual([line["seq"] for line in found], [1, 2, 3, 4, 6, 7])
        self.assertEqual(
            found[0],
            {
                "type": "message", "seq": 1, "time": "2026-11-22T12:00:00.000Z", "room": "#lobby", "nick": "alice",
                "text": "hello world", "edited": True, "id": "c-1", "person": ALICE,
            },
        )  # fmt: skip
        self.assertEqual((found[2]["to"], found[2]["to_person"]), ("bob", BOB))

    def test_one_room(self) -> None:
        self.fill()
        self.assertEqual([line["seq"] for line in self.exported("--room", "#DEV")], [2])
        self.assertEqual(self.refused("export", "--room", "#nowhere"), "nothing was ever said in #nowhere")

    def test_a_room_that_was_dropped(self) -> None:
        self.fill()
        with closing(sqlite3.connect(self.path)) as database:
            database.execute("INSERT INTO dropped_rooms (room) VALUES (?)", (DEV,))
            database.commit()
        self.assertEqual([line["seq"] for line in self.exported()], [1, 3, 4, 6, 7])
        self.assertEqual(self.refused("export", "--room", "#DEV"), "nothing was ever said in #DEV")

    def test_since(self) -> None:
        self.fill()
        self.assertEqual([line["seq"] for line in self.exported("--since", "2026-11-22")], [1, 2, 3, 4, 6, 7])
        self.assertEqual(self.exported("--since", "2026-11-23"), [])
        self.assertEqual(len(self.exported("--since", "900000w")), 6)
        with mock.patch("time.time_ns", return_value=(NOON + 10 * 60_000) * 1_000_000):
            self.assertEqual([line["seq"] for line in self.exported("--since", "8m")], [3, 4, 6, 7])
        for wrong in ("yesterday", "2026-02-30", "0d", "26-11-22"):
            self.assertEqual(self.admin("export", "--since", wrong), 2)
            self.assertIn(f"{wrong} is neither a span such as 90s", self.errors)

    def test_page_after_page_beside_a_running_server(self) -> None:
        journal = self.opened()
        self.appends(journal, *(said(ALICE, str(number)) for number in range(25)))
        with mock.patch("twisted_chat.journal.archive.READ_AT_ONCE", 10):
            self.assertEqual([line["text"] for line in self.exported()], [str(number) for number in range(25)])

    def test_whoever_reads_has_enough(self) -> None:
        self.fill()
        read, write = os.pipe()
        os.close(read)
        with os.fdopen(write, "w") as pipe, redirect_stdout(pipe):
            self.assertEqual(main(["export", "--database", str(self.path)]), 1)

    def test_an_output_that_is_full(self) -> None:
        self.fill()
        errors = io.StringIO()
        full = io.TextIOWrapper(io.FileIO("/dev/full", "w"), write_through=True)
        with redirect_stdout(full), redirect_stderr(errors):
            self.assertEqual(main(["export", "--database", str(self.path)]), 1)
        self.assertEqual(errors.getvalue(), "twisted-chat-admin: standard output: No space left on device\n")
        full.close()

    def test_what_can_be_read_of_a_damaged_log(self) -> None:
        journal = self.opened()
        self.appends(journal, *(said(ALICE, f"{number} {'words ' * 20}") for number in range(1, 1001)))
        self.ends(journal)
        content = self.path.read_bytes()
        at = content.index(b"500 words") // 4096 * 4096
        self.path.write_bytes(content[:at] + b"\xff" * 4096 + content[at + 4096 :])
        with mock.patch("twisted_chat.journal.archive.READ_AT_ONCE", 100):
            self.assertEqual(self.admin("export"), 1)
        found = {json.loads(line)["seq"] for line in self.out.splitlines()}
        lost = set(range(1, 1001)) - found
        self.assertIn(500, lost)
        self.assertLess(len(lost), 50)
        told = re.findall(
            r"chat\.sqlite: #(\d+) to #(\d+) can't be read: database disk image is malformed\n", self.errors
        )
        self.assertEqual({n for first, last in told for n in range(int(first), int(last) + 1)}, lost)

    def test_a_damaged_beginning_that_nothing_else_can_be_read_of(self) -> None:
        self.fill()
        with (
            mock.patch("twisted_chat.journal.archive.SERVED", "nonsense"),
            closing(file.connect(self.path)) as database,
        ):
            self.assertRaises(sqlite3.OperationalError, list, archive.read(database))
            lost: list[archive.Unreadable] = []
            self.assertEqual(list(archive.read(database, lost=lost.append)), [])
        self.assertEqual([(each.first, each.last) for each in lost], [(1, 7)])

    def test_ctrl_c(self) -> None:
        self.fill()
        with mock.patch("twisted_chat.journal.archive.read", side_effect=KeyboardInterrupt):
            self.assertEqual(self.admin("export"), 130)

    def test_what_is_no_log(self) -> None:
        self.assertEqual(self.refused("export"), "can't use FOLDER/chat.sqlite: No such file or directory")
        self.path.touch()
        self.assertEqual(self.refused("export"), "FOLDER/chat.sqlite is empty")
        self.path.write_bytes(b"x" * 5000)
        self.assertIn("is no SQLite database", self.refused("export"))

    def test_of_another_version(self) -> None:
        self.fill()
        for version, word in ((99, "newer"), (0, "older")):
            with closing(sqlite3.connect(self.path)) as database:
                database.execute(f"PRAGMA user_version = {version}")
            self.assertIn(f"is of an {word}" if word == "older" else f"is of a {word}", self.refused("export"))


class Import(AdminCase):
    def imports(self, *lines: str, database: Path | None = None) -> int:
        return self.admin("import", "-", database=database, stdin="\n".join(lines).encode())

    def test_all_of_another_log(self) -> None:
        self.fill()
        before = self.exported()
        kept = self.folder / "kept.jsonl"
        kept.write_text(self.out)
        self.path = self.folder / "new.sqlite"
        self.assertEqual(self.admin("import", kept), 0, self.errors)
        self.assertEqual(
            self.out,
            f"imported into {self.path}: 5; left out, for they were there or change what is not: 1\n"
            "It has no accounts, and nobody keeps its rooms: no export has those\n",
        )
        self.assertEqual(self.exported(), [line for line in before if line["type"] != "deleted"])
        journal = self.opened()
        found = self.answer_of(journal.search(looking_for("world", (LOBBY,)), 10))
        self.assertEqual([event.text for event in found.events], ["hello world"])
        self.assertEqual(found.events[0].room, "lobby")
        self.assertEqual(self.answer_of(journal.said(ALICE, "c-1")).seq, 1)
        self.assertEqual({room.name: room.topic for room in journal.rooms()}, {"#lobby": "tea", "#dev": ""})
        self.assertEqual(self.admin("check"), 0, self.errors)

    def test_behind_what_is_there(self) -> None:
        self.fill()
        line = '{"type":"message","seq":%d,"time":"2026-11-23T00:00:00Z","room":"#Dev","nick":"carol","text":"%s"}'
        change = '{"type":"edited","target":2,"time":"2026-11-23T00:00:00Z","room":"#dev","nick":"carol","text":"two!"}'
        self.assertEqual(self.imports(line % (2, "two"), "", line % (4, "four"), change), 0, self.errors)
        self.assertEqual(
            [(line["seq"], line["room"], line["text"]) for line in self.exported()[-3:]],
            [(9, "#dev", "two!"), (11, "#dev", "four"), (12, "#dev", "two!")],
        )
        self.assertEqual(self.exported()[-1]["person"], "imported carol")
        self.assertEqual(self.admin("check"), 0, self.errors)

    def test_into_what_is_no_log(self) -> None:
        self.path.write_bytes(b"x" * 5000)
        self.assertIn("is no SQLite database", self.refused("import", "-"))
        self.assertEqual([path.name for path in self.folder.iterdir()], ["chat.sqlite"])

    def test_what_is_no_event(self) -> None:
        good = {"type": "message", "time": "2026-11-22T12:00:00Z", "room": "#dev", "nick": "carol", "text": "hi"}
        for wrong, why in (
            ({"type": "joined"}, "type must be one of action, deleted, direct, edited, message, topic"),
            ({"nick": "no body"}, "a nickname may not hold a blank"),
            ({"room": "dev"}, "a room's name begins with #"),
            ({"room": None}, "room is missing"),
            ({"time": "yesterday"}, "time must be like 2026-11-22T20:00:00.123Z"),
            ({"time": "2026-11-22T12:00:00"}, "time must be like 2026-11-22T20:00:00.123Z"),
            ({"time": "1969-11-22T12:00:00Z"}, "time must be after 1970"),
            ({"text": 5}, "text must be a text"),
            ({"text": ""}, "text is empty"),
            ({"text": "x" * 2001}, "text has 2001 characters; at most 2000 are taken"),
            ({"seq": -1}, "seq must be a number from 0"),
            ({"action": 1}, "action must be true or false"),
            ({"type": "edited"}, "target is missing"),
            ({"type": "direct"}, "a nickname needs at least one character"),
        ):
            line = json.dumps({**good, **wrong}).encode()
            said = self.refused("import", "-", stdin=json.dumps(good).encode() + b"\n" + line)
            self.assertTrue(said.startswith(f"standard input line 2: {why}"), said)
            self.assertTrue(said.endswith("; nothing was imported"), said)
        self.assertIn("standard input line 1: no JSON", self.refused("import", "-", stdin=b"{"))
        self.assertEqual(self.exported(), [])

    def test_what_would_move_a_cursor_is_taken_out(self) -> None:
        line = {"type": "topic", "time": "2026-11-22T12:00:00Z", "room": "#dev", "nick": "c", "text": "\x1b[2J"}
        self.assertEqual(self.imports(json.dumps(line)), 0, self.errors)
        self.assertEqual(self.exported()[0]["text"], "[2J")

    def test_what_is_out_of_order(self) -> None:
        self.fill()
        line = '{"type":"message","seq":%d,"time":"%s","room":"#dev","nick":"carol","text":"hi"}\n'
        old = (line % (0, "2026-11-22T12:00:00Z")).encode()
        self.assertEqual(
            self.refused("import", "-", stdin=old),
            "standard input line 1: 2026-11-22 12:00 is before 2026-11-22 12:06, the last line that the log has;"
            " nothing was imported",
        )
        twice = (line % (3, "2026-11-23T12:00:00Z")).encode() * 2
        self.assertIn("line 2: its number is not above the one before it", self.refused("import", "-", stdin=twice))
        self.assertEqual(len(self.exported()), 6)

    def test_a_clock_that_was_set_back_is_no_obstacle(self) -> None:
        line = '{"type":"message","time":"2026-11-23T%d:00:00Z","room":"#dev","nick":"carol","text":"hi"}'
        self.assertEqual(self.imports(line % 12, line % 10, line % 11), 0, self.errors)
        self.assertEqual([line["time"][11:13] for line in self.exported()], ["12", "10", "11"])  # type: ignore[index]

    def test_a_server_is_on_it(self) -> None:
        self.opened()
        self.assertEqual(
            self.refused("import", "-"),
            f"FOLDER/chat.sqlite is in use by another process ({os.getpid()}); it has to end first",
        )

    def test_a_disk_that_fails_meanwhile(self) -> None:
        """SQLite ends the transaction by itself then, or does not."""
        for ends in (False, True):

            def write(writer: Writer, _items: object, ends: bool = ends) -> None:
                if ends:
                    writer._database.execute("ROLLBACK")
                raise sqlite3.OperationalError("disk I/O error")

            line = b'{"type":"topic","time":"2026-11-22T12:00:00Z","room":"#dev","nick":"c","text":"x"}'
            with mock.patch.object(Writer, "write", write):
                self.assertEqual(self.refused("import", "-", stdin=line), "FOLDER/chat.sqlite: disk I/O error")
        self.assertEqual(self.exported(), [])

    def test_a_file_that_is_not_there(self) -> None:
        self.assertEqual(self.refused("import", self.folder / "x"), "FOLDER/x: No such file or directory")


class Backup(AdminCase):
    def test_beside_a_running_server(self) -> None:
        journal = self.opened()
        self.appends(journal, said(ALICE, "one"))
        target = self.folder / "copy.sqlite"
        self.assertEqual(self.admin("backup", target), 0, self.errors)
        self.assertIn("and the copy was verified", self.out)
        self.appends(journal, said(ALICE, "two"))
        self.assertEqual(target.stat().st_mode & 0o777, 0o600)
        self.assertEqual(sorted(path.name for path in self.folder.glob("copy*")), ["copy.sqlite"])
        self.path = target
        self.assertEqual([line["text"] for line in self.exported()], ["one"])
        self.assertEqual(self.texts(self.opened()), ["one"])  # a server takes it as it is

    def test_nothing_is_overwritten(self) -> None:
        self.fill()
        target = self.folder / "there"
        target.write_text("mine")
        self.assertEqual(self.refused("backup", target), "FOLDER/there: it is there already")
        self.assertEqual(target.read_text(), "mine")
        growing = self.folder / f"copy.{os.getpid()}.part"
        growing.write_text("another's")
        self.assertEqual(self.refused("backup", self.folder / "copy"), f"FOLDER/copy.{os.getpid()}.part: File exists")
        self.assertEqual(growing.read_text(), "another's")

    def test_a_copy_that_is_not_right_is_taken_away(self) -> None:
        self.fill()
        with mock.patch.object(upkeep, "copy", lambda _database, target: file.prepare(target)):
            self.assertIn("the copy is not what it should be (ok)", self.refused("backup", self.folder / "copy"))
        self.assertEqual(list(self.folder.glob("copy*")), [])

    def test_a_name_taken_meanwhile(self) -> None:
        self.fill()
        target = self.folder / "copy"

        def slow(database: sqlite3.Connection, growing: Path) -> None:
            file.copy(database, growing)
            target.write_text("another's")

        with mock.patch.object(upkeep, "copy", slow):
            self.assertEqual(self.refused("backup", target), "FOLDER/copy: it is there already")
        self.assertEqual((target.read_text(), list(self.folder.glob("*.part"))), ("another's", []))

    def test_where_nothing_can_be_written(self) -> None:
        self.fill()
        self.assertEqual(
            self.refused("backup", self.folder / "no" / "copy"),
            f"FOLDER/no/copy.{os.getpid()}.part: No such file or directory",
        )


class Check(AdminCase):
    def spoil(self, statement: str) -> str:
        with closing(sqlite3.connect(self.path)) as database:
            database.execute(statement)
            database.commit()
        return self.refused("check")

    def test_all_is_well(self) -> None:
        self.fill()
        self.assertEqual(self.admin("check"), 0, self.errors)
        self.assertRegex(self.out, r"chat\.sqlite is whole: 3 lines, rooms: 2, \d+ KiB\n")
        other = self.folder / "other"
        self.admin("backup", other)
        self.assertEqual(self.admin("check", other, database=self.folder / "nowhere"), 0, self.errors)

    def test_a_line_that_is_not_indexed(self) -> None:
        self.fill()
        said = self.spoil(
            "INSERT INTO events (seq, kind, room, person, nick, time, text)"
            " SELECT 50, kind, room, person, nick, time, text FROM events WHERE seq = 1"
        )
        self.assertEqual(
            said, "FOLDER/chat.sqlite: the index of words has 7 places, the lines have 9: searches may miss some"
        )

    def test_a_number_that_could_be_given_again(self) -> None:
        self.fill()
        said = self.spoil("UPDATE sqlite_sequence SET seq = 3 WHERE name = 'events'")
        self.assertEqual(said, "FOLDER/chat.sqlite: the last number given is 3, but there is a line #7")

    def test_a_row_without_its_room(self) -> None:
        self.fill()
        said = self.spoil("DELETE FROM rooms WHERE name = '#dev'")
        self.assertEqual(said, "FOLDER/chat.sqlite: row 2 of events points to nothing in rooms")

    def test_what_can_not_be(self) -> None:
        self.fill()
        with closing(sqlite3.connect(self.path)) as database:
            database.execute("PRAGMA ignore_check_constraints = 1")
            database.execute("UPDATE log SET key = x'00'")
            database.commit()
        self.assertEqual(self.refused("check"), "FOLDER/chat.sqlite: damaged: CHECK constraint failed in log")

    def test_of_another_file_that_one_is_told_of(self) -> None:
        other = self.folder / "other"
        other.write_bytes(b"x" * 5000)
        self.assertIn("FOLDER/other is no SQLite database", self.refused("check", other))

    def test_damage(self) -> None:
        self.fill()
        with closing(sqlite3.connect(self.path)) as database:
            (page,) = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'events_of_room'").fetchone()
            (size,) = database.execute("PRAGMA page_size").fetchone()
        with self.path.open("r+b") as damaged:
            damaged.seek((page - 1) * size)
            damaged.write(b"\xff" * size)
        self.assertEqual(self.admin("check"), 1)
        self.assertIn("damaged: ", self.errors)


class Vacuum(AdminCase):
    def test_it_is_smaller_and_whole(self) -> None:
        journal = self.opened()
        self.appends(journal, *(said(ALICE, f"{number} {'words ' * 200}") for number in range(300)))
        self.ends(journal)
        with closing(sqlite3.connect(self.path)) as database:
            database.execute("DELETE FROM events WHERE seq > 10")
            database.commit()
        before = self.path.stat().st_size
        self.assertEqual(self.admin("vacuum"), 0, self.errors)
        self.assertRegex(self.out, r"chat\.sqlite: \d+ KiB before, \d+ KiB now\n")
        self.assertLess(self.path.stat().st_size, before / 2)
        self.assertEqual(len(self.exported()), 10)
        journal = self.opened()
        self.appends(journal, said(ALICE, "next"))
        self.assertEqual(self.delivered[-1].seq, 301)

    def test_a_server_is_on_it(self) -> None:
        self.fill()
        self.opened()
        self.assertIn("is in use by another process", self.refused("vacuum"))

    def test_somebody_reads_it(self) -> None:
        self.fill()
        with closing(sqlite3.connect(self.path, isolation_level=None)) as reading:
            reading.execute("BEGIN")
            reading.execute("SELECT * FROM events").fetchone()
            with mock.patch.object(file, "BUSY", 0.05):
                self.assertIn("can't be made smaller while somebody reads it", self.refused("vacuum"))

    def test_what_sqlite_says(self) -> None:
        self.fill()
        with mock.patch.object(upkeep, "vacuum", side_effect=sqlite3.OperationalError("database or disk is full")):
            self.assertEqual(self.refused("vacuum"), "FOLDER/chat.sqlite: database or disk is full")


class Usage(AdminCase):
    def test_version_and_none(self) -> None:
        with redirect_stdout(io.StringIO()) as out:
            self.assertRaises(SystemExit, main, ["--version"])
        self.assertIn("Twisted Chat", out.getvalue())
        with redirect_stderr(io.StringIO()) as errors:
            self.assertRaises(SystemExit, main, [])
        self.assertIn("required: COMMAND", errors.getvalue())
