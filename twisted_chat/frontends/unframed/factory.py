"""The unframed doors: an UnframedProtocol for each connection that is admitted."""

from __future__ import annotations

from typing import Any

from twisted_chat.boundaries import Stance
from twisted_chat.core.errors import ChatError
from twisted_chat.core.told import Failure
from twisted_chat.frontends.door import DoorFactory
from twisted_chat.frontends.unframed.dialects import Dialect
from twisted_chat.frontends.unframed.protocol import UnframedProtocol


class UnframedFactory(DoorFactory):
    """Makes a protocol for each connection of one dialect. `room` is where everybody is who enters here."""

    def __init__(self, *arguments: Any, dialect: Dialect, room: str, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.dialect = dialect
        self.room = room

    def connection(self, origin: str) -> UnframedProtocol:
        return UnframedProtocol(self, origin)

    def refusal(self, error: ChatError) -> bytes:
        (message,) = self.dialect.current.render(Failure(error), Stance.OTHER)
        return bytes(message)
