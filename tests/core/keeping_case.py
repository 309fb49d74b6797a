"""A room with keepers, for several test modules."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, succeed

from tests.core.doubles import Someone, someone
from tests.helpers import CoreCase
from twisted_chat.boundaries import Origin
from twisted_chat.core.rooms import Room


class NoHash:
    """Passwords at no cost: these tests are not about them."""

    def hash(self, password: str) -> Deferred[str]:
        return succeed(password)

    def verify(self, hashed: str, password: str) -> Deferred[bool]:
        return succeed(hashed == password)

    def check(self) -> None:
        """There is always room."""

    def stop(self) -> None:
        """Nothing runs."""


class KeeperCase(CoreCase):
    """Alice keeps #dev; bob and carol have accounts, eve is a guest; all are in it, and it is their current room."""

    def setUp(self) -> None:
        super().setUp()
        self.chat.accounts._hasher = NoHash()  # type: ignore[attr-defined]
        self.alice, self.bob, self.carol = map(self.registered, ("alice", "bob", "carol"))
        self.alice.types("/create #dev")
        self.eve = someone(self, "eve")
        self.all = (self.alice, self.bob, self.carol, self.eve)
        for each in self.all[1:]:
            each.types("/join #dev")
        self.forget()

    def registered(self, nick: str, **more: Any) -> Someone:
        who = someone(self, nick, **more)
        who.types("/register longenough")
        return who

    def forget(self) -> None:
        for each in self.all:
            each.takes()

    @property
    def dev(self) -> Room:
        return self.chat.rooms["#dev"]

    def does(self, *lines: str, who: Someone | None = None) -> list[str]:
        """What is typed, by alice, and what she hears of it."""
        who = who or self.alice
        who.takes()
        who.types(*lines)
        return who.takes()

    def members(self, room: str = "#dev") -> set[str]:
        return {person.nick for person in self.chat.rooms[room].members}

    def again(self, who: Someone, **more: Any) -> Someone:
        """Another session of an account."""
        return someone(self, who.session.person.nick, account=who.session.person.account, **more)

    def from_network(self, nick: str, network: str) -> Someone:
        who = someone(self, nick)
        who.listener.origin = Origin(network, secure=True)
        return who
