"""Who is put out while he is becoming somebody else: whoever that is then is hit."""

from __future__ import annotations

from tests.core.doubles import SlowCase, Someone, someone
from tests.core.keeping_case import KeeperCase, NoHash
from twisted_chat.boundaries import Origin
from twisted_chat.core.told import Failure

OUT = "reply bob is out of #dev; nothing keeps him from coming back but a /ban"


class BecomingCase(KeeperCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice.session.operator = "root"

    def meanwhile(self, line: str, login: str = "/login bob longenough", who: Someone | None = None) -> list[str]:
        """What alice is answered who types `line` in the turn in which eve, or `who`, becomes somebody else."""
        self.alice.takes()
        (who or self.eve).session.typed(login)
        self.alice.session.typed(line)
        self.turn()
        self.turn()
        self.assertEqual(self.chat.becoming, {})
        return [each for each in self.alice.takes() if each.startswith(("reply", "!!!"))]

    def bob_is_away(self) -> None:
        self.bob.types("/quit")


class Killing(BecomingCase):
    def test_by_either_name(self) -> None:
        for nick in ("eve", "EVE", "bob"):
            self.setUp()
            self.bob_is_away()
            self.assertEqual(self.meanwhile(f"/kill {nick} so"), ["reply bob was thrown out; sessions ended: 1"], nick)
            self.assertEqual(self.members(), {"alice", "carol"})
            self.assertEqual([str(each.error) for each in self.eve.listener.told(Failure)],
                             ["an operator of the server ended this connection: so"])  # fmt: skip
            self.assertTrue(self.eve.listener.closed)
            self.assertIsNone(self.eve.listener.session)

    def test_beside_another_session(self) -> None:
        for nick in ("eve", "bob"):
            self.setUp()
            self.assertEqual(self.meanwhile(f"/kill {nick}"), ["reply bob was thrown out; sessions ended: 2"], nick)
            self.assertEqual(self.members(), {"alice", "carol"})
            self.assertEqual((self.eve.listener.closed, self.bob.listener.closed), (True, True))

    def test_who_logs_out(self) -> None:
        other = self.again(self.bob)
        self.assertEqual(self.meanwhile("/kill bob", "/logout", self.bob), [
            "reply bob was thrown out; sessions ended: 2"])  # fmt: skip
        self.assertEqual((self.bob.listener.closed, other.listener.closed), (True, True))
        self.assertEqual(self.members(), {"alice", "carol", "eve"})

    def test_nobody_else(self) -> None:
        self.assertEqual(self.meanwhile("/kill carol"), ["reply carol was thrown out; sessions ended: 1"])
        self.assertEqual(self.members(), {"alice", "bob"})
        self.assertFalse(self.eve.listener.closed)

    def test_an_operator_does_not_hit_himself(self) -> None:
        why = "!!! NOT_ALLOWED that is you; /quit leaves"
        self.assertEqual(self.meanwhile("/kill eve", "/login alice longenough"), [why])
        self.assertFalse(self.eve.listener.closed)

    def test_who_is_nobody(self) -> None:
        self.assertEqual(self.meanwhile("/kill zed"), ["!!! NO_SUCH_NICK nobody here is called zed"])

    def test_who_is_gone_before_that(self) -> None:
        self.bob_is_away()
        self.eve.session.typed("/login bob longenough")
        self.eve.session.lost()
        self.assertEqual(self.does("/kill eve")[-1], "!!! NO_SUCH_NICK nobody here is called eve")


class Banishing(BecomingCase):
    def test_whose_network_is_banned_from_the_server(self) -> None:
        self.bob_is_away()
        self.eve.listener.origin = Origin("198.51.100.4", secure=True)
        (answer,) = self.meanwhile("/netban 198.51.100.0/24 so")
        self.assertIn("sessions ended: 1,", answer)
        self.assertEqual([str(each.error) for each in self.eve.listener.told(Failure)],
                         ["your network is banned from this server: so"])  # fmt: skip
        self.assertTrue(self.eve.listener.closed)
        self.assertEqual(self.members(), {"alice", "carol"})

    def test_who_comes_from_elsewhere(self) -> None:
        self.eve.listener.origin = Origin("203.0.113.4", secure=True)
        self.assertIn("sessions ended: 0,", self.meanwhile("/netban 198.51.100.0/24")[0])
        self.assertFalse(self.eve.listener.closed)


class Kicking(BecomingCase):
    def test_by_either_name(self) -> None:
        for nick in ("eve", "bob"):
            self.setUp()
            self.bob_is_away()
            self.assertEqual(self.meanwhile(f"/kick {nick} so"), [OUT], nick)
            self.assertEqual(self.members(), {"alice", "carol"})
            self.assertIn("[#dev] bob left kicked by alice: so", self.eve.takes())

    def test_beside_another_session(self) -> None:
        for nick in ("eve", "bob"):
            self.setUp()
            self.assertEqual(self.meanwhile(f"/kick {nick}"), [OUT], nick)
            self.assertEqual(self.members(), {"alice", "carol"})

    def test_who_was_not_in_the_room(self) -> None:
        self.bob_is_away()
        self.eve.types("/part #dev")
        self.assertEqual(self.meanwhile("/kick eve"), ["!!! NOT_ALLOWED bob is not in #dev"])

    def test_once(self) -> None:
        self.bob_is_away()
        self.alice.session.typed("/kick eve")  # before it, in the same turn: she is in
        self.eve.session.typed("/join #dev")
        self.eve.session.typed("/login bob longenough")
        self.alice.session.typed("/kick eve")
        answers = [each for each in self.does("/kick eve") if each.startswith(("reply", "!!!"))]
        self.assertEqual(answers, [OUT.replace("bob", "eve"), OUT, "!!! NOT_ALLOWED bob is not in #dev"])
        self.assertEqual([each.verb for each in self.chat.keepers._actions[self.dev.id]], ["create", "kick", "kick"])

    def test_an_invitation_is_taken_back(self) -> None:
        self.bob.types("/part #dev")
        self.does("/invite bob")
        self.bob_is_away()
        self.assertEqual(self.meanwhile("/kick eve"), [OUT])
        self.assertIsNone(self.dev.charter.holder(self.bob.session.person.id))

    def test_whom_it_may_hit(self) -> None:
        self.does("/op bob", "/op carol")
        for away in (False, True):
            if away:
                self.bob_is_away()
            self.eve = someone(self, f"eve{away}")
            self.eve.types("/join #dev")
            self.eve.session.typed("/login bob longenough")
            answer = self.does(f"/kick eve{away}", who=self.carol)
            why = "whom that would hit has as many rights in #dev as you, or more"
            self.assertIn(f"!!! NOT_ALLOWED {why}", answer)
            self.assertIn("bob", self.members())

    def test_who_was_banned_meanwhile_is_out_once(self) -> None:
        self.bob_is_away()
        self.eve.session.typed("/login bob longenough")
        self.alice.session.typed("/kick bob")
        self.alice.session.typed("/ban account:bob")
        self.turn()
        self.turn()
        self.assertEqual(self.members(), {"alice", "carol"})
        self.assertEqual([each for each in self.eve.takes() if "kicked" in each], [])


class Lagging(SlowCase):
    """The log takes its time, so that somebody is on his way for longer."""

    def setUp(self) -> None:
        super().setUp()
        self.chat.accounts._hasher = NoHash()  # type: ignore[attr-defined]

    def test_a_name_that_somebody_else_bears_by_now(self) -> None:
        """He alone is meant."""
        alice, eve = someone(self, "alice"), someone(self, "eve")
        alice.session.operator = "root"
        carol = someone(self, "carol")
        carol.types("/register longenough", "/quit")
        eve.stops_reading()
        alice.types("hi", "hi there")
        eve.types("/history")
        eve.types("/login carol longenough")
        self.assertEqual(len(self.chat.becoming), 1)
        other = someone(self, "eve")
        alice.types("/kill eve")
        self.assertEqual((other.listener.closed, eve.listener.closed), (True, False))
        self.assertIn("reply eve was thrown out; sessions ended: 1", alice.takes())


class Ghosts(BecomingCase):
    def test_who_is_just_becoming_another_session(self) -> None:
        self.eve.session.typed("/login bob longenough")
        self.bob.session.typed("/ghost")
        self.turn()
        self.turn()
        self.assertIn("reply Your other sessions end", self.bob.takes())
        self.assertTrue(self.eve.listener.closed)
        self.assertEqual(len(self.bob.session.person.sessions), 1)
