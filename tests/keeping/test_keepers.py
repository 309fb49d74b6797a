"""Both keepings against the contract, and the durable one over a restart."""

from __future__ import annotations

from typing import Any

from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from tests.contracts.keepers import DEV, PIECES, KeepersContract, action
from tests.files import place_for
from twisted_chat.boundaries import Keepers
from twisted_chat.core.charters import SERVER, Ban, Change, Hush
from twisted_chat.core.durations import LATEST
from twisted_chat.journal.sqlite import SqliteJournal
from twisted_chat.keeping import memory, sqlite
from twisted_chat.keeping.memory import MemoryKeepers
from twisted_chat.keeping.sqlite import SqliteKeepers

reactor: Any = _reactor


class InMemory(KeepersContract, TestCase):
    module = memory

    def make_keepers(self) -> Keepers:
        return MemoryKeepers()


class OnDisk(KeepersContract, TestCase):
    module = sqlite

    def setUp(self) -> None:
        self.path = place_for(self)
        super().setUp()

    def make_keepers(self) -> Keepers:
        self.journal = SqliteJournal(
            self.path, reactor, reactor.callFromThread, utc_ms=lambda: 0, failed=lambda why: self.fail(why)
        )
        self.journal.open()
        self.journal.subscribe(lambda _outcomes: None)
        self.addCleanup(self.close)
        return SqliteKeepers(self.journal)

    def close(self) -> Deferred[None] | None:
        return None if self.journal.is_closed else self.journal.close()

    async def test_over_a_restart(self) -> None:
        charter = DEV.after(Change(None, PIECES[0]), 0)
        await self.keepers.write(charter, action(1, change=Change(None, PIECES[0])))
        await self.journal.close()
        again = self.make_keepers()
        self.assertEqual(again.open().charters, (charter,))
        self.assertEqual([each.change for each in await again.actions("r1", 9)], [Change(None, PIECES[0])])

    async def test_an_end_that_can_not_be_shown(self) -> None:
        ban, hush = Ban("bob", "alice", "", 0, 10**17), Hush("p1", "eve", "alice", "", 0, 10**17)
        charter = DEV.after(Change(None, ban), 0).after(Change(None, hush), 0)
        await self.keepers.write(charter, action(1, change=Change(None, ban)))
        away = Ban("192.0.2.0/24", "ruth", "", 0, 10**17)
        await self.keepers.write_act(action(2, room=SERVER, change=Change(None, away)))
        await self.journal.close()
        again = self.make_keepers()
        kept, (act,) = again.open(), await again.actions("r1", 9)
        assert act.change is not None
        ends = {getattr(each, "until", 0) for each in (*kept.charters[0].parts.values(), *kept.bans, act.change.after)}
        self.assertEqual(ends, {LATEST})
