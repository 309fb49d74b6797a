"""PROXY headers as bytes: what they say, and what is none."""

from __future__ import annotations

import struct
from ipaddress import ip_address

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.frontends.proxy_header import FIRST, SECOND, BadHeader, read


def binary(command: int, family: int, body: bytes, length: int | None = None) -> bytes:
    return SECOND + struct.pack("!BBH", command, family, len(body) if length is None else length) + body


def ends(source: str, destination: str) -> bytes:
    return ip_address(source).packed + ip_address(destination).packed + struct.pack("!HH", 1, 65_535)


V4, V6 = ends("192.0.2.1", "10.0.0.1"), ends("2001:db8::1", "::1")


class Reading(SynchronousTestCase):
    def test_whose_it_is(self) -> None:
        found = (IPv4Address("TCP", "192.0.2.1", 1), IPv4Address("TCP", "10.0.0.1", 65_535))
        newer = (IPv6Address("TCP", "2001:db8::1", 1), IPv6Address("TCP", "::1", 65_535))
        for data, wanted in {
            b"PROXY TCP4 192.0.2.1 10.0.0.1 1 65535\r\n": found,
            b"PROXY TCP6 2001:db8::1 ::1 1 65535\r\n": newer,
            binary(0x21, 0x11, V4): found,
            binary(0x21, 0x11, V4 + b"more that is told"): found,
            binary(0x21, 0x21, V6): newer,
        }.items():
            self.assertEqual(read(data + b"alice\r\n"), (wanted, len(data)))
            for length in range(len(data)):
                self.assertIsNone(read(data[:length]), data[:length])

    def test_what_it_does_not_know(self) -> None:
        for data in (
            b"PROXY UNKNOWN\r\n",
            b"PROXY UNKNOWN " + b"\xff" * 91 + b"\r\n",
            binary(0x20, 0x00, b""),
            binary(0x20, 0x11, V4),
            binary(0x21, 0x00, b"anything"),
            binary(0x21, 0x31, b"\0" * 216),
        ):
            self.assertEqual(read(data + b"alice"), (None, len(data)))
            self.assertIsNone(read(data[:-1]))

    def test_what_is_none(self) -> None:
        for data in (
            b"alice\r\n",
            b"proxy TCP4 192.0.2.1 10.0.0.1 1 2\r\n",
            b"PROXY TCP4\r\n",
            b"PROXY \r\n",
            b"PROXY UDP4 192.0.2.1 10.0.0.1 1 2\r\n",
            b"PROXY TCP4 nonsense 10.0.0.1 1 2\r\n",
            b"PROXY TCP4 999.0.0.1 x 1 2\r\n",
            b"PROXY TCP4 192.0.2.1 x 1 2\r\n",
            b"PROXY TCP4 192.0.2.1 10.0.0.1 1\r\n",
            b"PROXY TCP4 192.0.2.1 10.0.0.1 1 2 3\r\n",
            b"PROXY TCP4 192.0.2.1 10.0.0.1 x 2\r\n",
            b"PROXY TCP4 192.0.2.1 10.0.0.1 1 65536\r\n",
            b"PROXY TCP4 192.0.2.1 10.0.0.1 1 -2\r\n",
            b"PROXY TCP4 192.0.2.1 10.0.0.1 1 " + b"9" * 60 + b"\r\n",
            b"PROXY TCP4 192.0.2.\xb2 10.0.0.1 1 2\r\n",
            b"PROXY TCP4 2001:db8::1 ::1 1 2\r\n",
            b"PROXY TCP6 192.0.2.1 10.0.0.1 1 2\r\n",
            b"PROXY TCP6 fe80::1%\x1b[31m ::1 1 2\r\n",
            b"PROXY UNKNOWN " + b"x" * 93,
            binary(0x31, 0x11, V4),
            binary(0x22, 0x11, V4),
            binary(0x21, 0x12, V4),
            binary(0x21, 0x13, V4),
            binary(0x21, 0x11, b""),
            binary(0x21, 0x21, V4),
        ):
            self.assertRaises(BadHeader, read, data)

    @given(
        st.sampled_from((b"", FIRST, b"PROXY TCP4 ", b"PROXY TCP6 ", SECOND, SECOND + b"\x21")), st.binary(max_size=200)
    )
    def test_whatever_comes(self, begin: bytes, rest: bytes) -> None:
        """A header, none, or not yet: no other exception, and every address is one."""
        try:
            found = read(begin + rest)
        except BadHeader as error:
            self.assertTrue(str(error).isprintable())
            return
        if found is not None and found[0] is not None:
            for address in found[0]:
                ip_address(address.host)  # type: ignore[attr-defined]
