"""Clients that write down all that they say and are shown, so that it can be held against the log afterwards.

They outlive their connections: what one of them was shown before a crash and after it is one story.
"""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass, field
from typing import Any

from twisted.internet.endpoints import HostnameEndpoint, connectProtocol
from twisted.internet.error import ConnectError
from twisted.internet.interfaces import IDelayedCall
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure

from tests.processes.server import reactor

ROOM = "#lobby"
UNCONFIRMED = 3
"""Words that a program has on the way at once."""

Shown = tuple[int, str, str]
"""What one is shown of an event of the log: number, nickname, text."""


class _Line(LineReceiver):
    """One connection of a client's."""

    MAX_LENGTH = 1 << 20

    def __init__(self, client: Client) -> None:
        self.client = client

    def lineReceived(self, line: bytes) -> None:
        self.client.heard(line.decode())

    def connectionLost(self, reason: Failure | None = None) -> None:
        self.client.lost(self)


class Client:
    """What both kinds share: one connection at a time, and a word every now and then, as long as it is `talking`."""

    def __init__(self, nick: str, seed: object, *, pause: tuple[float, float] = (0.05, 0.4)) -> None:
        self.nick = nick
        self.talking = True
        self.said: list[str] = []
        """Every text, in the order in which it was first said."""
        self.troubles: list[str] = []
        """Whatever should not have come."""
        self._random = random.Random(f"{seed} {nick}")
        self._pause = pause
        self._line: _Line | None = None
        self._next: IDelayedCall | None = None

    async def connect(self, port: int) -> None:
        """Come in (again). Who can't be reached, because the server is killed just now, tries no further."""
        try:
            await connectProtocol(HostnameEndpoint(reactor, "127.0.0.1", port), self._new_line())
        except ConnectError:
            self._line = None

    def _new_line(self) -> _Line:
        self._line = _Line(self)
        return self._line

    @property
    def is_gone(self) -> bool:
        return self._line is None

    @property
    def is_in(self) -> bool:
        """Whether it has come in, has been told what it missed, and may speak."""
        return self._next is not None

    def leave(self) -> None:
        if self._line is not None and self._line.transport is not None:
            self._line.transport.abortConnection()

    def lost(self, line: _Line) -> None:
        if line is self._line:
            self._line = None
            self._be_silent()

    def heard(self, line: str) -> None:
        raise NotImplementedError

    def send(self, line: str) -> None:
        assert self._line is not None
        assert self._line.transport is not None
        self._line.transport.write(line.encode() + b"\n")

    def new_text(self) -> str:
        """One that nobody else says, nor this one ever again."""
        text = f"{self.nick} says {len(self.said)} {'.' * self._random.randrange(1, 200)}"
        self.said.append(text)
        return text

    def _talk(self) -> None:
        """Say something in a while."""
        self._next = reactor.callLater(self._random.uniform(*self._pause), self._speak)

    def _speak(self) -> None:
        self._next = None
        if self.talking:
            self.speak()
            self._talk()

    def speak(self) -> None:
        raise NotImplementedError

    def _be_silent(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None


@dataclass
class Life:
    """What a person was shown in one connection, and typed."""

    quoted: list[Shown] = field(default_factory=list)
    shown: list[tuple[str, str]] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)


class Person(Client):
    """Somebody with `nc`: no numbers, no confirmation, nothing is said again."""

    _QUOTED = re.compile(r"\*\*\* #(\d+) \S+ \S+ ([^ :]+): (.*)")
    _SAID = re.compile(r"([^ :*!]+): (.*)")

    def __init__(self, nick: str, seed: object, **more: Any) -> None:
        super().__init__(nick, seed, **more)
        self.lives: list[Life] = []

    @property
    def life(self) -> Life:
        return self.lives[-1]

    def _new_line(self) -> _Line:
        self.lives.append(Life())
        return super()._new_line()

    def heard(self, line: str) -> None:
        if line == "NICK":
            self.send(self.nick)
        elif line.startswith("*** Welcome"):
            self._talk()
        elif quoted := self._QUOTED.fullmatch(line):
            self.life.quoted.append((int(quoted[1]), quoted[2], quoted[3]))
        elif said := self._SAID.fullmatch(line):
            self.life.shown.append((said[1], said[2]))
        elif line.startswith("!!!") or "skipped" in line:
            self.troubles.append(line)

    def speak(self) -> None:
        text = self.new_text()
        self.life.typed.append(text)
        self.send(text)


class Program(Client):
    """A bot: its words have ids, it comes back as the same person, asks for what it missed, and says again what was
    not confirmed. A `hasty` one does so before it has been told what it missed: then the server has to know better.
    """

    def __init__(self, nick: str, seed: object, *, hasty: bool = False, **more: Any) -> None:
        super().__init__(nick, seed, **more)
        self.hasty = hasty
        self.unconfirmed: dict[str, str] = {}
        self.confirmed: dict[str, int] = {}
        """By id the number in the log."""
        self.seen: list[Shown] = []
        self.since: int | None = None
        self.begin = 0
        """The last number before the first event that it must be shown."""
        self.log: str | None = None
        self.again = 0
        """How often it said something again."""
        self.refused: dict[str, str] = {}
        """By id the error code."""
        self._resume: str | None = None
        self._welcome: int | None = None

    def lost(self, line: _Line) -> None:
        if line is self._line:
            self._welcome = None
        super().lost(line)

    def tell(self, **fields: object) -> None:
        self.send(json.dumps(fields))

    def heard(self, line: str) -> None:
        if line == "NICK":
            self._greet()
            return
        told = json.loads(line)
        kind = told["type"]
        if kind == "welcome":
            self._welcomed(told)
        elif kind == "message":
            self._shown(told)
        elif kind == "ping":
            self.tell(type="pong")
        elif kind == "error" and told.get("id") in self.unconfirmed:
            self.refused[told["id"]] = told["code"]
            del self.unconfirmed[told["id"]]
        elif kind in ("error", "skipped"):
            self.troubles.append(line)

    def _greet(self) -> None:
        hello: dict[str, object] = {"type": "hello", "nick": self.nick}
        if self._resume is not None:
            hello |= {"resume": self._resume, "since": self.since, "log": self.log}
        self.tell(**hello)
        if self.hasty and self._resume is not None:
            self._say_again()

    def _welcomed(self, told: dict[str, Any]) -> None:
        if told["log"] != self.log and self.log is not None:
            self.troubles.append(f"the log {self.log} has become {told['log']}")
        if self.since is None:
            self.since = self.begin = told["seq"]
        self.log, self._resume, self._welcome = told["log"], told["resume"], told["seq"]
        self._look_whether_all_is_told()

    def _look_whether_all_is_told(self) -> None:
        """Whether it has all that it missed: then it can tell what is not in the log."""
        assert self.since is not None
        if self._welcome is not None and self.since >= self._welcome:
            self._welcome = None
            if not self.hasty:
                self._say_again()
            self._talk()

    def _say_again(self) -> None:
        for mark, text in self.unconfirmed.items():
            self.again += 1
            self._say(mark, text)

    def _say(self, mark: str, text: str) -> None:
        self.tell(type="say", room=ROOM, text=text, id=mark)

    def _shown(self, told: dict[str, Any]) -> None:
        seq, mark = told["seq"], told.get("id")
        assert self.since is not None
        if self.hasty and seq <= self.since and self.confirmed.get(mark, seq) == seq and mark is not None:
            pass  # what it said again, and had been told in the meantime
        elif seq <= self.since:
            self.troubles.append(f"#{seq} came after #{self.since}: {told}")
        else:
            self.since = seq
            self.seen.append((seq, told["nick"], told["text"]))
        if mark is not None:
            self.unconfirmed.pop(mark, None)
            self.confirmed[mark] = seq
        self._look_whether_all_is_told()

    def speak(self) -> None:
        if len(self.unconfirmed) < UNCONFIRMED:
            self.say(self.new_text())

    def say(self, text: str) -> str:
        """Say it, with an id of its own, which is returned."""
        mark = f"{self.nick}-{len(self.unconfirmed) + len(self.confirmed) + len(self.refused)}"
        self.unconfirmed[mark] = text
        self._say(mark, text)
        return mark
