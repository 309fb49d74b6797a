"""When the log does not keep up, those who speak are paused, and nobody loses a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.internet.interfaces import IReactorTime

from twisted_chat.core.events import Event, Item

if TYPE_CHECKING:
    from twisted_chat.core.session import Session

HIGH = 5_000
"""Items on their way to the log and back, above which speakers are paused."""

LOW = 1_000
"""And below which they may go on."""

SLOW = 0.25
"""Seconds without anything coming back while something is on its way, after which speakers are paused too."""


class Congestion:
    """Counts what is between `post` and delivery, and pauses the sessions that add to it when it is too much."""

    def __init__(self, clock: IReactorTime) -> None:
        self._seconds = clock.seconds
        self.waiting = 0
        self._progress = 0.0
        self._paused: dict[Session, None] = {}

    def posted(self, item: Item) -> None:
        if not self.waiting:
            self._progress = self._seconds()
        self.waiting += 1
        if self.waiting <= HIGH and self._seconds() - self._progress <= SLOW:
            return
        session: Session | None = item.origin if type(item) is Event else item.session  # type: ignore[assignment,union-attr]
        if session is not None and not session.over and session not in self._paused:
            self._paused[session] = None
            session.pause()

    def delivered(self, count: int) -> None:
        self.waiting -= count
        self._progress = self._seconds()
        if self._paused and self.waiting < LOW:
            paused, self._paused = self._paused, {}
            for session in paused:
                session.resume()

    def go_on(self, session: Session) -> None:
        """This one need not wait, or is another one from now on, on the same connection."""
        if session in self._paused:
            del self._paused[session]
            session.resume()

    def forget(self, session: Session) -> None:
        """Its connection ends, paused as it is."""
        self._paused.pop(session, None)
