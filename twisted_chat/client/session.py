"""One run of the client: a conversation, its connections one after another, and the screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twisted.application.internet import ClientService
from twisted.internet.defer import CancelledError, Deferred, DeferredList, maybeDeferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime, IStreamClientEndpoint
from twisted.python.failure import Failure

from twisted_chat.client.connection import Backoff, Connection, Connections, Listener
from twisted_chat.client.conversation import Conversation
from twisted_chat.client.effects import Effect, Quit, Refused, Replaced, Send, Shown
from twisted_chat.client.pacing import Pace
from twisted_chat.client.requests import farewell
from twisted_chat.client.screen import Screen, Typist
from twisted_chat.client.troubles import worded
from twisted_chat.client.untrusted import Fields, clean
from twisted_chat.frontends.line import shapes

PATIENCE = 5.0
"""Seconds that who leaves at a keyboard waits for what is unconfirmed. A pipe waits as long as it takes."""

NICK_QUESTION = "Choose your nickname: "
_ABOUT_NICK = frozenset({"BAD_NICK", "NICK_IN_USE", "NICK_RESERVED", "NICK_CONFUSABLE"})
_PASSING = frozenset({"SERVER_FULL", "SHUTTING_DOWN", "STORAGE_UNAVAILABLE", "TIMEOUT", "BUSY", "FLOOD"})


@dataclass(frozen=True, slots=True)
class Manners:
    """How a session behaves."""

    retry: bool = False
    """Wait for a server that is not there yet."""
    reconnect: bool = True
    """Come back after a cut."""
    interactive: bool = True
    """Somebody can be asked."""
    strict: bool = False
    """A line that was refused makes the status 1."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The exit status, and the line on standard error that explains it."""

    status: int
    line: str = ""


class Session:
    """Begins once, and fires `over` once."""

    def __init__(
        self,
        conversation: Conversation,
        screen: Screen,
        endpoint: IStreamClientEndpoint,
        where: str,
        clock: IReactorTime,
        random: Callable[[], float],
        manners: Manners,
    ) -> None:
        """`where` is what the endpoint connects to, in words."""
        self.over: Deferred[Outcome] = Deferred()
        self._conversation = conversation
        self._screen = screen
        self._where = where
        self._clock = clock
        self._manners = manners
        self._backoff = Backoff(random)
        self._service = ClientService(endpoint, Connections(self, clock), self._backoff, clock)
        self._pace = Pace(conversation.outbox, clock, self._go_on)
        self._connection: Connection | None = None
        self._held = False
        self._prompted = False
        """The present connection waits for a hello."""
        self._asking = False
        """The user is thinking about an answer that the hello needs."""
        self._was_in = False
        """The server let us in once."""
        self._trouble_told = False
        self._leaving: Quit | None = None
        self._impatience: IDelayedCall | None = None
        self._ended = False

    def begin(self) -> None:
        self._screen.begin(self)
        self._service.startService()
        self._service.whenConnected(failAfterFailures=1).addErrback(self._unreachable)

    # What the screen tells.

    def typed(self, line: str) -> None:
        if self._leaving is None:
            self._perform(self._conversation.typed(line))
            self._changed()

    def finished(self) -> None:
        self._leave(Quit(""))

    def interrupted(self) -> None:
        self._say_goodbye(Quit(""))
        self._end(Outcome(0), hurry=True)

    def hold(self) -> None:
        self._held = True
        if self._connection is not None:
            self._connection.hold()

    def release(self) -> None:
        self._held = False
        if self._connection is not None:
            self._connection.release()

    # What the connection tells.

    def opened(self, connection: Connection) -> None:
        self._connection = connection
        if self._held:
            connection.hold()

    def greeted(self) -> None:
        self._prompted = True
        self._say_hello()

    def received(self, fields: Fields) -> None:
        was_welcome = self._conversation.welcomed
        effects = self._conversation.received(fields)
        if self._conversation.welcomed and not was_welcome:
            self._was_in = True
            self._trouble_told = False
            self._backoff.reset()
        self._perform(effects)
        self._changed()
        self._leave_if_done()

    def lost(self, reason: Failure, given_up: str) -> None:
        self._connection = None
        self._prompted = False
        effects = self._conversation.cut()
        if self._ended:
            return
        self._perform(effects)
        self._changed()
        self._leave_if_done()
        if self._ended:
            return
        words = given_up or worded(reason, self._where)
        if self._manners.reconnect if self._was_in else self._manners.retry or self._asking:
            self._tell_trouble(words)
        else:
            self._end(Outcome(1, words))

    def _unreachable(self, reason: Failure) -> None:
        if isinstance(reason.value, CancelledError):
            return
        words = worded(reason, self._where)
        if self._manners.retry:
            self._tell_trouble(words)
        else:
            hint = "Is the server running? --retry waits for it."
            # ClientService is in the middle of a transition here: stopped now, it would plan another attempt.
            self._clock.callLater(0, self._end, Outcome(1, f"{words}. {hint}"))

    def _tell_trouble(self, words: str) -> None:
        """Once until we are in again: not with every attempt."""
        if not self._trouble_told and not self._asking:
            self._trouble_told = True
            self._screen.show(self._conversation.status(f"Not connected: {words}. Trying again."))

    # What is done about it.

    def _perform(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Shown():
                    self._screen.show(effect)
                case Send(fields):
                    if self._connection is not None:
                        self._connection.send(fields)
                case Quit():
                    self._leave(effect)
                case Refused():
                    self._refused(effect)
                case Replaced(words):
                    self._end(Outcome(1, shapes.error("REPLACED", words)))

    def _changed(self) -> None:
        self._pace.look()
        self._screen.changed(len(self._conversation.outbox))

    def _go_on(self) -> None:
        self._perform(self._conversation.due())

    def _say_hello(self) -> None:
        if self._prompted and not self._asking and self._connection is not None:
            self._connection.send(self._conversation.hello())

    def _refused(self, refused: Refused) -> None:
        code = refused.code
        line = shapes.error(code, refused.text)
        if self._manners.interactive and not self._was_in and code in _ABOUT_NICK:
            self._screen.show(self._conversation.complaint(line))
            self._ask(NICK_QUESTION, self._take_nick)
        elif self._manners.interactive and not self._was_in and code == "BAD_LOGIN":
            if self._conversation.server_password is not None:
                self._screen.show(self._conversation.complaint(line))
            self._ask("Server password: ", self._take_password, secret=True)
        elif (self._was_in and code in _ABOUT_NICK) or (code in _PASSING and (self._was_in or self._manners.retry)):
            self._tell_trouble(line)
            if self._connection is not None:
                self._connection.close()
        else:
            self._end(Outcome(1, line))

    def _ask(self, question: str, take: Callable[[str], None], *, secret: bool = False) -> None:
        self._asking = True
        self._screen.ask(question, secret=secret).addCallback(self._answered, question, take, secret)

    def _answered(self, answer: str | None, question: str, take: Callable[[str], None], secret: bool) -> None:
        self._asking = False
        if answer is None:
            self._end(Outcome(0))
        elif not answer.strip():
            self._ask(question, take, secret=secret)
        else:
            take(answer)
            self._say_hello()

    def _take_nick(self, answer: str) -> None:
        self._conversation.nick = clean(answer).strip()

    def _take_password(self, answer: str) -> None:
        self._conversation.server_password = answer

    def _leave(self, quit: Quit) -> None:
        if self._leaving is None and not self._ended:
            self._leaving = quit
            self._leave_if_done()
            if self._manners.interactive and not self._ended:
                self._impatience = self._clock.callLater(PATIENCE, self._lose_patience, quit)

    def _leave_if_done(self) -> None:
        # A pipe with nothing in it still wants to know whether the server is there.
        if self._leaving is None or self._conversation.outbox:
            return
        if self._was_in or self._manners.interactive:
            self._say_goodbye(self._leaving)
            self._end(Outcome(1 if self._manners.strict and self._conversation.refusals else 0))

    def _lose_patience(self, quit: Quit) -> None:
        self._impatience = None
        self._say_goodbye(quit)
        count = len(self._conversation.outbox)
        self._end(Outcome(0, f"{count} {'line was' if count == 1 else 'lines were'} not confirmed"))

    def _say_goodbye(self, quit: Quit) -> None:
        if self._connection is not None and self._conversation.welcomed:
            self._connection.send(farewell(quit.why))

    def _end(self, outcome: Outcome, *, hurry: bool = False) -> None:
        if self._ended:
            return
        self._ended = True
        self._pace.stop()
        if self._impatience is not None:
            self._impatience.cancel()
            self._impatience = None
        if self._connection is not None:
            self._connection.close()
        ending = [maybeDeferred(self._service.stopService), self._screen.end(hurry=hurry)]
        gathered = DeferredList(ending, consumeErrors=True)
        gathered.addCallback(lambda _: self.over.callback(outcome))


_check_typist: type[Typist] = Session
_check_listener: type[Listener] = Session
