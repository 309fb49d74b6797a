"""The options that a connection gets, read back from the kernel."""

from __future__ import annotations

import socket
from typing import Any

from twisted.internet.address import IPv4Address, UNIXAddress
from twisted.internet.interfaces import ISSLTransport
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import directlyProvides

from twisted_chat.frontends import sockets
from twisted_chat.frontends.sockets import DEAD_AFTER, SEND_BUFFER, is_private, tune


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


class Private(SynchronousTestCase):
    """Whether nobody on the way can read along."""

    def is_private(self, host: str | None, tls: bool = False) -> bool:
        peer = UNIXAddress(b"/run/chat") if host is None else IPv4Address("TCP", host, 40000)
        transport = StringTransport(peerAddress=peer)
        if tls:
            directlyProvides(transport, ISSLTransport)
        return is_private(transport)

    def test_from_this_machine_or_over_tls(self) -> None:
        for host in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", None):
            self.assertTrue(self.is_private(host), host)
        self.assertTrue(self.is_private("192.0.2.1", tls=True))

    def test_from_anywhere_else(self) -> None:
        for host in ("192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "fe80::1%eth0", "no.address"):
            self.assertFalse(self.is_private(host), host)
