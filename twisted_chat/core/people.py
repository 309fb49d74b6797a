"""Persons, their names, and whom they don't want to hear."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from twisted_chat.core.errors import NickConfusable, NickInUse, NotAllowed
from twisted_chat.core.lookalikes import Looks
from twisted_chat.core.names import Name, fold
from twisted_chat.core.prices import Repeats

if TYPE_CHECKING:
    from twisted_chat.boundaries import Account
    from twisted_chat.core.rooms import Room
    from twisted_chat.core.session import Session

MAX_IGNORED = 100


class Person:
    """Somebody who is here: a guest, or with an `account` that it shares its id with. Its sessions speak for it.

    `nick` and `rooms` are what the log says; `next_name` and `wanted` are what the person asked for and what it sees of
    itself at once.
    """

    __slots__ = (
        "account", "away", "came", "client", "directs", "due", "had", "id", "ignored", "leaving", "name", "next_name",
        "repeats", "rooms", "served", "sessions", "since", "waited", "wanted",
    )  # fmt: skip

    def __init__(self, person_id: str, name: Name, since: int, account: Account | None = None) -> None:
        self.id = person_id
        self.account = account
        self.name = name
        self.next_name = name
        self.rooms: dict[Room, int] = {}  # each with the log's last number when it came in
        self.wanted: dict[Room, None] = {}
        self.sessions: dict[Session, None] = {}
        self.away: str | None = None
        self.client = ""
        self.since = since  # UTC, ms
        self.directs = 0  # direct messages to or from this person, delivered so far
        self.came = 0  # the log's number when those that waited were last begun to be shown
        self.due = 0  # the number of the last one to it that it may not have had
        self.had = 0  # up to which number it certainly has had them
        self.waited = 0  # how many were shown to it that came before it did
        self.served: dict[str, int] = {}  # rooms by id that the log served to it, each with the number after which
        self.leaving: Session | None = None  # the last session, once it is over: the person leaves with it
        self.ignored: dict[str, Name] = {}
        self.repeats = Repeats()

    @property
    def nick(self) -> str:
        return self.name.text

    @property
    def living(self) -> list[Session]:
        """Its sessions that are not over."""
        return [each for each in self.sessions if not each.over]

    def goes_from(self, room: Room) -> None:
        """It is not to be in `room` any more: none of its sessions speaks there from now on."""
        self.wanted.pop(room, None)
        for session in self.sessions:
            session.gone_from(room)


class Names:
    """Who holds which name. A name is held from the moment it is asked for, so nobody gets it in between."""

    def __init__(self) -> None:
        self._holders: dict[str, Person] = {}
        self._looks = Looks()

    def reserve(self, name: Name, person: Person) -> None:
        """Raises `NickInUse`, or `NickConfusable` where somebody else's name looks the same."""
        if self._holders.get(name.key, person) is not person:
            raise NickInUse(name.text)
        for key in self._looks.like(name.text):
            if (other := self._holders[key]) is not person:
                raise NickConfusable(name.text, other.next_name.text)
        self._holders[name.key] = person
        self._looks.add(name.key, name.text)

    def release(self, key: str, person: Person) -> None:
        if self._holders.get(key) is person:
            del self._holders[key]
            self._looks.discard(key)

    def in_the_way(self, name: Name, person: Person) -> dict[str, Person]:
        """Who else holds `name`, or what looks like it: by the keys of what they hold."""
        keys = {name.key, *self._looks.like(name.text)}
        holders = {key: self._holders[key] for key in keys if key in self._holders}
        return {key: holder for key, holder in holders.items() if holder is not person}

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
        self._by_person: dict[str, dict[Person, set[str]]] = {}  # ignored, ignorer, by which names

    def ignore(self, who: Person, name: Name, bearer: Person | None) -> None:
        """Raises `NotAllowed` when the list is full."""
        if len(who.ignored) >= MAX_IGNORED and name.key not in who.ignored:
            raise NotAllowed(f"you ignore {MAX_IGNORED} people already")
        who.ignored[name.key] = name
        self._by_key.setdefault(name.key, set()).add(who)
        if bearer is not None:
            self._ignores(who, bearer, name)

    def unignore(self, who: Person, name: Name, bearer: Person | None) -> bool:
        """Hear whoever was ignored by `name`, and its `bearer`; false if nobody was."""
        keys = set(self._by_person.get(bearer.id, {}).get(who, ())) if bearer is not None else set()
        if name.key in who.ignored:
            keys.add(name.key)
        for key in keys:
            del who.ignored[key]
            self._forget_name(key, who)
        for person_id, ignorers in tuple(self._by_person.items()):
            if who in ignorers:
                ignorers[who] -= keys
                if not ignorers[who]:
                    self._forget(person_id, who)
        return bool(keys)

    def named(self, person: Person, name: Name) -> None:
        """`person` bears `name` from now on."""
        for who in self._by_key.get(name.key, ()):
            if who is not person:
                self._ignores(who, person, name)

    def gone(self, person: Person) -> None:
        """`person` is no longer here: neither what it ignored nor who ignored it is needed any more."""
        self._by_person.pop(person.id, None)
        for key in person.ignored:
            self._forget_name(key, person)
        for person_id, ignorers in tuple(self._by_person.items()):
            if person in ignorers:
                self._forget(person_id, person)

    def of(self, person_id: str) -> Collection[Person]:
        """Those who don't want to hear the person with this id."""
        return self._by_person.get(person_id, ())

    def _ignores(self, who: Person, bearer: Person, name: Name) -> None:
        self._by_person.setdefault(bearer.id, {}).setdefault(who, set()).add(name.key)

    def _forget(self, person_id: str, who: Person) -> None:
        del self._by_person[person_id][who]
        if not self._by_person[person_id]:
            del self._by_person[person_id]

    def _forget_name(self, key: str, who: Person) -> None:
        self._by_key[key].remove(who)
        if not self._by_key[key]:
            del self._by_key[key]
