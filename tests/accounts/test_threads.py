"""Passwords are hashed beside the reactor, and give way to it."""

from __future__ import annotations

import os
import sys
import threading
from unittest import skipUnless

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from twisted_chat.accounts.threads import NICENESS, PasswordThreads


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


class Threads(TestCase):
    def setUp(self) -> None:
        self.threads = PasswordThreads(reactor)
        self.addCleanup(self.threads.stop)

    async def test_not_in_the_reactors(self) -> None:
        self.assertNotEqual(await self.threads.run(threading.get_ident), threading.get_ident())

    @skipUnless(sys.platform == "linux", "elsewhere the whole process would be nicer")
    async def test_they_give_way(self) -> None:
        before = niceness()
        for _time in range(2):
            self.assertEqual(await self.threads.run(niceness), min(19, before + NICENESS))
        self.assertEqual(niceness(), before)

    def test_nothing_was_begun(self) -> None:
        self.threads.stop()
