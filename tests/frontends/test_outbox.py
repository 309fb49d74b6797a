"""One connection's outgoing bytes: at once, in order, and never without bounds."""

from __future__ import annotations

import errno
from collections.abc import Callable
from socket import socket, socketpair
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet import tcp
from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from twisted_chat.frontends.outbox import GRACE, HANDOVER, HARD_LIMIT, SOFT_LIMIT, STUCK, Outbox, plain_socket

ENDLESS = 10**9


class Kernel:
    """What two ends share: a socket that takes `room` bytes more, and what it took, in `wire`."""

    def __init__(self) -> None:
        self.room = ENDLESS
        self.error: int | None = None
        self.wire = bytearray()
        self.sends = 0

    def send(self, data: bytes | memoryview) -> int:
        self.sends += 1
        if self.error is not None:
            raise OSError(self.error, "as told")
        if not self.room:
            raise BlockingIOError(errno.EAGAIN, "full")
        sent = min(self.room, len(data))
        self.room -= sent
        self.wire += data[:sent]
        return sent


class Transport:
    """As much of Twisted's TCP transport as an outbox relies on: above all, what it promises to producers."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.buffer = b""
        self.high_water = ENDLESS
        self.producer: Any = None
        self.streaming: bool | None = None
        self.closing = False
        self.aborts = 0
        self.on_close: Callable[[], None] = lambda: None

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        self.producer, self.streaming = producer, streaming
        if not streaming:
            producer.resumeProducing()

    def unregisterProducer(self) -> None:
        self.producer = None

    def write(self, data: bytes) -> None:
        assert type(data) is bytes
        self.buffer += data
        if self.producer is not None and self.streaming and len(self.buffer) >= self.high_water:
            self.producer.pauseProducing()

    def writeSequence(self, pieces: list[bytes]) -> None:
        self.write(b"".join(pieces))

    def loseConnection(self) -> None:
        self.closing = True
        self.on_close()

    def abortConnection(self) -> None:
        self.aborts += 1

    # what the reactor would do

    def flush(self) -> None:
        """The socket is writable: what is here goes out, then the producer's turn comes."""
        self.kernel.wire += self.buffer
        self.buffer = b""
        if self.producer is not None:
            self.producer.resumeProducing()


class OutboxCase(SynchronousTestCase):
    direct = True

    def setUp(self) -> None:
        self.clock = Clock()
        self.kernel = Kernel()
        self.transport = Transport(self.kernel)
        self.drained = 0
        self.outbox = Outbox(self.transport, self.clock, self.count_drained, self.kernel if self.direct else None)

    def count_drained(self) -> None:
        self.drained += 1

    def sent(self) -> bytes:
        return bytes(self.kernel.wire)

    def stall(self) -> None:
        """The reader reads no more."""
        self.kernel.room = 0

    def assert_idle(self) -> None:
        self.assertEqual(self.outbox.size, 0)
        self.assertEqual(self.clock.getDelayedCalls(), [])


class DirectCase(OutboxCase):
    direct = True


class PushCase(OutboxCase):
    direct = False

    def stall(self) -> None:
        self.transport.high_water = 1

    def unstall(self) -> None:
        self.transport.high_water = ENDLESS


class SendingAtOnce(DirectCase):
    def test_it_is_the_transports_pull_producer(self) -> None:
        self.assertIs(self.transport.producer, self.outbox)
        self.assertIs(self.transport.streaming, False)
        verifyObject(IPushProducer, self.outbox)

    def test_bytes_go_past_the_transport(self) -> None:
        self.assertTrue(self.outbox.offer(b"one "))
        self.outbox.write(b"two")
        self.assertEqual(self.sent(), b"one two")
        self.assertEqual(self.transport.buffer, b"")
        self.assertEqual(self.drained, 0)
        self.assert_idle()

    def test_what_the_kernel_refuses_goes_through_the_transport(self) -> None:
        self.kernel.room = 3
        self.assertTrue(self.outbox.offer(b"hello"))
        self.assertEqual((self.sent(), self.transport.buffer), (b"hel", b"lo"))
        self.assertEqual(self.outbox.size, 2)
        self.transport.flush()
        self.assertEqual(self.sent(), b"hello")
        self.assertEqual(self.drained, 1)
        self.assert_idle()

    def test_a_full_kernel_says_so_in_several_ways(self) -> None:
        for number in (errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS, errno.EINTR):
            self.kernel.error = number
            self.outbox.offer(b"hi")
            self.assertEqual(self.transport.buffer, b"hi")
            self.kernel.error = None
            self.transport.flush()
            self.assertEqual(self.transport.aborts, 0)
            self.assert_idle()

    def test_a_broken_connection_is_aborted_without_a_fuss(self) -> None:
        for number in (errno.EPIPE, errno.ECONNRESET, errno.ETIMEDOUT):
            self.setUp()
            self.kernel.error = number
            self.assertTrue(self.outbox.offer(b"hi"))
            self.assertEqual(self.transport.aborts, 1)
            self.assertTrue(self.outbox.offer(b"hi"))
            self.outbox.write(b"hi")
            self.assertEqual(self.kernel.sends, 1, "nothing is tried any more")
            self.assertEqual(self.transport.buffer, b"")
            self.assert_idle()

    def test_nothing_overtakes_what_waits(self) -> None:
        self.kernel.room = 2
        self.outbox.offer(b"one ")
        self.kernel.room = ENDLESS
        self.outbox.offer(b"two ")
        self.outbox.write(b"three")
        self.assertEqual(self.sent(), b"on")
        self.transport.flush()
        self.assertEqual(self.sent(), b"one two three")
        self.assertEqual(self.drained, 1)

    def test_the_transport_never_holds_more_than_a_piece(self) -> None:
        self.stall()
        whole = bytes(range(256)) * 400
        self.outbox.write(whole)
        while self.outbox.size:
            self.assertLessEqual(len(self.transport.buffer), HANDOVER)
            self.assertLess(0, len(self.transport.buffer))
            self.transport.flush()
        self.assertEqual(self.sent(), whole)
        self.assertEqual(self.drained, 1)

    def test_filling_up_again_while_going_on(self) -> None:
        self.stall()
        self.outbox.offer(b"one ")
        self.outbox.offer(b"two ")
        self.outbox.offer(b"three")
        self.kernel.room = 5
        self.transport.flush()
        self.assertEqual((self.sent(), self.transport.buffer), (b"one two t", b"hree"))
        self.assertEqual(self.drained, 0)
        self.assertEqual(self.outbox.size, 4)
        self.transport.flush()
        self.assertEqual(self.sent(), b"one two three")
        self.assertEqual(self.drained, 1)
        self.assert_idle()

    def test_full_again_at_once(self) -> None:
        self.stall()
        self.outbox.offer(b"one ")
        self.outbox.offer(b"two")
        self.transport.flush()
        self.assertEqual((self.sent(), self.transport.buffer), (b"one ", b"two"))
        self.transport.flush()
        self.assertEqual(self.sent(), b"one two")
        self.assert_idle()

    def test_breaking_while_going_on(self) -> None:
        self.stall()
        self.outbox.offer(b"one ")
        self.outbox.offer(b"two")
        self.kernel.error = errno.EPIPE
        self.transport.flush()
        self.assertEqual(self.transport.aborts, 1)
        self.assertEqual(self.drained, 0)
        self.assert_idle()

    def test_being_drained_is_a_time_to_write(self) -> None:
        pages = [b"page 1 ", b"page 2 ", b"page 3"]
        self.outbox = Outbox(self.transport, self.clock, lambda: pages and self.outbox.write(pages.pop(0)), self.kernel)
        self.stall()
        self.outbox.offer(b"live ")
        for _page in range(4):
            self.transport.flush()
        self.assertEqual(self.sent(), b"live page 1 page 2 page 3")
        self.assert_idle()

    @given(st.lists(st.tuples(st.binary(min_size=1, max_size=50), st.integers(0, 30), st.booleans())))
    def test_whatever_the_kernel_does_all_arrives_in_order(self, steps: list[tuple[bytes, int, bool]]) -> None:
        self.setUp()
        whole = b""
        for data, room, flush in steps:
            self.kernel.room = room
            self.assertTrue(self.outbox.offer(data))
            whole += data
            self.assertTrue(whole.startswith(self.sent()))
            self.assertEqual(self.outbox.size, len(whole) - len(self.sent()))
            if flush:
                self.transport.flush()
        self.kernel.room = ENDLESS
        self.transport.flush()
        self.assertEqual(self.sent(), whole)
        self.assert_idle()


class ThroughTheTransport(PushCase):
    def test_it_is_the_transports_push_producer(self) -> None:
        self.assertIs(self.transport.producer, self.outbox)
        self.assertIs(self.transport.streaming, True)

    def test_bytes_go_through_it(self) -> None:
        self.outbox.offer(b"one ")
        self.outbox.write(b"two")
        self.assertEqual(self.transport.buffer, b"one two")
        self.assertEqual(self.kernel.sends, 0)
        self.assert_idle()

    def test_they_wait_while_it_asks_for_a_pause(self) -> None:
        self.stall()
        self.outbox.offer(b"one ")
        self.outbox.offer(b"two ")
        self.outbox.write(b"three")
        self.assertEqual(self.transport.buffer, b"one ")
        self.assertEqual(self.outbox.size, 9)
        self.unstall()
        self.transport.flush()
        self.assertEqual(self.transport.buffer, b"two three")
        self.assertEqual(self.drained, 1)
        self.assert_idle()

    def test_a_pause_in_the_middle(self) -> None:
        self.stall()
        for word in (b"one ", b"two ", b"three"):
            self.outbox.offer(word)
        self.transport.flush()
        self.assertEqual(self.transport.buffer, b"two ")
        self.assertEqual(self.outbox.size, 5)
        self.assertEqual(self.drained, 0)
        self.transport.flush()
        self.transport.flush()
        self.assertEqual(self.sent(), b"one two three")
        self.assertEqual(self.drained, 1)

    def test_the_end_of_a_pause_with_nothing_queued(self) -> None:
        self.stall()
        self.outbox.offer(b"one ")
        self.unstall()
        self.transport.flush()
        self.outbox.offer(b"two")
        self.assertEqual(self.transport.buffer, b"two")
        self.assertEqual(self.drained, 0)


class Bounds:
    """The same in both ways of sending."""

    def test_over_the_soft_limit_live_bytes_are_refused(self: Any) -> None:
        self.stall()
        self.assertTrue(self.outbox.offer(b"x"))
        while self.outbox.offer(b"x" * 1000):
            pass
        self.assertTrue(SOFT_LIMIT - 1000 < self.outbox.size <= SOFT_LIMIT)
        size = self.outbox.size
        self.assertFalse(self.outbox.offer(b"x" * 1000))
        self.assertEqual(self.outbox.size, size)
        self.assertTrue(self.outbox.offer(b"x" * (SOFT_LIMIT - size)), "it fits exactly")
        self.assertFalse(self.outbox.offer(b"x"))

    def test_answers_are_taken_until_the_hard_limit(self: Any) -> None:
        self.stall()
        self.outbox.write(b"x")
        self.outbox.write(b"x" * SOFT_LIMIT)
        while self.outbox.size < HARD_LIMIT:
            self.outbox.write(b"x" * min(1000, HARD_LIMIT - self.outbox.size))
        self.assertEqual(self.transport.aborts, 0)
        self.outbox.write(b"x")
        self.assertEqual(self.transport.aborts, 1)
        self.assert_idle()
        self.outbox.write(b"x")
        self.assertTrue(self.outbox.offer(b"x"))
        self.assert_idle()

    def test_one_big_answer_is_taken_when_nothing_waits(self: Any) -> None:
        self.outbox.write(b"x" * (HARD_LIMIT + 1))
        self.assertEqual(self.transport.aborts, 0)

    def test_90_seconds_without_a_byte_taken(self: Any) -> None:
        self.stall()
        self.outbox.write(b"one")
        self.outbox.write(b"two")
        self.clock.advance(STUCK - 1)
        self.outbox.write(b"three")
        self.assertEqual(self.transport.aborts, 0)
        self.clock.advance(1)
        self.assertEqual(self.transport.aborts, 1)
        self.assert_idle()

    def test_what_it_took_of_an_earlier_queue_counts_for_nothing(self: Any) -> None:
        self.stall()
        self.outbox.write(b"one")
        self.outbox.write(b"two")
        while self.outbox.size:
            self.transport.flush()
        self.stall()
        self.outbox.write(b"three")
        self.outbox.write(b"four")
        self.clock.advance(STUCK)
        self.assertEqual(self.transport.aborts, 1)

    def test_a_slow_reader_has_all_the_time_that_it_needs(self: Any) -> None:
        self.stall()
        for _piece in range(20):
            self.outbox.write(b"x" * HANDOVER)
        for _piece in range(15):
            self.clock.advance(STUCK - 1)
            self.transport.flush()
        self.assertEqual(self.transport.aborts, 0)
        self.assertGreater(self.outbox.size, 0)
        self.clock.advance(STUCK - 1)
        self.assertEqual(self.transport.aborts, 0)
        self.clock.advance(1)
        self.assertEqual(self.transport.aborts, 1, "90 seconds after the last byte")

    def test_the_90_seconds_begin_at_the_last_byte(self: Any) -> None:
        self.stall()
        for _piece in range(5):
            self.outbox.write(b"x" * HANDOVER)
        self.clock.pump([1.0] * 7)
        self.transport.flush()
        self.clock.pump([1.0] * 89)
        self.assertEqual(self.transport.aborts, 0)
        self.clock.pump([1.0])
        self.assertEqual(self.transport.aborts, 1)


class DirectBounds(Bounds, DirectCase):
    def test_they_are_those_of_the_manual(self) -> None:
        self.assertEqual((SOFT_LIMIT, HARD_LIMIT, HANDOVER), (262_144, 1_048_576, 16_384))
        self.assertEqual((STUCK, GRACE), (90, 5))


class PushBounds(Bounds, PushCase):
    pass


class Ends:
    """The same in both ways of sending."""

    def test_closing_with_nothing_queued(self: Any) -> None:
        self.outbox.write(b"bye")
        self.outbox.close()
        self.assertTrue(self.transport.closing)
        self.assertIsNone(self.transport.producer, "else the transport waits for it for ever")
        self.outbox.gone()
        self.outbox.gone()
        self.assertEqual(self.transport.aborts, 0)
        self.assert_idle()

    def test_closing_sends_the_queue_first(self: Any) -> None:
        self.stall()
        for word in (b"one ", b"two ", b"three"):
            self.outbox.write(word)
        self.outbox.close()
        self.assertEqual(self.transport.buffer, b"one two three")
        self.assertTrue(self.transport.closing)
        self.outbox.gone()
        self.assert_idle()

    def test_after_that_nothing_is_taken(self: Any) -> None:
        for waiting in (False, True):
            self.setUp()
            if waiting:
                self.stall()
                self.outbox.write(b"one ")
                self.outbox.write(b"two")
            self.outbox.close()
            before = (self.sent(), self.transport.buffer, self.outbox.size)
            self.assertTrue(self.outbox.offer(b"late"))
            self.outbox.write(b"later")
            self.outbox.resumeProducing()
            self.assertEqual((self.sent(), self.transport.buffer, self.outbox.size), before)
            self.assertEqual(self.drained, 0)

    def test_closing_has_a_grace(self: Any) -> None:
        self.stall()
        self.outbox.write(b"one ")
        self.outbox.write(b"two")
        self.outbox.close()
        self.clock.advance(GRACE - 1)
        self.outbox.close()
        self.assertEqual(self.transport.aborts, 0)
        self.clock.advance(1)
        self.assertEqual(self.transport.aborts, 1)
        self.outbox.gone()
        self.assert_idle()

    def test_a_transport_that_is_gone_at_once(self: Any) -> None:
        self.transport.on_close = self.outbox.gone
        self.outbox.close()
        self.assert_idle()

    def test_aborting_drops_the_queue(self: Any) -> None:
        self.stall()
        self.outbox.write(b"one")
        self.outbox.write(b"two")
        self.outbox.abort()
        self.assertEqual(self.transport.aborts, 1)
        self.assert_idle()
        self.outbox.close()
        self.assertFalse(self.transport.closing)
        self.outbox.gone()
        self.assertEqual(self.drained, 0)

    def test_gone(self: Any) -> None:
        self.stall()
        self.outbox.write(b"one")
        self.outbox.write(b"two")
        self.outbox.gone()
        self.assert_idle()
        buffer = self.transport.buffer
        self.assertTrue(self.outbox.offer(b"late"))
        self.outbox.close()
        self.outbox.abort()
        self.assertEqual(self.transport.buffer, buffer)
        self.assertEqual((self.transport.closing, self.transport.aborts), (False, 0))
        self.assert_idle()

    def test_the_transport_stops_its_producer(self: Any) -> None:
        self.stall()
        self.outbox.write(b"one")
        self.outbox.write(b"two")
        buffer = self.transport.buffer
        self.outbox.stopProducing()
        self.assert_idle()
        self.outbox.resumeProducing()
        self.outbox.write(b"three")
        self.assertEqual(self.transport.buffer, buffer)
        self.assertEqual(self.drained, 0)


class DirectEnds(Ends, DirectCase):
    pass


class PushEnds(Ends, PushCase):
    pass


class OddSocket(socket):
    pass


class OddServer(tcp.Server):
    pass


class PlainSockets(SynchronousTestCase):
    def setUp(self) -> None:
        here, there = socketpair()
        self.addCleanup(here.close)
        self.addCleanup(there.close)
        self.socket = here

    def server(self, kind: type[tcp.Server] = tcp.Server, handle: socket | None = None) -> tcp.Server:
        return kind(handle or self.socket, Protocol(), ("127.0.0.1", 1), None, 1, MemoryReactorClock())

    def test_a_tcp_server_connection_has_one(self) -> None:
        self.assertIs(plain_socket(self.server()), self.socket)

    def test_one_that_speaks_tls_has_none(self) -> None:
        server = self.server()
        server.TLS = True
        self.assertIsNone(plain_socket(server))

    def test_what_only_resembles_one_has_none(self) -> None:
        odd = OddSocket(fileno=self.socket.detach())
        self.addCleanup(odd.close)
        self.assertIsNone(plain_socket(self.server(handle=odd)))
        self.assertIsNone(plain_socket(self.server(OddServer, odd)))
        self.assertIsNone(plain_socket(StringTransport()))
        self.assertIsNone(plain_socket(None))
