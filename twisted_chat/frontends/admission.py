"""Who may connect at all: limits on connections, in all and from one address, kept at one place for every door."""

from __future__ import annotations

from collections import Counter
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from twisted_chat.core.errors import ServerFull

PER_ADDRESS = 16
"""Connections from one address unless told otherwise; loopback is exempt then."""


class Admission:
    """Counts connections. An IPv6 network of 64 bits counts as one address: it is what one customer gets.

    With `per_address` None the default holds, and loopback is exempt.
    """

    def __init__(self, in_all: int, per_address: int | None = None) -> None:
        self.limit(in_all, per_address)
        self._count = 0
        self._by_origin: Counter[str] = Counter()

    def limit(self, in_all: int, per_address: int | None) -> None:
        """These hold from now on, for who comes; who is counted stays so."""
        self._in_all = in_all
        self._per_address = PER_ADDRESS if per_address is None else per_address
        self._exempt_loopback = per_address is None

    def admit(self, address: Any) -> str:
        """Count a connection from a Twisted address; gives what to `release` later. Raises `ServerFull`."""
        origin = self._origin_of(address)
        if self._count >= self._in_all:
            raise ServerFull("the server is full; try again later")
        if origin and self._by_origin[origin] >= self._per_address:
            raise ServerFull(f"there are {self._per_address} connections from your address already")
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

    def _origin_of(self, address: Any) -> str:
        """What counts as one origin; empty for what is not counted apart."""
        try:
            ip = ip_address(str(getattr(address, "host", "")).partition("%")[0])
        except ValueError:
            return ""  # a UNIX socket: whoever may open it is trusted by the file's rights
        if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        if ip.is_loopback and self._exempt_loopback:
            return ""
        if isinstance(ip, IPv4Address):
            return str(ip)
        return str(IPv6Address(int(ip) >> 64 << 64))
