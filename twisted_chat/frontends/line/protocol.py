"""One connection at the line port: a LineReceiver between its peer's lines and a session of the chat."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import TYPE_CHECKING

from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IDelayedCall, IHalfCloseableProtocol
from twisted.logger import Logger
from twisted.python.failure import Failure as TwistedFailure
from zope.interface import implementer

from twisted_chat.boundaries import Recipient, Stance, View
from twisted_chat.core.errors import BadLogin, BadRequest, ChatError, Flood, LineTooLong, TimedOut
from twisted_chat.core.told import Failure, Notice, Told
from twisted_chat.frontends.line import human, jsonl, requests
from twisted_chat.frontends.line.framing import MAX_LINE, decode, looks_like_http
from twisted_chat.frontends.line.objects import OBJECTS
from twisted_chat.frontends.line.receiver import TameLineReceiver
from twisted_chat.frontends.line.silence import DROP_AFTER, Silence
from twisted_chat.frontends.outbox import Outbox, plain_socket
from twisted_chat.frontends.sockets import tune
from twisted_chat.frontends.throttle import Throttle

if TYPE_CHECKING:
    from twisted_chat.core.session import Session
    from twisted_chat.frontends.line.factory import LineFactory

GREETING_TIME = 60.0
GREETING_BYTES = 8 * 1024
GREETING_LINES = 64
"""Seconds, bytes and lines that a stranger has until he has a name."""

PASSWORD_TRIES = 3
PATIENCE = 500
"""Lines that a person is served after lagging; who missed more gets one notice."""

_log = Logger()


@implementer(IHalfCloseableProtocol)
class LineProtocol(TameLineReceiver):
    """Nickname negotiation, then lines in and out. It is its session's `Recipient`, too.

    What a line means depends on `_state`, a method: a prompt's answer first, then talk, in either dialect.
    """

    MAX_LENGTH = MAX_LINE

    def __init__(self, factory: LineFactory, origin: str) -> None:
        super().__init__()
        self._factory = factory
        self._clock = factory.clock
        self._origin = origin
        self._state: Callable[[bytes], None] = self._first_line
        self._objects = False
        self._session: Session | None = None
        self._throttle: Throttle | None = None
        self._deadline: IDelayedCall | None = None
        self._silence: Silence | None = None
        self._greeting_lines = self._greeting_bytes = 0
        self._wants_password = factory.password is not None
        self._wrong_passwords = 0

    # the connection

    def connectionMade(self) -> None:
        tune(self.transport)
        self._outbox = Outbox(self.transport, self._clock, self._drained, plain_socket(self.transport))
        self.take = self._outbox.offer
        if self._factory.rate is not None:
            self._throttle = Throttle(self._factory.rate, self._clock, self.pause, self.resume, self._flooded)
        self._deadline = self._clock.callLater(GREETING_TIME, self._too_slow)
        self._factory.connections.add(self)
        self._prompt()

    def connectionLost(self, reason: TwistedFailure | None = None) -> None:
        orderly = reason is None or bool(reason.check(ConnectionDone))  # type: ignore[no-untyped-call]
        self._outbox.gone()
        if orderly:
            # Over TLS, which has no half close, this is where the peer has ended what it says.
            self._hear_the_rest()
        self._stop()
        self._factory.connection_gone(self, self._origin)
        if self._session is not None:
            self._session.lost("" if orderly else "connection lost")

    def readConnectionLost(self) -> None:
        """The peer has said all that it will, but may be reading still: it gets its answers."""
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

    def lineReceived(self, line: bytes) -> None:
        if self._throttle is not None:
            self._throttle.took_line()
        self._state(line)

    def lineLengthExceeded(self, line: bytes) -> None:
        if self._throttle is not None:
            self._throttle.took_line()
        error = LineTooLong(self.MAX_LENGTH)
        if self._session is None:
            self._objects = self._objects or _chooses_objects(line)
            self._tell(Failure(error))
            self.close()  # it was more than the whole greeting may take
        else:
            if self._silence is not None:
                self._silence.heard()
            self._session.fail(error)

    # the greeting: each line answers the last prompt

    def _prompt(self) -> None:
        if not self._objects:
            self.sendLine(b"SERVERPASS" if self._wants_password else b"NICK")

    def _first_line(self, line: bytes) -> None:
        if looks_like_http(line):
            self.abort()
        else:
            self._state = self._greeting
            self._greeting(line)

    def _greeting(self, line: bytes) -> None:
        self._greeting_lines += 1
        self._greeting_bytes += len(line)
        mark: str | None = None
        try:
            if self._greeting_lines > GREETING_LINES or self._greeting_bytes > GREETING_BYTES:
                raise Flood
            if self._objects or _chooses_objects(line):
                self._objects = True
                if not line.strip():
                    return
                fields = _decoded(line)
                mark = requests.mark_of(fields)
                self._hello(fields)
            elif self._wants_password:
                self._check_password(decode(line))
                self._prompt()
            else:
                self._let_in(self._factory.chat.enter(self, decode(line)), self._talk)
        except ChatError as error:
            self._tell(Failure(error, mark))
            if isinstance(error, Flood) or self._wrong_passwords >= PASSWORD_TRIES:
                _log.info("{peer} was turned away: {why}", peer=self._peer(), why=str(error))
                self.close()
            else:
                self._prompt()

    def _hello(self, fields: dict[str, object]) -> None:
        if requests.check(fields) != "hello":
            raise BadRequest("say hello first")
        if self._wants_password:
            self._check_password(str(fields.get("server_password", "")))
        session = self._factory.chat.enter(self, **requests.entry(fields))
        self.MAX_LENGTH = jsonl.MAX_OBJECT
        self._silence = Silence(self._clock, self._ask, self._fell_silent, self._silence_is_ours)
        self._let_in(session, self._object)

    def _check_password(self, answer: str) -> None:
        wanted = self._factory.password or ""
        if not hmac.compare_digest(answer.encode("utf-8", "replace"), wanted.encode()):
            self._wrong_passwords += 1
            raise BadLogin("that is not the server's password")
        self._wants_password = False

    def _let_in(self, session: Session, state: Callable[[bytes], None]) -> None:
        self._session = session
        self._state = state
        person = session.person
        _log.info("{nick!r} ({id}) came from {peer}", nick=person.next_name.text, id=person.id, peer=self._peer())
        self._stop_deadline()

    # talking: one state for each dialect

    def _talk(self, line: bytes) -> None:
        self._session.typed(decode(line))  # type: ignore[union-attr]

    def _object(self, line: bytes) -> None:
        session = self._session
        assert session is not None
        assert self._silence is not None
        self._silence.heard()
        if session.over or not line.strip():
            return
        mark: str | None = None
        try:
            fields = _decoded(line)
            mark = requests.mark_of(fields)
            kind = requests.check(fields)
            if kind == "ping":
                self._outbox.write(jsonl.encode({"type": "pong", **({} if mark is None else {"id": mark})}))
            elif kind != "pong":
                requests.run(session, kind, fields)
        except ChatError as error:
            session.fail(error, mark)

    # bytes out, all of them by the outbox; and the Recipient that the session speaks to

    take: Callable[[bytes], bool]
    """The outbox's own method: it is called for each delivery."""

    @property
    def patience(self) -> int | None:
        return None if self._objects else PATIENCE

    @property
    def lists_people(self) -> bool:
        return self._objects

    @property
    def shows_history(self) -> bool:
        return not self._objects

    @property
    def backlog(self) -> int:
        return self._outbox.size

    def view(self, current: bool) -> View:
        if self._objects:
            return OBJECTS
        return human.CURRENT if current else human.ELSEWHERE

    def answer(self, rendered: bytes) -> None:
        self._outbox.write(rendered)

    def sendLine(self, line: bytes) -> None:
        self._outbox.write(line + self.delimiter)

    def _tell(self, told: Told) -> None:
        self._outbox.write(self.view(True).render(told, Stance.OTHER))

    def _drained(self) -> None:
        if self._session is not None:
            self._session.drained()

    # ends

    def close(self) -> None:
        """Send what is queued, then end the connection."""
        self._stop()
        self._outbox.close()

    def abort(self) -> None:
        """End the connection now."""
        self._stop()
        self._outbox.abort()

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
        self._give_up(TimedOut(f"you had {GREETING_TIME:.0f} seconds for a name"), "")

    def _flooded(self) -> None:
        _log.info("{peer} flooded and was closed", peer=self._peer())
        self._give_up(Flood(), "flood")

    def _silence_is_ours(self) -> bool:
        """We read nothing, or a ping would wait behind what is queued: who takes no bytes is the outbox's to find."""
        return bool(self.paused or self._outbox.size)

    def _peer(self) -> str:
        """Where it comes from, for the log."""
        address = self.transport.getPeer() if self.transport is not None else None
        host, port = getattr(address, "host", None), getattr(address, "port", None)
        return f"{host}:{port}" if host is not None else str(address)

    def _ask(self) -> None:
        self._outbox.write(_PING)

    def _fell_silent(self) -> None:
        self._give_up(TimedOut(f"nothing was heard from you for {DROP_AFTER:.0f} seconds"), "ping timeout")

    def _stop(self) -> None:
        self.stop_hearing()
        self._stop_deadline()
        if self._throttle is not None:
            self._throttle.stop()
        if self._silence is not None:
            self._silence.stop()

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


_PING = jsonl.encode({"type": "ping"})


def _chooses_objects(line: bytes) -> bool:
    return line.lstrip().startswith(b"{")


def _decoded(line: bytes) -> dict[str, object]:
    try:
        return jsonl.decode(line)
    except jsonl.BadObject as error:
        raise BadRequest(str(error)) from None


_check: type[Recipient] = LineProtocol
