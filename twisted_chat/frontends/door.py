"""What makes a door: builds a protocol for each connection that is admitted, and closes them all in the end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.protocol import Protocol, ServerFactory

from twisted_chat.core.allowance import Allowance, Often
from twisted_chat.core.chat import Chat
from twisted_chat.core.errors import ChatError, NetworkBanned, ServerFull
from twisted_chat.frontends.admission import Admission
from twisted_chat.frontends.connection import GREETING_TIME
from twisted_chat.frontends.outbox import GRACE
from twisted_chat.frontends.refusals import Refusals
from twisted_chat.frontends.throttle import Rate

if TYPE_CHECKING:
    from twisted_chat.frontends.connection import DoorConnection

REFUSALS_WORDED = Often(64, 4.0)
"""So many refused connections are told why; a storm of them is closed without a word, which costs a fifth."""

_ALL = "all"


class DoorFactory(ServerFactory, ABC):
    """Makes a protocol for each connection to a door; a subclass says which, and words its refusals.

    `rate` None lets everybody talk as fast as he can; `password` is what the server asks for at the door, None for
    nothing; `greeting_time` is how many seconds a stranger has for a name.
    """

    noisy = False

    def __init__(
        self,
        chat: Chat,
        clock: IReactorTime,
        admission: Admission,
        *,
        rate: Rate | None = None,
        password: str | None = None,
        greeting_time: float = GREETING_TIME,
    ) -> None:
        self.chat = chat
        self.clock = clock
        self.admission = admission
        self.rate = rate
        self.password = password
        self.greeting_time = greeting_time
        self.connections: set[DoorConnection] = set()
        self._worded = Allowance(REFUSALS_WORDED, clock)
        self.refusals = Refusals(clock)
        self._all_gone: Deferred[None] | None = None
        self._give_up: IDelayedCall | None = None

    @abstractmethod
    def connection(self, origin: str) -> DoorConnection:
        """A protocol for a connection that was admitted as `origin`."""

    @abstractmethod
    def refusal(self, error: ChatError) -> bytes:
        """What a connection that is not admitted is told, in this door's own form."""

    def buildProtocol(self, addr: Any) -> Protocol | None:
        try:
            origin = self.admission.admit(addr)
        except (ServerFull, NetworkBanned) as error:
            self.refusals.note(addr, str(error))
            if self._worded.wait(_ALL) or not self.admission.begin_refusal():
                return None  # closed without a word
            self._worded.spend(_ALL)
            return Refusal(self.refusal(error), self.clock, self.admission.end_refusal)
        return self.connection(origin)

    def close(self, notice: str, flush: float) -> Deferred[None]:
        """End what has no session; fires when every connection is gone, at the latest after `flush` seconds."""
        for connection in tuple(self.connections):
            connection.farewell(notice)
        if not self.connections:
            return succeed(None)
        self._all_gone = Deferred()
        self._give_up = self.clock.callLater(flush, self.abort_all)
        return self._all_gone

    def connection_gone(self, connection: DoorConnection, origin: str) -> None:
        """A connection that was admitted as `origin` is over."""
        self.connections.discard(connection)
        self.admission.release(origin)
        if self._all_gone is not None and not self.connections:
            gone, self._all_gone = self._all_gone, None
            if self._give_up is not None and self._give_up.active():
                self._give_up.cancel()
            gone.callback(None)

    def abort_all(self) -> None:
        """End every connection now."""
        for connection in tuple(self.connections):
            connection.abort()


class Refusal(Protocol):
    """Says why a connection is not admitted, and ends it."""

    def __init__(self, words: bytes, clock: IReactorTime, ended: Callable[[], None]) -> None:
        self._words = words
        self._clock = clock
        self._ended = ended
        self._grace: IDelayedCall | None = None

    def connectionMade(self) -> None:
        transport: Any = self.transport
        transport.write(self._words)
        transport.loseConnection()
        self._grace = self._clock.callLater(GRACE, transport.abortConnection)

    def connectionLost(self, reason: object = None) -> None:
        self._ended()
        if self._grace is not None and self._grace.active():
            self._grace.cancel()
