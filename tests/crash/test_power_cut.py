"""The power fails: all that was not fsynced is gone, but nothing that anybody was shown or had confirmed."""

from __future__ import annotations

from collections.abc import Sequence

from tests.crash.case import NORMAL, TWISTD, pause, short_or_long
from tests.crash.clients import Client, Program
from tests.crash.power import DiskCase

CUTS = short_or_long(16, 100)
BIRTHS = short_or_long(5, 50)


class PowerCut(DiskCase):
    async def test_nothing_that_was_shown_is_lost(self) -> None:
        clients = self.crowd(people=4, programs=4, pause=(0.01, 0.1))
        for number in range(CUTS):
            if number % 4 == 3:
                # While it reads what the cut before left.
                server = self.launch()
                await pause(self.random.uniform(0.2, 0.6))
                await self.kill(server)
            else:
                await self._one_life(clients)
            # Every other disk had written something by itself, in an order of its own.
            self.disk.cut(self.random, luck=0.5 * (number % 2))
            self.assert_kept(clients, lives=slice(-1, None))
        log = await self.end_well(clients)
        self.note(f"{CUTS} power cuts, {len(log)} lines")

    async def test_without_waiting_for_the_disk_something_would_be(self) -> None:
        """The test above can fail: with synchronous=NORMAL the same crowd loses what it was shown."""
        clients = self.crowd(people=4, programs=4, pause=(0.01, 0.1))
        await self._one_life(clients)
        self.disk.cut(self.random)
        first = self.assert_kept(clients)
        lost: set[str] = set()
        cuts = 0
        while not lost and cuts < 10:  # SQLite does sync now and then: a cut just behind that costs nothing
            await self._one_life(clients, program=NORMAL, confirmed=50)
            before = self.assert_kept(clients)
            self.disk.cut(self.random)
            after = self.log()
            lost = after.lost(clients)
            cuts += 1
        self.assertGreater(len(lost), 0)
        self.assertGreaterEqual(len(after), len(first))
        self.assertNotEqual(after.faults(clients), [])
        self.note(
            f"NORMAL, cut {cuts}: {len(first)} lines, then {len(before)}, then {len(after)}; {len(lost)} were shown"
        )

    async def test_while_the_file_is_made(self) -> None:
        """What is left of a log that was just being made is a log, or is made one; nobody need remove it by hand."""
        self.disk.is_slow(10)
        moments = {"nothing": 0, "an empty file": 0, "a file": 0}
        for number in range(BIRTHS):
            server = self.launch()
            await self.until(lambda server=server: self.database.exists() or server.is_over, "the file is there")
            await pause(self.random.uniform(0.0, 0.08))
            await self.kill(server)
            self.disk.cut(self.random, luck=0.5 * (number % 2))
            found = self.database.stat().st_size if self.database.exists() else -1
            moments["nothing" if found < 0 else "a file" if found else "an empty file"] += 1
            alice = Program("alice", self.seed, pause=(0.0, 0.01))
            self.addCleanup(alice.leave)
            server = await self.serve()
            await alice.connect(self.ports[0])
            await self.until(lambda alice=alice: bool(alice.confirmed), "alice is confirmed")
            await self.kill(server)
            await self.all_gone([alice])
            self.assert_kept([alice])
            self.disk.cut(self.random)
            for file in self.home.iterdir():
                file.unlink()
        self.note(f"cut while the file was made, after which there was {moments}")

    async def _one_life(self, clients: Sequence[Client], *, program: str = TWISTD[-1], confirmed: int = 1) -> None:
        """The server comes, everybody talks, at least so much is confirmed, and the machine stands still."""
        before = _confirmed(clients)
        server = await self.serve(program=program)
        await self.come(clients)
        await self.until(lambda: _confirmed(clients) >= before + confirmed, "somebody is confirmed")
        await pause(self.random.uniform(0.0, 0.7))
        await self.all_at_once(clients)
        await self.kill(server)
        await self.all_gone(clients)


def _confirmed(clients: Sequence[Client]) -> int:
    return sum(len(client.confirmed) for client in clients if isinstance(client, Program))
