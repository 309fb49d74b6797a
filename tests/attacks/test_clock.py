"""A step of the wall clock by an hour, either way."""

from __future__ import annotations

import time

from tests.attacks.case import AttackCase

_STEPPING = """
import os, time
_true, _true_ns, _file = time.time, time.time_ns, os.environ["CLOCK_STEP_FILE"]

def _step():
    try:
        with open(_file) as file:
            return int(file.read() or 0)
    except OSError:
        return 0

time.time = lambda: _true() + _step()
time.time_ns = lambda: _true_ns() + _step() * 1_000_000_000
"""


class Steps(AttackCase):
    """The server's process sees another time of day; its monotonic clock goes on, as it does when a clock is set."""

    def environment(self) -> dict[str, str]:
        (self.folder / "sitecustomize.py").write_text(_STEPPING)
        known = super().environment()
        path = f"{self.folder}:{known['PYTHONPATH']}"
        return {**known, "PYTHONPATH": path, "CLOCK_STEP_FILE": str(self.folder / "step")}

    def hour(self, step: int) -> None:
        alice, bob = self.person("alice"), self.person("bob")
        program, _welcome = self.program("robot")
        unnamed = self.visitor()
        unnamed.hears("NICK")
        alice.hears("robot joined")
        bob.says("/time")
        before = self.time_in(bob.hears(" UTC"))
        (self.folder / "step").write_text(str(step))
        time.sleep(1)
        bob.says("/time")
        after = self.time_in(bob.hears(" UTC"))
        self.assertLess(abs(after - before - max(0, step)), 60)
        alice.says("are you there?")
        bob.hears("alice: are you there?")
        program.hears("are you there?")
        unnamed.says("carol")
        unnamed.hears("Welcome, carol")
        self.honest_people_get_in()
        self.assertEqual([line for line in bob.takes(1) if "left" in line and "honest" not in line], [])
        self.assertEqual(len(self.open_ones([alice, bob, program, unnamed])), 4)
        self.log_is_readable()

    def time_in(self, line: str) -> float:
        return time.mktime(time.strptime(line.removeprefix("*** "), "%Y-%m-%d %H:%M:%S UTC"))

    def test_forth(self) -> None:
        self.hour(3600)

    def test_back(self) -> None:
        """The time that is shown stands still; nothing else does."""
        self.hour(-3600)
