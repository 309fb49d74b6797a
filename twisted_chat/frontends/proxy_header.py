"""What a proxy says in a PROXY header, versions 1 and 2: whose a connection is. Pure.

Twisted's reader takes any text for an address, lets a `ValueError` out, and refuses ``PROXY UNKNOWN`` and headers that
come in pieces; so a header is read here, and handed to Twisted's wrapper as it would have made it.
"""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address

from twisted.internet import address
from twisted.internet.interfaces import IAddress

FIRST = b"PROXY "
SECOND = b"\r\n\r\n\0\r\nQUIT\n"
"""How each version begins."""

_LONGEST = 107
"""Bytes of a header of version 1, with its end."""

_FAMILIES: dict[bytes, type[IPv4Address] | type[IPv6Address]] = {b"TCP4": IPv4Address, b"TCP6": IPv6Address}
_LOCAL, _PROXY = 0x20, 0x21
_NOTHING_KNOWN = range(0x10)
_TCP4, _TCP6, _UNIX = 0x11, 0x21, 0x31

Ends = tuple[IAddress, IAddress] | None
"""Where a connection came from, and to where; None: the proxy's own, or it does not know."""


class BadHeader(ValueError):
    """It is none; the text says why, and repeats nothing of it."""


def read(data: bytes) -> tuple[Ends, int] | None:
    """What the header at the begin of `data` says, and its length; None while it is not complete. Raises `BadHeader`.

    As the specification has it, "UNKNOWN", "LOCAL" and what is no address of a network are accepted: whose such a
    connection is, the header does not say.
    """
    if data.startswith(FIRST) or FIRST.startswith(data):
        return _read_text(data)
    if data.startswith(SECOND) or SECOND.startswith(data):
        return _read_binary(data)
    raise BadHeader("it does not begin with a PROXY header")


def _read_text(data: bytes) -> tuple[Ends, int] | None:
    end = data.find(b"\r\n", 0, _LONGEST)
    if end < 0:
        if len(data) < _LONGEST:
            return None
        raise BadHeader("its PROXY header has no end")
    protocol, *fields = data[len(FIRST) : end].split(b" ")
    if protocol == b"UNKNOWN":
        return None, end + 2
    family = _FAMILIES.get(protocol)
    if family is None or len(fields) != 4:
        raise BadHeader("its PROXY header is none of TCP4, TCP6, UNKNOWN")
    try:
        source, destination = (family(each.decode("ascii")) for each in fields[:2] if b"%" not in each)
    except ValueError:
        raise BadHeader("there is no IP address where the PROXY header should have one") from None
    source_port, destination_port = map(_port, fields[2:])
    return (_address(source, source_port), _address(destination, destination_port)), end + 2


def _port(digits: bytes) -> int:
    if not digits.isdigit() or len(digits) > 5 or int(digits) > 65_535:
        raise BadHeader("there is no port where the PROXY header should have one")
    return int(digits)


def _read_binary(data: bytes) -> tuple[Ends, int] | None:
    if len(data) < 16:
        return None
    command, family, length = struct.unpack_from("!BBH", data, 12)
    if command not in (_LOCAL, _PROXY):
        raise BadHeader("its PROXY header is of no version that is known")
    end = 16 + length
    if command == _LOCAL or family in _NOTHING_KNOWN or family == _UNIX:
        return (None, end) if len(data) >= end else None
    form = {_TCP4: "!4s4sHH", _TCP6: "!16s16sHH"}.get(family)
    if form is None:
        raise BadHeader("its PROXY header is of something else than a TCP connection")
    if length < struct.calcsize(form):
        raise BadHeader("its PROXY header is too short for its addresses")
    if len(data) < end:
        return None
    source, destination, source_port, destination_port = struct.unpack_from(form, data, 16)
    kind = IPv4Address if family == _TCP4 else IPv6Address
    return (_address(kind(source), source_port), _address(kind(destination), destination_port)), end


def _address(ip: IPv4Address | IPv6Address, port: int) -> IAddress:
    if isinstance(ip, IPv4Address):
        return address.IPv4Address("TCP", str(ip), port)
    return address.IPv6Address("TCP", str(ip), port)
