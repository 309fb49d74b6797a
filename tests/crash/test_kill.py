"""The server is killed at random moments, again and again; what anybody was shown stays, and everybody goes on."""

from __future__ import annotations

from tests.crash.case import CrashCase, pause, short_or_long
from tests.crash.clients import Program

KILLS = short_or_long(16, 100)


class Kill(CrashCase):
    async def test_fifty_clients_and_a_server_that_dies(self) -> None:
        clients = self.crowd(people=25, programs=25)
        for number in range(KILLS):
            if number % 5 == 4:
                # Even before it listens: while it reads what the one before left.
                server = self.launch()
                await pause(self.random.uniform(0.2, 0.6))
            else:
                server = await self.serve()
                await self.come(clients)
                await pause(self.random.uniform(0.05, 1.5))
                if number % 2:
                    await self.all_at_once(clients)
            await self.kill(server)
            await self.all_gone(clients)
            if self.database.exists():
                self.assert_kept(clients, lives=slice(-1, None))
        log = await self.end_well(clients)
        again = sum(client.again for client in clients if isinstance(client, Program))
        self.assertGreater(again, 0)
        self.note(f"{KILLS} kills, {len(log)} lines, {again} of them were said again")
