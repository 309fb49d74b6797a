"""One connection over a StringTransport, with a Clock."""

import json

from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client.connection import Backoff, Connection, Connections


class Wire(StringTransport):
    """A StringTransport that tells whether it was aborted."""

    aborted = False

    def abortConnection(self) -> None:
        self.aborted = True
        super().abortConnection()


class Listening:
    """Writes down what a connection tells, and says hello if it should."""

    def __init__(self, *, polite: bool = True) -> None:
        self.polite = polite
        self.heard: list[dict] = []
        self.ended: list[str] = []

    def opened(self, connection: Connection) -> None:
        self.connection = connection

    def greeted(self) -> None:
        if self.polite:
            self.connection.send({"type": "hello", "nick": "alice"})

    def received(self, fields: dict) -> None:
        self.heard.append(fields)

    def lost(self, reason: Failure, given_up: str) -> None:
        self.ended.append(given_up)


class ConnectionTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.connect()

    def connect(self, *, polite: bool = True) -> None:
        self.clock = Clock()
        self.listening = Listening(polite=polite)
        self.connection = Connections(self.listening, self.clock, hint=" (hint)").buildProtocol(None)
        self.wire = Wire()
        self.connection.makeConnection(self.wire)

    def sent(self) -> list[dict]:
        found = [json.loads(line) for line in self.wire.value().splitlines()]
        self.wire.clear()
        return found

    def server(self, *lines: bytes) -> None:
        self.connection.dataReceived(b"".join(line + b"\r\n" for line in lines))

    def is_in(self) -> None:
        self.server(b"NICK", b'{"type":"welcome"}')
        self.sent()

    def ends(self) -> None:
        self.connection.connectionLost(Failure(ConnectionDone()))

    def test_hello_waits_for_the_prompt(self) -> None:
        self.server(b"*** Good evening")
        self.assertEqual(self.sent(), [])
        self.server(b"NICK")
        self.assertEqual(self.sent(), [{"type": "hello", "nick": "alice"}])

    def test_the_prompt_for_a_password_is_one_too(self) -> None:
        self.connection.dataReceived(b"SERVERPASS\n")
        self.assertEqual([fields["type"] for fields in self.sent()], ["hello"])

    def test_turned_away_at_the_door(self) -> None:
        self.server(b"!!! SERVER_FULL too many \x1b[2Jhere")
        self.assertEqual(self.listening.heard, [{"type": "error", "code": "SERVER_FULL", "text": "too many [2Jhere"}])

    def test_objects_come_one_a_line(self) -> None:
        self.is_in()
        self.connection.dataReceived(b'{"type":"mess')
        self.connection.dataReceived(b'age"}\n{"type":"pong"}\r\n')
        self.assertEqual(self.listening.heard, [{"type": "welcome"}, {"type": "message"}, {"type": "pong"}])

    def test_what_is_no_object_is_left_out(self) -> None:
        self.is_in()
        self.server(b"", b"NICK", b"[1]", b'{"a":NaN}', b"\xff", b"[" * 5000, b'{"type":"pong"}')
        self.assertEqual(self.listening.heard[1:], [{"type": "pong"}])

    def test_a_line_without_end(self) -> None:
        self.is_in()
        self.connection.dataReceived(b"x" * (1024 * 1024 + 2))
        self.assertTrue(self.wire.aborted)
        self.ends()
        self.assertEqual(self.listening.ended, ["the server sent a line that never ended"])

    def test_no_prompt(self) -> None:
        self.clock.advance(4.9)
        self.assertFalse(self.wire.aborted)
        self.clock.advance(0.1)
        self.assertTrue(self.wire.aborted)
        self.ends()
        words = "the server does not answer as a Twisted Chat server does (hint)"
        self.assertEqual(self.listening.ended, [words])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_the_tutorials_door(self) -> None:
        self.connection.dataReceived(b"NICK")
        self.clock.advance(5)
        self.ends()
        words = "the server does not answer as a Twisted Chat server does (does it want --dialect tutorial?)"
        self.assertEqual(self.listening.ended, [words])

    def test_no_answer_to_the_hello(self) -> None:
        self.server(b"NICK")
        self.clock.advance(29.9)
        self.assertFalse(self.wire.aborted)
        self.clock.advance(0.1)
        self.assertTrue(self.wire.aborted)
        self.ends()
        self.assertEqual(self.listening.ended, ["the server does not answer as a Twisted Chat server does"])

    def test_the_user_may_think(self) -> None:
        self.server(b"NICK", b'{"type":"error","code":"NICK_IN_USE"}')
        self.clock.advance(300)
        self.assertFalse(self.wire.aborted)
        self.connection.send({"type": "hello", "nick": "alice2"})
        self.clock.advance(30)
        self.assertTrue(self.wire.aborted)

    def test_a_user_who_thinks_before_the_first_hello(self) -> None:
        self.connect(polite=False)
        self.server(b"NICK")
        self.clock.advance(300)
        self.assertFalse(self.wire.aborted)

    def test_pings_a_silent_server_and_gives_it_up(self) -> None:
        self.is_in()
        self.clock.pump([10] * 3)
        self.assertEqual(self.sent(), [{"type": "ping"}])
        self.clock.pump([10] * 3)
        self.assertEqual(self.sent(), [{"type": "ping"}])
        self.clock.pump([10] * 2)
        self.assertFalse(self.wire.aborted)
        self.clock.advance(10)
        self.assertTrue(self.wire.aborted)
        self.ends()
        self.assertEqual(self.listening.ended, ["the server fell silent"])

    def test_any_line_is_a_sign_of_life(self) -> None:
        self.is_in()
        for _ in range(20):
            self.clock.advance(29)
            self.server(b'{"type":"pong"}')
        self.assertFalse(self.wire.aborted)

    def test_what_we_do_not_read_is_no_silence(self) -> None:
        self.is_in()
        self.connection.hold()
        self.assertEqual(self.wire.producerState, "paused")
        self.clock.pump([30] * 5)
        self.assertEqual(self.sent(), [])
        self.connection.release()
        self.assertEqual(self.wire.producerState, "producing")
        self.clock.advance(29)
        self.assertEqual(self.sent(), [])
        self.connection.release()

    def test_closing(self) -> None:
        self.is_in()
        self.connection.hold()
        self.connection.close()
        self.connection.close()
        self.assertTrue(self.wire.disconnecting)
        self.connection.send({"type": "say"})
        self.server(b'{"type":"pong"}')
        self.assertEqual((self.sent(), len(self.listening.heard)), ([], 1))
        self.clock.advance(4.9)
        self.assertFalse(self.wire.aborted)
        self.clock.advance(0.1)
        self.assertTrue(self.wire.aborted)

    def test_closed_in_time(self) -> None:
        self.is_in()
        self.connection.close()
        self.ends()
        self.clock.advance(60)
        self.assertFalse(self.wire.aborted)
        self.assertEqual(self.listening.ended, [""])


class BackoffTests(SynchronousTestCase):
    def test_full_jitter_between_1_and_30_seconds(self) -> None:
        longest = Backoff(lambda: 1.0)
        self.assertEqual([longest() for _ in range(7)], [2, 4, 8, 16, 30, 30, 30])
        longest.reset()
        self.assertEqual(longest(), 2)
        self.assertEqual(Backoff(lambda: 0.0)(), 1)
