"""What the window does, with doubles for the view and the network and the real session between them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.client.test_session import Network
from tests.window.doubles import ViewDouble
from twisted_chat.client.conversation import Conversation
from twisted_chat.client.manners import Manners, Outcome
from twisted_chat.client.options import Target
from twisted_chat.client.outbox import Outbox
from twisted_chat.client.session import Session
from twisted_chat.client.trust import TrustError
from twisted_chat.window import lines
from twisted_chat.window.controller import Controller
from twisted_chat.window.lines import spoken
from twisted_chat.window.seams import Part
from twisted_chat.window.talk import Talk
from twisted_chat.window.themes import Look

NOW = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
TIME = "2026-11-22T20:00:00.123Z"
TARGET = Target(host="h", port=1, tls=False, ca=None, rooms=(), password_file=None)


class Case(SynchronousTestCase):
    """Alice at the window; `server` is what the server sends her."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.view = ViewDouble()
        self.networks: dict[str, Network] = {}
        self.console: list[str] = []
        self.begun = 0
        self.distrust = ""
        self.window = Controller(
            self.view,
            self.begin_session,
            TARGET,
            self.clock,
            now=lambda: NOW,
            render=spoken,
            console=self.console.append,
        )
        self.window.begin()

    def begin_session(self, target: Target, nick: str, screen: Callable[[Conversation], Talk]) -> tuple[Talk, Session]:
        if self.distrust:
            raise TrustError(self.distrust)
        self.begun += 1
        self.network = self.networks.setdefault(target.where, Network())
        outbox = Outbox(f"c{self.begun}")
        conversation = Conversation(nick, target.rooms, outbox, now=lambda: NOW, history_lines=0, speech=lines)
        talk = screen(conversation)
        manners = Manners(advice="Is the server running?")
        return talk, Session(conversation, talk, self.network, target.where, self.clock, lambda: 0.0, manners)

    def connects(self, nick: str = "alice", host: str = "h", port: str = "1") -> None:
        self.window.connects(nick, host, port)

    def prompted(self) -> None:
        self.wire = self.network.accepts()
        self.wire.protocol.dataReceived(b"NICK\r\n")

    def server(self, **fields: object) -> None:
        self.wire.protocol.dataReceived(json.dumps(fields).encode() + b"\r\n")

    def sent(self) -> list[dict]:
        found = [json.loads(line) for line in self.wire.value().splitlines()]
        self.wire.clear()
        return found

    def welcomes(self, nick: str = "alice", *rooms: str) -> None:
        listed = [{"name": name, "people": ["bob"], "count": 1} for name in rooms or ("#lobby",)]
        self.server(type="welcome", nick=nick, log="L", seq=0, resume="R", rooms=listed)
        self.flush()

    def is_in(self) -> None:
        self.connects()
        self.prompted()
        self.welcomes()
        self.sent()
        self.view.lines.clear()

    def says(self, seq: int, text: str, nick: str = "bob", **more: object) -> None:
        self.server(type="message", room="#lobby", nick=nick, text=text, seq=seq, time=TIME, **more)

    def flush(self) -> None:
        self.clock.advance(0)

    def last_box(self) -> tuple[str, str, Part]:
        return self.view.boxes[-1]


class ConnectingTests(Case):
    def test_the_name_comes_first(self) -> None:
        for name in ("", "  ", "\x07"):
            self.connects(name)
            self.assertEqual(self.view.boxes, [("Invalid username", "Username cannot be empty", Part.NICK)])
            self.view.boxes.clear()
        self.assertEqual(self.begun, 0)

    def test_a_wrong_address(self) -> None:
        self.connects(port="x")
        self.assertEqual(self.last_box(), ("Invalid port", "A port is a number from 1 to 65535, not x", Part.PORT))
        self.connects(host="")
        self.assertEqual(self.last_box()[::2], ("Invalid host", Part.HOST))
        self.assertEqual(self.begun, 0)

    def test_in(self) -> None:
        self.connects()
        self.assertEqual(self.view.title, "Gossip..! - connecting")
        self.assertFalse(self.view.locked)
        self.prompted()
        self.assertEqual(self.sent()[0]["nick"], "alice")
        self.welcomes()
        self.assertEqual(self.view.texts[0], "[SERVER] Successfully connected to the server")
        self.assertIn("[SERVER] Welcome, alice.", self.view.texts[1])
        self.assertEqual(self.console, ["Successfully connected to the server h 1"])
        self.assertTrue(self.view.locked)
        self.assertEqual(self.view.title, "Gossip..!")
        self.connects()
        self.assertEqual(self.begun, 1)

    def test_nobody_there_and_then_somebody(self) -> None:
        self.connects()
        self.network.refuses()
        self.flush()
        self.assertEqual(self.last_box(), ("Unable to connect to server", "Unable to connect to server h 1", Part.HOST))
        self.assertEqual(
            self.view.texts, ["[SERVER] Not connected: h:1 refused the connection. Is the server running?"]
        )
        self.assertEqual(self.view.lines[0].look, Look.ERROR)
        self.assertFalse(self.view.locked)
        self.assertEqual(self.view.title, "Gossip..!")
        self.is_in()
        self.assertTrue(self.view.locked)

    def test_no_trust(self) -> None:
        self.distrust = "no certificate can be read"
        self.connects()
        self.assertEqual(self.last_box(), ("Unable to connect to server", "no certificate can be read", Part.HOST))
        self.distrust = ""
        self.is_in()

    def test_turned_away(self) -> None:
        self.connects()
        self.prompted()
        self.server(type="error", code="SERVER_FULL", text="come later")
        self.flush()
        self.assertEqual(self.view.texts, ["!!! SERVER_FULL come later"])
        self.assertEqual(self.last_box()[1], "Unable to connect to server h 1")

    def test_a_name_that_is_refused(self) -> None:
        self.connects()
        self.prompted()
        self.sent()
        self.server(type="error", code="NICK_IN_USE", text="alice is here already")
        self.assertEqual(self.last_box(), ("Invalid username", "alice is here already", Part.NICK))
        self.connects("alice2")
        self.assertEqual([fields["nick"] for fields in self.sent()], ["alice2"])
        self.welcomes("alice2")
        self.assertEqual((self.begun, self.view.locked, self.view.nick), (1, True, "alice2"))

    def test_the_name_that_the_server_gives(self) -> None:
        self.connects()
        self.prompted()
        self.welcomes("guest7")
        self.assertEqual(self.view.nick, "guest7")

    def test_a_password(self) -> None:
        self.connects()
        self.prompted()
        self.server(type="error", code="BAD_LOGIN", text="no")
        self.assertEqual(self.view.question, "Server password")
        self.sent()
        self.view.answered("sesame")
        self.assertEqual([fields["server_password"] for fields in self.sent()], ["sesame"])
        self.server(type="error", code="BAD_LOGIN", text="that is not it")
        self.assertEqual(self.view.question, "that is not it")
        self.view.answered("open")
        self.welcomes()
        self.assertTrue(self.view.locked)
        self.assertIsNone(self.view.question)

    def test_no_password(self) -> None:
        self.connects()
        self.prompted()
        self.server(type="error", code="BAD_LOGIN", text="no")
        self.view.answered(None)
        self.assertEqual((self.view.boxes, self.view.locked, self.view.title), ([], False, "Gossip..!"))
        self.assertNoResult(self.window.over)
        self.is_in()

    def test_who_has_no_password_of_an_account_may_take_another_name(self) -> None:
        self.connects()
        self.prompted()
        self.server(type="error", code="NAME_TAKEN", text="alice is registered")
        self.sent()
        self.view.answered(None)
        self.assertEqual(self.last_box(), ("Invalid username", "Choose your nickname", Part.NICK))
        self.connects("alice2")
        self.assertEqual([fields["nick"] for fields in self.sent()], ["alice2"])

    def test_elsewhere_while_connecting(self) -> None:
        self.connects()
        self.connects(port="2")
        self.assertEqual((self.begun, self.view.boxes), (2, []))
        self.prompted()
        self.welcomes()
        self.assertEqual(self.console, ["Successfully connected to the server h 2"])


class TalkingTests(Case):
    def setUp(self) -> None:
        super().setUp()
        self.is_in()

    def test_passwords_of_commands_are_asked_for_hidden(self) -> None:
        for line, *questions in (
            ("/register", "New password", "The new password again"),
            ("/enroll eve", "New password", "The new password again"),
            ("/oper ruth", "Password"),
        ):
            self.assertEqual(self.window.sends(line), "")
            for question in questions:
                self.assertEqual(self.view.question, question)
                self.view.answered("open sesame")
            self.assertEqual([fields["text"] for fields in self.sent()], [f"{line} open sesame"])
            self.assertIsNone(self.window.recalls(-1, ""))

    def test_a_question_stays_over_a_lost_connection_and_its_answer_goes_nowhere(self) -> None:
        self.window.sends("/register")
        self.wire.loseConnection()
        self.clock.advance(1)
        self.prompted()
        self.welcomes()
        self.sent()
        self.assertEqual(self.view.question, "New password")  # else what is typed of it went into the message
        self.view.answered("open sesame")
        self.flush()
        self.assertIn("[SERVER] Nothing was changed.", self.view.texts)
        self.assertEqual(self.sent(), [])

    def test_a_question_gives_way_to_the_next(self) -> None:
        self.window.sends("/register")
        self.window.sends("/login bob")
        self.assertEqual(self.view.question, "Password")
        self.view.answered("secret")
        self.assertEqual([fields["text"] for fields in self.sent()], ["/login bob secret"])

    def test_no_password_goes_to_another_machine_in_clear(self) -> None:
        self.wire.loseConnection()
        self.clock.advance(1)
        self.wire = self.network.accepts("192.0.2.7")
        self.wire.protocol.dataReceived(b"NICK\r\n")
        self.welcomes()
        self.sent()
        self.window.sends("/register")
        self.window.sends("/login bob secret")
        self.flush()
        self.assertEqual([line.split()[1] for line in self.view.texts[-2:]], ["PLAINTEXT_REFUSED"] * 2)
        self.assertEqual((self.view.question, self.sent()), (None, []))

    def test_put_out_of_the_room(self) -> None:
        self.server(type="left", room="#lobby", nick="alice", reason="kicked by bob", by="bob", time=TIME)
        self.flush()
        told = "[SERVER] You are not in #lobby: nothing is said until you /join it"
        self.assertEqual(self.view.texts, ["[SERVER] alice left #lobby (kicked by bob)", told])
        self.assertEqual(self.view.state, "not in #lobby")
        self.assertEqual(self.window.sends("hello"), "hello")
        self.assertEqual(self.sent(), [])

    def test_messages(self) -> None:
        self.says(1, "hi")
        self.says(2, "hi alice")
        self.server(type="joined", room="#lobby", nick="carol", seq=3, time=TIME)
        self.server(type="error", code="BUSY", text="wait")
        self.assertEqual(self.view.texts, [])
        self.flush()
        self.assertEqual(self.view.appended, 2)  # all of it at once, after what was shown on coming in
        self.assertEqual(
            [(line.text, line.look) for line in self.view.lines],
            [
                ("[bob] hi", Look.SAID),
                ("[bob] hi alice", Look.MENTION),
                ("[SERVER] carol joined #lobby", Look.SERVER),
                ("!!! BUSY wait", Look.ERROR),
            ],
        )

    def test_sending(self) -> None:
        self.assertEqual(self.window.sends("hi\nyou"), "")
        sent = self.sent()
        self.assertEqual([fields["text"] for fields in sent], ["hi", "you"])
        self.says(1, "hi", "alice", id=sent[0]["id"])
        self.flush()
        self.assertEqual(self.view.lines[0].look, Look.OWN)
        self.assertEqual(self.window.recalls(-1, ""), "you")

    def test_nothing(self) -> None:
        for text in ("", "   "):
            self.window.sends(text)
            self.assertEqual(self.last_box(), ("Empty message", "Message cannot be empty", Part.MESSAGE))
        self.assertEqual(self.sent(), [])

    def test_what_is_refused_here_stays(self) -> None:
        for text in ("x" * 2001, "/switch #nowhere", " /login me secret"):
            self.assertEqual(self.window.sends(text), text)
            self.flush()
            self.assertEqual(self.view.lines[-1].look, Look.ERROR)
        self.assertEqual(self.window.sends("ok\n/switch #nowhere\nthen"), "/switch #nowhere\nthen")
        self.assertEqual([fields["text"] for fields in self.sent()], ["ok"])

    def test_completion(self) -> None:
        step = self.window.completes("b", "")
        assert step is not None
        self.assertEqual(step.word, "bob: ")
        self.assertIsNone(self.window.completes("", ""))
        step = self.window.completes("/m", "")
        assert step is not None
        self.flush()
        self.assertEqual(self.view.texts, ["/me  /motd  /msg"])

    def test_unread(self) -> None:
        self.says(1, "hi")
        self.says(2, "ho")
        self.server(type="joined", room="#lobby", nick="carol", seq=3, time=TIME)
        self.assertEqual(self.view.title, "(2) Gossip..!")
        self.window.looks(True)
        self.assertEqual(self.view.title, "Gossip..!")
        self.says(4, "hi")
        self.assertEqual(self.view.title, "Gossip..!")
        self.window.looks(False)
        self.says(5, "hi")
        self.assertEqual(self.view.title, "(1) Gossip..!")

    def test_another_room(self) -> None:
        self.window.sends("/join #dev")
        self.assertEqual((self.view.title, self.view.state), ("Gossip..! - #dev", "#dev"))


class CutTests(Case):
    def setUp(self) -> None:
        super().setUp()
        self.is_in()

    def test_one_notice_and_back_by_itself(self) -> None:
        self.wire.loseConnection()
        for _ in range(5):
            self.clock.advance(1)
            if self.network.attempts:
                self.network.refuses()
        self.assertEqual(self.view.texts, ["[SERVER] Not connected: h:1 closed the connection. Trying again."])
        self.assertEqual((self.view.locked, self.view.title, self.view.boxes), (False, "Gossip..! - offline", []))
        self.assertEqual(self.window.sends("meanwhile"), "")
        self.assertEqual(self.view.title, "Gossip..! - offline, 1 unsent")
        self.assertEqual(self.view.state, "#lobby, offline, 1 unsent")
        self.prompted()
        self.welcomes()
        self.assertEqual([fields["text"] for fields in self.sent() if fields["type"] == "say"], ["meanwhile"])
        self.assertTrue(self.view.locked)
        self.assertEqual(self.view.texts[1:], ["[SERVER] Connected again."])
        self.assertEqual(self.console, ["Successfully connected to the server h 1"])

    def test_connect_tries_at_once(self) -> None:
        self.wire.loseConnection()
        self.assertEqual(self.network.attempts, [])
        self.connects()
        self.network.refuses()
        self.flush()
        self.assertIn("refused the connection", self.view.texts[-1])
        self.connects()
        self.prompted()
        self.welcomes()
        self.assertEqual((self.begun, self.view.locked), (1, True))

    def test_connect_with_another_name(self) -> None:
        self.wire.loseConnection()
        self.connects("alice2")
        self.prompted()
        self.assertEqual([fields["nick"] for fields in self.sent()], ["alice2"])
        self.assertEqual(self.begun, 1)

    def test_connect_elsewhere(self) -> None:
        self.wire.loseConnection()
        self.window.sends("one")
        self.window.sends("two")
        self.connects(port="2")
        self.flush()
        self.assertEqual(self.view.texts[1:], ["!!! NOT_CONFIRMED one", "!!! NOT_CONFIRMED two"])
        self.prompted()
        self.welcomes()
        self.assertEqual([fields["type"] for fields in self.sent()], ["hello"])
        self.assertEqual((self.view.locked, self.view.boxes), (True, []))
        attempts = len(self.networks["h:1"].attempts)
        self.clock.advance(60)
        self.assertEqual(len(self.networks["h:1"].attempts), attempts)

    def test_replaced(self) -> None:
        self.window.sends("one")
        self.server(type="error", code="REPLACED", text="somebody goes on with it")
        self.flush()
        self.assertEqual(self.view.texts, ["!!! REPLACED somebody goes on with it", "!!! NOT_CONFIRMED one"])
        self.assertEqual((self.view.locked, self.view.title), (False, "Gossip..!"))
        self.assertNoResult(self.window.over)
        self.is_in()

    def test_not_all_of_them_are_told(self) -> None:
        self.wire.loseConnection()
        for number in range(30):
            self.window.sends(f"line {number}")
        self.connects(port="2")
        self.flush()
        self.assertEqual(self.view.texts[-1], "!!! NOT_CONFIRMED and 20 more")
        self.assertEqual(len(self.view.texts), 12)


class ClosingTests(Case):
    def ends(self, status: int, line: str = "") -> None:
        self.assertEqual(self.successResultOf(self.window.over), Outcome(status, line))

    def test_without_a_session(self) -> None:
        self.window.closes()
        self.ends(0)

    def test_while_connecting(self) -> None:
        self.connects()
        self.window.closes()
        self.ends(0)

    def test_with_goodbye(self) -> None:
        self.is_in()
        self.window.closes()
        self.assertEqual([fields["text"] for fields in self.sent()], ["/quit"])
        self.ends(0)

    def test_what_is_unconfirmed_is_waited_for(self) -> None:
        self.is_in()
        self.window.sends("one")
        self.window.closes()
        self.flush()
        self.assertIn("Waiting up to 5 seconds for 1 unconfirmed line.", self.view.texts[-1])
        self.assertNoResult(self.window.over)
        self.assertEqual(self.window.sends("two"), "two")
        self.connects("b", port="2")
        self.assertEqual(self.begun, 1)
        self.says(1, "one", "alice", id=self.sent()[0]["id"])
        self.ends(0)

    def test_but_not_for_ever(self) -> None:
        self.is_in()
        self.window.sends("one")
        self.window.closes()
        self.clock.advance(5)
        self.ends(1, "1 line was not confirmed")

    def test_closing_again_leaves_at_once(self) -> None:
        self.is_in()
        self.window.sends("one")
        self.window.closes()
        self.window.closes()
        self.ends(1, "1 line was not confirmed")

    def test_a_signal(self) -> None:
        self.window.interrupted()
        self.ends(0)

    def test_a_signal_while_talking(self) -> None:
        self.is_in()
        self.window.interrupted()
        self.ends(0)

    def test_quit(self) -> None:
        self.is_in()
        self.window.sends("/quit bye")
        self.assertEqual([fields["text"] for fields in self.sent()], ["/quit bye"])
        self.ends(0)

    def test_not_connected(self) -> None:
        self.assertEqual(self.window.sends("hi"), "hi")
        self.assertEqual(self.last_box(), ("Not connected", "Connect to the server first", Part.NICK))
        self.window.sends("/quit")
        self.ends(0)
