"""The networks that are kept away from the whole server: a table that is asked once for every connection."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from twisted_chat.boundaries import Nameless
from twisted_chat.core.bans import network_of
from twisted_chat.core.charters import Ban, has_ended
from twisted_chat.core.durations import until
from twisted_chat.core.errors import NetworkBanned, NotAllowed
from twisted_chat.core.prefixes import Address, Prefixes
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
        self._index: Prefixes[Ban] = Prefixes()
        self.nameless: Callable[[], Iterable[Nameless]] = tuple

    def check(self, address: Address) -> None:
        """Raise `NetworkBanned` for who comes from a network that is kept away."""
        for ban in self._index.around(address):
            if not has_ended(ban, self._now()):
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
        del self._bans[network]
        self._index.remove(network_of(network))

    def _put(self, ban: Ban) -> None:
        self._bans.pop(ban.pattern, None)  # it is the newest now
        self._bans[ban.pattern] = ban
        self._index.put(network_of(ban.pattern), ban)

    def _forget_ended(self) -> None:
        now = self._now()
        for ban in [each for each in self._bans.values() if has_ended(each, now)]:
            self.remove(ban.pattern)


def refusal_of(ban: Ban) -> NetworkBanned:
    return NetworkBanned(until(ban.until), because(ban.why))
