"""Real windows on a display of their own, driven with keys and clicks as a user would."""

from __future__ import annotations

import sys
from typing import Any

from twisted.internet.task import deferLater

from tests.processes.server import Process, ServerCase, reactor
from tests.window import xvfb

WINDOW = [sys.executable, "-m", "twisted_chat.window"]
SELECTION = [
    sys.executable,
    "-c",
    "import sys, tkinter; sys.stdout.buffer.write(tkinter.Tk().selection_get(selection='PRIMARY').encode())",
]
TEXT = ("300", "300")
MESSAGE = ("200", "550")
"""Places in the window, which stands at 0, 0: there is no window manager."""
PATIENCE = 200
"""Looks, 0.1 s apart and more, until a test is given up."""


class WindowCase(ServerCase):
    timeout = 120

    def setUp(self) -> None:
        super().setUp()
        xvfb.require(self, "Xvfb", "xdotool")
        self.display = xvfb.Display()
        self.addCleanup(self.display.end)

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "DISPLAY": self.display.name}

    def pause(self) -> Any:
        return deferLater(reactor, 0.1)

    async def run_program(self, *command: str) -> bytes:
        process = self.spawn(command)
        await process.ended
        return process.output

    async def xdotool(self, *arguments: str) -> str:
        return (await self.run_program(self.program("xdotool"), *arguments)).decode().strip()

    async def until_seen(self, title: str) -> str:
        """The id of the window whose whole title matches."""
        for _look in range(PATIENCE):
            if found := await self.xdotool("search", "--onlyvisible", "--name", f"^{title}$"):
                return found.split()[0]
            await self.pause()
        self.display.picture(f"failed-{self.id()}")
        raise AssertionError(f"there is no window {title}")

    async def until_unseen(self, title: str) -> None:
        for _look in range(PATIENCE):
            if not await self.xdotool("search", "--onlyvisible", "--name", f"^{title}$"):
                return
            await self.pause()
        self.fail(f"{title} is still there")

    async def opens(self, *arguments: str) -> Process:
        window = self.spawn([*WINDOW, *arguments])
        await self.xdotool("windowfocus", "--sync", await self.until_seen("Gossip[.][.]!"))
        return window

    async def types(self, text: str, *keys: str) -> None:
        await self.xdotool("type", text)
        await self.xdotool("key", *(keys or ("Return",)))

    async def clicks(self, place: tuple[str, str]) -> None:
        await self.xdotool("mousemove", *place, "click", "1")

    async def reads(self, part: str) -> str:
        """All the text, once `part` stands in it. The message entry has the focus then."""
        found = ""
        for _look in range(PATIENCE):
            await self.clicks(TEXT)
            await self.xdotool("key", "ctrl+a")
            found = (await self.run_program(*SELECTION)).decode()
            if part in found:
                await self.clicks(MESSAGE)
                return found
            await self.pause()
        self.display.picture(f"failed-{self.id()}")
        raise AssertionError(f"no {part!r} in {found!r}")

    async def says(self, text: str) -> None:
        await self.clicks(MESSAGE)
        await self.types(text)
