"""A name that an account comes to have while somebody else bears it: its owner gets it."""

from __future__ import annotations

from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse

from tests.core.doubles import Human, Someone, arrives, someone
from tests.helpers import CoreCase, make_accounts, make_chat
from twisted_chat.core import names
from twisted_chat.core.helm import Brake

NOTICE = "notice ruth is registered, and its owner has come; you are ruth2 now"


class GivingUpCase(CoreCase):
    """Others vouch for ruth and larry, who have not been here yet."""

    def setUp(self) -> None:
        super().setUp()
        known = InMemoryUsernamePasswordDatabaseDontUse(ruth=b"secret", larry=b"secret", Iarry=b"secret")
        self.chat = make_chat(self.clock, accounts=make_accounts(self.clock, checkers=[known]), others_vouch=True)
        self.alice = someone(self, "alice")

    def logs_in(self, nick: str = "ruth", who: Someone | None = None) -> Someone:
        who = who or self.alice
        who.types(f"/login {nick} secret")
        self.turn()
        return Someone(self, who.listener.session or who.session, who.listener)

    def called(self, *nicks: str) -> None:
        self.assertEqual({person.nick for person in self.chat.persons.values()}, set(nicks))
        for nick in nicks:
            self.assertEqual(self.chat.person_called(nick).nick, nick)


class GivingUp(GivingUpCase):
    def test_its_owner_gets_it(self) -> None:
        guest = someone(self, "ruth")
        self.logs_in()
        self.called("ruth", "ruth2")
        self.assertEqual(guest.session.person.nick, "ruth2")
        self.assertEqual(guest.takes(), [
            "[#lobby] alice left is ruth now", "ruth is ruth2 now", NOTICE, "[#lobby] ruth joined"])  # fmt: skip
        guest.types("hi")
        self.assertEqual(self.alice.takes()[-1], "[#lobby] ruth2: hi")
        guest.types("/nick ruth")
        self.assertIn("NAME_TAKEN", guest.takes()[-1])

    def test_by_the_password_at_the_door(self) -> None:
        guest = someone(self, "Ruth")
        account = self.successResultOf(self.chat.accounts.login("ruth", "secret", ""))
        someone(self, "ruth", account=account)
        self.assertEqual(guest.session.person.nick, "Ruth2")
        self.called("alice", "ruth", "Ruth2")

    def test_what_looks_like_it(self) -> None:
        guest = someone(self, "Iarry")
        self.logs_in("larry")
        self.called("larry", "Iarry2")
        self.assertEqual(guest.session.person.nick, "Iarry2")

    def test_from_an_account_called_so(self) -> None:
        self.alice.types("/register longenough", "/nick ruth")
        self.logs_in(who=someone(self, "bob"))
        self.called("ruth", "ruth2")

    def test_from_who_is_called_otherwise_in_the_same_turn(self) -> None:
        guest = someone(self, "ruth")
        guest.session.typed("/nick robin")
        self.logs_in()
        self.called("ruth", "robin")

    def test_from_who_leaves_in_the_same_turn(self) -> None:
        guest = someone(self, "ruth")
        guest.session.typed("/quit")
        account = self.successResultOf(self.chat.accounts.login("ruth", "secret", ""))
        someone(self, "ruth", account=account)
        self.called("alice", "ruth")

    def test_the_brake_does_not_help_who_bears_it(self) -> None:
        someone(self, "ruth")
        self.chat.helm.brake = Brake.REGISTERED
        self.logs_in()
        self.called("ruth", "ruth2")

    def test_who_ignores_the_new_name_hears_nothing(self) -> None:
        guest = someone(self, "ruth")
        bob = someone(self, "bob")
        bob.types("/ignore ruth2")
        self.logs_in()
        bob.takes()
        guest.types("hi")
        bob.hears()

    def test_who_owns_a_name_that_looks_alike_keeps_it(self) -> None:
        self.logs_in("Iarry")
        bob = self.logs_in("larry", someone(self, "bob"))
        self.assertIn("NICK_CONFUSABLE", bob.takes()[-1])
        self.called("Iarry")
        self.chat.person_called("Iarry").sessions.copy().popitem()[0].depart()
        self.turn()
        self.logs_in("larry", someone(self, "bob"))
        self.called("larry")

    def test_no_other_name_is_left(self) -> None:
        self.patch(names, "SIMILAR", 2)
        guest = someone(self, "ruth")
        self.logs_in()
        self.assertIn("NICK_IN_USE", self.alice.takes()[-1])
        self.assertEqual(guest.session.person.nick, "ruth")

    def test_by_himself(self) -> None:
        """The first time nobody knows yet that the name has a password: he comes in as a guest, and logs in."""
        bob = someone(self, "bob")
        human = arrives(self, "ruth", Human())
        human.hears(
            "welcome ruth: #lobby",
            "history of #lobby:",
            "notice You are a guest; if ruth has a password here, /login ruth PASSWORD proves that it is yours",
        )
        bob.takes()
        now = self.logs_in(who=human)
        self.called("alice", "bob", "ruth")
        self.assertEqual(now.takes()[0], "reply You are ruth now")
        bob.hears("[#lobby] ruth left is ruth now", "[#lobby] ruth joined")
        now.types("/password secret another-one")
        now.hears("!!! NOT_ALLOWED your password is not kept here; it is changed where it comes from")
        self.alice.session.operator = "root"
        self.alice.types("/reset ruth another-one")
        self.assertEqual(
            self.alice.takes()[-1], "!!! NOT_ALLOWED the password of ruth is kept elsewhere; it is changed there"
        )
        now.types("/logout")
        self.turn()
        guest = Someone(self, now.listener.session, now.listener)
        self.assertNotIn("You are a guest", " ".join(guest.takes()))

    def test_nobody_else_is_told(self) -> None:
        back = arrives(self, "alice", Human(), resume=self.chat.secret_of(self.alice.session))
        self.assertNotIn("You are a guest", " ".join(back.takes()))
        account = self.successResultOf(self.chat.accounts.login("ruth", "secret", ""))
        self.assertNotIn("You are a guest", " ".join(arrives(self, "ruth", Human(), account=account).takes()))
