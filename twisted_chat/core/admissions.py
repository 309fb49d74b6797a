"""Who may come back into a room whatever its door asks for now: his line may break, and nobody else knows that."""

from __future__ import annotations

from twisted_chat.core.recent import Recent

MOST = 1_000
"""Of one room, of either kind."""


class Admissions:
    """Ids of persons. A keeper's act gave it to some: an invitation, or the lock that was put on while they were in.

    Others came in by themselves, and find the door once more as they found it then. Whoever has the key can do that as
    a thousand guests, so these give way to each other alone, and those to what keepers do later.
    """

    def __init__(self) -> None:
        self._given: Recent[str, None] = Recent(MOST)
        self._came: Recent[str, None] = Recent(MOST)

    def __contains__(self, person: str) -> bool:
        return person in self._given or person in self._came

    def give(self, person: str) -> None:
        """By a keeper's act. The one to whom it was given longest ago gives way."""
        self._came.pop(person, None)
        self._given.put(person, None)

    def came_in(self, person: str) -> None:
        """By himself. Of those who did, the one who came longest ago gives way."""
        if person not in self._given:
            self._came.put(person, None)

    def take(self, person: str) -> bool:
        """He may not any more; whether a keeper had let him."""
        self._came.pop(person, None)
        was_given = person in self._given
        self._given.pop(person, None)
        return was_given

    def clear(self) -> None:
        """Nobody may."""
        self._given.clear()
        self._came.clear()
