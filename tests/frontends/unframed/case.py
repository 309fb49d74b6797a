"""Clients of the two old dialects over transports that keep each write, with somebody at the line port beside them."""

from __future__ import annotations

from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from tests.helpers import LineCase
from twisted_chat.frontends.admission import Admission
from twisted_chat.frontends.unframed.codec import SPACING
from twisted_chat.frontends.unframed.dialects import Dialect, Gossip, Tutorial
from twisted_chat.frontends.unframed.factory import UnframedFactory

LETTERS = {"é": "e", "ß": "ss", "—": "-"}


def write_out(character: str) -> str:
    return LETTERS.get(character, "")


class Writes(StringTransport):
    """Keeps each write by itself."""

    aborted = False

    def __init__(self, address: IPv4Address) -> None:
        super().__init__(peerAddress=address)
        self.writes: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.writes.append(data)
        super().write(data)

    def abortConnection(self) -> None:
        self.aborted = True
        super().abortConnection()


class Client:
    """One connection of an old client."""

    def __init__(self, case: UnframedCase, factory: UnframedFactory, host: str) -> None:
        self._case = case
        address = IPv4Address("TCP", host, 40001)
        self.protocol: Any = factory.buildProtocol(address)
        self.transport = Writes(address)
        self.protocol.makeConnection(self.transport)
        self._read = 0

    def sends(self, data: bytes) -> None:
        """One read for the server."""
        self.protocol.dataReceived(data)
        self._case.turn()

    def says(self, text: str) -> None:
        self.sends(text.encode())

    def reads(self) -> list[bytes]:
        """What was written since the last look, write by write, after all the time that it needs."""
        before = None
        while before != (before := len(self.transport.writes)) or self.protocol.backlog:
            self._case.clock.advance(SPACING)
        return self.has_read()

    def has_read(self) -> list[bytes]:
        """The same, up to now."""
        found = self.transport.writes[self._read :]
        self._read += len(found)
        return found

    def hangs_up(self, *, rudely: bool = False) -> None:
        self.protocol.connectionLost(Failure(ConnectionLost() if rudely else ConnectionDone()))
        self._case.turn()

    @property
    def is_closed(self) -> bool:
        return self.transport.disconnecting or self.transport.disconnected


class UnframedCase(LineCase):
    """A chat with a line door and both unframed ones."""

    room = "#lobby"

    def setUp(self) -> None:
        super().setUp()
        self.tutorial = self.door(Tutorial(write_out))
        self.gossip = self.door(Gossip())

    def door(self, dialect: Dialect) -> UnframedFactory:
        return UnframedFactory(
            self.chat,
            self.clock,
            Admission(self.in_all, self.per_address),
            rate=self.rate,
            password=self.password,
            dialect=dialect,
            room=self.room,
        )

    def terminal(self, nick: str = "", host: str = "127.0.0.1") -> Client:
        """A terminal client; with a `nick` it is in, and has read the greeting."""
        client = Client(self, self.tutorial, host)
        if nick:
            client.says(nick)
            client.reads()
        return client

    def window(self, nick: str = "", host: str = "127.0.0.1") -> Client:
        """The same for a window client."""
        client = Client(self, self.gossip, host)
        if nick:
            client.says(nick)
            client.reads()
        return client
