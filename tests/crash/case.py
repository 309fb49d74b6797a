"""What all crash tests need: a server that comes back to the same file and the same ports, and a crowd that talks."""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Callable, Sequence
from typing import NoReturn

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import deferLater

from tests.crash.clients import Client, Person, Program
from tests.crash.log import Log
from tests.processes.server import TWISTD, Process, ServerCase, reactor

LONG = bool(os.environ.get("CHAT_TEST_LONG"))
NORMAL = "import twisted_chat.journal.file as file; file.SYNCHRONOUS = 'NORMAL'; " + TWISTD[-1]
"""The same server, but it trusts that the power never fails."""


def short_or_long(short: int, long: int) -> int:
    return long if LONG else short


async def pause(seconds: float) -> None:
    await deferLater(reactor, seconds)


class CrashCase(ServerCase):
    """One log, at `self.database`, that outlives its servers; what is random comes out of `self.random`."""

    timeout = 3600 if LONG else 120

    def setUp(self) -> None:
        super().setUp()
        self.seed = os.environ.get("CHAT_TEST_SEED") or str(random.SystemRandom().randrange(10**6))
        self.random = random.Random(self.seed)
        self.home = self.folder / "home"
        self.home.mkdir()
        self.database = self.home / "chat.sqlite"
        self.extra: dict[str, str] = {}
        """What the server's environment has besides."""
        self.ports = [self.free_port(), self.free_port()]
        self.servers: list[Process] = []
        self._waits_for: str | None = None
        self.addCleanup(self._tell_what_it_waited_for)

    def environment(self) -> dict[str, str]:
        return {**super().environment(), **self.extra}

    def free_port(self) -> int:
        """One that no connection gets for its own end while the server is away: those are higher."""
        while True:
            port = self.random.randrange(20_000, 32_000)
            with socket.socket() as trying:
                trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    trying.bind(("127.0.0.1", port))
                except OSError:
                    continue
                return port

    # the server

    def launch(self, *options: str, program: str = TWISTD[-1]) -> Process:
        """A server on its way, with both ports and the log."""
        doors = [word for port in self.ports for word in ("--port", f"tcp:{port}:interface=127.0.0.1")]
        words = ["-n", "--pidfile=", "chat", *doors, "--rate", "off", "--database", str(self.database), *options]
        server = self.spawn([*TWISTD[:-1], program, *words])
        self.servers.append(server)
        return server

    async def serve(self, *options: str, program: str = TWISTD[-1]) -> Process:
        """A server that can be entered."""
        server = self.launch(*options, program=program)
        await server.shows(rb"listens on .*port=%d\b" % self.ports[-1])
        return server

    async def kill(self, server: Process) -> None:
        if not server.is_over:
            server.send_signal("KILL")
        self.assertEqual(await server.ended, -9, self.words_of(server))

    def words_of(self, server: Process) -> str:
        return (server.output + server.errors).decode("utf-8", "replace")[-3000:]

    # the crowd

    def crowd(self, people: int, programs: int, **manners: tuple[float, float]) -> list[Client]:
        clients: list[Client] = [Person(f"person{n}", self.seed, **manners) for n in range(people)]
        clients += [Program(f"program{n}", self.seed, **manners) for n in range(programs)]
        for client in clients:
            self.addCleanup(client.leave)
        return clients

    async def come(self, clients: Sequence[Client]) -> None:
        """All of them by both doors: people and programs alike."""
        await gatherResults(
            [
                Deferred.fromCoroutine(client.connect(self.ports[number % len(self.ports)]))
                for number, client in enumerate(clients)
            ]
        )

    async def all_at_once(self, clients: Sequence[Client]) -> None:
        """Everybody says something: who is killed soon after has a word in his hands."""
        for client in clients:
            if client.is_in:
                client.speak()
        await pause(self.random.uniform(0.0, 0.02))

    async def all_gone(self, clients: Sequence[Client]) -> None:
        await self.until(lambda: all(client.is_gone for client in clients), "everybody is cut off")

    async def all_confirmed(self, clients: Sequence[Client]) -> None:
        """Nobody says anything new, and what was said with an id is confirmed at last."""
        for client in clients:
            client.talking = False
        programs = [client for client in clients if isinstance(client, Program)]
        await self.until(lambda: not any(program.unconfirmed for program in programs), "everything is confirmed")

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Come back when it is so. How long that takes is not judged here; it is said if the test runs out of time."""
        self._waits_for = what
        while not condition():
            await pause(0.02)
        self._waits_for = None

    def _tell_what_it_waited_for(self) -> None:
        if self._waits_for is not None:
            said = self.words_of(self.servers[-1]) if self.servers else ""
            print(f"CHAT_TEST_SEED={self.seed}: it waited until {self._waits_for}. The server said:\n{said}")

    def fail(self, msg: object = None) -> NoReturn:
        super().fail(f"{msg} : CHAT_TEST_SEED={self.seed}")

    def note(self, line: str) -> None:
        """A figure for who runs the long form."""
        if LONG:
            print(line)

    # the log

    def log(self) -> Log:
        """The log as it is now, whether somebody writes to it or not."""
        return Log(self.database, live=not self.servers[-1].is_over)

    def assert_kept(self, clients: Sequence[Client], *, lives: slice = slice(None)) -> Log:
        """The log holds what it promised to everybody."""
        log = self.log()
        faults = log.faults(clients, lives=lives)
        self.assertEqual(faults[:10], [], f"{len(faults)} faults; {len(log)} lines in the log")
        return log

    async def end_well(self, clients: Sequence[Client]) -> Log:
        """After all that: everybody gets his words in, the server ends in order, and the log is whole."""
        server = await self.serve()
        await self.come(clients)
        await self.until(lambda: all(client.is_in for client in clients), "everybody is in")
        await self.all_confirmed(clients)
        self.assert_kept(clients)
        server.send_signal("TERM")
        self.assertEqual(await server.ended, 0, self.words_of(server))
        await self.all_gone(clients)
        log = self.assert_kept(clients)
        self.assert_each_once(log, clients)
        return log

    def assert_each_once(self, log: Log, clients: Sequence[Client]) -> None:
        """Whatever was said with an id stands in the log exactly once."""
        for client in clients:
            if isinstance(client, Program):
                counts = {text: log.texts[text] for text in client.said if log.texts[text] != 1}
                self.assertEqual(counts, {}, f"said by {client.nick}")
