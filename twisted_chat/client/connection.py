"""One connection to the server: the greeting, JSON lines in both directions, and whether it still lives."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

from twisted.internet.interfaces import IAddress, IReactorTime
from twisted.internet.protocol import ClientFactory
from twisted.logger import Logger
from twisted.protocols.basic import LineReceiver

from twisted_chat.client.link import Link, Listener
from twisted_chat.client.untrusted import Fields, clean
from twisted_chat.frontends.line import jsonl

_log = Logger()

PROMPT_WITHIN = 5.0
"""Seconds that something unknown has to greet as our server does: one that wants TLS says nothing at all."""
ANSWER_WITHIN = 30.0
"""Seconds that a server has for its answer to our hello, and for its prompt once we know it."""
PING_AFTER = 30.0
DEAD_AFTER = 90.0
"""Seconds without a line from the server."""


class _Stage(Enum):
    PROMPT_AWAITED = auto()
    HELLO_DUE = auto()
    """The user may be thinking about another nickname."""
    WELCOME_AWAITED = auto()
    IN = auto()


class Connection(Link, LineReceiver):
    """Waits for the server's prompt, then speaks JSON. Once in, it feels the server's pulse."""

    delimiter = b"\n"
    MAX_LENGTH = 1024 * 1024

    def __init__(self, listener: Listener, clock: IReactorTime, prompt_within: float, hint: str) -> None:
        """`hint`: what to add where there is no prompt in time."""
        super().__init__(listener, clock)
        self._prompt_within = prompt_within
        self._hint = hint
        self._stage = _Stage.PROMPT_AWAITED
        self._heard_at = 0.0

    def connectionMade(self) -> None:
        self._set_alarm(self._prompt_within, self._unanswered)
        super().connectionMade()

    def lineReceived(self, line: bytes) -> None:
        if self._closing:
            return
        line = line.removesuffix(b"\r")
        self._heard_at = self._clock.seconds()
        if self._stage is _Stage.PROMPT_AWAITED:
            self._prompt_received(line)
        else:
            self._object_received(line)

    def _prompt_received(self, line: bytes) -> None:
        if line.startswith((b"NICK", b"SERVERPASS")):
            self._stage = _Stage.HELLO_DUE
            self._set_alarm(None)
            self._listener.greeted()
        elif line.startswith(b"!!! "):
            # Turned away at the door, before there was a choice of dialects.
            code, _, words = clean(line[4:].decode("utf-8", "replace")).partition(" ")
            self._listener.received({"type": "error", "code": code, "text": words})

    def _object_received(self, line: bytes) -> None:
        try:
            fields = jsonl.decode(line)
        except jsonl.BadObject as error:
            _log.debug("not an object from the server: {error}", error=str(error))
            return
        if fields.get("type") == "welcome":
            self._stage = _Stage.IN
            self._set_alarm(PING_AFTER, self._feel_pulse)
        elif fields.get("type") == "error" and self._stage is _Stage.WELCOME_AWAITED:
            self._stage = _Stage.HELLO_DUE
            self._set_alarm(None)
        self._listener.received(fields)

    def lineLengthExceeded(self, line: bytes) -> None:
        self.give_up("the server sent a line that never ended")

    def send(self, fields: Fields) -> None:
        if self._closing or self.transport is None:
            return
        if fields.get("type") == "hello":
            self._stage = _Stage.WELCOME_AWAITED
            self._set_alarm(ANSWER_WITHIN, self._unanswered)
        self.transport.write(jsonl.encode(fields))

    def release(self) -> None:
        if self._held:
            self._heard_at = self._clock.seconds()
        super().release()

    def _stop_reading(self) -> None:
        self.pauseProducing()  # type: ignore[no-untyped-call]

    def _read_again(self) -> None:
        self.resumeProducing()  # type: ignore[no-untyped-call]

    def _unanswered(self) -> None:
        self._alarm = None
        hint = ""
        if self._stage is _Stage.PROMPT_AWAITED:
            asked = self.clearLineBuffer() == b"NICK"  # type: ignore[no-untyped-call]
            hint = " (does it want --dialect tutorial?)" if asked else self._hint
        self.give_up(f"the server does not answer as a Twisted Chat server does{hint}")

    def _feel_pulse(self) -> None:
        self._alarm = None
        silence = 0.0 if self._held else self._clock.seconds() - self._heard_at
        if silence >= DEAD_AFTER:
            self.give_up("the server fell silent")
            return
        if silence >= PING_AFTER:
            self.send({"type": "ping"})
        self._set_alarm(PING_AFTER - silence % PING_AFTER, self._feel_pulse)


MakeLink = Callable[[Listener, IReactorTime, float, str], Link]
"""What makes a connection: `Connection`, or another with these arguments."""


class Connections(ClientFactory):
    """Makes the connections of one listener."""

    noisy = False

    def __init__(self, listener: Listener, clock: IReactorTime, *, make: MakeLink = Connection, hint: str = "") -> None:
        self._listener = listener
        self._clock = clock
        self._make = make
        self._hint = hint
        self.prompt_within = PROMPT_WITHIN

    def buildProtocol(self, addr: IAddress | None) -> Link:
        return self._make(self._listener, self._clock, self.prompt_within, self._hint)


class Backoff:
    """How long to wait before the next attempt: 1 to 30 s, full jitter, longer at most with each failure.

    An attempt has succeeded when `reset` says so, not when the network let it through.
    """

    def __init__(self, random: Callable[[], float]) -> None:
        """`random` gives numbers from 0 to 1."""
        self._random = random
        self._failures = 0

    def __call__(self) -> float:
        self._failures += 1
        longest = min(30.0, 2.0 ** min(self._failures, 10))
        return 1.0 + self._random() * (longest - 1.0)

    def reset(self) -> None:
        self._failures = 0
