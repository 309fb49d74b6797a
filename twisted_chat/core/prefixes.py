"""What is known of networks, found by a place within them: the index of every table of bans. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Generic, TypeAlias, TypeVar

Network: TypeAlias = IPv4Network | IPv6Network
Address: TypeAlias = IPv4Address | IPv6Address

V = TypeVar("V")


class Prefixes(Generic[V]):
    """One value a network.

    By version and by length: what a look-up costs grows with the lengths in use, not with the number of networks.
    """

    def __init__(self) -> None:
        self._known: dict[int, dict[int, dict[int, V]]] = {4: {}, 6: {}}

    def put(self, network: Network, value: V) -> None:
        """In place of what is known of exactly this network."""
        self._known[network.version].setdefault(network.prefixlen, {})[_prefix(network)] = value

    def remove(self, network: Network) -> None:
        """It must be there."""
        lengths = self._known[network.version]
        del lengths[network.prefixlen][_prefix(network)]
        if not lengths[network.prefixlen]:
            del lengths[network.prefixlen]

    def around(self, place: Address | Network) -> Iterator[V]:
        """What is known of the networks in which all of `place` lies, in no order."""
        bits: int = place.max_prefixlen
        if isinstance(place, IPv4Address | IPv6Address):
            number, longest = int(place), bits
        else:
            number, longest = int(place.network_address), place.prefixlen
        for length, known in self._known[place.version].items():
            if length <= longest and (found := known.get(number >> (bits - length))) is not None:
                yield found


def _prefix(network: Network) -> int:
    return int(network.network_address) >> (network.max_prefixlen - network.prefixlen)
