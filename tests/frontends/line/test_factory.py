"""Who is admitted, what the others are told, and how all of it ends."""

from __future__ import annotations

from twisted.internet.address import IPv4Address, UNIXAddress
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Protocol
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from tests.helpers import LineCase, log_lines
from twisted_chat.frontends.admission import REFUSING
from twisted_chat.frontends.line.protocol import LineProtocol
from twisted_chat.frontends.outbox import GRACE

FULL = b"!!! SERVER_FULL the server is full; try again later\r\n"


class FactoryCase(LineCase):
    in_all = 3
    per_address = 2

    def comes(self, host: str) -> tuple[Protocol, StringTransport]:
        address = IPv4Address("TCP", host, 40000)
        protocol, transport = self.factory.buildProtocol(address), StringTransport(peerAddress=address)
        assert protocol is not None
        protocol.makeConnection(transport)
        return protocol, transport


class Admitting(FactoryCase):
    def test_up_to_the_limit_in_all(self) -> None:
        for host in ("192.0.2.1", "192.0.2.2", "192.0.2.3"):
            self.assertIsInstance(self.comes(host)[0], LineProtocol)
        _refusal, transport = self.comes("192.0.2.4")
        self.assertEqual(transport.value(), FULL)
        self.assertTrue(transport.disconnecting)
        self.assertEqual(len(self.factory.connections), 3)

    def test_up_to_the_limit_from_one_address(self) -> None:
        self.comes("192.0.2.1")
        self.comes("192.0.2.1")
        _refusal, transport = self.comes("192.0.2.1")
        self.assertEqual(transport.value(), b"!!! SERVER_FULL there are 2 connections from your address already\r\n")
        self.assertIsInstance(self.comes("192.0.2.2")[0], LineProtocol)

    def test_who_goes_makes_room(self) -> None:
        peers = [self.connect(f"192.0.2.{number}") for number in range(3)]
        self.assertEqual(self.comes("192.0.2.9")[1].value(), FULL)
        peers[0].hangs_up()
        self.assertIsInstance(self.comes("192.0.2.9")[0], LineProtocol)
        self.assertEqual(self.comes("192.0.2.9")[1].value(), FULL)

    def test_a_unix_socket(self) -> None:
        self.assertIsInstance(self.factory.buildProtocol(UNIXAddress(b"/run/chat")), LineProtocol)


class LoggingRefusals(FactoryCase):
    in_all = 0

    def test_one_line_a_minute(self) -> None:
        lines = log_lines(self)
        for number in range(100):
            protocol = self.factory.buildProtocol(IPv4Address("TCP", f"192.0.2.{number}", 40000))
            if protocol is not None:
                protocol.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(len(lines), 1)
        self.assertIn("1 connection refused, the last from 192.0.2.0:40000: the server is full", lines[0])
        self.clock.advance(60)
        self.comes("192.0.2.200")
        self.assertEqual(len(lines), 2)
        self.assertIn("100 connections refused", lines[1])


class Refusing(FactoryCase):
    in_all = 0

    def test_who_does_not_go_is_aborted_after_a_grace(self) -> None:
        _refusal, transport = self.comes("192.0.2.1")
        self.clock.advance(GRACE - 1)
        self.assertFalse(transport.disconnected)
        self.clock.advance(1)
        self.assertTrue(transport.disconnected)

    def test_who_goes_is_forgotten(self) -> None:
        refusal, transport = self.comes("192.0.2.1")
        refusal.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertFalse(transport.disconnected)

    def test_who_is_aborted_goes_then(self) -> None:
        refusal, _transport = self.comes("192.0.2.1")
        self.clock.advance(GRACE)
        refusal.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_what_it_says_is_dropped(self) -> None:
        refusal, transport = self.comes("192.0.2.1")
        refusal.dataReceived(b"alice\r\nhello\r\n")
        self.assertEqual(transport.value(), FULL)

    def test_only_so_many_are_told_at_once(self) -> None:
        """Each holds a descriptor until it has read that, and a crowd may leave it unread."""
        told = [self.comes(f"192.0.2.{number}")[0] for number in range(REFUSING)]
        self.assertIsNone(self.factory.buildProtocol(IPv4Address("TCP", "192.0.2.99", 40000)))
        told[0].connectionLost(Failure(ConnectionDone()))
        self.assertEqual(self.comes("192.0.2.99")[1].value(), FULL)

    def test_a_storm_is_not_told_much(self) -> None:
        told = 0
        for _second in range(10):
            for _time in range(100):
                protocol = self.factory.buildProtocol(IPv4Address("TCP", "192.0.2.99", 40000))
                if protocol is not None:
                    told += 1
                    protocol.connectionLost(Failure(ConnectionDone()))
            self.clock.advance(1)
        self.assertEqual(told, 64 + 9 * 16)

    def test_who_never_got_as_far_as_a_connection(self) -> None:
        refusal = self.factory.buildProtocol(IPv4Address("TCP", "192.0.2.1", 40000))
        assert refusal is not None
        refusal.connectionLost()
        self.assertEqual(self.clock.getDelayedCalls(), [])


class Closing(LineCase):
    def test_with_nobody_there(self) -> None:
        self.successResultOf(self.factory.close("bye", 2.0))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_it_waits_for_the_last_one(self) -> None:
        one, two = self.connect(), self.connect()
        closed = self.factory.close("bye", 2.0)
        one.hears("NICK", "*** bye")
        self.assertTrue(one.is_closed)
        one.hangs_up()
        self.assertNoResult(closed)
        two.hangs_up()
        self.successResultOf(closed)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_but_not_for_ever(self) -> None:
        peer = self.connect()
        closed = self.factory.close("bye", 2.0)
        self.clock.advance(1.9)
        self.assertFalse(peer.transport.disconnected)
        self.clock.advance(0.1)
        self.assertTrue(peer.transport.disconnected)
        self.assertNoResult(closed)
        peer.hangs_up()
        self.successResultOf(closed)

    def test_who_has_a_session_is_told_by_that(self) -> None:
        alice = self.person("alice")
        self.factory.close("bye", 2.0)
        alice.hears()
        self.assertFalse(alice.is_closed)

    def test_a_program_in_mid_greeting_is_told_in_its_own_words(self) -> None:
        peer = self.connect()
        peer.takes()
        peer.says("{}")
        peer.takes()
        self.factory.close("bye", 2.0)
        self.assertEqual(peer.takes_objects(), [{"type": "notice", "text": "bye"}])

    def test_in_a_hurry(self) -> None:
        peers = [self.connect(), self.person("alice"), self.program("bot")]
        self.factory.abort_all()
        for peer in peers:
            self.assertTrue(peer.transport.disconnected)
