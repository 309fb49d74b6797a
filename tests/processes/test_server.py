"""twistd chat as a process: it starts, is entered, ends in order, and says in one line why it does not start."""

from __future__ import annotations

import os
import resource
import socket
import termios
from pathlib import Path

from twisted.internet.endpoints import SSL4ClientEndpoint, connectProtocol
from twisted.internet.ssl import Certificate, optionsForClientTLS
from twisted.internet.task import deferLater

from tests.processes.server import TWISTD, Process, ServerCase, Stranger, reactor


class Talking(ServerCase):
    async def test_two_people(self) -> None:
        _server, port = await self.start()
        alice = await self.enter(port, "alice")
        bob = await self.enter(port, "bob")
        await alice.hears("*** bob joined #lobby")
        alice.says("hello")
        self.assertEqual(await bob.hears("hello"), "alice: hello")

    async def test_nc_that_ends_its_input_gets_its_answers(self) -> None:
        _server, port = await self.start()
        nc = self.spawn([self.program("nc"), "-N", "127.0.0.1", str(port)])
        nc.transport.write(b"alice\n/names\nlast words\n")
        nc.transport.closeStdin()
        self.assertEqual(await nc.ended, 0)
        self.assertIn(b"*** 1 in #lobby: alice\r\n", nc.output)

    async def test_telnet(self) -> None:
        _server, port = await self.start()
        bob = await self.enter(port, "bob")
        telnet = self.spawn([self.program("telnet"), "127.0.0.1", str(port)], usePTY=True)
        await telnet.shows(b"NICK")
        telnet.transport.write(b"tina\r\n")
        await telnet.shows(rb"Welcome, tina")
        telnet.transport.write(b"by telnet\r\n")
        self.assertEqual(await bob.hears("telnet"), "tina: by telnet")

    async def shows_what_is_typed(self, process: Process, shows: bool) -> None:
        """Wait until the terminal of a process does, or does not, line by line."""
        while True:
            flags = termios.tcgetattr(process.transport.fd)[3]
            if flags & (termios.ECHO | termios.ICANON) == (termios.ECHO if shows else 0) | termios.ICANON:
                return
            await deferLater(reactor, 0.01)

    async def test_telnet_that_speaks_it_hides_what_is_typed_at_a_prompt(self) -> None:
        """By itself it does so at port 23 only; a - before the port, or any command of the user's, makes it begin."""
        _server, port = await self.start()
        bob = await self.enter(port, "bob")
        for nick, arguments in (("tina", ["--", "127.0.0.1", f"-{port}"]), ("timo", ["127.0.0.1", str(port)])):
            telnet = self.spawn([self.program("telnet"), *arguments], usePTY=True)
            await telnet.shows(b"NICK")
            if nick == "timo":
                telnet.transport.write(b"\x1d")
                await telnet.shows(b"telnet> ")
                telnet.transport.write(b"send ayt\r")
            telnet.transport.write(nick.encode() + b"\r")
            await telnet.shows(b"Welcome, " + nick.encode())
            telnet.transport.write(b"/register\r")
            await telnet.shows(b"a new password;")
            await self.shows_what_is_typed(telnet, False)
            telnet.transport.write(b"open sesme\x7f\x7fame\r")
            await telnet.shows(b"the new password again;")
            telnet.transport.write(b"open sesame\r")
            await telnet.shows(nick.encode() + b" is yours now")
            self.assertNotIn(b"open", telnet.output)
            self.assertNotIn(b"\xff", telnet.output)
            await self.shows_what_is_typed(telnet, True)
            telnet.transport.write(b"good mornnig\x7f\x7f\x7fing\r")
            await telnet.shows(b"good morn")
            self.assertEqual(await bob.hears("good"), f"{nick}: good morning")
            telnet.transport.write(b"/quit\r")
            await telnet.ended

    async def test_tls(self) -> None:
        certificate = self.certificate()
        _server, port = await self.start(port="ssl:0:interface=127.0.0.1:privateKey=key.pem:certKey=cert.pem")
        trusted = optionsForClientTLS("localhost", Certificate.loadPEM(certificate.read_bytes()))
        people = []
        for nick in ("alice", "bob"):
            endpoint = SSL4ClientEndpoint(reactor, "127.0.0.1", port, trusted)
            stranger: Stranger = await connectProtocol(endpoint, Stranger())
            self.addCleanup(stranger.transport.abortConnection)
            await stranger.hears("NICK")
            stranger.says(nick)
            await stranger.hears("Welcome")
            people.append(stranger)
        text = "x" * 1900
        for _line in range(10):
            people[0].says(text)
        for _line in range(10):
            self.assertEqual(await people[1].hears("alice: x"), f"alice: {text}")

    async def test_who_ends_over_tls_has_said_all_of_it(self) -> None:
        """There is no half close over TLS: the end may come with lines that are still held back for the rate."""
        certificate = self.certificate()
        _server, port = await self.start(port="ssl:0:interface=127.0.0.1:privateKey=key.pem:certKey=cert.pem")
        trusted = optionsForClientTLS("localhost", Certificate.loadPEM(certificate.read_bytes()))
        alice, bob = [
            await connectProtocol(SSL4ClientEndpoint(reactor, "127.0.0.1", port, trusted), Stranger())
            for _person in range(2)
        ]
        self.addCleanup(alice.transport.abortConnection)
        alice.says("alice")
        await alice.hears("Welcome")
        await bob.hears("NICK")
        bob.says("bob\n" + "\n".join(f"line {number}" for number in range(40)))
        bob.transport.loseConnection()
        for number in range(40):
            self.assertEqual(await alice.hears("bob: "), f"bob: line {number}")
        self.assertEqual(await alice.hears("*** bob left"), "*** bob left #lobby")

    async def test_a_last_line_needs_no_end(self) -> None:
        _server, port = await self.start()
        alice = await self.enter(port, "alice")
        nc = self.spawn([self.program("nc"), "-N", "127.0.0.1", str(port)])
        nc.transport.write(b"bob\nhello")
        nc.transport.closeStdin()
        self.assertEqual(await alice.hears("bob: "), "bob: hello")

    async def test_a_server_password(self) -> None:
        (self.folder / "secret").write_text("sesame\n")
        server, port = await self.start("--password-file", "secret")
        stranger = await self.connect(port)
        await stranger.hears("SERVERPASS")
        stranger.says("wrong")
        await stranger.hears("!!! BAD_LOGIN")
        await stranger.hears("SERVERPASS")
        stranger.says("sesame")
        await stranger.hears("NICK")
        self.assertNotIn(b"sesame", server.output)
        self.assertNotIn("sesame", Path(f"/proc/{server.transport.pid}/cmdline").read_text())

    async def test_one_that_stalls_is_no_trouble_for_the_others(self) -> None:
        _server, port = await self.start("--rate", "off")
        stalled = await self.enter(port, "sloth")
        stalled.transport.pauseProducing()
        bob = await self.enter(port, "bob")
        alice = await self.enter(port, "alice")
        text = "y" * 1900
        said = 3_000  # far over what the kernel and the outbox hold for one
        for number in range(said):
            alice.says(f"{number} {text}")
            if number % 100 == 99:  # or bob, who shares a process with alice, would be too slow as well
                await bob.hears(f"alice: {number} y")
        stalled.transport.resumeProducing()
        await stalled.hears("skipped, /history has them")
        alice.says("are you there?")
        await stalled.hears("alice: are you there?")
        self.assertEqual([line for line in stalled.lines if "skipped" in line], [])


class Ending(ServerCase):
    async def ends_in_order(self, name: str) -> None:
        server, port = await self.start()
        alice = await self.enter(port, "alice")
        stranger = await self.connect(port)
        await stranger.hears("NICK")
        server.send_signal(name)
        await alice.hears("*** The server is going down")
        await stranger.hears("*** The server is going down")
        self.assertEqual(await server.ended, 0)
        self.assertNotIn(b"Traceback", server.output + server.errors)

    async def test_by_sigterm(self) -> None:
        await self.ends_in_order("TERM")

    async def test_by_ctrl_c(self) -> None:
        await self.ends_in_order("INT")

    async def test_a_second_ctrl_c_does_not_wait_for_a_stalled_reader(self) -> None:
        server, port = await self.start("--rate", "off")
        stalled = await self.enter(port, "sloth")
        stalled.transport.pauseProducing()
        alice = await self.enter(port, "alice")
        for _line in range(1000):
            alice.says("z" * 1900)
        alice.says("/time")
        await alice.hears(" UTC")
        server.send_signal("INT")
        await alice.hears("going down")
        server.send_signal("INT")
        self.assertEqual(await server.ended, 0)

    async def test_what_is_queued_is_flushed(self) -> None:
        server, port = await self.start("--rate", "off")
        slow = await self.enter(port, "slow")
        slow.transport.pauseProducing()
        alice = await self.enter(port, "alice")
        text = "z" * 1900
        said = 0
        # Until so much was said that the kernels hold less: the rest is in the server's own queue, well within its
        # soft limit, so that nothing was passed by.
        while said * len(text) - in_kernels(slow, port) < 100_000:
            for _line in range(20):
                alice.says(f"{said} {text}")
                said += 1
            alice.says("/time")
            await alice.hears(" UTC")
        server.send_signal("TERM")
        slow.transport.resumeProducing()
        for number in range(said):
            self.assertEqual((await slow.hears("alice: ")).split()[1], str(number))
        await slow.hears("*** The server is going down")
        self.assertEqual(await server.ended, 0)


def in_kernels(stranger: Stranger, port: int) -> int:
    """Bytes on their way to `stranger` that the kernel has, at either end of the connection."""
    ports = {stranger.transport.getHost().port, port}
    waiting = 0
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _number, here, there, _state, queues, *_rest = line.split()
        if {int(end.partition(":")[2], 16) for end in (here, there)} == ports:
            waiting += sum(int(queue, 16) for queue in queues.split(":"))
    return waiting


def unable(port: str) -> str:
    """What is said of an endpoint that can't be had (row C3 of the window program's server)."""
    return f"Unable to bind to host 127.0.0.1 and port {port.split(':')[1]}"


class NotStarting(ServerCase):
    async def complaint(self, process: Process, status: int = 1) -> str:
        """The one line on standard error of a process that ends with `status`."""
        self.assertEqual(await process.ended, status, (process.output + process.errors).decode())
        self.assertNotIn(b"Traceback", process.output + process.errors)
        lines = process.errors.decode().splitlines()
        self.assertEqual(len(lines), 1, lines)
        return lines[0]

    def taken(self) -> str:
        """An endpoint on a port that is in use."""
        taken = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(taken.close)
        return f"tcp:{taken.getsockname()[1]}:interface=127.0.0.1"

    async def test_a_taken_port(self) -> None:
        port = self.taken()
        line = await self.complaint(self.twistd("-n", "chat", "--port", port))
        self.assertEqual(line, f"twistd chat: {unable(port)}: Address already in use")
        self.assertEqual(os.listdir(self.folder), [], "twistd.pid was left behind")

    async def test_a_taken_port_of_an_unframed_door(self) -> None:
        """C3: nothing else runs."""
        port = self.taken()
        server = self.twistd("-n", "chat", "--port", "tcp:0:interface=127.0.0.1", "--gossip", port)
        self.assertEqual(await self.complaint(server), f"twistd chat: {unable(port)}: Address already in use")

    async def test_a_taken_port_of_a_daemon(self) -> None:
        port = self.taken()
        process = self.twistd("chat", "--port", port)
        self.assertEqual(await process.ended, 1)
        said = (process.output + process.errors).decode()
        self.assertIn(unable(port), said)
        self.assertNotIn("Traceback", said)
        log = (self.folder / "twistd.log").read_text()
        self.assertIn(f"{unable(port)}: Address already in use", log)

    async def test_a_bad_endpoint(self) -> None:
        line = await self.complaint(self.twistd("-n", "chat", "--port", "carrier-pigeon:1"))
        self.assertIn("--port carrier-pigeon:1 is no port number and no endpoint description", line)

    async def test_an_unreadable_file(self) -> None:
        line = await self.complaint(self.twistd("-n", "chat", "--motd", "missing"), 2)
        self.assertEqual(line, "twistd chat: --motd can't read missing: No such file or directory")

    async def test_more_connections_than_the_system_allows(self) -> None:
        allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 64
        line = await self.complaint(self.twistd("-n", "chat", "--max-connections", str(allowed + 1)))
        self.assertIn(f"the system allows {allowed}", line)

    async def test_tls_without_its_parts(self) -> None:
        hidden = "import sys; sys.modules['OpenSSL'] = None; " + TWISTD[-1]
        (self.folder / "key.pem").write_text("no matter")
        process = self.spawn([*TWISTD[:-1], hidden, "-n", "chat", "--port", "ssl:0:privateKey=key.pem"])
        self.assertIn("pip install 'twisted-chat[tls]'", await self.complaint(process))


class Daemon(ServerCase):
    async def test_it_goes_into_the_background_and_ends_by_its_pid(self) -> None:
        launcher = self.twistd("chat", "--port", "tcp:0:interface=127.0.0.1")
        self.assertEqual(await launcher.ended, 0, (launcher.output + launcher.errors).decode())
        pid = int((self.folder / "twistd.pid").read_text())
        log = self.spawn([self.program("tail"), "-n", "+1", "-f", "twistd.log"])
        port = int((await log.shows(rb"listens on .*port=(\d+)"))[1])
        alice = await self.enter(port, "alice")
        os.kill(pid, 15)
        await alice.hears("going down")
        await log.shows(rb"Server Shut Down")
        self.assertFalse((self.folder / "twistd.pid").exists())


class Names(ServerCase):
    async def test_twistd_knows_chat_from_any_folder(self) -> None:
        process = self.twistd("--help")
        self.assertEqual(await process.ended, 0)
        self.assertRegex(process.output.decode(), r"\n +chat +A chat server")
