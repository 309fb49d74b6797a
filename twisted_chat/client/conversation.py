"""One conversation over any number of connections: what was seen, and what is to be shown and sent.

There is no screen and no transport in here. Objects from the server and lines from the user go in, effects
come out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, tzinfo

from twisted_chat.client import wording
from twisted_chat.client.effects import Effect, Kind, Quit, Refused, Replaced, Send, Shown
from twisted_chat.client.outbox import Entry, Outbox
from twisted_chat.client.requests import request
from twisted_chat.client.rooms import LOBBY, Rooms
from twisted_chat.client.typed import Typed, Verb, dropped, is_about_room, is_secret, is_turning, parse, unsecret
from twisted_chat.client.untrusted import Fields, clean, moment, number, objects, text, texts
from twisted_chat.frontends import shapes
from twisted_chat.frontends.line import jsonl

_MAX_TEXT = 2000
"""Characters of a text (docs/protocol.md)."""
_MAX_OBJECT = jsonl.MAX_OBJECT - 100
"""Bytes of an object, without its id."""

PRIVATE_WAYS = "come with --tls or --ca FILE, or say --allow-plaintext-passwords"
"""What lets a password go to another machine."""


class Conversation:
    """`nick`, `password` (the account's) and `server_password` may be changed as long as the server refuses them."""

    has_accounts = True
    """Whether a server of this kind knows what a password is."""

    def __init__(
        self,
        nick: str,
        wished_rooms: Iterable[str],
        outbox: Outbox,
        *,
        now: Callable[[], datetime],
        zone: tzinfo | None = None,
        client: str = "",
        server_password: str | None = None,
        history_lines: int | None = None,
        speech: wording.Speech = shapes,
    ) -> None:
        """`wished_rooms`: to be in besides #lobby, the first of them is where the talk begins. `now` gives an
        aware time, `zone` is the user's (None: the system's), `history_lines` is how much is shown on
        entering a room (None: as the server would have it), `speech` writes what people say."""
        self.nick = nick
        self.server_password = server_password
        self.password: str | None = None
        self._keeps_password = False
        self.rooms = Rooms()
        self.outbox = outbox
        self.refusals = 0
        """How many of the user's lines were not taken."""
        self.welcomed = False
        """Whether the present connection was let in."""
        self.is_private = True
        """Whether a password may go over the present connection."""
        self._wished = [name if name.startswith("#") else f"#{name}" for name in wished_rooms]
        self._now = now
        self._zone = zone
        self._client = client
        self._history_lines = history_lines
        self._speech = speech
        self._hello_nick = nick
        self._resume = ""
        self._log: str | None = None
        self._seq = 0
        self._replayed_to = 0
        self._correspondent: str | None = None
        self._room_at_server: str | None = LOBBY
        self._asked_quietly: set[str] = set()
        self._last_words: list[Effect] | None = None
        """What is to stand below the history that was asked for on entering."""
        if self._wished:
            self.rooms.current = self._wished[0]
        self._heard: dict[str, Callable[[Fields, Entry | None], list[Effect]]] = {
            "welcome": self._welcome, "message": self._event, "action": self._event, "direct": self._event,
            "topic": self._event, "joined": self._joined, "left": self._left, "renamed": self._renamed,
            "away": self._event, "edited": self._event, "deleted": self._event, "people": self._people,
            "history": self._history, "found": self._found, "missed": self._missed, "skipped": self._skipped,
            "reply": self._reply, "notice": self._notice, "error": self._error, "ping": self._ping,
        }  # fmt: skip

    def keep_password(self, password: str) -> None:
        """The account's, for every hello: where nobody can be asked again when the resume secret is void."""
        self.password = password
        self._keeps_password = True

    def hello(self) -> Fields:
        """The object that asks to be let in, or in again where we stopped."""
        self._hello_nick = self.nick
        fields: dict[str, object] = {"type": "hello", "nick": self.nick}
        if self._client:
            fields["client"] = self._client
        if self.server_password is not None:
            fields["server_password"] = self.server_password
        if self.password is not None:
            fields["password"] = self.password
        if self._log is not None:
            fields |= {"resume": self._resume, "log": self._log, "since": self._seq}
        wished = self._wished if self._log is None else [name for name in self.rooms.names() if name != LOBBY]
        if wished:
            fields["rooms"] = wished
        return fields

    def received(self, fields: Fields) -> list[Effect]:
        """An object came from the server."""
        handler = self._heard.get(text(fields, "type"))
        entry = self.outbox.confirm(text(fields, "id"))
        effects = handler(fields, entry) if handler is not None else []
        return effects + self.due()

    def cut(self) -> list[Effect]:
        """The connection is gone."""
        self.welcomed = False
        self._asked_quietly.clear()
        told, self._last_words = self._last_words or [], None
        lost = self.outbox.cut()
        self.refusals += len(lost)
        words = "the connection was lost before the answer came to"
        return told + [self._shown(shapes.error("NO_ANSWER", f"{words} {unsecret(e.typed)}"), Kind.ERROR) for e in lost]

    def typed(self, line: str) -> list[Effect]:
        """The user typed a line. While there is no connection it waits for the next one."""
        line = clean(line.rstrip("\r\n"))
        meant = parse(line)
        match meant.verb:
            case Verb.NOTHING:
                return []
            case Verb.QUIT:
                return [Quit(" ".join(meant.words))]
            case Verb.SECRET:
                return self.refuse("NOT_SENT", "a blank stands before the /: that would publish a password")
            case Verb.SWITCH:
                return self._switch(meant.words[0])
            case Verb.NICK if not self.welcomed:
                return self._call(meant.words[0])
        if self.outbox.full:
            return self._refuse_more(line)
        if self.rooms.is_nowhere and self._goes_to_room(meant, line):
            return self.refuse("NOT_SENT", f"you {self._way_out()}")
        fields = request(meant, line, self.rooms.current, self._correspondent)
        length = len(text(fields, "text"))
        # What is refused here the user still has before him. And of a line that is too long to be read at all, the
        # server could not say in its answer which it was.
        if (fields["type"] == "say" and length > _MAX_TEXT) or len(jsonl.encode(fields)) > _MAX_OBJECT:
            return self.refuse("TEXT_TOO_LONG", f"{length} characters; at most {_MAX_TEXT} are taken")
        self.outbox.add(fields, line, self.rooms.current, alone=is_turning(line))
        if meant.verb is Verb.JOIN:  # What is typed next is for there, or for nobody if it can't be joined.
            self.rooms.aim(meant.words[0])
        return self.due()

    @staticmethod
    def _goes_to_room(meant: Typed, line: str) -> bool:
        """Whether a typed line is for the current room."""
        match meant.verb:
            case Verb.SAY | Verb.ACT:
                return True
            case Verb.PART:
                return not "".join(meant.words).startswith("#")
            case Verb.COMMAND:
                return is_about_room(line)
        return False

    def _way_out(self) -> str:
        lost, others = self.rooms.lost, self.rooms.names()
        switch = f", or /switch {others[0]}" if others else ""
        return f"are not in {lost}: nothing is said until you /join it{switch}"

    def _call(self, nick: str) -> list[Effect]:
        self.nick = nick
        return [self.status(f"You will come in as {nick}")]

    def _switch(self, wanted: str) -> list[Effect]:
        room = self.rooms.find(wanted)
        if room is None:
            return self.refuse("NOT_IN_ROOM", f"you are not in {wanted}")
        self.rooms.current = room
        return [self.status(f"You are talking in {room} now")]

    def due(self) -> list[Effect]:
        """What may be sent now of what waits."""
        if not self.welcomed:
            return []
        due: list[Effect] = []
        while taken := self.outbox.take():
            for entry in taken:
                due += self._send(entry)
        return due

    def _send(self, entry: Entry) -> list[Effect]:
        if entry.fields["type"] != "command":
            return [Send(entry.fields)]
        if is_secret(entry.typed) and not self.is_private:
            self.outbox.confirm(entry.id)
            return self.refuse_plaintext()
        lost = entry.room == self.rooms.lost
        if lost and is_about_room(entry.typed):
            self.outbox.confirm(entry.id)
            return self.refuse("NOT_SENT", f"you {self._way_out()}")
        if lost or entry.room == self._room_at_server:
            return [Send(entry.fields)]
        # Commands are about the current room, and which that is the server knows by commands only.
        self._room_at_server = entry.room
        return [self._ask_quietly({"type": "command", "text": f"/switch {entry.room}"}), Send(entry.fields)]

    def refuse_plaintext(self) -> list[Effect]:
        """A password would cross the net in clear."""
        words = f"nothing was sent: a password would cross the net in clear; {PRIVATE_WAYS}"
        return self.refuse("PLAINTEXT_REFUSED", words)

    def _ask_quietly(self, fields: Fields) -> Effect:
        name = self.outbox.next_id()
        self._asked_quietly.add(name)
        return Send({**fields, "id": name})

    # What an object from the server does.

    def _welcome(self, fields: Fields, _: Entry | None) -> list[Effect]:
        if self.welcomed:
            return self._become(fields)
        self.welcomed = True
        if not self._keeps_password:
            self.password = None  # the resume secret is proof enough from now on
        known, self._log = self._log, text(fields, "log")
        if self.nick != self._hello_nick:  # changed since our hello: too late for that
            line = f"/nick {self.nick}"
            self.outbox.add({"type": "command", "text": line}, line, self.rooms.current)
        self.nick = text(fields, "nick") or self.nick
        self._resume = text(fields, "resume") or self._resume
        self.rooms.replace(objects(fields, "rooms"), self._joining, seen=known == self._log)
        self._room_at_server = LOBBY
        self._replayed_to = number(fields, "seq") or 0
        if known == self._log:
            return [self.status("Connected again."), *self._tell_nowhere()]
        self._seq = self._replayed_to
        asked = self._ask_histories(self.rooms.names())
        if known is not None:
            told = "Connected again. The server has a new log: lines may be missing."
            return [self.status(told), *asked, *self._tell_nowhere()]
        here = next(iter(self.rooms.names()), LOBBY) if self.rooms.is_nowhere else self.rooms.current
        lines = wording.welcomed(fields, here, self.nick)
        return [*(self._shown(line, Kind.SERVER) for line in lines), *asked, *self._tell_nowhere()]

    def _become(self, fields: Fields) -> list[Effect]:
        """A welcome within a connection: who we are, or the secret that proves it, is another from here on."""
        nick, rooms = self.nick, self.rooms.names()
        self.nick = self._hello_nick = text(fields, "nick") or nick
        self._resume = text(fields, "resume") or self._resume
        self._replayed_to = number(fields, "seq") or 0
        was_nowhere = self.rooms.is_nowhere
        self.rooms.replace(objects(fields, "rooms"), self._joining, seen=True)
        self._room_at_server = None
        told: list[Effect] = []
        if self.nick != nick:
            self._correspondent = None
            names = self.rooms.names()
            told.append(self.status(f"You go on as {self.nick}, in {shapes.people(names[:10], len(names))}"))
        asked = self._ask_histories(name for name in self.rooms.names() if name not in rooms)
        return [*told, *asked, *([] if was_nowhere else self._tell_nowhere())]

    @property
    def _joining(self) -> set[str]:
        """The rooms that were asked for."""
        return {text(entry.fields, "room") for entry in self.outbox if entry.fields["type"] == "join"}

    def _tell_nowhere(self) -> list[Effect]:
        """That the current room is none, and what is to be done; below the history that is on its way."""
        if not self.rooms.is_nowhere:
            return []
        told: list[Effect] = [self.status(f"You {self._way_out()}")]
        if not self._asked_quietly:
            return told
        self._last_words = told
        return []

    def _ask_histories(self, rooms: Iterable[str]) -> list[Effect]:
        if self._history_lines == 0:
            return []
        limit = {} if self._history_lines is None else {"limit": self._history_lines}
        return [self._ask_quietly({"type": "history", "room": room, **limit}) for room in rooms]

    def _answered_quietly(self, fields: Fields) -> list[Effect]:
        """What waited for the answers to what was asked quietly."""
        self._asked_quietly.discard(text(fields, "id"))
        if self._asked_quietly or self._last_words is None:
            return []
        told, self._last_words = self._last_words, None
        return told

    def _event(self, fields: Fields, entry: Entry | None) -> list[Effect]:
        seq = number(fields, "seq")
        if seq is not None:
            # The answer to a `say` sent again bears its old number: the first time it counts, then no more.
            if seq <= self._seq and entry is None:
                return []
            self._seq = max(self._seq, seq)
            self.rooms.spoke(text(fields, "room"), seq)
        line = wording.said(fields, self.rooms.current, self.nick, self._speech)
        return [] if line is None else [self._shown(line, *self._sort(fields, seq), time=moment(fields))]

    def _sort(self, fields: Fields, seq: int | None) -> tuple[Kind, bool]:
        """The kind of an event, and whether it speaks to the user."""
        kind, nick = fields.get("type"), text(fields, "nick")
        # In what was missed, the nickname proves nothing: for a while it may have been somebody else's.
        own = "id" in fields or (nick == self.nick and seq is not None and seq > self._replayed_to)
        if kind == "direct":
            if nick != self.nick:
                self._correspondent = nick
            return Kind.DIRECT, nick != self.nick
        if kind in ("message", "action"):
            mention = not own and wording.mentions(text(fields, "text"), self.nick)
            return Kind.OWN if own else Kind.SAID, mention
        return Kind.SERVER, False

    def _joined(self, fields: Fields, entry: Entry | None) -> list[Effect]:
        room, nick = text(fields, "room"), text(fields, "nick")
        if nick != self.nick:
            self.rooms.joined(room, nick)
            return self._event(fields, entry)
        if room in self.rooms:
            return []
        # A join of another session of this account is no reason to talk there. What a command brings about bears no id.
        unasked = entry is None and not any(each.fields["type"] == "command" for each in self.outbox)
        self.rooms.enter(room, texts(fields, "people"), unasked=unasked)
        self._room_at_server = None
        told: list[Effect] = [self._shown(wording.entered(fields), Kind.SERVER, time=moment(fields))]
        if self.rooms.current != room:
            told.append(self.status(f"You joined it elsewhere; /switch {room} talks there"))
        return [*told, *self._ask_histories([room])]

    def _left(self, fields: Fields, entry: Entry | None) -> list[Effect]:
        room, nick = text(fields, "room"), text(fields, "nick")
        effects = self._event(fields, entry)
        if nick == self.nick:
            was_nowhere = self.rooms.is_nowhere
            # Who is put out, or left with another session, may be typing a line for that room.
            self.rooms.leave(room, unasked=entry is None and not self._is_dropping(room))
            self._room_at_server = None
            if not was_nowhere:
                effects += self._tell_nowhere()
        else:
            self.rooms.left(room, nick)
        return effects

    def _is_dropping(self, room: str) -> bool:
        """Whether the user wants an end of `room`, which he is in still: that he left it bears no id."""
        commands = (entry.typed for entry in self.outbox if entry.fields["type"] == "command")
        return any(self.rooms.find(name) == room for line in commands if (name := dropped(line)))

    def _renamed(self, fields: Fields, entry: Entry | None) -> list[Effect]:
        nick, new = text(fields, "nick"), text(fields, "new")
        self.rooms.renamed(nick, new)
        self.nick = new if nick == self.nick else self.nick
        self._correspondent = new if nick == self._correspondent else self._correspondent
        return self._event(fields, entry)

    def _people(self, fields: Fields, _: Entry | None) -> list[Effect]:
        self.rooms.listed(text(fields, "room"), texts(fields, "people"))
        return []

    def _history(self, fields: Fields, entry: Entry | None) -> list[Effect]:
        """A room's past: all of it if the user asked, else what was not seen live."""
        last_words = self._answered_quietly(fields)
        effects: list[Effect] = []
        for event in objects(fields, "events"):
            if entry is not None or self.rooms.is_history(text(event, "room"), number(event, "seq") or 0):
                effects += self._quoted(event, self.rooms.current)
        if entry is not None:
            return [self._shown(wording.lines_of(fields, len(effects)), Kind.REPLY), *effects]
        if effects:
            title = shapes.last_lines(text(fields, "room"), len(effects))
            return [self._shown(title, Kind.HISTORY), *effects, *last_words]
        return last_words

    def _found(self, fields: Fields, _: Entry | None) -> list[Effect]:
        """What a search found, of whatever room."""
        lines = [shown for event in objects(fields, "events") for shown in self._quoted(event, "")]
        return [self._shown(wording.found(fields, len(lines)), Kind.REPLY), *lines]

    def _missed(self, fields: Fields, _: Entry | None) -> list[Effect]:
        """Direct messages that came while no client of this account was here."""
        lines: list[Effect] = []
        for event in objects(fields, "events"):
            shown, nick = self._quoted(event, ""), text(event, "nick")
            if shown and event.get("type") == "direct" and nick not in ("", self.nick):
                self._correspondent = nick
            lines += shown
        return [self._shown(shapes.missed(len(lines)), Kind.HISTORY), *lines] if lines else []

    def _quoted(self, event: Fields, current: str) -> list[Effect]:
        line = wording.quoted(event, current, self.nick, self._zone, self._speech)
        return [] if line is None else [self._shown(line, Kind.HISTORY, time=moment(event))]

    def _skipped(self, fields: Fields, _: Entry | None) -> list[Effect]:
        line = wording.skipped(fields)  # What the log still has of it follows: its end is not our place yet.
        return [] if line is None else [self._shown(line, Kind.SERVER)]

    def _reply(self, fields: Fields, _: Entry | None) -> list[Effect]:
        if text(fields, "id") in self._asked_quietly:
            return self._answered_quietly(fields)
        lines = texts(fields, "lines")
        return [self._shown(shapes.server(line.removeprefix("*** ")), Kind.REPLY) for line in lines]

    def _notice(self, fields: Fields, _: Entry | None) -> list[Effect]:
        return [self._shown(shapes.server(text(fields, "text")), Kind.SERVER)]

    def _error(self, fields: Fields, entry: Entry | None) -> list[Effect]:
        code, words = text(fields, "code"), text(fields, "text")
        if code in ("REPLACED", "KILLED"):
            return [Replaced(words, code)]
        if not self.welcomed:
            return [Refused(code, words)]
        if entry is not None:
            self.refusals += 1
            if entry.fields["type"] == "join" and self.rooms.current == entry.fields["room"]:
                self.rooms.turn_back(entry.room)
        told = self._shown(shapes.error(code, words), Kind.ERROR)
        if entry is None and self._last_words is not None and "id" not in fields:  # a room that was wished for
            self._last_words.insert(-1, told)
            return []
        return [told, *self._answered_quietly(fields)]

    def _ping(self, _: Fields, __: Entry | None) -> list[Effect]:
        return [Send({"type": "pong"})]

    def refuse(self, code: str, words: str) -> list[Effect]:
        """A line of the user's is not taken."""
        self.refusals += 1
        return [self._shown(shapes.error(code, words), Kind.ERROR)]

    def _refuse_more(self, line: str) -> list[Effect]:
        return self.refuse("NOT_SENT", f"{len(self.outbox)} lines wait already, not this one: {unsecret(line)}")

    def status(self, words: str) -> Shown:
        """The client's own word about the connection."""
        return self._shown(shapes.server(words), Kind.STATUS)

    def trouble(self, line: str) -> Shown:
        """Why we are not in."""
        return self._shown(line, Kind.TROUBLE)

    def _shown(self, line: str, kind: Kind, mention: bool = False, *, time: datetime | None = None) -> Shown:
        return Shown(line, kind, time or self._now(), mention)
