"""What one session hears, and how: its rooms, its views of them, its feed, and what it is told at its own places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure as TwistedFailure

from twisted_chat.boundaries import Recipient, Rendered, Stance, View
from twisted_chat.core import missed
from twisted_chat.core.errors import ChatError, StorageUnavailable
from twisted_chat.core.events import HEARD, Event, Page
from twisted_chat.core.feed import Feed
from twisted_chat.core.names import fold
from twisted_chat.core.rooms import Room
from twisted_chat.core.told import Entered, Failure, History, Welcome

if TYPE_CHECKING:
    from twisted_chat.core.chat import Chat
    from twisted_chat.core.people import Person

_log = Logger()


class Reader:
    """The hearing half of a session. Everything here follows the log: it is called at delivery, not at the asking."""

    __slots__ = (
        "_asker",
        "arrival",
        "chat",
        "current",
        "feed",
        "last_direct",
        "over",
        "person",
        "recipient",
        "refused",
        "rooms",
        "shown",
        "welcomed",
    )

    def __init__(self, chat: Chat, recipient: Recipient, person: Person) -> None:
        self.chat = chat
        self.person = person
        self.recipient = recipient
        self.feed = Feed(self, recipient, chat)
        self.rooms: dict[Room, int] = {}  # those it reads, each with the number above which it may
        self.current: Room | None = None
        self.last_direct: tuple[str, str] | None = None  # the id and nickname of who wrote to it alone last
        self.welcomed = False
        self.shown: int | None = None  # up to where of what waited for it alone; None: all of it
        self.arrival: tuple[int, float] | None = None  # up to where all had arrived at its client, and when
        self.refused: str | None = None  # the asker's mark of what was refused last
        self._asker: str | None = None  # and of what it is being answered for
        self.over = False

    if TYPE_CHECKING:

        def past_of(self, room: Room) -> int:
            """The number in the log above which it may read in this room at all: its rights are its session's."""

    def view(self) -> View:
        return self.recipient.view(True)

    def attach_all(self) -> None:
        if self.feed.ending:
            return
        for room in self.rooms:
            room.attach(self, self.recipient.view(room is self.current), self.feed.sink)

    def detach_all(self) -> None:
        for room in self.rooms:
            room.detach(self)

    def render(self, event: Event, own: Stance = Stance.SELF) -> Rendered:
        """An event of the log, for this session; nothing if it does not want to hear it."""
        if not self.hears(event):
            return None
        stance = own if event.person == self.person.id else Stance.OTHER
        current = not event.room or (self.current is not None and event.room == self.current.id)
        return self.recipient.view(current).render(event, stance)

    def hears(self, event: Event) -> bool:
        if event.kind not in HEARD:
            return True
        # By the name, too: in the past there are people who have left since.
        ignored = self.person.ignored
        return self.person not in self.chat.ignores.of(event.person) and not (ignored and fold(event.nick) in ignored)

    def drained(self) -> None:
        """The recipient took all that it was given: called by the door."""
        self.feed.drained()

    def pause(self) -> None:
        self.recipient.pause()

    def resume(self) -> None:
        self.recipient.resume()

    def confirm(self, event: Event, own: Stance = Stance.ORIGIN) -> None:
        """Tell it of an event of its own as an answer, though it lags or was told before."""
        self.feed.answer(self.render(event, own))

    def confirm_again(self, event: Event) -> None:
        """The same for what stands in the log already: it was said with this id before."""
        self.feed.confirm(event, self.render(event, Stance.ORIGIN))

    def unreadable(self, failure: TwistedFailure, client_id: str | None) -> None:
        """What the log was asked for this session can't be answered: a `ChatError` says why, all else is a fault."""
        if isinstance(failure.value, ChatError):
            self.feed.tell(Failure(failure.value, client_id))
        else:
            _log.failure("the log can't be read", failure)
            self.tell_unreadable(client_id)

    def tell_unreadable(self, client_id: str | None) -> None:
        self.feed.tell(Failure(StorageUnavailable("the log can't be read now"), client_id))

    # coming, at the places in the log where that happens

    def welcome(self, resume: str, since: int | None, *, claimed: bool = True) -> None:
        """The person is in its rooms: tell it, and what it missed. `claimed`: its client says it has all to `since`."""
        chat = self.chat
        floor = chat.seq if since is None else 0
        self.rooms = {room: max(floor, self.past_of(room)) for room in self.person.rooms}
        self.welcomed = True
        self.attach_all()
        self._tell_welcome(resume, chat.seq, chat.motd)
        if since is not None:
            missed.is_served(self, since)
            missed.show(self, since, claimed=claimed)
            self.feed.resume_from(since)
        else:
            if self.recipient.shows_history:
                for room in self.rooms:
                    self._show_last_lines(room)
            missed.show(self)

    def tell_secret(self) -> None:
        """The secret that it has is void: a program gets a welcome with a new one."""
        if self.recipient.lists_people:
            # Where it is behind, the log still has something for it: that number must not be passed over.
            self._tell_welcome(self.chat.secret_of(self), self.feed.place)  # type: ignore[arg-type]

    def _tell_welcome(self, secret: str, seq: int, motd: tuple[str, ...] = ()) -> None:
        chat, person = self.chat, self.person
        in_order = sorted(self.rooms, key=lambda room: room is not self.current)
        rooms = tuple(room.facts_for(person) for room in in_order)
        self.feed.tell(Welcome(chat.name, person.nick, chat.journal.id, seq, secret, rooms, motd))

    def entered(self, room: Room, client_id: str | None) -> None:
        chat = self.chat
        self.rooms[room] = chat.seq
        self.feed.entered(room)
        if not self.feed.lagging:
            room.attach(self, self.recipient.view(room is self.current), self.feed.sink)
        self.tell_entered(room, client_id)
        if self.recipient.shows_history:
            self._show_last_lines(room)

    def left(self, room: Room) -> None:
        if not self.feed.ending:  # who ends is still served what it missed there
            self.rooms.pop(room, None)
        room.detach(self)

    def tell_entered(self, room: Room, client_id: str | None) -> None:
        facts = room.facts_for(self.person)
        self.feed.tell(Entered(facts, self.person.nick, self.chat.now(), client_id))
        self.feed.listed(room, facts)

    # the log's past

    def _show_last_lines(self, room: Room) -> None:
        if self.chat.history_lines:
            self.show_history(room, self.chat.history_lines, None, on_joining=True)

    def show_history(
        self,
        room: Room,
        limit: int,
        client_id: str | None,
        *,
        before: int | None = None,
        after: int | None = None,
        since: int = 0,
        on_joining: bool = False,
    ) -> None:
        """Tell a page of the room's history: the newest `limit` events, or those before or after a number.

        None of the newest is older than `since`, UTC in ms.
        """
        journal, seq = self.chat.journal, self.chat.seq
        floor = self.past_of(room)

        def read() -> Deferred[Page]:
            if after is not None:
                return journal.after(after, seq, None, {room.id: floor}, limit)
            return journal.latest(room.id, seq + 1 if before is None else min(before, seq + 1), limit, since)

        def show(page: Page | None) -> None:
            if page is None:
                self.tell_unreadable(client_id)
                return
            events = tuple(event for event in page.events if event.seq > floor and self.hears(event))
            # The end of the page, whether he hears who said that or not.
            end = page.events[0 if after is None else -1].seq if page.more else 0
            if end <= floor:
                end = 0
            self.feed.tell(History(room.name, events, end, self.person.id, client_id, on_joining))

        self.feed.show(read, show)

    def close(self) -> None:
        """End the connection after what it was told so far, and what the log still has to tell it."""
        self.detach_all()
        self.feed.end(self.recipient.close)
