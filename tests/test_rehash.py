"""A changed configuration is taken up while everybody stays; a wrong one changes nothing."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.error import ReactorNotRunning
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.logger import LogEvent, formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from tests.certificates import encrypted, make_certificate
from tests.files import folder_for
from tests.test_tls import client, shake_hands
from twisted_chat import tap
from twisted_chat.accounts.tries import Backoff
from twisted_chat.core.chat import Registration
from twisted_chat.core.errors import BadRequest
from twisted_chat.core.limits import Limits
from twisted_chat.frontends.throttle import Rate
from twisted_chat.options import Settings
from twisted_chat.rehash import LIVE, Rehash, Running
from twisted_chat.system import ThisProcess, descriptors, hold_signals, memory, on_signals
from twisted_chat.tls import LOOK_EACH


class RehashCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.folder = folder_for(self)
        self.config = self.folder / "chat.toml"
        self.said: list[LogEvent] = []
        globalLogPublisher.addObserver(self.said.append)
        self.addCleanup(globalLogPublisher.removeObserver, self.said.append)

    def write(self, text: str, operators: str = 'ruth = "long enough"') -> None:
        self.config.write_text(f'database = "memory:"\n{text}\n[operators]\n{operators}\n')
        self.config.chmod(0o600)

    def start(self, *arguments: str) -> None:
        self.reactor = MemoryReactorClock()
        options = tap.Options()
        options.parseOptions(["--config", str(self.config), *arguments])
        service = tap.makeService(options, self.reactor)
        service.privilegedStartService()
        service.startService()
        servers = [*self.reactor.tcpServers, *self.reactor.sslServers]
        self.factory: Any = servers[0][1]
        self.chat = self.factory.chat

    def rehash(self) -> str:
        return self.chat.helm.host.rehash().replace(str(self.folder), "FOLDER")

    def refused(self) -> str:
        return str(self.assertRaises(BadRequest, self.rehash)).replace(str(self.folder), "FOLDER")

    def logged(self) -> list[str]:
        lines = [formatEvent(each) or "" for each in self.said if each["log_namespace"] == "twisted_chat.rehash"]
        self.said.clear()
        return [line.replace(str(self.folder), "FOLDER") for line in lines]


class Taking(RehashCase):
    def test_nothing_has_changed(self) -> None:
        self.write("")
        self.start()
        self.assertEqual(self.rehash(), "nothing has changed")
        self.assertEqual(self.logged(), ["the configuration was read anew; nothing has changed"])

    def test_all_that_can(self) -> None:
        self.write("")
        self.start()
        (self.folder / "motd").write_text("be kind\n")
        (self.folder / "password").write_text("sesame\n")
        self.write(
            f'name = "New"\nmotd = "{self.folder}/motd"\nhistory = 5\nregistration = "operator"\nrate = "3,1"\n'
            f'password-file = "{self.folder}/password"\nmax-connections = 2\nmax-per-address = 1\n'
            "allow-plaintext-passwords = true\nmax-text = 7\nmax-rooms = 8\nrooms-per-person = 9\n"
            "login-tries = 2\nlogin-wait = 9",
            'ruth = "another one"',
        )
        self.assertEqual(
            self.rehash(),
            "changed: name, motd, password-file, rate, max-connections, max-per-address, max-text, max-rooms, "
            "rooms-per-person, login-tries, login-wait, history, registration, allow-plaintext-passwords, operators",
        )
        chat, factory = self.chat, self.factory
        self.assertEqual((chat.name, chat.motd, chat.history_lines), ("New", ("be kind",), 5))
        self.assertEqual((chat.registration, chat.plaintext_passwords), (Registration.OPERATOR, True))
        self.assertEqual((factory.rate, factory.password), (Rate(3, 1.0), "sesame"))
        self.assertEqual(chat.limits, Limits(7, 8, 9))
        for tries in (chat.accounts.tries, chat.helm.operators.tries):
            self.assertEqual(tries.backoff, Backoff(2, 9))
        admission = factory.admission
        self.assertEqual((admission._in_all, admission._per_address, admission._exempt_loopback), (2, 1, False))
        self.assertEqual(self.rehash(), "nothing has changed")

    def test_each_live_one_is_a_setting(self) -> None:
        self.assertEqual(set(LIVE) - set(Settings.__dataclass_fields__), set())

    def test_what_needs_a_restart_is_said_until_then(self) -> None:
        self.write("")
        self.start()
        self.write("port = 4000\nlog-size = 5\nhistory = 4")
        self.assertEqual(self.rehash(), "changed: history; needs a restart: port, log-size")
        self.assertEqual(self.rehash(), "needs a restart: port, log-size")
        self.assertEqual(len(self.reactor.tcpServers), 1)

    def test_who_is_in_stays_and_who_was_an_operator_is_one_no_more(self) -> None:
        self.write("")
        self.start()
        transport = StringTransport()
        protocol = self.factory.buildProtocol(transport.getPeer())
        protocol.makeConnection(transport)
        protocol.dataReceived(b"alice\r\n")
        self.reactor.advance(0)
        (person,) = self.chat.persons.values()
        (session,) = person.sessions
        session.operator = "ruth"
        self.write("", 'anna = "long enough"')
        self.assertEqual(self.rehash(), "changed: operators")
        self.assertTrue(self.chat.helm.operators.is_one("ANNA"))
        self.assertEqual(session.operator, "")
        self.assertIn(b"*** You are no operator of this server any more\r\n", transport.value())
        self.assertFalse(transport.disconnecting)
        protocol.connectionLost()

    def test_fewer_places_are_not_all_for_who_has_no_name(self) -> None:
        self.write("max-connections = 1000")
        self.start()
        silent = []
        for host in range(20):
            transport = StringTransport(peerAddress=IPv4Address("TCP", f"192.0.2.{host}", 40000))
            protocol = self.factory.buildProtocol(transport.getPeer())
            protocol.makeConnection(transport)
            silent.append((protocol, transport))
        self.write("max-connections = 20")
        self.assertEqual(self.rehash(), "changed: max-connections")
        self.assertEqual([transport.disconnected for _protocol, transport in silent], [True] * 5 + [False] * 15)
        for protocol, transport in silent:
            if transport.disconnected:
                protocol.connectionLost()
        newcomer = StringTransport(peerAddress=IPv4Address("TCP", "192.0.2.99", 40000))
        protocol = self.factory.buildProtocol(newcomer.getPeer())
        protocol.makeConnection(newcomer)
        self.assertEqual(newcomer.value(), b"NICK\r\n")
        self.assertTrue(silent[5][1].disconnected, "the oldest gives way")
        self.write('max-connections = 20\nmax-unnamed = "1:100:2"')
        self.assertEqual(self.rehash(), "changed: max-unnamed")
        self.assertEqual(sum(not transport.disconnected for _protocol, transport in silent), 1)

    def test_the_command_line_still_wins(self) -> None:
        self.write("history = 3")
        self.start("--history", "7")
        self.write("history = 4")
        self.assertEqual(self.rehash(), "nothing has changed")
        self.assertEqual(self.chat.history_lines, 7)


class Wrong(RehashCase):
    def test_nothing_of_it_is_taken(self) -> None:
        self.write("history = 3")
        self.start()
        for text, why in {
            "history = 4\nrate = 1": "FOLDER/chat.toml: rate must be",
            "history = 4\nmotd": "FOLDER/chat.toml: ",
            'history = 4\nmotd = "/nowhere"': "FOLDER/chat.toml: motd can't read /nowhere",
            "history = 4\nhistroy = 5": "FOLDER/chat.toml: unknown key 'histroy'; did you mean history?",
            f"history = 4\n{'x' * 5000} = 5": f"FOLDER/chat.toml: unknown key '{'x' * 60}'; ",
            'history = 4\nmotd = "a\\u0000b"': "FOLDER/chat.toml: motd must not hold a NUL character",
            'history = 4\nport = ["4000", "a\\u0000b"]': "FOLDER/chat.toml: port must not hold a NUL character",
            f"history = 4\nlog-size = {'[' * 20_000}": "FOLDER/chat.toml: too many brackets within brackets",
            f"history = {'9' * 5000}": "FOLDER/chat.toml: a number in it is too long",
            f"history = 0x{'f' * 5000}": "FOLDER/chat.toml: history is too long a number",
            f"history = {'9' * 4000}": "FOLDER/chat.toml: history must be a whole number from 0, not '99999",
        }.items():
            self.write(text)
            said = self.refused()
            self.assertIn(why, said)
            self.assertNotIn("\n", said)
            self.assertEqual(self.chat.history_lines, 3)
            (line,) = self.logged()
            self.assertTrue(line.startswith("the configuration was read anew, and nothing is changed: "), line)
        self.config.unlink()
        self.assertIn("can't read FOLDER/chat.toml", self.refused())

    def test_a_password_that_others_can_read_now(self) -> None:
        self.write("history = 3")
        self.start()
        self.write("history = 4")
        self.config.chmod(0o644)
        self.assertIn("chmod 600 FOLDER/chat.toml", self.refused())
        self.assertNotIn("long enough", " ".join(self.logged()))
        self.assertEqual(self.chat.history_lines, 3)

    def test_names_that_others_vouch_for_stay_theirs(self) -> None:
        """As at the start: nobody else is to register them."""
        passwords = self.folder / "chat.passwd"
        passwords.write_text("carol:her-password\n")
        auth = f'auth = "file:{passwords}"\n'
        self.write(f'{auth}registration = "closed"\nhistory = 3')
        self.start()
        for text in (f'{auth}registration = "open"', 'registration = "open"', auth):
            self.write(f"{text}\nhistory = 4")
            self.assertIn("--auth wants --registration closed or operator", self.refused())
            self.assertEqual((self.chat.registration, self.chat.history_lines), (Registration.CLOSED, 3))
        self.write('registration = "operator"\nhistory = 4')
        self.assertEqual(self.rehash(), "changed: history, registration; needs a restart: auth")

    def test_more_connections_than_there_can_be(self) -> None:
        self.write("")
        self.start()
        about = Running(self.chat, self.chat.helm.operators, self.factory.admission, [self.factory], [], 100)
        rehash = Rehash(Settings(), lambda: replace(Settings(), max_connections=101, history=1), about)
        self.assertEqual(
            str(self.assertRaises(BadRequest, rehash.now)),
            "--max-connections 101: the system allows 100 (ulimit -n, less a few)",
        )
        self.assertEqual(self.chat.history_lines, 20)
        fine = Rehash(Settings(), lambda: replace(Settings(), max_connections=100), about)
        self.assertEqual(fine.now(), "changed: max-connections")

    def test_quietly(self) -> None:
        self.write("")
        self.start()
        about = Running(self.chat, self.chat.helm.operators, self.factory.admission, [], [], None)
        Rehash(Settings(), lambda: Settings(max_connections=5), about).quietly()
        self.assertEqual(self.logged(), ["the configuration was read anew; changed: max-connections"])


class NewCertificates(RehashCase):
    def put(self, host: str) -> None:
        for name, text in zip(("cert.pem", "key.pem"), make_certificate(host), strict=True):
            (self.folder / name).write_bytes(text)

    def setUp(self) -> None:
        super().setUp()
        self.put("old.example")
        self.port = f"ssl:4000:privateKey={self.folder}/key.pem:certKey={self.folder}/cert.pem"
        self.write(f'port = "{self.port}"\nhistory = 3')
        self.start()
        (server,) = self.reactor.sslServers
        self.contexts = server[2]

    def shows(self) -> str:
        return shake_hands(self.contexts.getContext(), client())

    def test_they_are_taken(self) -> None:
        self.put("new.example")
        self.assertEqual(self.shows(), "old.example")
        self.assertIn("changed: the certificate of ssl:4000:", self.rehash())
        self.assertEqual(self.shows(), "new.example")
        self.assertEqual(self.rehash(), "nothing has changed")

    def test_a_damaged_one_changes_nothing_at_all(self) -> None:
        (self.folder / "key.pem").write_text("junk")
        self.write(f'port = "{self.port}"\nhistory = 4')
        self.assertEqual(self.refused(), "FOLDER/key.pem holds no private key in PEM form")
        self.assertEqual((self.chat.history_lines, self.shows()), (3, "old.example"))

    def test_one_that_was_damaged_when_somebody_came_is_still_told_of(self) -> None:
        (self.folder / "cert.pem").write_text("junk")
        self.reactor.advance(LOOK_EACH)
        self.assertEqual(self.shows(), "old.example")
        for _time in range(2):
            self.assertEqual(self.refused(), "FOLDER/cert.pem holds no certificate in PEM form")
        self.put("new.example")
        self.assertIn("changed: the certificate of ssl:4000:", self.rehash())
        self.assertEqual(self.shows(), "new.example")

    def test_a_key_behind_a_passphrase(self) -> None:
        (self.folder / "key.pem").write_bytes(encrypted((self.folder / "key.pem").read_bytes()))
        self.assertIn("FOLDER/key.pem needs a passphrase, and nobody is asked; ", self.refused())
        self.assertEqual(self.shows(), "old.example")


class Stopping:
    """A reactor that is asked to end, and where signals' acts go."""

    def __init__(self) -> None:
        self.stopped = 0
        self.called: list[Any] = []

    def stop(self) -> None:
        self.stopped += 1
        if self.stopped > 1:
            raise ReactorNotRunning

    def addSystemEventTrigger(self, *trigger: Any) -> None:
        self.trigger = trigger

    def callFromThread(self, act: Any) -> None:
        self.called.append(act)


class TheProcess(SynchronousTestCase):
    def test_its_figures(self) -> None:
        process = ThisProcess(Stopping(), lambda: "nothing")
        figures = process.figures()
        assert figures.memory is not None
        assert figures.descriptors is not None
        self.assertGreater(figures.memory, 2**20)
        before = figures.descriptors
        files = [os.open(os.devnull, os.O_RDONLY) for _file in range(5)]
        try:
            self.assertEqual(process.figures().descriptors, before + 5)
        finally:
            for file in files:
                os.close(file)

    def test_a_system_that_does_not_tell(self) -> None:
        self.assertIsNone(memory("/nowhere/statm"))
        self.assertIsNone(memory(os.devnull))
        self.assertIsNone(descriptors(["/nowhere"]))

    def test_its_end(self) -> None:
        reactor = Stopping()
        process = ThisProcess(reactor, lambda: "nothing")
        process.end()
        process.end()
        self.assertEqual((reactor.stopped, process.rehash()), (2, "nothing"))

    def test_signals_are_heeded_in_the_reactors_thread(self) -> None:
        reactor, acts = Stopping(), []
        before = signal.getsignal(signal.SIGHUP)
        self.addCleanup(signal.signal, signal.SIGHUP, before)
        heeded = {signal.SIGHUP: lambda: acts.append("hup")}
        hold_signals(heeded)
        signal.raise_signal(signal.SIGHUP)  # which would end this process
        on_signals(reactor, heeded)
        signal.raise_signal(signal.SIGHUP)
        self.assertEqual(acts, [])
        for call in reactor.called:
            call()
        self.assertEqual(acts, ["hup", "hup"])
        # What comes when all is done is nobody's any more, in whichever thread it comes.
        phase, event, trigger, *arguments = reactor.trigger
        self.assertEqual((phase, event), ("after", "shutdown"))
        trigger(*arguments)
        self.assertEqual(signal.getsignal(signal.SIGHUP), signal.SIG_IGN)
