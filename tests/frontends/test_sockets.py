"""The options that a connection gets, read back from the kernel."""

from __future__ import annotations

import socket
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.interfaces import ISSLTransport
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import directlyProvides

from twisted_chat.frontends import sockets
from twisted_chat.frontends.sockets import ACCEPTS, DEAD_AFTER, SEND_BUFFER, accept_few, is_private, shown, tune


class Holder:
    """A transport over `handle`; or one that wraps such a transport and has a handle of its own kind, as TLS does."""

    def __init__(self, handle: object, transport: object = None) -> None:
        self.handle = handle
        self.transport = transport

    def getHandle(self) -> object:
        return self.handle


class SocketCase(SynchronousTestCase):
    def connection(self) -> socket.socket:
        with socket.create_server(("127.0.0.1", 0)) as port:
            client = socket.create_connection(port.getsockname())
            self.addCleanup(client.close)
            accepted, _peer = port.accept()
            self.addCleanup(accepted.close)
            return accepted

    def assert_tuned(self, connection: socket.socket) -> None:
        tcp, whole = socket.IPPROTO_TCP, socket.SOL_SOCKET
        for level, option, value in (
            (tcp, socket.TCP_NODELAY, 1),
            (whole, socket.SO_KEEPALIVE, 1),
            (tcp, socket.TCP_KEEPIDLE, 60),
            (tcp, socket.TCP_KEEPINTVL, 10),
            (tcp, socket.TCP_KEEPCNT, 3),
            (tcp, socket.TCP_USER_TIMEOUT, DEAD_AFTER * 1000),
        ):
            self.assertEqual(connection.getsockopt(level, option), value, option)
        # Linux doubles what it is asked for, for its own bookkeeping, up to the system's own limit.
        most = int(self.read_limit())
        self.assertEqual(connection.getsockopt(whole, socket.SO_SNDBUF), 2 * min(SEND_BUFFER, most))

    def read_limit(self) -> str:
        with open("/proc/sys/net/core/wmem_max", encoding="ascii") as file:
            return file.read()


class Tuning(SocketCase):
    def test_a_tcp_connection(self) -> None:
        connection = self.connection()
        tune(Holder(connection))
        self.assert_tuned(connection)

    def test_under_tls_and_under_a_wrapper_without_a_handle(self) -> None:
        connection = self.connection()
        wrapper = StringTransport()
        wrapper.transport = Holder("a TLS connection", Holder(connection))  # type: ignore[attr-defined]
        tune(wrapper)
        self.assert_tuned(connection)

    def test_a_unix_socket_is_left_alone(self) -> None:
        here, there = socket.socketpair()
        self.addCleanup(here.close)
        self.addCleanup(there.close)
        before = here.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
        tune(Holder(here))
        self.assertEqual(here.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), 0)
        self.assertEqual(here.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF), before)

    def test_no_socket_at_all(self) -> None:
        tune(StringTransport())
        endless: Any = Holder("no socket")
        endless.transport = endless
        tune(endless)

    def test_a_connection_that_is_gone_already(self) -> None:
        connection = self.connection()
        connection.close()
        tune(Holder(connection))

    def test_a_system_without_an_option(self) -> None:
        self.patch(sockets, "_KEEPALIVE", (("TCP_NO_SUCH_OPTION", 60), *sockets._KEEPALIVE))
        connection = self.connection()
        tune(Holder(connection))
        self.assert_tuned(connection)


class Accepting(SynchronousTestCase):
    def test_few_in_a_turn_however_long_a_storm_lasts(self) -> None:
        port = Port()
        accept_few(port)
        for _turn in range(10):
            port.doRead()
        self.assertEqual(port.accepted, [ACCEPTS] * 10)

    def test_what_is_no_port_of_twisteds(self) -> None:
        for thing in (object(), Holder(None)):
            accept_few(thing)
        port = Port()
        del port.numberAccepts
        accept_few(port)
        self.assertNotIn("doRead", vars(port))


class Port:
    """Accepts as many as it may, and then more, as tcp.Port does in a storm."""

    def __init__(self) -> None:
        self.numberAccepts = 100
        self.accepted: list[int] = []

    def doRead(self) -> None:  # noqa: N802
        self.accepted.append(self.numberAccepts)
        self.numberAccepts += 20


class Privacy(SynchronousTestCase):
    """Who may read along; TLS is tested with the doors."""

    def test_by_where_it_comes_from(self) -> None:
        for address, private in (
            (IPv4Address("TCP", "127.0.0.1", 1), True),
            (IPv6Address("TCP", "::1", 1), True),
            (IPv6Address("TCP", "::ffff:127.0.0.1", 1), True),
            (IPv4Address("TCP", "192.0.2.1", 1), False),
            (IPv6Address("TCP", "fe80::1%eth0", 1), False),
            (IPv4Address("TCP", "chat.example.org", 1), False),
            (UNIXAddress(b"/run/chat"), True),
        ):
            self.assertEqual(is_private(Coming(address)), private, address)

    def test_by_a_proxy_nothing_is_known(self) -> None:
        transport = Coming(IPv4Address("TCP", "127.0.0.1", 1))
        transport.by_proxy = True
        self.assertFalse(is_private(transport))

    def test_over_tls(self) -> None:
        transport = Coming(IPv4Address("TCP", "192.0.2.1", 1))
        directlyProvides(transport, ISSLTransport)
        self.assertTrue(is_private(transport))


class Showing(SynchronousTestCase):
    def test_as_people_write_it(self) -> None:
        for address, wanted in (
            (IPv4Address("TCP", "192.0.2.1", 4000), "192.0.2.1:4000"),
            (IPv6Address("TCP", "2001:db8::1", 4000), "[2001:db8::1]:4000"),
            (UNIXAddress(b"/run/chat"), "unix:/run/chat"),
            (UNIXAddress(None), "unix:"),
            (None, "None"),
        ):
            self.assertEqual(shown(address), wanted)


class Coming:
    """A transport from `address`."""

    def __init__(self, address: object) -> None:
        self.address = address
        self.by_proxy = False

    def getPeer(self) -> object:
        return self.address
