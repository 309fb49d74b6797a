"""Who may connect at all: limits on connections, in all and from one address, kept at one place for every door."""

from __future__ import annotations

from collections import Counter
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from twisted_chat.core.allowance import Allowance, Often
from twisted_chat.core.durations import seconds_left
from twisted_chat.core.errors import ServerFull
from twisted_chat.core.netbans import NetworkBans
from twisted_chat.frontends.sockets import ip_of
from twisted_chat.frontends.strangers import Bound, Stranger, Strangers

PER_ADDRESS = 16
"""Connections from one address unless told otherwise; loopback is exempt then."""

NEW_PER_ADDRESS = 32
NEW_WITHIN = 600.0
"""New connections from one address in so many seconds unless told otherwise; loopback is exempt then, too."""

REFUSING = 32
"""Connections at once that are told why they are not admitted: each holds a descriptor until it has read that."""


class Admission:
    """Counts connections. An IPv6 network of 64 bits counts as one address: it is what one customer gets.

    With `per_address` None the default holds, and loopback is exempt. `new`: how often an address may connect;
    loopback, too, with `new_from_loopback`. `strangers`: who is here without a name. `bans`: who is kept away; they
    are shown the strangers.
    """

    def __init__(
        self,
        in_all: int,
        per_address: int | None = None,
        *,
        new: Allowance | None = None,
        new_from_loopback: bool = False,
        strangers: Strangers | None = None,
        bans: NetworkBans | None = None,
    ) -> None:
        self._strangers = strangers
        self.limit(in_all, per_address)
        self._new = new
        self._new_from_loopback = new_from_loopback
        self._bans = bans
        if bans is not None and strangers is not None:
            bans.nameless = lambda: strangers
        self._count = 0
        self._by_origin: Counter[str] = Counter()
        self._refusing = 0

    def limit(self, in_all: int, per_address: int | None, unnamed: Bound | None = None) -> None:
        """These hold from now on, for who comes; who is counted stays so.

        `unnamed`: how many strangers there may be; None leaves it as it is. Those that are too many give way.
        """
        self._in_all = in_all
        if unnamed is not None and self._strangers is not None:
            self._strangers.limit(unnamed)
        self._per_address = PER_ADDRESS if per_address is None else per_address
        self._exempt_loopback = per_address is None

    def admit(self, address: Any) -> str:
        """Count a connection from a Twisted address; gives what to `release` later.

        Raises `NetworkBanned`, `ServerFull`.
        """
        ip = ip_of(address)
        if ip is not None and self._bans is not None:
            self._bans.check(ip)
        network, is_loopback = network_of(ip)
        origin = "" if is_loopback and self._exempt_loopback else network
        if self._count >= self._in_all:
            raise ServerFull("the server is full; try again later")
        if origin and self._by_origin[origin] >= self._per_address:
            raise ServerFull(f"there {self._present()} from your address already")
        if self._strangers is not None:
            self._strangers.check(origin)
        if self._new is not None and network and (self._new_from_loopback or not is_loopback):
            if wait := self._new.wait(network):
                often = self._new.often
                raise ServerFull(f"your address connects too often ({often} are enough); wait {seconds_left(wait)}")
            self._new.spend(network)
        self._count += 1
        if origin:
            self._by_origin[origin] += 1
        return origin

    def release(self, origin: str) -> None:
        self._count -= 1
        if origin:
            self._by_origin[origin] -= 1
            if not self._by_origin[origin]:
                del self._by_origin[origin]

    def _present(self) -> str:
        return "is 1 connection" if self._per_address == 1 else f"are {self._per_address} connections"

    def unnamed(self, stranger: Stranger) -> None:
        """An admitted connection is there, and has no name yet."""
        if self._strangers is not None:
            self._strangers.came(stranger)

    def named(self, stranger: Stranger) -> None:
        """It has one now, or is gone."""
        if self._strangers is not None:
            self._strangers.gone(stranger)

    def begin_refusal(self) -> bool:
        """Whether one more may be told why it is not admitted; each needs its `end_refusal`."""
        if self._refusing >= REFUSING:
            return False
        self._refusing += 1
        return True

    def end_refusal(self) -> None:
        self._refusing -= 1


def network_of(ip: IPv4Address | IPv6Address | None) -> tuple[str, bool]:
    """What counts as one origin, and whether that is this machine; empty for what is not counted apart."""
    if ip is None:
        return "", False  # a UNIX socket: whoever may open it is trusted by the file's rights
    if isinstance(ip, IPv4Address):
        return str(ip), ip.is_loopback
    return str(IPv6Address(int(ip) >> 64 << 64)), ip.is_loopback


def newcomers(times: int | None, clock: Any) -> Allowance:
    """How often one address may connect: the default for None."""
    return Allowance(Often(NEW_PER_ADDRESS if times is None else times, NEW_WITHIN), clock)
