"""Persons, their names, and whom they don't want to hear."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted_chat.core.errors import NickInUse, NotAllowed
from twisted_chat.core.names import Name, fold

if TYPE_CHECKING:
    from twisted_chat.core.rooms import Room
    from twisted_chat.core.session import Session

MAX_IGNORED = 100


class Person:
    """Somebody who is here: a guest, for now. One or more sessions speak for a person.

    `nick` and `rooms` are what the log says; `next_name` and `wanted` are what the person asked for and what it sees of
    itself at once.
    """

    __slots__ = (
        "away", "client", "directs", "id", "ignored", "leaving", "name", "next_name", "rooms", "sessions", "since",
        "wanted",
    )  # fmt: skip

    def __init__(self, person_id: str, name: Name, since: int) -> None:
        self.id = person_id
        self.name = name
        self.next_name = name
        self.rooms: dict[Room, None] = {}
        self.wanted: dict[Room, None] = {}
        self.sessions: dict[Session, None] = {}
        self.away: str | None = None
        self.client = ""
        self.since = since  # UTC, ms
        self.directs = 0  # direct messages to or from this person, delivered so far
        self.leaving = False
        self.ignored: dict[str, Name] = {}

    @property
    def nick(self) -> str:
        return self.name.text


class Names:
    """Who holds which name. A name is held from the moment it is asked for, so nobody gets it in between."""

    def __init__(self) -> None:
        self._holders: dict[str, Person] = {}

    def reserve(self, name: Name, person: Person) -> None:
        """Raises `NickInUse`. The same person id may take over what an earlier presence of it holds still."""
        holder = self._holders.get(name.key)
        if holder is not None and holder.id != person.id:
            raise NickInUse(name.text)
        self._holders[name.key] = person

    def release(self, name: Name, person: Person) -> None:
        if self._holders.get(name.key) is person:
            del self._holders[name.key]

    def holder(self, nick: str) -> Person | None:
        """Whoever is called `nick`, in whatever case and form it is typed."""
        return self._holders.get(fold(nick.strip()))


class Ignores:
    """Who ignores whom, kept so that delivery finds the ignorers of a speaker in one step.

    To ignore a name is to ignore everybody who bears it while it is ignored, under later names too: else /nick would be
    the way around it.
    """

    def __init__(self) -> None:
        self._by_key: dict[str, set[Person]] = {}
        self._by_person: dict[str, set[Person]] = {}

    def ignore(self, who: Person, name: Name, bearer: Person | None) -> None:
        """Raises `NotAllowed` when the list is full."""
        if len(who.ignored) >= MAX_IGNORED and name.key not in who.ignored:
            raise NotAllowed(f"you ignore {MAX_IGNORED} people already")
        who.ignored[name.key] = name
        self._by_key.setdefault(name.key, set()).add(who)
        if bearer is not None:
            self._by_person.setdefault(bearer.id, set()).add(who)

    def unignore(self, who: Person, name: Name, bearer: Person | None) -> bool:
        """False if nobody of this name was ignored."""
        found = who.ignored.pop(name.key, None) is not None
        _discard(self._by_key, name.key, who)
        if bearer is not None:
            _discard(self._by_person, bearer.id, who)
        return found

    def named(self, person: Person, name: Name) -> None:
        """`person` bears `name` from now on."""
        for who in self._by_key.get(name.key, ()):
            self._by_person.setdefault(person.id, set()).add(who)

    def gone(self, person: Person) -> None:
        """`person` is no longer here: neither what it ignored nor who ignored it is needed any more."""
        for key in person.ignored:
            _discard(self._by_key, key, person)
        self._by_person.pop(person.id, None)
        for ignorers in self._by_person.values():
            ignorers.discard(person)

    def of(self, person_id: str) -> set[Person]:
        """Those who don't want to hear the person with this id."""
        return self._by_person.get(person_id, _NOBODY)


_NOBODY: set[Person] = set()


def _discard(table: dict[str, set[Person]], key: str, who: Person) -> None:
    ignorers = table.get(key)
    if ignorers is not None:
        ignorers.discard(who)
        if not ignorers:
            del table[key]
