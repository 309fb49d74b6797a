"""Connects, and again after a loss. ClientService does that, too, but can't be told to try at once."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.internet.interfaces import IDelayedCall, IProtocol, IProtocolFactory, IReactorTime, IStreamClientEndpoint
from twisted.python.failure import Failure

from twisted_chat.client.connection import Backoff


class Attempts:
    """One attempt, one connection or one pause at a time, until it is stopped."""

    def __init__(
        self,
        endpoint: IStreamClientEndpoint,
        factory: IProtocolFactory,
        backoff: Backoff,
        clock: IReactorTime,
        failed: Callable[[Failure], None],
    ) -> None:
        """`failed` is told of each attempt that came to nothing, and may stop them. Who made the factory tells
        `opened`, `succeeded` and `lost`."""
        self._endpoint = endpoint
        self._factory = factory
        self._backoff = backoff
        self._clock = clock
        self._tell_failed = failed
        self._attempt: Deferred[IProtocol] | None = None
        self._alarm: IDelayedCall | None = None
        self._open = False
        self._hurried = False
        self._stopped: Deferred[None] | None = None

    def now(self) -> None:
        """Try at once. Is there a connection that has not succeeded, no pause follows it."""
        self._hurried = self._open
        if self._open or self._attempt is not None or self._stopped is not None:
            return
        self._forget_alarm()
        self._attempt = maybeDeferred(self._endpoint.connect, self._factory)
        self._attempt.addCallbacks(self._made, self._failed)

    def opened(self) -> None:
        self._open = True

    def succeeded(self) -> None:
        """The network letting us through is not enough for that."""
        self._hurried = False
        self._backoff.reset()

    def lost(self) -> None:
        self._open = False
        if self._stopped is not None:
            self._finish()
        elif self._hurried:
            self._hurried = False
            self._alarm = self._clock.callLater(0, self.now)
        else:
            self._again()

    def stop(self) -> Deferred[None]:
        """Fires when nothing is under way any more; the connection is the caller's to close. Called once."""
        self._forget_alarm()
        if not self._open and self._attempt is None:
            self._stopped = succeed(None)
            return self._stopped
        stopped = self._stopped = Deferred()
        if not self._open and self._attempt is not None:
            self._attempt.cancel()
        return stopped

    def _made(self, _: IProtocol) -> None:
        self._attempt = None

    def _failed(self, reason: Failure) -> None:
        self._attempt = None
        if self._stopped is None:
            self._tell_failed(reason)
            if self._stopped is None:
                self._again()
        else:
            self._finish()

    def _finish(self) -> None:
        if self._stopped is not None and not self._stopped.called:
            self._stopped.callback(None)

    def _again(self) -> None:
        self._alarm = self._clock.callLater(self._backoff(), self.now)

    def _forget_alarm(self) -> None:
        if self._alarm is not None and self._alarm.active():
            self._alarm.cancel()
        self._alarm = None
