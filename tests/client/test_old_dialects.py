"""The client as a process, talking to the original servers (row E: `--dialect`), each a process, too."""

from __future__ import annotations

import ast
import re
import socket
import sys

from twisted.internet import reactor

from tests.client.test_processes import ROOT, Client, ProcessCase


class OriginalCase(ProcessCase):
    """`original` is the server; what it prints is what it saw."""

    program = ""
    dialect = ""
    listens = rb"on 127\.0\.0\.1 (\d+)\n"

    async def setUp(self) -> None:
        self.environment: dict[str, str] = {}
        await self.starts_original(0)

    async def starts_original(self, port: int) -> None:
        self.original = Client()
        command = [sys.executable, str(ROOT / "tests" / "originals" / self.program), str(port)]
        self.process = reactor.spawnProcess(self.original, sys.executable, command, None)
        self.addCleanup(self.kill, self.process, self.original)
        await self.original.until(lambda: re.search(self.listens, self.original.out) is not None)
        self.port = int(re.search(self.listens, self.original.out)[1])

    def enter(self, nick: str, *arguments: str, terminal: bool = False) -> Client:
        return self.start(nick, "--no-times", "--dialect", self.dialect, *arguments, terminal=terminal)

    async def enters(self, nick: str, *, terminal: bool = False) -> Client:
        client = self.enter(nick, terminal=terminal)
        await client.until(lambda: f"You are in as {nick}".encode() in client.out)
        return client

    async def sends(self, text: str, *arguments: str) -> Client:
        return await self.pipe(text, "alice", "--no-times", "--dialect", self.dialect, *arguments)

    def got(self) -> bytes:
        """All that the server read. Where it cut that, a busy machine decides: see test_unframed for the writes."""
        found = re.findall(r"^got (.*)$", self.original.out.decode(), re.MULTILINE)
        return b"".join(ast.literal_eval(each) for each in found)

    async def has_got(self, *messages: bytes) -> None:
        await self.original.until(lambda: self.got() == b"".join(messages))

    async def prints(self, client: Client, *lines: str) -> None:
        """Waits until these are the last lines that it printed in a pipe."""
        await client.until(lambda: client.out.decode().splitlines()[-len(lines) :] == list(lines))


class TerminalServerTests(OriginalCase):
    """Rows A3, A8, A13, and B."""

    program = "terminal_server.py"
    dialect = "tutorial"

    async def test_once(self) -> None:
        """Row B: UTF-8, and an empty line sends nothing."""
        client = await self.sends("one\n\ntwö\nthree", "--once")
        self.assertEqual((self.status, client.out, client.err), (0, b"", b""))
        await self.has_got(b"alice: one", "alice: twö".encode(), b"alice: three")

    async def test_people_hear_each_other(self) -> None:
        bob = await self.enters("bob")
        alice = await self.enters("alice")
        await self.prints(bob, "alice joined the chat!")
        alice.types("Grüße, bob\n")
        await self.prints(bob, "alice: Grüße, bob")
        bob.types("hi alice\n")
        await self.prints(alice, "bob: hi alice")
        alice.types("/quit\n")
        self.assertEqual(await alice.ended, 0)
        await self.prints(bob, "alice left the chat!")
        self.assertEqual(alice.err + bob.err, b"")

    async def test_a_person_who_says_nick(self) -> None:
        """Row B: it is a request only before we are in."""
        alice = await self.enters("alice")
        bob = socket.create_connection(("127.0.0.1", self.port))
        self.addCleanup(bob.close)
        bob.sendall(b"bob")
        await self.prints(alice, "bob joined the chat!")
        bob.sendall(b"NICK")
        await self.prints(alice, "NICK")
        alice.types("what?\n")
        await self.has_got(b"NICK", b"alice: what?")

    async def test_a_message_for_one_is_not_sent_to_all(self) -> None:
        client = await self.sends("/msg bob secret\nhi\n", "--once")
        self.assertEqual((self.status, client.err.count(b"\n")), (1, 1))
        self.assertTrue(client.err.startswith(b"!!! NOT_SENT "))
        await self.has_got(b"alice: hi")

    async def test_a_long_text(self) -> None:
        """Row A12."""
        await self.sends("word " * 400, "--once")
        self.assertEqual(self.status, 0)
        await self.original.until(lambda: b"alice left" in self.original.out)
        self.assertEqual((self.got().count(b"alice: word"), self.got().count(b"word")), (3, 400))

    async def test_the_server_goes_and_comes_back(self) -> None:
        """Row B: the end of the stream is an end; what is typed meanwhile waits."""
        alice = await self.enters("alice")
        alice.types("one\n")
        await self.has_got(b"alice: one")
        self.process.signalProcess("KILL")
        await alice.until(lambda: b"Trying again" in alice.err)
        alice.types("two\n")
        await self.starts_original(self.port)
        await self.has_got(b"alice: two")
        await alice.until(lambda: b"*** Connected again.\n" in alice.out)

    async def test_nobody_listens(self) -> None:
        """Rows A2 and B."""
        self.process.signalProcess("KILL")
        await self.original.ended
        client = await self.sends("hi\n")
        self.assertEqual((self.status, client.out), (1, b""))
        self.assertRegex(client.err, rb"\Atwisted-chat: 127[^\n]+ refused the connection\. [^\n]+\n\Z")

    async def test_waiting_for_the_server(self) -> None:
        """Row A2."""
        self.process.signalProcess("KILL")
        await self.original.ended
        alice = self.enter("alice", "--retry")
        await alice.until(lambda: b"Trying again" in alice.err)
        await self.starts_original(self.port)
        await alice.until(lambda: b"You are in as alice" in alice.out)

    async def test_at_a_terminal(self) -> None:
        """Row B: what arrives does not tear the line being typed; one's own line is shown once, where it comes back."""
        alice = await self.enters("alice", terminal=True)
        alice.types("half a li")
        await alice.shows("[#lobby] half a li")
        bob = await self.enters("bob")
        bob.types("hello\n")
        await alice.shows("bob joined the chat!", "bob: hello", "[#lobby] half a li")
        alice.types("ne\r")
        await alice.shows("bob: hello", "alice: half a line", "[#lobby]")
        alice.types("b\t")
        await alice.shows("[#lobby] bob:")
        alice.types("\x03")
        await alice.shows("[#lobby]")
        alice.types("\x03")
        self.assertEqual(await alice.ended, 0)
        self.assertNotIn(b"Traceback", alice.out)

    async def test_the_nickname_is_asked_for_before_connecting(self) -> None:
        """Row B."""
        alice = self.start("--dialect", self.dialect, terminal=True)
        await alice.shows("Choose your nickname:")
        self.assertNotIn(b"joined", self.original.out)
        alice.types("alice\r")
        await self.original.until(lambda: b"alice joined" in self.original.out)
        alice.types("\x04")
        self.assertEqual(await alice.ended, 0)


class WindowServerTests(OriginalCase):
    """Rows C6, C8, C9."""

    program = "window_server.py"
    dialect = "gossip"

    async def test_once(self) -> None:
        client = await self.sends("one~\n\ntwö\n", "--once")
        self.assertEqual((self.status, client.out, client.err), (0, b"", b""))
        await self.has_got(b"alice", b"one~", "twö".encode())

    async def test_people_hear_each_other(self) -> None:
        bob = await self.enters("bob")
        alice = await self.enters("alice", terminal=True)
        await alice.shows("[SERVER] alice added to the chat", "[#lobby]")
        await self.prints(bob, "[SERVER] alice added to the chat")
        alice.types("/me waves\r")
        await alice.shows("[alice] * waves", "[#lobby]")
        await self.prints(bob, "[alice] * waves")
        bob.types("a ~ b\n")
        await alice.shows("[bob] a ~ b", "[#lobby]")


class OtherServerTests(ProcessCase):
    async def test_our_own_servers_line_port(self) -> None:
        for dialect in ("tutorial", "gossip"):
            client = await self.pipe("hi\n", "alice", "--dialect", dialect)
            line = f"twisted-chat: the server speaks in lines: leave out --dialect {dialect}\n"
            self.assertEqual((self.status, client.err.decode()), (1, line))
        self.assertEqual(self.server.heard, [])
