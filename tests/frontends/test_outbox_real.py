"""The outbox on real connections: what Twisted's own transports do with it."""

from __future__ import annotations

import hashlib
import socket
from array import array
from collections.abc import Iterator
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from OpenSSL import SSL
from twisted.internet import reactor, ssl
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IOpenSSLContextFactory
from twisted.internet.protocol import ClientFactory, Factory, Protocol, connectionDone
from twisted.internet.task import Clock, deferLater
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase
from zope.interface import implementer

from tests.certificates import make_certificate
from twisted_chat.frontends.outbox import Outbox, plain_socket
from twisted_chat.frontends.sockets import tune

SIZE = 8 * 1024 * 1024
PAGE = 100_001
"""No multiple of anything that a buffer is."""


WHOLE = array("I", range(SIZE // 4)).tobytes()
"""Each four bytes are the number of their place."""
DIGEST = hashlib.sha256(WHOLE).hexdigest()


def pages() -> Iterator[bytes]:
    return (WHOLE[at : at + PAGE] for at in range(0, SIZE, PAGE))


class CountingOutbox(Outbox):
    """Counts how often the transport asks for more."""

    def __init__(self, *arguments: Any) -> None:
        self.asked = 0
        super().__init__(*arguments)

    def resumeProducing(self) -> None:
        self.asked += 1
        super().resumeProducing()


class Sender(Protocol):
    """Sends page after page, as the log does: the next when the outbox is drained. Then closes, if told to."""

    def __init__(self, to_send: Iterator[bytes], close: bool) -> None:
        self.to_send = to_send
        self.close = close
        self.most = 0
        self.ended: Deferred[None] = Deferred()

    def connectionMade(self) -> None:
        tune(self.transport)
        self.direct = plain_socket(self.transport)
        self.outbox = CountingOutbox(self.transport, reactor, self.drained, self.direct)
        self.drained()

    def drained(self) -> None:
        while not self.outbox.size:
            page = next(self.to_send, None)
            if page is None:
                if self.close:
                    self.outbox.close()
                return
            self.outbox.write(page)
            self.most = max(self.most, self.outbox.size)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.outbox.gone()
        self.ended.callback(None)


class SlowReader(Protocol):
    """Reads one packet, does something else for some turns of the reactor, reads the next."""

    def __init__(self, turns: int) -> None:
        self.turns = turns
        self.digest = hashlib.sha256()
        self.size = 0
        self.whole: Deferred[None] = Deferred()
        self.ended: Deferred[None] = Deferred()

    def dataReceived(self, data: bytes) -> None:
        self.digest.update(data)
        self.size += len(data)
        if self.size >= SIZE and not self.whole.called:
            self.whole.callback(None)
        if self.turns:
            self.transport.pauseProducing()
            self.wait(self.turns)

    def wait(self, turns: int) -> None:
        if turns:
            reactor.callLater(0, self.wait, turns - 1)
        else:
            self.transport.resumeProducing()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.ended.callback(None)


class RealCase(TestCase):
    timeout = 60

    async def connect(self, sender: Sender, reader: Protocol) -> None:
        """A connection from `reader` to `sender`; both are gone when the test ends."""
        factory = Factory.forProtocol(lambda: sender)
        factory.noisy = False
        port = self.listen(factory)
        self.addCleanup(port.stopListening)
        connected: Deferred[None] = Deferred()

        class Client(ClientFactory):
            noisy = False

            def buildProtocol(self, addr: Any) -> Protocol:
                connected.callback(None)
                return reader

        connector = self.dial(port.getHost().port, Client())
        await connected
        self.addCleanup(lambda: sender.ended)
        self.addCleanup(connector.disconnect)

    def listen(self, factory: Factory) -> Any:
        return reactor.listenTCP(0, factory, interface="127.0.0.1")

    def dial(self, port: int, factory: ClientFactory) -> Any:
        return reactor.connectTCP("127.0.0.1", port, factory)

    async def turns(self, number: int) -> None:
        for _turn in range(number):
            await deferLater(reactor, 0)


class SecureCase(RealCase):
    """The same over TLS, with a certificate made for the occasion."""

    def listen(self, factory: Factory) -> Any:
        return reactor.listenSSL(0, factory, SelfSigned(), interface="127.0.0.1")

    def dial(self, port: int, factory: ClientFactory) -> Any:
        return reactor.connectSSL("127.0.0.1", port, factory, ssl.CertificateOptions())


@implementer(IOpenSSLContextFactory)
class SelfSigned:
    """A context factory with a certificate of its own: pyOpenSSL warns of the way that Twisted's own takes one."""

    def __init__(self) -> None:
        certificate, key = make_certificate("chat.example")
        self._context = SSL.Context(SSL.TLS_METHOD)
        self._context.use_privatekey(serialization.load_pem_private_key(key, None))
        self._context.use_certificate(x509.load_pem_x509_certificate(certificate))

    def getContext(self) -> SSL.Context:
        return self._context


class Reading:
    """A reader of a few bytes at a time, which Twisted does not know of: its own end of a connection."""

    def __init__(self, port: int) -> None:
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setblocking(False)

    async def takes(self, size: int) -> None:
        """So many bytes and no more."""
        while size > 0:
            try:
                size -= len(self.socket.recv(size))
            except BlockingIOError:
                await deferLater(reactor, 0.01)


class Slowly(TestCase):
    """What counts as a byte taken, with the kernel's own buffers; only the time is ours."""

    timeout = 60

    async def stalled(self) -> tuple[Clock, Outbox, Protocol, Reading]:
        clock = Clock()
        made: Deferred[Protocol] = Deferred()

        class Speaker(Protocol):
            ended = False

            def connectionMade(self) -> None:
                tune(self.transport)
                made.callback(self)

            def connectionLost(self, reason: Failure = connectionDone) -> None:
                self.ended = True

        factory = Factory.forProtocol(Speaker)
        factory.noisy = False
        port = reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        reader = Reading(port.getHost().port)
        self.addCleanup(reader.socket.close)
        speaker = await made
        self.addCleanup(speaker.transport.abortConnection)
        outbox = Outbox(speaker.transport, clock, lambda: None, plain_socket(speaker.transport))
        outbox.write(b"x" * SIZE)
        for _turn in range(20):
            await deferLater(reactor, 0.01)
        return clock, outbox, speaker, reader

    async def test_a_living_reader_is_left_alone_though_a_piece_takes_him_minutes(self) -> None:
        clock, outbox, speaker, reader = await self.stalled()
        waiting = outbox.size
        for _minute in range(5):
            await reader.takes(9000)  # more than its kernel holds for it, so that it asked for more
            for _look in range(6):
                clock.advance(10)
        self.assertFalse(speaker.transport.disconnected)
        self.assertEqual(outbox.size, waiting, "all that he took was in the kernel")

    async def test_one_that_takes_nothing_is_dropped(self) -> None:
        clock, _outbox, speaker, _reader = await self.stalled()
        clock.pump([10] * 8)
        await deferLater(reactor, 0)
        self.assertFalse(speaker.ended)
        clock.pump([10] * 2)
        await deferLater(reactor, 0)
        self.assertTrue(speaker.ended)


class BothWays:
    """What holds over plain TCP and over TLS."""

    async def test_much_to_a_slow_reader_arrives_whole_and_in_order(self: Any) -> None:
        sender, reader = Sender(pages(), close=False), SlowReader(turns=2)
        await self.connect(sender, reader)
        await reader.whole
        self.assertEqual(reader.size, SIZE)
        self.assertEqual(reader.digest.hexdigest(), DIGEST)
        self.assertGreater(sender.most, 0, "the reader was slow enough for the queue to be used")
        self.assertLessEqual(sender.most, PAGE, "nothing is counted twice")

    async def test_closing_sends_what_is_queued(self: Any) -> None:
        sender, reader = Sender(pages(), close=True), SlowReader(turns=0)
        await self.connect(sender, reader)
        await reader.ended
        self.assertEqual(reader.digest.hexdigest(), DIGEST)

    async def test_an_idle_connection_asks_for_nothing(self: Any) -> None:
        sender, reader = Sender(iter([b"hello"]), close=False), SlowReader(turns=0)
        await self.connect(sender, reader)
        while not reader.size:
            await self.turns(1)
        asked = sender.outbox.asked
        await self.turns(100)
        self.assertEqual(sender.outbox.asked, asked)

    async def test_a_reader_that_breaks_off(self: Any) -> None:
        sender, reader = Sender(pages(), close=False), SlowReader(turns=0)
        await self.connect(sender, reader)
        while not reader.size:
            await self.turns(1)
        reader.transport.abortConnection()
        await sender.ended
        self.assertEqual(sender.outbox.size, 0)

    async def test_what_has_arrived(self: Any) -> None:
        sender, reader = Sender(iter([b"x" * SIZE]), close=False), SlowReader(turns=0)
        reader.connectionMade = lambda: reader.transport.pauseProducing()
        await self.connect(sender, reader)
        while not (reader.transport and getattr(sender, "outbox", None)):
            await self.turns(1)
        self.assertFalse(sender.outbox.arrived, "it is here, or in the kernel")
        reader.transport.resumeProducing()
        await reader.whole
        while not sender.outbox.arrived:
            await self.turns(1)
        sender.outbox.abort()
        self.assertFalse(sender.outbox.arrived, "who knows")
        await sender.ended

    async def test_aborting_a_stalled_reader(self: Any) -> None:
        sender, reader = Sender(iter([b"x" * SIZE]), close=False), SlowReader(turns=0)
        reader.connectionMade = lambda: reader.transport.pauseProducing()
        await self.connect(sender, reader)
        while not getattr(sender, "outbox", None):
            await self.turns(1)
        sender.outbox.abort()
        sender.outbox.abort()
        await sender.ended
        reader.transport.resumeProducing()


class Plain(BothWays, RealCase):
    async def test_it_is_direct(self) -> None:
        sender, reader = Sender(pages(), close=False), SlowReader(turns=0)
        await self.connect(sender, reader)
        await reader.whole
        self.assertIs(sender.direct, sender.transport.getHandle())


class Secure(BothWays, SecureCase):
    async def test_it_is_not_direct(self) -> None:
        sender, reader = Sender(pages(), close=False), SlowReader(turns=0)
        await self.connect(sender, reader)
        await reader.whole
        self.assertIsNone(sender.direct)
