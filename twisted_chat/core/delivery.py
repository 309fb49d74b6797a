"""The one delivery path: what the journal hands back, given to the sessions concerned, in the log's order.

Most members of a room only listen. Those who read just one room of the batch, share a view, and neither spoke nor
ignore a speaker are the *bulk* of that room: what they get is rendered and joined once a view. Everybody else is a
*single*, for whom the batch is gone through event by event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, cast

from twisted.logger import Logger

from twisted_chat.boundaries import Rendered, Stance, View
from twisted_chat.core import missed
from twisted_chat.core.errors import ChatError, IdReused
from twisted_chat.core.events import HEARD, NATURE, REVISIONS, TALK, Aside, Duplicate, Event, Kind, Outcome, Refused
from twisted_chat.core.told import Failure

if TYPE_CHECKING:
    from twisted_chat.core.chat import Chat
    from twisted_chat.core.people import Person
    from twisted_chat.core.reader import Reader
    from twisted_chat.core.rooms import Room

_log = Logger()


SLICE = 1_000
"""Sessions that are given something in one turn of the reactor: to send to 5,000 holds it for 40 ms or more."""


def deliver(chat: Chat, outcomes: Sequence[Outcome]) -> Iterator[None]:
    """Give a batch to everybody concerned, and let the chat's own state follow it.

    A batch for more than `SLICE` sessions stops now and then, with everything in order, for the reactor to have a turn:
    go on with the next step then, and with no other batch before.
    """
    return _Batch(chat, outcomes).deliver()


_Share = tuple[Rendered, "list[Reader]"]


class _Batch:
    """One batch on its way."""

    __slots__ = ("_chat", "_directs", "_flushed", "_outcomes", "_rendered", "_singles", "_start", "_touched")

    def __init__(self, chat: Chat, outcomes: Sequence[Outcome]) -> None:
        self._chat = chat
        self._outcomes = outcomes
        self._start = chat.seq
        self._rendered: dict[View, dict[int, Rendered]] = {}
        self._singles: dict[Reader, list[Rendered]] = {}
        self._flushed: dict[Reader, int] = {}
        self._touched: dict[Room, list[int]] = {}  # for each room the places of its events in the batch
        self._directs: list[Person] = []

    def deliver(self) -> Iterator[None]:
        room = self._only_talk_in()
        if room is not None:
            self._guarded(self._talk, room)
        else:
            self._find_singles()
            for at, outcome in enumerate(self._outcomes):
                self._guarded(self._one, at, outcome)
            for session in self._singles:
                self._guarded(self._flush, session)
        yield from self._to_all()
        self._settle()

    def _guarded(self, step: Callable[..., None], *arguments: object) -> None:
        """A fault of ours in one step must not cost the others theirs."""
        try:
            step(*arguments)
        except Exception:
            _log.failure("a part of a batch could not be delivered")

    # the common batch: nothing but talk in one room, and nobody who does not want to hear it

    def _only_talk_in(self) -> Room | None:
        """The room, if this is such a batch."""
        rooms, of = self._chat.rooms_by_id, self._chat.ignores.of
        talked_in = ""
        for outcome in self._outcomes:
            if type(outcome) is not Event or outcome.kind not in TALK or of(outcome.person):
                return None
            if outcome.room != talked_in:
                if talked_in:
                    return None
                talked_in = outcome.room
        return rooms.get(talked_in)

    def _talk(self, room: Room) -> None:
        """The same as the general way would do: everybody's pieces, but the speakers' own in their own rendering."""
        events = cast("Sequence[Event]", self._outcomes)
        own: dict[Reader, dict[int, Stance]] = {}
        for at, event in enumerate(events):
            person = self._doer(event)
            if person is not None:
                for speaking in person.sessions:
                    stance = Stance.ORIGIN if speaking is event.origin else Stance.SELF
                    own.setdefault(speaking, {})[at] = stance
        self._singles = {session: [] for session in own}
        self._touched[room] = list(range(len(events)))
        room.kept = True
        self._chat.seq = events[-1].seq
        everybodys: dict[View, list[Rendered]] = {}
        for session, stances in own.items():
            if session.feed.behind:
                for at, stance in stances.items():
                    if stance is Stance.ORIGIN:
                        session.feed.said(events[at].seq)
            view = room.views.get(session)
            if view is None:
                continue
            if view not in everybodys:
                everybodys[view] = [self._piece(view, at, event) for at, event in enumerate(events)]
            pieces = everybodys[view].copy()
            for at, stance in stances.items():
                pieces[at] = view.render(events[at], stance)
            self._singles[session] = [piece for piece in pieces if piece]
            self._flush(session)

    # who is a single

    def _find_singles(self) -> None:
        chat = self._chat
        rooms, persons, singles, touched = chat.rooms_by_id, chat.persons, self._singles, self._touched
        for outcome in self._outcomes:
            if type(outcome) is Event:
                room = rooms.get(outcome.room)
                person = self._doer(outcome)
                if room is not None:
                    touched.setdefault(room, [])
                elif person is not None:
                    for each in person.rooms:
                        touched.setdefault(each, [])
                if person is not None:
                    for session in person.sessions:
                        singles.setdefault(session, [])
                if outcome.to and (addressee := persons.get(outcome.to)) is not None:
                    for session in addressee.sessions:
                        singles.setdefault(session, [])
                for ignorer in chat.ignores.of(outcome.person):
                    for session in ignorer.sessions:
                        singles.setdefault(session, [])
            else:
                alone = outcome.session if isinstance(outcome, Aside) else outcome.event.origin  # type: ignore[union-attr]
                if alone is not None:
                    singles.setdefault(cast("Reader", alone), [])
        if len(touched) > 1:
            seen: set[Reader] = set()
            for several in touched:
                readers = several.views.keys()
                for reader in seen & readers:
                    singles.setdefault(reader, [])
                seen |= readers

    def _doer(self, event: Event) -> Person | None:
        """Whose event it is, if he is here.

        Not just the bearer of its id: he may have left and come back while the event was on its way.
        """
        origin: Reader | None = event.origin  # type: ignore[assignment]
        return self._chat.persons.get(event.person) if origin is None else origin.person

    def _one(self, at: int, outcome: Outcome) -> None:
        if type(outcome) is Event:
            if outcome.seq:
                self._chat.seq = outcome.seq
            self._event(at, outcome)
        elif type(outcome) is Aside:
            self._aside(outcome)
        elif type(outcome) is Duplicate:
            self._duplicate(outcome)
        else:
            self._fail(outcome.event, cast(Refused, outcome).error)  # type: ignore[union-attr]

    # one thing after the other, for the singles and for the chat's state

    def _event(self, at: int, event: Event) -> None:
        kind = event.kind
        if kind is Kind.MESSAGE or kind is Kind.ACTION:
            self._in_room(at, event)
        elif kind is Kind.DIRECT or (kind in REVISIONS and not event.room):
            self._direct(at, event)
        elif kind is Kind.JOINED:
            self._joined(at, event)
        elif kind is Kind.LEFT:
            self._left(at, event)
        elif kind is Kind.TOPIC:
            self._chat.rooms_by_id[event.room].topic = event.text or ""
            self._in_room(at, event)
        elif kind in REVISIONS:
            self._in_room(at, event)
        else:
            self._of_person(at, event)

    def _in_room(self, at: int, event: Event) -> None:
        room = self._chat.rooms_by_id[event.room]
        self._touched[room].append(at)
        if event.seq:
            room.kept = True
        views = room.views
        ignorers = self._chat.ignores.of(event.person) if event.kind in HEARD else ()
        for session, pieces in self._singles.items():
            view = views.get(session)
            person = session.person
            if person.id == event.person:
                if not event.seq:
                    continue
                if session is event.origin:
                    if session.feed.behind:
                        session.feed.said(event.seq)
                    stance = Stance.ORIGIN
                else:
                    stance = Stance.SELF
                piece = view.render(event, stance) if view is not None else None
            elif view is None or person in ignorers:
                continue
            else:
                piece = self._piece(view, at, event)
            if piece:
                pieces.append(piece)

    def _direct(self, at: int, event: Event) -> None:
        chat = self._chat
        sender, addressee = self._doer(event), chat.persons.get(event.to)
        said = event.kind is Kind.DIRECT  # else it is a revision of one
        if addressee is not None and addressee is not sender:
            addressee.due = event.seq
            if said:
                self._directs.append(addressee)
            if addressee not in chat.ignores.of(event.person):
                for session in addressee.sessions:
                    if said:
                        session.last_direct = (event.person, event.nick)
                    self._add(session, session.view(), event, Stance.OTHER)
        if sender is not None:
            if said:
                self._directs.append(sender)
            for session in sender.sessions:
                origin = session is event.origin
                if origin and session.feed.behind:
                    session.feed.said(event.seq)
                self._add(session, session.view(), event, Stance.ORIGIN if origin else Stance.SELF)

    def _joined(self, at: int, event: Event) -> None:
        room = self._chat.rooms_by_id[event.room]
        self._in_room(at, event)
        person = self._doer(event)
        if person is None:
            return
        room.expected -= 1
        room.members[person] = None
        person.rooms[room] = self._chat.seq
        for session in person.sessions:
            if session.welcomed:
                self._flush(session)
                session.entered(room, event.client_id if session is event.origin else None)

    def _left(self, at: int, event: Event) -> None:
        room = self._chat.rooms_by_id[event.room]
        self._in_room(at, event)
        person = self._doer(event)
        if person is None:
            return
        room.members.pop(person, None)
        person.rooms.pop(room, None)
        missed.has_left(self._chat, person, room)
        for session in person.sessions:
            self._own(session, event)
            session.left(room)
        self._chat.remove_if_empty(room)

    def _of_person(self, at: int, event: Event) -> None:
        """A renaming, or somebody away: to everybody who shares a room with him, once."""
        chat = self._chat
        person = self._doer(event)
        if person is None:
            return
        for session in person.sessions:
            self._own(session, event)
        if event.kind is Kind.AWAY and event.text == person.away:
            return  # no news to anybody else
        hearers: set[Reader] = set()
        for room in person.rooms:
            hearers |= self._singles.keys() & room.views.keys()
            self._touched[room].append(at)
        for hearer in hearers:
            if hearer.person is not person and (piece := self._piece(hearer.view(), at, event)):
                self._singles[hearer].append(piece)
        if event.kind is Kind.RENAMED:
            chat.renamed(person, event.text or "")
        else:
            person.away = event.text

    def _own(self, session: Reader, event: Event) -> None:
        """What it did itself and the log does not keep is an answer: nothing would tell it later."""
        if session.welcomed and not session.feed.ending:
            self._flush(session)
            did_it = session is event.origin and not event.by
            session.confirm(event, Stance.ORIGIN if did_it else Stance.SELF)

    def _aside(self, aside: Aside) -> None:
        if aside.session is not None:
            self._flush(aside.session)  # type: ignore[arg-type]
        aside.act()

    def _duplicate(self, outcome: Duplicate) -> None:
        event, original = outcome.event, outcome.original
        if not event.same_words(original):
            self._fail(event, IdReused(event.client_id or ""))
            return
        session: Reader | None = event.origin  # type: ignore[assignment]
        if session is not None:
            self._flush(session)
            session.confirm_again(original)

    def _fail(self, event: Event, error: ChatError) -> None:
        session: Reader | None = event.origin  # type: ignore[assignment]
        if session is not None:
            self._flush(session)
            session.refused = event.answer_to
            session.feed.tell(Failure(error, event.answer_to))

    def _add(self, session: Reader, view: View, event: Event, stance: Stance) -> None:
        if not session.feed.lagging and session.welcomed and (piece := view.render(event, stance)):
            self._singles[session].append(piece)

    def _flush(self, session: Reader) -> None:
        pieces = self._singles[session]
        if pieces:
            self._singles[session] = []
            rendered = pieces[0] if len(pieces) == 1 else session.view().join(pieces)
            if not session.feed.sink(rendered):
                place = self._flushed.get(session, self._start)
                session.feed.lag(place)
                for outcome in self._outcomes:
                    if type(outcome) is Event and outcome.seq:
                        if outcome.origin is session:
                            session.feed.said(outcome.seq)
                        if outcome.seq <= place:
                            session.feed.had(outcome)
                return
        self._flushed[session] = self._chat.seq

    # the many

    def _to_all(self) -> Iterator[None]:
        rooms = [(room, places) for room, places in self._touched.items() if places]
        if sum(len(room.views) for room, _places in rooms) <= SLICE:
            for room, places in rooms:
                self._guarded(self._to_bulk, room, places)
            return
        # Who is to have it is put down before the first pause: in one, somebody may come back from lagging, served with
        # this batch by the log, or look at a room in another way.
        shares: list[_Share] = []
        for room, places in rooms:
            self._guarded(self._share_out, room, places, shares)
        for at, share in enumerate(shares):
            if at:
                yield
            self._guarded(self._give, *share)

    def _share_out(self, room: Room, places: list[int], shares: list[_Share]) -> None:
        singles = self._singles
        for view, group in room.audience.items():
            if rendered := self._joined_pieces(view, places):
                sessions = [session for session in group if session not in singles]
                shares += [(rendered, sessions[begin : begin + SLICE]) for begin in range(0, len(sessions), SLICE)]

    def _give(self, rendered: Rendered, sessions: list[Reader]) -> None:
        for session in sessions:
            session.feed.take(rendered, self._start)

    def _joined_pieces(self, view: View, places: list[int]) -> Rendered:
        pieces = [piece for at in places if (piece := self._piece(view, at, self._outcomes[at]))]
        return view.join(pieces) if len(pieces) > 1 else pieces[0] if pieces else None

    def _to_bulk(self, room: Room, places: list[int]) -> None:
        singles = self._singles
        for view, group in tuple(room.audience.items()):
            rendered = self._joined_pieces(view, places)
            if not rendered:
                continue
            # One loop over nothing but the sinks: in a full room each object touched costs as much as a call.
            apart = {session: group.pop(session) for session in singles if session in group}
            try:
                refusing = {sink for sink in list(group.values()) if not sink(rendered)}
                lagging = [session for session, sink in group.items() if sink in refusing] if refusing else ()
            finally:
                group.update(apart)
            for session in lagging:
                session.feed.lag(self._start)

    def _piece(self, view: View, at: int, event: Outcome) -> Rendered:
        """The event at this place as others see it through `view`: rendered once a batch."""
        rendered = self._rendered.get(view)
        if rendered is None:
            rendered = self._rendered[view] = {}
        piece = rendered.get(at)
        if piece is None:
            piece = rendered[at] = view.render(event, Stance.OTHER)  # type: ignore[arg-type]
        return piece

    def _settle(self) -> None:
        """Count what was said, only now: who began to lag in this batch has missed it."""
        for room, places in self._touched.items():
            for at in places:
                if NATURE[self._outcomes[at].kind].skippable:  # type: ignore[union-attr]
                    room.spoken += 1
        for person in self._directs:
            person.directs += 1
        for outcome in self._outcomes:
            if type(outcome) is Event:
                outcome.origin = None  # the log may keep the event, but never a session
