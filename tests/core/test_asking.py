"""Passwords that a command lacks are asked for, and what answers is nothing else."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import fail
from twisted.logger import LogEvent, formatEvent, globalLogPublisher

from tests.core.doubles import Human, Someone, line, someone
from tests.helpers import AtOnce, CoreCase, make_chat
from twisted_chat.accounts.operators import KnownOperators
from twisted_chat.accounts.passwords import Hasher
from twisted_chat.accounts.tries import BACKOFF
from twisted_chat.boundaries import Origin
from twisted_chat.core.chat import Registration
from twisted_chat.core.errors import Busy
from twisted_chat.core.told import Welcome

SESAME = "open sesame"
RUTH = "ruth-less"
IN_CLEAR = "!!! PLAINTEXT_REFUSED a password may not cross the net in clear: come by TLS"
NOTHING = "reply Nothing was changed"


def question(what: str) -> str:
    return f"reply Your next line is {what}; nobody else sees it, and an empty one ends this"


NEW, AGAIN = question("a new password"), question("the new password again")


class AskingCase(CoreCase):
    def setUp(self) -> None:
        super().setUp()
        self.known = KnownOperators({"ruth": RUTH}, Hasher(AtOnce()), self.clock)
        self.chat = make_chat(self.clock, operators=self.known)
        self.alice = self.at_a_prompt("alice")
        self.bob = self.at_a_prompt("bob")
        self.alice.takes()

    def at_a_prompt(self, nick: str) -> Someone:
        """Somebody who can be asked."""
        listener = Human()
        listener.can_be_asked = True
        return someone(self, nick, listener)

    def is_registered(self, who: Someone) -> None:
        who.types(f"/register {SESAME}")
        who.takes()

    def is_not_asked(self, who: Someone) -> None:
        self.assertIsNone(who.listener.asked)


class Commands(AskingCase):
    def test_register(self) -> None:
        self.alice.types("/register")
        self.alice.hears(NEW)
        self.alice.answers(SESAME)
        self.alice.hears(AGAIN)
        self.alice.answers(f"{SESAME} ")
        self.alice.hears("reply alice is yours now; /login alice PASSWORD proves it from anywhere")
        self.bob.types(f"/login alice {SESAME}")
        self.assertIn("reply You are alice now", self.bob.takes())

    def test_login(self) -> None:
        self.is_registered(self.alice)
        self.bob.types("/login  ALICE")
        self.bob.hears(question("the password of ALICE"))
        self.bob.answers(f"\x07 {SESAME}\u202e")
        self.turn()
        self.assertIn("reply You are alice now", [line(item) for item, _stance, _view in self.bob.listener.heard])

    def test_login_as_who_one_is_called(self) -> None:
        self.bob.types("/login")
        self.bob.hears(question("the password of bob"))
        self.bob.answers("wrong")
        self.bob.hears("!!! BAD_LOGIN no account has this name and password")

    def test_password(self) -> None:
        self.is_registered(self.alice)
        self.alice.types("/password")
        self.alice.hears(question("your old password"))
        self.alice.answers(SESAME)
        self.alice.hears(NEW)
        self.alice.answers("sesame, open")
        self.alice.hears(AGAIN)
        self.alice.answers("sesame, open")
        self.alice.hears("reply Your password is changed")
        self.alice.types("/password sesame")
        self.assertIn("!!! NEED_TEXT", self.alice.takes()[0])

    def test_oper(self) -> None:
        self.alice.types("/oper ruth", "/oper")
        self.alice.hears(question("the password of the operator ruth"), "reply You are no operator of this server")
        self.alice.answers(RUTH)
        self.alice.hears("reply You are the operator ruth now; /help lists what is yours to do")

    def test_enroll(self) -> None:
        self.alice.types(f"/oper ruth {RUTH}", "/enroll dave")
        self.assertEqual(self.alice.takes()[-1], question("a new password for dave"))
        self.alice.answers("long enough", "long enough")
        self.assertEqual(self.alice.takes()[-1], "reply dave has an account now; /login dave PASSWORD opens it")

    def test_who_is_no_operator_any_more_makes_no_account(self) -> None:
        self.alice.types(f"/oper ruth {RUTH}", "/enroll dave")
        self.alice.answers("long enough")
        self.chat.helm.operators_changed(self.known.replace({}))
        self.alice.answers("long enough")
        self.assertIn("!!! NOT_ALLOWED that is for operators of the server", self.alice.takes()[-1])
        self.assertIsNone(self.chat.accounts.named("dave"))


class Answers(AskingCase):
    def test_none(self) -> None:
        for answers in (("",), (" \t",), (SESAME, "\0")):
            self.alice.types("/register")
            self.alice.answers(*answers)
            self.assertEqual(self.alice.takes()[-1], NOTHING)
            self.is_not_asked(self.alice)
        self.assertIsNone(self.chat.accounts.named("alice"))

    def test_two_that_differ(self) -> None:
        self.alice.types("/register")
        self.alice.answers(SESAME, SESAME.upper())
        self.alice.hears(NEW, AGAIN, "!!! BAD_PASSWORD the two are not the same; nothing was changed")
        self.assertIsNone(self.chat.accounts.named("alice"))

    def test_one_that_can_be_none(self) -> None:
        for bad in ("short", "x" * 600):
            self.alice.types("/register")
            self.alice.answers(bad, bad)
            self.assertIn("!!! BAD_PASSWORD a password has at", self.alice.takes()[-1])

    def test_a_command_is_one_like_any_other(self) -> None:
        for answer in ("/quit", "//x", f"/oper ruth {RUTH}"):
            self.alice.types("/oper ruth")
            self.alice.answers(answer)
            self.assertEqual(self.alice.takes()[-1], "!!! BAD_LOGIN no operator has this name and password")
        self.assertFalse(self.alice.session.over)

    def test_they_are_in_no_log_and_nobody_hears_them(self) -> None:
        said: list[LogEvent] = []
        globalLogPublisher.addObserver(said.append)
        self.addCleanup(globalLogPublisher.removeObserver, said.append)
        for command in ("/oper ruth", "/login alice", "/register"):
            self.alice.types(command)
            self.alice.answers("hunter2")
            if self.alice.listener.asked:
                self.alice.answers("hunter2")
        self.assertNotIn("hunter2", " ".join(map(str, map(formatEvent, said))))
        self.assertNotIn("hunter2", " ".join(self.alice.takes()))
        self.bob.hears()
        self.assertEqual(self.chat.seq, 0)

    def test_what_is_said_meanwhile_is_heard(self) -> None:
        self.alice.types("/oper ruth")
        self.bob.types("anybody here?")
        self.alice.hears(question("the password of the operator ruth"), "[#lobby] bob: anybody here?")

    def test_of_who_is_thrown_out_meanwhile(self) -> None:
        self.bob.types(f"/oper ruth {RUTH}")
        self.alice.types("/register")
        self.alice.answers(SESAME)
        self.bob.types("/kill alice")
        self.alice.takes()
        self.alice.answers(SESAME)
        self.alice.hears()
        self.assertIsNone(self.chat.accounts.named("alice"))

    def test_of_whose_other_session_ends_it(self) -> None:
        self.is_registered(self.alice)
        account = self.chat.accounts.named("alice")
        other = someone(self, "alice", account=account)
        self.alice.types("/password")
        other.types("/ghost")
        self.assertIn("!!! REPLACED", self.alice.takes()[-1])
        self.alice.answers(SESAME)
        self.alice.hears()

    def test_under_another_name_than_at_the_question(self) -> None:
        self.is_registered(self.alice)
        self.alice.types("/password")
        someone(self, "alice", account=self.chat.accounts.named("alice")).types("/nick carol")
        self.alice.answers(SESAME, "sesame, open", "sesame, open")
        self.assertEqual(self.alice.takes()[-1], "reply Your password is changed")


class NotAsked(AskingCase):
    """What is refused whatever the password is refused before."""

    def refuses(self, who: Someone, command: str, error: str) -> None:
        who.types(command)
        heard: Any = who.takes()[-1]
        self.assertTrue(heard.startswith(error), heard)
        self.is_not_asked(who)

    def test_where_somebody_may_read_along(self) -> None:
        self.is_registered(self.alice)
        self.alice.listener.origin = Origin("192.0.2.1", secure=False)
        for command in ("/register", "/login", "/login alice", "/password", "/oper ruth"):
            self.refuses(self.alice, command, IN_CLEAR)

    def test_who_can_not_register(self) -> None:
        self.chat.registration = Registration.CLOSED
        self.refuses(self.bob, "/register", "!!! NOT_ALLOWED nobody can register here")
        self.chat.registration = Registration.OPEN
        self.is_registered(self.bob)
        self.refuses(self.bob, "/register", "!!! NOT_ALLOWED you are registered as bob already")

    def test_who_may_not_wait_any_longer(self) -> None:
        """What is wrong with the old password is said as it is."""
        self.is_registered(self.alice)
        self.patch(self.chat.accounts, "login", lambda *_arguments: fail(Busy("wait 7 seconds")))
        self.alice.types("/password sesame another-one")
        self.assertEqual(self.alice.takes()[-1], "!!! BUSY wait 7 seconds")

    def test_a_guest_has_no_password(self) -> None:
        self.refuses(self.alice, "/password", "!!! NOT_ALLOWED you are a guest")

    def test_while_the_server_goes_down(self) -> None:
        self.chat.closing = True
        self.refuses(self.alice, "/oper ruth", "!!! SHUTTING_DOWN")

    def test_a_name_that_can_have_no_account(self) -> None:
        self.alice.types(f"/oper ruth {RUTH}")
        self.refuses(self.alice, "/enroll bob", "!!! NICK_IN_USE")
        self.refuses(self.bob, "/enroll dave", "!!! NOT_ALLOWED")

    def test_while_another_one_is_looked_at(self) -> None:
        self.alice.session.is_proving = True
        self.refuses(self.alice, "/oper ruth", "!!! BUSY your last password is still being looked at")

    def test_who_can_not_be_asked(self) -> None:
        program = someone(self, "echo")
        for command, usage in {
            "/register": "/register PASSWORD",
            "/login": "/login NAME PASSWORD",
            "/login alice": "/login NAME PASSWORD",
            "/oper ruth": "/oper NAME PASSWORD",
        }.items():
            self.refuses(program, command, f"!!! NEED_TEXT that needs more: {usage}")
        self.is_registered(program)
        self.assertEqual(program.listener.told(Welcome), [])
        self.refuses(program, "/password", "!!! NEED_TEXT that needs more: /password OLD NEW")

    def test_a_guesser_waits(self) -> None:
        for _try in range(BACKOFF.free):
            self.alice.types("/oper ruth")
            self.alice.answers("wrong")
        self.alice.types("/oper ruth")
        self.alice.answers(RUTH)
        self.assertEqual(self.alice.takes()[-1], "!!! BUSY too many tries failed; wait 1 second")
