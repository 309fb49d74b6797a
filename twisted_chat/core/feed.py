"""One session's stream of events: live, held for a moment, or served from the log page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure as TwistedFailure

from twisted_chat.boundaries import Recipient, Rendered, Stance
from twisted_chat.core.errors import Busy
from twisted_chat.core.events import NATURE, Event, Page
from twisted_chat.core.told import Failure, People, RoomFacts, Skipped, Told

if TYPE_CHECKING:
    from twisted_chat.core.chat import Chat
    from twisted_chat.core.reader import Reader
    from twisted_chat.core.rooms import Room

PAGE = 100
"""Events asked for at once from the log."""

MAX_HELD = 1_000
"""Pieces that wait while a page is read; a session that would hold more live ones goes on from the log."""

MAX_OWN = 10_000
"""Lines of its own that a session which is behind knows again; it is shown those beyond as if typed elsewhere."""

ENDING = 5.0
"""Seconds that a session which ends has for what the log still owes it."""

RETRY = 1.0
"""Seconds after which the log is asked again when it could not be read."""

_log = Logger()


Read = Callable[[], Deferred[Page]]
"""Asks the log for a page."""

Show = Callable[[Page | None], Read | None]
"""Shows a page, None for one that can't be read; gives how to read the one that follows it, if one does."""

_Counts = tuple[dict[str, int], int]
"""How much had been said in each of a session's rooms, and to its person alone."""


@dataclass(frozen=True, slots=True)
class _Live:
    """A live piece that is held, the number in the log up to which it brings its session, and the counts before it."""

    rendered: Rendered
    seq: int
    counts: _Counts


@dataclass(frozen=True, slots=True)
class _Reading:
    """A page to be read and shown at its place among the held pieces."""

    read: Read
    show: Show


class Feed:
    """Sees to it that a session gets kept events in ascending order, each once, whatever its speed.

    Live: `sink` is the recipient's own `take`. Held: live pieces wait until an answer from the log stands before them.
    Lagging: fan-out passes the session by, only its place in the log is kept, and the log serves it once it is ready.
    """

    __slots__ = (
        "_chat", "_deadline", "_directs_before", "_done", "_held", "_held_from", "_known", "_lost", "_next", "_over",
        "_own", "_place", "_promised", "_reading", "_recipient", "_serve_all", "_session", "_spoken_before", "_until",
        "lagging", "sink",
    )  # fmt: skip

    def __init__(self, session: Reader, recipient: Recipient, chat: Chat) -> None:
        self._session = session
        self._recipient = recipient
        self._chat = chat
        self.sink: Callable[[Rendered], bool] = recipient.take
        self.lagging = False
        self._over = False
        self._done: Callable[[], None] | None = None
        self._deadline: IDelayedCall | None = None
        self._held: list[Rendered | _Live | _Reading] | None = None
        self._held_from = 0
        self._next: _Reading | None = None
        self._until: int | None = None
        self._place = 0
        self._lost = 0
        self._reading = False
        self._serve_all = False
        self._own: set[int] = _NONE
        self._promised: dict[int, Rendered] = {}
        self._spoken_before: dict[str, int] | None = None
        self._directs_before = 0
        self._known: dict[Room, RoomFacts] | None = None

    def tell(self, told: Told) -> None:
        """An answer for this session alone: it goes out now, or behind what is held."""
        self.answer(self._recipient.view(True).render(told, Stance.OTHER))

    def answer(self, rendered: Rendered) -> None:
        """The same for what is rendered already."""
        if not rendered or self._over:
            return
        if self._held is not None and len(self._held) < 2 * MAX_HELD:
            self._held.append(rendered)
        else:
            self._recipient.answer(rendered)

    def confirm(self, event: Event, rendered: Rendered) -> None:
        """Tell it again of its own `event` of the log, but not before what the log still has to serve ahead of it.

        Who keeps the last number that it was told, and is cut off then, would never ask for those.
        """
        if not self.lagging or event.seq <= self._place:
            self.answer(rendered)
        elif len(self._promised) < MAX_HELD:
            self._promised[event.seq] = rendered
        else:
            self.tell(Failure(Busy("too many ids at once while you are behind; say it again"), event.client_id))

    def _keep_promises(self, served: Iterable[Event] = ()) -> None:
        """Confirm what the log has been served beyond, unless it was among that."""
        if self._promised:
            for event in served:
                self._promised.pop(event.seq, None)
            for seq in sorted(each for each in self._promised if each <= self._place):
                self.answer(self._promised.pop(seq))

    # the end

    @property
    def behind(self) -> bool:
        """Whether what it did itself is not shown to it at once."""
        return self.lagging or self._held is not None

    @property
    def place(self) -> int:
        """The number in the log up to which everything was given to the session."""
        if self.lagging or self._over:
            return self._place
        return self._chat.seq if self._held is None else self._held_from

    @property
    def is_over(self) -> bool:
        """Whether nobody is there any more."""
        return self._over

    @property
    def ending(self) -> bool:
        """Whether nothing live is wanted any more."""
        return self._over or self._done is not None

    def end(self, done: Callable[[], None]) -> None:
        """Serve what was asked for before, within `ENDING` seconds, then stop and call `done`."""
        if self._over:
            done()
            return
        self._done = done
        self._until = self._chat.seq
        if self._held is None and not self.lagging:
            self._finish()
        elif self._deadline is None:
            self._deadline = self._chat.clock.callLater(ENDING, self._finish)

    def stop_waiting(self) -> None:
        """What is held goes out now, without the pages that it waits for: the log answers no more."""
        held, self._held = self._held, None
        self._next = None
        for piece in held or ():
            if not isinstance(piece, _Reading):
                self._recipient.answer(piece.rendered if isinstance(piece, _Live) else piece)
        self.lagging = False

    def stop(self) -> None:
        """The recipient is gone or going: nothing is served any more."""
        self._place = self.place
        self._over = True
        self._held = self._next = None
        self._promised.clear()
        self._done = None
        self.sink = _swallow
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()

    def _finish(self) -> None:
        done = self._done
        assert done is not None
        self.stop_waiting()
        self.stop()
        done()

    # held: a page of the log has to stand before what comes after it was asked for

    def show(self, read: Read, show: Show) -> None:
        """Call `read`, then `show` with its page, or None if it can't be read; what comes meanwhile waits behind it.

        A page that follows is read once the recipient has got rid of those before.
        """
        if self._held is not None:
            if len(self._held) < MAX_HELD:
                self._held.append(_Reading(read, show))
            else:
                show(None)  # who asks that often while the log is slow is not worth the memory
            return
        self._held_from = self._chat.seq
        self._read(read, show)

    def _read(self, read: Read, show: Show) -> None:
        fired = False

        def shown(page: Page | None) -> None:
            nonlocal fired
            fired = True
            if self._over:
                return
            held, self._held = self._held, None
            following = show(page)
            if following is not None:
                self._hold_on(held)
                self._next = _Reading(following, show)
                self._chat.clock.callLater(0, self._read_on)
            elif held is not None:
                self._release(held)

        def failed(failure: TwistedFailure) -> None:
            _log.failure("the log can't be read", failure)
            shown(None)

        read().addCallbacks(shown, failed)
        if not fired and not self._over:
            self._hold_on(self._held)

    def _hold_on(self, held: list[Rendered | _Live | _Reading] | None) -> None:
        """Keep back what comes, behind what is `held`, if anything is already."""
        self._held = held
        if held is None:
            self._held = []
            if self._own is _NONE:
                self._own = set()
            self._switch_to(self._hold)

    def _read_on(self) -> None:
        if self._next is not None and not self._recipient.backlog:
            following, self._next = self._next, None
            self._read(following.read, following.show)

    def _hold(self, rendered: Rendered) -> bool:
        if self._held is None or len(self._held) >= MAX_HELD:
            return False
        self._held.append(_Live(rendered, self._chat.seq, self._counts()))
        return True

    def _release(self, held: list[Rendered | _Live | _Reading]) -> None:
        refused = False
        for at, piece in enumerate(held):
            if isinstance(piece, _Live):
                if refused:
                    continue  # the log serves it
                if self._recipient.take(piece.rendered):
                    self._held_from = piece.seq
                else:
                    refused = True
                    self.lag(self._held_from)
                    self._place = self._held_from
                    self._spoken_before, self._directs_before = piece.counts
            elif isinstance(piece, _Reading):
                self._read(piece.read, piece.show)
                if self._held is not None:
                    rest = held[at + 1 :]
                    self._held.extend([each for each in rest if not isinstance(each, _Live)] if refused else rest)
                    return
            else:
                self._recipient.answer(piece)
        if not self.lagging:
            self._own = _NONE
        self._switch_to(self._recipient.take)
        self._serve()
        self._end_if_served()

    def _switch_to(self, sink: Callable[[Rendered], bool]) -> None:
        self.sink = sink
        if not self.lagging:
            self._session.attach_all()

    def _end_if_served(self) -> None:
        if self._done is not None and self._held is None and not self.lagging:
            self._finish()

    def take(self, rendered: Rendered, start: int) -> None:
        """A live piece out of a batch that began behind `start`, perhaps some turns ago.

        Who has begun to lag since then gets it from the log, or has already.
        """
        served = self._place >= self._chat.seq > start
        if not self.lagging and not served and not self.sink(rendered):
            self.lag(start)

    # lagging: the log serves the session from its place on

    def lag(self, place: int) -> None:
        """Fan-out passes the session by from now on; everything up to `place` it has been given."""
        if self.lagging or self._over:
            return
        self.lagging = True
        self._place = place
        if self._own is _NONE:
            self._own = set()
        self._known = {}
        self._spoken_before, self._directs_before = self._counts()
        self._session.detach_all()

    def _counts(self) -> _Counts:
        return {room.id: room.spoken for room in self._session.rooms}, self._session.person.directs

    def resume_from(self, place: int) -> None:
        """Serve everything after `place`, then go live: who comes back wants all of it."""
        self.lag(place)
        self._serve_all = True
        for room in self._session.rooms:
            self.listed(room, room.facts_for(self._session.person))  # the welcome did
        self._serve()

    def listed(self, room: Room, facts: RoomFacts) -> None:
        """The session was just told who is in `room`: if that is still so when it goes live, it need not be again."""
        if self._known is not None:
            self._known[room] = facts

    def entered(self, room: Room) -> None:
        """The session reads one more room from now on."""
        if self._spoken_before is not None:
            self._spoken_before[room.id] = room.spoken

    def said(self, seq: int) -> None:
        """The session's own words are in the log as `seq`, and it is behind: the log may have to serve them to it."""
        if len(self._own) < MAX_OWN:
            self._own.add(seq)

    def had(self, event: Event) -> None:
        """A lagging session was given this one all the same, or it has been served."""
        before = self._spoken_before
        assert before is not None
        if not NATURE[event.kind].skippable:
            return
        if event.room:
            before[event.room] = before.get(event.room, 0) + 1
        else:
            self._directs_before += 1

    def drained(self) -> None:
        """The recipient is ready for more."""
        self._read_on()
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
        through = self._last()
        rooms = {room.id: floor for room, floor in self._session.rooms.items()}
        reading = self._chat.journal.after(self._place, through, self._session.person.id, rooms, PAGE)
        reading.addCallbacks(self._got, self._not_read, (through,))

    def _last(self) -> int:
        """Up to where it is to be served: to the present, or to where it ended."""
        return self._chat.seq if self._until is None else self._until

    def _missed(self) -> int:
        """Skippable events not served since the session lags, in the rooms that it reads and to it alone."""
        before = self._spoken_before or {}
        spoken = sum(room.spoken - before.get(room.id, room.spoken) for room in self._session.rooms)
        return spoken + self._session.person.directs - self._directs_before

    def _skip(self, through: int, count: int) -> None:
        self.tell(Skipped(self._place + 1, through, count))
        self._place = through
        self._keep_promises()

    def _not_read(self, failure: TwistedFailure) -> None:
        _log.failure("the log can't be read", failure)
        self._reading = False
        if not self._over:
            self._chat.clock.callLater(RETRY, self._serve)

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
        for event in page.events:
            self.had(event)
        pieces = [piece for event in page.events if (piece := self._session.render(event, self._stance(event.seq)))]
        if pieces:
            self._recipient.answer(self._recipient.view(True).join(pieces))
        self._place = page.events[-1].seq if page.more else max(self._place, through)
        self._own = {seq for seq in self._own if seq > self._place}
        self._keep_promises(page.events)
        if page.more or through < self._last():
            if not self._recipient.backlog:
                # A turn of the reactor between two pages, so that a long replay holds nobody up.
                self._chat.clock.callLater(0, self._serve)
        else:
            self._go_live()

    def _stance(self, seq: int) -> Stance:
        """How the session stands to a served event of its own person: some were typed right here."""
        return Stance.ORIGIN if seq in self._own else Stance.SELF

    def _go_live(self) -> None:
        self.lagging = False
        self._serve_all = False
        self._lost = 0
        self._own = _NONE
        known, self._known = self._known or {}, None
        self._spoken_before = None
        self._session.attach_all()
        if self._recipient.lists_people:
            for room in self._session.rooms:
                facts = room.facts_for(self._session.person)
                if known.get(room) != facts:
                    self.tell(People(facts))
        self._end_if_served()


_NONE: set[int] = set()


def _swallow(_rendered: Rendered) -> bool:
    return True
