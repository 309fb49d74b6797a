"""Connections by a proxy that says in a PROXY header whose each is: nothing of ours sees one before its header."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IHalfCloseableProtocol,
    IListeningPort,
    IProtocolFactory,
    IReactorTime,
    ISSLTransport,
    IStreamServerEndpoint,
    ITCPTransport,
)
from twisted.internet.protocol import Protocol, connectionDone
from twisted.protocols.haproxy._wrapper import HAProxyProtocolWrapper, HAProxyWrappingFactory
from twisted.python.failure import Failure
from zope.interface import directlyProvides, implementer

HEADER_TIME = 60.0
"""Seconds that the proxy has for its header."""


class _Held(Protocol):
    """Stands where the door's protocol will be, and keeps what comes with the header."""

    def __init__(self) -> None:
        self.data = b""

    def dataReceived(self, data: bytes) -> None:
        self.data += data


@implementer(IHalfCloseableProtocol)
class ProxiedProtocol(HAProxyProtocolWrapper):
    """Twisted's reader of PROXY headers, version 1 and 2, with the door's protocol made after the header.

    Twisted makes it before: then the proxy's address would be admitted, and be taken for the one that comes; and who
    comes from elsewhere by a proxy on this machine would be taken for somebody whom nobody can read along with.
    """

    _deadline: IDelayedCall | None = None

    def makeConnection(self, transport: Any) -> None:  # noqa: N802
        super().makeConnection(transport)  # type: ignore[no-untyped-call]
        if ISSLTransport.providedBy(self):
            # That is the proxy's way to us, and says nothing of somebody's way to the proxy.
            directlyProvides(self, ITCPTransport)
        clock: IReactorTime = self.factory.clock
        self._deadline = clock.callLater(HEADER_TIME, self._too_slow)

    def dataReceived(self, data: bytes) -> None:
        before = self.wrappedProtocol
        super().dataReceived(data)
        if isinstance(before, _Held) and self._proxyInfo is not None:
            self._known(before.data)

    def _known(self, data: bytes) -> None:
        """The header is there, and `data` is what came behind it."""
        self._stop_deadline()
        protocol = self.factory.wrappedFactory.buildProtocol(self.getPeer())
        if protocol is None:  # refused without a word
            self.wrappedProtocol = Protocol()
            self.abortConnection()
            return
        self.wrappedProtocol = protocol
        protocol.makeConnection(self)
        if data:
            protocol.dataReceived(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._stop_deadline()
        super().connectionLost(reason)  # type: ignore[no-untyped-call]

    def readConnectionLost(self) -> None:
        half = IHalfCloseableProtocol(self.wrappedProtocol, None)
        if half is not None:
            half.readConnectionLost()
        else:
            self.loseConnection()

    def writeConnectionLost(self) -> None:
        """Never called: we close both directions at once."""

    def _too_slow(self) -> None:
        self._deadline = None
        self.abortConnection()

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class ProxiedFactory(HAProxyWrappingFactory):
    """Has `door` build a protocol for each connection whose PROXY header has come."""

    noisy = False

    def __init__(self, door: IProtocolFactory, clock: IReactorTime) -> None:
        super().__init__(door)  # type: ignore[no-untyped-call]
        self.clock = clock

    def buildProtocol(self, _addr: IAddress | None) -> ProxiedProtocol:
        return ProxiedProtocol(self, _Held())  # type: ignore[arg-type]


@implementer(IStreamServerEndpoint)
class ProxiedEndpoint:
    """Listens at `endpoint` for a proxy."""

    def __init__(self, endpoint: IStreamServerEndpoint, clock: IReactorTime) -> None:
        self._endpoint = endpoint
        self._clock = clock

    def listen(self, factory: IProtocolFactory) -> Deferred[IListeningPort]:
        found: Deferred[IListeningPort] = self._endpoint.listen(ProxiedFactory(factory, self._clock))
        return found
