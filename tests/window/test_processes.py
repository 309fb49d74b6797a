"""The window as a process, against the real server, on a display of its own, with keys and clicks."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tests.processes.server import ServerCase
from tests.window import xvfb
from tests.window.case import WINDOW, WindowCase

ORIGINALS = Path(__file__).parent.parent / "originals"


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
        await self.until_seen("Password")
        await self.types("sesame")
        await window.shows(rb"Successfully connected")
        await self.until_unseen("Password")
        window.send_signal("INT")
        self.assertEqual((await window.ended, window.errors), (0, b""))

    async def test_the_password_of_a_file_is_for_its_server_alone(self) -> None:
        (self.folder / "secret").write_text("sesame\n")
        _server, port = await self.start("--password-file", "secret")
        window = await self.opens("--port", str(port), "--nick", "bob", "--password-file", "secret")
        await self.clicks(("200", "70"))
        await self.xdotool("key", "ctrl+a", "ctrl+k")
        await self.types("localhost")
        await self.until_seen("Password")
        await self.xdotool("key", "Escape")
        await self.until_unseen("Password")
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


class OriginalServers(WindowCase):
    async def test_the_window_programs_server(self) -> None:
        server = self.spawn([sys.executable, str(ORIGINALS / "window_server.py"), "0"])
        port = int((await server.shows(rb"Running the server on 127\.0\.0\.1 (\d+)"))[1])
        window = await self.opens("--dialect", "gossip", "--port", str(port), "--nick", "bob")
        await self.xdotool("key", "Return")
        await window.shows(rb"Successfully connected")
        await self.says("hello ~ there")
        text = await self.reads("hello")
        self.assertEqual(text.splitlines()[0], "[SERVER] Successfully connected to the server")
        self.assertEqual(text.splitlines()[-2:], ["[SERVER] bob added to the chat", "[bob] hello ~ there"])
        self.assertIn(b"got b'hello ~ there'", server.output)
        await self.xdotool("key", "ctrl+q")
        self.assertEqual((await window.ended, window.errors), (0, b""))


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
