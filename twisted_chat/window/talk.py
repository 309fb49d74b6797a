"""The screen of one session: passes on what it shows, and tells when it came in and when it was cut."""

from __future__ import annotations

from typing import Protocol

from twisted.internet.defer import Deferred, succeed

from twisted_chat.client.conversation import Conversation
from twisted_chat.client.effects import Kind, Shown
from twisted_chat.client.options import Target
from twisted_chat.client.screen import Screen, Typist
from twisted_chat.window.lines import reason


class Listener(Protocol):
    """What a talk tells."""

    def entered(self, *, first: bool) -> None:
        """The server let us in."""

    def cut(self) -> None:
        """The connection is gone."""

    def shown(self, shown: Shown) -> None: ...

    def changed(self) -> None:
        """What the title tells may be another."""

    def nick_refused(self, why: str) -> None:
        """`answer` takes another."""

    def password_asked(self, question: str) -> None:
        """`answer` takes it."""


class Talk:
    """Over any number of connections to one target."""

    def __init__(self, conversation: Conversation, target: Target, listener: Listener) -> None:
        self.conversation = conversation
        self.target = target
        self.was_in = False
        """The server let us in once."""
        self.wants_nick = False
        """The nickname was refused: `answer` takes another."""
        self._listener: Listener | None = listener
        self._is_in = False
        self._trouble = ""
        self._question: Deferred[str | None] | None = None

    def silence(self) -> None:
        """It ends, and something else is talked about meanwhile."""
        self._listener = None

    @property
    def is_asking(self) -> bool:
        return self._question is not None

    def answer(self, text: str | None) -> None:
        question, self._question = self._question, None
        self.wants_nick = False
        if question is not None:
            question.callback(text)

    # What the session calls.

    def begin(self, typist: Typist) -> None:
        """Whoever made the session has it already."""

    def show(self, shown: Shown) -> None:
        self._look()
        if shown.kind is Kind.TROUBLE:
            self._trouble = reason(shown.text)
        if self._listener is not None:
            self._listener.shown(shown)

    def changed(self, unconfirmed: int) -> None:
        self._look()
        if self._listener is not None:
            self._listener.changed()

    def ask(self, question: str, *, secret: bool) -> Deferred[str | None]:
        self.answer(None)  # An earlier question gives way.
        asked = self._question = Deferred()
        self.wants_nick = not secret
        trouble, self._trouble = self._trouble, ""
        if self._listener is None:
            return asked
        if secret:
            self._listener.password_asked(trouble or question.rstrip(": "))
        else:
            self._listener.nick_refused(trouble or question.rstrip(": "))
        return asked

    def end(self, *, hurry: bool) -> Deferred[None]:
        self.answer(None)
        return succeed(None)

    def _look(self) -> None:
        """What the session does not say: the conversation's being in changed."""
        if self.conversation.welcomed == self._is_in:
            return
        self._is_in = self.conversation.welcomed
        first, self.was_in = not self.was_in, True
        if self._is_in:
            self._trouble = ""
        if self._listener is None:
            return
        if self._is_in:
            self._listener.entered(first=first)
        else:
            self._listener.cut()


_check: type[Screen] = Talk
