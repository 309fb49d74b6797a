"""The log in real processes: what is there after a restart, and what does not start."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.processes.server import TWISTD, Process, ServerCase, Stranger


class LogCase(ServerCase):
    @property
    def path(self) -> Path:
        return self.folder / "chat.sqlite"

    async def stop(self, server: Process) -> None:
        server.send_signal("TERM")
        self.assertEqual(await server.ended, 0, server.output.decode())


class Restarts(LogCase):
    async def test_history_rooms_and_topics_are_there_again(self) -> None:
        server, port = await self.start()
        alice = await self.enter(port, "alice")
        alice.says("hello, world")
        alice.says("/join #dev")
        alice.says("/topic all about it")
        await alice.hears("set the topic of #dev")
        alice.says("in #dev")
        alice.says("/names")
        await alice.hears("1 in #dev")
        await self.stop(server)
        server, port = await self.start()
        bob = await self.enter(port, "bob")
        self.assertRegex(await bob.hears("hello, world"), r"^\*\*\* #1 \d{4}-\d\d-\d\d \d\d:\d\d alice: hello, world$")
        bob.says("/join #dev")
        self.assertIn("The topic: all about it", await bob.hears("You are in #dev"))
        await bob.hears("alice: in #dev")
        await self.stop(server)

    async def log_in(self, port: int) -> Stranger:
        """As alice, whose password is asked for."""
        alice = await self.connect(port)
        await alice.hears("NICK")
        alice.says("alice")
        await alice.hears("PASS")
        alice.says("open sesame")
        await alice.hears("*** Welcome, alice.")
        return alice

    async def test_direct_messages_wait_whatever_happens_to_a_connection_or_the_server(self) -> None:
        server, port = await self.start()
        alice = await self.enter(port, "alice")
        alice.says("/register open sesame")
        await alice.hears("alice is yours now")
        server.send_signal("KILL")  # with alice here, of whom nothing was ever shown to have been read
        await server.ended
        server, port = await self.start()
        bob = await self.enter(port, "bob")
        bob.says("/msg alice one")
        await bob.hears("waits until he comes")
        alice = await self.log_in(port)
        await alice.hears("[pm] bob: one")
        alice.transport.pauseProducing()  # it reads no more
        bob.says("/msg alice two")
        await bob.hears("[pm -> alice] two")
        beside = await self.log_in(port)
        await beside.hears("[pm] bob: one")
        await beside.hears("[pm] bob: two")
        beside.transport.loseConnection()
        await beside.gone
        alice.transport.abortConnection()
        bob.says("/msg alice three")
        await bob.hears("[pm -> alice] three")
        alice = await self.log_in(port)
        await alice.hears("[pm] bob: three")
        await self.stop(server)

    async def test_a_bot_takes_up_where_it_stopped(self) -> None:
        server, port = await self.start()
        bot, alice = await self.connect(port), await self.enter(port, "alice")
        bot.says('{"type":"hello","nick":"bot"}')
        welcome = self.object(await bot.hears("welcome"))
        bot.says('{"type":"say","room":"#lobby","text":"beep","id":"1"}')
        seen = self.object(await bot.hears("beep"))
        await alice.hears("bot: beep")
        bot.transport.loseConnection()
        await alice.hears("bot left")
        alice.says("are you there?")
        alice.says("/history 1")
        await alice.hears("are you there?")
        server.send_signal("KILL")
        await server.ended
        server, port = await self.start()
        bot = await self.connect(port)
        again = {"resume": welcome["resume"], "log": welcome["log"], "since": seen["seq"]}
        bot.says(json.dumps({"type": "hello", "nick": "bot", **again}))
        self.assertEqual(self.object(await bot.hears("welcome"))["log"], welcome["log"])
        self.assertEqual(self.object(await bot.hears("message"))["text"], "are you there?")
        bot.says('{"type":"say","room":"#lobby","text":"beep","id":"1"}')
        self.assertEqual(self.object(await bot.hears("beep"))["seq"], seen["seq"])
        await self.stop(server)

    def object(self, line: str) -> dict[str, object]:
        found: dict[str, object] = json.loads(line)
        return found

    async def test_memory_keeps_nothing(self) -> None:
        server, port = await self.start("--database", "memory:")
        alice = await self.enter(port, "alice")
        alice.says("hello")
        alice.says("/history")
        await alice.hears("alice: hello")
        await self.stop(server)
        self.assertEqual(os.listdir(self.folder), [])


class NotStarting(LogCase):
    async def complaint(self, *options: str) -> str:
        """The one line on standard error of a server that does not start."""
        server = self.twistd("-n", "--pidfile=", "chat", "--port", "tcp:0:interface=127.0.0.1", *options)
        self.assertEqual(await server.ended, 1, (server.output + server.errors).decode())
        self.assertNotIn(b"Traceback", server.output + server.errors)
        (line,) = server.errors.decode().splitlines()
        return line

    async def test_a_file_that_another_server_has(self) -> None:
        server, port = await self.start()
        line = await self.complaint()
        pid = (self.folder / "chat.sqlite.lock").read_text().strip()
        self.assertEqual(line, f"twistd chat: {self.path.resolve()} is in use by another process ({pid})")
        await self.enter(port, "alice")
        await self.stop(server)

    async def test_a_file_that_is_no_log(self) -> None:
        self.path.write_bytes(b"Dear diary, " * 100)
        before = self.path.read_bytes()
        self.assertIn("chat.sqlite is no SQLite database, or its beginning is damaged", await self.complaint())
        self.assertEqual(self.path.read_bytes(), before)
        self.assertEqual(os.listdir(self.folder), ["chat.sqlite"])

    async def test_a_folder_that_is_not_there(self) -> None:
        line = await self.complaint("--database", "nowhere/chat.sqlite")
        self.assertEqual(line, f"twistd chat: there is no folder {self.folder.resolve()}/nowhere")

    async def test_a_newer_file(self) -> None:
        server, port = await self.start()
        await self.enter(port, "alice")
        await self.stop(server)
        with closing(sqlite3.connect(self.path)) as database:
            database.execute("PRAGMA user_version = 99")
        self.assertIn("is of a newer version (99)", await self.complaint())

    async def test_a_python_without_sqlite(self) -> None:
        # Coverage keeps its own data in such a database: this process has to do without it.
        bare = {name: value for name, value in self.environment().items() if not name.startswith("COVERAGE")}
        self.environment = lambda: bare  # type: ignore[method-assign]
        hidden = "import sys; sys.modules['_sqlite3'] = None; " + TWISTD[-1]
        port = "tcp:0:interface=127.0.0.1"
        server = self.spawn([*TWISTD[:-1], hidden, "-n", "--pidfile=", "chat", "--port", port])
        self.assertEqual(await server.ended, 1)
        self.assertIn(b"--database needs Python's sqlite3", server.errors)
        server = self.spawn([*TWISTD[:-1], hidden, "-n", "--pidfile=", "chat", "--port", port, "--database", "memory:"])
        await server.shows(rb"listens on")

    async def test_as_a_daemon(self) -> None:
        self.path.write_bytes(b"Dear diary, " * 100)
        process = self.twistd("chat", "--port", "tcp:0:interface=127.0.0.1")
        self.assertEqual(await process.ended, 1)
        said = (process.output + process.errors).decode()
        self.assertIn("An error has occurred: b'chat.sqlite is no SQLite database, or its beginning is damaged", said)
        logged = (self.folder / "twistd.log").read_text()
        self.assertIn("chat.sqlite is no SQLite database", logged)
        self.assertNotIn("Traceback", said + logged)
        self.assertEqual(sorted(os.listdir(self.folder)), ["chat.sqlite", "twistd.log"])
