"""The window as a process, against the real server, on a display of its own, with keys and clicks."""

from __future__ import annotations

import re
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


class Talking(WindowCase):
    async def test_a_conversation(self) -> None:
        _server, port = await self.start()
        alice = await self.enter(port, "alice")
        window = await self.opens("--port", str(port))
        await self.xdotool("key", "Return")
        await self.until_seen("Invalid username")
        self.display.picture("process-empty-name")
        await self.xdotool("key", "Return")
        await self.until_unseen("Invalid username")
        await self.types("alice")
        await self.until_seen("Invalid username")
        self.display.picture("process-name-in-use")
        await self.xdotool("key", "Escape")
        await self.until_unseen("Invalid username")
        await self.xdotool("key", "ctrl+a", "ctrl+k")
        await self.types("bob")
        await window.shows(rb"Successfully connected to the server 127\.0\.0\.1 %d\n" % port)
        await alice.hears("*** bob joined #lobby")
        await self.reads("[SERVER] Successfully connected to the server\n[SERVER] Welcome, bob.")
        await self.xdotool("key", "Return")
        box = await self.until_seen("Empty message")
        alice.says("the box stops nothing")
        await self.reads("[alice] the box stops nothing")
        await self.xdotool("windowfocus", "--sync", box)
        await self.xdotool("key", "Return")
        await self.until_unseen("Empty message")
        await self.says("hello alice")
        self.assertEqual(await alice.hears("bob:"), "bob: hello alice")
        alice.says("hello bob, $HOME [exit] {")
        text = await self.reads("$HOME")
        self.assertEqual(text.splitlines()[-2:], ["[bob] hello alice", "[alice] hello bob, $HOME [exit] {"])
        await self.xdotool("key", "ctrl+q")
        self.assertEqual(await window.ended, 0, window.errors.decode())
        self.assertEqual(window.errors, b"")
        self.assertIn("bob left #lobby", await alice.hears("bob left"))

    async def test_nobody_there_and_then_somebody(self) -> None:
        window = await self.opens("--port", "1", "--nick", "bob")
        await self.xdotool("key", "Return")
        await self.until_seen("Unable to connect to server")
        await self.xdotool("key", "Return")
        await self.until_unseen("Unable to connect to server")
        await self.reads("127.0.0.1:1 refused the connection")
        _server, port = await self.start()
        await self.clicks(("555", "70"))
        await self.xdotool("key", "ctrl+a", "ctrl+k")
        await self.types(str(port))
        await window.shows(rb"Successfully connected")
        window.send_signal("TERM")
        self.assertEqual((await window.ended, window.errors), (0, b""))

    async def test_a_server_with_a_password(self) -> None:
        (self.folder / "secret").write_text("sesame\n")
        _server, port = await self.start("--password-file", "secret")
        window = await self.opens("--port", str(port), "--nick", "bob")
        await self.xdotool("key", "Return")
        await self.until_seen("Server password")
        await self.types("sesame")
        await window.shows(rb"Successfully connected")
        await self.until_unseen("Server password")
        window.send_signal("INT")
        self.assertEqual((await window.ended, window.errors), (0, b""))

    async def test_the_password_of_a_file_is_for_its_server_alone(self) -> None:
        (self.folder / "secret").write_text("sesame\n")
        _server, port = await self.start("--password-file", "secret")
        window = await self.opens("--port", str(port), "--nick", "bob", "--password-file", "secret")
        await self.clicks(("200", "70"))
        await self.xdotool("key", "ctrl+a", "ctrl+k")
        await self.types("localhost")
        await self.until_seen("Server password")
        await self.xdotool("key", "Escape")
        await self.until_unseen("Server password")
        await self.clicks(("200", "70"))
        await self.xdotool("key", "ctrl+a", "ctrl+k")
        await self.types("127.0.0.1")
        await window.shows(rb"Successfully connected to the server 127\.0\.0\.1")

    async def test_nobody_reads_the_console(self) -> None:
        _server, port = await self.start()
        alice = await self.enter(port, "alice")
        window = await self.opens("--port", str(port), "--nick", "bob")
        window.transport.closeChildFD(1)
        await self.xdotool("key", "Return")
        await alice.hears("bob joined")
        await self.says("hi")
        await alice.hears("bob: hi")
        await self.xdotool("key", "ctrl+q")
        self.assertEqual((await window.ended, window.errors), (0, b""))

    async def test_tls(self) -> None:
        certificate = self.certificate()
        listen = f"ssl:0:interface=127.0.0.1:privateKey={certificate.parent}/key.pem:certKey={certificate}"
        _server, port = await self.start(port=listen)
        window = await self.opens("--host", "localhost", "--port", str(port), "--ca", "cert.pem", "--nick", "bob")
        await self.xdotool("key", "Return")
        await window.shows(rb"Successfully connected to the server localhost")
        await self.xdotool("key", "ctrl+q")
        self.assertEqual(await window.ended, 0, window.errors.decode())


class Cuts(WindowCase):
    timeout = 180

    async def test_a_server_that_is_killed_and_starts_again(self) -> None:
        database = ("--database", "chat.sqlite", "--rate", "off")
        server, port = await self.start(*database)
        alice = await self.enter(port, "alice")
        window = await self.opens("--port", str(port), "--nick", "bob")
        await self.xdotool("key", "Return")
        await alice.hears("bob joined")
        for number in range(3):
            await self.says(f"from bob {number}")
            alice.says(f"from alice {number}")
        await alice.hears("from bob 2")
        await self.reads("[alice] from alice 2")
        server.send_signal("KILL")
        await server.ended
        await self.until_seen("Gossip[.][.]! - offline")
        for number in range(3, 6):
            await self.says(f"from bob {number}")
        await self.until_seen("Gossip[.][.]! - offline, 3 unsent")
        self.display.picture("process-offline")
        _server, _port = await self.start(*database, port=f"tcp:{port}:interface=127.0.0.1")
        carol = await self.enter(port, "carol")
        carol.says("from carol")
        await self.until_seen("Gossip[.][.]!")
        text = await self.reads("from carol")
        carol.says("from carol again")
        text = await self.reads("from carol again")
        self.assertEqual(re.findall(r"(?m)^\[bob\] from bob (\d)$", text), list("012345"))
        self.assertEqual(re.findall(r"(?m)^\[alice\] from alice (\d)$", text), list("012"))
        self.assertEqual(text.count("Not connected:"), 1)
        carol.says("/history 100")
        await carol.hears("lines of #lobby")
        quoted = [await carol.hears("bob: from bob") for _ in range(6)]
        self.assertEqual([line[-1] for line in quoted], list("012345"))
        await self.xdotool("key", "ctrl+q")
        self.assertEqual(await window.ended, 0, window.errors.decode())

    async def test_closing_with_lines_that_are_not_confirmed(self) -> None:
        server, port = await self.start()
        window = await self.opens("--port", str(port), "--nick", "bob")
        await self.xdotool("key", "Return")
        await window.shows(rb"Successfully connected")
        server.send_signal("KILL")
        await self.until_seen("Gossip[.][.]! - offline")
        await self.says("hi")
        await self.until_seen("Gossip[.][.]! - offline, 1 unsent")
        await self.xdotool("key", "ctrl+q")
        await self.reads("Waiting up to 5 seconds for 1 unconfirmed line. Closing the window again leaves at once.")
        await self.xdotool("key", "ctrl+q")
        self.assertEqual(await window.ended, 1)
        self.assertEqual(window.errors, b"twisted-chat-window: 1 line was not confirmed\n")


class Starting(ServerCase):
    async def ends(self, *arguments: str, **changed: str) -> tuple[int, str]:
        environment = {**super().environment(), **changed}
        environment.pop("DISPLAY", None)
        self.environment = lambda: environment  # type: ignore[method-assign]
        window = self.spawn([*WINDOW, *arguments])
        status = await window.ended
        return status, window.errors.decode()

    async def test_no_display(self) -> None:
        xvfb.require(self)
        status, said = await self.ends()
        self.assertEqual((status, said.count("\n")), (1, 1), said)
        self.assertIn("twisted-chat-window: no window can be opened: no display name", said)

    async def test_no_tk(self) -> None:
        (self.folder / "tkinter.py").write_text("raise ImportError(\"No module named '_tkinter'\", name='_tkinter')\n")
        path = f"{self.folder}:{super().environment()['PYTHONPATH']}"
        status, said = await self.ends(PYTHONPATH=path)
        self.assertEqual((status, said.count("\n")), (1, 1), said)
        for name in ("python3-tk ", "python3-tkinter", "python-tk"):
            self.assertIn(name, said)

    async def test_a_password_file_that_is_not_there(self) -> None:
        status, said = await self.ends("--password-file", "nowhere")
        self.assertEqual((status, said.count("\n")), (2, 1), said)

    async def test_importing_opens_nothing(self) -> None:
        """Not even the reactor is taken."""
        xvfb.require(self)
        names = (
            "__main__",
            "boxes",
            "controller",
            "lines",
            "options",
            "recall",
            "seams",
            "talk",
            "themes",
            "transcript",
        )
        code = "; ".join(f"import twisted_chat.window.{name}" for name in (*names, "view", "widgets"))
        environment = {**super().environment()}
        environment.pop("DISPLAY", None)
        self.environment = lambda: environment  # type: ignore[method-assign]
        code += "; import sys; print('twisted.internet.reactor' in sys.modules)"
        process = self.spawn([sys.executable, "-c", code])
        self.assertEqual((await process.ended, process.output, process.errors), (0, b"False\n", b""))
