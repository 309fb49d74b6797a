"""A session with doubles for the screen and the network: when it asks, comes back, gives up and ends."""

import json
from datetime import UTC, datetime
from functools import partial

from twisted.internet.address import IPv4Address, UNIXAddress
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ConnectionDone, ConnectionRefusedError
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from twisted_chat.client.conversation import Conversation
from twisted_chat.client.dialects import TUTORIAL
from twisted_chat.client.effects import Shown
from twisted_chat.client.manners import GIVE_UP_AFTER, Manners, Outcome, unconfirmed
from twisted_chat.client.old_conversation import OldConversation
from twisted_chat.client.outbox import Outbox
from twisted_chat.client.session import Session
from twisted_chat.client.unframed import Unframed

NOW = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)


class Wire(StringTransport):
    """Ends when it is told to, as a network with a good server does."""

    protocol = None

    def loseConnection(self) -> None:
        if self.protocol is not None:
            protocol, self.protocol = self.protocol, None
            self.disconnecting = True
            protocol.connectionLost(Failure(ConnectionDone()))

    abortConnection = loseConnection

    def setTcpNoDelay(self, enabled: bool) -> None:
        """An old dialect wants that."""


@implementer(IStreamClientEndpoint)
class Network:
    """Attempts to connect succeed or fail when the test says so."""

    def __init__(self) -> None:
        self.attempts: list = []

    def connect(self, factory) -> Deferred:
        attempt: Deferred = Deferred()
        self.attempts.append((factory, attempt))
        return attempt

    def accepts(self, peer: object = "127.0.0.1") -> Wire:
        """`peer`: the address at the other end, or the text of one."""
        factory, attempt = self.attempts.pop(0)
        wire = Wire(peerAddress=IPv4Address("TCP", peer, 1) if isinstance(peer, str) else peer)
        wire.protocol = factory.buildProtocol(None)
        wire.protocol.makeConnection(wire)
        attempt.callback(wire.protocol)
        return wire

    def refuses(self) -> None:
        self.attempts.pop(0)[1].errback(ConnectionRefusedError())


class ScreenDouble:
    """Writes down what it is to show; answers questions when the test does."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.questions: list[tuple[str, bool]] = []
        self.unconfirmed = 0
        self.ended: list[bool] = []

    def begin(self, typist) -> None:
        self.typist = typist

    def show(self, shown: Shown) -> None:
        self.lines.append(shown.text)

    def changed(self, unconfirmed: int) -> None:
        self.unconfirmed = unconfirmed

    def ask(self, question: str, *, secret: bool) -> Deferred:
        self.questions.append((question, secret))
        self.answer: Deferred = Deferred()
        return self.answer

    def end(self, *, hurry: bool) -> Deferred:
        self.ended.append(hurry)
        return succeed(None)


class SessionTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.begin()

    def begin(self, **manners: bool) -> None:
        self.typed: list[dict] = []
        self.clock = Clock()
        self.network = Network()
        self.screen = ScreenDouble()
        self.talk = Conversation("alice", (), Outbox("c"), now=lambda: NOW, history_lines=0)
        self.session = Session(
            self.talk, self.screen, self.network, "host:1", self.clock, lambda: 0.0, Manners(**manners)
        )
        self.session.begin()

    def connects(self, peer: str = "127.0.0.1") -> None:
        self.wire = self.network.accepts(peer)
        self.server_line("NICK")

    def server_line(self, line: str) -> None:
        self.wire.protocol.dataReceived(line.encode() + b"\r\n")

    def server(self, **fields: object) -> None:
        self.server_line(json.dumps(fields))

    def sent(self) -> list[dict]:
        found = [json.loads(line) for line in self.wire.value().splitlines()]
        self.wire.clear()
        return found

    def is_in(self) -> None:
        self.connects()
        self.server(type="welcome", nick="alice", log="L", seq=0, resume="R", rooms=[{"name": "#lobby"}])
        self.screen.lines.clear()
        self.sent()

    def confirms(self, number: int, text: str = "x") -> None:
        message = {"type": "message", "nick": "alice", "room": "#lobby", "text": text}
        self.server(**message, seq=number, id=f"c-{number}")

    def refuses(self, code: str, **more: object) -> None:
        self.server(type="error", code=code, text="so it is", **more)

    def is_over(self, status: int, line: str = "") -> None:
        self.assertEqual(self.successResultOf(self.session.over), Outcome(status, line))
        self.assertEqual(len(self.screen.ended), 1)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def goes_on(self) -> None:
        self.assertNoResult(self.session.over)

    # Connecting.

    def test_a_refused_connection_ends_with_one_line(self) -> None:
        self.network.refuses()
        self.clock.advance(0)
        self.is_over(1, "host:1 refused the connection. Is the server running? --retry waits for it.")

    def test_retry_waits(self) -> None:
        self.begin(retry=True)
        for _ in range(3):
            self.network.refuses()
            self.clock.advance(1)
        self.goes_on()
        self.assertEqual(self.screen.lines, ["*** Not connected: host:1 refused the connection. Trying again."])
        self.is_in()

    def test_a_connection_that_ends_before_the_welcome(self) -> None:
        self.connects()
        self.wire.loseConnection()
        self.is_over(1, "host:1 closed the connection")

    def test_it_says_hello(self) -> None:
        self.connects()
        self.assertEqual(self.sent(), [{"type": "hello", "nick": "alice"}])

    # Refusals.

    def test_another_nickname(self) -> None:
        self.connects()
        self.sent()
        self.refuses("NICK_IN_USE")
        self.assertEqual(self.screen.lines, ["!!! NICK_IN_USE so it is"])
        self.assertEqual(self.screen.questions, [("Choose your nickname: ", False)])
        self.screen.answer.callback("  ")
        self.assertEqual(len(self.screen.questions), 2)
        self.screen.answer.callback(" alice2 ")
        self.assertEqual(self.sent(), [{"type": "hello", "nick": "alice2"}])

    def test_no_other_nickname(self) -> None:
        self.connects()
        self.refuses("NICK_IN_USE")
        self.screen.answer.callback(None)
        self.is_over(0)

    def test_who_thinks_too_long_is_connected_anew(self) -> None:
        self.connects()
        self.refuses("NICK_IN_USE")
        self.wire.loseConnection()
        self.clock.advance(1)
        self.connects()
        self.assertEqual(self.sent(), [])
        self.refuses("TIMEOUT")
        self.clock.advance(1)
        self.connects()
        self.screen.answer.callback("alice2")
        self.assertEqual([fields["nick"] for fields in self.sent()], ["alice2"])
        self.goes_on()

    def test_nobody_can_be_asked(self) -> None:
        self.begin(interactive=False)
        self.connects()
        self.refuses("NICK_IN_USE")
        self.is_over(1, "!!! NICK_IN_USE so it is")

    def test_the_servers_password(self) -> None:
        self.connects()
        self.sent()
        self.refuses("BAD_LOGIN")
        self.assertEqual((self.screen.lines, self.screen.questions), ([], [("Server password: ", True)]))
        self.screen.answer.callback(" pw ")
        self.assertEqual([fields["server_password"] for fields in self.sent()], [" pw "])
        self.refuses("BAD_LOGIN")
        self.assertEqual(self.screen.lines, ["!!! BAD_LOGIN so it is"])

    def test_the_password_of_an_account(self) -> None:
        question = "alice is registered. Its password (empty: another nickname): "
        self.connects()
        self.sent()
        self.refuses("NAME_TAKEN")
        self.assertEqual((self.screen.lines, self.screen.questions[-1]), ([], (question, True)))
        self.screen.answer.callback("open sesame")
        self.assertEqual([fields["password"] for fields in self.sent()], ["open sesame"])
        self.refuses("BAD_LOGIN")
        self.assertEqual((self.screen.lines, self.screen.questions[-1]), (["!!! BAD_LOGIN so it is"], (question, True)))
        self.screen.answer.callback("another")
        self.server(type="welcome", nick="alice", log="L", seq=0, resume="R", rooms=[{"name": "#lobby"}])
        self.assertNotIn("password", self.session._conversation.hello())  # the resume secret is proof enough

    def asks(self, line: str, *answers: str | None) -> list[str]:
        """The questions that a typed line leads to, answered in turn."""
        before = len(self.screen.questions)
        self.session.typed(line)
        for answer in answers:
            self.screen.answer.callback(answer)
        self.typed += self.sent()
        if self.typed and "id" in self.typed[-1]:  # what follows a login waits for its answer
            self.server(type="reply", lines=[], id=self.typed[-1]["id"])
        self.assertTrue(all(secret for _question, secret in self.screen.questions[before:]))
        return [question for question, _secret in self.screen.questions[before:]]

    def test_passwords_are_asked_for_without_echo(self) -> None:
        self.is_in()
        again = ["New password: ", "The new password again: "]
        self.assertEqual(self.asks("/register", "open sesame", "open sesame"), again)
        self.assertEqual(self.asks("/password", "old", "new new", "new new"), ["Old password: ", *again])
        self.assertEqual(self.asks("/login bob", "secret"), ["Password: "])
        self.assertEqual(self.asks("/LOGIN", "secret"), ["Password: "])
        self.assertEqual(self.asks("/oper ruth", "secret"), ["Password: "])
        self.assertEqual(self.asks("/enroll dave", "secret", "secret"), again)
        self.assertEqual(self.asks("/reset dave", "secret", "secret"), again)
        self.assertEqual(
            [fields["text"] for fields in self.typed],
            [
                "/register open sesame",
                "/password old\tnew new",
                "/login bob secret",
                "/login alice secret",
                "/oper ruth secret",
                "/enroll dave secret",
                "/reset dave secret",
            ],
        )

    def test_one_changes_ones_mind(self) -> None:
        self.is_in()
        self.asks("/register", "one", "another")
        self.asks("/register", "")
        self.asks("/login bob", None)
        self.assertEqual(self.typed, [])
        self.assertEqual(
            self.screen.lines,
            ["*** The two are not the same; nothing was changed."] + ["*** Nothing was changed."] * 2,
        )

    def test_they_may_be_typed_as_well(self) -> None:
        self.is_in()
        typed = ["/oper ruth secret", "/oper", "/enroll dave secret", "/enroll", "/login bob secret"]
        for line in typed:
            self.assertEqual(self.asks(line), [])
        self.assertEqual([fields["text"] for fields in self.typed], typed)

    def is_from(self, peer: object) -> None:
        """Over a connection with that at its other end."""
        self.begin()
        self.wire = self.network.accepts(peer)
        self.server_line("NICK")
        self.server(type="welcome", nick="alice", log="L", seq=0, resume="R", rooms=[{"name": "#lobby"}])
        self.screen.lines.clear()
        self.sent()

    def test_no_password_is_asked_for_where_it_would_cross_the_net_in_clear(self) -> None:
        for peer in ("192.0.2.7", "2001:db8::1", "::ffff:192.0.2.7"):
            self.is_from(peer)
            for line in ("/register", "/login bob", "/password", "/oper ruth", "/enroll dave", "/login bob secret"):
                self.screen.lines.clear()
                self.assertEqual(self.asks(line), [])
                self.assertEqual(len(self.screen.lines), 1)
                self.assertIn("!!! PLAINTEXT_REFUSED", self.screen.lines[0])
                self.assertIn("--tls", self.screen.lines[0])
            self.assertEqual((self.typed, self.screen.unconfirmed), ([], 0))

    def test_it_is_on_the_same_machine(self) -> None:
        for peer in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", UNIXAddress(b"/run/chat")):
            self.is_from(peer)
            self.assertEqual(self.asks("/login bob", "secret"), ["Password: "])

    def test_an_address_that_is_none_is_another_machines(self) -> None:
        self.is_from("localhost")
        self.assertEqual(self.asks("/login bob"), [])

    def test_it_is_over_tls_or_allowed(self) -> None:
        for manners in ({"tls": True}, {"plaintext_passwords": True}):
            self.begin(**manners)
            self.connects("192.0.2.7")
            self.server(type="welcome", nick="alice", log="L", seq=0, resume="R", rooms=[{"name": "#lobby"}])
            self.assertEqual(self.asks("/login bob", "secret"), ["Password: "])

    def test_nor_is_the_password_of_a_nickname(self) -> None:
        self.connects("192.0.2.7")
        self.refuses("NAME_TAKEN")
        self.assertIn("!!! PLAINTEXT_REFUSED alice is registered", self.screen.lines[0])
        self.assertEqual(self.screen.questions, [("Choose your nickname: ", False)])

    def test_the_connection_is_lost_while_a_password_is_asked_for(self) -> None:
        self.is_in()
        self.asks("/register", "open sesame")
        answer = self.screen.answer
        self.wire.loseConnection()
        lost = "The connection is lost: the password that is asked for will not be sent. Return ends the question."
        self.assertIn(f"*** {lost}", self.screen.lines)
        self.clock.advance(1)
        self.is_in()
        answer.callback("open sesame")
        self.assertEqual(self.screen.lines, ["*** Nothing was changed."])
        self.assertEqual((self.typed, self.sent(), self.screen.unconfirmed), ([], [], 0))
        self.assertEqual(self.asks("/login bob", "secret"), ["Password: "])
        self.assertEqual([fields["text"] for fields in self.typed], ["/login bob secret"])

    def test_no_password_is_asked_for_without_a_connection(self) -> None:
        self.is_in()
        self.wire.loseConnection()
        self.screen.lines.clear()
        self.assertEqual(self.asks("/register"), [])
        self.assertTrue(self.screen.lines[0].startswith("!!! NOT_SENT passwords are asked for when"), self.screen.lines)
        self.assertEqual(self.screen.unconfirmed, 0)
        self.assertEqual(len(self.network.attempts), 1)

    def test_who_does_not_give_an_accounts_password_may_take_another_nickname(self) -> None:
        self.connects()
        self.refuses("NAME_TAKEN")
        self.screen.answer.callback(None)
        self.assertEqual(self.screen.questions[-1], ("Choose your nickname: ", False))
        self.screen.answer.callback(None)
        self.is_over(0)

    def test_a_server_that_refuses_twice_asks_once(self) -> None:
        self.connects()
        self.refuses("NAME_TAKEN")
        self.refuses("NAME_TAKEN")
        self.assertEqual(len(self.screen.questions), 1)

    def test_another_nickname_than_an_accounts(self) -> None:
        self.connects()
        self.sent()
        self.refuses("NAME_TAKEN")
        self.screen.answer.callback("")
        self.assertEqual(self.screen.questions[-1], ("Choose your nickname: ", False))
        self.screen.answer.callback("eve")
        self.assertEqual([(fields["nick"], "password" in fields) for fields in self.sent()], [("eve", False)])

    def test_a_full_server(self) -> None:
        self.wire = self.network.accepts()
        self.server_line("!!! SERVER_FULL so it is")
        self.is_over(1, "!!! SERVER_FULL so it is")

    def test_a_full_server_that_is_waited_for(self) -> None:
        self.begin(retry=True)
        self.connects()
        self.refuses("SERVER_FULL")
        self.clock.advance(1)
        self.is_in()
        self.goes_on()

    def test_other_refusals_are_for_good(self) -> None:
        self.begin(retry=True)
        self.connects()
        self.refuses("BAD_ROOM")
        self.is_over(1, "!!! BAD_ROOM so it is")

    def test_replaced(self) -> None:
        self.is_in()
        self.refuses("REPLACED")
        self.is_over(1, "!!! REPLACED so it is")

    def test_thrown_out_by_an_operator(self) -> None:
        self.is_in()
        self.refuses("KILLED")
        self.is_over(1, "!!! KILLED so it is")

    # Coming back.

    def test_it_comes_back_with_what_was_typed(self) -> None:
        self.is_in()
        self.session.typed("one")
        self.wire.loseConnection()
        self.assertEqual(self.screen.lines, ["*** Not connected: host:1 closed the connection. Trying again."])
        self.session.typed("two")
        self.assertEqual(self.screen.unconfirmed, 2)
        self.clock.advance(1)
        self.network.refuses()
        self.clock.advance(1)
        self.is_in()
        self.confirms(1)
        self.confirms(2)
        self.assertEqual((len(self.screen.lines), self.screen.unconfirmed), (2, 0))

    def test_hello_again(self) -> None:
        self.is_in()
        self.wire.loseConnection()
        self.clock.advance(1)
        self.connects()
        self.assertEqual([fields.get("resume") for fields in self.sent()], ["R"])
        self.refuses("NICK_IN_USE")
        self.clock.advance(1)
        self.connects()
        self.refuses("NICK_IN_USE")
        told = ["!!! NICK_IN_USE so it is", "*** Trying again. /nick NAME takes another."]
        self.assertEqual(self.screen.lines[1:], told)
        self.goes_on()

    def test_who_was_in_waits_for_what_passes(self) -> None:
        for code in ("NOT_ALLOWED", "TOO_MANY_SESSIONS"):
            self.begin()
            self.is_in()
            self.session.typed("one")
            self.wire.loseConnection()
            for _ in range(3):
                self.clock.advance(60)
                self.connects()
                self.refuses(code)
                self.assertEqual(self.network.attempts, [])
            self.assertEqual(self.screen.lines[1:], [f"!!! {code} so it is", "*** Trying again."])
            self.goes_on()
            self.clock.advance(60)
            self.is_in()
            self.confirms(1)
            self.assertEqual(self.screen.unconfirmed, 0)

    def test_who_was_not_does_not(self) -> None:
        for code in ("NOT_ALLOWED", "TOO_MANY_SESSIONS"):
            self.begin(retry=True)
            self.connects()
            self.refuses(code)
            self.is_over(1, f"!!! {code} so it is")

    def test_a_pipe_does_not_wait_for_ever_to_be_allowed_in(self) -> None:
        self.begin(interactive=False)
        self.is_in()
        self.session.typed("one")
        self.wire.loseConnection()
        self.clock.advance(1)
        self.connects()
        self.refuses("NOT_ALLOWED")
        self.goes_on()
        self.clock.advance(GIVE_UP_AFTER)
        words = f"given up after {GIVE_UP_AFTER:.0f} seconds: !!! NOT_ALLOWED so it is; {unconfirmed(1)}"
        self.is_over(1, words)

    def test_another_nickname_at_a_reconnect(self) -> None:
        self.is_in()
        self.wire.loseConnection()
        self.session.typed("/nick alice2")
        self.connects()
        self.assertEqual([fields["nick"] for fields in self.sent()], ["alice2"])
        self.refuses("NICK_IN_USE")
        self.assertEqual(self.network.attempts, [])
        self.session.typed("/nick alice3")
        self.connects()
        self.assertEqual([fields["nick"] for fields in self.sent()], ["alice3"])

    def test_a_refusal_is_told_in_each_outage(self) -> None:
        for _ in range(2):
            self.is_in()
            self.wire.loseConnection()
            self.clock.advance(1)
            self.connects()
            self.refuses("NICK_IN_USE")
            self.assertIn("!!! NICK_IN_USE so it is", self.screen.lines)
            self.clock.advance(1)

    def test_a_line_makes_it_try_at_once(self) -> None:
        self.is_in()
        self.wire.loseConnection()
        self.session.typed("")
        self.session.typed("")
        self.assertEqual(len(self.network.attempts), 1)
        self.network.refuses()
        self.assertEqual(self.network.attempts, [])
        self.clock.advance(1)
        self.assertEqual(len(self.network.attempts), 1)

    def test_hurry_tries_at_once_and_tells(self) -> None:
        self.is_in()
        self.session.hurry()  # nothing to do
        self.wire.loseConnection()
        self.screen.lines.clear()
        self.session.hurry()
        self.network.refuses()
        self.assertEqual(self.screen.lines, ["*** Not connected: host:1 refused the connection. Trying again."])
        self.session.hurry()
        self.is_in()
        self.session.finished()
        self.session.hurry()
        self.assertTrue(self.session.leaving)
        self.is_over(0)

    def test_a_line_typed_before_the_welcome_is_forgotten_with_it(self) -> None:
        self.connects()
        self.session.typed("early")
        self.server(type="welcome", nick="alice", log="L", seq=0, resume="R", rooms=[{"name": "#lobby"}])
        self.wire.loseConnection()
        self.clock.advance(0.9)
        self.assertEqual(self.network.attempts, [])

    def test_the_lines_of_a_pipe_hurry_nothing(self) -> None:
        self.begin(interactive=False)
        self.is_in()
        self.wire.loseConnection()
        self.session.typed("x")
        self.assertEqual(self.network.attempts, [])

    def test_a_pipe_gives_up(self) -> None:
        self.begin(interactive=False)
        self.is_in()
        self.clock.advance(61)
        self.session.typed("x")
        self.wire.loseConnection()
        for _ in range(59):
            self.clock.advance(1)
            if self.network.attempts:
                self.network.refuses()
        self.goes_on()
        self.clock.advance(1)
        self.is_over(1, "given up after 60 seconds: host:1 refused the connection; 1 line was not confirmed")

    def test_a_pipe_that_waits_for_ever(self) -> None:
        self.begin(interactive=False, retry=True)
        self.is_in()
        self.wire.loseConnection()
        self.clock.advance(1000)
        self.goes_on()

    def test_no_prompt_from_a_server_that_wants_tls(self) -> None:
        for tls, hint in ((False, " (does it want --tls?)"), (True, "")):
            self.begin(tls=tls)
            self.network.accepts()
            self.clock.advance(5)
            self.is_over(1, f"the server does not answer as a Twisted Chat server does{hint}")

    def test_not_if_it_should_not(self) -> None:
        self.begin(reconnect=False)
        self.is_in()
        self.wire.loseConnection()
        self.is_over(1, "host:1 closed the connection")

    # Leaving.

    def test_quit_says_goodbye(self) -> None:
        self.is_in()
        self.session.typed("/quit so long")
        self.assertEqual(self.sent(), [{"type": "command", "text": "/quit so long"}])
        self.is_over(0)

    def test_quit_waits_for_what_is_unconfirmed(self) -> None:
        self.is_in()
        self.session.typed("x")
        self.session.finished()
        self.session.typed("too late")
        self.goes_on()
        self.confirms(1)
        self.is_over(0)

    def test_but_not_for_ever(self) -> None:
        self.is_in()
        self.session.typed("x")
        self.session.finished()
        self.session.finished()
        self.clock.advance(5)
        self.is_over(1, "1 line was not confirmed")
        words = "*** Waiting up to 5 seconds for 1 unconfirmed line. Ctrl-C leaves at once."
        self.assertEqual(self.screen.lines, [words])

    def test_quit_without_a_connection(self) -> None:
        self.is_in()
        self.wire.loseConnection()
        self.session.typed("/quit")
        self.is_over(0)

    def test_a_pipe_waits_as_long_as_it_takes(self) -> None:
        self.begin(interactive=False)
        self.session.finished()
        self.goes_on()
        self.is_in()
        self.session.finished()
        self.is_over(0)

    def test_a_pipe_waits_over_a_cut(self) -> None:
        self.begin(interactive=False)
        self.session.typed("x")
        self.session.finished()
        self.is_in()
        self.wire.loseConnection()
        self.clock.advance(1)
        self.is_in()
        self.clock.advance(20)
        self.goes_on()
        self.confirms(1)
        self.is_over(0)

    def test_a_refused_line_is_a_failure_if_it_is_strict(self) -> None:
        for strict in (False, True):
            self.begin(interactive=False, strict=strict)
            self.session.typed("x")
            self.session.finished()
            self.connects()
            self.server(type="welcome", nick="alice", log="L", seq=0, rooms=[{"name": "#lobby"}])
            self.refuses("TEXT_TOO_LONG", id="c-1")
            self.is_over(int(strict))

    def test_the_interrupt_waits_for_nothing(self) -> None:
        self.is_in()
        self.session.typed("x")
        self.session.interrupted()
        self.session.interrupted()
        self.is_over(1, "1 line was not confirmed")
        self.assertEqual(self.screen.ended, [True])

    def test_the_interrupt_while_connecting(self) -> None:
        self.session.interrupted()
        self.is_over(0)

    def test_the_interrupt_while_waiting(self) -> None:
        self.begin(retry=True)
        self.network.refuses()
        self.session.interrupted()
        self.is_over(0)

    # A screen that can't keep up.

    def test_holding(self) -> None:
        self.session.hold()
        self.is_in()
        self.assertEqual(self.wire.producerState, "paused")
        self.session.release()
        self.assertEqual(self.wire.producerState, "producing")
        self.session.hold()
        self.assertEqual(self.wire.producerState, "paused")


class OldDialectTests(SynchronousTestCase):
    """The same session over the other kind of connection."""

    def setUp(self) -> None:
        self.begin()

    def begin(self, nick: str = "alice", **manners: bool) -> None:
        self.clock = Clock()
        self.network = Network()
        self.screen = ScreenDouble()
        talk = OldConversation(TUTORIAL, nick, Outbox("c"), now=lambda: NOW)
        more = (self.network, "host:1", self.clock, lambda: 0.0, Manners(**manners))
        self.session = Session(talk, self.screen, *more, make=partial(Unframed, TUTORIAL))
        self.session.begin()

    def connects(self) -> None:
        self.wire = self.network.accepts()
        self.server(b"NICK")

    def server(self, data: bytes) -> None:
        self.wire.protocol.dataReceived(data)
        self.passes(0)

    def passes(self, seconds: float) -> None:
        """Twentieths of a second pass, and a little more."""
        self.clock.pump([0, *[0.051] * round(seconds * 20)])

    def is_in(self) -> None:
        self.connects()
        self.server(b"alice joined the chat!")
        self.assertEqual(self.said(), b"")

    def said(self) -> bytes:
        """What was written after the nickname."""
        return self.wire.value().removeprefix(b"alice")

    def is_over(self, status: int, line: str = "") -> None:
        self.passes(0.1)
        self.assertEqual(self.successResultOf(self.session.over), Outcome(status, line))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_another_nickname(self) -> None:
        """Row A4."""
        self.connects()
        self.server(b"!!! NICK_IN_USE so it is")
        self.passes(0.1)
        self.server(b"NICK")
        self.assertEqual(self.screen.lines, ["!!! NICK_IN_USE so it is"])
        self.assertEqual(self.screen.questions, [("Choose your nickname: ", False)])
        self.screen.answer.callback("alice2")
        self.passes(0.1)
        self.assertEqual(self.wire.value(), b"alicealice2")
        self.passes(1)
        self.assertEqual(self.screen.lines[1:], ["*** You are in as alice2. /quit leaves."])

    def test_an_answer_faster_than_the_next_request(self) -> None:
        self.connects()
        self.server(b"!!! NICK_IN_USE so it is")
        self.passes(1)
        self.screen.answer.callback("alice2")
        self.passes(0.1)
        self.assertEqual(self.wire.value(), b"alice")
        self.server(b"NICK")
        self.assertEqual(self.wire.value(), b"alicealice2")

    def test_a_nickname_that_can_not_be(self) -> None:
        self.begin("x" * 200)
        self.connects()
        self.assertEqual(self.screen.lines, ["!!! BAD_NICK a nickname has at most 128 bytes"])
        self.screen.answer.callback("bob")
        self.passes(0.1)
        self.assertEqual(self.wire.value(), b"bob")

    def test_nobody_can_be_asked(self) -> None:
        self.begin(interactive=False)
        self.connects()
        self.server(b"!!! NICK_IN_USE so it isNICK")
        self.is_over(1, "!!! NICK_IN_USE so it is")

    def test_a_full_server_that_hangs_up(self) -> None:
        self.wire = self.network.accepts()
        self.server(b"!!! SERVER_FULL so it is")
        self.wire.loseConnection()
        self.is_over(1, "!!! SERVER_FULL so it is")

    def test_a_full_server_that_is_waited_for(self) -> None:
        self.begin(retry=True)
        self.wire = self.network.accepts()
        self.server(b"!!! SERVER_FULL so it is")
        self.wire.loseConnection()
        self.passes(1)
        self.is_in()
        self.assertNoResult(self.session.over)

    def test_a_server_of_another_kind(self) -> None:
        self.network.accepts()
        self.passes(5)
        self.is_over(1, TUTORIAL.silence)

    def test_it_comes_back_with_what_was_not_written(self) -> None:
        self.is_in()
        for line in ("one", "two", "three"):
            self.session.typed(line)
        self.passes(0.1)
        self.assertEqual((self.said(), self.screen.unconfirmed), (b"alice: onealice: two", 1))
        self.wire.loseConnection()
        self.session.typed("four")
        self.passes(1)
        self.is_in()
        self.passes(0.2)
        self.assertEqual((self.said(), self.screen.unconfirmed), (b"alice: threealice: four", 0))
        self.assertIn("*** Connected again.", self.screen.lines)

    def test_a_pipe_in_order(self) -> None:
        """More than are under way at once, and all are written before the end."""
        self.begin(interactive=False, strict=True)
        lines = [str(number) for number in range(50)]
        for line in lines:
            self.session.typed(line)
        self.session.finished()
        self.is_in()
        self.passes(3)
        self.is_over(0)
        self.assertEqual(self.said(), "".join(f"alice: {line}" for line in lines).encode())

    def test_a_command_in_a_pipe_is_a_failure_if_it_is_strict(self) -> None:
        self.begin(interactive=False, strict=True)
        self.session.typed("/msg bob secret")
        self.session.finished()
        self.connects()
        self.passes(1.2)
        self.is_over(1)
        self.assertEqual(self.wire.value(), b"alice")

    def test_no_password_is_asked_for(self) -> None:
        self.is_in()
        self.session.typed("/register")
        self.assertEqual(self.screen.questions, [])
        self.assertIn("no commands", self.screen.lines[-1])

    def test_quit(self) -> None:
        self.is_in()
        self.session.typed("/quit so long")
        self.is_over(0)
        self.assertEqual(self.said(), b"")

    def test_the_interrupt(self) -> None:
        self.is_in()
        self.session.typed("one")
        self.session.interrupted()
        self.is_over(1, "1 line was not confirmed")
