"""Who may connect: in all, and from one address."""

from __future__ import annotations

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.charters import Ban
from twisted_chat.core.errors import ChatError, NetworkBanned, ServerFull
from twisted_chat.core.netbans import NetworkBans
from twisted_chat.frontends.admission import NEW_PER_ADDRESS, PER_ADDRESS, Admission, newcomers
from twisted_chat.frontends.strangers import UNNAMED, Bound, Strangers


def v4(host: str) -> IPv4Address:
    return IPv4Address("TCP", host, 40000)


def v6(host: str) -> IPv6Address:
    return IPv6Address("TCP", host, 40000)


class AdmissionCase(SynchronousTestCase):
    def comes(self, address: object, times: int = 1) -> str:
        origins = {self.admission.admit(address) for _time in range(times)}
        self.assertEqual(len(origins), 1)
        return origins.pop()

    def refused(self, address: object, why: str) -> None:
        error = self.assertRaises(ServerFull, self.admission.admit, address)
        self.assertEqual(str(error), why)


class InAll(AdmissionCase):
    def test_full(self) -> None:
        self.admission = Admission(2)
        self.comes(v4("192.0.2.1"))
        last = self.comes(UNIXAddress(b"/run/chat"))
        self.refused(v4("192.0.2.2"), "the server is full; try again later")
        self.refused(UNIXAddress(b"/run/chat"), "the server is full; try again later")
        self.admission.release(last)
        self.comes(v4("192.0.2.2"))
        self.refused(v4("192.0.2.2"), "the server is full; try again later")


class FromOneAddress(AdmissionCase):
    why = "there are 2 connections from your address already"

    def setUp(self) -> None:
        self.admission = Admission(1000, 2)

    def test_each_address_for_itself(self) -> None:
        origin = self.comes(v4("192.0.2.1"), 2)
        self.refused(v4("192.0.2.1"), self.why)
        self.comes(v4("192.0.2.2"), 2)
        self.admission.release(origin)
        self.comes(v4("192.0.2.1"))
        self.refused(v4("192.0.2.1"), self.why)

    def test_a_refusal_counts_for_nothing(self) -> None:
        self.admission = Admission(3, 2)
        self.comes(v4("192.0.2.1"), 2)
        for _time in range(10):
            self.refused(v4("192.0.2.1"), self.why)
        self.comes(v4("192.0.2.2"))

    def test_nothing_is_kept_of_who_is_gone(self) -> None:
        for number in range(100):
            origin = self.comes(v4(f"192.0.2.{number}"))
            self.admission.release(origin)
        self.assertEqual(dict(self.admission._by_origin), {})

    def test_a_network_of_64_bits_counts_as_one(self) -> None:
        self.comes(v6("2001:db8::1"))
        self.comes(v6("2001:db8::ffff:2"))
        self.refused(v6("2001:db8::3"), self.why)
        self.comes(v6("2001:db8:0:1::3"))

    def test_an_ipv4_address_in_an_ipv6_one_is_that_ipv4_address(self) -> None:
        self.comes(v6("::ffff:192.0.2.1"))
        self.comes(v4("192.0.2.1"))
        self.refused(v6("::ffff:192.0.2.1"), self.why)
        self.comes(v6("::ffff:192.0.2.2"))

    def test_a_scope_is_no_part_of_the_address(self) -> None:
        self.comes(v6("fe80::1%eth0"))
        self.comes(v6("fe80::2%eth1"))
        self.refused(v6("fe80::3"), self.why)

    def test_unix_sockets_are_trusted(self) -> None:
        self.assertEqual(self.comes(UNIXAddress(b"/run/chat"), 100), "")

    def test_told_to_loopback_counts_too(self) -> None:
        self.comes(v4("127.0.0.1"), 2)
        self.refused(v4("127.0.0.1"), self.why)


class Untold(AdmissionCase):
    def setUp(self) -> None:
        self.admission = Admission(1000)

    def test_16(self) -> None:
        self.comes(v4("192.0.2.1"), PER_ADDRESS)
        self.refused(v4("192.0.2.1"), "there are 16 connections from your address already")

    def test_loopback_is_exempt(self) -> None:
        for address in (v4("127.0.0.1"), v4("127.8.9.1"), v6("::1"), v6("::ffff:127.0.0.1")):
            origin = self.comes(address, PER_ADDRESS + 1)
            self.admission.release(origin)


class NewOnes(AdmissionCase):
    """From one address, in 10 minutes."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.admission = Admission(1000, new=newcomers(None, self.clock))

    def come_and_go(self, host: str, times: int) -> None:
        for _time in range(times):
            self.admission.release(self.comes(v4(host)))

    def test_32_then_one_each_19_seconds(self) -> None:
        self.come_and_go("192.0.2.1", NEW_PER_ADDRESS)
        why = "your address connects too often (32 in 10 minutes are enough); wait 19 seconds"
        for _time in range(100):
            self.refused(v4("192.0.2.1"), why)
        self.come_and_go("192.0.2.2", 1)
        self.clock.advance(600 / 32 - 0.5)
        self.refused(v4("192.0.2.1"), "your address connects too often (32 in 10 minutes are enough); wait 1 second")
        self.clock.advance(0.5)
        self.come_and_go("192.0.2.1", 1)
        self.refused(v4("192.0.2.1"), why)
        self.clock.advance(600)
        self.come_and_go("192.0.2.1", NEW_PER_ADDRESS)

    def test_loopback_and_unix_sockets_are_exempt(self) -> None:
        self.come_and_go("127.0.0.1", NEW_PER_ADDRESS + 1)
        self.comes(UNIXAddress(b"/run/chat"), NEW_PER_ADDRESS + 1)

    def test_loopback_when_told(self) -> None:
        self.admission = Admission(1000, new=newcomers(3, self.clock), new_from_loopback=True)
        self.come_and_go("127.0.0.1", 3)
        why = "your address connects too often (3 in 10 minutes are enough); wait 200 seconds"
        self.refused(v4("127.0.0.1"), why)


class WithoutNames(AdmissionCase):
    def test_who_was_refused_counts_for_nothing(self) -> None:
        self.admission = Admission(1000, 20, strangers=Strangers(Bound(1, 100, 1), lambda: 0.0))
        silent = Silent(self.comes(v4("192.0.2.1")))
        self.admission.unnamed(silent)
        self.refused(v4("192.0.2.1"), "too many are here who have not said their names; try again")
        self.admission.named(silent)
        self.comes(v4("192.0.2.1"))

    def test_a_new_bound(self) -> None:
        strangers = Strangers(Bound(9, 100, 9), lambda: 0.0)
        self.admission = Admission(1000, 20, strangers=strangers)
        silent = [Silent(self.comes(v4(f"192.0.2.{number}"))) for number in range(3)]
        for each in silent:
            self.admission.unnamed(each)
        self.admission.limit(20, None, Bound(1, 100, 2))
        self.assertEqual([each.gave_way for each in silent], [1, 0, 0])
        self.admission.limit(1000, None)
        self.assertEqual(len(strangers), 2)
        Admission(1000).limit(20, None, Bound(1, 100, 2))


class Banned(AdmissionCase):
    """From the whole server."""

    why = "your network is banned from this server: spam"

    def setUp(self) -> None:
        self.bans = NetworkBans(lambda: 0)
        self.clock = Clock()
        self.strangers = Strangers(UNNAMED, lambda: 0.0)
        self.admission = Admission(2, 2, new=newcomers(2, self.clock), strangers=self.strangers, bans=self.bans)
        for network in ("192.0.2.0/24", "2001:db8::/32"):
            self.bans.add(Ban(network, "ruth", "spam", 0))

    def test_nobody_comes_from_there(self) -> None:
        for address in (v4("192.0.2.1"), v6("::ffff:192.0.2.1"), v6("2001:db8:1::5"), v6("2001:db8::5%eth0")):
            error = self.assertRaises(NetworkBanned, self.admission.admit, address)
            self.assertEqual(str(error), self.why)

    def test_and_that_counts_for_nothing(self) -> None:
        for _time in range(10):
            self.assertRaises(NetworkBanned, self.admission.admit, v4("192.0.2.1"))
        self.bans.remove("192.0.2.0/24")
        self.comes(v4("192.0.2.1"), 2)

    def test_a_full_server_does_not_hide_it(self) -> None:
        self.comes(v4("198.51.100.1"), 2)
        self.assertRaises(NetworkBanned, self.admission.admit, v4("192.0.2.1"))

    def test_everybody_else_does(self) -> None:
        for address in (v4("192.0.3.1"), UNIXAddress(b"/run/chat"), v4("127.0.0.1")):
            self.admission.release(self.comes(address))

    def test_the_bans_are_shown_who_has_no_name(self) -> None:
        silent = Silent(self.comes(v4("198.51.100.1")))
        self.admission.unnamed(silent)
        self.assertEqual(list(self.bans.nameless()), [silent])
        self.admission.named(silent)
        self.assertEqual(list(self.bans.nameless()), [])

    def test_without_any_count_of_them_there_are_none(self) -> None:
        bans = NetworkBans(lambda: 0)
        Admission(2, bans=bans)
        self.assertEqual(list(bans.nameless()), [])


class Silent:
    """A connection without a name."""

    def __init__(self, counted_as: str) -> None:
        self.counted_as = counted_as
        self.gave_way = 0
        self.told: list[str] = []

    def give_way(self) -> None:
        self.gave_way += 1

    def turn_away(self, error: ChatError) -> None:
        self.told.append(str(error))
