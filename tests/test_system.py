"""What the service asks of the operating system."""

from __future__ import annotations

import resource
import sys
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


class OddSystem:
    """A system's `resource`, whose setrlimit refuses more than `most`."""

    RLIMIT_NOFILE = 7
    RLIM_INFINITY = -1

    def __init__(self, soft: int, hard: int, most: int) -> None:
        self.soft, self.hard, self.most = soft, hard, most

    def getrlimit(self, _which: int) -> tuple[int, int]:
        return self.soft, self.hard

    def setrlimit(self, _which: int, limits: tuple[int, int]) -> None:
        if limits[0] > self.most:
            raise ValueError("current limit exceeds maximum limit")
        self.soft, self.hard = limits


class OtherSystems(SynchronousTestCase):
    def allowed_by(self, system: OddSystem | None) -> int:
        self.addCleanup(sys.modules.__setitem__, "resource", resource)
        sys.modules["resource"] = system  # type: ignore[assignment]  # None: not to be found
        return raise_descriptor_limit()

    def test_one_that_has_no_such_limit(self) -> None:
        self.assertEqual(self.allowed_by(None), 512 - RESERVED)

    def test_an_infinite_one_stays_so(self) -> None:
        system = OddSystem(256, -1, 2_000_000)
        self.assertEqual(self.allowed_by(system), 1_048_576 - RESERVED)
        self.assertEqual((system.soft, system.hard), (1_048_576, -1))

    def test_an_infinite_one_that_is_not_meant(self) -> None:
        self.assertEqual(self.allowed_by(OddSystem(256, -1, 10_240)), 10_240 - RESERVED)

    def test_one_that_refuses_everything(self) -> None:
        self.assertEqual(self.allowed_by(OddSystem(256, 4096, 0)), 256 - RESERVED)
        self.assertEqual(self.allowed_by(OddSystem(-1, -1, 0)), 512 - RESERVED)


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
