"""Charters and audit logs in memory: as long as the log lives that is there, too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from twisted.internet.defer import Deferred, succeed

from twisted_chat.boundaries import Keepers
from twisted_chat.core.charters import Action, Charter, Kept

MAX_ACTIONS = 1_000
"""Actions kept of one room, the newest: in every keeping."""


class MemoryKeepers:
    def __init__(self) -> None:
        self._charters: dict[str, Charter] = {}
        self._actions: dict[str, list[Action]] = {}
        self._dropped: set[str] = set()
        self._last = 0

    def open(self) -> Kept:
        return Kept(tuple(self._charters.values()), frozenset(self._dropped), self._last)

    def write(self, charter: Charter, action: Action, undoes: int = 0) -> Deferred[None]:
        self._charters[charter.room] = charter
        if charter.is_blank:
            del self._charters[charter.room]
        actions = self._actions.setdefault(charter.room, [])
        actions[:] = [replace(each, undone=action.number) if each.number == undoes else each for each in actions]
        actions.append(action)
        del actions[:-MAX_ACTIONS]
        self._last = max(self._last, action.number)
        return succeed(None)

    def drop(self, room: str) -> Deferred[None]:
        self._charters.pop(room, None)
        self._actions.pop(room, None)
        self._dropped.add(room)
        return succeed(None)

    def actions(self, room: str, limit: int) -> Deferred[Sequence[Action]]:
        return succeed(self._actions.get(room, [])[: -limit - 1 : -1])


_check: type[Keepers] = MemoryKeepers
