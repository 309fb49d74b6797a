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
from twisted.protocols.haproxy._info import ProxyInfo
from twisted.protocols.haproxy._wrapper import HAProxyProtocolWrapper, HAProxyWrappingFactory
from twisted.python.failure import Failure
from zope.interface import directlyProvides, implementer

from twisted_chat.frontends import proxy_header
from twisted_chat.frontends.refusals import Refusals

HEADER_TIME = 60.0
"""Seconds that the proxy has for its header."""


@implementer(IHalfCloseableProtocol)
class ProxiedProtocol(HAProxyProtocolWrapper):
    """Twisted's wrapper for PROXY headers, version 1 and 2, with the door's protocol made after the header.

    Twisted makes it before: then the proxy's address would be admitted, and be taken for the one that comes; and who
    comes from elsewhere by a proxy on this machine would be taken for somebody whom nobody can read along with.
    """

    by_proxy = True
    _deadline: IDelayedCall | None = None
    _header = b""

    def makeConnection(self, transport: Any) -> None:  # noqa: N802
        super().makeConnection(transport)  # type: ignore[no-untyped-call]
        if ISSLTransport.providedBy(self):
            # That is the proxy's way to us, and says nothing of somebody's way to the proxy.
            directlyProvides(self, ITCPTransport)
        clock: IReactorTime = self.factory.clock
        self._deadline = clock.callLater(HEADER_TIME, self._too_slow)

    def dataReceived(self, data: bytes) -> None:
        if self._proxyInfo is not None:
            self.wrappedProtocol.dataReceived(data)
            return
        if self._deadline is None:  # it was refused already
            return
        self._header += data
        try:
            found = proxy_header.read(self._header)
        except proxy_header.BadHeader as error:
            self.factory.refusals.note(self.getPeer(), str(error))
            self._stop_deadline()
            self.loseConnection()  # type: ignore[no-untyped-call]
            return
        if found is not None:
            ends, length = found
            header, rest = self._header[:length], self._header[length:]
            self._header = b""
            self._proxyInfo = ProxyInfo(header, *(ends or (None, None)))
            self._known(rest)

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
        self.refusals = Refusals(clock)

    def buildProtocol(self, _addr: IAddress | None) -> ProxiedProtocol:
        return ProxiedProtocol(self, Protocol())  # type: ignore[arg-type]


@implementer(IStreamServerEndpoint)
class ProxiedEndpoint:
    """Listens at `endpoint` for a proxy."""

    def __init__(self, endpoint: IStreamServerEndpoint, clock: IReactorTime) -> None:
        self._endpoint = endpoint
        self._clock = clock

    def listen(self, factory: IProtocolFactory) -> Deferred[IListeningPort]:
        found: Deferred[IListeningPort] = self._endpoint.listen(ProxiedFactory(factory, self._clock))
        return found
