"""What one connection may do in the chat. What it is told goes through its feed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from twisted_chat.core import commands, looking, missed, moderating, revising, rights
from twisted_chat.core.errors import (
    BadRequest,
    Busy,
    ChatError,
    IdReused,
    InNoRoom,
    NeedText,
    NoSuchNick,
    NoSuchRoom,
    NotAllowed,
    TextTooLong,
    TooManyRooms,
)
from twisted_chat.core.events import Aside, Event, Kind
from twisted_chat.core.feed import PAGE
from twisted_chat.core.helm import SPEECH
from twisted_chat.core.making import Maker
from twisted_chat.core.names import fold, parse_nick, parse_room
from twisted_chat.core.reader import Reader
from twisted_chat.core.rights import Case, Doer, Verb
from twisted_chat.core.rooms import Room
from twisted_chat.core.text import clean
from twisted_chat.core.told import Failure, Reply

if TYPE_CHECKING:
    from twisted_chat.boundaries import Recipient
    from twisted_chat.core.chat import Chat
    from twisted_chat.core.people import Person

MAX_TOPIC = 400
MAX_CLIENT_ID = 64


class Session(Reader):
    """One person's presence by one connection: a reader that may act.

    Methods either do what they say, raise a `ChatError`, or answer through the feed. `current` and `person.wanted` are
    the session's own view, ahead of the log by what is on its way.
    """

    __slots__ = (
        "acted", "client", "heard_at", "id", "is_proving", "is_searching", "operator", "put_out_of", "since",
    )  # fmt: skip

    def __init__(self, chat: Chat, recipient: Recipient, person: Person, session_id: str) -> None:
        super().__init__(chat, recipient, person)
        self.id = session_id
        self.client = ""
        self.operator = ""  # the name under which it proved to be a server operator's
        self.since = chat.now()  # UTC, ms
        self.acted = chat.clock.seconds()  # when it last did something
        self.put_out_of = ""  # the room that was the current one until somebody put it out; nothing was said since
        self.heard_at = chat.clock.seconds()
        self.is_searching = False
        self.is_proving = False  # a password of its own is being looked at

    # answers

    def aside(self, act: Callable[[], None]) -> None:
        """Do it at its place among what this session posted."""
        self.chat.post(Aside(self, act))

    def fail(self, error: ChatError, client_id: str | None = None) -> None:
        self.aside(lambda: self.feed.tell(Failure(error, client_id)))

    def _refuse_unless_said(self, error: ChatError, text: str, where: str, client_id: str | None) -> None:
        """Refuse with `error`; but if this was said already, before the room or the addressee went, confirm it."""
        if client_id is None:
            raise error
        mark: str = client_id

        def answer(original: Event | None) -> None:
            if original is None:
                self.feed.tell(Failure(error, mark))
            elif (original.text == text or original.revised) and fold(where) in (
                fold(original.room_name),
                fold(original.to_nick),
            ):
                self.confirm_again(original)
            else:
                self.feed.tell(Failure(IdReused(mark), mark))

        def ask() -> None:
            self.chat.journal.said(self.person.id, mark).addCallbacks(answer, self.unreadable, (), {}, (mark,))

        self.aside(ask)

    def reply(self, produce: Callable[[], Iterable[str]], client_id: str | None = None) -> None:
        """Answer with the lines that `produce` finds when everything posted before is done. It may refuse."""

        def answer() -> None:
            if client_id is not None and client_id == self.refused:
                return
            try:
                lines = tuple(produce())
            except ChatError as error:
                self.feed.tell(Failure(error, client_id))
            else:
                if lines or client_id is not None:
                    self.feed.tell(Reply(lines, client_id))

        self.aside(answer)

    # what it does

    def typed(self, line: str, client_id: str | None = None) -> None:
        """What a person types: a command, or something to say. Refusals are answered, not raised."""
        if self.over:
            return
        self.acted = self.chat.clock.seconds()
        text = clean(line).rstrip()
        if not text:
            return
        self._asker = client_id
        try:
            if text[0] == "/":
                if text[1:2] == "/":
                    self.say(text[1:])
                else:
                    commands.run(self, text[1:], client_id)
                    return
            else:
                commands.refuse_slip(text)
                self.say(text)
        except ChatError as error:
            self.fail(error, client_id)
        else:
            if client_id is not None:
                self.reply(tuple, client_id)
        finally:
            self._asker = None

    def say(self, text: str, room: str | None = None, *, action: bool = False, client_id: str | None = None) -> None:
        """Say `text` in a room, the current one by default."""
        text = self.checked(text)
        self.check_meant(room)
        try:
            where = self.allowed(Verb.SAY, room)
        except ChatError as error:
            self._refuse_unless_said(error, text, self._name_of(room), client_id)
            return
        event = self._event(Kind.ACTION if action else Kind.MESSAGE, text, where, client_id=client_id)
        self._pay_if_repeated(text)
        where.spoke(self.person.id, self.chat.clock.seconds())
        self.chat.post(event)

    def say_to(self, nick: str, text: str, *, action: bool = False, client_id: str | None = None) -> None:
        """Say `text` to one person alone, or to an account that is not here: it waits for that."""
        text = self.checked(text)
        try:
            who = moderating.somebody(self.chat, nick)
        except NoSuchNick as error:
            self._refuse_unless_said(error, text, nick, client_id)
            return
        self._pay_if_repeated(text)
        addressee = who.person
        if addressee is not None and self.chat.names.holder(nick) is addressee:
            to_nick = addressee.nick
        else:
            assert who.account is not None
            to_nick = who.account.name  # said again when he is called otherwise, it is the same
        self.chat.post(self._event(Kind.DIRECT, text, to=who.id, to_nick=to_nick, action=action, client_id=client_id))
        if client_id is not None:
            return
        if addressee is None:
            self.reply(lambda: (f"{to_nick} is not here; it waits until he comes",))
        elif addressee.away is not None:
            self.reply(lambda: away_line(addressee))

    def join(self, room: str, client_id: str | None = None, *, key: str = "") -> None:
        """Be in a room, made if it is not there yet; it becomes the current one. `key` opens one that is locked."""
        maker = Maker.of(self)
        where = self.chat.room_or_new(self.chat.room_name(room), maker)
        if where in self.person.wanted:
            self.switch(room)
            self.aside(lambda: self.tell_entered(where, client_id))
            return
        if len(self.person.wanted) >= self.chat.limits.rooms_of_one:
            self.chat.unmake(where, maker)
            raise TooManyRooms("a person may be in", self.chat.limits.rooms_of_one)
        rights.check(Verb.JOIN, self.case(where, key=key))
        self._pay_for_change()
        self._enter(where, client_id)
        self._make_current(where)

    def part(self, room: str | None = None, reason: str = "", client_id: str | None = None) -> None:
        """Leave a room; the one entered last of those left becomes the current one."""
        self.check_meant(room)
        where = self.allowed(Verb.BE, room)
        reason = self.in_passing(reason)
        self._pay_for_change()
        self._post_left(where, reason, client_id)
        self.person.goes_from(where)

    def switch(self, room: str) -> None:
        self._make_current(self.allowed(Verb.BE, room))

    def rename(self, nick: str) -> None:
        person, name = self.person, parse_nick(nick)
        if name == person.next_name:
            return
        if self.is_proving:
            raise Busy("your last password is still being looked at")
        for room in person.wanted:
            if room.charter.bans:
                rights.check(Verb.RENAME, Case(self.chat, room, Doer.of(self, name.key)))
        event = self._event(Kind.RENAMED, name.text)
        self.chat.reserve(name, person)
        self._pay_for_change()
        self.chat.ignores.named(person, name)
        person.next_name = name
        self.chat.post(event)

    def set_topic(self, text: str) -> None:
        """Set the current room's topic; an empty text removes it."""
        self.check_meant(None)
        where = self.allowed(Verb.TOPIC)
        text = self.checked(text, MAX_TOPIC, empty=True)
        self._pay_for_change()
        moderating.topic(self, where, text)

    def post_topic(self, room: Room, text: str) -> None:
        """The same, whether it may or not."""
        self.chat.post(self._event(Kind.TOPIC, text, room))

    def set_away(self, reason: str | None) -> None:
        """Be away, with a reason (may be empty), or back with None."""
        if reason is not None:
            reason = self.checked(reason, MAX_TOPIC, empty=True)
        self._pay_for_change()
        self.chat.post(self._event(Kind.AWAY, reason))

    def history(
        self,
        room: str | None,
        limit: int,
        client_id: str | None,
        *,
        before: int | None = None,
        after: int | None = None,
        seconds: int | None = None,
    ) -> None:
        """Answer with a page of a room's history: the newest (of the last `seconds`), or before or after a number."""
        where = self.allowed(Verb.HISTORY, room)
        if before is not None and after is not None:
            raise BadRequest("before or after, not both")
        since = 0 if seconds is None else self.chat.now() - seconds * 1000
        limit = min(limit, PAGE)
        self.aside(lambda: self.show_history(where, limit, client_id, before=before, after=after, since=since))

    def search(self, text: str, limit: int, client_id: str | None) -> None:
        """Answer with the newest lines that fit, among what this session may read."""
        looking.search(self, text, min(limit, PAGE), client_id)

    def edit(self, seq: int, text: str, client_id: str | None = None) -> None:
        """Change the words of what this person said with this number."""
        revising.edit(self, seq, self.checked(text), client_id)

    def delete(self, seq: int, client_id: str | None = None) -> None:
        """Take back what this person said with this number."""
        revising.delete(self, seq, client_id)

    def revise(self, kind: Kind, target: Event, text: str | None, client_id: str | None) -> None:
        """Post a revision of `target`; whether this session may is decided already (core/revising.py)."""
        event = self._event(kind, text, to=target.to, to_nick=target.to_nick)
        event.room, event.room_name = target.room, target.room_name
        event.target, event.answer_to = target.seq, client_id
        self.chat.post(event)

    def heard(self) -> None:
        """Something came from its client, whatever it is: called by the door."""
        self.heard_at = self.chat.clock.seconds()
        if self.person.had < self.person.due:
            missed.heard(self)

    def quit(self, reason: str = "") -> None:
        """Leave for good: the others are told, what is queued is sent, the connection ends."""
        if self.over:
            return
        reason = self.in_passing(reason)
        self.aside(lambda: self.feed.tell(Reply((f"Goodbye, {self.person.next_name.text}.",))))
        self.depart(reason)

    def depart(self, reason: str = "") -> None:
        """Leave, and close the connection once everything before that is answered: its client wants to."""
        self.chat.leave(self, reason, close=True, in_order=True)

    def lost(self, reason: str = "") -> None:
        """The connection is gone: called by the door, in any case. `reason`: what was not in order."""
        self.feed.stop()
        self.detach_all()
        self.chat.becoming.pop(self, None)
        self.chat.leave(self, reason, close=False, in_order=not reason)

    # helpers

    def _pay_for_change(self) -> None:
        """Everybody sees it, and nobody needs many: it counts for more than the line that asked for it."""
        self.recipient.charge(self.chat.prices.change - 1)

    def _pay_if_repeated(self, text: str) -> None:
        if self.person.repeats.again(text, self.chat.clock.seconds()):
            self.recipient.charge(self.chat.prices.repeat - 1)

    def _enter(self, room: Room, client_id: str | None = None) -> None:
        if not room.charter.is_blank:
            room.admitted.came_in(self.person.id)
        room.expected += 1
        self.person.wanted[room] = None
        self.chat.post(self._event(Kind.JOINED, "", room, client_id=client_id))

    def enter_first(self, rooms: Iterable[Room]) -> None:
        """Go into the first rooms, the first of which becomes the current one."""
        for room in rooms:
            if room not in self.person.wanted:
                self._enter(room)
            if self.current is None:
                self.current = room

    def _post_left(self, room: Room, reason: str, client_id: str | None = None) -> None:
        self.person.wanted.pop(room, None)
        self.chat.post(self._event(Kind.LEFT, reason, room, client_id=client_id))

    def leave_all(self, reason: str) -> None:
        for room in tuple(self.person.wanted):
            self._post_left(room, reason)

    def was_put_out(self, room: Room) -> None:
        """Of what was its current room: another one is that now, and who goes on talking may not have noticed."""
        self.put_out_of = room.name if self.current is not None else ""
        if not self.recipient.lists_people:  # a program names the room
            self.aside(lambda: self.feed.tell(Reply(tuple(commands.where(self)))))

    def check_meant(self, room: str | None) -> None:
        """Raise `NotAllowed`, once, for words that may be meant for the room that it was put out of."""
        out = self.put_out_of
        if room is None and out and self.current is not None:
            self.put_out_of = ""
            raise NotAllowed(f"you were put out of {out}; say it again, and it is for {self.current.name}")

    def _make_current(self, room: Room | None) -> None:
        self.put_out_of = ""
        if self.current is not room:
            self.current = room
            if not self.feed.lagging:
                self.attach_all()

    def gone_from(self, room: Room) -> None:
        """Its person is not in `room` any more: the room entered last becomes the current one."""
        if self.current is room:
            self._make_current(next(reversed(self.person.wanted), None))

    def room_called(self, room: str | None) -> Room:
        """The room of this name, the current one for None."""
        if room is None:
            if self.current is None:
                raise InNoRoom
            return self.current
        name = self.chat.room_name(room)
        found = self.chat.rooms.get(name.key)
        if found is None:
            raise NoSuchRoom(name.text)
        return found

    def case(self, room: Room, **more: Any) -> Case:
        """Of this session before `room`, for the table of rights."""
        return Case(self.chat, room, Doer.of(self), **more)

    def allowed(self, verb: Verb, room: str | None = None, **more: Any) -> Room:
        """The room of this name, the current one for None, if the verb is allowed there. Raises what the table says."""
        found = self.room_called(room)
        self.check(verb, found, room, **more)
        return found

    def check(self, verb: Verb, found: Room, room: str | None, **more: Any) -> None:
        """Raise what the table says of a room that was called `room`; None: it was not called by its name.

        Of one that it may not see it is told what it would be if there were none, how that is spelled among it.
        """
        try:
            rights.check(verb, self.case(found, **more))
        except NoSuchRoom:
            raise NoSuchRoom(parse_room(room).text if room else found.name) from None

    def past_of(self, room: Room) -> int:
        return 0 if rights.may(Verb.PAST, self.case(room)) else self.person.rooms.get(room, self.chat.seq)

    def _name_of(self, room: str | None) -> str:
        return room or (self.current.name if self.current else "")

    def in_passing(self, text: str, limit: int | None = None) -> str:
        """`text`, cleaned, as the reason for something else: nothing where the brake holds these words back."""
        text = self.checked(text, limit, empty=True)
        return text if self.chat.helm.may_speak(self) else ""

    def checked(self, text: str, limit: int | None = None, *, empty: bool = False) -> str:
        """`text`, cleaned. Raises `TextTooLong` or `NeedText`."""
        text = clean(text)
        most = self.chat.limits.text if limit is None else min(limit, self.chat.limits.text)
        if len(text) > most:
            raise TextTooLong(len(text), most)
        if not empty and (not text or text.isspace()):
            raise NeedText("there is nothing to say in that")
        return text

    def _event(
        self,
        kind: Kind,
        text: str | None,
        room: Room | None = None,
        *,
        to: str = "",
        to_nick: str = "",
        action: bool = False,
        client_id: str | None = None,
    ) -> Event:
        if kind in SPEECH and text is not None:
            self.chat.helm.check_speech(self)
        room_id, room_name = (room.id, room.name) if room else ("", "")
        person, nick, time = self.person.id, self.person.next_name.text, self.chat.now()
        answer_to = client_id or self._asker
        return Event(
            kind, person, nick, time, room_id, room_name, text, to, to_nick, action, client_id, answer_to, origin=self
        )


def away_line(person: Person) -> tuple[str, ...]:
    """What somebody who writes to `person` should know."""
    if person.away is None:
        return ()
    return (f"{person.nick} is away: {person.away}" if person.away else f"{person.nick} is away",)
