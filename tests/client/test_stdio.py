"""Lines in and lines out, with a double for StandardIO."""

from datetime import UTC, datetime

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client.effects import Kind, Shown
from twisted_chat.client.stdio import LineScreen


def shown(text: str, kind: Kind = Kind.SAID, *, mention: bool = False) -> Shown:
    return Shown(text, kind, datetime(2026, 11, 22, tzinfo=UTC), mention)


class Streams:
    """Standard input and output, as StandardIO shows them."""

    disconnecting = False

    def __init__(self) -> None:
        self.written = b""
        self.producer = None
        self.reading = True

    def write(self, data: bytes) -> None:
        self.written += data

    def registerProducer(self, producer, streaming: bool) -> None:
        self.producer = producer

    def unregisterProducer(self) -> None:
        self.producer = None

    def loseConnection(self) -> None:
        self.disconnecting = True

    def pauseProducing(self) -> None:
        self.reading = False

    def resumeProducing(self) -> None:
        self.reading = True


class TypistDouble:
    """Writes down what a screen tells; each line typed may leave that many unconfirmed."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.after_line = lambda: None

    def typed(self, line: str) -> None:
        self.told.append(line)
        self.after_line()

    def finished(self) -> None:
        self.told.append("<finished>")

    def interrupted(self) -> None:
        self.told.append("<interrupted>")

    def hold(self) -> None:
        self.told.append("<hold>")

    def release(self) -> None:
        self.told.append("<release>")


class LineScreenTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.begin()

    def begin(self, **more: object) -> None:
        self.clock = Clock()
        self.streams = Streams()
        self.typist = TypistDouble()
        self.complaints: list[str] = []
        self.echoes: list[bool] = []
        self.screen = LineScreen(
            self.attach,
            self.clock,
            render=lambda line: f"T {line.text}",
            complain=self.complaints.append,
            echo=self.echoes.append,
            **more,
        )
        self.screen.begin(self.typist)

    def attach(self, screen: LineScreen) -> Streams:
        screen.makeConnection(self.streams)
        return self.streams

    def reads(self, data: bytes) -> None:
        self.screen.dataReceived(data)

    def test_lines_are_typed(self) -> None:
        self.reads(b"one\ntw")
        self.reads("o ä\r\n\xff\n".encode()[:-3] + b"\xff\n")
        self.assertEqual(self.typist.told, ["one", "two ä\r", "\ufffd"])

    def test_the_last_line_may_lack_its_end(self) -> None:
        self.reads(b"one\ntwo")
        self.screen.readConnectionLost()
        self.assertEqual(self.typist.told, ["one", "two", "<finished>"])

    def test_lines_are_printed(self) -> None:
        self.screen.show(shown("bob: ä"))
        self.screen.show(shown("alice: mine", Kind.OWN))
        self.screen.show(shown("!!! X", Kind.ERROR, mention=True))
        self.assertEqual(self.streams.written, "T bob: ä\nT !!! X\n".encode())

    def test_the_bell(self) -> None:
        self.begin(bell=True)
        self.screen.show(shown("a"))
        self.screen.show(shown("b", mention=True))
        self.assertEqual(self.streams.written, b"T a\nT b\a\n")

    def test_only_errors(self) -> None:
        self.begin(only_errors=True)
        for kind in Kind:
            self.screen.show(shown(kind.name, kind))
        self.assertEqual((self.streams.written, self.complaints), (b"", ["T TROUBLE", "T ERROR"]))

    def test_a_pipe_complains_that_there_is_no_connection(self) -> None:
        for piped in (True, False):
            self.begin(piped=piped)
            self.screen.show(shown("gone", Kind.TROUBLE))
            self.assertEqual((self.streams.written, self.complaints), (b"", ["T gone"]) if piped else (b"T gone\n", []))

    def test_a_big_pipe_is_read_as_it_is_confirmed(self) -> None:
        self.typist.after_line = lambda: self.screen.changed(len(self.typist.told))
        self.reads(b"x\n" * 1000)
        self.assertEqual((len(self.typist.told), self.streams.reading), (201, False))
        self.screen.changed(100)
        self.assertFalse(self.streams.reading)
        self.typist.after_line = lambda: None
        self.screen.changed(99)
        self.assertEqual((len(self.typist.told), self.streams.reading), (1000, True))

    def test_a_keyboard_is_always_read(self) -> None:
        self.begin(piped=False)
        self.screen.changed(1000)
        self.assertTrue(self.streams.reading)

    def test_a_slow_reader_of_ours(self) -> None:
        self.streams.producer.pauseProducing()
        self.streams.producer.resumeProducing()
        self.streams.producer.stopProducing()
        self.assertEqual(self.typist.told, ["<hold>", "<release>"])

    def test_nobody_reads_us(self) -> None:
        self.screen.writeConnectionLost()
        self.screen.show(shown("lost"))
        self.assertEqual((self.typist.told, self.streams.written), (["<finished>"], b""))
        self.assertIsNone(self.successResultOf(self.screen.end(hurry=False)))

    def test_nobody_needs_to_read_us_if_there_are_only_errors(self) -> None:
        self.begin(only_errors=True)
        self.screen.writeConnectionLost()
        self.assertEqual(self.typist.told, [])

    def test_a_line_that_is_too_long_is_left_out(self) -> None:
        for chunk in (b"x" * 40000, b"x" * 40000, b"x" * 40000, b"x\nnext\n"):
            self.reads(chunk)
        self.assertEqual(self.typist.told, ["next"])
        self.assertEqual(self.streams.written.count(b"!!! LINE_TOO_LONG"), 1)

    def test_a_line_that_is_too_long_at_once(self) -> None:
        self.begin(only_errors=True)
        self.reads(b"x" * 70000 + b"\nnext\n")
        self.reads(b"last")
        self.screen.readConnectionLost()
        self.assertEqual(self.typist.told, ["next", "last", "<finished>"])
        self.assertEqual(len(self.complaints), 1)

    def test_questions(self) -> None:
        answer = self.screen.ask("Name: ", secret=False)
        self.reads(b"alice\r\nhi\n")
        self.assertEqual(self.successResultOf(answer), "alice")
        self.assertEqual((self.typist.told, self.streams.written, self.echoes), (["hi"], b"Name: ", []))

    def test_secret_questions(self) -> None:
        answer = self.screen.ask("Password: ", secret=True)
        self.assertEqual(self.echoes, [False])
        self.reads(b" pw \n")
        self.assertEqual((self.successResultOf(answer), self.echoes), (" pw ", [False, True]))
        self.assertEqual(self.streams.written, b"Password: \n")

    def test_a_secret_question_can_be_cancelled(self) -> None:
        self.assertFalse(self.screen.cancel())
        answer = self.screen.ask("Password: ", secret=True)
        self.assertTrue(self.screen.cancel())
        self.assertIsNone(self.successResultOf(answer))
        self.assertEqual(self.echoes, [False, True])
        self.assertFalse(self.screen.cancel())
        self.screen.ask("Name: ", secret=False)
        self.assertFalse(self.screen.cancel())

    def test_a_question_gives_way_to_the_next(self) -> None:
        first = self.screen.ask("Password: ", secret=True)
        second = self.screen.ask("Another: ", secret=True)
        self.assertIsNone(self.successResultOf(first))
        self.reads(b"secret\n")
        self.assertEqual(self.successResultOf(second), "secret")
        self.assertEqual(self.typist.told, [])

    def test_a_question_at_the_end_of_input(self) -> None:
        answer = self.screen.ask("Name: ", secret=False)
        self.screen.readConnectionLost()
        self.assertEqual(self.successResultOf(answer), "")

    def test_a_question_at_the_end(self) -> None:
        answer = self.screen.ask("Password: ", secret=True)
        self.screen.end(hurry=True)
        self.assertIsNone(self.successResultOf(answer))
        self.assertEqual(self.echoes, [False, True])

    def lost(self) -> None:
        self.screen.connectionLost(Failure(ConnectionDone()))

    def test_the_end_waits_until_all_is_read(self) -> None:
        ended: Deferred[None] = self.screen.end(hurry=False)
        self.assertTrue(self.streams.disconnecting)
        self.assertIsNone(self.streams.producer)
        self.clock.advance(100)
        self.assertNoResult(ended)
        self.lost()
        self.successResultOf(ended)

    def test_a_hurried_end_waits_a_second(self) -> None:
        ended = self.screen.end(hurry=True)
        self.clock.advance(1)
        self.successResultOf(ended)
        ended = self.screen.end(hurry=True)
        self.lost()
        self.successResultOf(ended)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_before_the_beginning(self) -> None:
        screen = LineScreen(
            self.attach, self.clock, render=str, complain=self.complaints.append, echo=self.echoes.append
        )
        self.successResultOf(screen.end(hurry=True))
