"""The limits on strangers, through the doors: whatever door somebody comes by, they hold."""

from __future__ import annotations

from twisted.internet.address import IPv4Address
from twisted.internet.testing import StringTransport

from tests.frontends.unframed.case import UnframedCase
from tests.helpers import Peer
from twisted_chat.frontends.admission import Admission, newcomers
from twisted_chat.frontends.door import DoorFactory
from twisted_chat.frontends.line.factory import LineFactory
from twisted_chat.frontends.strangers import Bound, Strangers
from twisted_chat.frontends.throttle import Rate

SESAME = "open sesame"


class Coming(UnframedCase):
    """All doors count together."""

    def setUp(self) -> None:
        super().setUp()
        self.strangers = Strangers(Bound(1, 100, 2), lambda: 0.5)
        self.admission = Admission(100, 10, new=newcomers(3, self.clock), strangers=self.strangers)
        self.factory = LineFactory(self.chat, self.clock, self.admission, greeting_time=20.0)
        for factory in (self.tutorial, self.gossip):
            factory.admission = self.admission

    @property
    def doors(self) -> tuple[DoorFactory, ...]:
        return self.factory, self.tutorial, self.gossip

    def comes(self, door: DoorFactory, host: str) -> Peer:
        protocol, transport = door.buildProtocol(IPv4Address("TCP", host, 40000)), StringTransport()
        assert protocol is not None
        protocol.makeConnection(transport)
        return Peer(self, protocol, transport)  # type: ignore[arg-type]

    def test_the_unnamed(self) -> None:
        for door in self.doors:
            first, second = self.comes(door, "192.0.2.1"), self.comes(door, "192.0.2.1")
            self.assertIn(b"too many are here who have not said their names", second.transport.value())
            elsewhere = self.comes(door, "192.0.2.2")
            self.assertFalse(first.transport.disconnected)
            newest = self.comes(door, "192.0.2.3")
            self.assertEqual([each.transport.disconnected for each in (first, elsewhere, newest)], [True, False, False])
            elsewhere.says("alice")
            self.assertEqual(len(self.strangers), 1)
            for each in (first, elsewhere, newest):
                each.hangs_up()
            self.assertEqual(len(self.strangers), 0)

    def test_new_ones_of_one_address(self) -> None:
        for number in range(2):
            for door in self.doors:
                peer = self.comes(door, "192.0.2.1")
                refused = b"your address connects too often (3 in 10 minutes are enough)" in peer.transport.value()
                self.assertEqual(refused, number > 0)
                peer.hangs_up()

    def test_the_time_for_a_name(self) -> None:
        peer = self.comes(self.factory, "192.0.2.1")
        self.clock.advance(19)
        peer.hears("NICK")
        self.clock.advance(1)
        peer.hears("!!! TIMEOUT you had 20 seconds for a name")


class Storms(UnframedCase):
    rate = Rate(20, 5.0)

    def heard_in(self, seconds: int, peer: Peer) -> int:
        self.clock.pump([0.2, 0.001] * 5 * seconds)
        return len(peer.takes())

    def test_joins_and_parts(self) -> None:
        bob = self.person("bob")
        bob.says("/join #dev")
        self.clock.advance(60)
        bob.takes()
        eve = self.person("eve")
        self.clock.advance(60)
        bob.takes()
        eve.says(*["/join #dev", "/part #dev"] * 200)
        self.assertLessEqual(len(bob.takes()), 4)
        self.assertIn(self.heard_in(20, bob), range(19, 22))
        self.assertFalse(eve.is_closed)

    def test_renames(self) -> None:
        bob, eve = self.person("bob"), self.person("eve")
        self.clock.advance(60)
        bob.takes()
        eve.says(*(f"/nick {letter}va" for letter in "abcdefghijklmnopqrstuvwxyz"))
        self.assertLessEqual(len(bob.takes()), 4)
        self.assertIn(self.heard_in(20, bob), range(19, 22))
        self.assertEqual(self.heard_in(10, bob), 2, "slowed, not lost")

    def test_the_same_words_again(self) -> None:
        bob, eve = self.person("bob"), self.person("eve")
        self.clock.advance(60)
        bob.takes()
        eve.says(*["spam"] * 24)
        self.assertEqual(bob.takes(), ["eve: spam"] * 5)
        taken = self.heard_in(10, bob)
        self.assertIn(taken, range(9, 12))
        self.clock.pump([1.0] * 20)
        self.assertEqual(len(bob.takes()) + taken, 24 - 5)

    def test_at_the_unframed_doors(self) -> None:
        bob = self.person("bob")
        terminal, window = self.terminal("ted"), self.window("wendy")
        self.clock.advance(60)
        bob.takes()
        for client in (terminal, window):
            client.sends(b"".join(b"/nick %s\n" % name for name in (b"quirin", b"vroni", b"xaver", b"zenzi", b"yps")))
            self.assertLessEqual(len(bob.takes()), 4)
            self.clock.pump([1.0] * 10)
            bob.takes()

    def test_no_limit(self) -> None:
        self.factory.rate = None
        bob, eve = self.person("bob"), self.person("eve")
        bob.takes()
        eve.says(*["spam"] * 500)
        self.assertEqual(len(bob.takes()), 500)


class Guessing(UnframedCase):
    """At the names of accounts, by all ways there are."""

    host = "192.0.2.1"

    def setUp(self) -> None:
        self.options = {"plaintext_passwords": True}
        super().setUp()
        alice = self.person("alice")
        alice.says(f"/register {SESAME}")
        alice.hangs_up()

    def says_object(self, peer: Peer, password: str) -> str:
        peer.says_object(type="hello", nick="alice", password=password)
        return str(peer.takes_objects()[-1].get("code"))

    def test_a_hello_of_each_connection(self) -> None:
        codes = []
        for number in range(10):
            peer = self.connect(self.host)
            peer.takes()
            codes.append(self.says_object(peer, f"guess {number}"))
            peer.hangs_up()
        self.assertEqual(codes, ["BAD_LOGIN"] * 5 + ["BUSY"] * 5)

    def test_a_crowd_from_many_addresses(self) -> None:
        codes = []
        for number in range(10):
            peer = self.connect(f"192.0.2.{number}")
            peer.takes()
            codes.append(self.says_object(peer, "guess"))
            peer.hangs_up()
        self.assertEqual(codes, ["BAD_LOGIN"] * 5 + ["BUSY"] * 5)

    def test_whose_account_it_is_gets_in_all_the_same(self) -> None:
        """From where it came before; a crowd that never stops must not keep it out."""
        home = self.connect("198.51.100.7")
        home.takes()
        self.assertEqual(self.says_object(home, SESAME), "None")
        home.hangs_up()
        self.test_a_crowd_from_many_addresses()
        again = self.connect("198.51.100.7")
        again.takes()
        self.assertEqual(self.says_object(again, SESAME), "None")

    def test_the_command(self) -> None:
        eve = self.person("eve")
        eve.takes()
        eve.says(*(f"/login alice guess{number}" for number in range(8)))
        self.assertEqual([line.split()[1] for line in eve.takes()], ["BAD_LOGIN"] * 5 + ["BUSY"] * 3)
        self.clock.advance(1)
        eve.says(f"/login alice {SESAME}")
        self.assertIn("*** You are alice now", eve.takes())

    def test_names_that_are_nobodys(self) -> None:
        """They count for the network, and leave no trace of their own."""
        codes = []
        for number in range(8):
            peer = self.connect(self.host)
            peer.takes()
            peer.says_object(type="hello", nick=f"nobody{number}", password="guess")
            codes.append(peer.takes_objects()[-1]["code"])
            peer.hangs_up()
        self.assertEqual(codes, ["BAD_LOGIN"] * 5 + ["BUSY"] * 3)
        self.assertEqual(list(self.chat.accounts.tries._failures), [f"network {self.host}"])  # type: ignore[attr-defined]
