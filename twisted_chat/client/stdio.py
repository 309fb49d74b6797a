"""The client in a pipe and on a plain terminal: lines in at standard input, lines out at standard output."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, cast

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IHalfCloseableProtocol, IPushProducer, IReactorTime
from twisted.internet.protocol import connectionDone
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure
from zope.interface import implementer

from twisted_chat.client.effects import Kind, Shown
from twisted_chat.client.screen import Screen, Typist
from twisted_chat.frontends import shapes

PAUSE_ABOVE = 200
RESUME_BELOW = 100
"""Unconfirmed lines: more of a big pipe is not read into memory."""
HURRY = 1.0
"""Seconds that the end waits for a reader of ours if the user is in a hurry."""


class Stdio(Protocol):
    """What this needs of `twisted.internet.stdio.StandardIO`."""

    def write(self, data: bytes) -> None: ...

    def registerProducer(self, producer: IPushProducer, streaming: bool) -> None: ...

    def unregisterProducer(self) -> None: ...

    def loseConnection(self) -> None: ...


@implementer(IPushProducer)
class _Incoming:
    """Passes it on to the session if nobody takes what we print."""

    def __init__(self, typist: Typist) -> None:
        self._typist = typist

    def pauseProducing(self) -> None:
        self._typist.hold()

    def resumeProducing(self) -> None:
        self._typist.release()

    def stopProducing(self) -> None:
        """The end of standard output is told otherwise."""


@implementer(IHalfCloseableProtocol)
class LineScreen(LineReceiver):
    """A screen for a session."""

    delimiter = b"\n"
    MAX_LENGTH = 64 * 1024

    def __init__(
        self,
        attach: Callable[[LineScreen], Stdio],
        clock: IReactorTime,
        *,
        render: Callable[[Shown], str],
        complain: Callable[[str], None],
        echo: Callable[[bool], None],
        only_errors: bool = False,
        piped: bool = True,
        bell: bool = False,
    ) -> None:
        """`attach` connects this to standard input and output. `complain` prints on standard error; with
        `only_errors` nothing is printed elsewhere. `echo` turns the terminal's own echo on or off. `piped`:
        read no more while many lines are unconfirmed, and complain where there is no connection."""
        self._attach = attach
        self._clock = clock
        self._render = render
        self._complain = complain
        self._echo = echo
        self._only_errors = only_errors
        self._piped = piped
        self._bell = bell
        self._typist: Typist | None = None
        self._stdio: Stdio | None = None
        self._question: Deferred[str | None] | None = None
        self._secret = False
        self._too_long = False
        self._ending: Deferred[None] | None = None

    # What the session calls.

    def begin(self, typist: Typist) -> None:
        self._typist = typist
        self._stdio = self._attach(self)
        self._stdio.registerProducer(_Incoming(typist), True)

    def show(self, shown: Shown) -> None:
        if shown.kind is Kind.TROUBLE and (self._only_errors or self._piped):
            self._complain(self._render(shown))
        elif self._only_errors:
            if shown.kind is Kind.ERROR:
                self._complain(self._render(shown))
        elif shown.kind is not Kind.OWN:
            self._print(self._render(shown) + ("\a\n" if self._bell and shown.mention else "\n"))

    def changed(self, unconfirmed: int) -> None:
        if self.paused and unconfirmed < RESUME_BELOW:
            self.resumeProducing()  # type: ignore[no-untyped-call]
        elif self._piped and not self.paused and unconfirmed > PAUSE_ABOVE:
            self.pauseProducing()  # type: ignore[no-untyped-call]

    def ask(self, question: str, *, secret: bool) -> Deferred[str | None]:
        self._answer(None)  # An earlier question gives way.
        self._print(question)
        self._question = Deferred()
        self._secret = secret
        if secret:
            self._echo(False)
        return self._question

    def end(self, *, hurry: bool) -> Deferred[None]:
        self._answer(None)
        if self._stdio is None:
            return succeed(None)
        self._ending = Deferred()
        if hurry:
            call = self._clock.callLater(HURRY, self._ended)
            self._ending.addCallback(lambda _: call.cancel() if call.active() else None)
        self._stdio.unregisterProducer()
        self._stdio.loseConnection()
        return self._ending

    def cancel(self) -> bool:
        """The user would not answer: whether there was a secret to be asked for."""
        if self._question is None or not self._secret:
            return False
        self._answer(None)
        return True

    # What standard input and output tell.

    def lineReceived(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace")
        if self._question is not None:
            self._answer(text.rstrip("\r"))
        elif self._typist is not None:
            self._typist.typed(text)

    def lineLengthExceeded(self, line: bytes) -> None:
        _, found, rest = line.partition(self.delimiter)
        if not self._too_long:
            self._refuse()
        if found:
            self._too_long = False
            self.setLineMode(rest)  # type: ignore[no-untyped-call]
        else:
            self._too_long = True
            self.setRawMode()  # type: ignore[no-untyped-call]

    def rawDataReceived(self, data: bytes) -> None:
        """The rest of a line that was too long."""
        _, found, rest = data.partition(self.delimiter)
        if found:
            self._too_long = False
            self.setLineMode(rest)  # type: ignore[no-untyped-call]

    def readConnectionLost(self) -> None:
        """End of input; a last line may lack its end."""
        rest = cast(bytes, self.clearLineBuffer())  # type: ignore[no-untyped-call]
        for line in rest.split(self.delimiter):
            self.lineReceived(line)
        self._answer(None)
        if self._typist is not None:
            self._typist.finished()

    def writeConnectionLost(self) -> None:
        """Nobody reads any more what we print."""
        self._stdio = None
        if self._typist is not None and not self._only_errors:
            self._typist.finished()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._stdio = None
        self._ended()

    def _print(self, text: str) -> None:
        if self._stdio is not None:
            self._stdio.write(text.encode("utf-8", "replace"))

    def _refuse(self) -> None:
        line = shapes.error("LINE_TOO_LONG", "a text has at most 2,000 characters; this line was left out")
        if self._only_errors:
            self._complain(line)
        else:
            self._print(line + "\n")

    def _answer(self, answer: str | None) -> None:
        question, self._question = self._question, None
        if question is not None:
            if self._secret:
                self._echo(True)
                self._print("\n")
            question.callback(answer)

    def _ended(self) -> None:
        ending, self._ending = self._ending, None
        if ending is not None:
            ending.callback(None)


_check: type[Screen] = LineScreen
