"""A connection to an original server over a StringTransport, with a Clock."""

from functools import partial

from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client.connection import Connections
from twisted_chat.client.dialects import GOSSIP, TUTORIAL, Dialect
from twisted_chat.client.link import Link
from twisted_chat.client.unframed import Unframed


class Wire(StringTransport):
    """Keeps the writes apart, and says whether it was told to send each at once, and to end."""

    aborted = False
    nodelay = False

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []

    def setTcpNoDelay(self, enabled: bool) -> None:
        self.nodelay = enabled

    def write(self, data: bytes) -> None:
        self.writes.append(data)

    def abortConnection(self) -> None:
        self.aborted = True
        super().abortConnection()


class Listening:
    """Writes down what a connection tells, and gives the nickname that it has, if any."""

    def __init__(self, nick: str | None) -> None:
        self.nick = nick
        self.requests = 0
        self.heard: list[dict] = []
        self.ended: list[str] = []
        self.closes_at = ""

    def opened(self, connection: Link) -> None:
        self.connection = connection

    def greeted(self) -> None:
        self.requests += 1
        if self.nick is not None:
            self.connection.send({"type": "hello", "nick": self.nick})

    def received(self, fields: dict) -> None:
        self.heard.append(fields)
        if fields["type"] == self.closes_at:
            self.connection.close()

    def lost(self, reason: Failure, given_up: str) -> None:
        self.ended.append(given_up)


WELCOME = {"type": "welcome", "nick": "alice"}


class UnframedCase(SynchronousTestCase):
    dialect: Dialect

    def setUp(self) -> None:
        self.connect()

    def connect(self, nick: str | None = "alice") -> None:
        self.clock = Clock()
        self.listening = Listening(nick)
        connections = Connections(self.listening, self.clock, make=partial(Unframed, self.dialect), hint=" (hint)")
        self.connection = connections.buildProtocol(None)
        self.wire = Wire()
        self.connection.makeConnection(self.wire)
        self.clock.advance(0)

    def server(self, *reads: bytes) -> None:
        for read in reads:
            self.connection.dataReceived(read)
            self.clock.advance(0)

    def says(self, *texts: str) -> None:
        for text in texts:
            self.connection.send({"type": "say", "text": text, "id": f"id of {text}"})
        self.clock.advance(0)

    def wrote(self) -> list[bytes]:
        found, self.wire.writes = self.wire.writes, []
        return found

    def heard(self) -> list[dict]:
        found, self.listening.heard = self.listening.heard, []
        return found

    def shown(self) -> list[str]:
        return [fields["text"] for fields in self.heard() if fields["type"] == "text"]

    def ends(self) -> None:
        self.connection.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def ended(self, why: str) -> None:
        self.assertTrue(self.wire.aborted)
        self.ends()
        self.assertEqual(self.listening.ended, [why])


class TutorialTests(UnframedCase):
    """The terminal's server: rows A3, A4, A12, A13 and B."""

    dialect = TUTORIAL

    def is_in(self) -> None:
        self.server(b"NICK", b"alice joined the chat!")
        self.clock.advance(1)
        self.wrote()
        self.heard()

    # Coming in.

    def test_the_nickname_when_it_is_asked_for(self) -> None:
        """Row A3: four bytes ask, and nothing is sent before."""
        self.assertTrue(self.wire.nodelay)
        self.assertEqual(self.wrote(), [])
        self.server(b"NICK")
        self.assertEqual(self.wrote(), [b"alice"])
        self.assertEqual(self.heard(), [])
        self.server(b"alice joined the chat!Connected to server!")
        self.assertEqual(
            self.heard(), [WELCOME, {"type": "text", "text": "alice joined the chat!Connected to server!"}]
        )

    def test_a_server_that_says_nothing(self) -> None:
        self.server(b"NICK")
        self.clock.advance(0.9)
        self.assertEqual(self.heard(), [])
        self.clock.advance(0.1)
        self.assertEqual(self.heard(), [WELCOME])

    def test_a_request_cut_in_two(self) -> None:
        self.server(b"NI")
        self.assertEqual(self.wrote(), [])
        self.server(b"CK")
        self.assertEqual((self.wrote(), self.heard()), ([b"alice"], []))

    def test_a_request_glued_to_other_bytes(self) -> None:
        self.server(b"Hello!NICKPlease.")
        self.assertEqual((self.wrote(), self.shown()), ([b"alice"], ["Hello!", "Please."]))
        self.server(b"NICK")  # So far nobody is in.
        self.clock.advance(0.05)
        self.assertEqual(self.wrote(), [b"alice"])

    def test_requests_that_come_together_are_one(self) -> None:
        self.server(b"NICKNICK")
        self.clock.advance(0.5)
        self.assertEqual(self.wrote(), [b"alice"])

    def test_what_is_asked_later_is_somebodys_word(self) -> None:
        """Row B: a person who says NICK changes nothing."""
        self.is_in()
        self.server(b"NICK", b"bob: NICK")
        self.clock.advance(2)
        self.assertEqual((self.wrote(), self.shown()), ([], ["NICK", "bob: NICK"]))

    def test_half_a_request_is_a_text_after_all(self) -> None:
        self.server(b"NICK", b"NI")
        self.clock.advance(1)
        self.assertEqual(self.heard(), [WELCOME, {"type": "text", "text": "NI"}])

    def test_a_refused_nickname(self) -> None:
        """Row A4: why, then the next request."""
        self.server(b"NICK", b"!!! NICK_IN_USE alice is taken")
        self.listening.nick = "alice2"
        self.clock.advance(0.05)
        self.assertEqual(self.wrote(), [b"alice"])
        self.server(b"NICK")
        self.assertEqual(self.heard(), [{"type": "error", "code": "NICK_IN_USE", "text": "alice is taken"}])
        self.assertEqual(self.wrote(), [b"alice2"])
        self.clock.advance(1)
        self.assertEqual(self.heard(), [{"type": "welcome", "nick": "alice2"}])

    def test_a_refusal_and_its_request_in_one_read(self) -> None:
        self.server(b"NICK", b"!!! NICK_IN_USE alice is takenNICK")
        self.clock.advance(0.05)
        self.assertEqual([fields["type"] for fields in self.heard()], ["error"])
        self.assertEqual(self.wrote(), [b"alice", b"alice"])

    def test_a_user_who_thinks(self) -> None:
        self.connect(nick=None)
        self.server(b"NICK")
        self.clock.advance(300)
        self.connection.send({"type": "hello", "nick": "bob"})
        self.connection.send({"type": "hello", "nick": "carol"})
        self.clock.advance(0)
        self.assertEqual(self.wrote(), [b"carol"])

    def test_an_answer_to_a_refusal_waits_for_the_request(self) -> None:
        """Else the server would ask once more, and take the next one for a message."""
        self.server(b"NICK", b"!!! NICK_IN_USE alice is taken")
        self.clock.advance(1)
        self.listening.nick = "bob"
        self.connection.send({"type": "hello", "nick": "bob"})
        self.clock.advance(0)
        self.assertEqual(self.wrote(), [b"alice"])
        self.server(b"NICK")
        self.assertEqual(self.wrote(), [b"bob"])

    def test_a_refusal_without_another_request(self) -> None:
        self.server(b"NICK", b"!!! NICK_IN_USE alice is taken")
        self.clock.advance(1)
        self.assertEqual([fields["code"] for fields in self.heard()], ["NICK_IN_USE"])
        self.clock.advance(5)
        self.ended(TUTORIAL.silence)

    def test_turned_away_at_the_door(self) -> None:
        self.server(b"!!! SERVER_FULL too many\x1b[2J")
        self.ends()
        self.assertEqual([fields["code"] for fields in self.heard()], ["SERVER_FULL"])
        self.assertEqual(self.listening.ended, [""])

    def test_turned_away_by_a_server_that_does_not_hang_up(self) -> None:
        self.server(b"!!! SERVER_FULL too many")
        self.clock.advance(5)
        self.assertEqual([fields["code"] for fields in self.heard()], ["SERVER_FULL"])
        self.assertFalse(self.wire.aborted)
        self.clock.advance(5)
        self.ended(TUTORIAL.silence)

    def test_a_listener_that_has_enough_of_refusals(self) -> None:
        self.listening.closes_at = "error"
        self.server(b"NICK", b"!!! NICK_IN_USE alice is takenNICK")
        self.assertEqual(self.listening.requests, 1)

    def test_asked_for_ever(self) -> None:
        for _ in range(10):
            self.server(b"NICK")
            self.clock.advance(0.05)
        self.assertEqual(self.wrote(), [b"alice"] * 10)
        self.server(b"NICK")
        self.ended("the server asks for the nickname again and again")

    def test_a_nickname_that_no_server_shall_see(self) -> None:
        for nick in ("", "\x1b", "x" * 200):
            self.connect(nick)
            self.server(b"NICK")
            self.assertEqual([fields["code"] for fields in self.heard()], ["BAD_NICK"])
            self.connection.send({"type": "hello", "nick": "bob"})
            self.clock.advance(0)
            self.assertEqual(self.wrote(), [b"bob"])

    # Servers of other kinds.

    def test_no_request(self) -> None:
        """The window's server, for one."""
        self.server(b"SSH-2.0-OpenSSH_9.6\r\nN")
        self.clock.advance(4.9)
        self.assertFalse(self.wire.aborted)
        self.clock.advance(0.1)
        self.assertEqual(self.shown(), ["SSH-2.0-OpenSSH_9.6", "N"])
        self.ended("the server does not ask with NICK, as the tutorial's server does (does it want --dialect gossip?)")

    def test_our_own_servers_line_port(self) -> None:
        self.server(b"NICK\r\n")
        self.ended("the server speaks in lines: leave out --dialect tutorial")
        self.assertEqual(self.wrote(), [])

    def test_a_connection_that_ends_before_we_are_in(self) -> None:
        self.server(b"NICK", b"NI")
        self.ends()
        self.assertEqual([fields["type"] for fields in self.heard()], ["text"])
        self.assertEqual(self.listening.ended, [""])

    # Talking.

    def test_a_write_is_a_message(self) -> None:
        """Row A13: 50 ms apart, also after the nickname; each is confirmed when it is written."""
        self.server(b"NICK", b"alice joined")
        self.says("one", "two")
        self.assertEqual(self.wrote(), [b"alice"])
        self.heard()
        self.clock.advance(0.05)
        self.assertEqual(self.wrote(), [b"alice: one"])
        self.assertEqual(self.heard(), [{"type": "written", "id": "id of one"}])
        self.clock.advance(0.03)
        self.assertEqual((self.wrote(), self.heard()), ([], []))
        self.clock.advance(0.03)
        self.assertEqual(self.wrote(), [b"alice: two"])
        self.clock.advance(10)
        self.says("three")
        self.assertEqual(self.wrote(), [b"alice: three"])

    def test_what_can_not_be_said_is_not(self) -> None:
        self.is_in()
        for fields in ({"type": "command", "text": "/quit"}, {"type": "ping"}, {"type": "hello", "nick": "bob"}):
            self.connection.send(fields)
        self.clock.advance(1)
        self.assertEqual(self.wrote(), [])

    def test_nothing_is_said_before_we_are_in(self) -> None:
        self.says("early")
        self.server(b"NICK")
        self.says("early")
        self.clock.advance(2)
        self.assertEqual(self.wrote(), [b"alice"])

    def test_several_lines_in_one_read(self) -> None:
        """Row A13: joined with a newline where they had to go together."""
        self.is_in()
        self.server(b"bob: one\nbob: two\r\n\n")
        self.assertEqual(self.shown(), ["bob: one", "bob: two"])

    def test_a_character_cut_in_two(self) -> None:
        self.is_in()
        self.server(b"bob: caf\xc3")
        self.assertEqual(self.shown(), [])
        self.server(b"\xa9 ole\xcc")
        self.server(b"\x81")
        self.assertEqual(self.shown(), ["bob: caf\xe9 ole\u0301"])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_character_cut_in_two_at_the_door(self) -> None:
        self.server(b"\xc3", b"\xa9NICK")
        self.assertEqual((self.wrote(), self.shown()), ([b"alice"], ["\xe9"]))

    def test_half_a_character(self) -> None:
        self.is_in()
        self.server(b"bob: caf\xc3")
        self.clock.advance(0.2)
        self.assertEqual(self.shown(), ["bob: caf"])
        self.server(b"bob: \xffx")
        self.assertEqual(self.shown(), ["\ufffdbob: \ufffdx"])

    def test_half_a_character_at_the_end(self) -> None:
        self.is_in()
        self.server(b"bob: caf\xc3")
        self.ends()
        self.assertEqual(self.shown(), ["bob: caf\ufffd"])

    def test_text_that_always_ends_within_a_character(self) -> None:
        self.is_in()
        for _ in range(3):
            self.server(b"\xa9" + b"x" * 30_000 + b"\xc3")
        self.assertEqual([len(text) for text in self.shown()], [90_003])

    # Servers that don't read, ends.

    def test_a_server_that_does_not_read(self) -> None:
        self.is_in()
        self.says("one", "two")
        self.wire.producer.pauseProducing()
        self.clock.advance(10)
        self.says("three")
        self.assertEqual(self.wrote(), [b"alice: one"])
        self.wire.producer.resumeProducing()
        self.clock.pump([0, 0.05, 0.05])
        self.assertEqual(self.wrote(), [b"alice: two", b"alice: three"])

    def test_the_pause_is_kept_when_it_reads_again(self) -> None:
        self.is_in()
        self.says("one", "two")
        self.wire.producer.pauseProducing()
        self.wire.producer.resumeProducing()
        self.clock.advance(0)
        self.assertEqual(self.wrote(), [b"alice: one"])
        self.wire.producer.stopProducing()

    def test_holding(self) -> None:
        for _ in range(2):
            self.connection.hold()
            self.assertEqual(self.wire.producerState, "paused")
        for _ in range(2):
            self.connection.release()
            self.assertEqual(self.wire.producerState, "producing")

    def test_closing(self) -> None:
        self.is_in()
        self.connection.close()
        self.assertTrue(self.wire.disconnecting)
        self.assertIsNone(self.wire.producer)
        self.connection.close()
        self.says("too late")
        self.server(b"bob: too late")
        self.assertEqual((self.wrote(), self.heard()), ([], []))
        self.clock.advance(5)
        self.assertTrue(self.wire.aborted)

    def test_what_was_just_written_is_read_before_the_end(self) -> None:
        self.is_in()
        self.says("one", "two")
        self.connection.close()
        self.assertFalse(self.wire.disconnecting)
        self.clock.advance(0.05)
        self.assertTrue(self.wire.disconnecting)
        self.assertEqual(self.wrote(), [b"alice: one"])
        self.ends()
        self.assertEqual(self.listening.ended, [""])

    def test_the_end_while_something_waits(self) -> None:
        self.is_in()
        self.says("one", "two")
        self.ends()
        self.assertEqual([fields["id"] for fields in self.heard()], ["id of one"])

    def test_an_abort_while_something_waits(self) -> None:
        self.is_in()
        self.says("one", "two")
        self.connection.abort()
        self.clock.advance(1)
        self.assertEqual(self.wrote(), [b"alice: one"])


class GossipTests(UnframedCase):
    """The window's server: rows C6, C9, C14."""

    dialect = GOSSIP

    def test_the_first_write_is_the_username(self) -> None:
        """Row C6."""
        self.assertEqual(self.wrote(), [b"alice"])
        self.server(b"SERVER~alice added to the chat")
        self.assertEqual(self.heard(), [WELCOME, {"type": "text", "text": "SERVER~alice added to the chat"}])
        self.says("häl~lo")
        self.clock.advance(0.05)
        self.assertEqual(self.wrote(), ["häl~lo".encode()])

    def test_a_server_that_says_nothing(self) -> None:
        self.clock.advance(1)
        self.assertEqual(self.heard(), [WELCOME])

    def test_a_tilde_in_the_nickname(self) -> None:
        """Row C7."""
        self.connect("a~b")
        self.assertEqual((self.wrote(), [fields["code"] for fields in self.heard()]), ([], ["BAD_NICK"]))

    def test_refused(self) -> None:
        self.server(b"SERVER~!!! BAD_NICK so it is")
        self.listening.nick = "bob"
        self.clock.advance(1)
        self.assertEqual(self.heard(), [{"type": "error", "code": "BAD_NICK", "text": "so it is"}])
        self.clock.advance(0)
        self.assertEqual(self.wrote(), [b"alice", b"bob"])

    def test_our_own_servers_line_port(self) -> None:
        self.server(b"NICK\r\n")
        self.ended("the server speaks in lines: leave out --dialect gossip")

    def test_nobody_asks_here(self) -> None:
        self.server(b"SERVER~x", b"NICK")
        self.clock.advance(1)
        self.assertEqual((self.wrote(), self.shown()), ([b"alice"], ["SERVER~x", "NICK"]))
