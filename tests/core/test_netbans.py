"""The table of networks that are kept away: what it finds, how fast, and what it forgets."""

from __future__ import annotations

import time
from ipaddress import ip_address, ip_network

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.charters import Ban
from twisted_chat.core.errors import NetworkBanned, NotAllowed
from twisted_chat.core.netbans import MAX_NETWORKS, NetworkBans


def ban(network: str, until: int = 0, why: str = "") -> Ban:
    return Ban(network, "ruth", why, 0, until)


class Tables(SynchronousTestCase):
    def setUp(self) -> None:
        self.now = 1_000
        self.bans = NetworkBans(lambda: self.now)

    def refused(self, *hosts: str) -> list[bool]:
        found = []
        for host in hosts:
            try:
                self.bans.check(ip_address(host))
            except NetworkBanned:
                found.append(True)
            else:
                found.append(False)
        return found

    def test_an_empty_one(self) -> None:
        self.assertEqual(self.refused("192.0.2.1", "2001:db8::1"), [False, False])
        self.assertEqual(self.bans.present(), ())
        self.assertEqual(list(self.bans.nameless()), [])

    def test_networks_of_all_lengths(self) -> None:
        for network in ("192.0.2.0/24", "198.51.100.7/32", "128.0.0.0/2", "2001:db8::/32", "2001:db9:0:1::/64"):
            self.bans.add(ban(network))
        hit = ("192.0.2.0", "192.0.2.255", "198.51.100.7", "129.1.1.1", "2001:db8:ffff::1", "2001:db9:0:1::5")
        missed = ("192.0.3.0", "198.51.100.8", "64.0.0.1", "2001:db9::1", "::c000:200")
        self.assertEqual((self.refused(*hit), self.refused(*missed)), ([True] * len(hit), [False] * len(missed)))

    def test_what_is_told(self) -> None:
        self.bans.add(ban("192.0.2.0/24", 1_795_003_200_000, "spam"))
        error = self.assertRaises(NetworkBanned, self.bans.check, ip_address("192.0.2.1"))
        self.assertEqual(str(error), "your network is banned from this server until 2026-11-18 12:00 UTC: spam")

    def test_one_that_has_ended_counts_no_more_and_goes(self) -> None:
        self.bans.add(ban("192.0.2.0/24", 2_000))
        self.bans.add(ban("192.0.0.0/16", 3_000))
        self.now = 2_000
        self.assertEqual(self.refused("192.0.2.1"), [True])  # by the other one
        self.now = 3_000
        self.assertEqual(self.refused("192.0.2.1"), [False])
        self.assertIsNone(self.bans.of("192.0.2.0/24"))
        self.assertEqual((self.bans._bans, self.bans._index._known), ({}, {4: {}, 6: {}}))

    def test_another_one_of_the_same_network(self) -> None:
        for each in (ban("192.0.2.0/24", 2_000), ban("192.0.3.0/24"), ban("192.0.2.0/24", 0, "more")):
            self.bans.add(each)
        self.assertEqual([each.why for each in self.bans.present()], ["", "more"])
        self.bans.remove("192.0.2.0/24")
        self.assertEqual(self.refused("192.0.2.1", "192.0.3.1"), [False, True])

    def test_what_was_kept(self) -> None:
        self.bans.take_up((ban("192.0.2.0/24"), ban("192.0.3.0/24", 999)))
        self.assertEqual([each.pattern for each in self.bans.present()], ["192.0.2.0/24"])

    def test_not_more_than_so_many(self) -> None:
        for number in range(MAX_NETWORKS):
            self.bans.add(ban(f"10.{number // 250}.{number % 250}.0/24", 2_000))
        error = self.assertRaises(NotAllowed, self.bans.add, ban("192.0.2.0/24"))
        self.assertEqual(str(error), "1000 networks are banned already; /netbans lists them")
        self.bans.add(ban("10.0.0.0/24"))  # in place of one
        self.now = 2_000
        self.bans.add(ban("192.0.2.0/24"))
        self.assertEqual(len(self.bans.present()), 2)

    def test_a_full_table_costs_a_connection_no_time(self) -> None:
        for number in range(MAX_NETWORKS):
            network = ip_network((number << 20, 8 + number % 25), strict=False)
            self.bans.add(ban(str(network)))
        begin = time.perf_counter()
        for _time in range(1_000):
            self.bans.check(ip_address("250.0.2.1"))
        self.assertLess(time.perf_counter() - begin, 1.0)  # it takes 0.01

    @given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 32)), max_size=5), st.integers(0, 2**32 - 1))
    def test_it_is_what_the_standard_library_says(self, networks: list[tuple[int, int]], host: int) -> None:
        bans, known = NetworkBans(lambda: 0), [ip_network(each, strict=False) for each in networks]
        for network in known:
            bans.add(ban(str(network)))
        address = ip_address(host)
        try:
            bans.check(address)
        except NetworkBanned:
            found = True
        else:
            found = False
        self.assertEqual(found, any(address in network for network in known))
