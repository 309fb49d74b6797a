"""The line door: a LineProtocol for each connection that is admitted."""

from __future__ import annotations

from twisted_chat.boundaries import Stance
from twisted_chat.core.errors import ChatError
from twisted_chat.core.told import Failure
from twisted_chat.frontends.door import DoorFactory
from twisted_chat.frontends.line.human import CURRENT
from twisted_chat.frontends.line.protocol import LineProtocol


class LineFactory(DoorFactory):
    """Makes a protocol for each connection to the line port."""

    def connection(self, origin: str) -> LineProtocol:
        return LineProtocol(self, origin)

    def refusal(self, error: ChatError) -> bytes:
        return CURRENT.render(Failure(error), Stance.OTHER)
