"""One connection at an unframed door: what one read brings is a line, what one write carries is a message."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twisted.internet.interfaces import IDelayedCall

from twisted_chat.boundaries import Recipient, View
from twisted_chat.core.errors import ABOUT_NICKS, BadLogin, ChatError
from twisted_chat.core.told import Failure, Notice
from twisted_chat.frontends.connection import PATIENCE, DoorConnection
from twisted_chat.frontends.unframed.codec import REST_WITHIN, ends_within_character
from twisted_chat.frontends.unframed.dialects import Messages
from twisted_chat.frontends.unframed.pacing import Pacer

if TYPE_CHECKING:
    from twisted_chat.core.session import Session
    from twisted_chat.frontends.unframed.factory import UnframedFactory

NOT_YET = "You are not in yet, and that was not said"
PASSWORD_WANTED = "This server has a password: send it as your next message"


class UnframedProtocol(DoorConnection):
    """A LineReceiver to which the end of a read is the end of a line. It is its session's `Recipient`, too."""

    MAX_LENGTH = 8 * 1024

    def __init__(self, factory: UnframedFactory, origin: str) -> None:
        super().__init__(factory, origin)
        self._room = factory.room
        self._dialect = factory.dialect
        self._given: list[str] = []
        """The nicknames that the client gave, one of which it may put before everything that it says."""
        self._tries = 0
        self._rest: IDelayedCall | None = None

    def greet(self) -> None:
        self._pacer = Pacer(self._outbox, self._clock, self._dialect, super()._drained)
        self.take = self._pacer.offer
        self._prompt()

    def dataReceived(self, data: bytes) -> None:
        if data:  # else it is a pause that ends
            self._stop_waiting()
        if data and not data.endswith(b"\n"):
            if ends_within_character(data):
                self._rest = self._clock.callLater(REST_WITHIN, self._no_rest)
            else:
                data += b"\n"
        super().dataReceived(data)

    def _no_rest(self) -> None:
        self._rest = None
        super().dataReceived(b"\n")

    # the greeting

    def _prompt(self) -> None:
        if self._dialect.prompt:
            self.answer((self._dialect.prompt,))

    def _greeting(self, line: bytes) -> None:
        try:
            self._count_greeting(line)
            text = _decoded(line).strip()
            if self._meant(line) != _decoded(line):
                self._tell(Notice(NOT_YET))  # its user types already; that is no nickname
            elif not text and self._dialect.empty_nick:
                self._tell(Notice(self._dialect.empty_nick))
            else:
                self._given.append(text)
                if self._wants_password:
                    self._state = self._password
                    self._tell(Notice(PASSWORD_WANTED))
                else:
                    self._come_in()
        except ChatError as error:
            self._refuse(error)

    def _password(self, line: bytes) -> None:
        try:
            self._count_greeting(line)
            self._check_password(self._meant(line))
            self._state = self._greeting
            self._come_in()
        except ChatError as error:
            self._refuse(error)

    def _come_in(self) -> None:
        self._tries += 1
        try:
            session = self._factory.chat.enter(self, self._given[-1], home=self._room)
        except ABOUT_NICKS as error:
            if self._tries < self._dialect.tries:
                raise
            # The client would give the same nickname again, or none at all.
            session = self._enter_as_similar(error)
        self._let_in(session, self._talk)

    def _enter_as_similar(self, error: ChatError) -> Session:
        session = self._factory.chat.enter_as_similar(self, self._given[-1], home=self._room)
        self._tell(Notice(f"{error}; here you are {session.person.next_name.text}"))
        return session

    def _refuse(self, error: ChatError) -> None:
        self._tell(Failure(error))
        if self._turned_away(error):
            return
        if isinstance(error, ABOUT_NICKS) and self._tries < self._dialect.tries:
            self._prompt()
        elif not isinstance(error, BadLogin):
            self.close()  # nothing that the client can do would change that

    # talking

    def _talk(self, line: bytes) -> None:
        self._session.typed(self._meant(line))  # type: ignore[union-attr]

    def _meant(self, line: bytes) -> str:
        own = [] if self._session is None else [self._session.person.next_name.text]
        return self._dialect.said(_decoded(line), [*self._given, *own])

    # the Recipient that the session speaks to

    take: Callable[[Messages], bool]
    patience = PATIENCE
    lists_people = False
    shows_history = True

    @property
    def backlog(self) -> int:
        return self._pacer.size

    def view(self, current: bool) -> View:
        return self._dialect.current if current else self._dialect.elsewhere

    def answer(self, rendered: Messages) -> None:
        self._pacer.write(rendered)

    def _drained(self) -> None:
        self._pacer.outbox_drained()

    # ends

    def send_the_rest(self) -> None:
        self._pacer.close()

    def connectionLost(self, reason: object = None) -> None:
        super().connectionLost(reason)  # type: ignore[arg-type]
        self._pacer.stop()

    def _stop(self) -> None:
        super()._stop()
        self._stop_waiting()

    def _stop_waiting(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None


def _decoded(line: bytes) -> str:
    return line.decode("utf-8", "replace").removesuffix("\r")


_check: type[Recipient] = UnframedProtocol
