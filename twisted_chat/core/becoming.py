"""Sessions on their way from one person to another: in between they are nobody, and can be thrown out all the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from twisted_chat.core.errors import ChatError, NoSuchNick
from twisted_chat.core.names import fold
from twisted_chat.core.rights import Rank, rank_in, rank_of

if TYPE_CHECKING:
    from twisted_chat.boundaries import Account
    from twisted_chat.core.chat import Chat
    from twisted_chat.core.people import Person
    from twisted_chat.core.rooms import Room
    from twisted_chat.core.session import Session


class Becoming:
    """`session` goes on as the person of `account`, or as a guest, in these `rooms` (their names).

    What is done to it meanwhile waits in `error`, which ends it instead, and in `kicks`: rooms, each with who did it
    and the reason.
    """

    __slots__ = ("_keys", "account", "error", "kicks", "rooms", "session")

    def __init__(self, session: Session, account: Account | None, rooms: list[str]) -> None:
        person = session.person
        self.session = session
        self.account = account
        self.rooms = rooms
        self.error: ChatError | None = None
        self.kicks: dict[Room, tuple[str, str]] = {}
        self._keys = {person.name.key, person.next_name.key}
        if account is not None:
            self._keys.add(account.key)

    @property
    def id(self) -> str:
        """The person's who it becomes; of a guest to be, the one's who it was."""
        return self.account.id if self.account is not None else self.session.person.id

    @property
    def name(self) -> str:
        return self.account.name if self.account is not None else self.session.person.next_name.text

    def is_called(self, key: str) -> bool:
        """By the name that it had, or has from now on: which of them somebody saw is a matter of a moment."""
        return key in self._keys

    def goes_to(self, room: Room) -> bool:
        return room.name in self.rooms and room not in self.kicks

    def rank(self, room: Room) -> Rank:
        person = self.session.chat.persons.get(self.id)
        return rank_of(person, room) if person is not None else rank_in(room, self.account, False)


def coming_as(chat: Chat, account: Account) -> list[Becoming]:
    """Those that are just becoming who has this account."""
    return [each for each in chat.becoming.values() if each.account is not None and each.account.id == account.id]


def throw_out(
    chat: Chat, sessions: Sequence[Session], coming: Sequence[Becoming], error: ChatError, reason: str
) -> int:
    """End them, each told by `error`; the others are told the `reason`. How many there were."""
    for session in sessions:
        session.fail(error)
        chat.leave(session, reason, close=True)
    for each in coming:
        each.error = error
    return len(sessions) + len(coming)


def called(chat: Chat, nick: str) -> tuple[Person | None, list[Becoming]]:
    """Whoever is called `nick`, with the sessions that are just becoming that person, or were. Raises `NoSuchNick`.

    Where nobody is, somebody may just have been, or be about to be: then it is who that one becomes; None: nobody is
    that one yet.
    """
    coming = chat.becoming.values()
    person: Person | None
    try:
        person = chat.person_called(nick)
    except NoSuchNick:
        key = fold(nick.strip())
        found = [each for each in coming if each.is_called(key)]
        if not found:
            raise
        person = chat.persons.get(found[0].id)
        if person is None or person.leaving is not None:
            return None, found
    return person, [each for each in coming if each.id == person.id]
