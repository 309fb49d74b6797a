"""The chat: who is here, which rooms there are, and the batch that goes to the log each turn."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from enum import Enum
from typing import Any

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure as TwistedFailure

from twisted_chat.boundaries import Account, Accounts, Host, Journal, Keepers, Operators, Recipient
from twisted_chat.core import missed, proving, rights
from twisted_chat.core.allowance import Allowance, Often
from twisted_chat.core.bans import Subject
from twisted_chat.core.charters import Charter
from twisted_chat.core.congestion import Congestion
from twisted_chat.core.delivery import deliver
from twisted_chat.core.errors import (
    ABOUT_NICKS,
    BadRoom,
    Banned,
    ChatError,
    InviteOnly,
    NameTaken,
    NeedKey,
    NickConfusable,
    NickInUse,
    NoSuchNick,
    Replaced,
    RoomFull,
    ShuttingDown,
    TooManyRooms,
    TooManySessions,
)
from twisted_chat.core.events import Aside, Event, Item, Outcome
from twisted_chat.core.helm import NOBODY, NOWHERE, Helm
from twisted_chat.core.identity import ResumeSecrets
from twisted_chat.core.lookalikes import Looks
from twisted_chat.core.making import Maker, Making
from twisted_chat.core.names import Name, fold, parse_nick, parse_room, similar
from twisted_chat.core.people import Ignores, Names, Person
from twisted_chat.core.prices import Prices
from twisted_chat.core.rights import Case, Doer, Verb
from twisted_chat.core.rooms import LOBBY, LOBBY_ID, Room
from twisted_chat.core.session import MAX_ROOMS_OF_ONE, Session
from twisted_chat.core.told import Notice

MAX_BATCH = 128 * 1024
"""Characters that go to the log in one batch; the rest of a turn follows in the next."""

ITEM = 1024
"""Characters that an item of a batch counts for besides its text: delivery goes through each for each who did one."""

GATHERING = 4
"""Turns of the reactor at most that a batch waits while each of them brings more: fewer, larger batches under load."""

MAX_ROOMS = 10_000
"""Rooms on the server: what was said keeps a room, so without a bound anybody could fill the memory with them."""

CLOSING = 10.0
"""Seconds that the log has at the end to write what was said."""

MAX_CLOCK_STEP = 24 * 3600 * 1000
"""Milliseconds that the log's last time may be ahead of the clock and still be held for right: a clock may be set back
by an hour, or by one that was wrong; but one of next year would give everybody its time for a year."""

REGISTRATIONS = Often(3, 600.0)
"""New accounts from one network; a machine's own users and UNIX sockets are not counted."""

MAX_SESSIONS = 20
"""Of one account at the same time."""

MAX_REMEMBERED = 1_000
"""People who left whose /ignore lists are kept, in case they come back with their resume secret."""


class Registration(Enum):
    """Who may make an account: everybody, nobody, or only server operators for others."""

    OPEN = "open"
    CLOSED = "closed"
    OPERATOR = "operator"

    @property
    def by_operators(self) -> bool:
        return self is not Registration.CLOSED


_DONE = object()
_log = Logger()


class Chat:
    """One chat on one log. Nobody can come in before it is opened.

    `clock` is for waiting and monotonic; `utc_ms` gives the time of day in milliseconds since 1970; `new_id` makes ids
    that are never used twice.
    """

    def __init__(
        self,
        journal: Journal,
        accounts: Accounts,
        clock: IReactorTime,
        *,
        keepers: Keepers,
        utc_ms: Callable[[], int],
        new_id: Callable[[], str],
        name: str = "Twisted Chat",
        motd: Iterable[str] = (),
        history_lines: int = 20,
        registration: Registration = Registration.OPEN,
        plaintext_passwords: bool = False,
        operators: Operators = NOBODY,
        host: Host = NOWHERE,
        prices: Prices | None = None,
        registrations: Often = REGISTRATIONS,
    ) -> None:
        """`plaintext_passwords`: a password may cross the net in clear. `registrations`: of one network."""
        self.journal = journal
        self.accounts = accounts
        self.keepers = keepers
        self.clock = clock
        self.name = name
        self.motd = tuple(motd)
        self.history_lines = history_lines
        self.registration = registration
        self.plaintext_passwords = plaintext_passwords
        self.helm = Helm(self, operators, host)
        self.prices = prices or Prices()
        self.registrations = Allowance(registrations, clock)
        self.names = Names()
        self.ignores = Ignores()
        self.persons: dict[str, Person] = {}
        self.rooms: dict[str, Room] = {}
        self.rooms_by_id: dict[str, Room] = {}
        self._room_looks = Looks()
        self._making = Making(clock.seconds)
        self._last_action = 0
        self.seq = self.seq_at_start = 0
        self.started = utc_ms()
        self._utc_ms = utc_ms
        self.new_id = new_id
        self._latest_time = 0
        self._pending: list[Item] = []
        self._flushing = False
        self._gathered = self._turns = 0
        self._arrived: deque[list[Outcome]] = deque()
        self._delivering: tuple[int, Iterator[None]] | None = None
        self._ignored_by: dict[str, list[Name]] = {}  # people who left, by id
        self._congestion = Congestion(clock)
        self.closing = False
        self._closed = False
        self._add_room(Room(LOBBY_ID, parse_room(LOBBY)))

    def open(self) -> None:
        """Take up the log where it ended. Raises `JournalUnusable`."""
        self.journal.open()
        self.seq = self.seq_at_start = self.journal.seq
        if self.journal.time <= self._utc_ms() + MAX_CLOCK_STEP:
            self._latest_time = self.journal.time
        self._secrets = ResumeSecrets(self.journal.key)
        kept = self.keepers.open()
        self._last_action = kept.last
        for known in self.journal.rooms():
            if known.id in kept.dropped:
                continue
            room = self.rooms_by_id.get(known.id) or Room(known.id, Name(known.name, fold(known.name)))
            room.topic = known.topic
            room.kept = True
            self._add_room(room)
        for charter in kept.charters:
            room = self.rooms_by_id.get(charter.room) or Room(charter.room, Name(charter.name, fold(charter.name)))
            room.charter = charter
            self._add_room(room)
        self.journal.subscribe(self._deliver)
        self.accounts.open()

    # coming and going

    def enter(
        self,
        recipient: Recipient,
        nick: str,
        *,
        home: str = LOBBY,
        rooms: Iterable[str] = (),
        account: Account | None = None,
        resume: str | None = None,
        since: int | None = None,
        log: str | None = None,
        client: str = "",
        came_in: bool = False,
    ) -> Session:
        """Let somebody in under `nick`, into the room `home` and the `rooms`. Raises a `ChatError` if that can't be.

        Of several rooms some may not be open to him: he is told after the welcome. `came_in`: he is in them as somebody
        else, and need not be invited or know their keys.

        With the `resume` secret of a session it is the same person, and that session ends. With an `account`, whose
        password was given, it is that person, beside its other sessions. `since` is the number in the log (if it is
        this `log`) after which it wants to be told what it missed.
        """
        if self.closing:
            raise ShuttingDown
        name = parse_nick(nick)
        person_id, replaced = self._secrets.holder_of(resume, self.accounts.stamp) if resume else (None, "")
        if account is not None:
            if account.id != person_id:
                person_id, replaced = account.id, ""
        elif person_id is not None:
            account = self.accounts.of(person_id)
            if account is not None:
                proving.check_private(self, recipient.origin)  # a secret of an account is as good as its password
        self._check_brake(name, person_id, account)
        doer = self._newcomer(person_id, account, name, recipient.origin.network)
        places, refused = self._places((home, *rooms), doer, Maker(account, recipient.origin.network), came_in)
        if (log is not None and log != self.journal.id) or (since is not None and since > self.seq):
            since = None
        try:
            session = self._session_of(person_id, account, name, recipient, places)
        except ChatError:
            for room in places:
                self.remove_if_empty(room)
            raise
        person = session.person
        # A guest has no other proof than its secret, so it has one session; an account has as many as it likes.
        earlier = [
            ghost for ghost in person.sessions if not ghost.over and (person.account is None or ghost.id == replaced)
        ]
        person.sessions[session] = None
        person.client = session.client = client
        session.enter_first(places)
        secret = self.secret_of(session)
        session.aside(lambda: session.welcome(secret, since))
        for error in refused:
            session.fail(error)
        for ghost in earlier:
            self.end(ghost, Replaced())
        return session

    def secret_of(self, session: Session) -> str:
        """By which this session can be gone on with."""
        person = session.person.id
        return self._secrets.issue(person, session.id, self.accounts.stamp(person))

    def enter_as_similar(self, recipient: Recipient, nick: str, **more: Any) -> Session:
        """Let somebody in who can't choose, under `nick` or the first like it that can be had."""
        for each in similar(nick):
            with suppress(*ABOUT_NICKS):
                return self.enter(recipient, each, **more)
        raise NickInUse(nick)

    def _check_brake(self, name: Name, person_id: str | None, account: Account | None) -> None:
        """Raise `NotAllowed` where the brake keeps this person out; who is here is here."""
        if person_id is None or person_id not in self.persons:
            if account is None and self.accounts.named(name.text) is not None:
                return  # it is refused as taken, and may prove that it is its own
            self.helm.check_entry(account)

    def _newcomer(self, person_id: str | None, account: Account | None, name: Name, network: str) -> Doer:
        """Who comes in, before the table of rights."""
        person = self.persons.get(person_id) if person_id else None
        subject = Subject(name.key, account.key if account else "", (network,) if network else ())
        return Doer(person_id or "", lambda: subject, account, False, person.wanted if person is not None else {})

    def _places(
        self, names: Iterable[str], doer: Doer, maker: Maker, came_in: bool
    ) -> tuple[list[Room], list[ChatError]]:
        """The rooms to be in at once, made where they are not there yet; and why it can't be in others."""
        wanted = {name.key: name for name in map(parse_room, names)}
        if len(wanted) > MAX_ROOMS_OF_ONE:
            raise TooManyRooms("a person may be in", MAX_ROOMS_OF_ONE)
        missing = [key for key in wanted if key not in self.rooms]
        if len(self.rooms) + len(missing) > MAX_ROOMS:
            raise TooManyRooms("this server has", MAX_ROOMS)
        places: list[Room] = []
        refused: list[ChatError] = []
        for name in wanted.values():
            try:
                room = self.room_or_new(name, maker)
                if room not in doer.present:
                    rights.check(Verb.JOIN, Case(self, room, doer, came_in=came_in))
            except (Banned, NeedKey, InviteOnly, RoomFull, TooManyRooms) as error:
                refused.append(error)
            else:
                places.append(room)
        if not places:
            raise refused[0]
        return places, refused

    def _session_of(
        self, person_id: str | None, account: Account | None, name: Name, recipient: Recipient, places: list[Room]
    ) -> Session:
        """A session of the person with this id if it is still here, else of a new one under `name`."""
        person = self.persons.get(person_id) if person_id else None
        if person is not None:
            if len({*person.wanted, *places}) > MAX_ROOMS_OF_ONE:
                raise TooManyRooms("a person may be in", MAX_ROOMS_OF_ONE)
            if sum(not each.over for each in person.sessions) >= MAX_SESSIONS and person.account is not None:
                raise TooManySessions(MAX_SESSIONS)
            session = Session(self, recipient, person, self.new_id())
            session.rename(name.text)
            person.leaving = None
            return session
        person = Person(person_id or self.new_id(), name, self.now(), account)
        self.reserve(name, person)
        self.persons[person.id] = person
        self.ignores.named(person, name)
        for ignored in self._ignored_by.pop(person.id, ()):
            self.ignores.ignore(person, ignored, self.names.holder(ignored.text))
        return Session(self, recipient, person, self.new_id())

    def reserve(self, name: Name, person: Person) -> None:
        """Hold `name` for `person`. Raises a `ChatError` where it is, or looks like, somebody else's."""
        owner = self.accounts.named(name.text)
        if owner is not None and owner.id != person.id:
            raise NameTaken(name.text)
        alike = self.accounts.like(name.text)
        if alike is not None and alike.id != person.id:
            raise NickConfusable(name.text, alike.name)
        self.names.reserve(name, person)

    def leave(self, session: Session, reason: str, *, close: bool) -> None:
        """A session ends; with the last one its person leaves. Does nothing for one that has ended."""
        if session.over:
            return
        session.over = True
        self._congestion.forget(session)
        person = session.person
        if close:
            self.post(Aside(session, session.close))
        if all(each.over for each in person.sessions):
            person.leaving = session
            missed.has_read(self, person, session.feed.place)
            if not self.closing:
                session.leave_all(reason)
        self.post(Aside(None, lambda: self._gone(session)))

    def end(self, session: Session, error: ChatError) -> None:
        """Tell a session why it ends, and end it."""
        session.fail(error)
        self.leave(session, str(error), close=True)

    def _gone(self, session: Session) -> None:
        person = session.person
        person.sessions.pop(session, None)
        if person.leaving is not session:  # another is here, or it came back before this was delivered
            return
        self.names.release(person.name, person)
        self.names.release(person.next_name, person)
        self.persons.pop(person.id, None)
        if person.ignored:
            self._ignored_by[person.id] = list(person.ignored.values())
            if len(self._ignored_by) > MAX_REMEMBERED:
                del self._ignored_by[next(iter(self._ignored_by))]
        self.ignores.gone(person)
        _log.info("{nick!r} left ({person})", nick=person.nick, person=person.id)

    def renamed(self, person: Person, nick: str) -> None:
        """The log has it that `person` is called `nick` now."""
        name = Name(nick, fold(nick))
        before, person.name = person.name, name
        if before.key not in (name.key, person.next_name.key):
            self.names.release(before, person)

    @property
    def waiting(self) -> int:
        """Items on their way to the log and back."""
        return self._congestion.waiting

    @property
    def registers_itself(self) -> bool:
        """Whether everybody may make an account of his own."""
        return self.registration is Registration.OPEN

    # who and where

    def person_called(self, nick: str) -> Person:
        """Raises `NoSuchNick`."""
        person = self.names.holder(nick)
        if person is None or person.leaving:
            raise NoSuchNick(nick)
        return person

    def room_or_new(self, name: Name, maker: Maker) -> Room:
        room = self.rooms.get(name.key)
        if room is None:
            # The last fifth is for accounts: guests, who can't be told apart, must not shut everybody out.
            most = MAX_ROOMS if maker.account is not None else MAX_ROOMS - MAX_ROOMS // 5
            if len(self.rooms) >= most:
                raise TooManyRooms("this server has", most)
            if any(self._room_looks.like(name.text)):  # which one is not said: it may be a secret
                raise BadRoom(f"{name.text} looks too much like the name of another room")
            self._making.made(maker)
            room = Room(self.new_id(), name)
            self._add_room(room)
        return room

    def _add_room(self, room: Room) -> None:
        self.rooms[room.key] = self.rooms_by_id[room.id] = room
        self._room_looks.add(room.key, room.name)

    def remove_if_empty(self, room: Room) -> None:
        """A room in which nothing was ever said goes with its last member; any other one stays."""
        if room.vanishes and self.rooms_by_id.pop(room.id, None) is not None:
            self._unname(room)

    def _unname(self, room: Room) -> None:
        """Its name is free; there may be another room of that name already."""
        if self.rooms.get(room.key) is room:
            del self.rooms[room.key]
            self._room_looks.discard(room.key)

    def forget_room(self, room: Room) -> Deferred[None]:
        """The room is gone, once everybody's leaving is delivered. A new one of its name is another room."""
        self._unname(room)
        room.charter = Charter(room.id, room.name)

        def gone() -> None:
            room.kept = False
            self.remove_if_empty(room)

        self.post(Aside(None, gone))
        return self.keepers.drop(room.id)

    def next_action(self) -> int:
        """The number of a keeper's next action."""
        self._last_action += 1
        return self._last_action

    # the way of a message

    def now(self) -> int:
        """The time of day in UTC milliseconds; it never goes back, whatever the clock does."""
        self._latest_time = now = max(self._latest_time, self._utc_ms())
        return now

    def post(self, item: Item) -> None:
        """Add to this turn's batch."""
        if self._closed:
            return
        self._pending.append(item)
        if not self._flushing:
            self._flushing = True
            self.clock.callLater(0, self._gather)
        self._congestion.posted(item)

    def _gather(self) -> None:
        """Flush, unless the last turn brought more: then the next may, too."""
        gathered = len(self._pending)
        if gathered != self._gathered and self._turns < GATHERING:
            self._gathered = gathered
            self._turns += 1
            self.clock.callLater(0, self._gather)
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
                self.clock.callLater(0, self._flush)
                break
        if batch:
            self.journal.append(batch)

    def _deliver(self, outcomes: Iterable[Outcome]) -> None:
        self._arrived.append(list(outcomes))
        if self._delivering is None:
            self._go_on()

    def _go_on(self) -> None:
        """Deliver what has arrived: all of it now, but for a pause amid a batch for a great many."""
        while self._delivering is not None or self._arrived:
            if self._delivering is None:
                batch = self._arrived.popleft()
                self._delivering = (sum(map(_is_ours, batch)), deliver(self, batch))
            ours, steps = self._delivering
            paused = False
            try:
                paused = next(steps, _DONE) is not _DONE
            except Exception:
                _log.failure("a batch could not be delivered")
            if not paused:
                self._delivering = None
                self._congestion.delivered(ours)
            if paused and not self._closed:
                self.clock.callLater(0, self._go_on)
                return

    # the end

    def close(self, notice: str) -> Deferred[None]:
        """Let nobody in any more, write what was said, tell everybody and end all sessions."""
        self.closing = True
        self.helm.stop()
        while self._pending:
            self._flush()
        self._closed = True
        self.accounts.close()
        for person in self.persons.values():
            places = [session.feed.place for session in person.sessions if not session.over]
            missed.has_read(self, person, max(places, default=0))
        closed = self.journal.close()
        closed.addTimeout(CLOSING, self.clock)
        # Whether it could be closed or not, nobody is left waiting.
        closed.addErrback(_not_closed)
        closed.addCallback(lambda _none: self._say_goodbye(notice))
        return closed

    def _say_goodbye(self, notice: str) -> None:
        self._go_on()  # without pauses now
        for person in tuple(self.persons.values()):
            for session in tuple(person.sessions):
                session.over = True
                session.feed.stop_waiting()
                session.feed.tell(Notice(notice))
                session.close()


def _not_closed(failure: TwistedFailure) -> None:
    if isinstance(failure.value, TimeoutError):
        _log.critical("the log could not be closed within {seconds} s: the disk does not answer", seconds=CLOSING)
    else:
        _log.failure("the log could not be closed", failure)


def _is_ours(outcome: Outcome) -> bool:
    """Whether it was posted here: an engine's journal brings what other nodes posted, too."""
    if type(outcome) is Aside:
        return True
    event = outcome if type(outcome) is Event else outcome.event  # type: ignore[union-attr]
    return event.origin is not None
