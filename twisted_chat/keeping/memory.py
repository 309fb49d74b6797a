"""Charters, bans from the server and audit logs in memory: as long as the log lives that is there, too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from twisted.internet.defer import Deferred, succeed

from twisted_chat.boundaries import Keepers
from twisted_chat.core.charters import Action, Ban, Charter, Kept, has_ended

MAX_ACTIONS = 1_000
"""Actions kept of one room, the newest: in every keeping."""


class MemoryKeepers:
    def __init__(self) -> None:
        self._charters: dict[str, Charter] = {}
        self._actions: dict[str, list[Action]] = {}
        self._dropped: set[str] = set()
        self._bans: dict[str, Ban] = {}
        self._last = 0

    def open(self) -> Kept:
        return Kept(tuple(self._charters.values()), frozenset(self._dropped), self._last, tuple(self._bans.values()))

    def write(self, charter: Charter, action: Action, undoes: int = 0) -> Deferred[None]:
        self._charters[charter.room] = charter
        if charter.is_blank:
            del self._charters[charter.room]
        self._put_down(action, undoes)
        return succeed(None)

    def write_act(self, action: Action, undoes: int = 0) -> Deferred[None]:
        change = action.change
        if change is not None and change.key[0] == "ban":
            self._bans.pop(change.key[1], None)
            if isinstance(change.after, Ban):
                self._bans[change.key[1]] = change.after
        self._bans = {network: ban for network, ban in self._bans.items() if not has_ended(ban, action.time)}
        self._put_down(action, undoes)
        return succeed(None)

    def _put_down(self, action: Action, undoes: int) -> None:
        actions = self._actions.setdefault(action.room, [])
        actions[:] = [replace(each, undone=action.number) if each.number == undoes else each for each in actions]
        actions.append(action)
        del actions[:-MAX_ACTIONS]
        self._last = max(self._last, action.number)

    def drop(self, room: str) -> Deferred[None]:
        self._charters.pop(room, None)
        self._actions.pop(room, None)
        self._dropped.add(room)
        return succeed(None)

    def actions(self, room: str, limit: int) -> Deferred[Sequence[Action]]:
        return succeed(self._actions.get(room, [])[: -limit - 1 : -1])


_check: type[Keepers] = MemoryKeepers
