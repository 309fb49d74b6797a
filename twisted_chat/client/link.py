"""What every connection to a server has, whatever is spoken over it: one alarm, a brake, and an end that comes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from ipaddress import ip_address
from typing import Protocol as Seam
from typing import cast

from twisted.internet.address import UNIXAddress
from twisted.internet.interfaces import IDelayedCall, IPushProducer, IReactorTime, ITCPTransport
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from twisted_chat.client.untrusted import Fields

GRACE = 5.0
"""Seconds that a closed connection has to send what is left."""


class Listener(Seam):
    """Who hears what a connection has to say."""

    def opened(self, connection: Link) -> None:
        """There is a connection; it is not in yet."""

    def greeted(self) -> None:
        """The server asks who we are: time for a hello."""

    def received(self, fields: Fields) -> None:
        """An object, or a refusal at the door made into one."""

    def lost(self, reason: Failure, given_up: str) -> None:
        """It is over. `given_up`: why, if it was the client that gave it up, else empty."""


class Link(Protocol, ABC):
    """A connection. A subclass knows what is spoken: it tells the listener the rest, and says how to send."""

    def __init__(self, listener: Listener, clock: IReactorTime) -> None:
        self._listener = listener
        self._clock = clock
        self._closing = False
        self._given_up = ""
        self._held = False
        self._alarm: IDelayedCall | None = None

    @property
    def is_local(self) -> bool:
        """Whether the peer is on this machine, as far as its address tells."""
        peer = cast(ITCPTransport, self.transport).getPeer()
        if isinstance(peer, UNIXAddress):
            return True
        try:
            address = ip_address(str(getattr(peer, "host", "")).partition("%")[0])
        except ValueError:
            return False
        return (getattr(address, "ipv4_mapped", None) or address).is_loopback

    @abstractmethod
    def send(self, fields: Fields) -> None:
        """Whatever is sent after the end is left out."""

    def connectionMade(self) -> None:
        self._listener.opened(self)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._closing = True
        self._set_alarm(None)
        self._listener.lost(reason, self._given_up)

    def close(self) -> None:
        """Send what is left and end; a peer that does not take it is not waited for."""
        if not self._closing:
            self._closing = True
            self.release()
            self._hang_up()

    def abort(self) -> None:
        self._closing = True
        self._set_alarm(None)
        cast(ITCPTransport, self.transport).abortConnection()

    def give_up(self, why: str) -> None:
        """End at once; the listener is told `why`."""
        self._given_up = why
        self.abort()

    def hold(self) -> None:
        """Read no more: the screen can't keep up. The server sees that, and waits or skips."""
        if not self._held and not self._closing:
            self._held = True
            self._stop_reading()

    def release(self) -> None:
        if self._held:
            self._held = False
            self._read_again()

    def _stop_reading(self) -> None:
        cast(IPushProducer, self.transport).pauseProducing()

    def _read_again(self) -> None:
        cast(IPushProducer, self.transport).resumeProducing()

    def _hang_up(self) -> None:
        self._set_alarm(GRACE, self.abort)
        cast(ITCPTransport, self.transport).loseConnection()

    def _set_alarm(self, delay: float | None, ring: Callable[[], None] | None = None) -> None:
        """One alarm at a time: a new one takes the place of the old one."""
        if self._alarm is not None and self._alarm.active():
            self._alarm.cancel()
        self._alarm = None
        if delay is not None and ring is not None:
            self._alarm = self._clock.callLater(delay, ring)
