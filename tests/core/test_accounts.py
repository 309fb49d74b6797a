"""Accounts in the chat: a name that stays its owner's, one person in several places, and no ghosts."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred

from tests.core.doubles import Someone, arrives, someone
from tests.helpers import CoreCase, Later, Listener, make_accounts, make_chat
from twisted_chat.boundaries import Account, Origin
from twisted_chat.core import chat
from twisted_chat.core.chat import Registration
from twisted_chat.core.entering import MAX_SESSIONS, SILENT
from twisted_chat.core.errors import NameTaken, NickConfusable, NickInUse, PlaintextRefused, TooManySessions
from twisted_chat.core.limits import Limits
from twisted_chat.core.names import parse_nick, similar
from twisted_chat.core.people import Person
from twisted_chat.core.told import Failure, Welcome

SESAME = "open sesame"


class AccountCase(CoreCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice = someone(self, "alice")
        self.bob = someone(self, "bob")
        self.alice.takes()

    def is_registered(self) -> None:
        self.alice.types(f"/register {SESAME}")
        self.alice.takes()

    def logs_in(self, who: Someone, nick: str = "alice", password: str = SESAME) -> Someone:
        """The one who `who` is from now on."""
        who.types(f"/login {nick} {password}")
        self.turn()
        return Someone(self, who.listener.session or who.session, who.listener)

    def again(self, nick: str = "alice", **more: Any) -> Someone:
        """Another session, with the account's password."""
        account = self.chat.accounts.named("alice")
        return someone(self, nick, account=account, **more)


class Registering(AccountCase):
    def test_only_a_program_is_given_a_new_secret(self) -> None:
        self.alice.listener.lists_people = False
        self.alice.types(f"/register {SESAME}")
        self.alice.hears("reply alice is yours now; /login alice PASSWORD proves it from anywhere")

    def test_the_nickname_stays_its_owners(self) -> None:
        self.alice.types(f"/register {SESAME}")
        self.alice.hears(
            "welcome alice: #lobby", "reply alice is yours now; /login alice PASSWORD proves it from anywhere"
        )
        self.alice.types("/quit")
        for nick in ("alice", "ALICE"):
            self.assertRaises(NameTaken, self.chat.enter, Listener(), nick)
        with self.assertRaises(NickConfusable):
            self.chat.enter(Listener(), "aIice")
        self.bob.takes()
        self.bob.types("/nick alice")
        self.bob.hears("!!! NAME_TAKEN alice is registered; /login alice makes it yours, if you know its password")

    def test_what_was_said_before_is_the_accounts(self) -> None:
        self.alice.types("hi")
        person = self.alice.session.person.id
        self.is_registered()
        self.assertEqual(self.chat.accounts.named("alice").id, person)
        self.assertEqual(self.again().session.person, self.alice.session.person)

    def test_twice(self) -> None:
        self.is_registered()
        self.alice.types(f"/register {SESAME}")
        self.alice.hears("!!! NOT_ALLOWED you are registered as alice already")

    def test_a_short_password(self) -> None:
        self.alice.types("/register seven77")
        self.alice.hears("!!! BAD_PASSWORD a password has at least 8 characters")
        self.assertIsNone(self.chat.accounts.named("alice"))

    def test_without_a_password(self) -> None:
        self.alice.types("/register", "/login alice", "/password old")
        self.assertEqual([each[:14] for each in self.alice.takes()], ["!!! NEED_TEXT "] * 3)

    def test_where_somebody_may_read_along(self) -> None:
        self.alice.listener.origin = Origin("192.0.2.1", secure=False)
        for line in (f"/register {SESAME}", f"/login alice {SESAME}", "/password a b"):
            self.alice.types(line)
            self.alice.hears("!!! PLAINTEXT_REFUSED a password may not cross the net in clear: come by TLS")

    def test_closed(self) -> None:
        for registration, why in (
            (Registration.OPERATOR, "nobody can register here by himself; ask an operator of the server"),
            (Registration.CLOSED, "nobody can register here"),
        ):
            self.chat.registration = registration
            self.alice.types(f"/register {SESAME}")
            self.alice.hears(f"!!! NOT_ALLOWED {why}")

    def test_as_one_logs_in(self) -> None:
        for name in ("alice", "ALICE"):
            self.alice.types(f"/register {name} {SESAME}")
            self.alice.hears(
                "!!! BAD_REQUEST that is /register PASSWORD, without the name; /register alone asks for the password"
            )
        self.assertIsNone(self.chat.accounts.named("alice"))
        self.alice.types("/register alices secret")
        self.assertIsNotNone(self.chat.accounts.named("alice"))

    def test_nobody_gets_the_name_while_it_is_registered(self) -> None:
        """Whose it is may be cut off before that."""
        threads = Later()
        self.chat = make_chat(self.clock, accounts=make_accounts(self.clock, threads=threads))
        alice = arrives(self, "alice")
        alice.types(f"/register {SESAME}")
        alice.session.lost()
        self.turn()
        self.assertRaises(NickInUse, self.chat.enter, Listener(), "Alice")
        with self.assertRaises(NickConfusable):
            self.chat.enter(Listener(), "aIice")
        threads.works()
        self.assertRaises(NameTaken, self.chat.enter, Listener(), "alice")
        answer = self.chat.accounts.login("alice", SESAME, "")
        threads.works()
        someone(self, "alice", account=self.successResultOf(answer))

    def test_she_herself_may_come_back_meanwhile(self) -> None:
        threads = Later()
        self.chat = make_chat(self.clock, accounts=make_accounts(self.clock, threads=threads))
        alice = arrives(self, "alice")
        alice.types(f"/register {SESAME}")
        alice.session.lost()
        self.turn()
        back = arrives(self, "alice", resume=alice.secret())
        threads.works()
        self.turn()
        account = self.chat.accounts.named("alice")
        self.assertEqual((back.session.person.account, back.session.person.id), (account, account.id))
        self.assertEqual(len(back.listener.told(Welcome)), 2)  # the second one with a secret that is good
        again = arrives(self, "alice", resume=back.secret())
        self.assertIs(again.session.person, back.session.person)

    def test_it_may_be_shortened_by_nobody(self) -> None:
        self.alice.types(f"/regis {SESAME}")
        self.assertIn("!!! UNKNOWN_COMMAND", self.alice.takes()[0])


class PlaintextAllowed(AccountCase):
    options = {"plaintext_passwords": True}

    def test_it_is_the_administrators_choice(self) -> None:
        self.alice.listener.origin = Origin("192.0.2.1", secure=False)
        self.alice.types(f"/register {SESAME}")
        self.assertIsNotNone(self.chat.accounts.named("alice"))


class LoggingIn(AccountCase):
    def setUp(self) -> None:
        super().setUp()
        self.is_registered()
        self.bob.takes()

    def test_a_guest_goes_on_as_the_account(self) -> None:
        self.alice.types("/quit")
        carol = someone(self, "carol")
        carol.types("/join #dev")
        self.bob.takes()
        carol.takes()
        now = self.logs_in(carol)
        self.assertEqual(now.session.person.id, self.chat.accounts.named("alice").id)
        self.assertEqual(now.takes()[0], "reply You are alice now")
        self.bob.hears("[#lobby] carol left is alice now", "[#lobby] alice joined")
        self.assertEqual({room.name for room in now.session.person.rooms}, {"#lobby", "#dev"})
        self.assertIsNone(self.chat.names.holder("carol"))
        now.types("hi")
        self.bob.hears("[#lobby] alice: hi")
        self.assertEqual(now.listener.paused, 0)

    def test_beside_another_session(self) -> None:
        """One person in the rooms: seen to join once and to leave with the last."""
        now = self.logs_in(someone(self, "carol"))
        self.assertEqual(self.bob.takes()[-1], "[#lobby] carol left is alice now")
        self.assertIs(now.session.person, self.alice.session.person)
        now.types("/quit")
        self.bob.hears()
        self.alice.types("/quit")
        self.bob.hears("[#lobby] alice left")

    def test_nothing_that_was_said_meanwhile_is_missed_or_doubled(self) -> None:
        carol = someone(self, "carol")
        self.bob.session.say("one")
        carol.session.typed(f"/login alice {SESAME}")
        self.bob.session.say("two")
        self.turn()
        self.turn()
        self.bob.session.say("three")
        self.turn()
        now = Someone(self, carol.listener.session, carol.listener)
        self.assertEqual([each for each in now.takes() if "bob: " in each],
                         ["[#lobby] bob: one", "[#lobby] bob: two", "[#lobby] bob: three"])  # fmt: skip

    def test_wrong(self) -> None:
        for line in ("/login alice wrong", "/login nobody wrong", "/login ~ x"):
            self.bob.types(line)
            self.bob.hears("!!! BAD_LOGIN no account has this name and password")

    def test_the_same_again(self) -> None:
        self.alice.types(f"/login ALICE {SESAME}")
        self.alice.hears("reply You are alice already")

    def test_it_never_fails_because_an_old_line_hangs(self) -> None:
        self.alice.stops_reading()
        self.assertIs(self.again().session.person, self.alice.session.person)

    def test_too_many(self) -> None:
        for _session in range(MAX_SESSIONS - 1):
            self.again()
        self.clock.advance(SILENT - 1)
        self.assertRaises(TooManySessions, self.chat.enter, Listener(), "alice",
                          account=self.chat.accounts.named("alice"))  # fmt: skip
        now = self.logs_in(self.bob)
        self.assertIs(now.session, self.bob.session)  # still who he was
        self.assertEqual(self.bob.takes()[-1][:23], "!!! TOO_MANY_SESSIONS t")

    def test_one_of_too_many_is_gone_on_with(self) -> None:
        for _session in range(MAX_SESSIONS - 2):
            self.again()
        last = arrives(self, "alice", account=self.chat.accounts.named("alice"))
        arrives(self, "alice", resume=last.secret())
        self.assertTrue(last.listener.closed)
        self.assertFalse(self.alice.listener.closed)

    def test_the_one_that_was_silent_for_the_longest_gives_way(self) -> None:
        others = [self.again() for _session in range(MAX_SESSIONS - 1)]
        self.clock.advance(SILENT)
        for each in (self.alice, *others[1:]):
            each.session.heard()
        self.logs_in(self.bob)
        self.assertEqual([each.listener.closed for each in (self.alice, *others)].index(True), 1)
        why = "your account is here too often, and this session was silent for the longest; this one ends"
        self.assertIn(f"!!! REPLACED {why}", others[0].takes())
        self.assertFalse(self.bob.listener.closed)
        self.assertEqual(len(self.alice.session.person.sessions), MAX_SESSIONS)

    def test_one_password_at_a_time(self) -> None:
        waiting: list[Deferred[Any]] = []
        self.patch(self.chat.accounts, "login", lambda *_arguments: waiting.append(Deferred()) or waiting[-1])
        self.bob.types("/login alice x", "/login alice y")
        self.bob.hears("!!! BUSY your last password is still being looked at")
        self.bob.types("/quit")
        self.bob.takes()
        waiting[0].callback(self.chat.accounts.named("alice"))
        self.bob.hears()

    def test_one_person_at_a_time(self) -> None:
        """Whose passwords are all right must not keep the others waiting."""
        waiting: list[Deferred[Any]] = []
        self.patch(self.chat.accounts, "login", lambda *_arguments: waiting.append(Deferred()) or waiting[-1])
        other = self.again()
        other.types("/login alice x")
        self.alice.takes()
        self.alice.types("/login alice x")
        self.alice.hears("!!! BUSY your last password is still being looked at")
        self.assertEqual((other.listener.charged, self.alice.listener.charged), (4, 4))  # of a /register
        self.bob.types("/login alice x")
        self.assertEqual(len(waiting), 2)
        self.assertEqual(self.bob.listener.charged, 4)

    def test_a_fault_of_ours(self) -> None:
        failed: Deferred[Any] = Deferred()
        self.patch(self.chat.accounts, "login", lambda *_arguments: failed)
        self.bob.types("/login alice x")
        failed.errback(RuntimeError("a bug"))
        self.bob.hears("!!! STORAGE_UNAVAILABLE the log can't be read now")
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)

    def test_while_the_server_goes_down(self) -> None:
        carol = someone(self, "carol")
        self.chat.closing = True
        carol.types(f"/login alice {SESAME}")
        self.assertTrue(carol.listener.closed)
        self.assertIn("!!! SHUTTING_DOWN the server is going down", carol.takes())


class LoggingOut(AccountCase):
    def setUp(self) -> None:
        super().setUp()
        self.is_registered()

    def test_a_guest_again(self) -> None:
        self.bob.takes()
        self.alice.types("/logout")
        self.turn()
        now = Someone(self, self.alice.listener.session, self.alice.listener)
        self.assertEqual(now.takes()[0], "reply You are not alice any more")
        self.assertEqual((now.session.person.nick, now.session.person.account), ("alice2", None))
        self.bob.hears("[#lobby] alice left logged out", "[#lobby] alice2 joined")

    def test_no_name_is_left(self) -> None:
        holder = Person("x", parse_nick("somebody"), 0)
        for nick in similar("alice"):
            self.chat.names.reserve(parse_nick(nick), self.alice.session.person if nick == "alice" else holder)
        self.alice.types("/logout")
        self.assertEqual(self.alice.takes()[-1], "!!! NICK_IN_USE alice is taken")
        self.assertTrue(self.alice.listener.closed)

    def test_a_guest_can_not(self) -> None:
        self.bob.types("/logout", "/password open-sesame another-one")
        why = "you are a guest; /register makes your nickname yours, /login proves that it is"
        self.bob.hears(f"!!! NOT_ALLOWED {why}", f"!!! NOT_ALLOWED {why}")


class Words(AccountCase):
    """Passwords without blanks, which a typed line can tell apart."""

    def test_another_password(self) -> None:
        self.alice.types("/register open-sesame")
        self.alice.types("/password open-sesame another-one")
        self.assertEqual(self.alice.takes()[-1], "reply Your password is changed")
        self.alice.types("/password another-one\tone with blanks", "/password one with blanks\tanother-one")
        self.assertEqual(self.alice.takes(), ["welcome alice: #lobby", "reply Your password is changed"] * 2)
        self.alice.types("/password wrong-one another-two")
        self.alice.hears("!!! BAD_LOGIN that is not your password; nothing was changed")
        self.alice.types("/password one with blanks another-one")
        self.alice.hears("!!! BAD_REQUEST where one of them has blanks it is not clear which is which; "
                         "/password alone asks for both")  # fmt: skip
        carol = someone(self, "carol")
        carol.types("/login alice open-sesame")
        self.assertEqual(carol.takes()[-1], "!!! BAD_LOGIN no account has this name and password")
        self.assertEqual(self.logs_in(carol, password="another-one").session.person, self.alice.session.person)


class Secrets(AccountCase):
    """A resume secret of an account is as good as its password."""

    def test_those_from_before_are_void(self) -> None:
        dave = arrives(self, "dave")
        before = dave.secret()
        dave.types(f"/register {SESAME}")
        now = dave.secret()
        self.assertRaises(NameTaken, self.chat.enter, Listener(), "dave", resume=before)
        back = arrives(self, "dave", resume=now)
        self.assertIs(back.session.person, dave.session.person)
        back.types("/password open sesame")  # no tab: the first word is the old one, and wrong
        back.types(f"/password {SESAME}\tanother-one")
        self.assertRaises(NameTaken, self.chat.enter, Listener(), "dave", resume=now)
        self.assertIs(arrives(self, "dave", resume=back.secret()).session.person, dave.session.person)

    def test_those_of_who_logged_out(self) -> None:
        self.is_registered()
        account = self.chat.accounts.named("alice")
        first = arrives(self, "alice", account=account)
        second = arrives(self, "alice", resume=first.secret())
        self.alice.takes()
        second.types("/logout")
        self.turn()
        for secret in (first.secret(), second.secret()):
            self.assertRaises(NameTaken, self.chat.enter, Listener(), "alice", resume=secret)
        # Who is in elsewhere is given another one.
        self.assertEqual(self.alice.takes(), ["welcome alice: #lobby", "[#lobby] alice2 joined"])
        self.alice.types("/logout")
        again = arrives(self, "alice", account=account)
        self.assertIs(arrives(self, "alice", resume=again.secret()).session.person.account, account)

    def test_those_of_ghosts(self) -> None:
        self.is_registered()
        ghost = arrives(self, "alice", account=self.chat.accounts.named("alice"))
        self.alice.types("/ghost")
        self.assertRaises(NameTaken, self.chat.enter, Listener(), "alice", resume=ghost.secret())
        arrives(self, "alice", resume=self.alice.secret())

    def test_another_one_does_not_pass_over_what_the_log_still_has(self) -> None:
        self.is_registered()
        self.alice.stops_reading()
        self.bob.types("one", "two")
        self.alice.takes()
        self.again().types("/logout")
        (welcome,) = self.alice.listener.told(Welcome)
        self.assertEqual(welcome.seq, 0)
        self.alice.reads_on()
        self.assertEqual(self.alice.listener.texts(), ["one", "two"])

    def test_not_where_somebody_may_read_along(self) -> None:
        dave = arrives(self, "dave")
        dave.types(f"/register {SESAME}")
        listener = Listener()
        listener.origin = Origin("192.0.2.1", secure=False)
        self.assertRaises(PlaintextRefused, self.chat.enter, listener, "dave", resume=dave.secret())

    def test_a_name_is_not_let_go_while_it_is_registered(self) -> None:
        waiting: list[Deferred[Any]] = []
        self.patch(self.chat.accounts, "register", lambda *_arguments: waiting.append(Deferred()) or waiting[-1])
        self.alice.types(f"/register {SESAME}", "/nick zed")
        self.alice.hears("!!! BUSY your last password is still being looked at")
        self.alice.session.lost()
        self.turn()
        account = Account("1", "alice", "alice")
        waiting[0].callback(account)
        self.assertEqual(self.alice.session.person.account, account)


class GoingOnAsNobody(AccountCase):
    def test_who_is_gone_before_that_leaves_no_ghost(self) -> None:
        self.is_registered()
        self.alice.session.typed("/logout")
        self.alice.session.lost()
        self.turn()
        self.assertEqual([person.nick for person in self.chat.persons.values()], ["bob"])
        self.assertIsNone(self.alice.listener.session)

    def test_a_hush_is_not_shed(self) -> None:
        self.is_registered()
        self.alice.types("/create #club")
        carol = someone(self, "carol")
        carol.types("/join #club")
        self.alice.types("/hush carol 1h", "/set invite-only yes")
        dave = someone(self, "dave")
        dave.types(f"/register {SESAME}", "/quit")
        now = self.logs_in(carol, "dave")
        self.assertEqual([room.name for room in now.session.person.rooms], ["#lobby"])

    def test_an_admission_goes_along(self) -> None:
        self.is_registered()
        self.alice.types("/create #club")
        dave = someone(self, "dave")
        dave.types(f"/register {SESAME}", "/quit")
        carol = someone(self, "carol")
        carol.types("/join #club")
        self.alice.types("/set invite-only yes")
        guest = carol.session.person.id
        now = self.logs_in(carol, "dave")
        admitted = self.chat.rooms["#club"].admitted
        self.assertIn(now.session.person.id, admitted)
        self.assertNotIn(guest, admitted)

    def test_an_operators_right_is_its_sessions(self) -> None:
        self.is_registered()
        self.alice.types("/create #club", "/lock geheim")
        amy = someone(self, "amy")
        amy.types(f"/register {SESAME}", "/join #club geheim")
        other = someone(self, "amy", account=self.chat.accounts.named("amy"))
        amy.session.operator = "ruth"
        other.types("/switch #club", "/set")
        self.assertNotIn("geheim", " ".join(other.takes()))
        amy.types("/set")
        self.assertIn("geheim", " ".join(amy.takes()))


class Sessions(AccountCase):
    def setUp(self) -> None:
        super().setUp()
        self.is_registered()
        self.other = self.again(client="bot 1")
        self.alice.takes()

    def test_they_are_listed(self) -> None:
        self.other.listener.origin = Origin("192.0.2.1", True, "192.0.2.1")
        self.clock.advance(3660)
        self.alice.types("/sessions")
        self.alice.hears(
            "reply 1  since 2026-11-18 12:00 UTC  from a UNIX socket  idle 0s  (this one)"
            " / 2  since 2026-11-18 12:00 UTC  from 192.0.2.1  idle 1h 1m  bot 1"
        )

    def test_a_ghost_ends(self) -> None:
        self.alice.types("/ghost")
        self.assertTrue(self.other.listener.closed)
        self.assertIn("!!! REPLACED another session of yours ended it; this one ends", self.other.takes())
        self.alice.hears("welcome alice: #lobby", "reply Your other sessions end")
        self.alice.types("/ghost")
        self.alice.hears("reply You have no other session")

    def test_where_there_is_no_other(self) -> None:
        self.other.types("/quit")
        for each in (self.alice, self.bob):
            each.takes()
            each.types("/ghost")
            each.hears("reply You have no other session")

    def test_one_by_its_number(self) -> None:
        third = self.again()
        self.alice.types("/ghost 2")
        self.assertTrue(self.other.listener.closed)
        self.assertFalse(third.listener.closed)
        self.alice.takes()
        for number in ("0", "9", "x", "9" * 9):
            self.alice.types(f"/ghost {number}")
            self.alice.hears("!!! BAD_REQUEST that is no number of a session; /sessions lists them")
        self.alice.types("/ghost 1")
        self.alice.hears("!!! NOT_ALLOWED that is this session; /quit ends it")

    def test_a_secret_replaces_its_own_session_only(self) -> None:
        newcomer = arrives(self, "alice", account=self.chat.accounts.named("alice"))
        secret = newcomer.secret()
        back = arrives(self, "alice", resume=secret)
        self.assertTrue(newcomer.listener.closed)
        self.assertFalse(self.alice.listener.closed or self.other.listener.closed)
        self.assertIs(back.session.person, self.alice.session.person)
        self.assertIsNotNone(back.session.person.account)

    def test_a_secret_with_the_password_replaces_its_own_session_only(self) -> None:
        account = self.chat.accounts.named("alice")
        newcomer = arrives(self, "alice", account=account)
        back = arrives(self, "alice", account=account, resume=newcomer.secret())
        self.assertTrue(newcomer.listener.closed)
        self.assertFalse(self.alice.listener.closed or self.other.listener.closed)
        self.assertIs(back.session.person, self.alice.session.person)

    def test_whois(self) -> None:
        self.bob.types("/whois alice")
        self.assertIn("reply alice has the account alice, here since", self.bob.takes()[0])

    def test_coming_back_after_all_left_is_the_account(self) -> None:
        secret = arrives(self, "alice", account=self.chat.accounts.named("alice")).secret()
        for session in tuple(self.alice.session.person.sessions):
            session.lost()
        self.turn()
        back = arrives(self, "alice", resume=secret)
        self.assertEqual(back.session.person.account, self.chat.accounts.named("alice"))
        self.assertEqual(len(back.listener.told(Welcome)), 1)
        self.assertEqual(back.listener.told(Failure), [])


class NoNameLeft(AccountCase):
    def test_who_logs_out_and_finds_no_nickname_has_to_go(self) -> None:
        self.is_registered()
        self.patch(chat, "similar", lambda _nick: iter(()))
        self.alice.types("/logout")
        self.turn()
        self.assertIn("!!! NICK_IN_USE alice is taken", self.alice.takes())
        self.assertTrue(self.alice.listener.closed)


class ManyRooms(AccountCase):
    options = {"limits": Limits(rooms_of_one=3)}

    def test_a_guest_and_an_account_that_are_in_too_many_together(self) -> None:
        self.is_registered()
        self.alice.types("/join #a", "/join #b")
        carol = someone(self, "carol")
        carol.types("/join #c", "/join #d")
        now = self.logs_in(carol)
        self.assertFalse(now.listener.closed)
        self.assertIs(now.session.person, self.alice.session.person)
        self.assertEqual({room.name for room in now.session.person.rooms}, {"#lobby", "#a", "#b"})
        self.assertEqual(now.takes()[-1], "!!! TOO_MANY_ROOMS a person may be in at most 3 rooms")

    def test_where_even_the_lobby_is_one_too_many(self) -> None:
        self.is_registered()
        self.alice.types("/part", "/join #a", "/join #b", "/join #c")
        now = self.logs_in(someone(self, "carol"))
        self.assertFalse(now.listener.closed)
        self.assertEqual({room.name for room in now.session.person.rooms}, {"#a", "#b", "#c"})
