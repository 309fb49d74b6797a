"""The seams of the house: what its parts may ask of each other, with no logic of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

from twisted.internet.defer import Deferred

from twisted_chat.core.charters import Action, Charter, Kept
from twisted_chat.core.events import Event, Item, Outcome, Page
from twisted_chat.core.names import Name
from twisted_chat.core.search import Search
from twisted_chat.core.told import Told

if TYPE_CHECKING:
    from twisted_chat.core.errors import ChatError
    from twisted_chat.core.session import Session

Rendered = Any
"""What a view makes and a recipient takes. The core looks at nothing but its truth: false is nothing to send."""


class Stance(Enum):
    """Who looks at an event: somebody else, the session that did it, or the same person's other session."""

    OTHER = "other"
    ORIGIN = "origin"
    SELF = "self"


class View(Protocol):
    """How one kind of recipient sees things. Those who share a view share what is rendered by it."""

    def render(self, item: Event | Told, stance: Stance) -> Rendered: ...

    def join(self, pieces: Sequence[Rendered]) -> Rendered:
        """Several rendered pieces as one, in their order. Pieces of different views of a door may be mixed."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a connection comes from. `network`: what counts as one place, empty for what is not counted apart.

    `secure`: nobody on the way can read along. `address` is for people to read, empty for a UNIX socket.
    """

    network: str = ""
    secure: bool = False
    address: str = ""


class Recipient(Protocol):
    """One connection, as far as the chat is concerned: what a session is told goes here."""

    @property
    def origin(self) -> Origin: ...

    @property
    def patience(self) -> int | None:
        """How many missed events it wants to be served after lagging; None: all that the log has."""

    @property
    def lists_people(self) -> bool:
        """Whether it keeps a list of who is where, and wants it anew after lagging."""

    @property
    def shows_history(self) -> bool:
        """Whether a room's last lines are wanted on joining it, unasked."""

    @property
    def backlog(self) -> int:
        """What it was given and has not got rid of; 0: ready for a page of the log."""

    @property
    def arrived(self) -> bool:
        """Whether all that it was given is at the other end, as far as that can be known; read or not."""

    def view(self, current: bool) -> View:
        """How it sees the room that it is in currently, and the others."""

    def take(self, rendered: Rendered) -> bool:
        """Live events. False: it is full and took nothing; it calls its session's `drained` once it is ready."""

    def answer(self, rendered: Rendered) -> None:
        """What was asked for, and pages of the log: taken whatever else is queued, within a hard bound."""

    def pause(self) -> None:
        """Stop reading: the log does not keep up. Called at most once before `resume`."""

    def resume(self) -> None: ...

    def charge(self, lines: int) -> None:
        """What it asked for last counts for so many lines more, where lines are counted."""

    def ask(self, answered: Callable[[str], None]) -> bool:
        """Its next line is a password: it goes to `answered` and nowhere else, unseen on its screen where that can be.

        The question comes as an answer, after this. False: it can't be asked, and nothing is different.
        """

    def became(self, session: Session) -> None:
        """It speaks for somebody else from now on: what it hears goes to `session`."""

    def close(self) -> None:
        """The session is over: send what is queued, then end."""


class Nameless(Protocol):
    """A connection that has no session yet."""

    @property
    def counted_as(self) -> str:
        """Its network, as in its `Origin`."""

    def turn_away(self, error: ChatError) -> None:
        """Tell it why, and end it."""


@dataclass(frozen=True, slots=True)
class KnownRoom:
    """A room as the log has it: where it was when the service ended."""

    id: str
    name: str
    topic: str


@dataclass(frozen=True, slots=True)
class Unread:
    """What one person has not read of a room, or with an empty `room` of its direct messages.

    `mark`: the number up to which it has read; `count`: what was said to it since by others, at most `MAX_UNREAD`.
    """

    room: str
    mark: int
    count: int


MAX_UNREAD = 1_000
"""Unread lines are counted up to here: beyond it nobody minds the exact figure."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whose name it is. `id` is the person's id, `name` as it is shown, `key` as it is compared."""

    id: str
    name: str
    key: str


class Accounts(Protocol):
    """Who may hold a name: passwords go in, and never come out. What answers later fails with a `ChatError` at most."""

    def open(self) -> None:
        """Begin, after the log was opened."""

    def named(self, nick: str) -> Account | None:
        """Whose this name is, in whatever case and form."""

    def of(self, person: str) -> Account | None:
        """The account of the person with this id."""

    def stamp(self, person: str) -> str:
        """What the resume secrets of the person with this id are bound to; empty for who has no account.

        It is another one after each change of the password, once those from before are `void`, and when the account
        has ended. Where somebody else keeps the password, it is another one after a day without that, too.
        """

    def void(self, account: Account) -> None:
        """No resume secret from before is any good from now on."""

    def is_vouched(self, account: Account) -> bool:
        """Whether somebody else keeps its password."""

    def like(self, nick: str) -> Account | None:
        """Somebody whose name looks like this one, or is it; accounts that are just being made among them."""

    def register(self, person: str, name: Name, password: str) -> Deferred[Account]:
        """Make `name` this person's own. Fails with `NameTaken`, `BadPassword`, `Busy`."""

    def login(self, nick: str, password: str, network: str) -> Deferred[Account]:
        """The account of this name and password. Fails with `BadLogin`, alike and in the same time for every reason.

        `network` is where the try comes from: too many that failed are refused (`Busy`), and so are all where who else
        vouches for names does not answer.
        """

    def set_password(self, account: Account, password: str) -> Deferred[Account]:
        """Fails with `BadPassword`, `Busy`, and with `BadLogin` where the account has ended."""

    def remove(self, account: Account) -> Deferred[None]:
        """End it: its name is free, and its id is nobody's any more. Who is here as it is not told."""

    def close(self) -> None:
        """No password is looked at any more."""


class Operators(Protocol):
    """Who may look after the server."""

    def is_one(self, name: str) -> bool:
        """Whether there is an operator of this name."""

    def prove(self, name: str, password: str, network: str) -> Deferred[str]:
        """The name of the operator with this name and password, in the same time whatever is wrong.

        Fails with `BadLogin`, or `Busy` where too many tries failed that came from `network`.
        """


@dataclass(frozen=True, slots=True)
class Figures:
    """What the process uses: `memory` in bytes (resident), open `descriptors`; None where the system does not tell."""

    memory: int | None
    descriptors: int | None


class Host(Protocol):
    """The process that the chat runs in."""

    def figures(self) -> Figures: ...

    def rehash(self) -> str:
        """Read the configuration and the certificates anew; gives one line that says what came of it.

        Raises `BadRequest` where something is wrong with them, and then nothing has changed.
        """

    def end(self) -> None:
        """End in order, with status 0."""


class Keepers(Protocol):
    """What rooms and the server have written down, and what their keepers did.

    What it fires is kept; it fails with a `ChatError`.
    """

    def open(self) -> Kept:
        """All of it. Asked once, after the log was opened."""

    def write(self, charter: Charter, action: Action, undoes: int = 0) -> Deferred[None]:
        """Keep a charter as it is after `action`, which took back the one with the number `undoes`, if not 0.

        A blank charter is as good as none.
        """

    def write_act(self, action: Action, undoes: int = 0) -> Deferred[None]:
        """Keep what an operator of the server did; where it changed a network's ban, that, too. `undoes` as above."""

    def drop(self, room: str) -> Deferred[None]:
        """Forget the room with this id, and remember that it is gone, whatever the log has of it."""

    def actions(self, room: str, limit: int) -> Deferred[Sequence[Action]]:
        """The newest actions in the room with this id (`SERVER`: of the server's operators), the newest first."""


class JournalUnusable(Exception):
    """The log can't be opened; the text says why in one line."""


Deliver = Callable[[Sequence[Outcome]], None]


class Journal(Protocol):
    """The log. Reads answer by Deferreds, which may have fired already, and fail with a `ChatError` at most.

    Nothing may be asked of it before `open`.
    """

    def open(self) -> None:
        """Begin. Called once, in the process that serves. Raises `JournalUnusable`."""

    @property
    def id(self) -> str:
        """The log's own id; another log, another id."""

    @property
    def key(self) -> bytes:
        """A secret of 32 bytes that lives as long as the log; it signs resume secrets."""

    @property
    def seq(self) -> int:
        """The last number given, 0 for an empty log."""

    @property
    def time(self) -> int:
        """When the last event was that the log had when it was opened, in UTC milliseconds; 0 if there was none."""

    def subscribe(self, deliver: Deliver) -> None:
        """From now on, call `deliver` with each batch in the log's order, in the reactor's thread.

        To be called once, before the first `append`.
        """

    def append(self, batch: Sequence[Item]) -> None:
        """Write what is kept of `batch`; `deliver` gets all of it, in its order, when that is done.

        An event that the journal can't keep comes back as `Refused`, one whose `client_id` its person has used
        before as `Duplicate`. What is not kept comes back in any case. A revision takes effect on its target at once:
        what is read afterwards has the new words, or none; where the target is not there (any more), it is `Refused`.
        """

    def after(self, seq: int, through: int, person: str | None, rooms: Mapping[str, int], limit: int) -> Deferred[Page]:
        """What comes after `seq` up to and with `through`, the oldest `limit` (or less, to keep a page small).

        `rooms` gives for each room's id the number above which it may be read; `person` adds the direct messages
        from and to this person's id.
        """

    def latest(self, room: str, before: int, limit: int, since: int = 0) -> Deferred[Page]:
        """The newest `limit` events of a room's history with a number below `before`, not older than `since` (ms)."""

    def find(self, seq: int) -> Deferred[Event | None]:
        """What was said with this number, as it is now; None where nothing was, or it was deleted."""

    def said(self, person: str, client_id: str) -> Deferred[Event | None]:
        """The event that this person posted with this mark of its own, if it is in the log."""

    def search(self, search: Search, limit: int) -> Deferred[Page]:
        """The newest `limit` events that fit, the newest first."""

    def mark_read(self, person: str, marks: Mapping[str, int]) -> None:
        """This person has read each of these rooms (empty: its direct messages) up to the number given. Kept.

        A mark never goes back. It is no event: whether it could be written is not told.
        """

    def unread(self, person: str, rooms: Mapping[str, int]) -> Deferred[Sequence[Unread]]:
        """What came to these rooms (empty: its direct messages) after the person's marks, through the numbers given.

        A room without a mark is left out; the mark of direct messages is 0 without one: what nobody has read waits.
        """

    def rooms(self) -> Sequence[KnownRoom]:
        """The rooms of which something is in the log, with their last topics. Asked once, at the start."""

    def close(self) -> Deferred[None]:
        """Write what is queued, then let go of everything."""
