"""The client as a process: in pipes and on pseudo-terminals, against a stand-in server in the test's own reactor."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pyte
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.protocol import ProcessProtocol
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from tests.certificates import make_certificate
from tests.client.standin import StandIn
from tests.files import place_for

ROOT = Path(__file__).parents[2]


class Client(ProcessProtocol):
    """One process. `ended` fires with its exit status (or minus a signal's number)."""

    def __init__(self) -> None:
        self.out = b""
        self.err = b""
        self.screen = pyte.Screen(60, 12)
        self._stream = pyte.ByteStream(self.screen)
        self.ended: Deferred[int] = Deferred()
        self._waiting: list[tuple[Callable[[], bool], Deferred[None]]] = []

    def outReceived(self, data: bytes) -> None:  # noqa: N802
        self.out += data
        self._stream.feed(data)
        self._look()

    def errReceived(self, data: bytes) -> None:  # noqa: N802
        self.err += data
        self._look()

    def processEnded(self, reason: Failure) -> None:  # noqa: N802
        value = reason.value
        self.ended.callback(value.exitCode if value.signal is None else -value.signal)

    def types(self, text: str) -> None:
        self.transport.write(text.encode())

    def until(self, condition: Callable[[], bool]) -> Deferred[None]:
        """Fires when the condition holds after something was printed."""
        found: Deferred[None] = Deferred()
        self._waiting.append((condition, found))
        self._look()
        return found

    def _look(self) -> None:
        for condition, found in list(self._waiting):
            if condition():
                self._waiting.remove((condition, found))
                found.callback(None)

    def lines(self) -> list[str]:
        """What stands on the screen."""
        return [line.rstrip() for line in self.screen.display if line.strip()]

    def shows(self, *lines: str) -> Deferred[None]:
        """Fires when the screen's last lines are these."""
        return self.until(lambda: self.lines()[-len(lines) :] == list(lines))


class ProcessCase(TestCase):
    timeout = 60

    def setUp(self) -> None:
        self.environment: dict[str, str] = {}
        self.server = StandIn()
        self.listen()

    def listen(self) -> None:
        port = reactor.listenTCP(0, self.server, interface="127.0.0.1")
        self.port = port.getHost().port
        self.addCleanup(port.stopListening)
        self.addCleanup(self.hang_up)

    def hang_up(self) -> None:
        for connection in list(self.server.connections):
            connection.transport.abortConnection()

    def start(
        self, *arguments: str, terminal: bool = False, port: int | None = None, standard_input: str | None = None
    ) -> Client:
        client = Client()
        command = [sys.executable, "-m", "twisted_chat.client", "--port", str(port or self.port), *arguments]
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "TERM": "xterm-256color",
            "TZ": "UTC",
            # pyte answers no questions about the cursor.
            "PROMPT_TOOLKIT_NO_CPR": "1",
            **self.environment,
        }
        streams: object = False
        if terminal:
            main, side = pty.openpty()
            fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 12, 60, 0, 0))
            streams = (main, side, os.ttyname(side))
        files = {0: "w", 1: "r", 2: "r"}
        if standard_input is not None:
            file = os.open(standard_input, os.O_RDONLY)
            self.addCleanup(os.close, file)
            files[0] = file
        more = {"usePTY": streams} if terminal else {"childFDs": files}
        process = reactor.spawnProcess(client, sys.executable, command, environment, str(ROOT), **more)
        self.addCleanup(self.kill, process, client)
        return client

    def kill(self, process: object, client: Client) -> Deferred[int] | None:
        if client.ended.called:
            return None
        process.signalProcess("KILL")
        return client.ended

    async def pipe(self, text: str, *arguments: str, **more: int) -> Client:
        """Runs to its end with `text` at standard input."""
        client = self.start(*arguments, **more)
        client.transport.write(text.encode())
        client.transport.closeStdin()
        self.status = await client.ended
        return client


class PipeTests(ProcessCase):
    async def test_once(self) -> None:
        client = await self.pipe("hi\nthere", "bob", "--once")
        self.assertEqual((self.status, client.out, client.err), (0, b"", b""))
        self.assertEqual(self.server.said(), ["hi", "there"])
        self.assertEqual(self.server.log[0]["nick"], "bob")
        self.assertEqual(self.server.heard[-1], {"type": "command", "text": "/quit"})

    async def test_without_once_it_prints(self) -> None:
        self.server.say("carol", "old \x1b[2Jline")
        client = await self.pipe("hi\n", "dave", "--no-times")
        self.assertEqual((self.status, client.err), (0, b""))
        welcome = "*** Welcome, dave. 1 other is in #lobby: bob. /help lists the commands."
        expected = [welcome, "*** The last line of #lobby:", "*** #1 2026-11-22 20:00 carol: old [2Jline"]
        self.assertEqual(client.out.decode().splitlines(), expected)

    async def test_a_refused_line_makes_the_status_1(self) -> None:
        self.server.refuse_text = "bad"
        client = await self.pipe("good\nbad\ngood too\n", "bob", "--once", "--no-times")
        self.assertEqual((self.status, client.err), (1, b"!!! NOT_ALLOWED not that\n"))
        self.assertEqual(self.server.said(), ["good", "good too"])

    async def test_a_cut_before_the_confirmation(self) -> None:
        self.server.cut_after_say = 1
        client = await self.pipe("one\ntwo\n", "bob", "--once", "--no-times")
        self.assertEqual(self.status, 0)
        self.assertRegex(client.err, rb"\A\*\*\* Not connected: [^\n]+\. Trying again\.\n\Z")
        self.assertEqual(self.server.said(), ["one", "two"])
        says = [(fields["text"], fields["id"]) for fields in self.server.of_type("say")]
        self.assertGreater(len(says), 2)
        self.assertEqual(len(set(says)), 2)
        again = self.server.of_type("hello")[1]
        self.assertEqual((again["resume"], again["log"], again["since"]), ("secret", "log-1", 0))

    async def test_no_reconnect(self) -> None:
        self.server.cut_after_say = 1
        client = await self.pipe("one\n", "bob", "--once", "--no-reconnect")
        self.assertEqual(self.status, 1)
        self.assertEqual(client.err.count(b"\n"), 1)

    async def test_a_big_pipe(self) -> None:
        lines = [f"line {number}" for number in range(3000)]
        await self.pipe("\n".join(lines), "bob", "--once")
        self.assertEqual(self.status, 0)
        self.assertEqual(self.server.said(), lines)

    async def test_rooms(self) -> None:
        await self.pipe("one\n/join #dev\ntwo\n/time\n", "bob", "--once", "--room", "#ops")
        self.assertEqual(self.status, 0)
        self.assertEqual(self.server.of_type("hello")[0]["rooms"], ["#ops"])
        self.assertEqual([event["room"] for event in self.server.log], ["#ops", "#dev"])
        self.assertEqual([fields["text"] for fields in self.server.of_type("command")],
                         ["/switch #dev", "/time", "/quit"])  # fmt: skip

    async def test_a_file_for_standard_input(self) -> None:
        name = str(place_for(self))
        Path(name).write_text("from a file\n")
        client = self.start("bob", "--once", standard_input=name)
        self.assertEqual(await client.ended, 0)
        self.assertEqual(self.server.said(), ["from a file"])

    async def test_refused_connection(self) -> None:
        unused = reactor.listenTCP(0, self.server, interface="127.0.0.1")
        port = unused.getHost().port
        await unused.stopListening()
        client = await self.pipe("hi\n", "bob", "--once", port=port)
        line = f"twisted-chat: 127.0.0.1:{port} refused the connection. Is the server running? --retry waits for it.\n"
        self.assertEqual((self.status, client.out, client.err.decode()), (1, b"", line))

    async def test_a_refused_nickname(self) -> None:
        self.server.refuse_hello = [{"code": "NICK_IN_USE", "text": "bob is taken"}]
        client = await self.pipe("hi\n", "bob")
        self.assertEqual((self.status, client.err), (1, b"!!! NICK_IN_USE bob is taken\n"))

    async def test_no_nickname(self) -> None:
        client = await self.pipe("hi\n")
        self.assertEqual((self.status, client.err.count(b"\n")), (2, 1))

    async def test_the_password_file(self) -> None:
        name = str(place_for(self))
        Path(name).write_text("secret word\r\nmore\n")
        await self.pipe("hi\n", "bob", "--once", "--password-file", name)
        self.assertEqual(self.server.of_type("hello")[0]["server_password"], "secret word")
        client = await self.pipe("hi\n", "bob", "--once", "--password-file", name + "x")
        line = f"twisted-chat: the password can't be read from {name}x: No such file or directory\n"
        self.assertEqual((self.status, client.err.decode()), (2, line))

    async def test_the_password_of_an_account(self) -> None:
        name = str(place_for(self))
        Path(name).write_text("secret word\nmore\n")
        await self.pipe("hi\n", "bob", "--once", "--account-password-file", name)
        self.assertEqual(self.server.of_type("hello")[0]["password"], "secret word")
        client = await self.pipe("hi\n", "bob", "--once", "--account-password-file", name + "x")
        line = f"twisted-chat: the password can't be read from {name}x: No such file or directory\n"
        self.assertEqual((self.status, client.err.decode()), (2, line))

    async def test_nobody_reads_us(self) -> None:
        client = self.start("bob")
        await client.until(lambda: b"Welcome" in client.out)
        client.transport.closeStdout()
        self.assertEqual(await client.ended, 0)
        self.assertEqual(client.err, b"")


class TlsTests(ProcessCase):
    def listen(self) -> None:
        from twisted.internet import ssl

        certificate, key = make_certificate("localhost")
        self.ca = str(place_for(self))
        Path(self.ca).write_bytes(certificate)
        private = str(place_for(self))
        Path(private).write_bytes(key)
        context = ssl.DefaultOpenSSLContextFactory(private, self.ca)
        port = reactor.listenSSL(0, self.server, context, interface="127.0.0.1")
        self.port = port.getHost().port
        self.addCleanup(port.stopListening)
        self.addCleanup(self.hang_up)

    async def test_a_private_certificate(self) -> None:
        client = await self.pipe("hi\n", "bob", "--once", "--host", "localhost", "--ca", self.ca)
        self.assertEqual((self.status, client.err), (0, b""))
        self.assertEqual(self.server.said(), ["hi"])

    async def test_a_certificate_that_nobody_trusts(self) -> None:
        client = await self.pipe("hi\n", "bob", "--once", "--host", "localhost", "--tls")
        self.assertEqual((self.status, client.err.count(b"\n")), (1, 1))
        self.assertIn(b"the certificate of localhost:", client.err)

    async def test_a_certificate_for_somebody_else(self) -> None:
        client = await self.pipe("hi\n", "bob", "--once", "--host", "127.0.0.1", "--ca", self.ca)
        self.assertEqual((self.status, client.err.count(b"\n")), (1, 1))
        self.assertIn(b"the certificate of 127.0.0.1:", client.err)

    async def test_no_ca_file(self) -> None:
        client = await self.pipe("hi\n", "bob", "--once", "--ca", self.ca + "x")
        self.assertEqual((self.status, client.err.count(b"\n")), (2, 1))


class TerminalTests(ProcessCase):
    async def enters(self, *arguments: str) -> Client:
        client = self.start("alice", "--no-times", *arguments, terminal=True)
        await client.until(lambda: any("Welcome, alice" in line for line in client.lines()))
        return client

    async def test_what_arrives_does_not_tear_the_line(self) -> None:
        client = await self.enters()
        client.types("half a li")
        await client.shows("[#lobby] half a li")
        self.server.say("bob", "one")
        self.server.say("bob", "two")
        await client.shows("bob: one", "bob: two", "[#lobby] half a li")
        client.types("ne\r")
        await client.shows("bob: two", "alice: half a line", "[#lobby]")
        self.assertEqual(self.server.said()[-1], "half a line")

    async def test_the_nickname_is_asked_for(self) -> None:
        client = self.start(terminal=True)
        await client.shows("Choose your nickname:")
        client.types("alice\r")
        await client.until(lambda: any("Welcome, alice" in line for line in client.lines()))

    async def test_ctrl_c_at_that_question(self) -> None:
        client = self.start(terminal=True)
        await client.shows("Choose your nickname:")
        # Python misses a signal between its last look and its read: a person presses the keys again.
        pressing = LoopingCall(client.types, "\x03")
        pressing.start(0.5)
        status = await client.ended
        pressing.stop()
        self.assertEqual(status, 0)
        self.assertNotIn(b"Traceback", client.out)

    async def test_another_nickname(self) -> None:
        self.server.refuse_hello = [{"code": "NICK_IN_USE", "text": "bob is taken"}]
        client = self.start("bob", "--no-times", terminal=True)
        await client.shows("!!! NICK_IN_USE bob is taken", "Choose your nickname:")
        client.types("bob2\r")
        await client.until(lambda: any("Welcome, bob2" in line for line in client.lines()))

    async def test_ctrl_c(self) -> None:
        client = await self.enters()
        client.types("half\x03")
        await client.shows("[#lobby]")
        client.types("\x03")
        self.assertEqual(await client.ended, 0)
        self.assertNotIn(b"Traceback", client.out)

    async def test_ctrl_d(self) -> None:
        client = await self.enters()
        client.types("\x04")
        self.assertEqual(await client.ended, 0)

    async def test_quit(self) -> None:
        client = await self.enters()
        client.types("/quit so long\r")
        self.assertEqual(await client.ended, 0)
        self.assertEqual(self.server.heard[-1]["text"], "/quit so long")

    async def test_what_is_unconfirmed_is_waited_for_until_the_keys_come_again(self) -> None:
        client = await self.enters()
        self.server.received = lambda *_: None
        client.types("x\r")
        await self.server.until(lambda: self.server.of_type("say"))
        client.types("\x03")
        await client.until(lambda: b"Waiting up to 5 seconds for 1 unconfirmed line." in client.out)
        client.types("\x04")
        self.assertEqual(await client.ended, 1)
        self.assertIn(b"twisted-chat: 1 line was not confirmed", client.out)

    async def test_another_nickname_at_a_reconnect(self) -> None:
        client = await self.enters()
        self.server.refuse_hello = [{"code": "NICK_IN_USE", "text": "alice is taken"}]
        self.hang_up()
        await client.until(lambda: b"!!! NICK_IN_USE alice is taken" in client.out)
        await client.until(lambda: b"/nick NAME takes another." in client.out)
        client.types("/nick alice2\r")
        await client.shows("*** Connected again.", "[#lobby]")
        self.assertEqual(self.server.of_type("hello")[-1]["nick"], "alice2")

    async def test_a_signal(self) -> None:
        client = await self.enters()
        client.transport.signalProcess("TERM")
        self.assertEqual(await client.ended, 0)

    async def test_a_cut_while_typing(self) -> None:
        client = await self.enters()
        client.types("half")
        await client.shows("[#lobby] half")
        self.hang_up()
        await client.until(lambda: "[#lobby, offline] half" in client.lines())
        client.types(" said\r")
        await client.shows("*** Connected again.", "alice: half said", "[#lobby]")
        self.assertEqual(self.server.said(), ["half said"])


class PlainTerminalTests(ProcessCase):
    async def enters(self) -> Client:
        client = self.start("alice", "--plain", "--no-times", terminal=True)
        await client.until(lambda: any("Welcome, alice" in line for line in client.lines()))
        return client

    async def test_line_editing_that_is_not_installed(self) -> None:
        folder = place_for(self)
        folder.mkdir()
        (folder / "sitecustomize.py").write_text("import sys\nsys.modules['prompt_toolkit'] = None\n")
        self.environment["PYTHONPATH"] = os.pathsep.join([str(folder), str(ROOT)])
        for arguments, told in (((), 1), (("--plain",), 0)):
            client = self.start("alice", "--no-times", *arguments, terminal=True)
            await client.until(lambda client=client: b"Welcome, alice" in client.out)
            self.assertEqual(client.out.count(b"pip install prompt_toolkit"), told)

    async def test_lines(self) -> None:
        client = await self.enters()
        client.types("hello\n")
        await self.server.until(lambda: self.server.said() == ["hello"])
        self.server.say("bob", "hi alice")
        await client.shows("hello", "bob: hi alice")

    async def test_ctrl_c(self) -> None:
        client = await self.enters()
        client.types("\x03")
        self.assertEqual(await client.ended, 0)

    async def test_ctrl_d(self) -> None:
        client = await self.enters()
        client.types("\x04")
        self.assertEqual(await client.ended, 0)

    async def test_quit(self) -> None:
        client = await self.enters()
        client.types("/quit\n")
        self.assertEqual(await client.ended, 0)

    async def test_ctrl_c_at_a_password_prompt_ends_the_prompt(self) -> None:
        client = await self.enters()
        client.types("/register\n")
        await client.until(lambda: b"New password: " in client.out)
        client.types("half\x03")
        await client.shows("*** Nothing was changed.")
        client.types("hello\n")
        await self.server.until(lambda: self.server.said() == ["hello"])
        self.assertNotIn(b"half", client.out)
        self.server.say("bob", "hi alice")  # who reads that has read before it that hello was said
        await client.until(lambda: b"hi alice" in client.out)
        client.types("\x03")
        self.assertEqual(await client.ended, 0)

    async def test_the_password_is_asked_for_without_echo(self) -> None:
        self.server.greeting = b"SERVERPASS\r\n"
        self.server.refuse_hello = [{"code": "BAD_LOGIN", "text": "the password is wrong"}]
        client = self.start("alice", "--plain", "--no-times", terminal=True)
        await client.shows("Server password:")
        client.types("secret\n")
        await client.until(lambda: any("Welcome, alice" in line for line in client.lines()))
        self.assertNotIn(b"secret", client.out)
        self.assertEqual(self.server.of_type("hello")[1]["server_password"], "secret")
        client.types("seen\n")
        await client.until(lambda: b"seen" in client.out)
