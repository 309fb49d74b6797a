"""What holds whatever happens: random lives of several people, checked against a plain account of what was done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.core.doubles import Human, Program
from tests.core.slow_journal import SlowJournal
from tests.helpers import Listener, make_chat
from twisted_chat.boundaries import Stance
from twisted_chat.core import delivery
from twisted_chat.core.chat import Chat
from twisted_chat.core.errors import ChatError
from twisted_chat.core.events import Event, Kind
from twisted_chat.core.names import fold, parse_room
from twisted_chat.core.session import Session
from twisted_chat.core.told import Entered, People, Welcome

PEOPLE = 4
NICKS = ("ann", "ben", "cat", "dan", "eve")
ROOMS = ("#lobby", "#a", "#b")


@dataclass
class Stay:
    """A session was in a room between two places. `came_back`: it may also read what was there before."""

    room: str
    begin: int
    came_back: bool = False
    end: int | None = None


@dataclass
class Said:
    """One kept event as it was asked for: at which place, by which session, and by whom it was not to be heard."""

    place: int
    session: Seat
    room: str
    unheard_by: set[str]


@dataclass
class Seat:
    """One session, and what an onlooker knows of it."""

    session: Session
    listener: Listener
    entered: int
    since: int | None
    stays: list[Stay] = field(default_factory=list)
    ended: int | None = None

    @property
    def person(self) -> str:
        return self.session.person.id

    def staying(self, room: str) -> Stay | None:
        return next((stay for stay in self.stays if stay.room == room and stay.end is None), None)

    def ends(self, place: int) -> None:
        self.ended = place
        for stay in self.stays:
            if stay.end is None:
                stay.end = place

    def may_hear(self, said: Said, event: Event) -> bool:
        new = said.place > self.entered
        missed = self.since is not None and event.seq > self.since
        if self.person in said.unheard_by or (self.ended is not None and said.place > self.ended):
            return False
        if not said.room:
            return self.person in (event.person, event.to) and (new or missed)
        return any(self._covers(stay, said, event) for stay in self.stays)

    def _covers(self, stay: Stay, said: Said, event: Event) -> bool:
        missed = self.since is not None and event.seq > self.since and stay.came_back and said.place < self.entered
        ended = stay.end is not None and said.place > stay.end
        return stay.room == said.room and (missed or said.place > stay.begin) and not ended

    def must_hear(self, said: Said, event: Event, ignored: set[str]) -> bool:
        """Once everything is drained: what it may hear in rooms that it never left since, from whom it hears."""
        if self.ended is not None or self.listener.patience is not None or said.session.person in ignored:
            return False
        stay = self.staying(said.room)
        return self._covers(stay, said, event) if stay is not None else not said.room and self.may_hear(said, event)


class World:
    """A chat, several people, and the account of what they did."""

    def __init__(self, journal: SlowJournal | None) -> None:
        self.clock = Clock()
        self.journal = journal
        self.chat: Chat = make_chat(self.clock, journal, history_lines=2)
        self.place = 0
        self.seats: list[Seat] = []
        self.seated: dict[int, Seat] = {}
        self.secrets: dict[int, str] = {}
        self.last_heard: dict[int, int] = {}
        self.said: dict[str, Said] = {}
        self.ignored_names: dict[str, set[str]] = {}
        self.ignored: dict[str, set[str]] = {}
        self.ever_ignored: dict[str, set[str]] = {}

    # what people do

    def enters(self, who: int, choice: int) -> None:
        self.notes(who)
        secret = self.secrets.get(who) if choice % 4 else None
        since = self.last_heard.get(who) if secret and choice % 3 else None
        before = self.seated.get(who)
        if before is not None and not secret:
            return
        listener = Human(3) if who == 0 else Program()
        rooms = ROOMS[: choice % 3 + 1]
        try:
            session = self.chat.enter(listener, NICKS[choice % 5], rooms=rooms, resume=secret, since=since)
        except ChatError:
            return
        self.place += 1
        if since is not None and since > self.chat.seq:
            since = None
        seat = Seat(session, listener, self.place, since)
        seat.stays = [Stay(room.id, self.place, since is not None) for room in session.person.wanted]
        if before is not None:
            before.ends(self.place)
        if not secret:
            self.secrets.pop(who, None)
        for name in self.ignored_names.get(seat.person, ()):  # his list was kept for him
            bearer = self.chat.names.holder(name)
            if bearer is not None and bearer is not session.person:
                self.ignored.setdefault(seat.person, set()).add(bearer.id)
                self.ever_ignored.setdefault(seat.person, set()).add(bearer.id)
        self.seats.append(seat)
        self.seated[who] = seat
        self.bears(seat, NICKS[choice % 5])

    def notes(self, who: int) -> None:
        """What this program knows when it comes back."""
        for seat in self.seats:
            for welcome in seat.listener.told(Welcome):
                if self.seated.get(who) is seat:
                    self.secrets[who] = welcome.resume
        if (mine := self.seated.get(who)) is not None:
            seqs = [event.seq for event in mine.listener.events() if event.seq]
            self.last_heard[who] = max(seqs, default=self.last_heard.get(who, 0))

    def says(self, who: int, choice: int) -> None:
        seat = self.seated[who]
        self._posts(seat, ROOMS[choice % 3], lambda text: seat.session.say(text, ROOMS[choice % 3]))

    def tops(self, who: int, choice: int) -> None:
        seat = self.seated[who]
        if seat.session.current is not None:
            self._posts(seat, seat.session.current.name, seat.session.set_topic, speech=False)

    def whispers(self, who: int, choice: int) -> None:
        seat = self.seated[who]
        self._posts(seat, "", lambda text: seat.session.say_to(NICKS[choice % 5], text))

    def _posts(self, seat: Seat, room: str, post: Callable[[str], None], speech: bool = True) -> None:
        text = f"text {len(self.said)}"
        where = self.chat.rooms[room].id if room in self.chat.rooms else ""
        try:
            post(text)
        except ChatError:
            return
        self.place += 1
        unheard_by = {who for who, persons in self.ignored.items() if seat.person in persons} if speech else set()
        self.said[text] = Said(self.place, seat, where, unheard_by)

    def joins(self, who: int, choice: int) -> None:
        seat, room = self.seated[who], ROOMS[choice % 3]
        seat.session.join(room)
        self.place += 1
        where = self.chat.rooms[parse_room(room).key].id
        if seat.staying(where) is None:
            seat.stays.append(Stay(where, self.place))

    def parts(self, who: int, choice: int) -> None:
        seat, room = self.seated[who], self.chat.rooms.get(ROOMS[choice % 3])
        stay = seat.staying(room.id) if room is not None else None
        if stay is not None:
            seat.session.part(ROOMS[choice % 3])
            self.place += 1
            stay.end = self.place

    def renames(self, who: int, choice: int) -> None:
        try:
            self.seated[who].session.rename(NICKS[choice % 5])
        except ChatError:
            return
        self.bears(self.seated[who], NICKS[choice % 5])

    def ignores(self, who: int, choice: int) -> None:
        seat, name = self.seated[who], NICKS[choice % 5]
        bearer = self.chat.names.holder(name)
        if bearer is seat.session.person:
            return
        seat.session.typed(f"/ignore {name}")
        self.ignored_names.setdefault(seat.person, set()).add(name)
        if bearer is not None:
            self.ignored.setdefault(seat.person, set()).add(bearer.id)
            self.ever_ignored.setdefault(seat.person, set()).add(bearer.id)

    def bears(self, seat: Seat, name: str) -> None:
        for who, names in self.ignored_names.items():
            if name in names and who != seat.person:
                self.ignored.setdefault(who, set()).add(seat.person)
                self.ever_ignored.setdefault(who, set()).add(seat.person)

    def leaves(self, who: int, choice: int) -> None:
        self.notes(who)
        seat = self.seated.pop(who)
        if choice % 2:
            seat.session.quit()
        else:
            seat.session.lost()
        self.place += 1
        seat.ends(self.place)
        # Whoever left is not ignored any more, but by his name.
        self.ignored.pop(seat.person, None)
        for persons in self.ignored.values():
            persons.discard(seat.person)
        for said in self.said.values():
            said.unheard_by.discard(seat.person)
            if said.session.person == seat.person:
                said.unheard_by.clear()

    def fills(self, who: int, choice: int) -> None:
        self.seated[who].listener.full = True
        self.seated[who].listener.backlog = choice % 2

    def drains(self, who: int, choice: int) -> None:
        listener = self.seated[who].listener
        listener.full = False
        listener.backlog = 0
        self.seated[who].session.drained()

    def looks_back(self, who: int, choice: int) -> None:
        self.seated[who].session.typed("/history 2")

    # what the house does

    def turns(self, who: int, choice: int) -> None:
        self.clock.advance(0)

    def writes(self, who: int, choice: int) -> None:
        self.clock.advance(0)
        if self.journal is not None:
            self.journal.writes(choice % 3 + 1)
            self.journal.delivers(*([choice] if choice % 2 else []))

    def reads(self, who: int, choice: int) -> None:
        if self.journal is not None:
            self.journal.reads(choice % 2 + 1)

    def ends(self) -> None:
        for who in self.seated:
            self.drains(who, 0)
        for _turn in range(100):
            self.clock.advance(0)
            if self.journal is not None:
                self.journal.commits()
                self.journal.reads()

    def goes(self, steps: list[tuple[str, int, int]]) -> None:
        for who in range(3):
            self.enters(who, who)
        for step, who, choice in steps:
            if step == "enters" or who in self.seated or step in ("turns", "writes", "reads"):
                getattr(self, step)(who, choice)
        self.ends()


# What happens more often stands here more often.
WHAT = (
    "enters enters says says says tops whispers joins joins parts renames ignores leaves fills drains looks_back turns "
    "writes writes reads"
)
STEPS = st.lists(
    st.tuples(st.sampled_from(WHAT.split()), st.integers(0, PEOPLE - 1), st.integers(0, 11)), min_size=12, max_size=60
)


class Invariants(SynchronousTestCase):
    """In memory, and with a journal that takes its time."""

    @settings(deadline=None, max_examples=150, database=None, derandomize=True)
    @given(STEPS)
    def test_in_memory(self, steps: list[tuple[str, int, int]]) -> None:
        self.check(World(None), steps)

    @settings(deadline=None, max_examples=250, database=None, derandomize=True)
    @given(STEPS)
    def test_on_a_slow_disk(self, steps: list[tuple[str, int, int]]) -> None:
        self.check(World(SlowJournal()), steps)

    @settings(deadline=None, max_examples=250, database=None, derandomize=True)
    @given(STEPS)
    def test_with_a_pause_behind_each_who_is_given_something(self, steps: list[tuple[str, int, int]]) -> None:
        with mock.patch.object(delivery, "SLICE", 1):
            self.check(World(SlowJournal()), steps)

    def check(self, world: World, steps: list[tuple[str, int, int]]) -> None:
        world.goes(steps)
        logged = {event.text: event for seat in world.seats for event in seat.listener.events() if event.seq}
        for seat in world.seats:
            self.check_heard(world, seat)
            self.check_missed(world, seat, logged)
            self.check_people(world, seat)
        self.check_house(world)

    def check_heard(self, world: World, seat: Seat) -> None:
        last = 0
        for item, stance, _view in seat.listener.heard:
            if not isinstance(item, Event) or not item.seq:
                continue
            self.assertGreater(item.seq, last, "ascending, each once")
            last = item.seq
            said = world.said[item.text]
            self.assertTrue(seat.may_hear(said, item), f"{item} was not for {seat.session.person.nick}")
            if item.person != seat.person:
                self.assertIs(stance, Stance.OTHER)
            elif said.session is seat:
                self.assertIs(stance, Stance.ORIGIN, item)
            else:
                self.assertIs(stance, Stance.SELF, item)

    def check_missed(self, world: World, seat: Seat, logged: dict[str | None, Event]) -> None:
        heard = {event.text for event in seat.listener.events()}
        ignored = world.ever_ignored.get(seat.person, set())
        for text, said in world.said.items():
            if text in logged and text not in heard:
                if logged[text].nick in world.ignored_names.get(seat.person, ()):
                    continue  # the log does not say what else he was called
                self.assertFalse(seat.must_hear(said, logged[text], ignored), f"{seat.person} missed {logged[text]}")

    def check_people(self, world: World, seat: Seat) -> None:
        """A program that follows what it is told knows who is where."""
        if seat.ended is not None or not seat.listener.lists_people:
            return
        rooms: dict[str, set[str]] = {}
        me = ""
        for item, _stance, _view in seat.listener.heard:
            if isinstance(item, Welcome):
                me = item.nick
                rooms = {room.name: set(room.people) for room in item.rooms}
            elif isinstance(item, Entered | People):
                rooms[item.room.name] = set(item.room.people)
            elif isinstance(item, Event):
                me = _follow(rooms, item, me, seat.person)
        self.assertEqual(
            rooms,
            {
                room.name: {person.nick for person in room.members if person.id != seat.person}
                for room in world.chat.rooms.values()
                if seat.session.person in room.members
            },
        )
        self.assertEqual(me, seat.session.person.nick)

    def check_house(self, world: World) -> None:
        """Whoever left has left altogether."""
        here = {seat.person: seat.session.person for seat in world.seated.values()}
        chat = world.chat
        self.assertEqual(chat.persons, here)
        self.assertEqual({p for room in chat.rooms.values() for p in room.members} - set(here.values()), set())
        self.assertEqual(
            {r for room in chat.rooms.values() for r in room.views} - {s.session for s in world.seated.values()}, set()
        )
        self.assertEqual([p for p in here.values() if chat.names.holder(p.nick) is not p], [])
        self.assertEqual(
            {fold(nick) for nick in NICKS if chat.names.holder(nick) is not None}, {p.name.key for p in here.values()}
        )
        self.assertEqual([room.name for room in chat.rooms.values() if room.vanishes], [])
        self.assertEqual([room.expected for room in chat.rooms.values() if room.expected], [])


def _follow(rooms: dict[str, set[str]], event: Event, me: str, person: str) -> str:
    """What `event` changes in a program's lists; gives its own nickname."""
    mine: Any = event.person == person
    if event.kind is Kind.LEFT:
        if mine:
            del rooms[event.room_name]
        else:
            rooms[event.room_name].discard(event.nick)
    elif event.kind is Kind.JOINED and not mine:
        rooms[event.room_name].add(event.nick)
    elif event.kind is Kind.RENAMED:
        if mine:
            return event.text or ""
        for people in rooms.values():
            if event.nick in people:
                people.remove(event.nick)
                people.add(event.text or "")
    return me
