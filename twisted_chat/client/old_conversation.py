"""A conversation with an original server: one room, texts alone, and nothing that could be asked for."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from datetime import datetime, tzinfo

from twisted_chat.client import wording
from twisted_chat.client.conversation import Conversation
from twisted_chat.client.dialects import Dialect
from twisted_chat.client.effects import Effect, Kind, Quit
from twisted_chat.client.outbox import Entry, Outbox
from twisted_chat.client.rooms import LOBBY
from twisted_chat.client.typed import Verb, parse
from twisted_chat.client.untrusted import Fields, clean, text
from twisted_chat.client.wording import Speech

LONGEST = 64 * 1024
"""Bytes of one typed text, in however many messages."""
_REMEMBERED = 200
"""Speakers whose names are completed, and texts of ours whose echo may still come."""
_OTHERWISE_CALLED = re.compile(r"(?:\*\*\* )?\S+ is (?:taken|a reserved word); here you are (\S{1,64})$")


class OldConversation(Conversation):
    """Takes the objects that `Unframed` makes."""

    has_accounts = False

    def __init__(
        self,
        dialect: Dialect,
        nick: str,
        outbox: Outbox,
        *,
        now: Callable[[], datetime],
        zone: tzinfo | None = None,
        speech: Speech | None = None,
    ) -> None:
        """`speech` writes what people say; None: as the original clients show it."""
        super().__init__(nick, (), outbox, now=now, zone=zone, history_lines=0)
        self._speech_here = speech
        self._dialect = dialect
        self._was_in = False
        self._may_be_renamed = False
        """The next text is the first of its connection."""
        self._speakers: dict[str, None] = {}
        """Who spoke, the last one last."""
        self._unechoed: deque[str] = deque(maxlen=_REMEMBERED)
        self._heard = {
            "welcome": self._welcome, "text": self._text, "written": self._written, "error": self._error,
        }  # fmt: skip

    def cut(self) -> list[Effect]:
        self._unechoed.clear()
        return super().cut()

    def typed(self, line: str) -> list[Effect]:
        line = clean(line.rstrip("\r\n"))
        meant = parse(line)
        match meant.verb, *meant.words:
            case Verb.NOTHING, *_:
                return []
            case Verb.QUIT, *_:
                return [Quit("")]
            case Verb.ACT, words:
                return self._say(f"* {words}", line)  # "alice: * waves": she can't speak but under her name
            case Verb.NICK, *_ if not self.welcomed:
                return self._call(meant.words[0])
            case Verb.NICK, *_:
                return self.refuse("NOT_SENT", f"you are {self.nick} here until you leave")
        if line.startswith("//"):
            return self._say(line[1:], line)
        if line.lstrip().startswith("/"):
            # It may be meant for one person, or be a password: whatever is sent here, everybody reads.
            return self.refuse("NOT_SENT", "this server has no commands: here are /me and /quit, and // says a /")
        return self._say(line, line)

    def _say(self, words: str, line: str) -> list[Effect]:
        if self.outbox.full:
            return self._refuse_more(line)
        size = len(words.encode())
        if size > LONGEST:
            return self.refuse("TEXT_TOO_LONG", f"{size} bytes; at most {LONGEST} are taken")
        for piece in self._dialect.pieces(words):
            self.outbox.add({"type": "say", "text": piece}, line, LOBBY)
        return self.due()

    # What the connection tells.

    def _welcome(self, fields: Fields, _: Entry | None) -> list[Effect]:
        again, self._was_in = self._was_in, True
        self.welcomed = True
        self._may_be_renamed = True
        self.nick = text(fields, "nick")
        self.rooms.replace([{"name": LOBBY, "people": list(self._speakers)}])
        return [self.status("Connected again." if again else f"You are in as {self.nick}. /quit leaves.")]

    def _written(self, _: Fields, entry: Entry | None) -> list[Effect]:
        if entry is not None:
            self._unechoed.append(text(entry.fields, "text").strip())
        return []

    def _text(self, fields: Fields, _: Entry | None) -> list[Effect]:
        said = self._dialect.read(text(fields, "text"), self.nick)
        first, self._may_be_renamed = self._may_be_renamed, False
        if said.nick is None:
            # Our own server's word to whom it gives another name than the one he wanted.
            called = _OTHERWISE_CALLED.match(said.words) if first else None
            self.nick = called[1] if called else self.nick
            return [self._shown(said.shown, Kind.SERVER)] if said.shown else []
        shown = said.shown if self._speech_here is None else self._speech_here.message(said.nick, said.words)
        if said.nick == self.nick:
            return [self._shown(shown, Kind.OWN if self._is_echo(said.words.strip()) else Kind.SAID)]
        self._learn(said.nick)
        return [self._shown(shown, Kind.SAID, wording.mentions(said.words, self.nick))]

    def _is_echo(self, words: str) -> bool:
        """Whether it was us who said that: an original server lets several people have one name."""
        if words in self._unechoed:
            while self._unechoed.popleft() != words:
                pass
            return True
        # Our own server writes in ASCII what else kills the tutorial's client, and leaves no second ~ to the window's.
        if self._unechoed and (not self._unechoed[0].isascii() or "~" in self._unechoed[0]):
            self._unechoed.popleft()
            return True
        return False

    def _learn(self, nick: str) -> None:
        if " " in nick or len(nick) > 64:
            return
        self._speakers.pop(nick, None)
        self._speakers[nick] = None
        if len(self._speakers) > _REMEMBERED:
            del self._speakers[next(iter(self._speakers))]
        self.rooms.listed(LOBBY, self._speakers)
