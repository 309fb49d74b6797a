"""One connection to an original server, which knows no lines: a read is a message, and so is a write.

To the listener it looks like any other: what is spoken over it is made into objects, of these types alone:
``welcome`` (`nick`), ``error`` (`code`, `text`), ``text`` (`text`: a line as it came), ``written`` (`id`: a ``say`` is
on its way, and nothing else will confirm it).
"""

from __future__ import annotations

import codecs
from collections import deque
from enum import Enum, auto
from typing import cast

from twisted.internet.interfaces import IConsumer, IDelayedCall, IPushProducer, IReactorTime, ITCPTransport
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from twisted_chat.client.dialects import Asked, Dialect, Stranger, Told, Turned, lines
from twisted_chat.client.link import Link, Listener
from twisted_chat.client.untrusted import Fields, text
from twisted_chat.frontends.unframed.codec import REST_WITHIN, SPACING

SETTLED_AFTER = 1.0
"""Seconds after our nickname in which a server that says nothing has taken it."""
_MOST_ASKED = 10
"""Times that the server may ask for a nickname without a word why."""
_MOST_HELD = 64 * 1024
"""Characters that wait for the rest of one."""


class _Stage(Enum):
    UNASKED = auto()
    ASKED = auto()
    """Our nickname is due; the user may be thinking about another one."""
    ANSWERED = auto()
    IN = auto()


@implementer(IPushProducer)
class Unframed(Link):
    """Gives the nickname when it is asked for, then writes one text at a time, as fast as the server may take it."""

    def __init__(
        self, dialect: Dialect, listener: Listener, clock: IReactorTime, prompt_within: float, hint: str
    ) -> None:
        """With `dialect` given it is a `MakeLink`. `hint` is for servers of another kind."""
        super().__init__(listener, clock)
        self._dialect = dialect
        self._prompt_within = prompt_within
        self._stage = _Stage.UNASKED
        self._asked = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._begun = ""
        """What came and waits for its rest."""
        self._nick = ""
        self._answer: bytes | None = None
        self._queue: deque[tuple[str, str]] = deque()
        """Ids and texts to be written."""
        self._turn: IDelayedCall | None = None
        """When the next write may be."""
        self._full = False
        """The transport has enough to write."""

    def connectionMade(self) -> None:
        transport = cast(ITCPTransport, self.transport)
        transport.setTcpNoDelay(True)  # Nagle's algorithm would join our writes.
        cast(IConsumer, transport).registerProducer(self, True)
        if self._dialect.asks:
            self._set_alarm(self._prompt_within, self._unasked)
        super().connectionMade()
        if not self._dialect.asks:
            self._ask()

    # What the server sends.

    def dataReceived(self, data: bytes) -> None:
        if self._closing:
            return
        begun, self._begun = self._begun, ""
        said = begun + self._decoder.decode(data)
        if self._stage is not _Stage.IN:
            self._at_the_door(said)
        elif self._decoder.getstate()[0] and len(said) < _MOST_HELD:
            self._begun = said  # A server cuts what is long anywhere: this message is not over yet.
            self._set_alarm(REST_WITHIN, self._flush)
        else:
            self._set_alarm(None)
            self._show(said)

    def _at_the_door(self, said: str, *, final: bool = False) -> None:
        answered = self._stage is _Stage.ANSWERED
        tokens, self._begun = self._dialect.at_the_door(said, answered=answered, final=final)
        for token in tokens:
            if self._closing:
                return
            match token:
                case Asked():
                    self._ask()
                case Turned(code, words):
                    self._refused(code, words)
                case Told(other):
                    if self._stage is _Stage.ANSWERED:
                        self._enter()
                    self._show(other)
                case Stranger(hint):
                    self.give_up(hint)

    def _ask(self) -> None:
        self._asked += 1
        if self._asked > _MOST_ASKED:
            self.give_up("the server asks for the nickname again and again")
            return
        self._stage = _Stage.ASKED
        self._set_alarm(None)
        self._listener.greeted()

    def _refused(self, code: str, words: str) -> None:
        self._asked = 0
        self._stage = _Stage.UNASKED
        self._set_alarm(self._prompt_within, self._unasked)
        self._listener.received({"type": "error", "code": code, "text": words})

    def _enter(self) -> None:
        self._stage = _Stage.IN
        self._set_alarm(None)
        self._listener.received({"type": "welcome", "nick": self._nick})

    def _show(self, said: str) -> None:
        for line in lines(said):
            self._listener.received({"type": "text", "text": line})

    def _unasked(self) -> None:
        self._alarm = None
        self._flush()
        if self._stage is _Stage.UNASKED and self._alarm is None:  # A refusal deserves its own time.
            self.give_up(self._dialect.silence)

    def _settle(self) -> None:
        self._flush()
        if self._stage is _Stage.ANSWERED and not self._closing:
            self._enter()

    def _flush(self) -> None:
        """What came is not the beginning of anything."""
        begun, self._begun = self._begun, ""
        if self._stage is _Stage.IN:
            self._show(begun)
        else:
            self._at_the_door(begun, final=True)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None
        if not self._closing:
            if self._stage is _Stage.ANSWERED:
                self._stage = _Stage.UNASKED  # Nobody comes in any more.
            self._begun += self._decoder.decode(b"", True)
            self._flush()
        super().connectionLost(reason)

    # What we write.

    def send(self, fields: Fields) -> None:
        """A hello or a say; all else can't be said in this dialect, and is not."""
        if self._closing:
            return
        if fields.get("type") == "hello":
            self._introduce(text(fields, "nick"))
        elif fields.get("type") == "say" and self._stage is _Stage.IN:
            self._queue.append((text(fields, "id"), text(fields, "text")))
            self._hurry()

    def _introduce(self, nick: str) -> None:
        if self._stage is not _Stage.ASKED:
            return  # The next request brings the next hello.
        wrong = self._dialect.wrong_nick(nick)
        if wrong:
            self._listener.received({"type": "error", "code": "BAD_NICK", "text": wrong})
        else:
            self._nick, self._answer = nick, nick.encode()
            self._hurry()

    def _hurry(self) -> None:
        """Always a little later, though: the listener does not hear of a write while it still sends."""
        if self._turn is None and not self._full:
            self._turn = self._clock.callLater(0, self._write)

    def _write(self) -> None:
        self._turn = None
        if self._closing or self._full or self.transport is None:
            return
        if self._answer is not None:
            answer, self._answer = self._answer, None
            self._turn = self._clock.callLater(SPACING, self._write)
            self._stage = _Stage.ANSWERED
            self._set_alarm(SETTLED_AFTER, self._settle)
            self.transport.write(answer)
        elif self._queue:
            name, words = self._queue.popleft()
            self._turn = self._clock.callLater(SPACING, self._write)
            self.transport.write(self._dialect.message(self._nick, words))
            self._listener.received({"type": "written", "id": name})

    def pauseProducing(self) -> None:
        """The server does not read: what waits shall wait here, where it counts as unconfirmed."""
        self._full = True

    def resumeProducing(self) -> None:
        self._full = False
        self._hurry()

    def stopProducing(self) -> None:
        """The loss of the connection is told otherwise."""

    def _hang_up(self) -> None:
        if self._turn is not None:
            # We just wrote. What is sent to us after the end makes our side reset the connection, and then nobody
            # reads what was not read until then: so first let the server read.
            self._turn.cancel()
            self._turn = None
            self._set_alarm(SPACING, self._hang_up)
        else:
            cast(IConsumer, self.transport).unregisterProducer()
            super()._hang_up()
