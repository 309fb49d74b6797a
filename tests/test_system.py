"""What the service asks of the operating system."""

from __future__ import annotations

import resource
import time

from twisted.internet.selectreactor import SelectReactor
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.system import RESERVED, raise_descriptor_limit, use_monotonic_clock


class Descriptors(SynchronousTestCase):
    def test_the_limit_is_raised_to_the_hard_one(self) -> None:
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, before)
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
        allowed = raise_descriptor_limit()
        self.assertEqual(resource.getrlimit(resource.RLIMIT_NOFILE), (before[1], before[1]))
        self.assertEqual(allowed, before[1] - RESERVED)


class Timers(SynchronousTestCase):
    def test_a_step_of_the_wall_clock_fires_nothing(self) -> None:
        wall = [1_000.0]
        self.patch(SelectReactor, "seconds", staticmethod(lambda: wall[0]))
        reactor = SelectReactor()
        use_monotonic_clock(reactor)
        fired: list[bool] = []
        reactor.callLater(60, fired.append, True)
        wall[0] += 3_600
        reactor.runUntilCurrent()
        self.assertEqual(fired, [])

    def test_it_is_the_monotonic_clock_that_fires_them(self) -> None:
        reactor = SelectReactor()
        hour = [0.0]
        self.patch(time, "monotonic", lambda: hour[0])
        use_monotonic_clock(reactor)
        fired: list[bool] = []
        reactor.callLater(60, fired.append, True)
        hour[0] = 61.0
        reactor.runUntilCurrent()
        self.assertEqual(fired, [True])
