"""The benchmarks: that they count right, draw their table, and run. No figure is asserted."""

import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path
from unittest import skipUnless

from twisted.trial.unittest import SynchronousTestCase

from benchmarks import attacks, biglog, soak
from benchmarks.__main__ import _left_out
from benchmarks.confirm import Confirmations, Confirmed
from benchmarks.dialects import Irc, Json, Line
from benchmarks.errors import RefusedError
from benchmarks.load import Delivery
from benchmarks.marks import MARK, MarkCount, Observer, marked, message
from benchmarks.promises import Human, Objects, as_human, as_objects
from benchmarks.runs import QUICK, Size
from benchmarks.scenarios import DIGITS, SCENARIOS
from benchmarks.servers import SERVERS
from benchmarks.table import Row, markdown, percentile, plain
from tests.files import place_for
from twisted_chat.core.names import parse_nick

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

    def test_one_line(self) -> None:
        self.assertEqual(marked(b"u1: " + message(1, 7, 11.5, 64)), (1, 7))
        self.assertIsNone(marked(b"*** u2 joined #lobby"))

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

    def test_json(self) -> None:
        dialect = Json()
        self.assertEqual(json.loads(dialect.answer(b"NICK", "u7")), {"type": "hello", "nick": "u7"})
        self.assertEqual(dialect.answer(b'{"type":"welcome","seq":3}', "u7"), b"")
        self.assertTrue(dialect.entered(b'{"type":"welcome","seq":3}'))
        self.assertFalse(dialect.entered(b'{"type":"joined","nick":"u8"}'))
        self.assertFalse(dialect.entered(b"NICK"))
        self.assertEqual(json.loads(dialect.said(b"hello")), {"type": "say", "room": "#lobby", "text": "hello"})
        with self.assertRaisesRegex(RefusedError, "NICK_IN_USE"):
            dialect.answer(b'{"type":"error","code":"NICK_IN_USE","text":"u7 is taken"}', "u7")

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


class PromisesToPeople(SynchronousTestCase):
    """Two senders of three messages each; the one said after them is sender 0's fourth."""

    notice = b"*** 3 lines skipped, /history has them"

    def line(self, sender: int, number: int) -> bytes:
        return b"u%d: " % sender + message(sender, number, 1.0, 40)

    def judge(self, *lines: bytes, after: tuple[bytes, ...] | None = None) -> Human:
        return as_human(lines, (self.line(0, 3),) if after is None else after, 2, 3)

    def test_kept(self) -> None:
        human = self.judge(b"*** u3 joined #lobby", self.line(0, 0), self.line(1, 0), self.line(0, 1), self.notice)
        self.assertEqual(human, Human(3, 3, 1, 3, 0, 0, True))
        self.assertEqual(human.fault(), "")

    def test_wrong_notices(self) -> None:
        start = [self.line(0, 0), self.line(1, 0), self.line(0, 1)]
        for lines, fault in (
            ([], "0 notices of skipped lines, 0 lines said to be skipped, 3 missing"),
            ([self.notice, self.notice], "2 notices of skipped lines, 6 lines said to be skipped, 3 missing"),
            ([b"*** 1 line skipped, /history has them"], "1 lines said to be skipped, 3 missing"),
        ):
            self.assertEqual(self.judge(*start, *lines).fault(), fault)

    def test_wrong_lines(self) -> None:
        hole = self.judge(self.line(0, 0), self.line(0, 2), self.line(1, 0), self.notice)
        self.assertEqual(hole.fault(), "1 lines out of order or doubled")
        twice = self.judge(self.line(0, 0), self.line(0, 0), self.line(1, 0), self.notice)
        self.assertEqual(twice.fault(), "1 lines out of order or doubled")
        late = self.judge(self.line(0, 0), self.line(1, 0), self.notice, self.line(0, 1))
        self.assertEqual(late.fault(), "1 old lines after the notice")

    def test_not_live_again(self) -> None:
        lines = [self.line(0, 0), self.line(1, 0), self.line(0, 1), self.notice]
        for after in ((), (self.line(0, 2),), (self.notice, self.line(0, 3)), (self.line(0, 3),) * 2):
            self.assertEqual(self.judge(*lines, after=after).fault(), "not live again after it")

    def test_nobody_lagged(self) -> None:
        lines = [self.line(sender, number) for number in range(3) for sender in range(2)]
        self.assertEqual(self.judge(*lines).fault(), "it missed nothing: with so few messages nobody lags")


class PromisesToPrograms(SynchronousTestCase):
    """The messages 5 to 14, of which the log has the newest four, and 15, said after them."""

    def message(self, seq: int) -> bytes:
        return b'{"type":"message","seq":%d,"text":"BENCH="}' % seq

    def messages(self, first: int, last: int) -> list[bytes]:
        return [self.message(seq) for seq in range(first, last + 1)]

    def skipped(self, first: int, last: int) -> bytes:
        return b'{"type":"skipped","from":%d,"to":%d}' % (first, last)

    def judge(self, *lines: bytes, after: tuple[bytes, ...] | None = None) -> Objects:
        return as_objects(lines, (self.message(15),) if after is None else after, 5, 14, 4)

    def test_kept(self) -> None:
        found = self.judge(
            b'{"type":"joined"}',
            *self.messages(5, 7),
            self.skipped(8, 10),
            *self.messages(11, 14),
            b'{"type":"people"}',
        )
        self.assertEqual(found, Objects(3, 4, 3, 0, 0, 0, 0, True))
        self.assertEqual((found.fault(), found.wrong), ("", 0))

    def test_all_was_there(self) -> None:
        found = self.judge(*self.messages(5, 14))
        self.assertEqual((found.live, found.served, found.skipped, found.fault()), (10, 0, 0, ""))

    def test_gaps(self) -> None:
        for lines in (
            [*self.messages(5, 7), *self.messages(9, 14)],
            [*self.messages(5, 6), self.skipped(8, 10), *self.messages(11, 14)],
            [*self.messages(5, 6), self.skipped(7, 9), *self.messages(11, 14)],
        ):
            self.assertEqual(self.judge(*lines).fault(), "1 messages missing without a word")

    def test_an_end_that_is_missing(self) -> None:
        found = self.judge(*self.messages(5, 12))
        self.assertEqual(found.fault(), "2 messages missing without a word, 2 messages not sent that the log had")

    def test_doubled(self) -> None:
        for lines in ([*self.messages(5, 8), *self.messages(8, 14)], [*self.messages(5, 14), self.message(7)]):
            self.assertEqual(self.judge(*lines).fault(), "1 messages doubled or out of order")

    def test_a_range_too_late(self) -> None:
        found = self.judge(*self.messages(5, 8), self.skipped(8, 10), *self.messages(11, 14))
        self.assertEqual(found.fault(), "1 skipped ranges not before what follows them")

    def test_a_range_too_long(self) -> None:
        found = self.judge(*self.messages(5, 8), self.skipped(9, 12), *self.messages(13, 14))
        self.assertEqual((found.fault(), found.wrong), ("2 messages not sent that the log had", 2))

    def test_not_live_again(self) -> None:
        last = self.message(15)
        for after in ((), (last, last), (self.skipped(15, 15),), (self.message(14), last)):
            self.assertEqual(self.judge(*self.messages(5, 14), after=after).fault(), "not live again after it")


class Confirming(SynchronousTestCase):
    """One sender's stream: its own messages bear ids, others' do not."""

    stream = b"".join(
        b'{"type":"message","seq":%d,"text":"of u0"}\r\n{"type":"message","seq":%d,"text":"ours","id":"%d"}\r\n'
        % (2 * number, 2 * number + 1, number)
        for number in range(3)
    )

    def confirm(self, stream: bytes, size: int) -> tuple[Confirmations, int]:
        found = Confirmations()
        found.waiting.extend((b"%d" % number, 10.0 + number) for number in range(3))
        return found, sum(found.take(bytearray(piece), len(piece), 13.0) for piece in pieces(stream, size))

    def test_any_cut(self) -> None:
        for size in range(1, len(self.stream) + 1):
            found, total = self.confirm(self.stream, size)
            self.assertEqual((total, found.latencies, found.disordered), (3, [3.0, 2.0, 1.0], 0))

    def test_wrong(self) -> None:
        swapped = b'{"type":"message","id":"1"}\n{"type":"error","code":"FLOOD","id":"0"}\n'
        found, _ = self.confirm(swapped, 100)
        self.assertEqual((found.disordered, found.errors, found.latencies), (1, 1, [3.0]))

    def test_fault(self) -> None:
        self.assertEqual(Confirmed(3, 0, 0, 0, (1.0,) * 3).fault(), "")
        self.assertEqual(
            Confirmed(3, 2, 1, 1, (1.0,)).fault(),
            "2 of 3 messages never confirmed, 1 confirmations doubled or out of order, 1 errors",
        )


class BigLog(SynchronousTestCase):
    """What the big log is made of. That a server takes it is shown by the quick run."""

    def test_the_same_every_time(self) -> None:
        first, second = (list(biglog.Made(1000).chunk(0, 1000)) for _ in range(2))
        self.assertEqual([event.text for event in first], [event.text for event in second])
        self.assertEqual([event.time for event in first], sorted(event.time for event in first))

    def test_rare_and_common(self) -> None:
        texts = [(event.text or "").split() for event in biglog.Made(10_000).chunk(0, 10_000)]
        self.assertEqual(sum(biglog.RARE in text for text in texts), biglog.NEEDLES)
        self.assertGreater(sum(biglog.word(0) in text for text in texts), 1000)

    def test_words_differ(self) -> None:
        self.assertEqual(len({biglog.word(rank) for rank in range(70_000)}), 70_000)

    def test_makes_nothing_twice(self) -> None:
        path = place_for(self)
        biglog.make(path, 100)
        with self.assertRaises(FileExistsError):
            biglog.make(path, 100)


class Scenarios(SynchronousTestCase):
    def test_left_out(self) -> None:
        lines = _left_out(SCENARIOS, SERVERS)
        for scenario, servers in {
            "stalled": ["naive", "ngircd"],
            "commit": ["naive", "ngircd"],
            "catchup": ["twisted-chat-memory", "naive", "ngircd"],
            "big": ["twisted-chat-memory", "naive", "ngircd"],
        }.items():
            for server in servers:
                (line,) = (each for each in lines if each.startswith(f"note: {scenario} is not for {server}: "))
                lines.remove(line)
        self.assertEqual(lines, [])

    def test_headings(self) -> None:
        for size in (Size(), QUICK):
            for scenario in SCENARIOS:
                self.assertTrue(scenario.heading(size).startswith(f"{scenario.name}: "))
        headings = {scenario.name: scenario.heading(Size()) for scenario in SCENARIOS}
        self.assertIn("does not read 21 MB", headings["stalled"])

    def test_labels_are_one_each(self) -> None:
        """A figure is found by its label, so that two scenarios must not share one by accident."""
        self.assertEqual(len(DIGITS), 9 + 19 + 16 + 11 + 12)


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
    def run_quick(self, *options: str, **variables: str) -> str:
        run = subprocess.run(
            [sys.executable, "-m", "benchmarks", "--quick", *options],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        return run.stdout

    def quick(self, server: str, *more: str) -> None:
        machine, *table = self.run_quick("--only", server).splitlines()
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
            *more,
        ):
            self.assertTrue(any(line.startswith(start) for line in table), f"{start!r} in {table}")

    def test_naive(self) -> None:
        self.quick("naive", "note: stalled is not for naive: ")

    def test_ours(self) -> None:
        self.quick(
            "twisted-chat",
            "  latency p99 with one: that without ",
            "  CPU time for a delivery with one, us ",
            "  server grows with one, MiB ",
            "  it got, notices ",
            "  JSON: it got before a skip ",
            "  JSON: gaps, doubled, withheld ",
            "  one a second: later than in memory p50, ms ",
            "  one a second: fdatasync p50, ms ",
            "  many a second: confirmed p99, ms ",
            "  large room: loop held at most, ms ",
            *(["  many a second, 5 ms more a sync: confirmed p99, ms "] if shutil.which("cc") else []),
            "  server grows by those stalled, MiB ",
            "  each program got, messages ",
            "  people: notices, in all ",
        )

    def test_ours_in_memory(self) -> None:
        self.quick(
            "twisted-chat-memory",
            "  JSON: it got after a skip ",
            "  many a second: confirmed p99, ms ",
            "note: catchup is not for twisted-chat-memory: ",
        )

    def test_no_compiler(self) -> None:
        """Then the slow disk is left out, in one line."""
        table = self.run_quick("--scenario", "commit", "--only", "twisted-chat", PATH=os.devnull)
        self.assertNotIn("5 ms more a sync: confirmed", table)
        self.assertIn("\nnote: left out of commit for twisted-chat: many a second, 5 ms more a sync: ", table)

    def test_big(self) -> None:
        log = place_for(self)
        table = self.run_quick("--scenario", "big", "--only", "twisted-chat", "--log", str(log))
        for start in ("  big: time to start, ms ", "  big: a message confirmed p99, ms "):
            self.assertIn(f"\n{start}", table)
        self.assertTrue(log.exists(), "it is kept for the next run")


@skipUnless(sys.platform == "linux", "needs /proc, and loopback addresses at will")
class UnderAttack(SynchronousTestCase):
    """They run; what they find is for the eye."""

    def test_an_attack(self) -> None:
        result = subprocess.run(
            [sys.executable, "-m", "benchmarks", "attacks", "--only", "joins", "--seconds", "1", "--names", "5"],
            cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        self.assertIn("p99: quiet", result.stdout)
        self.assertIn("a wrong password, medians of 5: known names", result.stdout)

    def test_names_of_people_are_names(self) -> None:
        for number in range(1000):
            parse_nick(attacks._name("known", number))

    def test_a_soak(self) -> None:
        result = subprocess.run(
            [sys.executable, "-m", "benchmarks", "soak", "--minutes", "0.1", "--each", "2", "--clients", "20"],
            cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        self.assertRegex(result.stdout, r"\d MiB +\d+ descriptors +\d+ timers")
        self.assertIn("after the first part: memory", result.stdout)
        self.assertEqual(soak._EACH, 60.0)
