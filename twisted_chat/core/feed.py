"""One session's stream of events: live, held for a moment, or served from the log page by page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred

from twisted_chat.boundaries import Recipient, Rendered, Stance
from twisted_chat.core.events import Page
from twisted_chat.core.told import People, RoomFacts, Skipped, Told

if TYPE_CHECKING:
    from twisted_chat.core.chat import Chat
    from twisted_chat.core.reader import Reader
    from twisted_chat.core.rooms import Room

PAGE = 100
"""Events asked for at once from the log."""

MAX_HELD = 1_000
"""Pieces that wait while a page is read; a session that would hold more goes on from the log."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """A page to be read and shown at its place among the held pieces."""

    read: Callable[[], Deferred[Page]]
    show: Callable[[Page], None]


class Feed:
    """Sees to it that a session gets kept events in ascending order, each once, whatever its speed.

    Live: `sink` is the recipient's own `take`. Held: live pieces wait until an answer from the log stands before them.
    Lagging: fan-out passes the session by, only its place in the log is kept, and the log serves it once it is ready.
    """

    __slots__ = (
        "_chat", "_directs_before", "_held", "_known", "_lost", "_over", "_own", "_place", "_reading", "_recipient",
        "_serve_all", "_served", "_session", "_spoken_before", "lagging", "sink",
    )  # fmt: skip

    def __init__(self, session: Reader, recipient: Recipient, chat: Chat) -> None:
        self._session = session
        self._recipient = recipient
        self._chat = chat
        self.sink: Callable[[Rendered], bool] = recipient.take
        self.lagging = False
        self._over = False
        self._held: list[Rendered | _Reading] | None = None
        self._place = 0
        self._lost = 0
        self._reading = False
        self._serve_all = False
        self._own: set[int] | None = None
        self._spoken_before: dict[str, int] = {}
        self._directs_before = 0
        self._known: dict[Room, RoomFacts] = {}
        self._served = 0

    def tell(self, told: Told) -> None:
        """An answer for this session alone: it goes out now, or behind what is held."""
        self.answer(self._recipient.view(True).render(told, Stance.OTHER))

    def answer(self, rendered: Rendered) -> None:
        """The same for what is rendered already."""
        if not rendered or self._over:
            return
        if self._held is not None and len(self._held) < MAX_HELD:
            self._held.append(rendered)
        else:
            self._recipient.answer(rendered)

    def stop(self) -> None:
        """The recipient is gone or going: nothing is served any more."""
        self._over = True
        self._held = None
        self.sink = _swallow

    # held: a page of the log has to stand before what comes after it was asked for

    def show(self, read: Callable[[], Deferred[Page]], show: Callable[[Page], None]) -> None:
        """Call `read`, then `show` with its page; what comes meanwhile waits behind it.

        A page that can't be read is shown as an empty one.
        """
        if self._held is not None:
            if len(self._held) < MAX_HELD:
                self._held.append(_Reading(read, show))
            else:
                show(Page(()))  # who asks that often while the log is slow is not worth the memory
            return
        fired = False

        def shown(page: Page) -> None:
            nonlocal fired
            fired = True
            if self._over:
                return
            held, self._held = self._held, None
            show(page)
            if held is not None:
                self._release(held)

        read().addCallbacks(shown, lambda _failure: shown(Page(())))
        if not fired and not self._over:
            self._held = []
            self._switch_to(self._hold)

    def _hold(self, rendered: Rendered) -> bool:
        if self._held is None or len(self._held) >= MAX_HELD:
            return False
        self._held.append(rendered)
        return True

    def _release(self, held: list[Rendered | _Reading]) -> None:
        for at, piece in enumerate(held):
            if not isinstance(piece, _Reading):
                self._recipient.answer(piece)
                continue
            self.show(piece.read, piece.show)
            if self._held is not None:
                self._held.extend(held[at + 1 :])
                return
        self._switch_to(self._recipient.take)
        self._serve()

    def _switch_to(self, sink: Callable[[Rendered], bool]) -> None:
        self.sink = sink
        if not self.lagging:
            self._session.attach_all()

    # lagging: the log serves the session from its place on

    def lag(self, place: int) -> None:
        """Fan-out passes the session by from now on; everything up to `place` it has been given."""
        if self.lagging or self._over:
            return
        self.lagging = True
        self._place = place
        self._own = set()
        self._served = 0
        self._spoken_before = {room.id: room.spoken for room in self._session.rooms}
        self._directs_before = self._session.person.directs
        self._session.detach_all()

    def resume_from(self, place: int) -> None:
        """Serve everything after `place`, then go live: who comes back wants all of it."""
        self.lag(place)
        self._serve_all = True
        for room in self._session.rooms:
            self.listed(room, room.facts_for(self._session.person))  # the welcome did
        self._serve()

    def listed(self, room: Room, facts: RoomFacts) -> None:
        """The session was just told who is in `room`: if that is still so when it goes live, it need not be again."""
        if self.lagging:
            self._known[room] = facts

    def said(self, seq: int) -> None:
        """The session's own words are in the log as `seq` and were not shown to it, for it lags."""
        assert self._own is not None
        self._own.add(seq)

    def drained(self) -> None:
        """The recipient is ready for more."""
        self._serve()

    def _serve(self) -> None:
        if not self.lagging or self._reading or self._over or self._held is not None or self._recipient.backlog:
            return
        patience = None if self._serve_all else self._recipient.patience
        if patience is not None and (missed := self._missed()) > patience:
            self._skip(self._chat.seq, missed)
            self._go_live()
            return
        self._reading = True
        through = self._chat.seq
        rooms = {room.id: floor for room, floor in self._session.rooms.items()}
        reading = self._chat.journal.after(self._place, through, self._session.person.id, rooms, PAGE)
        reading.addCallbacks(self._got, lambda _failure: self._got(Page((), lost=through), through), (through,))

    def _missed(self) -> int:
        """Skippable events not served since the session lags, exact for the rooms that it was in all the while."""
        before = self._spoken_before
        spoken = sum(room.spoken - before.get(room.id, room.spoken) for room in self._session.rooms)
        return spoken + self._session.person.directs - self._directs_before - self._served

    def _skip(self, through: int, count: int) -> None:
        self.tell(Skipped(self._place + 1, through, count))
        self._place = through

    def _got(self, page: Page, through: int) -> None:
        self._reading = False
        if self._over:
            return
        if page.lost > max(self._place, self._lost):
            if self._recipient.patience is not None and not self._serve_all:
                # He gets one notice; what the log still has, /history shows.
                self._skip(self._chat.seq, self._missed())
                self._go_live()
                return
            self._lost = page.lost
            self.tell(Skipped(self._place + 1, page.lost, 0))
        self._served += len(page.events)
        pieces = [piece for event in page.events if (piece := self._session.render(event, self._stance(event.seq)))]
        if pieces:
            self._recipient.answer(self._recipient.view(True).join(pieces))
        self._place = page.events[-1].seq if page.more else max(self._place, through)
        if page.more or through < self._chat.seq:
            if not self._recipient.backlog:
                # A turn of the reactor between two pages, so that a long replay holds nobody up.
                self._chat.clock.callLater(0, self._serve)
        else:
            self._go_live()

    def _stance(self, seq: int) -> Stance:
        """How the session stands to a served event of its own person: some were typed right here."""
        assert self._own is not None
        return Stance.ORIGIN if seq in self._own else Stance.SELF

    def _go_live(self) -> None:
        self.lagging = False
        self._own = None
        self._lost = 0
        self._serve_all = False
        known, self._known = self._known, {}
        self._session.attach_all()
        if self._recipient.lists_people:
            for room in self._session.rooms:
                facts = room.facts_for(self._session.person)
                if known.get(room) != facts:
                    self.tell(People(facts))


def _swallow(_rendered: Rendered) -> bool:
    return True
