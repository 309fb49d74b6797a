"""The prompt for a password amid talk, over the line door: who answers it, who can't, and that telnet hides it."""

from __future__ import annotations

from tests.helpers import AtOnce, Later, LineCase, Peer, make_chat
from twisted_chat.accounts.operators import KnownOperators
from twisted_chat.accounts.passwords import Hasher
from twisted_chat.frontends.connection import GREETING_TIME
from twisted_chat.frontends.throttle import FLOODED, Rate

SESAME = "open sesame"
RUTH = "ruth-less"
PASSWORD = "*** Your next line is the password of the operator ruth; nobody else sees it, and an empty one ends this"
OPERATOR = "*** You are the operator ruth now; /help lists what is yours to do"
NO_OPERATOR = "!!! BAD_LOGIN no operator has this name and password"
HIDE, SHOW = b"\xff\xfb\x01", b"\xff\xfc\x01"


class PromptCase(LineCase):
    threads: AtOnce | Later = AtOnce()

    def setUp(self) -> None:
        super().setUp()
        self.chat = make_chat(
            self.clock, operators=KnownOperators({"ruth": RUTH}, Hasher(self.threads), self.clock), **self.options
        )
        self.factory.chat = self.chat
        self.bob = self.person("bob")

    def alice(self) -> Peer:
        alice = self.person("alice")
        self.bob.takes()
        return alice


class Answering(PromptCase):
    def test_the_next_line_is_the_password(self) -> None:
        alice = self.alice()
        alice.says("/oper ruth")
        alice.hears(PASSWORD)
        self.bob.says("what he hears goes on")
        alice.hears("bob: what he hears goes on")
        alice.says(RUTH)
        alice.hears(OPERATOR)
        alice.says("hello")
        self.bob.hears("alice: hello")

    def test_in_one_packet(self) -> None:
        alice = self.alice()
        alice.sends(f"/oper ruth\n{RUTH}\nhello\n".encode())
        self.assertEqual(sorted(alice.takes()), sorted([PASSWORD, OPERATOR]))
        self.bob.hears("alice: hello")

    def test_an_empty_line(self) -> None:
        alice = self.alice()
        alice.says("/oper ruth", "", "hello")
        alice.hears(PASSWORD, "*** Nothing was changed")
        self.bob.hears("alice: hello")

    def test_a_command_is_none(self) -> None:
        alice = self.alice()
        for line in ("/quit", "//say it", '{"type":"ping"}', f"/oper ruth {RUTH}"):
            alice.says("/oper ruth")
            alice.says(line)
            alice.hears(PASSWORD, NO_OPERATOR)
            self.assertFalse(alice.is_closed)
        self.bob.hears()

    def test_a_line_that_is_too_long_is_none_and_nobody_hears_the_next_one(self) -> None:
        alice = self.alice()
        alice.says("/oper ruth", "x" * 9_000)
        alice.hears(PASSWORD, "!!! LINE_TOO_LONG a line may have 8192 bytes; nothing of this one was said")
        alice.says(RUTH)
        alice.hears(OPERATOR)
        self.bob.hears()

    def test_two_questions(self) -> None:
        alice = self.alice()
        alice.says("/register")
        alice.says(SESAME)
        alice.says(SESAME)
        self.assertEqual(alice.takes()[2], "*** alice is yours now; /login alice PASSWORD proves it from anywhere")
        carol = self.person("carol")
        carol.says("/login alice")
        carol.says(SESAME)
        self.turn()
        self.assertIn("*** You are alice now", carol.takes())
        self.assertEqual(len(self.chat.person_called("alice").sessions), 2)
        carol.says("I am in")
        self.assertIn("alice: I am in", self.bob.takes())

    def test_a_wrong_one_ends_it(self) -> None:
        alice = self.alice()
        alice.says("/login")
        alice.says("wrong")
        alice.says("hello")
        self.assertEqual(alice.takes()[1], "!!! BAD_LOGIN no account has this name and password")
        self.bob.hears("alice: hello")

    def test_where_somebody_may_read_along_nothing_is_asked(self) -> None:
        peer = self.connect("192.0.2.1")
        peer.says("carol")
        peer.takes()
        self.bob.takes()
        peer.says("/oper ruth", "hello")
        peer.hears("!!! PLAINTEXT_REFUSED a password may not cross the net in clear: come by TLS")
        self.bob.hears("carol: hello")

    def test_a_program_is_told_what_it_lacks(self) -> None:
        echo = self.program("echo")
        self.bob.takes()
        for text, usage in (("/oper ruth", "/oper NAME PASSWORD"), ("/register", "/register PASSWORD")):
            echo.says_object(type="command", text=text, id="c-1")
            echo.says_object(type="say", room="#lobby", text="hello", id=text)
            error, own = echo.takes_objects()
            self.assertEqual((error["code"], error["id"]), ("NEED_TEXT", "c-1"))
            self.assertEqual(error["text"], f"that needs more: {usage}")
            self.assertEqual(own["type"], "message")

    def test_who_hangs_up_at_the_prompt(self) -> None:
        alice = self.alice()
        alice.says("/oper ruth")
        alice.hangs_up()
        self.bob.hears("*** alice left #lobby")

    def test_who_says_no_more_has_answered(self) -> None:
        alice = self.alice()
        alice.protocol.dataReceived(f"/oper ruth\n{RUTH}".encode())
        alice.protocol.readConnectionLost()
        self.turn()
        self.assertTrue(alice.is_closed)
        self.assertIn(PASSWORD, alice.takes())
        self.bob.hears("*** alice left #lobby")


class Elsewhere(PromptCase):
    def setUp(self) -> None:
        self.threads = Later()
        super().setUp()

    def test_while_it_is_looked_at_no_other_is_asked_for(self) -> None:
        assert isinstance(self.threads, Later)
        alice = self.alice()
        alice.says("/oper ruth", RUTH, "/login")
        alice.hears(PASSWORD, "!!! BUSY your last password is still being looked at")
        self.threads.works()
        alice.hears(OPERATOR)
        alice.says("hello")
        self.bob.hears("alice: hello")

    def test_who_is_thrown_out_meanwhile(self) -> None:
        assert isinstance(self.threads, Later)
        self.bob.says(f"/oper ruth {RUTH}")
        self.threads.works()
        alice = self.alice()
        alice.says("/oper ruth")
        self.bob.says("/kill alice")
        alice.says(RUTH)
        self.assertEqual(alice.takes()[1], "!!! KILLED an operator of the server ended this connection")
        self.assertTrue(alice.is_closed)
        self.assertEqual(self.threads.waiting, [])


class Slowed(PromptCase):
    rate = Rate(20, 5.0)

    def test_answers_count_as_lines(self) -> None:
        alice = self.alice()
        alice.sends(b"/oper ruth\nwrong\n" * 400)
        self.assertEqual(alice.takes().count(PASSWORD), 4)  # the password itself counts for several
        self.clock.pump([1.0] * int(FLOODED + 2))
        self.assertTrue(alice.is_closed)
        self.bob.takes()


class Echo(PromptCase):
    """Telnet that has shown what it is hides what is typed at a prompt; nobody else gets a byte that is no text."""

    def telnet(self, said: bytes = b"\xff\xfb\x18") -> Peer:
        peer = self.connect()
        peer.sends(said)
        self.gets(peer)
        return peer

    def gets(self, peer: Peer) -> bytes:
        data = peer.transport.value()
        peer.transport.clear()
        return data

    def test_a_prompt_amid_talk(self) -> None:
        peer = self.telnet()
        peer.says("alice")
        self.assertNotIn(b"\xff", self.gets(peer))
        peer.says("/oper ruth")
        self.assertEqual(self.gets(peer), HIDE + f"{PASSWORD}\r\n".encode())
        peer.sends(b"\xff\xfd\x01")
        peer.says(RUTH)
        self.assertEqual(sorted(self.gets(peer).split(b"\r\n")), sorted([OPERATOR.encode(), SHOW]))
        peer.sends(b"\xff\xfe\x01")
        self.assertEqual(self.gets(peer), b"")

    def test_hidden_through_all_questions(self) -> None:
        peer = self.telnet()
        peer.says("alice", "/register")
        self.assertEqual(self.gets(peer).count(HIDE), 1)
        peer.says(SESAME)
        self.assertNotIn(b"\xff", self.gets(peer))
        peer.says("")
        self.assertEqual(self.gets(peer), SHOW + b"*** Nothing was changed\r\n")

    def test_the_prompt_before_one_is_in(self) -> None:
        owner = self.alice()
        owner.says(f"/register {SESAME}")
        owner.says("/quit")
        owner.hangs_up()
        peer = self.telnet()
        peer.says("alice")
        asked = b"*** alice is registered: its password, or an empty line for another name\r\n" + HIDE + b"PASS\r\n"
        self.assertEqual(self.gets(peer), asked)
        peer.says("wrong")
        self.assertNotIn(b"\xff", self.gets(peer))
        peer.says("")
        self.assertEqual(self.gets(peer), SHOW + b"NICK\r\n")
        peer.says("alice")
        peer.says(SESAME)
        got = self.gets(peer)
        self.assertTrue(got.startswith(asked + SHOW + b"*** Welcome, alice."), got)

    def test_who_wants_to_send_characters_is_told_to_send_lines(self) -> None:
        peer = self.connect()
        for said in (b"NICK\r\n\xff\xfc\x03", b""):
            peer.sends(b"\xff\xfd\x03")
            self.assertEqual(self.gets(peer), said)

    def test_a_command_that_comes_while_the_question_stands(self) -> None:
        peer = self.connect()
        peer.says("alice", "/oper ruth")
        self.assertNotIn(b"\xff", self.gets(peer))
        peer.sends(b"\xff")
        peer.sends(b"\xf1")
        self.assertEqual(self.gets(peer), HIDE)

    def test_nc_gets_none(self) -> None:
        peer = self.connect()
        for line in ("alice", "gr\u00fc\u00dfe \ufffd", "/oper ruth", "wrong", "/register", ""):
            peer.says(line)
        peer.sends("ÿ in Latin-1\n".encode("latin-1"))
        peer.says("/oper ruth")
        self.assertNotIn(b"\xff", self.gets(peer))
        self.assertEqual(self.bob.takes()[-1], "alice: \ufffd in Latin-1")

    def test_programs_get_none(self) -> None:
        peer = self.telnet()
        peer.says_object(type="hello", nick="echo")
        peer.sends(b"\xff\xfd\x03\n")
        peer.says_object(type="command", text="/oper ruth")
        self.assertNotIn(b"\xff", self.gets(peer))

    def test_a_command_that_the_end_cuts_short(self) -> None:
        for begin in (b"\xff\xfb", b"\xff\xfa\x18"):
            peer = self.telnet(b"alice\nlast words" + begin)
            peer.protocol.readConnectionLost()
            self.turn()
            self.assertIn("alice: last words", self.bob.takes())

    def test_who_is_gone_is_told_nothing(self) -> None:
        peer = self.telnet()
        peer.says("alice", "/quit")
        self.gets(peer)
        peer.sends(b"\xff\xfd\x03")
        self.assertEqual(self.gets(peer), b"")


class ServersPassword(LineCase):
    password = "sesame"

    def test_it_is_hidden_as_soon_as_telnet_shows_what_it_is(self) -> None:
        peer = self.connect()
        peer.sends(b"\xff\xfb\x18")
        self.assertEqual(peer.transport.value(), b"SERVERPASS\r\n" + HIDE)
        peer.says("wrong")
        peer.transport.clear()
        peer.says("sesame")
        self.assertEqual(peer.transport.value(), SHOW + b"NICK\r\n")
        peer.says('{"type":"hello","nick":"alice"}')
        peer.hangs_up()

    def test_a_program_at_the_prompt(self) -> None:
        peer = self.connect()
        peer.sends(b"\xff\xfb\x18")
        peer.transport.clear()
        peer.says_object(type="hello", nick="alice", server_password="sesame")
        self.assertNotIn(b"\xff", peer.transport.value())


class Storms(LineCase):
    rate = Rate(20, 5.0)

    def test_commands_cost_who_sends_them(self) -> None:
        peer = self.person("alice")
        peer.sends(b"\xff\xf1" * 200)
        self.assertTrue(peer.protocol.paused)
        self.clock.advance(10)
        self.assertFalse(peer.protocol.paused)
        for _read in range(20):
            peer.sends(b"\xff\xf1")
        self.assertTrue(peer.protocol.paused)

    def test_before_a_name_too(self) -> None:
        peer = self.connect()
        peer.sends(b"\xff\xf1" * 200)
        self.assertTrue(peer.protocol.paused)
        self.clock.advance(GREETING_TIME)
        self.assertTrue(peer.is_closed)
        peer.hangs_up()
        self.assertEqual(self.clock.getDelayedCalls(), [])
