"""Which rooms the user is in, and with whom: what completion and the prompt need to know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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

    def __iter__(self) -> Iterator[Room]:
        return iter(self._rooms.values())

    def __contains__(self, name: str) -> bool:
        return name in self._rooms

    def names(self) -> list[str]:
        return list(self._rooms)

    def replace(self, listed: Iterable[Fields]) -> None:
        """Take the list that a welcome brought. A current room that is not in it gives way to the first."""
        self._rooms = {text(room, "name"): Room(text(room, "name"), texts(room, "people")) for room in listed}
        if self.current not in self._rooms:
            self.current = next(iter(self._rooms), LOBBY)

    def enter(self, name: str, people: Iterable[str]) -> None:
        """The user joined: it is the current room now."""
        self._rooms[name] = Room(name, people)
        self.current = name

    def leave(self, name: str) -> None:
        self._rooms.pop(name, None)
        if self.current == name:
            self.current = next(iter(self._rooms), LOBBY)

    def find(self, typed: str) -> str | None:
        """The room that a person means by `typed`, with or without its #, in any case."""
        wanted = typed.removeprefix("#").casefold()
        return next((name for name in self._rooms if name.removeprefix("#").casefold() == wanted), None)

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
