"""Displays that nobody sees, and the keys and clicks of a user who is not there. No window manager runs there."""

from __future__ import annotations

import atexit
import functools
import importlib.util
import os
import select
import shutil
import subprocess
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.processes.server import ROOT, lacks

ARTIFACTS = ROOT / "artifacts"
"""Where the pictures go; git does not know it."""


def require(case: SynchronousTestCase, *programs: str) -> None:
    """Skip the test where there is no Tk or one of the programs; fail in CI."""
    if importlib.util.find_spec("_tkinter") is None:
        lacks(case, "Python's Tk")
    for name in programs:
        if shutil.which(name) is None:
            lacks(case, name)


class Display:
    """One Xvfb; `name` is for DISPLAY."""

    def __init__(self) -> None:
        reading, writing = os.pipe()
        self._process = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writing), "-screen", "0", "800x700x24", "-nolisten", "tcp", "-noreset"],
            pass_fds=(writing,),
            stderr=subprocess.DEVNULL,
        )
        os.close(writing)
        said = b""
        with open(reading, "rb", buffering=0) as pipe:
            while not said.endswith(b"\n"):
                if not select.select([pipe], [], [], 30)[0] or not (more := pipe.read(100)):
                    self.end()
                    raise AssertionError("Xvfb does not start")
                said += more
        self.name = f":{int(said)}"

    def environment(self) -> dict[str, str]:
        return {**os.environ, "DISPLAY": self.name}

    def xdotool(self, *arguments: str) -> str:
        done = subprocess.run(
            ["xdotool", *arguments], env=self.environment(), capture_output=True, text=True, timeout=30, check=False
        )
        return done.stdout.strip()

    def picture(self, name: str) -> Path | None:
        """Of all that is to be seen, as artifacts/NAME.png, where ImageMagick is installed."""
        if shutil.which("import") is None:
            return None
        ARTIFACTS.mkdir(exist_ok=True)
        path = ARTIFACTS / f"{name}.png"
        command = ["import", "-window", "root", str(path)]
        subprocess.run(command, env=self.environment(), check=True, timeout=30, capture_output=True)
        return path

    def end(self) -> None:
        self._process.terminate()
        self._process.wait(30)


@functools.cache
def shared() -> Display:
    """The display of this process's own Tk: Tk keeps its connection to a display, and dies with it."""
    display = Display()
    atexit.register(display.end)
    return display
