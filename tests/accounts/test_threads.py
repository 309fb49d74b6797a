"""Passwords are hashed beside the reactor, and give way to it."""

from __future__ import annotations

import os
import sys
import threading
from typing import Any
from unittest import skipUnless

from twisted.internet import reactor
from twisted.internet.defer import gatherResults
from twisted.trial.unittest import TestCase

from twisted_chat.accounts.passwords import AT_ONCE, Hasher
from twisted_chat.accounts.threads import NICENESS, PasswordThreads
from twisted_chat.core.errors import ShuttingDown


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


class Threads(TestCase):
    def setUp(self) -> None:
        self.threads = PasswordThreads(reactor)
        self.addCleanup(self.threads.stop)

    async def test_a_password(self) -> None:
        hasher = Hasher(self.threads)
        hashed = await hasher.hash("open sesame")
        self.assertTrue(await hasher.verify(hashed, "open sesame"))
        self.assertFalse(await hasher.verify(hashed, "open barley"))

    async def test_not_in_the_reactors_and_a_few_at_a_time(self) -> None:
        present = threading.Lock()
        running, most = 0, 0
        both = threading.Barrier(AT_ONCE)

        def work() -> str:
            nonlocal running, most
            with present:
                running += 1
                most = max(most, running)
            both.wait(30)
            with present:
                running -= 1
            return threading.current_thread().name

        names: Any = await gatherResults([self.threads.run(work) for _work in range(3 * AT_ONCE)])
        self.assertEqual(most, AT_ONCE)
        self.assertNotIn(threading.main_thread().name, names)

    async def test_elsewhere_they_stay_as_they_are(self) -> None:
        """There it would be the whole process that gives way."""
        self.patch(sys, "platform", "darwin")
        done: list[str] = []
        await self.threads.run(lambda: done.append("work"))
        self.assertEqual(done, ["work"])

    def test_nothing_was_to_do(self) -> None:
        PasswordThreads(reactor).stop()

    async def test_what_comes_after_the_end_begins_none(self) -> None:
        """It would keep the process from ending."""
        self.threads.stop()
        before = threading.active_count()
        with self.assertRaises(ShuttingDown):
            await self.threads.run(lambda: self.fail("it was done"))
        self.assertEqual(threading.active_count(), before)

    @skipUnless(sys.platform == "linux", "elsewhere the whole process would be nicer")
    async def test_they_give_way(self) -> None:
        before = niceness()
        for _time in range(2):
            self.assertEqual(await self.threads.run(niceness), min(19, before + NICENESS))
        self.assertEqual(niceness(), before)
