"""What operators do about accounts: another password, and the end of one."""

from __future__ import annotations

from tests.core.doubles import Someone, arrives, someone
from tests.core.test_operators import RUTH, OperatorCase
from tests.helpers import Later, Listener
from twisted_chat.accounts.passwords import Hasher
from twisted_chat.boundaries import Origin
from twisted_chat.core.errors import NameTaken
from twisted_chat.core.told import Welcome

PASSWORD = "long enough"
RESET = "!!! KILLED an operator of the server ended this connection: the password of bob was changed"
ENDED = "!!! KILLED an operator of the server ended this connection: the account bob has ended"


class CareCase(OperatorCase):
    def setUp(self) -> None:
        super().setUp()
        self.makes_operator(self.alice)
        self.bob.types(f"/register {PASSWORD}")
        self.alice.takes()
        self.bob.takes()
        self.logged()

    def other(self, **more: object) -> Someone:
        """One more session of bob's account."""
        return arrives(self, "bob", account=self.chat.accounts.named("bob"), **more)


class Resetting(CareCase):
    def test_it_holds_at_once_and_all_that_was_proved_before_is_void(self) -> None:
        other = self.other()
        secret = other.secret()
        self.alice.types("/reset BOB another one")
        for who in (self.bob, other):
            self.assertIn(RESET, who.takes())
            self.assertTrue(who.listener.closed)
        self.alice.hears(
            "reply bob has another password now; sessions ended: 2", "[#lobby] bob left killed by an operator"
        )
        self.assertRaises(NameTaken, self.enter, "bob", resume=secret)
        carol = someone(self, "carol")
        carol.types(f"/login bob {PASSWORD}")
        carol.hears("!!! BAD_LOGIN no account has this name and password")
        carol.types("/login bob another one")
        self.assertEqual(carol.takes()[0], "reply You are bob now")
        self.assertEqual(self.logged(), ["operator 'ruth' ('alice'): '/reset bob'"])
        self.alice.takes()
        self.alice.types("/acts 1")
        self.assertIn("reset bob", self.alice.takes()[0])

    def test_asked_for_twice(self) -> None:
        self.alice.listener.can_be_asked = True
        self.alice.types("/reset bob")
        self.assertIn("Your next line is a new password for bob", self.alice.takes()[0])
        self.alice.answers("another one", "another two")
        self.assertIn("!!! BAD_PASSWORD the two are not the same; nothing was changed", self.alice.takes())
        self.alice.types("/reset bob")
        self.alice.answers("another one", "another one")
        self.assertIn("reply bob has another password now; sessions ended: 1", self.alice.takes())

    def test_of_ones_own_account(self) -> None:
        self.bob.types(f"/oper ruth {RUTH}")
        other = self.other()
        self.bob.takes()
        self.bob.types("/reset bob another one")
        _welcome, said = self.bob.takes()
        self.assertEqual(said, "reply bob has another password now; sessions ended: 1")
        self.assertIn(RESET, other.takes())
        self.assertFalse(self.bob.listener.closed)

    def test_the_new_secret_of_ones_own_session_holds(self) -> None:
        self.bob.types(f"/oper ruth {RUTH}", "/reset bob another one")
        resume = self.bob.listener.told(Welcome)[-1].resume
        session, _listener = self.enter("bob", resume=resume)
        self.assertEqual(session.person, self.bob.session.person)

    def test_what_can_not_be(self) -> None:
        for line, why in {
            "/reset bob": "NEED_TEXT that needs more: /reset NAME PASSWORD",
            "/reset bob short": "BAD_PASSWORD a password has at least 8 characters",
            "/reset nobody long-enough": "BAD_REQUEST there is no account nobody",
        }.items():
            self.alice.types(line)
            self.alice.hears(f"!!! {why}")
        self.alice.listener.origin = Origin("192.0.2.1", secure=False)
        self.alice.types("/reset bob long-enough")
        self.assertIn("PLAINTEXT_REFUSED", self.alice.takes()[0])
        self.assertEqual(self.logged(), [])
        self.assertFalse(self.bob.listener.closed)

    def test_who_is_no_operator_any_more_when_it_is_answered(self) -> None:
        self.alice.listener.can_be_asked = True
        self.alice.types("/reset bob")
        self.alice.session.operator = ""
        self.alice.takes()
        self.alice.answers("another one", "another one")
        self.assertIn("NOT_ALLOWED", self.alice.takes()[-1])

    def test_a_slip_does_not_publish_it(self) -> None:
        self.alice.types(" /reset bob long-enough")
        self.assertIn("NOT_ALLOWED", self.alice.takes()[0])


class Ending(CareCase):
    def test_its_name_is_free_and_who_it_was_is_gone(self) -> None:
        other = self.other()
        secret, person = other.secret(), other.session.person.id
        self.alice.types("/unregister Bob")
        for who in (self.bob, other):
            self.assertIn(ENDED, who.takes())
            self.assertTrue(who.listener.closed)
        self.assertIn("reply bob is no account any more; sessions ended: 2", self.alice.takes())
        again = arrives(self, "bob", resume=secret)
        self.assertNotEqual(again.session.person.id, person)
        again.types("/register something else")
        self.assertIn("reply bob is yours now; /login bob PASSWORD proves it from anywhere", again.takes())
        self.assertEqual(self.logged(), ["operator 'ruth' ('alice'): '/unregister bob'"])

    def test_a_secret_from_before_there_was_the_account_is_void_too(self) -> None:
        guest = arrives(self, "carol")
        secret, person = guest.secret(), guest.session.person.id
        guest.types(f"/register {PASSWORD}")
        self.alice.types("/unregister carol")
        self.assertNotEqual(arrives(self, "carol", resume=secret).session.person.id, person)

    def test_his_rooms_stay_with_their_operators(self) -> None:
        carol = someone(self, "carol")
        carol.types(f"/register {PASSWORD}")
        self.bob.types("/create #garden")
        carol.types("/join #garden")
        self.bob.types("/op carol")
        self.alice.types("/unregister bob")
        carol.takes()
        carol.types("/set")
        self.assertIn("#garden is registered, and has no founder any more / operators: carol", carol.takes()[0])
        dave = someone(self, "bob")
        dave.types(f"/register {PASSWORD}", "/join #garden")
        dave.takes()
        dave.types("/drop #garden", "/kick carol", "/create #garden")
        self.assertEqual([each[:15] for each in dave.takes()], ["!!! NOT_ALLOWED"] * 3)
        carol.types("/topic ours")
        self.assertIn("[#garden] carol topic ours", dave.takes())
        self.alice.takes()
        self.alice.types("/join #garden", "/op bob")
        self.assertIn("reply bob is an operator of #garden now", self.alice.takes())

    def test_who_is_just_becoming_it(self) -> None:
        self.bob.types("/quit")
        late = someone(self, "late")
        self.alice.takes()
        late.session.typed(f"/login bob {PASSWORD}")
        self.alice.session.typed("/unregister bob")
        self.turn()
        self.turn()
        self.assertIn(ENDED, late.takes())
        self.assertTrue(late.listener.closed)
        self.assertIn("reply bob is no account any more; sessions ended: 1", self.alice.takes())

    def test_who_is_still_proving_it(self) -> None:
        accounts = self.chat.accounts
        accounts._hasher = Hasher(later := Later())  # type: ignore[attr-defined]
        late = someone(self, "late")
        late.types(f"/login bob {PASSWORD}")
        self.alice.types("/unregister bob")
        later.works()
        self.turn()
        late.hears("[#lobby] bob left killed by an operator", "!!! BAD_LOGIN no account has this name and password")
        self.assertIsNone(accounts.named("bob"))

    def test_where_nobody_is_in(self) -> None:
        self.bob.types("/quit")
        self.alice.takes()
        self.alice.types("/unregister bob")
        self.alice.hears("reply bob is no account any more; sessions ended: 0")

    def test_what_can_not_be(self) -> None:
        self.alice.types(f"/register {PASSWORD}")
        self.alice.takes()
        self.alice.types("/unregister alice", "/unregister nobody", "/unregister")
        self.alice.hears(
            "!!! NOT_ALLOWED that is you; /logout first",
            "!!! BAD_REQUEST there is no account nobody",
            "!!! NEED_TEXT that needs more: /unregister NAME",
        )
        self.assertEqual(self.logged(), [])

    def test_an_operator_who_is_gone_meanwhile_has_done_it(self) -> None:
        accounts = self.chat.accounts
        accounts._hasher = Hasher(later := Later())  # type: ignore[attr-defined]
        self.alice.types("/enroll dave long-enough")
        self.alice.session.lost()
        later.works()
        self.turn()
        self.assertEqual(self.logged(), ["operator 'ruth' ('alice'): '/enroll dave'"])
        self.assertRaises(NameTaken, self.chat.enter, Listener(), "dave")
