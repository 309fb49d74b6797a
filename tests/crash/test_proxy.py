"""A line that is cut one time in five before the confirmation: every word is said again, and said exactly once."""

from __future__ import annotations

from collections.abc import Sequence

from twisted.internet.defer import Deferred

from tests.crash.case import CrashCase, short_or_long
from tests.crash.clients import Program
from tests.crash.proxy import BadLine
from tests.processes.server import reactor

WORDS = short_or_long(2_000, 20_000)
PROGRAMS = 10


class Stubborn(Program):
    """Says so many words, one as soon as the one before is confirmed, and comes back whenever it is cut off."""

    def __init__(self, nick: str, seed: object, words: int, port: int, *, hasty: bool) -> None:
        super().__init__(nick, seed, pause=(0.0, 0.002), hasty=hasty)
        self._words = words
        self._port = port
        self.lives = 0

    def come(self) -> None:
        self.lives += 1
        Deferred.fromCoroutine(self.connect(self._port))

    def lost(self, line: object) -> None:
        super().lost(line)  # type: ignore[arg-type]
        if self.talking:
            reactor.callLater(0, self.come)

    def speak(self) -> None:
        if len(self.said) < self._words:
            super().speak()


class Proxy(CrashCase):
    async def test_every_word_makes_one_row(self) -> None:
        await self.serve()
        line = BadLine(self.ports[0], self.seed)
        port = reactor.listenTCP(0, line, interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        each = WORDS // PROGRAMS
        clients = [
            Stubborn(f"program{n}", self.seed, each, port.getHost().port, hasty=n % 2 == 0) for n in range(PROGRAMS)
        ]
        self.addCleanup(self._end, clients)
        for client in clients:
            client.come()
        await self.until(lambda: all(len(client.confirmed) == each for client in clients), "all is confirmed")
        log = self.assert_kept(clients)
        self.assert_each_once(log, clients)
        self.assertEqual(len(log), WORDS)
        self.assertEqual(len(log.ids), WORDS)
        for how, count in line.cuts.items():
            self.assertGreater(count, WORDS // 50, how)
        self.assertGreater(sum(client.again for client in clients), WORDS // 10)
        self.note(f"{WORDS} words, {line.words} times said; cuts: {line.cuts}")

    async def _end(self, clients: Sequence[Stubborn]) -> None:
        for client in clients:
            client.talking = False
            client.leave()
        await self.all_gone(clients)
