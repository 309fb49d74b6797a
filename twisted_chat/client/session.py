"""One run of the client: a conversation, its connections one after another, and the screen."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.interfaces import IDelayedCall, IReactorTime, IStreamClientEndpoint
from twisted.python.failure import Failure

from twisted_chat.client.attempts import Attempts
from twisted_chat.client.connection import ANSWER_WITHIN, Backoff, Connection, Connections, MakeLink
from twisted_chat.client.conversation import PRIVATE_WAYS, Conversation
from twisted_chat.client.effects import Effect, Quit, Refused, Replaced, Send, Shown
from twisted_chat.client.link import Link, Listener
from twisted_chat.client.manners import GIVE_UP_AFTER, PATIENCE, Manners, Outcome, counted, unconfirmed
from twisted_chat.client.pacing import Pace
from twisted_chat.client.requests import farewell
from twisted_chat.client.screen import Screen, Typist
from twisted_chat.client.troubles import worded
from twisted_chat.client.typed import AGAIN, secrets_wanted
from twisted_chat.client.untrusted import Fields, clean
from twisted_chat.frontends import shapes

NICK_QUESTION = "Choose your nickname: "
_NO_CONNECTION = "passwords are asked for when there is a connection; type it again then"
_ABOUT_NICK = frozenset({"BAD_NICK", "NICK_IN_USE", "NICK_RESERVED", "NICK_CONFUSABLE"})
_PASSING = frozenset({"SERVER_FULL", "SHUTTING_DOWN", "STORAGE_UNAVAILABLE", "TIMEOUT", "BUSY", "FLOOD"})
_PASSING_FOR_KNOWN = frozenset({"NOT_ALLOWED", "TOO_MANY_SESSIONS"})
"""What passes for who was in: an emergency brake is let go, and a cut connection of his is given up by the server."""


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
        *,
        make: MakeLink = Connection,
    ) -> None:
        """`where` is what the endpoint connects to, in words; `make` makes a connection that speaks its language."""
        self.over: Deferred[Outcome] = Deferred()
        self._conversation = conversation
        self._screen = screen
        self._where = where
        self._clock = clock
        self._manners = manners
        hint = "" if manners.tls else " (does it want --tls?)"
        self._connections = Connections(self, clock, make=make, hint=hint)
        self._attempts = Attempts(endpoint, self._connections, Backoff(random), clock, self._unreachable)
        self._pace = Pace(conversation.outbox, clock, self._go_on)
        self._connection: Link | None = None
        self._held = False
        self._prompted = False
        """The present connection waits for a hello."""
        self._secrets_for: Link | None = None
        """The connection over which the passwords of a command are to go, while they are asked for."""
        self._asking = False
        """The user is thinking about an answer that the hello needs."""
        self._was_in = False
        """The server let us in once."""
        self._reached = False
        """There was a connection once."""
        self._told: set[str] = set()
        """What was said of the present outage."""
        self._last_trouble = "the server did not let us in"
        self._turned_away = False
        """The present connection ends because the server refused us: that is the reason to tell."""
        self._leaving: Quit | None = None
        self._impatience: IDelayedCall | None = None
        self._limit: IDelayedCall | None = None
        """A pipe's, for being let in."""
        self._ended = False

    def begin(self) -> None:
        self._screen.begin(self)
        self._attempts.now()
        self._set_limit()

    # What the screen tells.

    def typed(self, line: str) -> None:
        asks = self._manners.interactive and self._conversation.has_accounts and not self._asking
        wanted = secrets_wanted(line, self._conversation.nick) if asks else None
        if wanted is not None and self._leaving is None and self._conversation.welcomed:
            self._begin_secrets(*wanted)
        elif self._leaving is None:
            known = self._conversation
            self._perform(known.typed(line) if wanted is None else known.refuse("NOT_SENT", _NO_CONNECTION))
            self._changed()
            if self._manners.interactive and not self._conversation.welcomed and not self._ended:
                self._attempts.now()

    def hurry(self) -> None:
        """The user wants to be in now: try at once, and say it if that comes to nothing, too."""
        if not (self._conversation.welcomed or self._ended or self.leaving):
            self._told.clear()
            self._attempts.now()

    @property
    def leaving(self) -> bool:
        """The user wants it to end, or wanted it."""
        return self._leaving is not None

    def finished(self) -> None:
        self._leave(Quit(""))

    def interrupted(self) -> None:
        self._say_goodbye(self._leaving or Quit(""))
        count = len(self._conversation.outbox)
        self._end(Outcome(1, unconfirmed(count)) if count else Outcome(0), hurry=True)

    def hold(self) -> None:
        self._held = True
        if self._connection is not None:
            self._connection.hold()

    def release(self) -> None:
        self._held = False
        if self._connection is not None:
            self._connection.release()

    # What the connection tells.

    def opened(self, connection: Link) -> None:
        self._connection = connection
        self._turned_away = False
        self._reached = True
        self._attempts.opened()
        manners = self._manners
        self._conversation.is_private = manners.tls or manners.plaintext_passwords or connection.is_local
        if self._held:
            connection.hold()

    def greeted(self) -> None:
        self._prompted = True
        self._connections.prompt_within = ANSWER_WITHIN  # This is a chat server: it may be slow.
        self._say_hello()

    def received(self, fields: Fields) -> None:
        was_welcome = self._conversation.welcomed
        effects = self._conversation.received(fields)
        if self._conversation.welcomed and not was_welcome:
            self._was_in = True
            self._told.clear()
            self._attempts.succeeded()
            self._set_limit()
        self._perform(effects)
        self._changed()
        self._leave_if_done()

    def lost(self, reason: Failure, given_up: str) -> None:
        self._connection = None
        self._prompted = False
        was_in = self._conversation.welcomed
        effects = self._conversation.cut()
        if self._secrets_for is not None and was_in and not self._ended:
            words = "The connection is lost: the password that is asked for will not be sent. Return ends the question."
            effects.append(self._conversation.status(words))
        self._attempts.lost()
        if self._ended:
            return
        if was_in:
            self._set_limit()
        self._perform(effects)
        self._changed()
        self._leave_if_done()
        if self._ended:
            return
        words = given_up or worded(reason, self._where)
        if self._manners.reconnect if self._was_in else self._manners.retry or self._asking:
            if not self._turned_away:
                self._tell_trouble(words)
        else:
            self._end(Outcome(1, words))

    def _unreachable(self, reason: Failure) -> None:
        words = worded(reason, self._where)
        if self._manners.retry or self._reached:
            self._tell_trouble(words)
        else:
            self._end(Outcome(1, f"{words}. {self._manners.advice}"))

    def _tell_trouble(self, words: str) -> None:
        """Once until we are in again: not with every attempt."""
        self._last_trouble = words
        if not self._told and not self._asking:
            self._told.add(words)
            self._screen.show(self._conversation.trouble(shapes.server(f"Not connected: {words}. Trying again.")))

    def _tell_refusal(self, line: str, code: str) -> None:
        """Why the server does not let us in again: each reason once, also if the cut itself was told already."""
        self._last_trouble = line
        if line in self._told or self._asking:
            return
        self._told.add(line)
        way_out = " /nick NAME takes another." if code in _ABOUT_NICK and self._manners.interactive else ""
        self._screen.show(self._conversation.trouble(line))
        self._screen.show(self._conversation.status(f"Trying again.{way_out}"))

    def _set_limit(self) -> None:
        """A pipe that is not in waits for a while only."""
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
        if not (self._manners.interactive or self._manners.retry or self._conversation.welcomed or self._ended):
            self._limit = self._clock.callLater(GIVE_UP_AFTER, self._give_up)

    def _give_up(self) -> None:
        self._limit = None
        count = len(self._conversation.outbox)
        lost = f"; {unconfirmed(count)}" if count else ""
        self._end(Outcome(1, f"given up after {GIVE_UP_AFTER:.0f} seconds: {self._last_trouble}{lost}"))

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
                case Replaced(words, code):
                    self._end(Outcome(1, shapes.error(code, words)))

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
            self._screen.show(self._conversation.trouble(line))
            self._ask(NICK_QUESTION, self._take_nick)
        elif self._manners.interactive and code == "NAME_TAKEN":  # also when the secret is void: another password
            self._ask_account()
        elif self._manners.interactive and code == "BAD_LOGIN" and self._conversation.password:
            self._screen.show(self._conversation.trouble(line))
            self._ask_account()
        elif self._manners.interactive and not self._was_in and code == "BAD_LOGIN":
            if self._conversation.server_password is not None:
                self._screen.show(self._conversation.trouble(line))
            self._ask("Server password: ", self._take_password, secret=True)
        elif (self._was_in and code in _ABOUT_NICK | _PASSING_FOR_KNOWN) or (
            code in _PASSING and (self._was_in or self._manners.retry or self._asking)
        ):
            self._tell_refusal(line, code)
            self._turned_away = True
            if self._connection is not None:
                self._connection.close()
        else:
            self._end(Outcome(1, line))

    def _begin_secrets(self, command: str, questions: tuple[str, ...]) -> None:
        if self._conversation.is_private:
            self._ask_secrets(command, questions, over=self._connection, answers=[])
        else:
            self._perform(self._conversation.refuse_plaintext())
            self._changed()

    def _ask_secrets(self, command: str, questions: tuple[str, ...], *, over: Link | None, answers: list[str]) -> None:
        """Passwords are asked for without echo, where they were not typed; then the command goes out as if it was.

        If it is not the connection `over` which it was typed any more, it goes nowhere.
        """

        def answered(answer: str | None) -> None:
            if self._ended:
                return
            self._secrets_for = None
            if not answer or over is not self._connection:
                self._screen.show(self._conversation.status("Nothing was changed."))
            elif questions[0] == AGAIN and answer != answers[-1]:
                self._screen.show(self._conversation.status("The two are not the same; nothing was changed."))
            elif questions[0] == AGAIN or len(questions) == 1:
                said = answers if questions[0] == AGAIN else [*answers, answer]
                self._perform(self._conversation.typed(command + "\t".join(said)))
                self._changed()
            else:
                self._ask_secrets(command, questions[1:], over=over, answers=[*answers, answer])

        asked = self._screen.ask(questions[0], secret=True)  # An earlier question is answered by that.
        self._secrets_for = over
        asked.addCallback(answered)

    def _ask_account(self) -> None:
        """Whose name it is may prove it; nobody else has to."""
        if not self._conversation.is_private:
            words = f"{self._conversation.nick} is registered, and its password would cross the net in clear"
            line = shapes.error("PLAINTEXT_REFUSED", f"{words}; {PRIVATE_WAYS}")
            self._screen.show(self._conversation.trouble(line))
            self._ask_nick_instead()
            return
        question = f"{self._conversation.nick} is registered. Its password (empty: another nickname): "
        self._ask(question, self._take_account_password, secret=True, empty=self._ask_nick_instead)

    def _ask_nick_instead(self) -> None:
        self._conversation.password = None
        self._ask(NICK_QUESTION, self._take_nick)

    def _ask(
        self,
        question: str,
        take: Callable[[str], None],
        *,
        secret: bool = False,
        empty: Callable[[], None] | None = None,
    ) -> None:
        """`take` gets the answer, and the hello goes out again. An empty one, or none, goes to `empty`. Without
        that an empty one is asked for again, and none ends it all."""
        if self._asking:
            return
        self._asking = True

        def answered(answer: str | None) -> None:
            self._asking = False
            if self._ended:
                return
            if answer is not None and answer.strip():
                take(answer)
                self._say_hello()
            elif empty is not None:
                empty()
            elif answer is None:
                self._end(Outcome(0))
            else:
                self._ask(question, take, secret=secret)

        self._screen.ask(question, secret=secret).addCallback(answered)

    def _take_nick(self, answer: str) -> None:
        self._conversation.nick = clean(answer).strip()

    def _take_account_password(self, answer: str) -> None:
        self._conversation.password = answer

    def _take_password(self, answer: str) -> None:
        self._conversation.server_password = answer

    def _leave(self, quit: Quit) -> None:
        if self._leaving is None and not self._ended:
            self._leaving = quit
            self._leave_if_done()
            if self._manners.interactive and not self._ended:
                count = counted(len(self._conversation.outbox))
                words = f"Waiting up to {PATIENCE:.0f} seconds for {count}. {self._manners.way_out}"
                self._screen.show(self._conversation.status(words))
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
        self._end(Outcome(1, unconfirmed(len(self._conversation.outbox))))

    def _say_goodbye(self, quit: Quit) -> None:
        if self._connection is not None and self._conversation.welcomed:
            self._connection.send(farewell(quit.why))

    def _end(self, outcome: Outcome, *, hurry: bool = False) -> None:
        if self._ended:
            return
        self._ended = True
        self._pace.stop()
        self._set_limit()
        if self._impatience is not None:
            self._impatience.cancel()
            self._impatience = None
        if self._connection is not None:
            self._connection.close()
        ending = [self._attempts.stop(), self._screen.end(hurry=hurry)]
        gathered = DeferredList(ending, consumeErrors=True)
        gathered.addCallback(lambda _: self.over.callback(outcome))


_check_typist: type[Typist] = Session
_check_listener: type[Listener] = Session
