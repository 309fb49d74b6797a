"""Which rooms the user is in, and with whom: what completion and the prompt need to know."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from unicodedata import normalize

from twisted_chat.client.untrusted import Fields, text, texts

LOBBY = "#lobby"


class Room:
    """One room. `people` are the others, as far as the server named them."""

    def __init__(self, name: str, people: Iterable[str]) -> None:
        self.name = name
        self.people = set(people)
        self.live_from: int | None = None
        """The number of the first event that came live; what the log has before it is history."""


class Rooms:
    """The user's rooms by name, and the current one."""

    def __init__(self) -> None:
        self._rooms: dict[str, Room] = {}
        self.current = LOBBY
        self.lost = ""
        """The room that the user means to talk in, and was not let into, or put out of."""

    @property
    def is_nowhere(self) -> bool:
        """The current room is one that the user is not in: what he types is for no other one."""
        return self.current == self.lost

    @property
    def place(self) -> str:
        """The current room as a prompt tells it."""
        return f"not in {self.current}" if self.is_nowhere else self.current

    def aim(self, name: str) -> None:
        """Talk there, if it can be joined."""
        self.current = self.find(name) or name
        self.lost = ""

    def turn_back(self, name: str) -> None:
        """The room aimed at can't be joined: be again where the user was."""
        self.current = name
        if name not in self._rooms:
            self.lost = name

    def __iter__(self) -> Iterator[Room]:
        return iter(self._rooms.values())

    def __contains__(self, name: str) -> bool:
        return name in self._rooms

    def names(self) -> list[str]:
        return list(self._rooms)

    def replace(self, listed: Iterable[Fields], joining: Container[str] = (), *, seen: bool = False) -> None:
        """Take the list that a welcome brought. A current room that is not in it, nor asked for (`joining`), is lost.

        `seen`: what was seen live of a room is in the same log.
        """
        before = self._rooms if seen else {}
        self._rooms = {text(room, "name"): Room(text(room, "name"), texts(room, "people")) for room in listed}
        for name in before.keys() & self._rooms.keys():
            self._rooms[name].live_from = before[name].live_from
        found = self.find(self.current)
        if found is not None:
            self.current, self.lost = found, ""
        elif self.current not in joining:
            self.lost = self.current

    def enter(self, name: str, people: Iterable[str], *, unasked: bool = False) -> None:
        """The user joined: it is the current room now, unless he did so `unasked`, with another client of his."""
        self._rooms[name] = Room(name, people)
        if not unasked:
            self.current = name
        if self.current == name:
            self.lost = ""

    def leave(self, name: str, *, unasked: bool = False) -> None:
        """The user left a room. If it was the current one, that entered last is, as for the server; or none, if he
        was put out of it `unasked`."""
        self._rooms.pop(name, None)
        if self.current == name and unasked:
            self.lost = name
        elif self.current == name:
            self.current = next(reversed(self._rooms), LOBBY)

    def find(self, typed: str) -> str | None:
        """The room that a person means by `typed`, with or without its #, in any case."""
        wanted = _fold(typed)
        return next((name for name in self._rooms if _fold(name) == wanted), None)

    def joined(self, name: str, nick: str) -> None:
        if name in self._rooms:
            self._rooms[name].people.add(nick)

    def left(self, name: str, nick: str) -> None:
        if name in self._rooms:
            self._rooms[name].people.discard(nick)

    def renamed(self, nick: str, new: str) -> None:
        for room in self:
            if nick in room.people:
                room.people.discard(nick)
                room.people.add(new)

    def listed(self, name: str, people: Iterable[str]) -> None:
        if name in self._rooms:
            self._rooms[name].people = set(people)

    def spoke(self, name: str, seq: int) -> None:
        """A live event came in a room."""
        room = self._rooms.get(name)
        if room is not None and room.live_from is None:
            room.live_from = seq

    def is_history(self, name: str, seq: int) -> bool:
        """Whether event `seq` was before all that was seen live there."""
        room = self._rooms.get(name)
        return room is None or room.live_from is None or seq < room.live_from

    def nicks(self) -> list[str]:
        """Everybody's nickname, those of the current room first."""
        here = self._rooms.get(self.current)
        first = sorted(here.people, key=str.casefold) if here else []
        others = {nick for room in self for nick in room.people}.difference(first)
        return first + sorted(others, key=str.casefold)


def _fold(name: str) -> str:
    return normalize("NFKC", name).removeprefix("#").casefold()
