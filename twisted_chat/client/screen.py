"""The seam between a session and what the user sees and types at: a pipe, a terminal, a window."""

from __future__ import annotations

from typing import Protocol

from twisted.internet.defer import Deferred

from twisted_chat.client.effects import Shown


class Typist(Protocol):
    """What a screen may tell: the session's side that faces the user."""

    def typed(self, line: str) -> None: ...

    def finished(self) -> None:
        """There is no more to come: leave when all is confirmed."""

    def interrupted(self) -> None:
        """Leave now; what is unconfirmed is told."""

    def hold(self) -> None:
        """The screen can't show as fast as it gets."""

    def release(self) -> None: ...


class Screen(Protocol):
    """What a session needs of a screen. It is told to begin once, and to end once."""

    def begin(self, typist: Typist) -> None: ...

    def show(self, shown: Shown) -> None: ...

    def changed(self, unconfirmed: int) -> None:
        """How many lines are unconfirmed, the room, the nickname or the connection may be others now."""

    def ask(self, question: str, *, secret: bool) -> Deferred[str | None]:
        """The user's answer; None if he has none, or is asked something else meanwhile."""

    def end(self, *, hurry: bool) -> Deferred[None]:
        """Fires when all is shown, or soon if there is `hurry`."""
