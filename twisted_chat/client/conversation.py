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
from twisted_chat.client.typed import Verb, parse
from twisted_chat.client.untrusted import Fields, clean, moment, number, objects, text, texts
from twisted_chat.frontends import shapes
from twisted_chat.frontends.line import jsonl

_MAX_TEXT = 2000
"""Characters of a text (docs/protocol.md)."""
_MAX_OBJECT = jsonl.MAX_OBJECT - 100
"""Bytes of an object, without its id."""


class Conversation:
    """`nick`, `password` (the account's) and `server_password` may be changed as long as the server refuses them."""

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
        history_lines: int = 20,
        speech: wording.Speech = shapes,
    ) -> None:
        """`wished_rooms`: to be in besides #lobby, the first of them is where the talk begins. `now` gives an
        aware time, `zone` is the user's (None: the system's), `history_lines` is how much is shown on
        entering a room, `speech` writes what people say."""
        self.nick = nick
        self.server_password = server_password
        self.password: str | None = None
        self.rooms = Rooms()
        self.outbox = outbox
        self.refusals = 0
        """How many of the user's lines were not taken."""
        self.welcomed = False
        """Whether the present connection was let in."""
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
        self._put_out_of: dict[str, str] = {}  # by the room that became the current one then, until something is said
        self._asked_quietly: set[str] = set()
        if self._wished:
            self.rooms.current = self._wished[0]
        self._heard: dict[str, Callable[[Fields, Entry | None], list[Effect]]] = {
            "welcome": self._welcome, "message": self._event, "action": self._event, "direct": self._event,
            "topic": self._event, "joined": self._joined, "left": self._left, "renamed": self._renamed,
            "away": self._event, "edited": self._event, "deleted": self._event, "people": self._people,
            "history": self._history, "found": self._found, "missed": self._missed, "skipped": self._skipped,
            "reply": self._reply, "notice": self._notice, "error": self._error, "ping": self._ping,
        }  # fmt: skip

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
        lost = self.outbox.cut()
        self.refusals += len(lost)
        words = "the connection was lost before the answer came to"
        return [self._shown(shapes.error("NO_ANSWER", f"{words} {e.typed}"), Kind.ERROR) for e in lost]

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
                return self._refuse("NOT_SENT", "a blank stands before the /: that would publish a password")
            case Verb.SWITCH:
                return self._switch(meant.words[0])
            case Verb.NICK if not self.welcomed:
                return self._call(meant.words[0])
        if meant.verb in (Verb.SAY, Verb.ACT):
            out, self._put_out_of = self._put_out_of, {}
            if self.rooms.current in out:
                words = (
                    f"you were put out of {out[self.rooms.current]}; say it again, and it is for {self.rooms.current}"
                )
                return self._refuse("NOT_SENT", words)
        if self.outbox.full:
            return self._refuse_more(line)
        fields = request(meant, line, self.rooms.current, self._correspondent)
        length = len(text(fields, "text"))
        # What is refused here the user still has before him. And of a line that is too long to be read at all, the
        # server could not say in its answer which it was.
        if (fields["type"] == "say" and length > _MAX_TEXT) or len(jsonl.encode(fields)) > _MAX_OBJECT:
            return self._refuse("TEXT_TOO_LONG", f"{length} characters; at most {_MAX_TEXT} are taken")
        self.outbox.add(fields, line, self.rooms.current)
        if meant.verb is Verb.JOIN:  # What is typed next is for there, or for nobody if it can't be joined.
            self.rooms.current = meant.words[0]
        return self.due()

    def _call(self, nick: str) -> list[Effect]:
        self.nick = nick
        return [self.status(f"You will come in as {nick}")]

    def _switch(self, wanted: str) -> list[Effect]:
        room = self.rooms.find(wanted)
        if room is None:
            return self._refuse("NOT_IN_ROOM", f"you are not in {wanted}")
        self.rooms.current = room
        self._put_out_of = {}
        return [self.status(f"You are talking in {room} now")]

    def due(self) -> list[Effect]:
        """What may be sent now of what waits."""
        if not self.welcomed:
            return []
        due: list[Effect] = []
        for entry in self.outbox.take():
            # Commands are about the current room, and which that is the server knows by commands only.
            if entry.fields["type"] == "command" and entry.room != self._room_at_server:
                due.append(self._ask_quietly({"type": "command", "text": f"/switch {entry.room}"}))
                self._room_at_server = entry.room
            due.append(Send(entry.fields))
        return due

    def _ask_quietly(self, fields: Fields) -> Effect:
        name = self.outbox.next_id()
        self._asked_quietly.add(name)
        return Send({**fields, "id": name})

    # What an object from the server does.

    def _welcome(self, fields: Fields, _: Entry | None) -> list[Effect]:
        self.welcomed = True
        self.password = None  # the resume secret is proof enough from now on
        known, self._log = self._log, text(fields, "log")
        if self.nick != self._hello_nick:  # changed since our hello: too late for that
            line = f"/nick {self.nick}"
            self.outbox.add({"type": "command", "text": line}, line, self.rooms.current)
        self.nick = text(fields, "nick") or self.nick
        self._resume = text(fields, "resume") or self._resume
        self.rooms.replace(objects(fields, "rooms"))
        self._room_at_server = LOBBY
        self._replayed_to = number(fields, "seq") or 0
        if known == self._log:
            return [self.status("Connected again.")]
        self._seq = self._replayed_to
        asked: list[Effect] = []
        if self._history_lines:
            asked = [self._ask_history(name) for name in self.rooms.names()]
        if known is not None:
            return [self.status("Connected again. The server has a new log: lines may be missing."), *asked]
        lines = wording.welcomed(fields, self.rooms.current, self.nick)
        return [*(self._shown(line, Kind.SERVER) for line in lines), *asked]

    def _ask_history(self, room: str) -> Effect:
        return self._ask_quietly({"type": "history", "room": room, "limit": self._history_lines})

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
        self.rooms.enter(room, texts(fields, "people"))
        self._room_at_server = None
        asked = [self._ask_history(room)] if self._history_lines else []
        return [self._shown(wording.entered(fields), Kind.SERVER, time=moment(fields)), *asked]

    def _left(self, fields: Fields, entry: Entry | None) -> list[Effect]:
        room, nick = text(fields, "room"), text(fields, "nick")
        effects = self._event(fields, entry)
        if nick == self.nick:
            was_current = self.rooms.current == room
            self.rooms.leave(room)
            self._room_at_server = None
            if was_current and text(fields, "by"):  # what is typed next was meant for there
                self._put_out_of = {self.rooms.current: room}
                effects.append(self.status(f"You are talking in {self.rooms.current} now"))
        else:
            self.rooms.left(room, nick)
        return effects

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
        self._asked_quietly.discard(text(fields, "id"))
        effects: list[Effect] = []
        for event in objects(fields, "events"):
            if entry is not None or self.rooms.is_history(text(event, "room"), number(event, "seq") or 0):
                effects += self._quoted(event, self.rooms.current)
        if entry is not None:
            return [self._shown(wording.lines_of(fields, len(effects)), Kind.REPLY), *effects]
        if effects:
            title = shapes.last_lines(text(fields, "room"), len(effects))
            return [self._shown(title, Kind.HISTORY), *effects]
        return []

    def _found(self, fields: Fields, _: Entry | None) -> list[Effect]:
        """What a search found, of whatever room."""
        lines = [shown for event in objects(fields, "events") for shown in self._quoted(event, "")]
        return [self._shown(wording.found(fields, len(lines)), Kind.REPLY), *lines]

    def _missed(self, fields: Fields, _: Entry | None) -> list[Effect]:
        """Direct messages that came while no client of this account was here."""
        lines = [shown for event in objects(fields, "events") for shown in self._quoted(event, "")]
        return [self._shown(shapes.missed(len(lines)), Kind.HISTORY), *lines] if lines else []

    def _quoted(self, event: Fields, current: str) -> list[Effect]:
        line = wording.quoted(event, current, self.nick, self._zone, self._speech)
        return [] if line is None else [self._shown(line, Kind.HISTORY, time=moment(event))]

    def _skipped(self, fields: Fields, _: Entry | None) -> list[Effect]:
        line = wording.skipped(fields)  # What the log still has of it follows: its end is not our place yet.
        return [] if line is None else [self._shown(line, Kind.SERVER)]

    def _reply(self, fields: Fields, _: Entry | None) -> list[Effect]:
        if text(fields, "id") in self._asked_quietly:
            self._asked_quietly.discard(text(fields, "id"))
            return []
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
                self.rooms.current = entry.room
        return [self._shown(shapes.error(code, words), Kind.ERROR)]

    def _ping(self, _: Fields, __: Entry | None) -> list[Effect]:
        return [Send({"type": "pong"})]

    def _refuse(self, code: str, words: str) -> list[Effect]:
        self.refusals += 1
        return [self._shown(shapes.error(code, words), Kind.ERROR)]

    def _refuse_more(self, line: str) -> list[Effect]:
        return self._refuse("NOT_SENT", f"{len(self.outbox)} lines wait already, not this one: {line}")

    def status(self, words: str) -> Shown:
        """The client's own word about the connection."""
        return self._shown(shapes.server(words), Kind.STATUS)

    def trouble(self, line: str) -> Shown:
        """Why we are not in."""
        return self._shown(line, Kind.TROUBLE)

    def _shown(self, line: str, kind: Kind, mention: bool = False, *, time: datetime | None = None) -> Shown:
        return Shown(line, kind, time or self._now(), mention)
