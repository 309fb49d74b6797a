"""Whom a ban hits: one matcher for every door. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network

from twisted_chat.core.errors import BadRequest
from twisted_chat.core.names import fold
from twisted_chat.core.prefixes import Network, Prefixes
from twisted_chat.core.recent import Recent
from twisted_chat.core.text import shortened

MAX_PATTERN = 80
"""Characters."""

_REMEMBERED = 256
"""Nicknames for which a `Matcher` knows what its patterns say."""

_NARROWEST = 64
"""Bits of an IPv6 network that count as one place: within it, anybody has as many addresses as he likes."""

_LOOPBACK = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))

_MAPPED = IPv6Network("::ffff:0:0/96")
"""IPv4, as IPv6 writes it: nobody comes from there, for doors take such an address for the IPv4 one that it is."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Who it may be: the key of a nickname, the key of an account or nothing, and the networks that he comes from."""

    nick: str
    account: str = ""
    networks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pattern:
    """A ban's pattern, parsed: `text` in its one spelling, and exactly one of the three things to compare."""

    text: str
    nick: str = ""
    account: str = ""
    network: Network | None = None

    def hits(self, subject: Subject) -> bool:
        if self.account:
            return subject.account == self.account
        if self.network is not None:
            return any(within(each, self.network) for each in subject.networks)
        return _fits(self.nick, subject.nick)


@lru_cache(maxsize=4096)
def parse(text: str) -> Pattern:
    """``bob*``, ``nick:?ob``, ``account:bob``, ``net:192.0.2.0/24``. Raises `BadRequest`."""
    kind, colon, rest = text.partition(":")
    kind = kind.lower()
    if len(text) > MAX_PATTERN:
        raise BadRequest(f"a pattern has at most {MAX_PATTERN} characters")
    if not colon:
        kind, rest = "nick", text
    if not rest or any(each.isspace() for each in rest):
        raise BadRequest("a pattern is NICK with * and ?, account:NAME or net:ADDRESS/BITS")
    if kind == "nick":
        return Pattern(fold(rest), nick=fold(rest))
    if kind == "account":
        return Pattern(f"account:{fold(rest)}", account=fold(rest))
    if kind == "net":
        network = network_of(rest)
        return Pattern(f"net:{network}", network=network)
    raise BadRequest(f"{shortened(kind, 20)}: is no kind of pattern; there are nick:, account: and net:")


def network_of(text: str) -> Network:
    """``192.0.2.0/24``, one address, or a network of IPv6, of 64 bits at most. Raises `BadRequest`."""
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise BadRequest(f"{shortened(text, 40) or 'nothing'} is no network; 192.0.2.0/24 is one") from None
    if isinstance(network, IPv4Network):
        return network
    if network.subnet_of(_MAPPED):
        return IPv4Network((int(network.network_address) & 0xFFFF_FFFF, network.prefixlen - _MAPPED.prefixlen))
    return network.supernet(new_prefix=_NARROWEST) if network.prefixlen > _NARROWEST else network


def has_loopback(network: Network) -> bool:
    """Whether this machine itself is in it."""
    return any(network.version == each.version and network.overlaps(each) for each in _LOOPBACK)


class Matcher:
    """Many patterns at once: nobody waits longer where there are more of them.

    A room's bans are compared with everybody who says something in it, in the one thread that serves all rooms.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._accounts: dict[str, int] = {}
        self._networks: Prefixes[int] = Prefixes()
        self._nicks: list[tuple[int, str]] = []
        # A nickname is compared with each of its patterns once: those can be made so that this takes milliseconds.
        self._known: Recent[str, tuple[int, ...]] = Recent(_REMEMBERED)
        for place, pattern in enumerate(map(parse, patterns)):
            if pattern.account:
                self._accounts[pattern.account] = place
            elif pattern.network is not None:
                self._networks.put(pattern.network, place)
            else:
                self._nicks.append((place, pattern.nick))

    def hits(self, subject: Subject) -> list[int]:
        """The places of the patterns that hit `subject`, the first one first."""
        found = {*self._of_nick(subject.nick)}
        if subject.account in self._accounts:
            found.add(self._accounts[subject.account])
        for each in subject.networks:
            if (where := _place_of(each)) is not None:
                found.update(self._networks.around(where))
        return sorted(found)

    def _of_nick(self, nick: str) -> tuple[int, ...]:
        found = self._known.get(nick)
        if found is None:
            found = tuple(place for place, pattern in self._nicks if _fits(pattern, nick))
            self._known.put(nick, found)
        return found


def within(place: str, network: Network) -> bool:
    """Whether who comes from `place`, as an `Origin` has it, comes from there; nobody does from no address at all."""
    where = _place_of(place)
    return where is not None and where.version == network.version and where.subnet_of(network)  # type: ignore[arg-type]


@lru_cache(maxsize=4096)
def _place_of(place: str) -> Network | None:
    """Where a session comes from, parsed once for all of its bans; None for no address at all: a socket file, say."""
    try:
        return ip_network(place, strict=False)
    except ValueError:
        return None


def _fits(pattern: str, name: str) -> bool:
    """Whether ``*`` and ``?`` can be filled in. In time proportional to both lengths: patterns are strangers' work."""
    at = star = 0
    back = -1
    here = 0
    while at < len(name):
        if here < len(pattern) and pattern[here] == "*":
            back, star = here, at
            here += 1
        elif here < len(pattern) and pattern[here] in ("?", name[at]):
            here += 1
            at += 1
        elif back >= 0:
            star += 1
            here, at = back + 1, star
        else:
            return False
    return all(each == "*" for each in pattern[here:])
