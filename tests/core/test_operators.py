"""Server operators: how one becomes one, what only they may do, and what of it is in the server's log."""

from __future__ import annotations

from typing import Any

from twisted.logger import LogEvent, LogLevel, formatEvent, globalLogPublisher

from tests.core.doubles import Someone, arrives, someone
from tests.helpers import AtOnce, CoreCase, Later, Listener, make_accounts, make_chat
from twisted_chat.accounts.operators import KnownOperators
from twisted_chat.accounts.passwords import Hasher
from twisted_chat.accounts.tries import BACKOFF
from twisted_chat.boundaries import Figures, Host, Origin
from twisted_chat.core.chat import Registration
from twisted_chat.core.commands import BY_NAME, COMMANDS
from twisted_chat.core.errors import BadRequest, NameTaken, NickInUse, NotAllowed
from twisted_chat.core.told import Notice

SECRET = "correct horse"
RUTH = "ruth-less"
NOT_ALLOWED = "!!! NOT_ALLOWED that is for operators of the server; /oper NAME PASSWORD proves that you are one"


class Machine:
    """A Host that notes what is asked of it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.wrong = ""
        self.known = Figures(50 * 2**20, 1234)

    def figures(self) -> Figures:
        return self.known

    def rehash(self) -> str:
        self.asked.append("rehash")
        if self.wrong:
            raise BadRequest(self.wrong)
        return "changed: motd"

    def end(self) -> None:
        self.asked.append("end")


_check: type[Host] = Machine


class OperatorCase(CoreCase):
    def setUp(self) -> None:
        super().setUp()
        self.machine = Machine()
        self.known = KnownOperators({"Alice": SECRET, "ruth": RUTH}, Hasher(AtOnce()), self.clock)
        self.chat = make_chat(self.clock, operators=self.known, host=self.machine)
        self.said: list[LogEvent] = []
        globalLogPublisher.addObserver(self.said.append)
        self.addCleanup(globalLogPublisher.removeObserver, self.said.append)
        self.alice = someone(self, "alice")
        self.bob = someone(self, "bob")
        self.alice.takes()

    def makes_operator(self, who: Someone) -> None:
        who.types(f"/oper ruth {RUTH}")
        who.takes()

    def logged(self) -> list[str]:
        """What operators did, as the server's log has it."""
        lines = [formatEvent(each) for each in self.said if each["log_level"] is LogLevel.info]
        self.said.clear()
        return [line for line in lines if line.startswith("operator ")]


class Becoming(OperatorCase):
    def test_with_the_password(self) -> None:
        self.alice.types("/oper")
        self.alice.hears("reply You are no operator of this server")
        self.alice.types(f"/oper alice {SECRET}")
        self.alice.hears("reply You are the operator Alice now; /help lists what is yours to do")
        self.alice.types("/OPER")
        self.alice.hears("reply You are the operator Alice")
        self.assertEqual(self.logged(), ["operator 'Alice' ('alice'): '/oper'"])

    def test_wrong(self) -> None:
        for line in ("/oper alice wrong", "/oper nobody wrong", f"/oper ruth {SECRET}", "/oper alice \t\0x"):
            self.alice.types(line)
            self.alice.hears("!!! BAD_LOGIN no operator has this name and password")
        self.alice.types("/oper alice")
        self.alice.hears("!!! NEED_TEXT that needs more: /oper NAME PASSWORD")
        self.assertEqual(self.alice.session.operator, "")

    def test_nothing_of_it_is_in_the_log_but_who_tried(self) -> None:
        self.alice.types("/oper hunter2 hunter2", f"/oper {SECRET}")
        self.alice.listener.origin = Origin("", True, "127.0.0.1")
        self.alice.types("/oper hunter2 hunter2")
        text = " ".join(map(formatEvent, self.said))
        self.assertIn("'alice' from 'a UNIX socket' is no operator", text)
        self.assertIn("'alice' from '127.0.0.1' is no operator", text)
        self.assertNotIn("hunter2", text)
        self.assertNotIn("horse", text)

    def test_where_somebody_may_read_along(self) -> None:
        self.alice.listener.origin = Origin("192.0.2.1", secure=False)
        self.alice.types(f"/oper alice {SECRET}")
        self.alice.hears("!!! PLAINTEXT_REFUSED a password may not cross the net in clear: come by TLS")

    def test_guessing_is_slowed_for_one_network_alone(self) -> None:
        for who, network in ((self.alice, "192.0.2.1"), (self.bob, "192.0.2.2")):
            who.listener.origin = Origin(network, secure=True)
        for _try in range(BACKOFF.free):
            self.bob.types("/oper ruth wrong")
        self.bob.takes()
        self.bob.types(f"/oper ruth {RUTH}")
        self.bob.hears("!!! BUSY too many tries failed; wait 1 second")
        self.alice.types(f"/oper ruth {RUTH}")
        self.assertEqual(self.alice.session.operator, "ruth")
        self.clock.advance(1)
        self.bob.types(f"/oper ruth {RUTH}")
        self.assertEqual(self.bob.session.operator, "ruth")

    def test_tries_on_this_machine_are_counted_too(self) -> None:
        for _try in range(BACKOFF.free + 1):
            self.bob.types("/oper ruth wrong")
        self.assertIn("!!! BUSY too many tries failed; wait 1 second", self.bob.takes())

    def test_blanks_before_it_do_not_publish_it(self) -> None:
        self.alice.types(f" /oper alice {SECRET}", " /enroll dave long-enough")
        self.assertEqual([each[:15] for each in self.alice.takes()], ["!!! NOT_ALLOWED"] * 2)
        self.bob.hears()

    def test_who_is_taken_from_the_list_is_none_any_more(self) -> None:
        self.makes_operator(self.alice)
        self.makes_operator(self.bob)
        self.alice.types(f"/oper alice {SECRET}")
        self.alice.takes()
        self.chat.helm.operators_changed(self.known.replace({"alice": SECRET}))
        self.bob.hears("notice You are no operator of this server any more")
        self.alice.hears()
        self.bob.types("/stats")
        self.bob.hears(NOT_ALLOWED)

    def test_whose_password_is_another_one_has_to_prove_it_again(self) -> None:
        self.makes_operator(self.bob)
        self.alice.types(f"/oper alice {SECRET}")
        self.alice.takes()
        self.chat.helm.operators_changed(self.known.replace({"Ruth": "another one", "alice": SECRET}))
        self.bob.hears("notice You are no operator of this server any more; /oper ruth proves it again")
        self.alice.hears()
        self.bob.types("/stats")
        self.bob.hears(NOT_ALLOWED)
        self.bob.types("/oper ruth another one", "/oper")
        self.bob.hears(
            "reply You are the operator Ruth now; /help lists what is yours to do",
            "reply You are the operator Ruth",
        )

    def test_who_is_taken_from_the_list_meanwhile_becomes_none(self) -> None:
        for now in ({"alice": SECRET}, {"ruth": "another one"}):
            self.known = KnownOperators({"ruth": RUTH}, Hasher(later := Later()), self.clock)
            self.chat.helm.operators = self.known
            self.alice.types(f"/oper ruth {RUTH}")
            self.known.replace(now)
            later.works()
            self.alice.hears("!!! BAD_LOGIN no operator has this name and password")

    def test_while_the_server_goes_down(self) -> None:
        self.chat.closing = True
        self.alice.types(f"/oper alice {SECRET}")
        self.alice.hears("!!! SHUTTING_DOWN the server is going down")

    def test_a_server_without_operators(self) -> None:
        self.chat = make_chat(self.clock)
        carol = someone(self, "carol")
        carol.types(f"/oper alice {SECRET}")
        carol.hears("!!! BAD_LOGIN no operator has this name and password")
        self.assertFalse(self.chat.helm.operators.is_one("alice"))
        self.assertRaises(BadRequest, self.chat.helm.host.rehash)
        self.chat.helm.host.end()
        self.assertEqual(self.chat.helm.host.figures(), Figures(None, None))


class Rights(OperatorCase):
    rows = tuple(command for command in COMMANDS if command.for_operators)

    def test_there_are_some(self) -> None:
        self.assertEqual(
            [row.name for row in self.rows],
            [
                "announce",
                "kill",
                "stats",
                "rehash",
                "shutdown",
                "defcon",
                "enroll",
                "reset",
                "unregister",
                "netban",
                "netunban",
                "netbans",
                "acts",
            ],
        )

    def test_nobody_else_may(self) -> None:
        for row in self.rows:
            for argument in ("", " alice", " alice long-enough"):
                self.bob.types(f"/{row.name}{argument}")
                self.bob.hears(NOT_ALLOWED)
        self.assertEqual(self.machine.asked, [])
        self.assertFalse(self.alice.listener.closed)

    def test_never_by_a_prefix_nor_in_the_way_of_one(self) -> None:
        self.makes_operator(self.alice)
        for row in self.rows:
            self.assertTrue(row.exact)
            if row.name[:-1] in BY_NAME:  # /netbans
                continue
            self.alice.types(f"/{row.name[:-1]} bob")
            (answer,) = self.alice.takes()
            self.assertTrue(
                answer.startswith(f"!!! UNKNOWN_COMMAND /{row.name[:-1]}: did you mean /{row.name}"), answer
            )
        self.bob.types("/a")
        self.bob.hears("bob is away: ")

    def test_only_they_are_told_of_them(self) -> None:
        self.bob.types("/help", "/rehas")
        listed, unknown = self.bob.takes()
        self.assertNotIn("/rehash", listed + unknown)
        self.makes_operator(self.bob)
        self.bob.types("/help", "/help kill")
        listed, one = self.bob.takes()
        for row in self.rows:
            self.assertIn(f" / {row.usage} ", listed)
        self.assertEqual(one, "reply /kill NICK [WHY]  throws somebody out, with all of his sessions")


class AtWork(OperatorCase):
    def setUp(self) -> None:
        super().setUp()
        self.makes_operator(self.alice)
        self.bob.takes()
        self.logged()

    def test_a_word_to_everybody(self) -> None:
        loner = someone(self, "loner")
        loner.types("/part")
        leaving = someone(self, "leaving")
        loner.takes()
        leaving.session.over = True
        self.alice.types("/announce tea is ready")
        for who in (self.bob, loner):
            self.assertEqual(who.takes()[-1], "notice Announcement: tea is ready")
        leaving.hears()
        self.assertEqual(self.logged(), ["operator 'ruth' ('alice'): '/announce tea is ready'"])

    def test_a_format_in_a_text_is_only_text(self) -> None:
        self.alice.types("/announce {nick}")
        self.assertEqual(self.logged(), ["operator 'ruth' ('alice'): '/announce {nick}'"])

    def test_where_somebody_comes_from(self) -> None:
        self.bob.types("/register long enough")
        gone = someone(self, "bob", account=self.chat.accounts.named("bob"))
        gone.session.over = True
        bot = someone(self, "bob", account=self.chat.accounts.named("bob"), client="bot 1")
        bot.listener.origin = Origin("2001:db8::", False, "2001:db8::7")
        self.clock.advance(90)
        self.bob.takes()
        self.bob.types("/whois bob")
        self.assertNotIn("session", self.bob.takes()[0])
        self.alice.takes()
        self.alice.types("/whois bob")
        self.assertTrue(
            self.alice.takes()[0].endswith(
                " / session 1  since 2026-11-18 12:00 UTC  from a UNIX socket  idle 0s"
                " / session 2  since 2026-11-18 12:00 UTC  from 2001:db8::7  idle 1m 30s  bot 1"
            )
        )

    def test_throwing_somebody_out(self) -> None:
        self.bob.types("/register long enough")
        other = someone(self, "bob", account=self.chat.accounts.named("bob"))
        gone = someone(self, "bob", account=self.chat.accounts.named("bob"))
        gone.session.over = True
        self.alice.takes()
        self.alice.types("/kill BOB too loud")
        for who in (self.bob, other):
            self.assertIn("!!! KILLED an operator of the server ended this connection: too loud", who.takes())
            self.assertTrue(who.listener.closed)
        self.alice.hears(
            "[#lobby] bob left killed by an operator: too loud", "reply bob was thrown out; sessions ended: 2"
        )
        self.assertEqual(self.logged(), ["operator 'ruth' ('alice'): '/kill bob too loud'"])

    def test_with_his_resume_secret_too(self) -> None:
        bob = arrives(self, "robert")
        bob.types("/register long enough")
        self.alice.types("/kill robert")
        self.assertRaises(NameTaken, self.chat.enter, Listener(), "robert", resume=bob.secret())

    def test_without_a_reason(self) -> None:
        self.alice.types("/kill bob")
        self.bob.hears("!!! KILLED an operator of the server ended this connection")
        self.assertEqual(self.alice.takes()[0], "[#lobby] bob left killed by an operator")

    def test_nobody_and_oneself(self) -> None:
        self.alice.types("/kill alice", "/kill nobody")
        self.alice.hears("!!! NOT_ALLOWED that is you; /quit leaves", "!!! NO_SUCH_NICK nobody here is called nobody")

    def test_how_it_is(self) -> None:
        self.bob.types("one", "two")
        self.clock.advance(3661)
        self.alice.takes()
        self.alice.types("/stats")
        self.alice.hears(
            "reply up 1h 1m, since 2026-11-18 12:00 UTC / people: 2, sessions: 2, rooms: 1 / "
            "messages since the start: 2, last number: #2 / on the way to the log: 0 / "
            "memory: 50.0 MiB, open descriptors: 1,234 / brake: 0, everybody may come in and talk"
        )
        self.machine.known = Figures(None, None)
        self.alice.types("/stats")
        self.assertIn("memory: unknown, open descriptors: unknown", self.alice.takes()[0])

    def test_reading_the_configuration_anew(self) -> None:
        self.alice.types("/rehash")
        self.alice.hears("reply changed: motd")
        self.machine.wrong = "chat.toml: nonsense"
        self.alice.types("/rehash")
        self.alice.hears("!!! BAD_REQUEST chat.toml: nonsense")
        self.assertEqual(self.logged(), ["operator 'ruth' ('alice'): '/rehash'"] * 2)


class Ending(OperatorCase):
    def setUp(self) -> None:
        super().setUp()
        self.makes_operator(self.alice)
        self.bob.takes()

    def passes(self, seconds: float) -> None:
        for _second in range(int(seconds)):
            self.clock.advance(1)
        self.turn()

    def test_a_countdown(self) -> None:
        self.alice.types("/shutdown 2m new disk")
        self.alice.hears("notice The server goes down in 2m: new disk", "reply /shutdown off takes it back")
        self.bob.takes()
        self.passes(119)
        self.bob.hears(*(f"notice The server goes down in {left}: new disk" for left in ("1m", "30s", "10s")))
        self.assertEqual(self.machine.asked, [])
        self.passes(2)
        self.assertEqual(self.machine.asked, ["end"])
        self.assertFalse(self.chat.helm.is_ending)

    def test_a_minute_unless_told(self) -> None:
        self.alice.types("/shutdown the disk is full")
        self.bob.hears("notice The server goes down in 1m: the disk is full")
        self.alice.types("/shutdown 1s")
        self.bob.hears("notice The server goes down in 1s")
        self.passes(1)
        self.assertEqual(self.machine.asked, ["end"])
        self.passes(60)
        self.assertEqual(self.machine.asked, ["end"])

    def test_taken_back(self) -> None:
        self.alice.types("/shutdown 90s")
        self.bob.takes()
        self.alice.types("/shutdown OFF")
        self.bob.hears("notice The server does not go down after all")
        self.passes(100)
        self.assertEqual(self.machine.asked, [])
        self.alice.takes()
        self.alice.types("/shutdown off", "/shutdown 8d")
        self.alice.hears("!!! BAD_REQUEST no end is planned", "!!! BAD_REQUEST the end is at most 7d away")

    def test_who_only_looks_changes_nothing(self) -> None:
        self.alice.types("/shutdown 1h new disk")
        self.passes(60)
        self.alice.takes()
        self.alice.types("/shutdown")
        self.alice.hears("reply The server goes down in 59m: new disk; /shutdown off takes it back")
        self.alice.types("/stats")
        self.assertEqual(self.alice.takes()[0].split(" / ")[-1], "The server goes down in 59m: new disk")
        self.alice.types("/shutdown cancel", "/shutdown")
        self.assertEqual(self.alice.takes()[:2], ["notice The server does not go down after all",
                                                  "notice The server goes down in 1m"])  # fmt: skip

    def test_at_once(self) -> None:
        self.alice.types("/shutdown now disk")
        self.bob.hears("notice The server goes down now: disk")
        self.assertEqual((self.machine.asked, self.chat.helm.is_ending), (["end"], False))
        self.assertEqual(self.logged()[-1], "operator 'ruth' ('alice'): '/shutdown now disk'")

    def test_a_span_that_is_none(self) -> None:
        self.alice.types("/shutdown 2x")
        self.alice.hears(
            "!!! BAD_REQUEST 2x is no span of time: 90s, 45m, 2h, 3d and 4w are; a reason begins otherwise"
        )
        self.assertFalse(self.chat.helm.is_ending)

    def test_an_end_by_other_means_leaves_no_timer(self) -> None:
        self.alice.types("/shutdown 5m")
        self.successResultOf(self.chat.close("over"))
        self.turn()
        self.assertEqual([call for call in self.clock.getDelayedCalls() if call.getTime() > 1], [])

    def test_what_is_logged(self) -> None:
        self.logged()
        self.alice.types("/shutdown 2m a {b}", "/shutdown off")
        self.assertEqual(
            self.logged(),
            ["operator 'ruth' ('alice'): '/shutdown 2m a {b}'", "operator 'ruth' ('alice'): '/shutdown off'"],
        )


class Braking(OperatorCase):
    GUESTS = "for the moment, no new guests are let in"
    ACCOUNTS = "for the moment, only who has an account may come in or talk"
    OPERATORS = "for the moment, only operators of the server may come in or talk"

    def setUp(self) -> None:
        super().setUp()
        self.makes_operator(self.alice)
        self.carol = someone(self, "carol")
        self.carol.types("/register long enough")
        self.ruth = someone(self, "ruth")
        self.ruth.types(f"/oper ruth {RUTH}", "/register long enough", "/quit")
        self.dave = someone(self, "dave")
        self.dave.types("/register long enough", "/quit")
        self.turn()
        self.everybody = (self.alice, self.bob, self.carol)
        for who in self.everybody:
            who.takes()

    def brakes(self, level: int) -> None:
        self.alice.types(f"/defcon {level}")
        for who in self.everybody:
            who.takes()

    def account(self, name: str) -> Any:
        return self.chat.accounts.named(name)

    def refused(self, nick: str, why: str, **more: Any) -> None:
        rooms = len(self.chat.rooms)
        with self.assertRaises(NotAllowed) as caught:
            self.chat.enter(Listener(), nick, home="#elsewhere", **more)
        self.assertEqual(str(caught.exception), why)
        self.assertEqual(len(self.chat.rooms), rooms)

    def silenced(self, who: Someone, why: str) -> None:
        for line in ("hi", "/me waves", "/msg alice hi", "/topic x", "/away tea", "/nick other"):
            who.types(line)
            who.hears(f"!!! NOT_ALLOWED {why}")
        self.assertIsNone(self.chat.names.holder("other"))
        who.types("/invite alice")
        who.hears(f"!!! NOT_ALLOWED {why}")
        self.alice.hears()

    def test_an_edit_is_answered_too(self) -> None:
        self.bob.types("helo")
        (said,) = self.bob.listener.events()
        self.brakes(2)
        self.bob.session.edit(said.seq, "hello", "e-1")
        self.turn()
        ((told, *_more),) = self.bob.listener.heard
        self.assertEqual((type(told.error), told.client_id), (NotAllowed, "e-1"))
        self.assertEqual(str(told.error), "for the moment, only who has an account may come in or talk")
        self.bob.takes()
        self.bob.session.delete(said.seq)
        self.turn()
        self.bob.hears("[#lobby] bob deleted None")

    def test_everybody_is_told_and_it_is_logged(self) -> None:
        self.logged()
        self.alice.types("/defcon 2")
        self.bob.hears("notice From now on only who has an account may come in or talk")
        self.alice.takes()
        self.alice.types("/defcon")
        self.alice.hears("reply 2: only who has an account may come in or talk")
        self.alice.types("/defcon 4")
        self.assertIn("!!! BAD_REQUEST the brake has 0 (off)", self.alice.takes()[0])
        self.assertEqual(self.logged(), ["operator 'ruth' ('alice'): '/defcon 2'"])

    def test_no_new_guests(self) -> None:
        secret = arrives(self, "erin").secret()
        self.brakes(1)
        self.refused("eve", self.GUESTS)
        someone(self, "erin", resume=secret)  # she is here
        someone(self, "dave", account=self.account("dave"))
        self.alice.takes()
        self.bob.types("hi")
        self.alice.hears("[#lobby] bob: hi")
        self.assertRaises(NameTaken, self.chat.enter, Listener(), "dave")  # to be asked for the password
        self.brakes(0)
        someone(self, "eve")

    def test_a_guest_who_left_is_a_new_one(self) -> None:
        erin = arrives(self, "erin")
        secret = erin.secret()
        erin.types("/quit")
        self.brakes(1)
        self.refused("erin", self.GUESTS, resume=secret)

    def test_nobody_logs_out_into_the_street(self) -> None:
        self.brakes(1)
        self.carol.types("/logout")
        self.carol.hears(f"!!! NOT_ALLOWED {self.GUESTS}")

    def test_nobody_gets_around_it_by_registering(self) -> None:
        self.brakes(2)
        self.bob.types("/register long enough")
        self.bob.hears(f"!!! NOT_ALLOWED {self.ACCOUNTS}")
        self.assertIsNone(self.account("bob"))

    def test_who_is_here_under_another_nickname_comes_in_again(self) -> None:
        self.carol.types("/nick carola")
        self.brakes(3)
        beside = someone(self, "carol", account=self.account("carol"))
        self.assertEqual(beside.session.person.next_name.text, "carola")

    def test_who_has_an_account(self) -> None:
        self.brakes(2)
        self.refused("eve", self.ACCOUNTS)
        self.silenced(self.bob, self.ACCOUNTS)
        self.carol.types("hi", "/nick carola")
        self.alice.hears("[#lobby] carol: hi", "carol is carola now")
        self.bob.takes()
        self.bob.types("/back", "/login dave long enough")
        self.turn()
        now = Someone(self, self.bob.listener.session, self.bob.listener)
        self.alice.takes()
        now.types("hi")
        self.alice.hears("[#lobby] dave: hi")

    def test_reasons_are_words_too(self) -> None:
        self.carol.types("/create #mine")
        for who in (self.alice, self.bob):
            who.types("/join #mine")
        self.brakes(3)
        self.carol.types("/kick bob buy this", "/part #mine and that", "/quit and more")
        self.assertEqual(
            [line for line in self.alice.takes() if "carol" in line],
            ["[#mine] bob left kicked by carol", "[#mine] carol left", "[#lobby] carol left"],
        )

    def test_only_operators(self) -> None:
        self.brakes(3)
        self.refused("eve", self.OPERATORS)
        self.refused("dave", self.OPERATORS, account=self.account("dave"))
        self.silenced(self.carol, self.OPERATORS)
        self.silenced(self.bob, self.OPERATORS)
        self.bob.types("/login dave long enough")
        self.bob.hears(f"!!! NOT_ALLOWED {self.OPERATORS}")
        self.assertFalse(self.bob.listener.closed)
        self.bob.types("/login carol long enough")  # who is here
        self.assertEqual(self.bob.takes()[0], "reply You are carol now")
        ruth = someone(self, "ruth", account=self.account("ruth"))
        self.alice.takes()
        self.silenced(ruth, self.OPERATORS)
        ruth.types(f"/oper ruth {RUTH}", "hi")
        self.turn()
        ruth.types("hi")
        self.assertEqual(self.alice.takes()[-1], "[#lobby] ruth: hi")


class OperatorsNames(OperatorCase):
    """An account of an operator's name is let in when only operators are."""

    WHY = "!!! NOT_ALLOWED ruth is the name of an operator of the server; /oper ruth comes before that"

    def test_nobody_else_registers_it(self) -> None:
        ruth = someone(self, "ruth")
        ruth.types("/register long enough")
        ruth.hears(self.WHY)
        self.assertIsNone(self.chat.accounts.named("ruth"))
        ruth.types(f"/oper ruth {RUTH}", "/register long enough")
        self.assertIsNotNone(self.chat.accounts.named("ruth"))

    def test_operators_may_for_others(self) -> None:
        self.makes_operator(self.bob)
        self.bob.types("/enroll alice long-enough")
        self.assertIn("NICK_IN_USE", self.bob.takes()[-1])
        self.alice.types("/quit")
        self.bob.types("/enroll alice long-enough")
        self.assertIn("reply alice has an account now", self.bob.takes()[-1])


class Enrolling(OperatorCase):
    def setUp(self) -> None:
        super().setUp()
        self.makes_operator(self.alice)
        self.logged()
        self.bob.takes()

    def test_an_account_for_somebody_else(self) -> None:
        self.chat.registration = Registration.OPERATOR
        self.bob.types("/register long enough")
        self.assertIn("NOT_ALLOWED", self.bob.takes()[0])
        self.alice.types("/enroll dave pass word")
        self.alice.hears("reply dave has an account now; /login dave PASSWORD opens it")
        self.assertRaises(NameTaken, self.chat.enter, Listener(), "dave")
        self.bob.types("/login dave pass word")
        self.assertEqual(self.bob.takes()[0], "reply You are dave now")
        self.assertEqual(self.logged(), ["operator 'ruth' ('alice'): '/enroll dave'"])

    def test_nobody_comes_in_under_it_meanwhile(self) -> None:
        threads = Later()
        self.chat = make_chat(self.clock, operators=self.known, accounts=make_accounts(self.clock, threads=threads))
        self.alice, self.bob = someone(self, "alice"), someone(self, "bob")
        self.makes_operator(self.alice)
        self.alice.types("/enroll dave long-enough")
        self.assertRaises(NickInUse, self.chat.enter, Listener(), "dave")
        self.bob.types("/nick dave")
        self.assertIn("NICK_IN_USE", self.bob.takes()[-1])
        threads.works()
        self.assertRaises(NameTaken, self.chat.enter, Listener(), "dave")

    def test_what_can_not_be(self) -> None:
        self.alice.types("/enroll larry pass word")
        self.alice.takes()
        self.logged()
        for line, why in {
            "/enroll erin": "NEED_TEXT that needs more: /enroll NAME PASSWORD",
            "/enroll erin short": "BAD_PASSWORD a password has at least 8 characters",
            "/enroll b@d long-enough": "BAD_NICK",
            "/enroll larry long-enough": "NAME_TAKEN larry is registered",
            "/enroll Iarry long-enough": "NICK_CONFUSABLE Iarry looks too much like larry",
            "/enroll bob long-enough": "NICK_IN_USE bob is taken",
        }.items():
            self.alice.types(line)
            self.assertIn(f"!!! {why}", self.alice.takes()[0])
        self.assertEqual(self.logged(), [])
        self.chat.registration = Registration.CLOSED
        self.alice.types("/enroll erin long-enough")
        self.alice.hears("!!! NOT_ALLOWED nobody can register here: --registration closed")
        self.alice.listener.origin = Origin("192.0.2.1", secure=False)
        self.alice.types("/enroll erin long-enough")
        self.assertIn("PLAINTEXT_REFUSED", self.alice.takes()[0])


class NoticesOnly(OperatorCase):
    def test_who_is_not_welcomed_yet_is_told_nothing_before_the_welcome(self) -> None:
        self.makes_operator(self.alice)
        listener = Listener()
        session = self.chat.enter(listener, "late")
        self.alice.session.typed("/announce x")
        session.welcomed = False
        self.turn()
        self.assertEqual(len(listener.told(Notice)), 1)
