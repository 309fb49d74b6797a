"""The chat: who is here, and which rooms there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from enum import Enum
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure as TwistedFailure

from twisted_chat.boundaries import Account, Accounts, Host, Journal, Keepers, Operators, Recipient
from twisted_chat.core import entering, giving_up, missed, proving
from twisted_chat.core.allowance import Allowance, Often
from twisted_chat.core.batches import Batches
from twisted_chat.core.becoming import Becoming
from twisted_chat.core.charters import Charter
from twisted_chat.core.delivery import deliver
from twisted_chat.core.errors import (
    ABOUT_NICKS,
    BadRoom,
    ChatError,
    NameTaken,
    NickConfusable,
    NickInUse,
    NoSuchNick,
    Replaced,
    ShuttingDown,
    TooManyRooms,
)
from twisted_chat.core.events import Aside, Item
from twisted_chat.core.helm import NOBODY, NOWHERE, Helm
from twisted_chat.core.identity import ResumeSecrets
from twisted_chat.core.limits import Limits
from twisted_chat.core.logins import Logins
from twisted_chat.core.lookalikes import Looks
from twisted_chat.core.making import Maker, Making
from twisted_chat.core.names import MAX_ROOM, Name, fold, parse_nick, parse_room, similar
from twisted_chat.core.netbans import NetworkBans
from twisted_chat.core.people import Ignores, Names, Person
from twisted_chat.core.prices import Prices
from twisted_chat.core.rooms import LOBBY, LOBBY_ID, Room
from twisted_chat.core.session import Session
from twisted_chat.core.told import Notice

CLOSING = 10.0
"""Seconds that the log has at the end to write what was said."""

MAX_CLOCK_STEP = 24 * 3600 * 1000
"""Milliseconds that the log's last time may be ahead of the clock and still be held for right: a clock may be set back
by an hour, or by one that was wrong; but one of next year would give everybody its time for a year."""

REGISTRATIONS = Often(3, 600.0)
"""New accounts from one network; a machine's own users and UNIX sockets are not counted."""

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
        others_vouch: bool = False,
        operators: Operators = NOBODY,
        host: Host = NOWHERE,
        prices: Prices | None = None,
        limits: Limits | None = None,
        registrations: Often = REGISTRATIONS,
    ) -> None:
        """`plaintext_passwords`: a password may cross the net in clear. `registrations`: of one network.

        `others_vouch`: for names that are no accounts yet; which ones nobody here knows.
        """
        self.journal = journal
        self.accounts = accounts
        self.keepers = keepers
        self.clock = clock
        self.name = name
        self.motd = tuple(motd)
        self.history_lines = history_lines
        self.registration = registration
        self.plaintext_passwords = plaintext_passwords
        self.others_vouch = others_vouch
        self.helm = Helm(self, operators, host)
        self.prices = prices or Prices()
        self.limits = limits or Limits()
        self.registrations = Allowance(registrations, clock)
        self.logins = Logins(clock)
        self.netbans = NetworkBans(self.now)
        self.names = Names()
        self.ignores = Ignores()
        self.persons: dict[str, Person] = {}
        self.becoming: dict[Session, Becoming] = {}
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
        self._ignored_by: dict[str, list[Name]] = {}  # people who left, by id
        self._batches = Batches(clock, journal.append, partial(deliver, self))
        self.post: Callable[[Item], None] = self._batches.post
        self.closing = False
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
        self.netbans.take_up(kept.bans)
        for known in self.journal.rooms():
            if known.id in kept.dropped:
                continue
            room = self.rooms_by_id.get(known.id) or Room(known.id, Name(known.name, fold(known.name)))
            room.topic = known.topic
            room.kept = True
            self._add_room(room)
        for charter in kept.charters:
            if charter.room in kept.dropped:
                continue  # written by who was slow, after that
            room = self.rooms_by_id.get(charter.room) or Room(charter.room, Name(charter.name, fold(charter.name)))
            room.charter = charter
            self._add_room(room)
        self.journal.subscribe(self._batches.arrived)
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
        entering.check_brake(self, name, person_id, account)
        doer = entering.newcomer(self, person_id, account, name, recipient.origin.network)
        barred = entering.barred(self, doer)
        maker = Maker(account, recipient.origin.network)
        places, refused = entering.places_of(self, (home, *rooms), doer, maker, came_in, barred)
        if (log is not None and log != self.journal.id) or (since is not None and since > self.seq):
            since = None
        try:
            session = entering.session_of(self, person_id, account, name, recipient, places, replaced)
        except ChatError:
            for room in places:
                self.unmake(room, maker)
            raise
        person = session.person
        entering.put_out(self, person, barred)
        # A guest has no other proof than its secret, so it has one session; an account has as many as it likes.
        earlier = [ghost for ghost in person.living if person.account is None or ghost.id == replaced]
        person.sessions[session] = None
        person.client = session.client = client
        session.enter_first(places)
        secret = self.secret_of(session)
        session.aside(lambda: session.welcome(secret, since, claimed=not came_in))
        if self.others_vouch and account is None and person_id is None and since is None:
            entering.say_guest(session)
        for error in refused:
            session.fail(error)
        for ghost in earlier:
            self.end(ghost, Replaced())
        return session

    def secret_of(self, session: Session) -> str:
        """By which this session can be gone on with."""
        person = session.person.id
        return self._secrets.issue(person, session.id, self.accounts.stamp(person))

    def recall_ignored(self, person: Person) -> None:
        """Whom it ignored when it left, it ignores again."""
        for ignored in self._ignored_by.pop(person.id, ()):
            self.ignores.ignore(person, ignored, self.names.holder(ignored.text))

    def void_secrets(self, account: Account) -> None:
        """Of all secrets of this account those from before are no good; who is here is given another one."""
        self.accounts.void(account)
        person = self.persons.get(account.id)
        for session in person.living if person is not None else ():
            session.aside(session.tell_secret)

    def enter_as_similar(self, recipient: Recipient, nick: str, **more: Any) -> Session:
        """Let somebody in who can't choose, under `nick` or the first like it that can be had."""
        for each in similar(nick):
            with suppress(*ABOUT_NICKS):
                return self.enter(recipient, each, **more)
        raise NickInUse(nick)

    def reserve(self, name: Name, person: Person) -> None:
        """Hold `name` for `person`. Raises a `ChatError` where it is, or looks like, somebody else's."""
        owner = self.accounts.named(name.text)
        if owner is not None and owner.id != person.id:
            raise NameTaken(name.text)
        if owner is not None:
            giving_up.make_way(self, name, person)
        elif (alike := self.accounts.like(name.text)) is not None and alike.id != person.id:
            if alike.key == name.key:  # it is just being made: until then nobody can prove that it is his
                raise NickInUse(name.text)
            raise NickConfusable(name.text, alike.name)
        self.names.reserve(name, person)

    def leave(self, session: Session, reason: str, *, close: bool, in_order: bool = False) -> None:
        """A session ends, `in_order` if its client wants that; with the last one its person leaves.

        Does nothing for one that has ended.
        """
        if session.over:
            return
        if in_order:
            missed.ended(session)
        session.over = True
        self._batches.forget(session)
        person = session.person
        if close:
            self.post(Aside(session, session.close))
        if not person.living:
            person.leaving = session
            missed.has_read(self, person, session.feed.place)
            if not self.closing:
                session.leave_all(reason)
        self.post(Aside(None, lambda: self._gone(session)))

    def go_on(self, session: Session) -> None:
        """A log that does not keep up pauses it no more."""
        self._batches.go_on(session)

    def end(self, session: Session, error: ChatError) -> None:
        """Tell a session why it ends, and end it."""
        session.fail(error)
        self.leave(session, str(error), close=True)

    def _gone(self, session: Session) -> None:
        person = session.person
        person.sessions.pop(session, None)
        if person.leaving is not session:  # another is here, or it came back before this was delivered
            return
        self.names.release(person.name.key, person)
        self.names.release(person.next_name.key, person)
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
            self.names.release(before.key, person)

    @property
    def waiting(self) -> int:
        """Items on their way to the log and back."""
        return self._batches.waiting

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

    def room_name(self, text: str) -> Name:
        """`text` as a room's name. Raises `BadRoom`, but for a room that is there: names were freer once."""
        room = self.rooms.get(fold(text.strip(" \t"))) if len(text) <= 4 * MAX_ROOM else None
        return Name(room.name, room.key) if room is not None else parse_room(text)

    def room_or_new(self, name: Name, maker: Maker) -> Room:
        room = self.rooms.get(name.key)
        if room is None:
            most = self.limits.rooms if maker.account is not None else self.limits.rooms_of_guests
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

    def unmake(self, room: Room, maker: Maker) -> None:
        """He for whom this room was made, if it was, does not come in."""
        if room.vanishes:
            self.remove_if_empty(room)
            self._making.came_to_nothing(maker)

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

    # the end

    def close(self, notice: str) -> Deferred[None]:
        """Let nobody in any more, write what was said, tell everybody and end all sessions."""
        self.closing = True
        self.helm.stop()
        self._batches.stop()
        self.accounts.close()
        for person in self.persons.values():
            places = [session.feed.place for session in person.living]
            missed.has_read(self, person, max(places, default=0))
        closed = self.journal.close()
        closed.addTimeout(CLOSING, self.clock)
        # Whether it could be closed or not, nobody is left waiting.
        closed.addErrback(_not_closed)
        closed.addCallback(lambda _none: self._say_goodbye(notice))
        return closed

    def _say_goodbye(self, notice: str) -> None:
        self._batches.finish()
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
