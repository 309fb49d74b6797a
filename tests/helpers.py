"""Doubles and words for the tests, so that they read like a chat log: ``alice.says("hi"); bob.hears("alice: hi")``."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import LogEvent, formatEvent, globalLogPublisher
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.accounts.directory import Directory
from twisted_chat.accounts.passwords import Hasher
from twisted_chat.accounts.store import MemoryStore, Store
from twisted_chat.boundaries import Origin, Stance
from twisted_chat.core.chat import Chat
from twisted_chat.core.events import Event
from twisted_chat.core.session import Session
from twisted_chat.core.told import Told
from twisted_chat.frontends.admission import Admission
from twisted_chat.frontends.line.factory import LineFactory
from twisted_chat.frontends.line.protocol import LineProtocol
from twisted_chat.frontends.throttle import Rate
from twisted_chat.journal.memory import MemoryJournal
from twisted_chat.keeping.memory import MemoryKeepers

NOON = 1_795_003_200_000
"""2026-11-18 12:00 UTC in milliseconds: the time of day at which tests begin."""


def log_lines(case: SynchronousTestCase) -> list[str]:
    """What is put into the server's log from now on, a line each."""
    lines: list[str] = []

    def observe(event: LogEvent) -> None:
        lines.append(formatEvent(event))

    globalLogPublisher.addObserver(observe)
    case.addCleanup(globalLogPublisher.removeObserver, observe)
    return lines


class AtOnce:
    """In place of threads: what is to be done is done."""

    def run(self, work: Callable[[], Any]) -> Deferred[Any]:
        return maybeDeferred(work)

    def stop(self) -> None:
        """Nothing runs."""


class Later:
    """In place of threads: work is done when somebody says so."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Any, Deferred[Any]]] = []
        self.stopped = False

    def run(self, work: Any) -> Deferred[Any]:
        done: Deferred[Any] = Deferred()
        self.waiting.append((work, done))
        return done

    def works(self) -> None:
        work, done = self.waiting.pop(0)
        done.callback(work())

    def stop(self) -> None:
        self.stopped = True


def make_accounts(
    clock: Clock, store: Store | None = None, checkers: Sequence[Any] = (), threads: Any = None
) -> Directory:
    ids = count(1)
    return Directory(
        store or MemoryStore(),
        Hasher(threads or AtOnce()),
        clock,
        utc_ms=lambda: NOON,
        new_id=lambda: f"account {next(ids)}",
        checkers=checkers,
    )


def make_chat(clock: Clock, journal: Any = None, accounts: Any = None, keepers: Any = None, **options: Any) -> Chat:
    """A chat whose time of day follows `clock` from `NOON` on, and whose ids are 1, 2, 3 ..."""
    ids = count(1)
    chat = Chat(
        journal or MemoryJournal(1000, log_id="7f3a", key=b"k" * 32),
        accounts or make_accounts(clock),
        clock,
        keepers=keepers or MemoryKeepers(),
        utc_ms=lambda: NOON + int(clock.seconds() * 1000),
        new_id=lambda: str(next(ids)),
        **options,
    )
    chat.open()
    return chat


# the core alone: nothing here is bytes


class TupleView:
    """Renders to (item, stance, name of the view) tuples in lists: the core can't know that from bytes."""

    def __init__(self, name: str) -> None:
        self.name = name

    def render(self, item: Event | Told, stance: Stance) -> list[Any]:
        return [(item, stance, self.name)]

    def join(self, pieces: Sequence[list[Any]]) -> list[Any]:
        return [each for piece in pieces for each in piece]


HERE, THERE = TupleView("here"), TupleView("there")


class Listener:
    """A Recipient that keeps what it is given in `heard`, and refuses live events while `full`."""

    def __init__(self, *, patience: int | None = None, lists_people: bool = False, shows_history: bool = False) -> None:
        self.patience = patience
        self.lists_people = lists_people
        self.shows_history = shows_history
        self.backlog = 0
        self.arrived = True
        self.full = False
        self.paused = 0
        self.charged = 0
        self.closed = False
        self.origin = Origin("", secure=True)
        self.session: Any = None
        self.can_be_asked = False
        self.asked: Callable[[str], None] | None = None
        self.heard: list[Any] = []

    def view(self, current: bool) -> TupleView:
        return HERE if current else THERE

    def take(self, rendered: list[Any]) -> bool:
        if self.full:
            return False
        self.heard += rendered
        return True

    def answer(self, rendered: list[Any]) -> None:
        self.heard += rendered

    def pause(self) -> None:
        self.paused += 1

    def resume(self) -> None:
        self.paused -= 1

    def charge(self, lines: int) -> None:
        self.charged += lines

    def ask(self, answered: Callable[[str], None]) -> bool:
        if self.can_be_asked:
            self.asked = answered
        return self.can_be_asked

    def became(self, session: Session) -> None:
        self.session = session

    def close(self) -> None:
        self.closed = True

    def events(self) -> list[Event]:
        return [item for item, _stance, _view in self.heard if isinstance(item, Event)]

    def told(self, kind: type) -> list[Any]:
        return [item for item, _stance, _view in self.heard if isinstance(item, kind)]

    def texts(self) -> list[str | None]:
        """What was said to it, without comings and goings."""
        return [event.text for event in self.events() if event.seq]

    def forget(self) -> None:
        self.heard.clear()


class CoreCase(SynchronousTestCase):
    """A chat without doors."""

    options: dict[str, Any] = {}

    def setUp(self) -> None:
        self.clock = Clock()
        self.chat = make_chat(self.clock, **self.options)

    def turn(self) -> None:
        """One turn of the reactor: what was posted is delivered."""
        self.clock.advance(0)

    def enter(self, nick: str, listener: Listener | None = None, **more: Any) -> tuple[Session, Listener]:
        listener = listener or Listener()
        session = self.chat.enter(listener, nick, **more)
        self.turn()
        return session, listener


# the line door


class Peer:
    """Somebody at the other end of a connection to the line port."""

    def __init__(self, case: LineCase, protocol: LineProtocol, transport: StringTransport) -> None:
        self._case = case
        self.protocol = protocol
        self.transport = transport

    def sends(self, data: bytes) -> None:
        """Bytes, as they are; then the reactor has its turns."""
        self.protocol.dataReceived(data)
        self._case.turn()

    def says(self, *lines: str) -> None:
        self.sends("".join(f"{line}\r\n" for line in lines).encode())

    def says_object(self, **fields: object) -> None:
        self.says(json.dumps(fields))

    def takes(self) -> list[str]:
        """The lines that came since the last look."""
        data = self.transport.value()
        self.transport.clear()
        if data and not data.endswith(b"\r\n"):
            self._case.fail(f"half a line was sent: {data!r}")
        return data.decode().split("\r\n")[:-1]

    def hears(self, *lines: str) -> None:
        """Exactly these lines came since the last look."""
        self._case.assertEqual(self.takes(), list(lines))

    def takes_objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.takes()]

    def is_cut(self) -> None:
        self.protocol.connectionLost(Failure(ConnectionLost()))
        self._case.turn()

    def hangs_up(self) -> None:
        self.protocol.connectionLost(Failure(ConnectionDone()))
        self._case.turn()

    @property
    def is_closed(self) -> bool:
        return self.transport.disconnecting or self.transport.disconnected


class LineCase(SynchronousTestCase):
    """A chat with a line door, over StringTransports."""

    rate: Rate | None = None
    password: str | None = None
    in_all = 1_000
    per_address: int | None = None
    options: dict[str, Any] = {}

    def setUp(self) -> None:
        self.clock = Clock()
        self.chat = make_chat(self.clock, **self.options)
        self.factory = LineFactory(
            self.chat,
            self.clock,
            Admission(self.in_all, self.per_address),
            rate=self.rate,
            password=self.password,
        )

    def turn(self) -> None:
        """Turns of the reactor, until nothing is due at once."""
        for _turn in range(5):
            self.clock.advance(0)

    def connect(self, host: str = "127.0.0.1") -> Peer:
        address = IPv4Address("TCP", host, 40000)
        protocol = self.factory.buildProtocol(address)
        transport = StringTransport(peerAddress=address)
        protocol.makeConnection(transport)
        return Peer(self, protocol, transport)

    def person(self, nick: str) -> Peer:
        """Somebody who is in already, and has read the greeting."""
        peer = self.connect()
        peer.says(nick)
        peer.takes()
        return peer

    def program(self, nick: str, **more: object) -> Peer:
        """The same in the JSON dialect."""
        peer = self.connect()
        peer.says_object(type="hello", nick=nick, **more)
        peer.takes()
        return peer
