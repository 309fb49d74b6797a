"""The unframed doors of a real server: the original clients, and strangers who misbehave."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, connectProtocol
from twisted.internet.protocol import Protocol

from tests.processes.server import Process, ServerCase, Stranger, reactor
from tests.window.case import MESSAGE, WindowCase

ORIGINALS = Path(__file__).parent.parent / "originals"
LINES = [f"line {number} of 200, whole and in order" for number in range(1, 201)]


class Reads(Protocol):
    """A client that frames nothing: `reads` are what it got, as it got it."""

    def __init__(self) -> None:
        self.reads: list[bytes] = []
        self.gone: Deferred[None] = Deferred()
        self._wanted: list[tuple[bytes, Deferred[None]]] = []

    def dataReceived(self, data: bytes) -> None:
        self.reads.append(data)
        self._look()

    def _look(self) -> None:
        everything = b"".join(self.reads)
        for wanted in tuple(self._wanted):
            if wanted[0] in everything:
                self._wanted.remove(wanted)
                wanted[1].callback(None)

    def connectionLost(self, reason: object = None) -> None:
        self.gone.callback(None)

    def has_read(self, part: bytes) -> Deferred[None]:
        found: Deferred[None] = Deferred()
        self._wanted.append((part, found))
        self._look()
        return found


class UnframedServerCase(ServerCase):
    async def begin(self) -> None:
        """A server with all three doors."""
        door = "tcp:0:interface=127.0.0.1"
        self.server, self.line = await self.start(
            "--tutorial", door, "--gossip", door, "--database", "memory:", "--rate", "off"
        )
        found = await self.server.shows(rb"(?s)port=\d+\).*port=(\d+)\).*port=(\d+)\)")
        self.tutorial, self.gossip = map(int, found.groups())

    async def reads(self, port: int) -> Reads:
        connection: Reads = await connectProtocol(HostnameEndpoint(reactor, "127.0.0.1", port), Reads())
        self.addCleanup(connection.transport.abortConnection)
        return connection

    async def terminal(self, nickname: str, given: str = "") -> Process:
        """The original terminal client, in the room."""
        client = self.spawn([sys.executable, str(ORIGINALS / "terminal_client.py"), "127.0.0.1", str(self.tutorial)])
        await client.shows(rb"Choose your nickname: ")
        client.transport.write(f"{nickname}\n".encode())
        await client.shows(rb"Welcome, %b\." % (given or nickname).encode())
        return client


def said_by(nick: str, output: bytes) -> list[str]:
    """What a terminal has shown of somebody's words."""
    return re.findall(rf"^{nick}: (.*)$", output.decode(), re.MULTILINE)


class OriginalClients(UnframedServerCase):
    async def test_the_terminal_program(self) -> None:
        """Rows A, E: two original clients of one name, and somebody with a raw socket at full speed."""
        await self.begin()
        one = await self.terminal("alice")
        other = await self.terminal("alice", given="alice2")
        await one.shows(rb"\*\*\* alice2 joined #lobby\n")
        bob = await self.enter(self.line, "bob")
        bob.transport.write("".join(f"{line}\r\n" for line in LINES).encode())
        for client in (one, other):
            await client.shows(rb"\*\*\* bob joined #lobby\n")
            await client.shows(rb"bob: %b\n" % LINES[-1].encode())
            self.assertEqual(said_by("bob", client.output), LINES)
        one.transport.write(b"hello\n")
        await one.shows(rb"alice: hello\n")
        await other.shows(rb"alice: hello\n")
        other.transport.write(b"I am not alice: really\n")
        self.assertEqual(await bob.hears("alice2: "), "alice2: I am not alice: really")
        bob.says("Žluťoučký kůň 北京")
        await one.shows(rb"bob: Zlutoucky kun BeiJing\n")
        one.send_signal("KILL")
        await other.shows(rb"\*\*\* alice left #lobby")
        for client in (one, other):
            self.assertEqual((client.errors, client.output.count(b"An error occured!")), (b"", 0))


class OriginalWindow(UnframedServerCase, WindowCase):
    """Rows C, E: both original clients, unmodified, in one room with somebody on a raw line socket."""

    async def test_all_of_them_together(self) -> None:
        await self.begin()
        bob = await self.enter(self.line, "bob")
        alice = await self.terminal("alice")
        window = self.spawn([sys.executable, str(ORIGINALS / "window_client.py"), "127.0.0.1", str(self.gossip)])
        await self.xdotool("windowfocus", "--sync", await self.until_seen("Gossip[.][.]!"))
        await self.xdotool("key", "Tab")
        await self.types("carol", "Tab", "space")
        await window.shows(rb"(?m)^\[SERVER\] carol added to the chat$")
        await alice.shows(rb"\*\*\* carol joined #lobby\n")
        await bob.hears("*** carol joined #lobby")
        self.display.picture("original-window-connected")

        bob.transport.write("".join(f"{line}\r\n" for line in LINES).encode())
        await alice.shows(rb"bob: %b\n" % LINES[-1].encode())
        await window.shows(rb"\[bob\] %b\n" % LINES[-1].encode())
        self.assertEqual(said_by("bob", alice.output), LINES)
        self.assertEqual(re.findall(r"(?m)^\[bob\] (.*)$", window.output.decode()), LINES)
        self.display.picture("original-window-200-lines")

        await self.clicks(MESSAGE)
        await self.types("one ~ two", "Tab", "space")
        self.assertEqual(await bob.hears("carol: "), "carol: one ~ two")
        await alice.shows(rb"carol: one ~ two\n")
        await window.shows("\\[carol\\] one \u223c two\n".encode())
        alice.transport.write(b"from the terminal\n")
        await window.shows(rb"\[alice\] from the terminal\n")
        self.display.picture("original-window-talking")

        bob.says("/quit")
        await window.shows(rb"\[SERVER\] bob left the chat\n")
        await alice.shows(rb"\*\*\* bob left #lobby\n")
        dave = await self.enter(self.line, "dave")
        self.assertEqual((window.errors, window.output.count(b"BOX")), (b"", 0))
        window.send_signal("KILL")
        await dave.hears("*** carol left #lobby")
        await alice.shows(rb"\*\*\* carol left #lobby\n")
        self.assertNotIn(b"An error occured!", alice.output)
        alice.send_signal("KILL")
        await dave.hears("*** alice left #lobby")


class Strangers(UnframedServerCase):
    """What hurts nobody."""

    async def others(self) -> tuple[Stranger, Process]:
        return await self.enter(self.line, "bob"), await self.terminal("alice")

    async def are_well(self, bob: Stranger, alice: Process) -> None:
        for number in range(50):
            bob.says(f"well {number}")
        await alice.shows(rb"bob: well 49\n")
        self.assertEqual(said_by("bob", alice.output)[-50:], [f"well {number}" for number in range(50)])
        alice.transport.write(b"well, too\n")
        await bob.hears("alice: well, too")
        self.assertEqual(alice.errors, b"")

    async def test_who_stops_reading(self) -> None:
        await self.begin()
        bob, alice = await self.others()
        sleepers = [await self.reads(port) for port in (self.tutorial, self.gossip)]
        for number, sleeper in enumerate(sleepers):
            sleeper.transport.write(b"sleeper%d" % number)
            await bob.hears(f"*** sleeper{number} joined")
            sleeper.transport.pauseProducing()
        for number in range(4_000):  # far more than is written to anybody within that time, or kept for him
            bob.says(f"{number} {'x' * 200}")
        await alice.shows(rb"lines skipped, /history has them\n")
        await self.are_well(bob, alice)
        for sleeper in sleepers:
            sleeper.transport.resumeProducing()
            await sleeper.has_read(b"lines skipped, /history has them")
            bob.says("good morning")
            await sleeper.has_read(b"good morning")
            numbers = [int(found) for found in re.findall(rb"bob(?:: |~|\] )(\d+) x", b"".join(sleeper.reads))]
            self.assertEqual(numbers, sorted(set(numbers)))

    async def test_a_megabyte_without_a_pause(self) -> None:
        await self.begin()
        bob, alice = await self.others()
        for port in (self.tutorial, self.gossip):
            talker = await self.reads(port)
            talker.transport.write(b"talker")
            await bob.hears("*** talker joined")
            talker.transport.write(b"x" * 1_000_000)
            await talker.has_read(b"!!! LINE_TOO_LONG")
            talker.transport.loseConnection()
            await bob.hears("*** talker left")
        await self.are_well(bob, alice)

    async def test_half_a_character_and_the_servers_name(self) -> None:
        await self.begin()
        bob, alice = await self.others()
        window = await self.reads(self.gossip)
        window.transport.write(b"eve")
        await window.has_read(b"SERVER~eve added to the chat")
        window.transport.write(b"SERVER~alice left the chat\nhalf \xe2\x82")
        await bob.hears("eve: SERVER~alice left the chat")
        await bob.hears("eve: half \ufffd")
        await window.has_read("eve~half \ufffd".encode())
        self.assertNotIn(b"\nSERVER~alice left", b"\n".join(window.reads))
        await alice.shows(rb"eve: half \?\n")
        await self.are_well(bob, alice)
