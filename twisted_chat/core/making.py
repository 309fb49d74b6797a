"""How many rooms somebody may make: a room in which something was said stays, so they are a bounded good."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twisted_chat.core.errors import TooManyRooms
from twisted_chat.core.recent import Recent

if TYPE_CHECKING:
    from twisted_chat.boundaries import Account
    from twisted_chat.core.session import Session

HOUR = 3600.0

OF_GUESTS = 10
"""Rooms an hour that the guests of one network make together. A new guest costs nothing, so a limit for each of them
would be none; and behind one address there may be a school."""

OF_AN_ACCOUNT = 20
"""And an account, wherever it comes from."""

MAX_REGISTERED = 20
"""Rooms that one account may have registered at the same time; /drop frees one."""

MAX_MAKERS = 10_000
"""That are remembered."""


@dataclass(frozen=True, slots=True)
class Maker:
    """Who makes a room. Guests of no network (from this machine, say) are not counted, nor are server operators."""

    account: Account | None
    network: str
    is_operator: bool = False

    @classmethod
    def of(cls, session: Session) -> Maker:
        return cls(session.person.account, session.recipient.origin.network, bool(session.operator))


class Making:
    """Who made how many rooms in the last hour.

    No bucket (core/allowance.py): what is promised holds for any hour, and a bucket lets through twice as many in its
    first one.
    """

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._made: Recent[str, deque[float]] = Recent(MAX_MAKERS)

    def made(self, maker: Maker) -> None:
        """Count one more. Raises `TooManyRooms`."""
        key, limit, whose = _key_of(maker), OF_GUESTS, "the guests of one network may make, in an hour,"
        if not key:
            return
        if maker.account is not None:
            limit, whose = OF_AN_ACCOUNT, "an account may make, in an hour,"
        now = self._seconds()
        made = self._made.get(key, deque())
        self._made.put(key, made)
        while made and made[0] + HOUR <= now:
            made.popleft()
        if len(made) >= limit:
            raise TooManyRooms(whose, limit)
        made.append(now)

    def came_to_nothing(self, maker: Maker) -> None:
        """The last one does not count: nobody came into it."""
        made = self._made.get(_key_of(maker))
        if made:
            made.pop()


def _key_of(maker: Maker) -> str:
    """Under which he is counted; nothing where he is not."""
    if maker.is_operator:
        return ""
    if maker.account is not None:
        return f"account {maker.account.id}"
    return f"network {maker.network}" if maker.network else ""
