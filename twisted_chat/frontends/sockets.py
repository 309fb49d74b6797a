"""What every door asks of its TCP connections."""

from __future__ import annotations

import contextlib
import os
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from twisted.internet.address import UNIXAddress
from twisted.internet.interfaces import ISSLTransport

SEND_BUFFER = 256 * 1024
"""Bytes the kernel may hold for a reader; left alone, it held 4 MiB for one that had stalled."""

DEAD_AFTER = 90
"""Seconds in which a peer must acknowledge what was sent. Not less: a living reader with a shut window ends, too."""

ACCEPTS = 5
"""Connections that one port accepts in a turn of the reactor."""

_KEEPALIVE = (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3))


def tune(transport: Any) -> None:
    """Small messages leave at once, dead peers are found, and the kernel buffers no more than is useful.

    What is no TCP connection, or a system that lacks an option, goes without.
    """
    connection = socket_under(transport)
    if connection is None or connection.family not in (socket.AF_INET, socket.AF_INET6):
        return
    options = [
        (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        (socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER),
    ]
    for name, value in (*_KEEPALIVE, ("TCP_USER_TIMEOUT", DEAD_AFTER * 1000)):
        option = getattr(socket, name, None)
        if option is not None:
            options.append((socket.IPPROTO_TCP, option, value))
    for level, option, value in options:
        with contextlib.suppress(OSError):  # the peer may be gone already
            connection.setsockopt(level, option, value)


def accept_few(port: Any) -> None:
    """Have a listening port take `ACCEPTS` connections in a turn of the reactor at most.

    Twisted's takes more with each turn that a storm of them lasts, up to the whole queue of 1,024: talk waits for
    all of them then.
    """
    accept = getattr(port, "doRead", None)
    if accept is None or not hasattr(port, "numberAccepts"):
        return

    def accept_bounded() -> None:
        port.numberAccepts = min(port.numberAccepts, ACCEPTS)
        accept()

    port.doRead = accept_bounded


def socket_under(transport: Any) -> socket.socket | None:
    """The socket at the bottom of a transport, through TLS and other wrappers."""
    for _depth in range(4):
        get_handle = getattr(transport, "getHandle", None)
        if get_handle is not None and isinstance(handle := get_handle(), socket.socket):
            return handle
        transport = getattr(transport, "transport", None)
    return None


def is_private(transport: Any) -> bool:
    """Whether nobody on the way can read along: over TLS, from this machine, through a UNIX socket.

    Of a way by a proxy nothing is known.
    """
    if getattr(transport, "by_proxy", False):
        return False
    if ISSLTransport.providedBy(transport):
        return True
    peer = transport.getPeer()
    if getattr(peer, "host", None) is None:
        return True
    ip = ip_of(peer)
    return ip is not None and ip.is_loopback


def ip_of(address: Any) -> IPv4Address | IPv6Address | None:
    """The IP address in a Twisted address, without its zone, and as IPv4 where that is what it stands for."""
    try:
        ip = ip_address(str(getattr(address, "host", "")).partition("%")[0])
    except ValueError:
        return None
    mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    return mapped or ip


def shown(address: Any) -> str:
    """A Twisted address as people write it: ``192.0.2.1:4000``, ``[2001:db8::1]:4000``, ``unix:/run/chat``."""
    host, port = getattr(address, "host", None), getattr(address, "port", None)
    if host is not None:
        return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"
    if isinstance(address, UNIXAddress):
        return f"unix:{os.fsdecode(address.name or b'')}"
    return str(address)
