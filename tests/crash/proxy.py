"""A bad line: a TCP proxy that cuts connections at the worst moment, between a word and its confirmation."""

from __future__ import annotations

import random
import re

from twisted.internet.endpoints import HostnameEndpoint, connectProtocol
from twisted.internet.protocol import Factory, Protocol
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure

from tests.processes.server import reactor

_ID = re.compile(rb'"type": "say".*"id": "([^"]+)"')


class BadLine(Factory):
    """Cuts when a word passes, one time in five, in one of the ways in which that can happen."""

    noisy = False

    def __init__(self, port: int, seed: object) -> None:
        self.port = port
        self.chance = random.Random(f"{seed} proxy")
        self.words = 0
        self.cuts = {"before the word": 0, "before the confirmation": 0, "at the client's end only": 0}

    def buildProtocol(self, addr: object) -> _Near:
        return _Near(self)

    def fate(self) -> str | None:
        """Whether the line is cut at this word, and how."""
        self.words += 1
        if self.chance.randrange(5):
            return None
        how = self.chance.choice(list(self.cuts))
        self.cuts[how] += 1
        return how


class _Near(LineReceiver):
    """The end at the client. A word that is to be cut off is passed on or not; then nothing passes any more."""

    delimiter = b"\n"
    MAX_LENGTH = 1 << 20

    def __init__(self, line: BadLine) -> None:
        self._line = line
        self._far: _Far | None = None
        self._waiting: list[bytes] = []
        self.doomed: bytes | None = None
        """The id whose confirmation the client does not live to see."""

    def connectionMade(self) -> None:
        endpoint = HostnameEndpoint(reactor, "127.0.0.1", self._line.port)
        connectProtocol(endpoint, _Far(self)).addCallbacks(self._connected, lambda _failure: self.cut())

    def _connected(self, far: _Far) -> None:
        self._far = far
        waiting, self._waiting = self._waiting, []
        for line in waiting:
            self.lineReceived(line)

    def lineReceived(self, line: bytes) -> None:
        if self._far is None:
            self._waiting.append(line)
            return
        if self.doomed is not None:
            return
        word = _ID.search(line)
        how = self._line.fate() if word else None
        if how is None:
            self._far.transport.write(line + b"\n")
        elif how == "before the word":
            self.cut()
        elif how == "before the confirmation":
            assert word is not None
            self.doomed = word[1]
            self._far.transport.write(line + b"\n")
        else:
            self.doomed = b""
            self._far.transport.write(line + b"\n")
            self.transport.abortConnection()

    def connectionLost(self, reason: Failure | None = None) -> None:
        # At the client's end only: the server finds out when somebody with the same secret comes.
        if self._far is not None and self.doomed != b"":
            self._far.transport.abortConnection()

    def cut(self) -> None:
        self.transport.abortConnection()
        if self._far is not None:
            self._far.transport.abortConnection()


class _Far(Protocol):
    """The end at the server."""

    def __init__(self, near: _Near) -> None:
        self._near = near
        self._heard = b""

    def dataReceived(self, data: bytes) -> None:
        if self._near.doomed is None:
            self._near.transport.write(data)
        elif self._near.doomed:
            self._heard += data
            if b'"id":"' + self._near.doomed + b'"' in self._heard:
                self._near.cut()

    def connectionLost(self, reason: Failure | None = None) -> None:
        self._near.transport.abortConnection()
