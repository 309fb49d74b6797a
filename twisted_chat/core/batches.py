"""The way of a message between those who post it and those who get it: one batch to the log in a turn, and back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from twisted_chat.core.congestion import Congestion
from twisted_chat.core.events import Aside, Event, Item, Outcome

if TYPE_CHECKING:
    from twisted_chat.core.session import Session

MAX_BATCH = 128 * 1024
"""Characters that go to the log in one batch; the rest of a turn follows in the next."""

ITEM = 1024
"""Characters that an item of a batch counts for besides its text: delivery goes through each for each who did one."""

GATHERING = 4
"""Turns of the reactor at most that a batch waits while each of them brings more: fewer, larger batches under load."""

_DONE = object()
_log = Logger()


class Batches:
    """Gathers what is posted into batches for the log, and delivers what comes back from it, in order.

    `append` takes a batch to the log; `deliver` gives the steps in which a batch that came back reaches everybody.
    """

    def __init__(
        self,
        clock: IReactorTime,
        append: Callable[[list[Item]], None],
        deliver: Callable[[list[Outcome]], Iterator[None]],
    ) -> None:
        self._clock = clock
        self._append = append
        self._deliver = deliver
        self._congestion = Congestion(clock)
        self._pending: list[Item] = []
        self._flushing = False
        self._gathered = self._turns = 0
        self._arrived: deque[list[Outcome]] = deque()
        self._delivering: tuple[int, Iterator[None]] | None = None
        self._stopped = False

    @property
    def waiting(self) -> int:
        """Items on their way to the log and back."""
        return self._congestion.waiting

    def post(self, item: Item) -> None:
        """Add to this turn's batch."""
        if self._stopped:
            return
        self._pending.append(item)
        if not self._flushing:
            self._flushing = True
            self._clock.callLater(0, self._gather)
        self._congestion.posted(item)

    def go_on(self, session: Session) -> None:
        """It is not to wait for what is on its way."""
        self._congestion.go_on(session)

    def forget(self, session: Session) -> None:
        """It is over: nothing has to go on for it."""
        self._congestion.forget(session)

    def _gather(self) -> None:
        """Flush, unless the last turn brought more: then the next may, too."""
        gathered = len(self._pending)
        if gathered != self._gathered and self._turns < GATHERING:
            self._gathered = gathered
            self._turns += 1
            self._clock.callLater(0, self._gather)
        else:
            self._flush()

    def _flush(self) -> None:
        self._flushing = False
        self._gathered = self._turns = 0
        batch, self._pending = self._pending, []
        size = 0
        for at, item in enumerate(batch):
            size += ITEM
            if type(item) is Event and item.text:
                size += len(item.text)
            if size > MAX_BATCH and at:
                self._pending = batch[at:]
                del batch[at:]
                self._flushing = True
                # A turn of the reactor lies between two batches: reads get theirs.
                self._clock.callLater(0, self._flush)
                break
        if batch:
            self._append(batch)

    def arrived(self, outcomes: Iterable[Outcome]) -> None:
        """A batch came back from the log."""
        self._arrived.append(list(outcomes))
        if self._delivering is None:
            self._go_on()

    def _go_on(self) -> None:
        """Deliver what has arrived: all of it now, but for a pause amid a batch for a great many."""
        while self._delivering is not None or self._arrived:
            if self._delivering is None:
                batch = self._arrived.popleft()
                self._delivering = (sum(map(_is_ours, batch)), self._deliver(batch))
            ours, steps = self._delivering
            paused = False
            try:
                paused = next(steps, _DONE) is not _DONE
            except Exception:
                _log.failure("a batch could not be delivered")
            if not paused:
                self._delivering = None
                self._congestion.delivered(ours)
            if paused and not self._stopped:
                self._clock.callLater(0, self._go_on)
                return

    def stop(self) -> None:
        """Send what was posted to the log; nothing is taken from now on."""
        while self._pending:
            self._flush()
        self._stopped = True

    def finish(self) -> None:
        """Deliver the rest, without pauses now."""
        self._go_on()


def _is_ours(outcome: Outcome) -> bool:
    """Whether it was posted here: an engine's journal brings what other nodes posted, too."""
    if type(outcome) is Aside:
        return True
    event = outcome if type(outcome) is Event else outcome.event  # type: ignore[union-attr]
    return event.origin is not None
