"""Behind a proxy: the address in the PROXY header is the one that counts, and nothing is said before it."""

from __future__ import annotations

import struct
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IHalfCloseableProtocol, ISSLTransport
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.logger import capturedLogs, formatEvent
from twisted.python.failure import Failure
from zope.interface import directlyProvides

from tests.helpers import LineCase
from twisted_chat.frontends.proxied import HEADER_TIME, ProxiedEndpoint, ProxiedFactory, ProxiedProtocol

HEADER = b"PROXY TCP4 192.0.2.7 10.0.0.1 56324 55555\r\n"
NEWER = (
    b"\r\n\r\n\x00\r\nQUIT\n\x21\x11" + struct.pack(">H", 12) + bytes([192, 0, 2, 9, 10, 0, 0, 1]) + b"\xdc\x04\xd9\x03"
)
LOCAL = b"\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00"


class ProxiedCase(LineCase):
    def setUp(self) -> None:
        super().setUp()
        self.proxied = ProxiedFactory(self.factory, self.clock)

    def arrives(self, *data: bytes, tls: bool = False) -> tuple[ProxiedProtocol, StringTransport]:
        """A connection by a proxy on this machine."""
        peer = IPv4Address("TCP", "127.0.0.1", 40000)
        protocol = self.proxied.buildProtocol(peer)
        transport = StringTransport(peerAddress=peer)
        if tls:
            directlyProvides(transport, ISSLTransport)
        protocol.makeConnection(transport)
        for each in data:
            protocol.dataReceived(each)
            self.turn()
        return protocol, transport

    def origin(self, transport_of: ProxiedProtocol) -> Any:
        return transport_of.wrappedProtocol.origin

    def counted(self) -> int:
        return self.factory.admission._count


class Headers(ProxiedCase):
    per_address = 1

    def test_a_door_that_makes_no_protocol_ends_it_without_a_word(self) -> None:
        class Closed(Factory):
            def buildProtocol(self, _addr: Any) -> None:
                return None

        self.proxied = ProxiedFactory(Closed(), self.clock)
        protocol, transport = self.arrives(HEADER, b"hello\r\n")
        self.assertTrue(transport.disconnected)
        protocol.connectionLost(Failure(ConnectionLost()))
        self.assertEqual(transport.value(), b"")
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_nothing_is_said_or_counted_before_the_header(self) -> None:
        protocol, transport = self.arrives(HEADER[:20])
        self.assertEqual((transport.value(), self.counted()), (b"", 0))
        protocol.dataReceived(HEADER[20:])
        self.assertEqual((transport.value(), self.counted()), (b"NICK\r\n", 1))
        self.assertEqual(self.origin(protocol).network, "192.0.2.7")

    def test_what_comes_with_it_is_heard(self) -> None:
        protocol, transport = self.arrives(HEADER + b"alice\r\nhel", b"lo\r\n/names\r\n")
        self.assertIn(b"*** Welcome, alice.", transport.value())
        self.assertIn(b"*** 1 in #lobby: alice", transport.value())
        self.assertIn("192.0.2.7:56324", protocol.wrappedProtocol._peer())

    def test_version_2(self) -> None:
        protocol, _transport = self.arrives(NEWER + b"bob\r\n")
        self.assertEqual(self.origin(protocol).network, "192.0.2.9")

    def test_the_real_address_is_the_one_that_is_limited(self) -> None:
        self.arrives(HEADER)
        _protocol, other = self.arrives(NEWER)
        self.assertEqual(other.value(), b"NICK\r\n")
        _protocol, again = self.arrives(HEADER)
        self.assertIn(b"!!! SERVER_FULL there is 1 connection from your address already", again.value())
        self.assertEqual(self.counted(), 2)

    def test_it_is_given_back(self) -> None:
        protocol, _transport = self.arrives(HEADER + b"alice\r\n")
        protocol.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(self.counted(), 0)
        self.assertEqual(self.proxied.protocols, {})

    def test_by_a_proxy_on_this_machine_nobody_is_on_this_machine(self) -> None:
        for tls in (False, True):
            protocol, _transport = self.arrives(HEADER, tls=tls)
            self.assertFalse(self.origin(protocol).secure)
            protocol.connectionLost(Failure(ConnectionDone()))

    def test_what_is_none(self) -> None:
        with capturedLogs() as said:
            for data in (
                b"alice\r\n",
                b"GET / HTTP/1.1\r\n",
                b"PROXY TCP4 nonsense\r\n",
                b"PROXY \x80\xff" + b"x" * 200,
            ):
                protocol, transport = self.arrives(data)
                self.assertEqual((transport.value(), transport.disconnecting, self.counted()), (b"", True, 0), data)
                protocol.dataReceived(HEADER)
                self.assertEqual((transport.value(), self.counted()), (b"", 0))
                protocol.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(self.clock.getDelayedCalls(), [])
        (line,) = (formatEvent(each) for each in said)
        self.assertEqual(
            line, "1 connection refused, the last from 127.0.0.1:40000: it does not begin with a PROXY header"
        )

    def test_a_byte_at_a_time(self) -> None:
        for header in (HEADER, NEWER):
            protocol, transport = self.arrives(*(bytes([each]) for each in header))
            self.assertEqual(transport.value(), b"NICK\r\n")
            protocol.connectionLost(Failure(ConnectionDone()))

    def test_one_that_knows_no_address_is_the_proxys_own(self) -> None:
        """A health check, as a rule. It counts as what it comes from, and nothing is known of its way."""
        for header in (b"PROXY UNKNOWN\r\n", b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", LOCAL):
            protocol, transport = self.arrives(header + b"bob\r\n")
            self.assertIn(b"Welcome, bob", transport.value())
            self.assertEqual(protocol.wrappedProtocol._peer(), "127.0.0.1:40000")
            self.assertFalse(self.origin(protocol).secure)
            protocol.connectionLost(Failure(ConnectionDone()))
            self.turn()


class Ends(ProxiedCase):
    def test_a_proxy_that_says_nothing(self) -> None:
        protocol, transport = self.arrives()
        self.clock.advance(HEADER_TIME - 1)
        self.assertFalse(transport.disconnected)
        self.clock.advance(1)
        self.assertTrue(transport.disconnected)
        protocol.connectionLost(Failure(ConnectionLost()))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_gone_before_its_header(self) -> None:
        protocol, _transport = self.arrives()
        protocol.connectionLost()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_half_of_it_ends(self) -> None:
        protocol, transport = self.arrives(HEADER + b"alice\r\nlast words")
        self.assertTrue(IHalfCloseableProtocol.providedBy(protocol))
        protocol.readConnectionLost()
        self.turn()
        self.assertTrue(transport.disconnecting)
        protocol.writeConnectionLost()
        protocol.connectionLost(Failure(ConnectionDone()))

    def test_half_of_it_ends_before_the_header(self) -> None:
        protocol, transport = self.arrives()
        protocol.readConnectionLost()
        self.assertTrue(transport.disconnecting)
        protocol.connectionLost()

    def test_somebody_who_leaves_is_seen_to(self) -> None:
        bob = self.person("bob")
        protocol, _transport = self.arrives(HEADER + b"alice\r\n")
        bob.hears("*** alice joined #lobby")
        protocol.connectionLost(Failure(ConnectionLost()))
        self.turn()
        bob.hears("*** alice left #lobby (connection lost)")


class Endpoint(ProxiedCase):
    def test_it_listens_for_the_proxy(self) -> None:
        reactor = MemoryReactorClock()
        listening = ProxiedEndpoint(TCP4ServerEndpoint(reactor, 4000), self.clock).listen(self.factory)
        self.successResultOf(listening)
        ((port, factory, _backlog, _interface),) = reactor.tcpServers
        self.assertEqual(port, 4000)
        self.assertIsInstance(factory, ProxiedFactory)
        self.assertIsInstance(factory.buildProtocol(None), Protocol)
