"""One connection at the line port, as chat logs: the greeting, both dialects, silence, coming back, ends."""

from __future__ import annotations

import socket
from typing import Any

from twisted.internet.address import UNIXAddress
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from zope.interface.verify import verifyObject

from tests.helpers import LineCase, Peer, log_lines
from twisted_chat.frontends.outbox import GRACE
from twisted_chat.frontends.throttle import Rate
from twisted_chat.journal.memory import MemoryJournal

TOO_LONG = "!!! LINE_TOO_LONG a line may have 8192 bytes; nothing of this one was said"
WRONG = "!!! BAD_LOGIN that is not the server's password"


class Greeting(LineCase):
    def test_as_in_the_manual(self) -> None:
        for nick in ("bob", "carol", "alice"):
            self.person(nick)
        peer = self.connect()
        peer.hears("NICK")
        peer.says("alice")
        peer.hears("!!! NICK_IN_USE alice is taken", "NICK")
        peer.says("alice2")
        peer.hears("*** Welcome, alice2. 3 others are in #lobby: bob, carol, alice. /help lists the commands.")

    def test_refusals(self) -> None:
        peer = self.connect()
        peer.takes()
        for nick, refusal in {
            "": "!!! BAD_NICK a nickname needs at least one character",
            "x" * 33: "!!! BAD_NICK a nickname has at most 32 characters",
            "two words": "!!! BAD_NICK a nickname may not hold a blank",
            "root": "!!! NICK_RESERVED root is a reserved word",
        }.items():
            peer.says(nick)
            peer.hears(refusal, "NICK")
        self.assertFalse(peer.is_closed)

    def test_the_next_line_may_share_the_packet(self) -> None:
        bob = self.person("bob")
        self.connect().says("alice", "hello")
        bob.hears("*** alice joined #lobby", "alice: hello")

    def test_telnets_options_are_no_part_of_a_name(self) -> None:
        peer = self.connect()
        peer.takes()
        peer.sends(b"\xff\xfd\x03\xff\xfb\x18alice\r\n")
        self.assertEqual(peer.transport.value()[:25], b"\xff\xfc\x03*** Welcome, alice. Yo")

    def test_a_rooms_last_lines_are_for_people(self) -> None:
        self.person("bob").says("hello")
        peer = self.connect()
        peer.takes()
        peer.says("alice")
        self.assertEqual(peer.takes()[1:], ["*** The last line of #lobby (UTC):", "*** #1 2026-11-18 12:00 bob: hello"])
        peer = self.connect()
        peer.takes()
        peer.says_object(type="hello", nick="bot")
        self.assertEqual([found["type"] for found in peer.takes_objects()], ["welcome"])

    def test_only_a_first_line_is_taken_for_a_browsers(self) -> None:
        peer = self.connect()
        peer.takes()
        peer.says("GET lost", "GET / HTTP/1.1")
        self.assertEqual([line[:12] for line in peer.takes()], ["!!! BAD_NICK", "NICK"] * 2)
        self.assertFalse(peer.is_closed)

    def test_its_socket_is_tuned(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as port, socket.create_connection(port.getsockname()) as connection:
            transport = StringTransport()
            transport.getHandle = lambda: connection
            self.factory.buildProtocol(transport.getPeer()).makeConnection(transport)
            self.assertEqual(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY), 1)

    def test_who_hangs_up_leaves_no_trace(self) -> None:
        bob = self.person("bob")
        peer = self.connect()
        peer.says("bob")
        peer.hangs_up()
        bob.hears()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(len(self.factory.connections), 1)


class GreetingsLimits(LineCase):
    def test_60_seconds(self) -> None:
        peer = self.connect()
        peer.takes()
        self.clock.advance(30)
        peer.says("not a name")
        self.clock.advance(29)
        peer.takes()
        self.clock.advance(1)
        peer.hears("!!! TIMEOUT you had 60 seconds for a name")
        self.assertTrue(peer.is_closed)

    def test_60_seconds_for_a_program(self) -> None:
        peer = self.connect()
        peer.takes()
        peer.says_object(type="hello", nick="not a name")
        peer.takes()
        self.clock.advance(60)
        self.assertEqual(
            peer.takes_objects(), [{"type": "error", "code": "TIMEOUT", "text": "you had 60 seconds for a name"}]
        )
        self.assertTrue(peer.is_closed)

    def test_who_has_a_name_has_time(self) -> None:
        alice = self.person("alice")
        self.clock.advance(3600)
        alice.hears()
        self.assertFalse(alice.is_closed)

    def test_64_lines(self) -> None:
        peer = self.connect()
        peer.says(*["not a name"] * 64)
        self.assertFalse(peer.is_closed)
        peer.takes()
        peer.says("alice", "alice")
        peer.hears("!!! FLOOD too much for too long; come back when there is less to say")
        self.assertTrue(peer.is_closed)
        self.assertEqual(self.chat.persons, {})

    def test_8_kibibytes(self) -> None:
        peer = self.connect()
        peer.says("x" * 4000, "x" * 4000)
        self.assertFalse(peer.is_closed)
        peer.takes()
        peer.says("x" * 200)
        peer.hears("!!! FLOOD too much for too long; come back when there is less to say")
        self.assertTrue(peer.is_closed)

    def test_a_line_of_more_than_that(self) -> None:
        peer = self.connect()
        peer.takes()
        peer.says("x" * 9000, "alice")
        peer.hears(TOO_LONG)
        self.assertTrue(peer.is_closed)

    def test_an_object_of_more_than_that(self) -> None:
        peer = self.connect()
        peer.takes()
        peer.says_object(type="hello", nick="x" * 9000)
        self.assertEqual(
            peer.takes_objects(),
            [error("LINE_TOO_LONG", "a line may have 8192 bytes; nothing of this one was said")],
        )
        self.assertTrue(peer.is_closed)

    def test_who_does_not_take_the_refusal_is_aborted(self) -> None:
        peer = self.connect()
        self.clock.advance(60)
        self.assertFalse(peer.transport.disconnected)
        self.clock.advance(GRACE)
        self.assertTrue(peer.transport.disconnected)

    def test_who_does_not_read_his_refusals_gets_them_later(self) -> None:
        peer = self.connect()
        peer.takes()
        peer.transport.producer.pauseProducing()
        peer.says("root")
        peer.hears()
        peer.transport.producer.resumeProducing()
        peer.hears("!!! NICK_RESERVED root is a reserved word", "NICK")


class ServerPassword(LineCase):
    password = "sésame"

    def test_it_is_asked_for_first(self) -> None:
        peer = self.connect()
        peer.hears("SERVERPASS")
        peer.says("sésame")
        peer.hears("NICK")
        peer.says("root")
        peer.hears("!!! NICK_RESERVED root is a reserved word", "NICK")
        peer.says("alice")
        self.assertEqual(peer.takes()[0][:19], "*** Welcome, alice.")

    def test_three_wrong_answers(self) -> None:
        peer = self.connect()
        peer.takes()
        peer.says("open")
        peer.hears(WRONG, "SERVERPASS")
        peer.says("sésame ")
        peer.hears(WRONG, "SERVERPASS")
        peer.says("", "sésame", "alice")
        peer.hears(WRONG)
        self.assertTrue(peer.is_closed)
        self.assertEqual(self.chat.persons, {})

    def test_the_third_may_be_right(self) -> None:
        peer = self.connect()
        peer.says("a", "b", "sésame", "alice")
        self.assertEqual(peer.takes()[-1][:19], "*** Welcome, alice.")

    def test_a_program_brings_it_in_its_hello(self) -> None:
        peer = self.connect()
        peer.hears("SERVERPASS")
        peer.says_object(type="hello", nick="root", server_password="sésame")
        self.assertEqual(peer.takes_objects()[0]["code"], "NICK_RESERVED")
        peer.says_object(type="hello", nick="alice")
        self.assertEqual(peer.takes_objects()[0]["type"], "welcome")

    def test_a_program_guesses(self) -> None:
        peer = self.connect()
        peer.takes()
        peer.says_object(type="hello", nick="alice")
        peer.says_object(type="hello", nick="alice", server_password="\ud800")
        peer.says_object(type="hello", nick="alice", server_password="open", id="c-1")
        wrong = {"type": "error", "code": "BAD_LOGIN", "text": "that is not the server's password"}
        self.assertEqual(peer.takes_objects(), [wrong, wrong, {**wrong, "id": "c-1"}])
        self.assertTrue(peer.is_closed)


class EmptyPassword(LineCase):
    password = ""

    def test_it_is_asked_for_all_the_same(self) -> None:
        peer = self.connect()
        peer.hears("SERVERPASS")
        peer.says("x")
        peer.hears(WRONG, "SERVERPASS")
        peer.says("")
        peer.hears("NICK")


class Talking(LineCase):
    def test_a_line_that_is_too_long_is_skipped(self) -> None:
        alice, bob = self.person("alice"), self.person("bob")
        alice.takes()
        alice.says("x" * 8193, "still here")
        alice.hears(TOO_LONG)
        bob.hears("alice: still here")
        self.assertFalse(alice.is_closed)

    def test_its_refusal_keeps_its_place_among_the_answers(self) -> None:
        alice = self.person("alice")
        alice.says("/rooms", "x" * 9000, "/rooms")
        alice.hears("*** *#lobby 1", TOO_LONG, "*** *#lobby 1")

    def test_a_text_that_is_too_long(self) -> None:
        alice, bob = self.person("alice"), self.person("bob")
        alice.takes()
        alice.says("😀" * 2000)
        bob.hears(f"alice: {'😀' * 2000}")
        alice.says("x" * 2001)
        alice.hears("!!! TEXT_TOO_LONG 2001 characters; at most 2000 are taken")
        bob.hears()

    def test_unicodes_line_ends_end_no_line(self) -> None:
        alice, bob = self.person("alice"), self.person("bob")
        alice.sends("one\x0btwo\x0cthree\u2028four\x85five\n".encode())
        bob.hears("alice: one two three four five")

    def test_quit(self) -> None:
        alice, bob = self.person("alice"), self.person("bob")
        alice.takes()
        alice.says("/quit lunch", "not said any more")
        alice.hears("*** Goodbye, alice.")
        bob.hears("*** alice left #lobby (lunch)")
        self.assertTrue(alice.is_closed)
        alice.hangs_up()
        bob.hears()

    def test_people_are_never_pinged(self) -> None:
        alice = self.person("alice")
        self.clock.pump([10.0] * 100)
        alice.hears()
        self.assertFalse(alice.is_closed)


class HangingUp(LineCase):
    def test_orderly(self) -> None:
        alice, bob = self.person("alice"), self.person("bob")
        alice.hangs_up()
        bob.hears("*** alice left #lobby")

    def test_without_a_reason_given(self) -> None:
        alice, bob = self.person("alice"), self.person("bob")
        alice.protocol.connectionLost()
        self.turn()
        bob.hears("*** alice left #lobby")

    def test_a_cut(self) -> None:
        alice, bob = self.person("alice"), self.person("bob")
        alice.protocol.connectionLost(Failure(ConnectionLost()))
        self.turn()
        bob.hears("*** alice left #lobby (connection lost)")

    def test_what_came_before_was_said(self) -> None:
        alice, bob = self.person("alice"), self.person("bob")
        alice.protocol.dataReceived(b"bye\r\n")
        alice.hangs_up()
        bob.hears("alice: bye", "*** alice left #lobby")

    def test_no_timer_is_left(self) -> None:
        for peer in (self.person("alice"), self.program("bot"), self.connect()):
            peer.protocol.abort()
            peer.hangs_up()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.factory.connections, set())


class HalfClosing(LineCase):
    def test_a_pipe_gets_its_answers(self) -> None:
        bob = self.person("bob")
        pipe = self.connect()
        pipe.takes()
        pipe.protocol.dataReceived(b"alice\nhello\n/rooms\n")
        pipe.protocol.readConnectionLost()
        self.turn()
        bob.hears("*** alice joined #lobby", "alice: hello", "*** alice left #lobby")
        self.assertEqual(pipe.takes()[-1], "*** *#lobby 2")
        self.assertTrue(pipe.is_closed)

    def test_a_last_line_needs_no_end(self) -> None:
        """``printf 'alice\\nhello' | nc -N``"""
        bob = self.person("bob")
        pipe = self.connect()
        pipe.sends(b"alice\nhello")
        pipe.protocol.readConnectionLost()
        self.turn()
        bob.hears("*** alice joined #lobby", "alice: hello", "*** alice left #lobby")

    def test_a_name_without_an_end(self) -> None:
        bob = self.person("bob")
        pipe = self.connect()
        pipe.sends(b"alice")
        pipe.protocol.readConnectionLost()
        self.turn()
        bob.hears("*** alice joined #lobby", "*** alice left #lobby")
        self.assertTrue(pipe.is_closed)

    def test_but_half_a_line_of_a_cut_connection_is_none(self) -> None:
        bob = self.person("bob")
        pipe = self.connect()
        pipe.sends(b"alice\nhel")
        pipe.protocol.connectionLost(Failure(ConnectionLost()))
        self.turn()
        bob.hears("*** alice joined #lobby", "*** alice left #lobby (connection lost)")

    def test_nothing_is_heard_after_a_quit(self) -> None:
        bob = self.person("bob")
        pipe = self.connect()
        pipe.protocol.dataReceived(b"alice\n/quit\nhello\nhel")
        pipe.protocol.readConnectionLost()
        pipe.hangs_up()
        bob.hears("*** alice joined #lobby", "*** alice left #lobby")

    def test_a_pipe_without_a_name(self) -> None:
        pipe = self.connect()
        pipe.sends(b"")
        pipe.protocol.readConnectionLost()
        self.assertTrue(pipe.is_closed)

    def test_twisted_asks_for_it_by_its_interface(self) -> None:
        protocol = self.connect().protocol
        verifyObject(IHalfCloseableProtocol, protocol)
        protocol.writeConnectionLost()


def error(code: str, text: str, **more: object) -> dict[str, object]:
    return {"type": "error", "code": code, "text": text, **more}


class Programs(LineCase):
    """The JSON dialect, request by request."""

    def setUp(self) -> None:
        super().setUp()
        self.bot = self.program("bot")

    def bot_hears(self, *expected: dict[str, Any]) -> None:
        """These objects came, each at least with these keys."""
        objects = self.bot.takes_objects()
        self.assertEqual([{key: found.get(key) for key in wanted} for found, wanted in
                          zip(objects, expected, strict=False)], list(expected))  # fmt: skip
        self.assertEqual(len(objects), len(expected), objects)

    def test_the_welcome(self) -> None:
        peer = self.connect()
        peer.hears("NICK")
        peer.says_object(type="hello", nick="alice", rooms=["#dev", "#lobby"], client="test 1")
        (welcome,) = peer.takes_objects()
        self.assertTrue(welcome.pop("resume"))
        self.assertEqual(
            welcome,
            {
                "type": "welcome", "server": "Twisted Chat", "nick": "alice", "log": "7f3a", "seq": 0,
                "rooms": [
                    {"name": "#lobby", "people": ["bot"], "count": 1, "topic": ""},
                    {"name": "#dev", "people": [], "count": 0, "topic": ""},
                ],
            },
        )  # fmt: skip
        self.bot.says_object(type="command", text="/whois alice")
        self.assertIn("with test 1", self.bot.takes_objects()[-1]["lines"])

    def test_empty_lines_before_the_hello_say_nothing(self) -> None:
        bot = self.connect()
        bot.takes()
        bot.says("{")
        self.assertEqual([answer["code"] for answer in bot.takes_objects()], ["BAD_REQUEST"])
        bot.says("", "  ")
        bot.hears()
        bot.says_object(type="hello", nick="another")
        self.assertEqual(bot.takes_objects()[0]["type"], "welcome")

    def test_a_refused_hello_may_be_followed_by_another(self) -> None:
        peer = self.connect()
        peer.takes()
        peer.says_object(type="hello", nick="bot", id="h-1")
        self.assertEqual(peer.takes_objects(), [error("NICK_IN_USE", "bot is taken", id="h-1")])
        peer.says_object(type="hello", nick="alice", rooms=["dev"])
        self.assertEqual(peer.takes_objects(), [error("BAD_ROOM", "a room's name begins with #")])
        peer.says_object(type="say", room="#lobby", text="hi")
        self.assertEqual(peer.takes_objects(), [error("BAD_REQUEST", "say hello first")])
        peer.says("alice")
        self.assertEqual(peer.takes_objects()[0]["code"], "BAD_REQUEST")
        peer.says_object(type="hello", nick="alice")
        self.assertEqual(peer.takes_objects()[0]["type"], "welcome")

    def test_say(self) -> None:
        alice = self.person("alice")
        self.bot.takes()
        self.bot.says_object(type="say", room="#lobby", text="hello", id="c-7")
        self.bot_hears({
            "type": "message", "seq": 1, "room": "#lobby", "nick": "bot", "text": "hello", "id": "c-7",
            "time": "2026-11-18T12:00:00.000Z",
        })  # fmt: skip
        self.bot.says_object(type="say", room="#lobby", text="waves", action=True)
        self.bot_hears({"type": "action", "seq": 2, "text": "waves", "id": None})
        alice.hears("bot: hello", "* bot waves")

    def test_say_to_one(self) -> None:
        alice = self.person("alice")
        self.bot.takes()
        self.bot.says_object(type="say", to="ALICE", text="psst", id="c-8")
        self.bot.says_object(type="say", to="alice", text="waves", action=True)
        self.bot_hears(
            {"type": "direct", "seq": 1, "nick": "bot", "to": "alice", "text": "psst", "id": "c-8", "action": None},
            {"type": "direct", "seq": 2, "text": "waves", "action": True},
        )
        alice.hears("[pm] bot: psst", "[pm] * bot waves")
        alice.says("/reply yes?")
        self.bot_hears({"type": "direct", "seq": 3, "nick": "alice", "to": "bot", "text": "yes?", "id": None})

    def test_say_refused(self) -> None:
        self.bot.says_object(type="say", text="hi", id="c-1")
        self.bot.says_object(type="say", room="#lobby", to="bot", text="hi", id="c-2")
        self.bot.says_object(type="say", room="#lobby", text="  ", id="c-3")
        self.bot.says_object(type="say", room="#lobby", text="x" * 2001, id="c-4")
        self.bot.says_object(type="say", room="#dev", text="hi", id="c-5")
        self.bot.says_object(type="say", to="nobody", text="hi", id="c-6")
        self.assertEqual(
            self.bot.takes_objects(),
            [
                error("BAD_REQUEST", "say needs either room or to", id="c-1"),
                error("BAD_REQUEST", "say needs either room or to", id="c-2"),
                error("NEED_TEXT", "there is nothing to say in that", id="c-3"),
                error("TEXT_TOO_LONG", "2001 characters; at most 2000 are taken", id="c-4"),
                error("NO_SUCH_ROOM", "there is no room #dev", id="c-5"),
                error("NO_SUCH_NICK", "nobody here is called nobody", id="c-6"),
            ],
        )

    def test_join_and_part(self) -> None:
        alice = self.person("alice")
        alice.says("/join #dev")
        alice.takes()
        self.bot.takes()
        self.bot.says_object(type="join", room="#dev", id="c-1")
        self.bot_hears(
            {"type": "joined", "room": "#dev", "nick": "bot", "people": ["alice"], "count": 1, "topic": "", "id": "c-1"}
        )
        alice.hears("*** bot joined #dev")
        self.bot.says_object(type="part", room="#dev", reason="lunch", id="c-2")
        self.bot_hears({"type": "left", "room": "#dev", "nick": "bot", "reason": "lunch", "id": "c-2"})
        alice.hears("*** bot left #dev (lunch)")
        self.bot.says_object(type="part", room="#dev", id="c-3")
        self.bot_hears(error("NOT_IN_ROOM", "you are not in #dev; /join #dev first", id="c-3"))

    def test_what_others_do(self) -> None:
        alice = self.person("alice")
        self.bot_hears({"type": "joined", "room": "#lobby", "nick": "alice", "people": None})
        alice.says("/topic tests", "/nick ally", "/away lunch", "/back")
        alice.hangs_up()
        self.bot_hears(
            {"type": "topic", "seq": 1, "room": "#lobby", "nick": "alice", "text": "tests"},
            {"type": "renamed", "nick": "alice", "new": "ally", "seq": None},
            {"type": "away", "nick": "ally", "reason": "lunch"},
            {"type": "away", "nick": "ally", "reason": None},
            {"type": "left", "room": "#lobby", "nick": "ally", "reason": ""},
        )

    def test_history(self) -> None:
        for number in range(5):
            self.bot.says_object(type="say", room="#lobby", text=str(number), id=f"c-{number}")
        self.bot.takes()
        for more, texts, is_more in (
            ({}, "01234", False),
            ({"limit": 2}, "34", True),
            ({"before": 4, "limit": 2}, "12", True),
            ({"after": 2}, "234", False),
            ({"after": 2, "limit": 1}, "2", True),
            ({"limit": 10_000}, "01234", False),
        ):
            self.bot.says_object(type="history", room="#lobby", id="h", **more)
            (history,) = self.bot.takes_objects()
            self.assertEqual((history["type"], history["room"], history["id"]), ("history", "#lobby", "h"))
            self.assertEqual("".join(event["text"] for event in history["events"]), texts, more)
            self.assertEqual(history["more"], is_more, more)
        self.bot.says_object(type="history", room="#lobby", before=1, after=1, id="h")
        self.bot_hears(error("BAD_REQUEST", "before or after, not both", id="h"))

    def test_commands(self) -> None:
        self.bot.says_object(type="command", text="/rooms", id="c-1")
        self.bot.says_object(type="command", text="said aloud", id="c-2")
        self.bot.says_object(type="command", text="/jion #dev", id="c-3")
        self.bot.says_object(type="command", text=" ", id="c-4")
        self.bot_hears(
            {"type": "reply", "lines": ["*#lobby 1"], "id": "c-1"},
            {"type": "message", "text": "said aloud", "id": None},
            {"type": "reply", "lines": [], "id": "c-2"},
            error("UNKNOWN_COMMAND", "/jion: did you mean /join?", id="c-3"),
            error("NEED_TEXT", "a command needs its text", id="c-4"),
        )

    def test_ping_and_pong(self) -> None:
        self.bot.says_object(type="ping")
        self.bot.says_object(type="ping", id="p-1")
        self.bot.says_object(type="pong")
        self.assertEqual(self.bot.takes_objects(), [{"type": "pong"}, {"type": "pong", "id": "p-1"}])

    def test_what_is_not_understood(self) -> None:
        self.bot.says("hello?")
        self.bot.says_object(type="shout", id="c-1")
        self.bot.says_object(type="hello", nick="bot2", id="c-2")
        self.bot.says_object(type="ping", id="")
        self.bot_hears(
            error("BAD_REQUEST", "no JSON: Expecting value at character 0"),
            error(
                "BAD_REQUEST",
                "type must be one of hello, say, join, part, history, search, edit, delete, command, ping, pong",
                id="c-1",
            ),
            error("BAD_REQUEST", "hello has its place before the welcome", id="c-2"),
            {"type": "error", "code": "BAD_REQUEST", "id": None},
        )

    def test_empty_lines_are_nothing(self) -> None:
        self.bot.says("", "  ")
        self.bot.sends(b"\n")
        self.bot.hears()

    def test_32_kibibytes_an_object(self) -> None:
        self.bot.sends(b'{"type":"say","room":"#lobby","text":"' + b"\\ud83d\\ude00" * 2000 + b'"}\r\n')
        self.bot_hears({"type": "message", "text": "😀" * 2000})
        self.bot.sends(b'{"type":"ping"' + b" " * (32 * 1024) + b"}\r\n")
        self.bot_hears(error("LINE_TOO_LONG", "a line may have 32768 bytes; nothing of this one was said"))
        self.assertFalse(self.bot.is_closed)

    def test_to_change_look_for_and_take_back(self) -> None:
        alice = self.person("alice")
        self.bot.takes()
        self.bot.says_object(type="say", room="#lobby", text="helo", id="c-1")
        (said,) = self.bot.takes_objects()
        self.bot.says_object(type="edit", seq=said["seq"], text="hello", id="c-2")
        self.bot_hears({"type": "edited", "target": said["seq"], "text": "hello", "id": "c-2"})
        self.bot.says_object(type="search", text="hello", id="c-3")
        (found,) = self.bot.takes_objects()
        self.assertEqual([event["text"] for event in found["events"]], ["hello"])
        self.bot.says_object(type="delete", seq=said["seq"], id="c-4")
        self.bot_hears({"type": "deleted", "target": said["seq"], "id": "c-4"})
        self.bot.says_object(type="search", text="hello", limit=1, id="c-5")
        self.bot_hears({"type": "found", "events": [], "more": False, "id": "c-5"})
        self.bot.says_object(type="edit", seq=said["seq"], text="again", id="c-6")
        self.bot_hears(error("NO_SUCH_LINE", "there is no line #1 that you could read", id="c-6"))
        alice.hears("bot: helo", "*** bot changed #1: hello", "*** bot deleted #1")

    def test_quit(self) -> None:
        self.bot.says_object(type="command", text="/quit", id="c-1")
        self.bot.says_object(type="say", room="#lobby", text="too late")
        self.bot_hears({"type": "reply", "lines": ["Goodbye, bot."]})
        self.assertTrue(self.bot.is_closed)

    def test_what_follows_a_quit_in_one_packet_is_not_done(self) -> None:
        alice = self.person("alice")
        self.bot.takes()
        self.bot.says('{"type":"command","text":"/quit"}', '{"type":"say","room":"#lobby","text":"x"}')
        alice.hears("*** bot left #lobby")


class NoHistoryOnJoining(LineCase):
    options = {"history_lines": 0}

    def test_who_asks_gets_some(self) -> None:
        bot = self.program("bot")
        for number in range(30):
            bot.says_object(type="say", room="#lobby", text=str(number), id=f"c-{number}")
        bot.takes()
        bot.says_object(type="history", room="#lobby")
        (history,) = bot.takes_objects()
        self.assertEqual([event["text"] for event in history["events"]], [str(number) for number in range(10, 30)])


class Silence(LineCase):
    PING = '{"type":"ping"}'

    def passes(self, seconds: int) -> None:
        self.clock.pump([1.0] * seconds)

    def test_asked_after_30_seconds_and_closed_after_90(self) -> None:
        bob, bot = self.person("bob"), self.program("bot")
        bob.takes()
        self.passes(29)
        bot.hears()
        self.passes(1)
        bot.hears(self.PING)
        self.passes(59)
        bot.hears()
        self.assertFalse(bot.is_closed)
        self.passes(1)
        self.assertEqual(bot.takes_objects(), [error("TIMEOUT", "nothing was heard from you for 90 seconds")])
        self.assertTrue(bot.is_closed)
        bob.hears("*** bot left #lobby (ping timeout)")

    def test_any_line_counts(self) -> None:
        for line in ('{"type":"pong"}', "", "nonsense", '{"type":"ping"}', "x" * 40_000):
            bot = self.program(f"bot{len(line)}")
            for _time in range(10):
                self.passes(29)
                bot.says(line)
            self.assertNotIn(self.PING, bot.takes())
            self.passes(31)
            bot.hears(self.PING)
            bot.says(line)
            self.passes(80)
            self.assertFalse(bot.is_closed)
            bot.hangs_up()

    def test_it_stands_still_while_we_read_nothing(self) -> None:
        bot = self.program("bot")
        bot.protocol.pause()
        self.passes(1000)
        bot.hears()
        bot.protocol.resume()
        self.passes(60)
        bot.hears(self.PING)

    def test_it_stands_still_while_a_ping_would_wait(self) -> None:
        alice, bot = self.person("alice"), self.program("bot")
        bot.takes()
        bot.transport.producer.pauseProducing()
        alice.says("hello", "hello")
        for _minute in range(10):  # a slow reader: now and then a byte
            self.passes(60)
            bot.transport.producer.resumeProducing()
            bot.transport.producer.pauseProducing()
            alice.says("hello", "hello")
        self.assertFalse(bot.is_closed)
        bot.transport.producer.resumeProducing()
        self.assertNotIn(self.PING, bot.takes())
        self.passes(60)
        bot.hears(self.PING)
        self.passes(60)
        self.assertTrue(bot.is_closed)


class ComingBack(LineCase):
    def enter(self, **more: object) -> tuple[Peer, dict[str, Any]]:
        peer = self.connect()
        peer.takes()
        peer.says_object(type="hello", **more)
        objects = peer.takes_objects()
        return peer, {**objects[0], "after": objects[1:]}

    def test_the_same_person_again(self) -> None:
        bob = self.person("bob")
        old, welcome = self.enter(nick="alice")
        bob.takes()
        new, again = self.enter(nick="alice", resume=welcome["resume"])
        self.assertEqual(again["type"], "welcome")
        self.assertEqual(old.takes_objects(), [error("REPLACED", "you came back by another connection; this one ends")])
        self.assertTrue(old.is_closed)
        old.hangs_up()
        bob.hears()
        new.says_object(type="say", room="#lobby", text="back")
        bob.hears("alice: back")

    def test_a_bare_nickname_proves_nothing(self) -> None:
        self.enter(nick="alice")
        _peer, refused = self.enter(nick="alice", resume="x" * 40)
        self.assertEqual(refused["code"], "NICK_IN_USE")

    def test_what_was_missed(self) -> None:
        bob = self.person("bob")
        old, welcome = self.enter(nick="alice")
        bob.says("one")
        old.hangs_up()
        bob.says("two", "/msg bob note", "three")
        new, again = self.enter(nick="alice", resume=welcome["resume"], since=1, log="7f3a")
        self.assertEqual([event["text"] for event in again["after"] if "seq" in event], ["two", "three"])
        bob.says("four")
        self.assertEqual([event["text"] for event in new.takes_objects()], ["four"])

    def test_since_of_another_log_counts_for_nothing(self) -> None:
        bob = self.person("bob")
        bob.says("one", "two")
        _peer, welcome = self.enter(nick="alice", since=1, log="another")
        self.assertEqual(welcome["after"], [])
        _peer, welcome = self.enter(nick="carol", since=1)
        self.assertEqual([event["text"] for event in welcome["after"]], ["two"])

    def test_said_again_with_the_same_id(self) -> None:
        bob = self.person("bob")
        old, welcome = self.enter(nick="alice")
        bob.takes()
        old.says_object(type="say", room="#lobby", text="once", id="c-1")
        old.hangs_up()
        bob.takes()
        new, _again = self.enter(nick="alice", resume=welcome["resume"])
        bob.takes()
        new.says_object(type="say", room="#lobby", text="once", id="c-1")
        (confirmed,) = new.takes_objects()
        self.assertEqual((confirmed["seq"], confirmed["text"], confirmed["id"]), (1, "once", "c-1"))
        new.says_object(type="say", room="#lobby", text="other words", id="c-1")
        self.assertEqual(
            new.takes_objects(), [error("ID_REUSED", "id c-1 stands in the log with something else", id="c-1")]
        )
        bob.hears()


class Flooding(LineCase):
    rate = Rate(20, 5)

    def test_a_fast_talker_is_slowed(self) -> None:
        alice, bob = self.person("alice"), self.person("bob")
        alice.takes()
        self.clock.advance(10)
        alice.says(*(str(number) for number in range(100)))
        bob.hears(*(f"alice: {number}" for number in range(20)))
        self.assertEqual(alice.transport.producerState, "paused")
        self.clock.pump([0.2, 0.001] * 5)
        bob.hears(*(f"alice: {number}" for number in range(20, 25)))
        for _second in range(20):
            self.clock.pump([0.2, 0.001] * 5)
        self.assertEqual(bob.takes()[-1], "alice: 99")
        self.clock.advance(10)
        self.assertEqual(alice.transport.producerState, "producing")
        alice.hears()
        self.assertFalse(alice.is_closed)

    def test_too_long_lines_are_lines(self) -> None:
        alice = self.person("alice")
        self.clock.advance(10)
        alice.says(*["x" * 9000] * 50)
        alice.hears(*[TOO_LONG] * 20)
        self.assertEqual(alice.transport.producerState, "paused")

    def test_after_60_seconds_of_it(self) -> None:
        alice, bob = self.person("alice"), self.person("bob")
        alice.takes()
        alice.says(*["spam"] * 1000)
        self.clock.pump([0.2, 0.001] * 5 * 59)
        alice.hears()
        bob.takes()
        self.clock.pump([0.2, 0.001] * 5 * 2)
        alice.hears("!!! FLOOD too much for too long; come back when there is less to say")
        self.assertTrue(alice.is_closed)
        self.assertEqual(bob.takes()[-1], "*** alice left #lobby (flood)")
        self.clock.pump([0.2, 0.001] * 10)
        bob.hears()

    LINES = [str(number) for number in range(40)]

    def heard_of(self, lines: list[str]) -> list[str]:
        return ["*** alice joined #lobby", *(f"alice: {line}" for line in lines)]

    def test_who_hangs_up_while_he_is_slowed_has_said_all_of_it(self) -> None:
        bob, alice = self.person("bob"), self.connect()
        alice.says("alice", *self.LINES)
        alice.hangs_up()
        bob.hears(*self.heard_of(self.LINES), "*** alice left #lobby")
        self.assertEqual(len(self.clock.getDelayedCalls()), 0)
        self.assertEqual(len(self.factory.connections), 1)

    def test_who_half_closes_then_gets_his_answers(self) -> None:
        bob, alice = self.person("bob"), self.connect()
        alice.says("alice", *self.LINES, "/rooms")
        alice.protocol.readConnectionLost()
        self.turn()
        bob.hears(*self.heard_of(self.LINES), "*** alice left #lobby")
        self.assertEqual(alice.takes()[-1], "*** *#lobby 2")
        self.assertTrue(alice.is_closed)
        alice.hangs_up()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_who_is_cut_off_while_he_is_slowed_has_said_what_was_heard(self) -> None:
        bob, alice = self.person("bob"), self.connect()
        alice.says("alice", *self.LINES)
        alice.protocol.connectionLost(Failure(ConnectionLost()))
        self.turn()
        bob.hears(*self.heard_of(self.LINES[:19]), "*** alice left #lobby (connection lost)")
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_nobody_says_more_at_his_end_than_he_could_have_otherwise(self) -> None:
        bob, alice = self.person("bob"), self.connect()
        alice.says("alice", *(f"spam {number}" for number in range(5000)))
        alice.hangs_up()
        heard = bob.takes()
        self.assertEqual(len(heard), 1 + 19 + 20 + 60 * 5 + 1)
        self.assertEqual(heard[-1], "*** alice left #lobby (flood)")
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_during_the_greeting(self) -> None:
        peer = self.connect()
        peer.says(*["not a name"] * 50)
        self.assertEqual(len(peer.takes()), 1 + 2 * 20)
        self.clock.advance(60)
        self.assertTrue(peer.is_closed)


class GoingDown(LineCase):
    def test_everybody_is_told(self) -> None:
        alice, bot, stranger = self.person("alice"), self.program("bot"), self.connect()
        alice.takes()
        stranger.takes()
        alice.protocol.dataReceived(b"last words\r\n")
        self.chat.close("The server is going down")
        self.factory.close("The server is going down", 2.0)
        alice.hears("*** The server is going down")
        self.assertEqual(
            [(found["type"], found["text"]) for found in bot.takes_objects()],
            [("message", "last words"), ("notice", "The server is going down")],
        )
        stranger.hears("*** The server is going down")
        self.assertTrue(alice.is_closed and bot.is_closed and stranger.is_closed)

    def test_nobody_gets_in_any_more(self) -> None:
        peer = self.connect()
        peer.takes()
        self.chat.closing = True
        peer.says("alice")
        peer.hears("!!! SHUTTING_DOWN the server is going down", "NICK")


class SlowReaders(LineCase):
    """A transport that stalls: what it is given later, and how much is kept of it meanwhile."""

    kept_by_the_log = 2000
    FULL = 131
    """Lines of 2,000 characters that it takes to fill the queue."""

    def setUp(self) -> None:
        self.options = {"journal": MemoryJournal(self.kept_by_the_log, log_id="7f3a", key=b"k" * 32)}
        super().setUp()
        self.alice = self.person("alice")
        self.number = 0

    def says(self, count: int, padding: int = 1990) -> list[str]:
        """Alice says so many lines, each with its number; gives what each of them begins with."""
        said = []
        for _line in range(count):
            self.number += 1
            self.alice.says(f"{self.number} {'x' * padding}".strip())
            said.append(f"{self.number}")
        return said

    def stalls(self, peer: Peer) -> None:
        peer.takes()
        peer.transport.producer.pauseProducing()

    def reads_again(self, peer: Peer) -> None:
        peer.transport.producer.resumeProducing()
        for _turn in range(50):
            self.turn()

    def numbers(self, lines: list[str]) -> list[str]:
        return [line.removeprefix("alice: ").partition(" ")[0] for line in lines]

    def test_a_person_far_behind_gets_one_notice(self) -> None:
        bob = self.person("bob")
        self.stalls(bob)
        self.says(self.FULL)
        self.says(600, padding=0)
        self.assertLessEqual(bob.protocol.backlog, 256 * 1024)
        bob.hears()
        self.reads_again(bob)
        lines = bob.takes()
        notices = [line for line in lines if line.startswith("***")]
        seen = len(lines) - len(notices)
        self.assertEqual(notices, [f"*** {self.number - seen} lines skipped, /history has them"])
        self.assertEqual(self.numbers(lines[:seen]), [str(number + 1) for number in range(seen)])
        self.says(1)
        self.assertEqual(self.numbers(bob.takes()), [str(self.number)])

    def test_a_person_less_far_behind_gets_every_line(self) -> None:
        bob = self.person("bob")
        self.stalls(bob)
        said = self.says(self.FULL) + self.says(400, padding=0)
        self.reads_again(bob)
        said += self.says(1)
        self.assertEqual(self.numbers(bob.takes()), said)

    def test_a_program_gets_all_that_the_log_has_and_then_who_is_there(self) -> None:
        bot = self.program("bot")
        self.alice.takes()
        self.stalls(bot)
        said = self.says(self.FULL) + self.says(700, padding=0)
        carol = self.person("carol")
        carol.hangs_up()
        self.person("dave")
        bot.hears()
        self.reads_again(bot)
        objects = bot.takes_objects()
        self.assertEqual([found["text"].partition(" ")[0] for found in objects[:-1]], said)
        seqs = [found["seq"] for found in objects[:-1]]
        self.assertEqual(seqs, sorted(set(seqs)))
        self.assertEqual(objects[-1], {"type": "people", "room": "#lobby", "people": ["alice", "dave"], "count": 2})
        self.says(1, padding=0)
        self.assertEqual([found["text"] for found in bot.takes_objects()], [str(self.number)])

    def test_others_notice_nothing(self) -> None:
        bot, carol = self.program("bot"), self.person("carol")
        self.stalls(bot)
        said = self.says(self.FULL + 50)
        self.assertEqual(self.numbers(carol.takes()), said)

    def test_answers_are_queued_up_to_a_mebibyte(self) -> None:
        bot = self.program("bot")
        self.stalls(bot)
        for _time in range(200):
            bot.says_object(type="command", text="/help")
            self.assertLessEqual(bot.protocol.backlog, 1024 * 1024)
        while not bot.is_closed:
            bot.says_object(type="command", text="/help")
        self.assertTrue(bot.transport.disconnected)
        bot.protocol.connectionLost(Failure(ConnectionDone()))

    def test_90_seconds_without_a_byte_taken(self) -> None:
        bob = self.person("bob")
        self.stalls(bob)
        self.says(2)
        self.clock.advance(89)
        self.assertFalse(bob.is_closed)
        self.clock.advance(1)
        self.assertTrue(bob.transport.disconnected)


class SlowReadersOfAShortLog(SlowReaders):
    kept_by_the_log = 300

    def test_a_person_less_far_behind_gets_every_line(self) -> None:
        """Not with this log: one notice tells so."""
        bob = self.person("bob")
        self.stalls(bob)
        self.says(self.FULL + 400)
        self.reads_again(bob)
        notices = [line for line in bob.takes() if line.startswith("***")]
        self.assertEqual(len(notices), 1)
        self.assertTrue(notices[0].endswith("lines skipped, /history has them"))

    def test_a_program_gets_all_that_the_log_has_and_then_who_is_there(self) -> None:
        bot = self.program("bot")
        self.stalls(bot)
        self.says(self.FULL + 400)
        self.reads_again(bot)
        objects = bot.takes_objects()
        (at,) = [at for at, found in enumerate(objects) if found["type"] == "skipped"]
        before, gap, after = objects[:at], objects[at], objects[at + 1 : -1]
        self.assertEqual(gap, {"type": "skipped", "from": before[-1]["seq"] + 1, "to": after[0]["seq"] - 1})
        self.assertEqual([found["seq"] for found in after], list(range(self.number - 299, self.number + 1)))
        self.assertEqual(objects[-1]["type"], "people")


class Logged(LineCase):
    """What an administrator finds in the log."""

    password = "sesame"

    def setUp(self) -> None:
        super().setUp()
        self.lines = log_lines(self)

    def test_who_came_and_from_where(self) -> None:
        self.connect("192.0.2.7").says("sesame", "alice")
        self.assertIn("'alice' (1) came from 192.0.2.7:40000", self.lines)

    def test_who_does_not_know_the_password(self) -> None:
        self.connect("192.0.2.7").says("guess", "another", "\x1b[31mred")
        self.assertEqual(self.lines, ["192.0.2.7:40000 was turned away: that is not the server's password"])

    def test_one_by_a_unix_socket(self) -> None:
        protocol = self.factory.buildProtocol(UNIXAddress(b"/run/chat"))
        protocol.makeConnection(StringTransport(peerAddress=UNIXAddress(b"")))
        for line in (b"a\n", b"b\n", b"c\n"):
            protocol.dataReceived(line)
        self.assertIn("was turned away", self.lines[0])
