"""A nickname that is an account's: the prompt PASS, the password of a hello, and who may read along."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred

from tests.helpers import LineCase, Peer, log_lines
from twisted_chat.core.errors import BadLogin
from twisted_chat.core.missed import SETTLED

SESAME = "open sesame"
REGISTERED = "*** alice is registered: its password, or an empty line for another name"
WRONG = "!!! BAD_LOGIN no account has this name and password"


class AccountDoor(LineCase):
    def setUp(self) -> None:
        super().setUp()
        alice = self.person("alice")
        alice.says(f"/register {SESAME}")
        alice.hears("*** alice is yours now; /login alice PASSWORD proves it from anywhere")
        alice.says("/quit")
        alice.hangs_up()

    def asked(self, host: str = "127.0.0.1") -> Peer:
        peer = self.connect(host)
        peer.says("alice")
        return peer


class Persons(AccountDoor):
    def test_the_password(self) -> None:
        peer = self.asked()
        peer.hears("NICK", REGISTERED, "PASS")
        peer.says(SESAME)
        self.assertEqual(peer.takes()[0], "*** Welcome, alice. You are alone in #lobby. /help lists the commands.")
        self.assertIsNotNone(self.chat.person_called("alice").account)

    def test_what_follows_in_the_packet_waits(self) -> None:
        bob = self.person("bob")
        self.connect().says("alice", SESAME, "hello")
        bob.hears("*** alice joined #lobby", "alice: hello")

    def test_three_wrong_ones(self) -> None:
        peer = self.asked()
        peer.says("wrong", "wrong")
        peer.hears("NICK", REGISTERED, "PASS", WRONG, "PASS", WRONG, "PASS")
        peer.says("wrong")
        peer.hears(WRONG)
        self.assertTrue(peer.is_closed)

    def test_another_nickname_instead(self) -> None:
        peer = self.asked()
        peer.says("", "eve")
        self.assertEqual(peer.takes()[:4], ["NICK", REGISTERED, "PASS", "NICK"])
        self.assertEqual(self.chat.person_called("eve").account, None)

    def test_from_where_somebody_may_read_along(self) -> None:
        peer = self.asked("192.0.2.1")
        peer.hears("NICK", "!!! PLAINTEXT_REFUSED a password may not cross the net in clear: come by TLS", "NICK")

    def test_who_hangs_up_while_it_is_looked_at(self) -> None:
        waiting: list[Deferred[Any]] = []
        self.patch(self.chat.accounts, "login", lambda *_arguments: waiting.append(Deferred()) or waiting[-1])
        for outcome in (self.chat.accounts.named("alice"), None):
            peer = self.asked()
            peer.says(SESAME)
            peer.hangs_up()
            if outcome is None:
                waiting.pop().errback(BadLogin("no"))
            else:
                waiting.pop().callback(outcome)
            self.turn()
        self.assertEqual(self.chat.persons, {})
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_fault_of_ours_ends_it(self) -> None:
        failed: Deferred[Any] = Deferred()
        self.patch(self.chat.accounts, "login", lambda *_arguments: failed)
        peer = self.asked()
        peer.says(SESAME)
        failed.errback(RuntimeError("a bug"))
        self.assertTrue(peer.is_closed)
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)


class Missed(AccountDoor):
    def setUp(self) -> None:
        super().setUp()
        self.bob = self.person("bob")
        self.bob.says("/msg alice psst", "/msg alice /me waits")
        self.bob.hears("[pm -> alice] psst", "*** alice is not here; it waits until he comes",
                       "[pm -> alice] /me waits", "*** alice is not here; it waits until he comes")  # fmt: skip

    def test_a_person(self) -> None:
        peer = self.asked()
        peer.says(SESAME)
        self.assertEqual(
            peer.takes()[-3:],
            [
                "*** 2 messages for you alone came while you were away (UTC):",
                "*** #1 2026-11-18 12:00 [pm] bob: psst",
                "*** #2 2026-11-18 12:00 [pm] bob: /me waits",
            ],
        )

    def test_a_program(self) -> None:
        peer = self.connect()
        peer.takes()
        peer.says_object(type="hello", nick="alice", password=SESAME)
        _welcome, missed = peer.takes_objects()
        self.assertEqual(missed["type"], "missed")
        self.assertEqual([(event["type"], event["text"]) for event in missed["events"]],
                         [("direct", "psst"), ("direct", "/me waits")])  # fmt: skip

    def test_more_than_a_page_of_them(self) -> None:
        for number in range(150):
            self.bob.says(f"/msg alice {number}")
        peer = self.asked()
        peer.says(SESAME)
        self.turn()
        heard = peer.takes()
        self.assertIn("*** 100 messages for you alone came while you were away (UTC):", heard)
        self.assertIn("*** 52 more messages for you alone came while you were away (UTC):", heard)
        self.assertTrue(heard[-1].endswith(" [pm] bob: 149"))

    def test_not_again_after_an_end_in_order(self) -> None:
        peer = self.asked()
        peer.says(SESAME)
        peer.protocol.readConnectionLost()
        peer.hangs_up()
        self.assertEqual(self.shown(), 0)

    def test_again_after_a_cut(self) -> None:
        peer = self.asked()
        peer.says(SESAME)
        peer.is_cut()
        self.assertEqual(self.shown(), 2)

    def test_not_again_after_a_cut_when_the_client_was_heard_meanwhile(self) -> None:
        peer = self.asked()
        peer.says(SESAME)
        peer.sends(b"h")
        self.clock.advance(SETTLED)
        peer.sends(b"i")
        peer.is_cut()
        self.assertEqual(self.shown(), 0)

    def test_but_what_a_pause_held_back_is_no_sign(self) -> None:
        peer = self.asked()
        peer.says(SESAME)
        peer.sends(b"h")
        peer.protocol.pause()
        self.clock.advance(SETTLED)
        peer.protocol.resume()
        peer.sends(b"i")
        peer.is_cut()
        self.assertEqual(self.shown(), 2)

    def test_beside_a_line_that_hangs(self) -> None:
        self.asked().says(SESAME)
        self.assertEqual(self.shown(), 2)

    def test_what_is_not_taken_has_not_arrived(self) -> None:
        peer = self.asked()
        peer.says(SESAME)
        peer.protocol._outbox.pauseProducing()
        self.bob.says("/msg alice three")
        self.assertFalse(peer.protocol.arrived)
        peer.protocol.readConnectionLost()
        peer.hangs_up()
        self.assertEqual(self.shown(), 3)

    def shown(self) -> int:
        """How many are shown to the next one who comes in."""
        peer = self.asked()
        peer.says(SESAME)
        return sum("[pm] bob:" in line for line in peer.takes())


class UnderAnotherNickname(AccountDoor):
    """Who is written to by his account's name is here, whatever he is called."""

    def test_in_both_dialects(self) -> None:
        alice, bob, program = self.asked(), self.person("bob"), self.program("bot")
        alice.says(SESAME, "/nick ally")
        for each in (alice, bob, program):
            each.takes()
        bob.says("/msg alice psst")
        bob.hears("[pm -> alice] psst")
        program.says_object(type="say", to="alice", text="beep", id="1")
        (told,) = program.takes_objects()
        self.assertEqual((told["type"], told["to"], told["id"]), ("direct", "alice", "1"))
        program.says_object(type="command", text="/msg alice boop", id="2")
        self.assertEqual([each["type"] for each in program.takes_objects()], ["direct", "reply"])
        alice.hears("[pm] bob: psst", "[pm] bot: beep", "[pm] bot: boop")


class GoingOn(AccountDoor):
    def test_who_hangs_up_at_once_leaves_nobody(self) -> None:
        for line in ("/logout", f"/login alice {SESAME}"):
            peer = self.person("bob")
            if line == "/logout":
                peer.says(f"/login alice {SESAME}")
                self.turn()
            peer.protocol.dataReceived(f"{line}\r\n".encode())
            peer.hangs_up()
            self.turn()
            self.assertEqual(self.chat.persons, {})

    def test_who_says_no_more_is_answered_and_goes(self) -> None:
        peer = self.person("bob")
        peer.protocol.dataReceived(f"/login alice {SESAME}\r\n".encode())
        peer.protocol.readConnectionLost()
        self.turn()
        self.turn()
        self.assertTrue(peer.is_closed)
        self.assertEqual(self.chat.persons, {})


class Programs(AccountDoor):
    def test_the_password_of_a_hello(self) -> None:
        peer = self.connect()
        peer.takes()
        peer.says_object(type="hello", nick="alice", password=SESAME)
        self.assertEqual(peer.takes_objects()[0]["type"], "welcome")

    def test_wrong_or_none(self) -> None:
        peer = self.connect()
        peer.takes()
        peer.says_object(type="hello", nick="alice", password="wrong", id="c-1")
        peer.says_object(type="hello", nick="alice")
        first, second = peer.takes_objects()
        self.assertEqual((first["code"], first["id"], second["code"]), ("BAD_LOGIN", "c-1", "NAME_TAKEN"))
        peer.says_object(type="hello", nick="alice", password=SESAME)
        self.assertEqual(peer.takes_objects()[0]["nick"], "alice")

    def test_a_bad_hello_with_a_right_password(self) -> None:
        peer = self.connect()
        peer.takes()
        peer.says_object(type="hello", nick="alice", password=SESAME, rooms=["dev"])
        self.assertEqual(peer.takes_objects()[0]["code"], "BAD_ROOM")

    def test_logging_in_and_out_later(self) -> None:
        peer = self.program("bob")
        peer.says_object(type="command", text=f"/login alice {SESAME}", id="c-2")
        self.turn()
        reply, welcome = (each for each in peer.takes_objects() if each["type"] in ("reply", "welcome"))
        self.assertEqual((reply["id"], welcome["nick"]), ("c-2", "alice"))
        peer.says_object(type="say", room="#lobby", text="hi", id="c-3")
        self.assertEqual(peer.takes_objects()[-1]["nick"], "alice")


class InTheLog(AccountDoor):
    """One line for each that came in by a password, or did not, whatever the door was told."""

    def setUp(self) -> None:
        super().setUp()
        self.lines = log_lines(self)

    def test_at_the_prompt_and_in_a_hello(self) -> None:
        peer = self.asked()
        peer.says("hunter2")
        self.assertEqual(self.lines, ["a wrong password for 'alice' from '127.0.0.1'"])
        peer.says(SESAME)
        self.assertEqual(self.lines[-1], "'alice' (1) logged in from '127.0.0.1'")
        self.connect().says_object(type="hello", nick="nobody", password="hunter2")
        self.assertEqual(self.lines[-1], "a password for no account from '127.0.0.1'")
        self.connect().says_object(type="hello", nick="Alice", password=SESAME)
        self.assertEqual(self.lines[-1], "'alice' (1) logged in from '127.0.0.1'")

    def test_who_may_look_where_a_session_comes_from(self) -> None:
        peer = self.asked()
        peer.says(SESAME)
        peer.takes()
        peer.says("/sessions")
        (line,) = peer.takes()
        self.assertRegex(line, r"1  since .* UTC  from 127\.0\.0\.1  idle 0s  \(this one\)$")

    def test_idle_is_who_does_nothing_and_not_who_answers_pings(self) -> None:
        bot = self.program("bot")
        self.clock.advance(20)
        bot.says_object(type="pong")
        bot.takes()
        self.assertEqual(self.clock.seconds() - next(iter(self.chat.person_called("bot").sessions)).acted, 20)
        bot.says_object(type="say", room="#lobby", text="hi")
        self.assertEqual(self.clock.seconds() - next(iter(self.chat.person_called("bot").sessions)).acted, 0)
