"""The benchmarks: that they count right, draw their table, and run. No figure is asserted."""

import math
import os
import subprocess
import sys
from pathlib import Path
from unittest import skipUnless

from twisted.trial.unittest import SynchronousTestCase

from benchmarks.dialects import Irc, Line
from benchmarks.errors import RefusedError
from benchmarks.load import Delivery
from benchmarks.marks import MARK, MarkCount, Observer, message
from benchmarks.table import Row, markdown, percentile, plain

ROOT = Path(__file__).resolve().parent.parent


def pieces(stream: bytes, size: int) -> list[bytes]:
    return [stream[at : at + size] for at in range(0, len(stream), size)]


class CountingMarks(SynchronousTestCase):
    """However the stream is cut, every message counts once."""

    stream = b"".join(b"u1: " + message(0, number, 1.5, 40) + b"\r\n" for number in range(5))

    def count(self, stream: bytes, size: int) -> int:
        counter = MarkCount()
        # Old bytes stay behind the new ones, as in the buffer of a real run.
        buffer = bytearray(MARK * 20)
        total = 0
        for piece in pieces(stream, size):
            buffer[: len(piece)] = piece
            total += counter.take(buffer, len(piece))
        return total

    def test_any_cut(self) -> None:
        for size in range(1, 100):
            self.assertEqual(self.count(self.stream, size), 5, f"pieces of {size}")

    def test_marks_side_by_side(self) -> None:
        for size in range(1, 30):
            self.assertEqual(self.count(MARK * 7, size), 7, f"pieces of {size}")

    def test_half_a_mark_is_none(self) -> None:
        self.assertEqual(self.count(MARK[:-1] + b"\r\n" + MARK[-1:], 3), 0)
        self.assertEqual(self.count(b"*** u2 joined #lobby\r\n", 4), 0)

    def test_a_mark_does_not_overlap_itself(self) -> None:
        """On this the count relies."""
        for length in range(1, len(MARK)):
            self.assertFalse(MARK.startswith(MARK[-length:]))


class Observing(SynchronousTestCase):
    def observe(self, stream: bytes, size: int) -> tuple[Observer, int]:
        observer = Observer(2)
        total = sum(observer.take(bytearray(piece), len(piece), 12.0) for piece in pieces(stream, size))
        return observer, total

    def test_any_cut(self) -> None:
        stream = b"*** u2 joined #lobby\r\n"
        stream += b"u0: " + message(0, 0, 10.0, 64) + b"\r\n" + b"u1: " + message(1, 0, 11.5, 64) + b"\r\n"
        stream += b":u0!~u0@127.0.0.1 PRIVMSG #bench :" + message(0, 1, 11.75, 64) + b"\r\n"
        for size in range(1, len(stream) + 1):
            observer, total = self.observe(stream, size)
            self.assertEqual(total, 3)
            self.assertEqual(observer.seen, [2, 1])
            self.assertEqual(observer.latencies, [2.0, 0.5, 0.25])
            self.assertEqual(observer.disordered, 0)

    def test_order(self) -> None:
        stream = message(0, 1, 1.0, 64) + b"\r\n" + message(0, 0, 1.0, 64) + b"\r\n"
        observer, _ = self.observe(stream, 16)
        self.assertEqual(observer.disordered, 2)


class GettingIn(SynchronousTestCase):
    def test_line(self) -> None:
        line = Line()
        self.assertEqual(line.answer(b"NICK", "u7"), b"u7\r\n")
        self.assertEqual(line.answer(b"*** Welcome, u7.", "u7"), b"")
        self.assertTrue(line.entered(b"*** Welcome, u7. 3 others are in #lobby"))
        self.assertFalse(line.entered(b"*** u8 joined #lobby"))
        with self.assertRaisesRegex(RefusedError, "SERVER_FULL"):
            line.answer(b"!!! SERVER_FULL come back later", "u7")

    def test_irc(self) -> None:
        irc = Irc()
        self.assertEqual(irc.opening("u7"), b"NICK u7\r\nUSER u7 0 * :u7\r\n")
        self.assertEqual(irc.answer(b":bench.invalid 001 u7 :Welcome", "u7"), b"JOIN #bench\r\n")
        self.assertEqual(irc.answer(b":bench.invalid 422 u7 :No message of the day", "u7"), b"")
        self.assertEqual(irc.answer(b"PING :bench.invalid", "u7"), b"PONG :bench.invalid\r\n")
        self.assertTrue(irc.entered(b":bench.invalid 366 u7 #bench :End of NAMES list"))
        for refusal in (b":bench.invalid 433 * u7 :Nickname already in use", b"ERROR :Too many connections"):
            with self.assertRaises(RefusedError):
                irc.answer(refusal, "u7")


class Figures(SynchronousTestCase):
    def test_percentile(self) -> None:
        values = [float(number) for number in range(100, 0, -1)]
        self.assertEqual(percentile(values, 0.5), 50)
        self.assertEqual(percentile(values, 0.99), 99)
        self.assertEqual(percentile([3.0], 0.99), 3)
        self.assertEqual(percentile([1.0, 2.0], 0.99), 2)
        self.assertTrue(math.isnan(percentile([], 0.5)))

    def test_fault(self) -> None:
        def delivery(lost: int, cut: int) -> Delivery:
            return Delivery(
                messages=10,
                expected=90,
                delivered=90 - lost,
                lost=lost,
                doubled=0,
                disordered=0,
                cut=cut,
                took=1.0,
                latencies=(),
                load_cpu=0.1,
            )

        self.assertEqual(delivery(0, 0).fault(), "")
        self.assertEqual(delivery(2, 1).fault(), "2 of 90 deliveries lost, 1 connections closed by the server")


class Tables(SynchronousTestCase):
    rows = (
        Row("a heading that is long"),
        Row("messages", {"ours": 12345.6, "theirs": math.nan}),
        Row("time, us", {"ours": 0.5}, 2),
    )

    def test_plain(self) -> None:
        self.assertEqual(
            plain(self.rows, ["ours", "theirs"]).splitlines(),
            [
                "               ours   theirs",
                "a heading that is long",
                "  messages   12,346        -",
                "  time, us     0.50        -",
            ],
        )

    def test_markdown(self) -> None:
        self.assertEqual(
            markdown(self.rows, ["ours", "theirs"]).splitlines(),
            [
                "|  | ours | theirs |",
                "| --- | ---: | ---: |",
                "| **a heading that is long** |  |  |",
                "| messages | 12,346 | - |",
                "| time, us | 0.50 | - |",
            ],
        )


@skipUnless(sys.platform == "linux", "the benchmarks need Linux")
class QuickRun(SynchronousTestCase):
    def quick(self, server: str) -> None:
        run = subprocess.run(
            [sys.executable, "-m", "benchmarks", "--quick", "--only", server],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        machine, *table = run.stdout.splitlines()
        self.assertIn("Twisted", machine)
        for start in (
            "sparse: ",
            "  CPU time for a delivery, us ",
            "  messages a second ",
            "  latency p50, ms ",
            "  latency p99, ms ",
            "saturated: ",
            "idle: ",
            "  memory for an idle client, KiB ",
            "start: ",
            "  time to start, ms ",
        ):
            self.assertTrue(any(line.startswith(start) for line in table), f"{start!r} in {run.stdout}")

    def test_naive(self) -> None:
        self.quick("naive")

    @skipUnless((ROOT / "twisted_chat" / "tap.py").exists(), "the server is not there yet")
    def test_ours(self) -> None:
        self.quick("twisted-chat")
