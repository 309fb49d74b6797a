"""The running service: opens the doors, and closes them so that nobody loses what was on its way to him."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort, IReactorTime, IStreamServerEndpoint
from twisted.logger import Logger
from twisted.python.failure import Failure

from twisted_chat.boundaries import JournalUnusable
from twisted_chat.core.chat import Chat
from twisted_chat.frontends.door import DoorFactory
from twisted_chat.frontends.sockets import accept_few

GOING_DOWN = "The server is going down"
FLUSH = 2.0
"""Seconds that connections have at the end to take what is queued for them."""

_log = Logger()


@dataclass(frozen=True, slots=True)
class Door:
    """An endpoint, by which option and how it was described, and who serves it."""

    option: str
    description: str
    endpoint: IStreamServerEndpoint
    factory: DoorFactory


class StartError(Exception):
    """The service can't start; the text says why in one line."""


class ChatService(Service):
    """One chat and its doors.

    `failed` gets a `StartError` when a door can't be opened; it is expected to raise. `before_opening` is called in the
    process that will serve, before anybody can come.
    """

    def __init__(
        self, chat: Chat, doors: Sequence[Door], clock: IReactorTime, failed: Callable[[StartError], None]
    ) -> None:
        self._chat = chat
        self._doors = doors
        self._clock = clock
        self._failed = failed
        self.ports: list[IListeningPort] = []
        self.before_opening: Callable[[], None] = lambda: None

    def startService(self) -> None:
        """Open the log: after twistd has forked and given up root's rights, so that the file belongs to who serves."""
        super().startService()  # type: ignore[no-untyped-call]
        try:
            self._chat.open()
        except JournalUnusable as error:
            self._failed(StartError(str(error)))

    def privilegedStartService(self) -> None:
        """Open the doors: before twistd gives up root's rights, so that a port below 1024 can be had."""
        super().privilegedStartService()  # type: ignore[no-untyped-call]
        self.before_opening()
        for door in self._doors:
            self._open(door)

    def _open(self, door: Door) -> None:
        def opened(port: IListeningPort) -> None:
            accept_few(port)
            self.ports.append(port)
            _log.info(
                "{name!r} listens on {address} ({door})", name=self._chat.name, address=port.getHost(), door=door.option
            )

        def failed(failure: Failure) -> None:
            reason: object = failure.value
            what = f"can't listen on {door.description}"
            if isinstance(reason, CannotListenError):
                if isinstance(reason.port, int):  # else it is a UNIX socket
                    what = f"Unable to bind to host {reason.interface or '0.0.0.0'} and port {reason.port}"
                reason = reason.socketError
            if isinstance(reason, OSError):
                reason = reason.strerror or reason
            elif str(reason) == "Cannot acquire lock":  # Twisted's word about a unix: endpoint
                reason = "another process listens there"
            self._failed(StartError(f"{what}: {reason}"))

        outcome: list[Any] = []
        door.endpoint.listen(door.factory).addBoth(outcome.append)
        for result in outcome:  # at once, for every kind of endpoint that Twisted has
            if isinstance(result, Failure):
                failed(result)
            else:
                opened(result)

    def stopService(self) -> Deferred[Any]:
        """Let nobody in any more, tell everybody, flush, end. Fires when all of that is done."""
        super().stopService()  # type: ignore[no-untyped-call]
        ports, self.ports = self.ports, []
        closed = DeferredList([Deferred.fromCoroutine(_stopped(port)) for port in ports])
        closed.addCallback(lambda _results: self._chat.close(GOING_DOWN))
        closed.addCallback(lambda _none: self._close_connections())
        return closed

    def hurry(self) -> None:
        """Somebody can't wait for the end: drop the connections that are left."""
        for factory in self._factories():
            factory.abort_all()

    def _close_connections(self) -> Deferred[Any]:
        return DeferredList([factory.close(GOING_DOWN, FLUSH) for factory in self._factories()])

    def _factories(self) -> set[DoorFactory]:
        return {door.factory for door in self._doors}


async def _stopped(port: IListeningPort) -> None:
    stopping = port.stopListening()
    if stopping is not None:
        await stopping
