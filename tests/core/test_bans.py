"""Whom a ban hits."""

from __future__ import annotations

import time
from fnmatch import fnmatchcase

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.bans import Matcher, Subject, parse
from twisted_chat.core.charters import Ban, Charter, key_of
from twisted_chat.core.errors import BadRequest

BOB = Subject("bob", "robert", ("192.0.2.7",))

HITS = ("bob", "BOB", "b*", "*", "?ob", "nick:bob", "***b", "b?b", "*o*", "account:Robert", "ACCOUNT:robert",
        "net:192.0.2.0/24", "net:192.0.2.7", "net:192.0.2.9/24", "NET:0.0.0.0/0")  # fmt: skip
MISSES = ("bo", "bobb", "?", "b?", "ob*", "*c*", "account:bob", "account:*", "net:192.0.3.0/24", "net:::/0", "b?b?")


class Patterns(SynchronousTestCase):
    def test_hits(self) -> None:
        for text in HITS:
            self.assertTrue(parse(text).hits(BOB), text)

    def test_misses(self) -> None:
        for text in MISSES:
            self.assertFalse(parse(text).hits(BOB), text)

    def test_what_is_no_pattern(self) -> None:
        for text in ("", "a b", "nick:", "account:", "net:", "net:bob", "net:1.2.3.4/99", "host:x", "x" * 81):
            self.assertRaises(BadRequest, parse, text)

    def test_one_spelling(self) -> None:
        for text, spelling in (
            ("nick:B*", "b*"),
            ("Account:BOB", "account:bob"),
            ("net:192.0.2.9/24", "net:192.0.2.0/24"),
            ("net:2001:db8::5", "net:2001:db8::/64"),
            ("net:::ffff:192.0.2.9", "net:192.0.2.9/32"),
            ("net:::ffff:192.0.2.9/120", "net:192.0.2.0/24"),
        ):
            self.assertEqual(parse(text).text, spelling)
            self.assertEqual(parse(spelling), parse(text))

    def test_an_address_of_ipv6_stands_for_its_network(self) -> None:
        self.assertTrue(parse("net:2001:db8::5").hits(Subject("x", networks=("2001:db8::",))))
        self.assertFalse(parse("net:2001:db8:1::/48").hits(Subject("x", networks=("2001:db8::",))))

    def test_a_guest_from_nowhere(self) -> None:
        guest = Subject("bob")
        self.assertFalse(parse("account:bob").hits(guest))
        self.assertFalse(parse("net:0.0.0.0/0").hits(guest))
        self.assertFalse(parse("net:0.0.0.0/0").hits(Subject("bob", networks=("/run/socket",))))

    def test_a_pattern_costs_no_time(self) -> None:
        pattern = parse("*a" * 35 + "b")
        begin = time.perf_counter()
        self.assertFalse(pattern.hits(Subject("a" * 32)))
        self.assertLess(time.perf_counter() - begin, 0.05)

    @given(st.text("ab*?", min_size=1, max_size=8), st.text("ab", max_size=8))
    def test_it_is_the_shells_way(self, pattern: str, name: str) -> None:
        self.assertEqual(parse(pattern).hits(Subject(name)), fnmatchcase(name, pattern))


PATTERNS = ("bob", "b*", "?", "a", "account:b", "account:ab", "net:192.0.2.0/24", "net:192.0.2.7", "net:192.0.0.0/16",
            "net:2001:db8::/48", "net:2001:db8::/64", "net:0.0.0.0/0")  # fmt: skip
PLACES = ("192.0.2.7", "192.0.2.8", "192.0.3.1", "2001:db8::", "2001:db8:0:1::", "10.0.0.0/8", "/run/socket")


class Many(SynchronousTestCase):
    """All bans of a room at once."""

    @given(
        st.lists(st.sampled_from(PATTERNS), unique=True),
        st.lists(st.tuples(st.text("ab", max_size=2), st.text("ab", max_size=2), st.lists(st.sampled_from(PLACES)))),
    )
    def test_it_is_what_each_says(self, texts: list[str], people: list[tuple[str, str, list[str]]]) -> None:
        patterns = [parse(text) for text in texts]
        matcher = Matcher(pattern.text for pattern in patterns)
        for nick, account, places in people:
            who = Subject(nick, account, tuple(places))
            self.assertEqual(matcher.hits(who), [at for at, pattern in enumerate(patterns) if pattern.hits(who)])

    def test_they_cost_no_time(self) -> None:
        texts = [f"net:10.{number}.0.0/{16 + number % 17}" for number in range(100)]
        texts += [parse(f"{'*a' * 30}{number}").text for number in range(100)]
        bans = [Ban(text, "alice", "", 0) for text in texts]
        charter = Charter("1", "#dev", parts={key_of(ban): ban for ban in bans})
        who = Subject("a" * 32, "", tuple(f"192.0.2.{number}" for number in range(20)))
        charter.ban_on(who, 0)
        begin = time.perf_counter()
        for _time in range(100):
            self.assertIsNone(charter.ban_on(who, 0))
        self.assertLess(time.perf_counter() - begin, 2.0)  # it takes 0.03

    def test_nicknames_are_not_remembered_without_end(self) -> None:
        matcher = Matcher(["b*"])
        for number in range(1_000):
            matcher.hits(Subject(f"b{number}"))
        self.assertEqual((len(matcher._known), matcher.hits(Subject("b0"))), (256, [0]))
