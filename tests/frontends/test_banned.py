"""A network that an operator bans, at every door: who is in, who is coming in, who comes later, and by a proxy."""

from __future__ import annotations

import json

from twisted.internet.address import IPv4Address
from twisted.internet.testing import StringTransport

from tests.frontends.unframed.case import UnframedCase
from tests.helpers import Later, log_lines
from twisted_chat.accounts.passwords import Hasher
from twisted_chat.frontends.admission import Admission
from twisted_chat.frontends.door import DoorFactory
from twisted_chat.frontends.proxied import ProxiedFactory
from twisted_chat.frontends.strangers import UNNAMED, Strangers

HERE = "192.0.2.7"
WHY = "your network is banned from this server: spam"
LEFT = "banned by an operator: spam"


class BannedCase(UnframedCase):
    """Alice is an operator, and comes from this machine."""

    def setUp(self) -> None:
        super().setUp()
        self.strangers = Strangers(UNNAMED, lambda: 0.0)
        admission = Admission(100, strangers=self.strangers, bans=self.chat.netbans)
        self.doors: tuple[DoorFactory, ...] = (self.factory, self.tutorial, self.gossip)
        for each in self.doors:
            each.admission = admission
        self.alice = self.person("alice")
        (person,) = self.chat.persons.values()
        (session,) = person.sessions
        session.operator = "ruth"

    def bans(self) -> list[str]:
        self.alice.takes()
        self.alice.says("/netban 192.0.2.0/24 spam")
        return self.alice.takes()


class WhoIsHere(BannedCase):
    def test_with_a_name(self) -> None:
        people = [self.connect(HERE), self.connect(HERE), self.connect("192.0.3.7")]
        for peer, nick in zip(people, ("bob", "bot", "carol"), strict=True):
            peer.says(nick if nick != "bot" else json.dumps({"type": "hello", "nick": nick}))
        terminal, window = self.terminal("tom", HERE), self.window("wim", HERE)
        for peer in people:
            peer.takes()
        heard = self.bans()
        self.assertIn(f"*** bob left #lobby ({LEFT})", heard)
        self.assertIn("sessions ended: 4, connections without a name: 0", heard[-1])
        self.assertEqual(people[0].takes()[-1], f"!!! BANNED {WHY}")
        self.assertEqual(people[1].takes_objects()[-1], {"type": "error", "code": "BANNED", "text": WHY})
        self.assertIn(f"!!! BANNED {WHY}".encode(), b"".join(terminal.reads()))
        self.assertIn(f"SERVER~!!! BANNED {WHY}".encode(), b"".join(window.reads()))
        closed = [each.is_closed for each in (*people, terminal, window)]
        self.assertEqual(closed, [True, True, False, True, True])

    def test_without_one(self) -> None:
        fresh, program, elsewhere = self.connect(HERE), self.connect(HERE), self.connect("192.0.3.7")
        program.says("{}")
        program.takes()
        terminal, window = self.terminal(host=HERE), self.window(host=HERE)
        self.alice.says("/netban ?192.0.2.0/24")
        self.assertIn("would hit nobody; sessions: 0, connections without a name: 4", self.alice.takes()[-1])
        self.assertIn("connections without a name: 4", self.bans()[-1])
        self.assertEqual(fresh.takes()[-1], f"!!! BANNED {WHY}")
        self.assertEqual(program.takes_objects(), [{"type": "error", "code": "BANNED", "text": WHY}])
        self.assertIn(f"!!! BANNED {WHY}".encode(), b"".join(terminal.reads()))
        self.assertIn(f"SERVER~!!! BANNED {WHY}".encode(), b"".join(window.reads()))
        closed = [each.is_closed for each in (fresh, program, elsewhere, terminal, window)]
        self.assertEqual(closed, [True, True, False, True, True])
        for each in (fresh, program, terminal, window):
            each.hangs_up()
        self.assertEqual(len(self.strangers), 1)
        elsewhere.says("carol")
        self.assertIn("*** Welcome, carol", elsewhere.takes()[1])

    def test_a_crowd_without_names_is_one_line_in_the_log(self) -> None:
        for _number in range(10):
            self.connect(HERE)
        lines = log_lines(self)
        self.bans()
        (line,) = [each for each in lines if "operator 'ruth'" not in each]
        self.assertIn("1 connection refused, the last from ", line)
        self.assertIn(WHY, line)

    def test_while_a_password_is_looked_at(self) -> None:
        dave = self.person("dave")
        dave.says("/register long enough", "/quit")
        dave.hangs_up()
        self.chat.plaintext_passwords = True
        self.chat.accounts._hasher = Hasher(later := Later())  # type: ignore[attr-defined]
        peer = self.connect(HERE)
        peer.says("dave", "long enough")
        peer.takes()
        self.assertEqual(len(later.waiting), 1)
        self.bans()
        peer.hears(f"!!! BANNED {WHY}")
        later.works()
        self.turn()
        peer.hears()
        self.assertTrue(peer.is_closed)
        self.assertEqual([each.nick for each in self.chat.persons.values()], ["alice"])


class WhoComes(BannedCase):
    def comes(self, door: DoorFactory, host: str) -> StringTransport:
        address = IPv4Address("TCP", host, 40000)
        protocol, transport = door.buildProtocol(address), StringTransport(peerAddress=address)
        assert protocol is not None
        protocol.makeConnection(transport)
        return transport

    def test_is_refused_in_the_words_of_each_door(self) -> None:
        self.bans()
        words = (f"!!! BANNED {WHY}\r\n", f"!!! BANNED {WHY}", f"SERVER~!!! BANNED {WHY}")
        for door, told in zip(self.doors, words, strict=True):
            transport = self.comes(door, HERE)
            self.assertEqual((transport.value(), transport.disconnecting), (told.encode(), True))
            self.assertFalse(self.comes(door, "192.0.3.7").disconnecting)
            self.assertFalse(self.comes(door, "127.0.0.1").disconnecting)

    def test_comes_in_when_the_ban_has_ended_or_is_lifted(self) -> None:
        self.alice.says("/netban 192.0.2.0/24 1h")
        self.assertTrue(self.comes(self.factory, HERE).disconnecting)
        self.clock.advance(3600)
        self.assertFalse(self.comes(self.factory, HERE).disconnecting)
        self.bans()
        self.assertTrue(self.comes(self.factory, HERE).disconnecting)
        self.alice.says("/netunban 192.0.2.0/24")
        self.assertFalse(self.comes(self.factory, HERE).disconnecting)

    def test_by_a_proxy(self) -> None:
        self.bans()
        proxied = ProxiedFactory(self.factory, self.clock)
        for host, told in ((HERE, f"!!! BANNED {WHY}\r\n"), ("192.0.3.7", "NICK\r\n")):
            proxy = IPv4Address("TCP", "127.0.0.1", 40000)
            protocol, transport = proxied.buildProtocol(proxy), StringTransport(peerAddress=proxy)
            protocol.makeConnection(transport)
            protocol.dataReceived(f"PROXY TCP4 {host} 10.0.0.1 56324 55555\r\n".encode())
            self.assertEqual(transport.value(), told.encode())

    def test_a_proxy_on_this_machine_hides_nobody_who_is_here(self) -> None:
        proxied = ProxiedFactory(self.factory, self.clock)
        proxy = IPv4Address("TCP", "127.0.0.1", 40000)
        protocol, transport = proxied.buildProtocol(proxy), StringTransport(peerAddress=proxy)
        protocol.makeConnection(transport)
        protocol.dataReceived(f"PROXY TCP4 {HERE} 10.0.0.1 56324 55555\r\nbob\r\n".encode())
        self.turn()
        self.bans()
        self.assertTrue(transport.value().endswith(f"!!! BANNED {WHY}\r\n".encode()))
        self.assertTrue(transport.disconnecting)
