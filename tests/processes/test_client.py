"""The bundled client, as a process, against the real server."""

from __future__ import annotations

import re
import sys
from typing import Any

from twisted.protocols.portforward import ProxyFactory, ProxyServer

from tests.processes.server import ROOT, Process, ServerCase, reactor

CLIENT = [sys.executable, "-m", "twisted_chat.client"]


class Cutter(ProxyFactory):
    """A proxy whose connections can be cut."""

    noisy = False

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port)
        self.open: list[ProxyServer] = []
        self.answers = True
        self.cuts = 0

    def buildProtocol(self, addr: object) -> Any:
        if not self.answers:
            return None
        protocol = super().buildProtocol(addr)
        self.open.append(protocol)
        return protocol

    def cut(self) -> None:
        self.cuts += 1
        for connection in self.open:
            connection.transport.abortConnection()
            if connection.peer is not None:
                connection.peer.transport.abortConnection()
        self.open.clear()


class ClientCase(ServerCase):
    def client(self, *arguments: str, **more: Any) -> Process:
        return self.spawn([*CLIENT, *arguments], **more)


class Pipes(ClientCase):
    async def test_once(self) -> None:
        _server, port = await self.start()
        alice = await self.enter(port, "alice")
        bob = self.client("bob", "--once", "--port", str(port))
        bob.transport.write(b"hi\n/me waves\n/msg alice psst\n\n//not a command\n")
        bob.transport.closeStdin()
        self.assertEqual(await bob.ended, 0, bob.errors.decode())
        await alice.hears("bob joined")
        for line in ("bob: hi", "* bob waves", "[pm] bob: psst", "bob: /not a command"):
            self.assertEqual(await alice.hears("bob"), line)
        self.assertEqual((bob.output, bob.errors), (b"", b""))

    async def test_once_with_a_line_that_is_refused(self) -> None:
        _server, port = await self.start()
        bob = self.client("bob", "--once", "--port", str(port))
        bob.transport.write(b"/msg nobody hi\n")
        bob.transport.closeStdin()
        self.assertEqual(await bob.ended, 1)
        self.assertIn(b"!!! NO_SUCH_NICK nobody here is called nobody", bob.output + bob.errors)

    async def test_more_lines_than_the_rate_allows(self) -> None:
        _server, port = await self.start("--rate", "20,50")
        alice = await self.enter(port, "alice")
        bob = self.client("bob", "--once", "--port", str(port))
        bob.transport.write(b"".join(b"line %d\n" % number for number in range(100)))
        bob.transport.closeStdin()
        self.assertEqual(await bob.ended, 0, bob.errors.decode())
        await alice.hears("bob joined")
        for number in range(100):
            self.assertEqual(await alice.hears("bob: "), f"bob: line {number}")

    async def test_nobody_listens(self) -> None:
        bob = self.client("bob", "--port", "1")
        bob.transport.closeStdin()
        self.assertEqual(await bob.ended, 1)
        self.assertEqual(len(bob.errors.decode().splitlines()), 1, bob.errors)
        self.assertIn(b"refused the connection", bob.errors)

    async def test_a_wrong_server_password(self) -> None:
        (self.folder / "secret").write_text("sesame\n")
        (self.folder / "wrong").write_text("open\n")
        _server, port = await self.start("--password-file", "secret")
        for name, status in (("wrong", 1), ("secret", 0)):
            bob = self.client("bob", "--once", "--port", str(port), "--password-file", name)
            bob.transport.write(b"hi\n")
            bob.transport.closeStdin()
            self.assertEqual(await bob.ended, status, bob.errors.decode())


class Cuts(ClientCase):
    timeout = 120

    async def test_everything_is_said_and_shown_once_whatever_is_cut(self) -> None:
        _server, port = await self.start("--rate", "off")
        proxy = Cutter("127.0.0.1", port)
        listening = reactor.listenTCP(0, proxy, interface="127.0.0.1")
        self.addCleanup(listening.stopListening)
        self.addCleanup(proxy.cut)
        alice = await self.enter(port, "alice")
        bob = self.client("bob", "--port", str(listening.getHost().port))
        await bob.shows(rb"Welcome, bob")
        said = 0
        for _cut in range(3):
            for _line in range(20):
                bob.transport.write(b"from bob %d\n" % said)
                said += 1
            await alice.hears(f"from bob {said - 10}")
            proxy.cut()
            bob.transport.write(b"from bob %d\n" % said)  # while there is no connection
            alice.says(f"from alice {said}")
            said += 1
            await alice.hears(f"from bob {said - 1}")
            await bob.shows(b"from alice %d" % (said - 1))
        bob.transport.closeStdin()
        self.assertEqual(await bob.ended, 0)
        alice.says("/history 100")
        await alice.hears("lines of #lobby")
        quoted: list[str] = []
        while len(quoted) < said + 3:
            quoted.append(await alice.hears("from "))
        words = [line.partition("bob: ")[2] for line in quoted if "bob: " in line]
        self.assertEqual(words, [f"from bob {number}" for number in range(said)])
        heard = re.findall(rb"alice: from alice (\d+)", bob.output)
        self.assertEqual(heard, [b"20", b"41", b"62"])

    async def test_it_comes_back_as_who_it_is_by_then(self) -> None:
        _server, port = await self.start()
        proxy = Cutter("127.0.0.1", port)
        listening = reactor.listenTCP(0, proxy, interface="127.0.0.1")
        self.addCleanup(listening.stopListening)
        self.addCleanup(proxy.cut)
        alice = await self.enter(port, "alice")
        owner = self.client("fritz", "--port", str(port))
        owner.transport.write(b"/register open sesame\n")
        await owner.shows(rb"fritz is yours now")
        owner.transport.closeStdin()
        await owner.ended
        karl = self.client("karl", "--port", str(listening.getHost().port))
        await karl.shows(rb"Welcome, karl")
        heard = []
        for lines in (b"one\n", b"/login fritz open sesame\ntwo\n", b"/logout\nthree\n"):
            karl.transport.write(lines)
            heard.append(await alice.hears(lines.decode().split()[-1]))
            proxy.cut()
            karl.transport.write(b"after " + lines.splitlines()[-1] + b"\n")
            heard.append(await alice.hears("after"))
        karl.transport.closeStdin()
        self.assertEqual(await karl.ended, 0)
        expected = [
            "karl: one",
            "karl: after one",
            "fritz: two",
            "fritz: after two",
            "fritz2: three",
            "fritz2: after three",
        ]
        self.assertEqual(heard, expected)
        self.assertFalse([line for line in alice.lines if ": " in line], "something was said twice")
        self.assertNotIn(b"!!!", karl.output + karl.errors)
        self.assertEqual(karl.output.count(b"Connected again."), 3)


class Readme(ServerCase):
    async def test_the_bot(self) -> None:
        _server, port = await self.start()
        text = (ROOT / "README.md").read_text()
        found = re.search(r"<!-- run: bot -->\n```python\n(.*?)```", text, re.DOTALL)
        assert found is not None
        self.assertEqual(len([line for line in found[1].splitlines() if line]), 10, "the README says ten lines")
        (self.folder / "bot.py").write_text(found[1].replace("55555", str(port)))
        alice = await self.enter(port, "alice")
        self.spawn([sys.executable, "bot.py"])
        await alice.hears("*** echo joined #lobby")
        alice.says("echo grüße")
        self.assertEqual(await alice.hears("echo:"), "echo: grüße")
