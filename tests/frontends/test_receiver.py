"""Lines out of packets, however the bytes were cut, and whatever a stranger sends."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.frontends.receiver import TameLineReceiver

LIMIT = 20


class Ear(TameLineReceiver):
    """Keeps its lines in `heard`; a line that was too long is an ellipsis there. `on` lines it does something."""

    MAX_LENGTH = LIMIT

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[bytes] = []
        self.on: dict[bytes, Callable[[], None]] = {}

    def lineReceived(self, line: bytes) -> None:
        self.heard.append(line)
        self.on.get(line, lambda: None)()

    def lineLengthExceeded(self, line: bytes) -> None:
        self.heard.append(b"...")
        self.on.get(b"...", lambda: None)()

    @property
    def kept(self) -> int:
        """Bytes in memory."""
        return len(self._buffer)


def ear() -> Ear:
    found = Ear()
    found.makeConnection(StringTransport())
    return found


def expected(data: bytes) -> list[bytes]:
    """What is heard of all `data`, said as simply as it can be."""
    *lines, rest = data.split(b"\n")
    heard = [b"..." if len(line.removesuffix(b"\r")) > LIMIT else line for line in lines]
    return [*heard, *([b"..."] if len(rest) > LIMIT + 1 else [])]


TRAFFIC = st.lists(
    st.sampled_from([b"\n", b"\r\n", b"\r", b"a", b"\xff", b"hello", b"x" * LIMIT, b"y" * (LIMIT + 1), b"z" * 50])
).map(b"".join)
CUTS = st.lists(st.integers(0, 200))


def packets(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    return [data[begin:end] for begin, end in pairwise(places)]


class Cutting(SynchronousTestCase):
    @given(TRAFFIC, CUTS)
    def test_any_packets_make_the_same_lines(self, data: bytes, cuts: list[int]) -> None:
        listener = ear()
        for packet in packets(data, cuts):
            listener.dataReceived(packet)
            self.assertLessEqual(listener.kept, LIMIT + 1)
        self.assertEqual(listener.heard, expected(data))

    @given(TRAFFIC)
    def test_byte_by_byte(self, data: bytes) -> None:
        listener = ear()
        for at in range(len(data)):
            listener.dataReceived(data[at : at + 1])
        self.assertEqual(listener.heard, expected(data))

    @given(TRAFFIC, CUTS, st.lists(st.booleans()))
    def test_pauses_anywhere_change_nothing(self, data: bytes, cuts: list[int], pauses: list[bool]) -> None:
        listener = ear()
        for at, packet in enumerate(packets(data, cuts)):
            if at < len(pauses) and pauses[at]:
                listener.pause()
                listener.dataReceived(packet)
                listener.resume()
            else:
                listener.dataReceived(packet)
        self.assertEqual(listener.heard, expected(data))

    def test_line_ends(self) -> None:
        listener = ear()
        listener.dataReceived(b"unix\ndos\r\nvt\x0bff\x0cnel\xc2\x85ls\xe2\x80\xa8\n\r\n\n")
        self.assertEqual(listener.heard, [b"unix", b"dos\r", b"vt\x0bff\x0cnel\xc2\x85ls\xe2\x80\xa8", b"\r", b""])

    def test_lines_are_sent_with_both(self) -> None:
        listener = ear()
        listener.sendLine(b"hi")
        self.assertEqual(listener.transport.value(), b"hi\r\n")


class TooLong(SynchronousTestCase):
    def test_the_limit_does_not_count_the_lines_end(self) -> None:
        for end in (b"\n", b"\r\n"):
            listener = ear()
            listener.dataReceived(b"x" * LIMIT + end + b"x" * (LIMIT + 1) + end)
            self.assertEqual([line[:3] for line in listener.heard], [b"xxx", b"..."])

    def test_told_once_and_skipped_in_constant_memory(self) -> None:
        listener = ear()
        for _packet in range(1000):
            listener.dataReceived(b"x" * 1000)
            self.assertEqual(listener.kept, 0)
        self.assertEqual(listener.heard, [b"..."])
        listener.dataReceived(b"x")
        self.assertEqual(listener.kept, 0)
        listener.dataReceived(b"the end\nnext\n")
        self.assertEqual(listener.heard, [b"...", b"next"])

    def test_lines_behind_it_arrive_at_once(self) -> None:
        listener = ear()
        listener.dataReceived(b"x" * 100 + b"\none\ntwo\n")
        self.assertEqual(listener.heard, [b"...", b"one", b"two"])

    def test_what_begins_behind_it_is_kept(self) -> None:
        listener = ear()
        listener.dataReceived(b"x" * 100 + b"\non")
        listener.dataReceived(b"e\n")
        self.assertEqual(listener.heard, [b"...", b"one"])

    def test_skipped_during_a_pause(self) -> None:
        listener = ear()
        listener.on[b"..."] = listener.pause
        listener.dataReceived(b"x" * 100)
        listener.dataReceived(b"x" * 100 + b"\none\n")
        self.assertEqual(listener.heard, [b"..."])
        listener.resume()
        self.assertEqual(listener.heard, [b"...", b"one"])

    def test_the_end_at_it(self) -> None:
        listener = ear()
        listener.on[b"..."] = listener.stop_hearing
        listener.dataReceived(b"x" * 100)
        listener.dataReceived(b"\none\n")
        self.assertEqual(listener.heard, [b"..."])
        self.assertEqual(listener.kept, 0)


class Pausing(SynchronousTestCase):
    def test_in_the_middle_of_a_packet(self) -> None:
        listener = ear()
        listener.on[b"one"] = listener.pause
        listener.dataReceived(b"one\ntwo\nthr")
        self.assertEqual(listener.heard, [b"one"])
        self.assertEqual(listener.transport.producerState, "paused")
        listener.dataReceived(b"ee\n")
        self.assertEqual(listener.heard, [b"one"])
        listener.resume()
        self.assertEqual(listener.heard, [b"one", b"two", b"three"])
        self.assertEqual(listener.transport.producerState, "producing")

    def test_again_while_going_on(self) -> None:
        listener = ear()
        listener.on[b"one"] = listener.on[b"two"] = listener.pause
        listener.dataReceived(b"one\ntwo\nthree\n")
        listener.resume()
        self.assertEqual(listener.heard, [b"one", b"two"])
        listener.resume()
        self.assertEqual(listener.heard, [b"one", b"two", b"three"])

    def test_each_pause_needs_its_resume(self) -> None:
        listener = ear()
        listener.pause()
        listener.pause()
        listener.dataReceived(b"one\n")
        listener.resume()
        self.assertEqual(listener.heard, [])
        listener.resume()
        self.assertEqual(listener.heard, [b"one"])

    def test_a_pause_that_ends_within_its_line(self) -> None:
        listener = ear()

        def blink() -> None:
            listener.pause()
            listener.resume()

        listener.on[b"two"] = blink
        listener.pause()
        listener.dataReceived(b"one\ntwo\nthree\nfo")
        listener.resume()
        listener.dataReceived(b"ur\n")
        self.assertEqual(listener.heard, [b"one", b"two", b"three", b"four"])


class TheOthersEnd(SynchronousTestCase):
    def test_a_last_line_needs_no_end(self) -> None:
        listener = ear()
        listener.dataReceived(b"one\ntwo")
        listener.hear_the_end()
        listener.hear_the_end()
        self.assertEqual(listener.heard, [b"one", b"two"])

    def test_nothing_is_no_line(self) -> None:
        for data in (b"", b"one\n", b"x" * 100):
            listener = ear()
            listener.dataReceived(data)
            heard = list(listener.heard)
            listener.hear_the_end()
            self.assertEqual(listener.heard, heard)

    def test_no_pause_holds_anything_back(self) -> None:
        listener = ear()
        listener.on[b"one"] = listener.on[b"two"] = listener.pause
        listener.dataReceived(b"one\ntwo\nthree\n" + b"x" * 100 + b"\nfour\n")
        listener.hear_the_end()
        self.assertEqual(listener.heard, [b"one", b"two", b"three", b"...", b"four"])
        listener.transport.loseConnection()
        listener.resume()
        listener.resume()
        self.assertEqual(listener.transport.producerState, "paused", "it is left alone")

    def test_a_too_long_last_line_that_a_pause_held_back(self) -> None:
        listener = ear()
        listener.pause()
        listener.dataReceived(b"one\n" + b"x" * 100)
        listener.hear_the_end()
        self.assertEqual(listener.heard, [b"one", b"..."])

    def test_the_rest_of_a_too_long_line_is_none(self) -> None:
        listener = ear()
        listener.on[b"..."] = listener.pause
        listener.dataReceived(b"x" * 100)
        listener.dataReceived(b"x" * 5)
        listener.hear_the_end()
        self.assertEqual(listener.heard, [b"..."])

    def test_not_after_our_own(self) -> None:
        listener = ear()
        listener.pause()
        listener.dataReceived(b"one\n")
        listener.stop_hearing()
        listener.hear_the_end()
        self.assertEqual(listener.heard, [])


class TheEnd(SynchronousTestCase):
    def test_nothing_is_heard_after_it(self) -> None:
        listener = ear()
        listener.on[b"bye"] = listener.stop_hearing
        listener.dataReceived(b"bye\nstill there?\nhel")
        listener.dataReceived(b"lo?\n")
        self.assertEqual(listener.heard, [b"bye"])
        self.assertEqual(listener.kept, 0)

    def test_a_resume_after_it_leaves_the_transport_alone(self) -> None:
        listener = ear()
        listener.pause()
        listener.dataReceived(b"one\n")
        listener.stop_hearing()
        listener.transport.loseConnection()
        listener.resume()
        self.assertEqual(listener.heard, [])
        self.assertEqual(listener.transport.producerState, "paused")
