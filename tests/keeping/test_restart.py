"""A chat whose rooms have keepers, on a real database, over a restart."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from secrets import token_hex
from typing import Any

from twisted.internet import reactor as _reactor
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from tests.core.keeping_case import NoHash
from tests.files import place_for
from tests.helpers import Listener, make_accounts, make_chat
from twisted_chat.accounts.sqlite import SqliteStore
from twisted_chat.core.errors import NetworkBanned
from twisted_chat.core.told import Failure, Reply
from twisted_chat.journal.sqlite import SqliteJournal
from twisted_chat.keeping.sqlite import SqliteKeepers

reactor: Any = _reactor


class OverARestart(TestCase):
    def setUp(self) -> None:
        self.path = place_for(self)

    def begins(self) -> None:
        self.journal = SqliteJournal(
            self.path, reactor, reactor.callFromThread, utc_ms=lambda: 0, failed=lambda why: self.fail(why)
        )
        accounts = make_accounts(reactor, SqliteStore(self.journal))
        accounts._hasher = NoHash()  # type: ignore[assignment]
        self.chat = make_chat(reactor, self.journal, accounts, SqliteKeepers(self.journal))
        self.chat.new_id = lambda: token_hex(8)  # no id is given twice, over restarts neither
        self.addCleanup(lambda: None if self.journal.is_closed else self.journal.close())

    async def until(self, done: Callable[[], object]) -> None:
        for _try in range(500):
            if done():
                return
            await deferLater(reactor, 0.01)
        self.fail("it never came")

    async def answer(self, session: Any, line: str) -> str:
        listener = session.recipient
        listener.forget()
        session.typed(line)
        await self.until(lambda: listener.told(Reply) or listener.told(Failure))
        found = listener.told(Reply)
        return " / ".join(found[0].lines) if found else str(listener.told(Failure)[0].error)

    async def test_networks_that_are_kept_away_and_operators_acts(self) -> None:
        self.begins()
        alice = self.chat.enter(Listener(), "alice")
        alice.operator = "ruth"
        for line in ("/netban 192.0.2.0/24 spam", "/netban 203.0.113.0/24 2h", "/netban 2001:db8::/32 1h"):
            self.assertIn("is banned", await self.answer(alice, line))
        self.assertIn("may come", await self.answer(alice, "/netunban 203.0.113.0/24"))
        alice.typed("/announce tea")
        await self.chat.close("bye")

        self.begins()
        self.chat._latest_time = self.chat.now() + 3_600_000  # the last one has ended
        self.assertEqual([each.pattern for each in self.chat.netbans.present()], ["192.0.2.0/24"])
        self.assertRaises(NetworkBanned, self.chat.netbans.check, ip_address("192.0.2.1"))
        alice = self.chat.enter(Listener(), "alice")
        alice.operator = "ruth"
        acts = (await self.answer(alice, "/acts")).split(" / ")
        self.assertEqual([each.split(": ")[1] for each in acts[3:]], ["netunban 203.0.113.0/24", "announce (tea)"])
        self.assertIn("Undone: #4", await self.answer(alice, "/acts undo"))
        await self.chat.close("bye")

    async def test_founder_settings_bans_log_and_what_was_dropped(self) -> None:
        self.begins()
        alice = self.chat.enter(Listener(), "alice")
        await self.answer(alice, "/register longenough")
        self.assertIn("is yours now", await self.answer(alice, "/create #gone"))
        alice.say("words", "#gone")
        await self.answer(alice, "/switch #lobby")
        self.assertEqual(await self.answer(alice, "/drop #gone"), "#gone is gone")
        for line in ("/create #dev", "/lock mellon", "/ban eve* 2h spam", "/slow 5"):
            await self.answer(alice, line)
        await self.chat.close("bye")

        self.begins()
        self.assertEqual(sorted(self.chat.rooms), ["#dev", "#lobby"])
        eve = self.chat.enter(Listener(), "eve")
        self.assertIn("you are banned from #dev until", await self.answer(eve, "/join #dev mellon"))
        bob = self.chat.enter(Listener(), "bob")
        self.assertIn("#dev is locked", await self.answer(bob, "/join #dev"))
        alice = self.chat.enter(Listener(), "alice", account=self.chat.accounts.named("alice"), home="#dev")
        self.assertIn("ban eve*", await self.answer(alice, "/log"))
        self.assertIn("set slow 5", await self.answer(alice, "/undo"))
        self.assertEqual(self.chat.rooms["#dev"].charter.rules.slow, 0)
        await self.chat.close("bye")
