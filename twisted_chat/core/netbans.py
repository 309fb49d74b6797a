"""The networks that are kept away from the whole server: a table that is asked once for every connection."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address

from twisted_chat.boundaries import Nameless
from twisted_chat.core.bans import network_of
from twisted_chat.core.charters import Ban, has_ended
from twisted_chat.core.durations import until
from twisted_chat.core.errors import NetworkBanned, NotAllowed
from twisted_chat.core.text import because

MAX_NETWORKS = 1_000
"""Banned at the same time."""


class NetworkBans:
    """Each `Ban`'s pattern is a network in its one spelling. `now` gives the time in UTC milliseconds.

    `nameless` gives the connections that are here without a session; whoever has some puts its own there.
    """

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._bans: dict[str, Ban] = {}
        # By version and by length: what a connection costs grows with the lengths in use, not with the number of bans.
        self._index: dict[int, dict[int, dict[int, Ban]]] = {4: {}, 6: {}}
        self.nameless: Callable[[], Iterable[Nameless]] = tuple

    def check(self, address: IPv4Address | IPv6Address) -> None:
        """Raise `NetworkBanned` for who comes from a network that is kept away."""
        number, bits = int(address), address.max_prefixlen
        for length, known in self._index[address.version].items():
            ban = known.get(number >> (bits - length))
            if ban is not None and not has_ended(ban, self._now()):
                raise refusal_of(ban)

    def take_up(self, bans: Iterable[Ban]) -> None:
        """These were kept."""
        for ban in bans:
            self._put(ban)
        self._forget_ended()

    def present(self) -> tuple[Ban, ...]:
        """Those that have not ended, the oldest first."""
        self._forget_ended()
        return tuple(self._bans.values())

    def of(self, network: str) -> Ban | None:
        """The ban of exactly this network."""
        self._forget_ended()
        return self._bans.get(network)

    def add(self, ban: Ban) -> None:
        """In place of one of the same network. Raises `NotAllowed` where there are too many."""
        self._forget_ended()
        if len(self._bans) >= MAX_NETWORKS and ban.pattern not in self._bans:
            raise NotAllowed(f"{MAX_NETWORKS} networks are banned already; /netbans lists them")
        self._put(ban)

    def remove(self, network: str) -> None:
        """It must be there."""
        ban = self._bans.pop(network)
        length, key = _place_of(ban)
        lengths = self._index[network_of(network).version]
        del lengths[length][key]
        if not lengths[length]:
            del lengths[length]

    def _put(self, ban: Ban) -> None:
        self._bans.pop(ban.pattern, None)  # it is the newest now
        self._bans[ban.pattern] = ban
        length, key = _place_of(ban)
        self._index[network_of(ban.pattern).version].setdefault(length, {})[key] = ban

    def _forget_ended(self) -> None:
        now = self._now()
        for ban in [each for each in self._bans.values() if has_ended(each, now)]:
            self.remove(ban.pattern)


def _place_of(ban: Ban) -> tuple[int, int]:
    """The length of the network's prefix, and the prefix."""
    network = network_of(ban.pattern)
    return network.prefixlen, int(network.network_address) >> (network.max_prefixlen - network.prefixlen)


def refusal_of(ban: Ban) -> NetworkBanned:
    return NetworkBanned(until(ban.until), because(ban.why))
