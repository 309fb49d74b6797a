"""One connection at a door, from its first byte to its last: what all doors that are typed at share."""

from __future__ import annotations

import hmac
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IDelayedCall, IHalfCloseableProtocol
from twisted.logger import Logger
from twisted.python.failure import Failure as TwistedFailure
from zope.interface import implementer

from twisted_chat.boundaries import Origin, Rendered, Stance, View
from twisted_chat.core.errors import BadLogin, ChatError, Flood, LineTooLong, TimedOut
from twisted_chat.core.told import Failure, Notice, Told
from twisted_chat.frontends.outbox import Outbox, plain_socket
from twisted_chat.frontends.receiver import TameLineReceiver
from twisted_chat.frontends.sockets import ip_of, is_private, shown, tune
from twisted_chat.frontends.throttle import Throttle

if TYPE_CHECKING:
    from twisted_chat.core.session import Session
    from twisted_chat.frontends.door import DoorFactory

GREETING_TIME = 60.0
GREETING_BYTES = 8 * 1024
GREETING_LINES = 64
"""Seconds (unless told otherwise), bytes and lines that a stranger has until he has a name."""

PASSWORD_TRIES = 3
PATIENCE = 500
"""Lines that a person is served after lagging; who missed more gets one notice."""

_HTTP_REQUEST = re.compile(rb"(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|CONNECT|TRACE) \S+ HTTP/\d")

_log = Logger()


@implementer(IHalfCloseableProtocol)
class DoorConnection(TameLineReceiver, ABC):
    """Lets somebody in within a time, slows him down, and sees to it that every end is told exactly once.

    A subclass is the session's `Recipient`. What a line means depends on `_state`, a method: the greeting first.
    """

    def __init__(self, factory: DoorFactory, origin: str) -> None:
        super().__init__()
        self._factory = factory
        self._clock = factory.clock
        self._peer_ended = False
        self.counted_as = origin
        self.origin = Origin(origin)
        self._state: Callable[[bytes], None] = self._first_line
        self._session: Session | None = None
        self._throttle: Throttle | None = None
        self._deadline: IDelayedCall | None = None
        self._greeting_lines = self._greeting_bytes = 0
        self._wants_password = factory.password is not None
        self._wrong_passwords = 0

    # what a subclass says

    @abstractmethod
    def greet(self) -> None:
        """The connection is there, and so is the outbox."""

    @abstractmethod
    def _greeting(self, line: bytes) -> None:
        """A line of somebody who has no name yet."""

    @abstractmethod
    def view(self, current: bool) -> View:
        """As the session's `Recipient`."""

    @abstractmethod
    def answer(self, rendered: Rendered) -> None:
        """The same."""

    def send_the_rest(self) -> None:
        """Send what is queued, then end the connection."""
        self._outbox.close()

    # the connection

    def connectionMade(self) -> None:
        tune(self.transport)
        assert self.transport is not None
        address = ip_of(self.transport.getPeer())
        self.origin = Origin(self.counted_as, is_private(self.transport), "" if address is None else str(address))
        self._outbox = Outbox(self.transport, self._clock, self._drained, plain_socket(self.transport))
        if self._factory.rate is not None:
            self._throttle = Throttle(self._factory.rate, self._clock, self.pause, self.resume, self._flooded)
        self._deadline = self._clock.callLater(self._factory.greeting_time, self._too_slow)
        self._factory.connections.add(self)
        self.greet()
        self._factory.admission.unnamed(self)

    def connectionLost(self, reason: TwistedFailure | None = None) -> None:
        orderly = reason is None or bool(reason.check(ConnectionDone))  # type: ignore[no-untyped-call]
        self._outbox.gone()
        if orderly:
            # Over TLS, which has no half close, this is where the peer has ended what it says.
            self._hear_the_rest()
        self._stop()
        self._factory.admission.named(self)
        self._factory.connection_gone(self, self.counted_as)
        if self._session is not None:
            self._session.lost("" if orderly else "connection lost")

    def readConnectionLost(self) -> None:
        """The peer has said all that it will, but may be reading still: it gets its answers."""
        self._peer_ended = True
        self._hear_the_rest()
        if self._session is not None:
            self._session.depart()
        else:
            self.close()

    def writeConnectionLost(self) -> None:
        """Never called: the outbox closes both directions at once."""

    def _hear_the_rest(self) -> None:
        """What a pause has held back is said now: it was sent before the end, and slowing loses nothing."""
        if self._throttle is not None:
            self._throttle.pause_no_more()
        self.hear_the_end()

    # lines in

    def dataReceived(self, data: bytes) -> None:
        if data and self._session is not None:
            self._session.heard()
        super().dataReceived(data)

    def pause(self) -> None:
        super().pause()
        if self._session is not None:
            self._session.arrival = None  # what is read after it may be older than what has arrived meanwhile

    def lineReceived(self, line: bytes) -> None:
        if self._throttle is not None:
            self._throttle.took_line()
        self._state(line)

    def lineLengthExceeded(self, line: bytes) -> None:
        if self._throttle is not None:
            self._throttle.took_line()
        error = LineTooLong(self.MAX_LENGTH)
        if self._session is None:
            self._tell(Failure(error))
            self.close()  # it was more than the whole greeting may take
        else:
            self._session.fail(error)

    def _first_line(self, line: bytes) -> None:
        if looks_like_http(line):
            self.abort()
        else:
            self._state = self._greeting
            self._greeting(line)

    def _count_greeting(self, line: bytes) -> None:
        """A stranger has said one line more. Raises `Flood`."""
        self._greeting_lines += 1
        self._greeting_bytes += len(line)
        if self._greeting_lines > GREETING_LINES or self._greeting_bytes > GREETING_BYTES:
            raise Flood

    def _check_password(self, answer: str) -> None:
        """Whether it is the server's. Raises `BadLogin`."""
        wanted = self._factory.password or ""
        if not hmac.compare_digest(answer.encode("utf-8", "replace"), wanted.encode()):
            self._wrong_passwords += 1
            raise BadLogin("that is not the server's password")
        self._wants_password = False

    def _turned_away(self, error: ChatError) -> bool:
        """After a refusal at the greeting: whether it was the last, and the connection ends."""
        if not (isinstance(error, Flood) or self._wrong_passwords >= PASSWORD_TRIES):
            return False
        _log.info("{peer} was turned away: {why}", peer=self._peer(), why=str(error))
        self.close()
        return True

    def _let_in(self, session: Session, state: Callable[[bytes], None]) -> None:
        self._session = session
        self._state = state
        person = session.person
        _log.info("{nick!r} ({id}) came from {peer}", nick=person.next_name.text, id=person.id, peer=self._peer())
        self._stop_deadline()
        self._factory.admission.named(self)

    def ask(self, _answered: Callable[[str], None]) -> bool:
        """As the session's `Recipient`: where nobody sits at a prompt, nothing is asked."""
        return False

    def became(self, session: Session) -> None:
        self._session = session
        if self._peer_ended:
            session.depart()

    # bytes out, all of them by the outbox

    @property
    @abstractmethod
    def backlog(self) -> int:
        """As the session's `Recipient`."""

    @property
    def arrived(self) -> bool:
        return not self.backlog and self._outbox.arrived

    def _tell(self, told: Told) -> None:
        self.answer(self.view(True).render(told, Stance.OTHER))

    def _drained(self) -> None:
        if self._session is not None:
            self._session.drained()

    # ends

    def close(self) -> None:
        """Hear nothing more, send what is queued, then end the connection."""
        self._stop()
        self.send_the_rest()

    def abort(self) -> None:
        """End the connection now."""
        self._stop()
        self._outbox.abort()

    def give_way(self) -> None:
        """Without a name it has held its place for longer than others, and one is needed."""
        assert self.transport is not None
        self._factory.refusals.note(self.transport.getPeer(), "its place was needed")
        self.abort()

    def turn_away(self, error: ChatError) -> None:
        """It has no name, and may not stay."""
        assert self.transport is not None
        self._factory.refusals.note(self.transport.getPeer(), str(error))
        self._give_up(error, "")

    def charge(self, lines: int) -> None:
        """As the session's `Recipient`: what it did last counts for so many lines more."""
        if self._throttle is not None:
            self._throttle.charge(lines)

    def farewell(self, notice: str) -> None:
        """The server goes down. Who has a session is told by that."""
        if self._session is None:
            self._tell(Notice(notice))
            self.close()

    def _give_up(self, error: ChatError, reason: str) -> None:
        self._tell(Failure(error))
        if self._session is not None:
            self._session.lost(reason)
        self.close()

    def _too_slow(self) -> None:
        self._deadline = None
        self._give_up(TimedOut(f"you had {self._factory.greeting_time:.0f} seconds for a name"), "")

    def _flooded(self) -> None:
        _log.info("{peer} flooded and was closed", peer=self._peer())
        self._give_up(Flood(), "flood")

    def _peer(self) -> str:
        """Where it comes from, for the log."""
        return shown(self.transport.getPeer() if self.transport is not None else None)

    def _stop(self) -> None:
        self.stop_hearing()
        self._stop_deadline()
        if self._throttle is not None:
            self._throttle.stop()

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def looks_like_http(line: bytes) -> bool:
    """Whether a browser was talked into sending this."""
    return _HTTP_REQUEST.match(line) is not None
