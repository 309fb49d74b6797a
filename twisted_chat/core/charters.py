"""What a room has written down: who keeps it, its rules, whom it does not want. Values; a change makes a new one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import IntEnum

from twisted_chat.core.bans import Matcher, Subject


class Role(IntEnum):
    """What an account is in a room, by growing rights. The numbers stand in the database."""

    INVITED = 0
    VOICE = 1
    OPERATOR = 2


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings of a room. `slow`: seconds between two messages of one person; `limit`: people; 0 is none.

    `history`: whether who comes may read what was said before.
    """

    key: str = ""
    invite_only: bool = False
    moderated: bool = False
    secret: bool = False
    slow: int = 0
    limit: int = 0
    history: bool = True


@dataclass(frozen=True, slots=True)
class Holder:
    """An account (its id, its name) with a role."""

    account: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Rule:
    """One setting that differs from the default; `name` is a field of `Rules`."""

    name: str
    value: str | int | bool


@dataclass(frozen=True, slots=True)
class Ban:
    """Whoever fits `pattern` (core/bans.py) is not wanted until `until`, UTC in ms; 0: for good. `by` is a nickname."""

    pattern: str
    by: str
    why: str
    since: int
    until: int = 0


@dataclass(frozen=True, slots=True)
class Hush:
    """The person with this id may read and not talk, until `until`. `nick` is as it was then."""

    person: str
    nick: str
    by: str
    why: str
    since: int
    until: int = 0


@dataclass(frozen=True, slots=True)
class Topic:
    """A room's topic: no part of the charter (the log has it), but of what can be undone."""

    text: str


@dataclass(frozen=True, slots=True)
class Level:
    """A position of the server's emergency brake: no part of any charter either."""

    position: int


Part = Holder | Rule | Ban | Hush
"""What a charter is made of, besides its founder."""

Piece = Part | Topic | Level

Key = tuple[str, str]
"""Which piece it is: its kind, and whom or what it is about. A charter has one of each."""

KINDS: dict[str, type[Piece]] = {"holder": Holder, "rule": Rule, "ban": Ban, "hush": Hush, "topic": Topic,
                                "brake": Level}  # fmt: skip
_NAMES = {kind: name for name, kind in KINDS.items()}


def key_of(piece: Piece) -> Key:
    about = "" if isinstance(piece, Topic | Level) else str(getattr(piece, fields(piece)[0].name))
    return _NAMES[type(piece)], about


@dataclass(frozen=True, slots=True)
class Change:
    """One piece before and after; None: there was none, there is none."""

    before: Piece | None
    after: Piece | None

    @property
    def key(self) -> Key:
        piece = self.after if self.after is not None else self.before
        assert piece is not None
        return key_of(piece)

    def reversed(self) -> Change:
        return Change(self.after, self.before)


SERVER = ""
"""No room's id: the whole server, in what is put down of its operators' acts."""


@dataclass(frozen=True, slots=True)
class Action:
    """What somebody did as a keeper of a room: a line of its audit log. `time` is UTC in ms.

    Of the room `SERVER` it is what an operator of the server did.

    `person` and `nick` did it; `whom` is a nickname, a pattern or a setting, and `whom_id` a person's id or nothing.
    `undone` is the number of the action that took it back; 0 if none did.
    """

    number: int
    room: str
    time: int
    person: str
    nick: str
    verb: str
    whom: str = ""
    whom_id: str = ""
    why: str = ""
    change: Change | None = None
    undone: int = 0


@dataclass(frozen=True, slots=True)
class Charter:
    """What is written down of the room with the id `room`. `founder` is an account's id, empty if nobody registered it.

    Nothing here is ever changed: `after` makes another one.
    """

    room: str
    name: str
    founder: str = ""
    founder_name: str = ""
    created: int = 0
    parts: Mapping[Key, Part] = field(default_factory=dict)
    rules: Rules = field(init=False, compare=False)
    bans: tuple[Ban, ...] = field(init=False, compare=False)
    _matcher: Matcher | None = field(init=False, compare=False, repr=False, default=None)

    def __post_init__(self) -> None:
        known = {each.name: each.value for each in self.parts.values() if isinstance(each, Rule)}
        object.__setattr__(self, "rules", Rules(**known))  # type: ignore[arg-type]
        object.__setattr__(self, "bans", tuple(each for each in self.parts.values() if isinstance(each, Ban)))

    @property
    def is_blank(self) -> bool:
        """Whether it says nothing: a room without it is the same."""
        return not (self.founder or self.parts)

    def holder(self, account: str) -> Holder | None:
        found = self.parts.get(("holder", account))
        return found if isinstance(found, Holder) else None

    def holders(self) -> list[Holder]:
        return [each for each in self.parts.values() if isinstance(each, Holder)]

    def hush(self, person: str, now: int) -> Hush | None:
        """The hush of this person, if it has not ended."""
        found = self.parts.get(("hush", person))
        return found if isinstance(found, Hush) and not has_ended(found, now) else None

    def ban_on(self, subject: Subject, now: int) -> Ban | None:
        """A ban that hits `subject`, the first one."""
        matcher = self._matcher
        if matcher is None:
            matcher = Matcher(ban.pattern for ban in self.bans)
            object.__setattr__(self, "_matcher", matcher)  # found when it is first needed
        hits = (self.bans[place] for place in matcher.hits(subject))
        return next((ban for ban in hits if not has_ended(ban, now)), None)

    def bans_at(self, now: int) -> Iterator[Ban]:
        """Those that have not ended."""
        return (ban for ban in self.bans if not has_ended(ban, now))

    def after(self, change: Change, now: int) -> Charter:
        """This one with `change`, and without what has ended."""
        parts = {key: part for key, part in self.parts.items() if not has_ended(part, now)}
        after = change.after
        if after is None:
            parts.pop(change.key, None)
        elif not isinstance(after, Topic | Level):
            parts[key_of(after)] = after
        return replace(self, parts=parts)


def has_ended(part: Part, now: int) -> bool:
    return isinstance(part, Ban | Hush) and 0 < part.until <= now


@dataclass(frozen=True, slots=True)
class Kept:
    """All that was kept: the charters, the ids of rooms that were dropped, and the last action's number.

    `bans` are those of networks from the whole server; some may have ended.
    """

    charters: tuple[Charter, ...] = ()
    dropped: frozenset[str] = frozenset()
    last: int = 0
    bans: tuple[Ban, ...] = ()
