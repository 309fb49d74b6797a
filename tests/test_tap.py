"""The composition: from options to a service, on a reactor in memory."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import PrivateFormat
from twisted.application.service import IServiceMaker
from twisted.internet.endpoints import quoteStringArgument
from twisted.internet.error import CannotListenError
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.logger import LogEvent, formatEvent, globalLogPublisher
from twisted.plugin import IPlugin, getPlugins
from twisted.python.lockfile import FilesystemLock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from tests.certificates import encrypted, make_certificate
from tests.files import folder_for, place_for
from twisted_chat import tap
from twisted_chat.service import ChatService, StartError


class BusyReactor(MemoryReactorClock):
    """Every port is taken."""

    def listenTCP(self, port: int, factory: object, backlog: int = 50, interface: str = "") -> Any:  # noqa: N802
        raise CannotListenError(interface, port, OSError(errno.EADDRINUSE, "Address already in use"))


class TapCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()

    def make(self, *arguments: str, reactor: Any = None, twistd: dict[str, object] | None = None) -> ChatService:
        options = tap.Options()
        options.parseOptions(["--database", "memory:", *arguments])
        if twistd is not None:
            options.parent = twistd
        return tap.makeService(options, reactor or self.reactor)

    def complaint(self, action: Any) -> str:
        errors = io.StringIO()
        saved = tap.sys.__stderr__
        tap.sys.__stderr__ = errors  # type: ignore[misc]
        try:
            with contextlib.redirect_stderr(errors), self.assertRaises(SystemExit) as caught:
                action()
        finally:
            tap.sys.__stderr__ = saved  # type: ignore[misc]
        self.assertEqual(caught.exception.code, 1)
        return errors.getvalue()


class Plugin(SynchronousTestCase):
    def test_twistd_finds_it(self) -> None:
        (chat,) = (plugin for plugin in getPlugins(IServiceMaker) if plugin.tapname == "chat")
        verifyObject(IPlugin, chat)
        self.assertEqual(chat.module, "twisted_chat.tap")
        self.assertIs(chat.options, tap.Options)
        self.assertIs(chat.makeService, tap.makeService)


class Making(TapCase):
    def test_it_opens_nothing_before_it_starts(self) -> None:
        service = self.make("--port", "4000")
        self.assertEqual(self.reactor.tcpServers, [])
        service.privilegedStartService()
        ((port, _factory, backlog, interface),) = self.reactor.tcpServers
        self.assertEqual((port, backlog, interface), (4000, 1024, ""))

    def test_what_comes_before_anybody_can(self) -> None:
        service = self.make("--port", "4000")
        open_then: list[int] = []
        service.before_opening = lambda: open_then.append(len(self.reactor.tcpServers))
        service.privilegedStartService()
        self.assertEqual((open_then, len(self.reactor.tcpServers)), ([0], 1))

    def test_the_default_port_has_a_long_queue_too(self) -> None:
        self.make().privilegedStartService()
        ((port, _factory, backlog, _interface),) = self.reactor.tcpServers
        self.assertEqual((port, backlog), (55555, 1024))

    def test_several_doors_lead_to_one_chat(self) -> None:
        service = self.make("--port", "4000", "--port", "tcp:4001:interface=127.0.0.1")
        service.privilegedStartService()
        (one, other) = (server[1] for server in self.reactor.tcpServers)
        self.assertIs(one.chat, other.chat)

    def test_the_unframed_doors(self) -> None:
        service = self.make("--tutorial", "4001", "--gossip", "4002", "--room", "#class", "--rate", "3,1")
        service.privilegedStartService()
        service.startService()
        doors = {server[0]: server[1] for server in self.reactor.tcpServers}
        self.assertEqual(len({door.chat for door in doors.values()}), 1)
        self.assertEqual(len({door.admission for door in doors.values()}), 1)
        written = []
        for port in (4001, 4002):
            transport = StringTransport()
            protocol = doors[port].buildProtocol(transport.getPeer())
            protocol.makeConnection(transport)
            protocol.dataReceived(b"jos\xc3\xa9")
            for _turn in range(9):
                self.reactor.advance(1)
            written.append(transport.value())
            protocol.connectionLost()
        self.assertIn(b"NICK*** Welcome, jose~. You are alone in #class.", written[0])
        self.assertIn("SERVER~josé2 added to the chat".encode(), written[1])

    def test_no_unframed_door_unless_asked_for(self) -> None:
        self.make().privilegedStartService()
        self.assertEqual(len(self.reactor.tcpServers), 1)

    def test_without_the_letters_the_missing_part_is_named(self) -> None:
        if (present := sys.modules.pop("anyascii", None)) is not None:
            self.addCleanup(sys.modules.__setitem__, "anyascii", present)
        self.addCleanup(sys.modules.pop, "anyascii")
        sys.modules["anyascii"] = None  # type: ignore[assignment]
        said: list[LogEvent] = []
        globalLogPublisher.addObserver(said.append)
        self.addCleanup(globalLogPublisher.removeObserver, said.append)
        self.make("--gossip", "4001")
        self.assertEqual(said, [])
        self.make("--tutorial", "4001")
        (line,) = map(formatEvent, said)
        self.assertIn("pip install 'twisted-chat[ascii]'", line)

    def test_a_bad_endpoint_is_named_by_its_option(self) -> None:
        line = self.complaint(lambda: self.make("--gossip", "pigeon:1"))
        self.assertIn("--gossip pigeon:1 is no port number and no endpoint description", line)

    def test_another_checker(self) -> None:
        passwords = place_for(self)
        passwords.write_text("carol:her-password\n")
        self.assertIn(
            "--auth wants --registration closed or operator",
            self.complaint(lambda: self.make("--auth", f"file:{passwords}")),
        )
        service = self.make("--auth", f"file:{passwords}", "--registration", "closed")
        service.privilegedStartService()
        service.startService()
        accounts = self.reactor.tcpServers[0][1].chat.accounts
        self.assertIsNone(accounts.named("carol"))

    def test_a_checker_that_is_none(self) -> None:
        for given, why in (
            ("pigeon:x", "there is no such kind; twistd --help-auth lists them"),
            ("file", "'file' requires a filename"),
            ("anonymous", "anonymous knows no passwords"),
        ):
            self.assertIn(
                why, self.complaint(lambda given=given: self.make("--auth", given, "--registration", "closed"))
            )

    def test_a_file_of_passwords_that_is_not_there(self) -> None:
        folder = folder_for(self)
        for path, why in ((folder / "missing", "No such file or directory"), (folder, "Is a directory")):
            with contextlib.redirect_stderr(io.StringIO()) as errors:
                line = self.complaint(lambda path=path: self.make("--auth", f"file:{path}", "--registration", "closed"))
            self.assertEqual(line, f"twistd chat: --auth file:{path}: {why}\n")
            self.assertEqual(errors.getvalue(), "")

    def test_who_has_a_name_that_others_vouch_for_is_told_how_he_logs_in(self) -> None:
        passwords = place_for(self)
        passwords.write_text("lisa:lisas-password\n")
        service = self.make("--auth", f"file:{passwords}", "--registration", "operator")
        service.privilegedStartService()
        service.startService()
        self.assertTrue(self.reactor.tcpServers[0][1].chat.others_vouch)

    def test_the_settings_arrive(self) -> None:
        motd = place_for(self)
        motd.write_text("Be kind.\n")
        service = self.make("--name", "The Garden", "--motd", str(motd), "--history", "3", "--rate", "off")
        service.privilegedStartService()
        factory = self.reactor.tcpServers[0][1]
        self.assertEqual(factory.chat.name, "The Garden")
        self.assertEqual(factory.chat.motd, ("Be kind.",))
        self.assertEqual(factory.chat.history_lines, 3)
        self.assertIsNone(factory.rate)

    def test_two_people_talk(self) -> None:
        service = self.make()
        service.privilegedStartService()
        service.startService()
        factory = self.reactor.tcpServers[0][1]
        transports = []
        for nick in ("alice", "bob"):
            transport = StringTransport()
            protocol = factory.buildProtocol(transport.getPeer())
            protocol.makeConnection(transport)
            protocol.dataReceived(f"{nick}\nhi from {nick}\n".encode())
            self.reactor.advance(0)
            transports.append(transport)
        self.assertIn(b"bob: hi from bob\r\n", transports[0].value())

    def test_the_end_tells_everybody_and_waits_for_them(self) -> None:
        service = self.make()
        service.privilegedStartService()
        service.startService()
        factory = self.reactor.tcpServers[0][1]
        named, unnamed = StringTransport(), StringTransport()
        protocols = []
        for transport in (named, unnamed):
            protocol = factory.buildProtocol(transport.getPeer())
            protocol.makeConnection(transport)
            protocols.append(protocol)
        protocols[0].dataReceived(b"alice\nlast words\n")
        ended = service.stopService()
        for transport in (named, unnamed):
            self.assertTrue(transport.value().endswith(b"*** The server is going down\r\n"), transport.value())
            self.assertTrue(transport.disconnecting)
        self.assertNoResult(ended)
        for protocol in protocols:
            protocol.connectionLost()
        self.successResultOf(ended)

    def test_who_does_not_take_it_is_dropped_after_two_seconds(self) -> None:
        service = self.make()
        service.privilegedStartService()
        factory = self.reactor.tcpServers[0][1]
        transport = StringTransport()
        factory.buildProtocol(transport.getPeer()).makeConnection(transport)
        service.stopService()
        self.reactor.advance(1.9)
        self.assertFalse(transport.disconnected)
        self.reactor.advance(0.2)
        self.assertTrue(transport.disconnected)

    def test_a_hurry_drops_them_at_once(self) -> None:
        service = self.make()
        service.privilegedStartService()
        factory = self.reactor.tcpServers[0][1]
        transport = StringTransport()
        factory.buildProtocol(transport.getPeer()).makeConnection(transport)
        service.hurry()
        self.assertTrue(transport.disconnected)


class Failing(TapCase):
    def test_nonsense_for_an_endpoint(self) -> None:
        for nonsense in ("carrier-pigeon:1", "tcp:no", "tcp", ""):
            line = self.complaint(lambda nonsense=nonsense: self.make("--port", nonsense))
            self.assertEqual(line.count("\n"), 1, line)
            self.assertIn(f"twistd chat: --port {nonsense} is no port number and no endpoint", line)

    def test_a_certificate_that_is_not_there(self) -> None:
        line = self.complaint(lambda: self.make("--port", "ssl:4000:privateKey=/nowhere/key.pem"))
        self.assertEqual(line.count("\n"), 1, line)
        self.assertIn("can't read /nowhere/key.pem: No such file or directory", line)

    def test_files_that_are_no_certificate(self) -> None:
        folder = folder_for(self)
        certificate, key = make_certificate("localhost")
        other = make_certificate("localhost")[1]
        damaged = b"-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n"
        texts = {"cert": certificate, "key": key, "other": other, "junk": b"junk", "damaged": damaged}
        for name, text in texts.items():
            (folder / name).write_bytes(text)
        for arguments, wanted in {
            f"privateKey={folder}/junk": f"{folder}/junk holds no private key in PEM form",
            f"privateKey={folder}/key:certKey={folder}/junk": f"{folder}/junk holds no certificate in PEM form",
            f"privateKey={folder}/key": f"{folder}/key holds no certificate in PEM form",
            f"privateKey={folder}/cert": f"{folder}/cert holds no private key in PEM form",
            f"privateKey={folder}/damaged:certKey={folder}/cert": "the private key or the certificate is damaged",
            f"privateKey={folder}/other:certKey={folder}/cert": "the certificate and the private key do not belong "
            "together",
        }.items():
            line = self.complaint(lambda port=f"ssl:4000:{arguments}": self.make("--port", port))
            self.assertEqual(line, f"twistd chat: --port ssl:4000:{arguments}: {wanted}\n")

    def test_a_private_key_behind_a_passphrase(self) -> None:
        """OpenSSL would ask for it at the terminal, and everything would wait for an answer."""
        folder = folder_for(self)
        certificate, key = make_certificate("localhost")
        for form in (PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL):
            (folder / "key").write_bytes(encrypted(key, form))
            (folder / "cert").write_bytes(certificate)
            (folder / "both").write_bytes(certificate + encrypted(key, form))
            for arguments, name in ((f"privateKey={folder}/key:certKey={folder}/cert", "key"),
                                    (f"privateKey={folder}/both", "both")):  # fmt: skip
                line = self.complaint(lambda port=f"ssl:4000:{arguments}": self.make("--port", port))
                self.assertEqual(line.count("\n"), 1, line)
                self.assertIn(f"{arguments}: {folder}/{name} needs a passphrase, and nobody is asked; ", line)

    def test_a_colon_in_a_files_name(self) -> None:
        name = f"{folder_for(self)}/a:b"
        Path(name).write_text("junk")
        line = self.complaint(lambda: self.make("--port", f"ssl:4000:privateKey={quoteStringArgument(name)}"))
        self.assertIn(f"{name} holds no private key", line)

    def test_a_unix_path_in_use(self) -> None:
        path = place_for(self)
        lock = FilesystemLock(f"{path}.lock")
        self.assertTrue(lock.lock())
        self.addCleanup(lock.unlock)
        self.assertEqual(self.unix_complaint(str(path)), "another process listens there\n")

    def test_a_unix_path_in_no_folder(self) -> None:
        self.assertEqual(self.unix_complaint("/nowhere/chat"), "No such file or directory\n")

    def unix_complaint(self, path: str) -> str:
        from twisted.internet import reactor

        service = self.make("--port", f"unix:{path}", reactor=reactor)
        before, line, after = self.complaint(service.privilegedStartService).partition(f"unix:{path}: ")
        self.assertEqual((before, line != ""), ("twistd chat: can't listen on ", True))
        return after

    def test_a_taken_port(self) -> None:
        service = self.make("--port", "4000", reactor=BusyReactor(), twistd={"nodaemon": True})
        line = self.complaint(service.privilegedStartService)
        self.assertEqual(line, "twistd chat: Unable to bind to host 0.0.0.0 and port 4000: Address already in use\n")

    def test_a_taken_port_removes_our_pidfile(self) -> None:
        pidfile = place_for(self)
        pidfile.write_text(str(os.getpid()))
        twistd = {"nodaemon": True, "pidfile": str(pidfile)}
        self.complaint(self.make(reactor=BusyReactor(), twistd=twistd).privilegedStartService)
        self.assertFalse(pidfile.exists())

    def test_but_nobody_elses(self) -> None:
        pidfile = place_for(self)
        pidfile.write_text("1")
        twistd = {"nodaemon": True, "pidfile": str(pidfile)}
        self.complaint(self.make(reactor=BusyReactor(), twistd=twistd).privilegedStartService)
        self.assertTrue(pidfile.exists())

    def test_a_daemons_launcher_is_told_by_its_pipe(self) -> None:
        pidfile = place_for(self)
        pidfile.write_text(str(os.getpid()))
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        twistd = {"nodaemon": False, "pidfile": str(pidfile), "statusPipe": writing}
        service = self.make("--port", "4000", reactor=BusyReactor(), twistd=twistd)
        error = self.assertRaises(SystemExit, service.privilegedStartService)
        self.assertEqual((error.code, pidfile.exists()), (1, False))
        wanted = b"1 Unable to bind to host 0.0.0.0 and port 4000: Address already in use"
        self.assertEqual(os.read(reading, 1000), wanted)

    def test_what_is_too_long_for_it_is_cut_between_words(self) -> None:
        self.assertEqual(tap._short("no gr\xfcn"), b"no gr\\xfcn")
        words = " ".join(["seven77"] * 20)
        self.assertEqual(tap._short(words), b" ".join([b"seven77"] * 11) + b" ..")
        self.assertLessEqual(len(tap._short("x" * 60 + " " + "y" * 60)), tap.PRINTED)
        self.assertEqual(tap._short("x" * 200), b"x" * tap.PRINTED)

    def test_a_taken_port_of_a_daemon_is_an_exception_for_its_launcher(self) -> None:
        service = self.make(reactor=BusyReactor(), twistd={"nodaemon": False})
        with self.assertRaises(StartError) as caught:
            service.privilegedStartService()
        self.assertIn("Address already in use", str(caught.exception))
