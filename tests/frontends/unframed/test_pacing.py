"""One write at a time, and nothing without bound."""

from __future__ import annotations

from twisted.internet.address import IPv4Address
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.frontends.unframed.case import Writes, write_out
from twisted_chat.frontends.outbox import GRACE, HARD_LIMIT, Outbox
from twisted_chat.frontends.unframed.codec import SPACING
from twisted_chat.frontends.unframed.dialects import Dialect, Gossip, Tutorial
from twisted_chat.frontends.unframed.pacing import FEW, SOFT_LIMIT, Pacer


class PacerCase(SynchronousTestCase):
    dialect: Dialect = Tutorial(write_out)

    def setUp(self) -> None:
        self.clock = Clock()
        self.transport = Writes(IPv4Address("TCP", "127.0.0.1", 4))
        self.drained = 0
        self.outbox = Outbox(self.transport, self.clock, lambda: self.pacer.outbox_drained())
        self.pacer = Pacer(self.outbox, self.clock, self.dialect, self.count_drained)

    def count_drained(self) -> None:
        self.drained += 1

    def ticks(self, count: int = 1) -> None:
        for _tick in range(count):
            self.clock.advance(SPACING)

    def read(self) -> list[bytes]:
        found, self.transport.writes = self.transport.writes, []
        return found


class Spacing(PacerCase):
    def test_the_first_goes_at_once_and_the_others_by_and_by(self) -> None:
        self.assertTrue(self.pacer.offer((b"one", b"two")))
        self.assertTrue(self.pacer.offer((b"three",)))
        self.assertEqual(self.read(), [b"one"])
        self.clock.advance(SPACING * 0.9)
        self.assertEqual(self.read(), [])
        self.clock.advance(SPACING * 0.1)
        self.assertEqual(self.read(), [b"two"])
        self.assertEqual((self.pacer.size, self.drained), (5, 0))
        self.ticks()
        self.assertEqual(self.read(), [b"three"])
        self.assertEqual((self.pacer.size, self.drained), (0, 1))

    def test_also_when_nothing_waits(self) -> None:
        self.pacer.write((b"one",))
        self.clock.advance(SPACING / 2)
        self.pacer.write((b"two",))
        self.assertEqual(self.read(), [b"one"])
        self.clock.advance(SPACING / 2)
        self.assertEqual(self.read(), [b"two"])
        self.ticks(3)
        self.pacer.write((b"three",))
        self.assertEqual(self.read(), [b"three"])

    def test_many_go_together(self) -> None:
        lines = tuple(b"line %d" % number for number in range(FEW + 1))
        self.pacer.offer(lines)
        self.assertEqual(self.read(), [b"\n".join(lines)])

    def test_few_do_not(self) -> None:
        self.pacer.offer(tuple(b"line %d" % number for number in range(FEW)))
        self.ticks(FEW)
        self.assertEqual(self.read(), [b"line %d" % number for number in range(FEW)])

    def test_as_many_as_fit(self) -> None:
        self.pacer.offer(tuple(b"%03d" % number + b"x" * 300 for number in range(30)))
        self.ticks(40)
        written = self.read()
        self.assertEqual({len(write) for write in written[1:6]}, {303 * 3 + 2})
        self.assertLessEqual(max(map(len, written)), self.dialect.size)
        said = b"\n".join(written).split(b"\n")
        self.assertEqual([int(line[:3]) for line in said], list(range(30)))

    def test_a_prompt_is_alone(self) -> None:
        self.pacer.write((b"a", b"NICK", *[b"b"] * FEW, b"NICK", *[b"c"] * FEW))
        self.ticks(30)
        written = self.read()
        self.assertEqual([write for write in written if b"NICK" in write], [b"NICK"] * 2)


class GossipSpacing(PacerCase):
    dialect = Gossip()

    def test_many_go_together_as_the_window_shows_them(self) -> None:
        self.pacer.offer((*[b"alice~hi"] * FEW, b"SERVER~bob left the chat"))
        (write,) = self.read()
        self.assertEqual(write.split(b"\n")[:2] + write.split(b"\n")[-1:],
                         [b"alice~hi", b"[alice] hi", b"[SERVER] bob left the chat"])  # fmt: skip
        self.assertEqual(write.count(b"~"), 1)

    def test_no_write_is_too_long(self) -> None:
        self.pacer.offer(tuple(b"a~" + b"x" * length for length in range(1, 300)))
        self.ticks(400)
        self.assertLessEqual(max(map(len, self.read())), self.dialect.size)


class SlowReaders(PacerCase):
    def stall(self) -> None:
        """The transport wants no more."""
        self.outbox.pauseProducing()

    def test_nothing_is_written_while_the_last_is_not_taken(self) -> None:
        self.stall()
        self.pacer.offer((b"one", b"two", b"three"))
        self.ticks(10)
        self.assertEqual((self.read(), self.pacer.size, self.drained), ([], 11, 0))
        self.outbox.resumeProducing()
        self.ticks(10)
        self.assertEqual((self.read(), self.pacer.size, self.drained), ([b"one", b"two", b"three"], 0, 1))

    def test_live_messages_up_to_a_bound(self) -> None:
        self.stall()
        self.assertTrue(self.pacer.offer((b"x" * 1000,) * 70))  # in an empty queue there is room for any
        self.assertFalse(self.pacer.offer((b"y",)))
        self.pacer.write((b"an answer",))
        self.assertGreater(self.pacer.size, SOFT_LIMIT)
        self.assertFalse(self.transport.aborted)

    def test_answers_up_to_a_bound(self) -> None:
        self.stall()
        message = (b"x" * 1000,)
        for _answer in range(HARD_LIMIT // 1000 + 1):
            self.pacer.write(message)
        self.assertFalse(self.transport.aborted)
        self.pacer.write(message)
        self.assertTrue(self.transport.aborted)

    def test_a_write_that_is_taken_late(self) -> None:
        """The outbox tells that the last one is gone: that is the end of the waiting, too."""
        self.stall()
        self.pacer.offer((b"one",))
        self.ticks(3)
        self.assertEqual(self.drained, 0)
        self.outbox.resumeProducing()
        self.assertEqual((self.read(), self.drained), ([b"one"], 1))


class Ends(PacerCase):
    def test_what_waits_is_written_before_the_end(self) -> None:
        self.pacer.write((b"one", b"two"))
        self.pacer.close()
        self.pacer.close()
        self.assertFalse(self.transport.disconnecting)
        self.pacer.write((b"late",))
        self.assertTrue(self.pacer.offer((b"late",)))
        self.ticks()
        self.assertEqual(self.read(), [b"one", b"two"])
        self.assertTrue(self.transport.disconnecting)

    def test_nothing_waits(self) -> None:
        self.pacer.close()
        self.assertTrue(self.transport.disconnecting)

    def test_nobody_reads_it(self) -> None:
        self.outbox.pauseProducing()
        self.pacer.write((b"one", b"two"))
        self.pacer.close()
        self.clock.advance(GRACE)
        self.assertTrue(self.transport.aborted)

    def test_the_connection_is_gone(self) -> None:
        self.pacer.write((b"one", b"two"))
        self.pacer.close()
        self.pacer.stop()
        self.outbox.gone()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.pacer.size, 0)
