"""Who comes in: under which name, into which rooms, and as whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from twisted_chat.boundaries import Account, Recipient
from twisted_chat.core import moderating, rights
from twisted_chat.core.bans import Subject
from twisted_chat.core.charters import Ban
from twisted_chat.core.errors import (
    Banned,
    ChatError,
    InviteOnly,
    NeedKey,
    NotAllowed,
    Replaced,
    RoomFull,
    TooManyRooms,
    TooManySessions,
)
from twisted_chat.core.making import Maker
from twisted_chat.core.names import Name
from twisted_chat.core.people import Person
from twisted_chat.core.rights import Case, Doer, Rank, Verb
from twisted_chat.core.rooms import Room
from twisted_chat.core.text import because
from twisted_chat.core.told import Notice

if TYPE_CHECKING:
    from twisted_chat.core.chat import Chat
    from twisted_chat.core.session import Session

MAX_SESSIONS = 20
"""Of one account at the same time."""

SILENT = 90.0
"""Seconds without anything from its client after which a session gives way to a new one that has no place."""


def check_brake(chat: Chat, name: Name, person_id: str | None, account: Account | None) -> None:
    """Raise `NotAllowed` where the brake keeps this person out; who is here is here."""
    if person_id is None or person_id not in chat.persons:
        if account is None and chat.accounts.named(name.text) is not None:
            return  # it is refused as taken, and may prove that it is its own
        chat.helm.check_entry(account)


def newcomer(chat: Chat, person_id: str | None, account: Account | None, name: Name, network: str) -> Doer:
    """Who comes in, before the table of rights."""
    person = chat.persons.get(person_id) if person_id else None
    networks = (*(rights.networks_of(person) if person is not None else ()), *((network,) if network else ()))
    subject = Subject(name.key, account.key if account else "", networks)
    return Doer(person_id or "", lambda: subject, account, False, person.wanted if person is not None else {})


def barred(chat: Chat, doer: Doer) -> dict[Room, Ban]:
    """The rooms that he is in already, and that do not want who comes from where he comes from now.

    A ban of a network is one of a whole person, as a right is: else who is banned would come in beside a session of his
    from elsewhere.
    """
    person = chat.persons.get(doer.person)
    if person is None:
        return {}
    found: dict[Room, Ban] = {}
    subject = replace(doer.subject(), nick=person.next_name.key)  # which he keeps where another one is banned
    for room in doer.present:
        ban = room.charter.ban_on(subject, chat.now()) if room.charter.bans else None
        if ban is not None and rights.rank_of(person, room) < Rank.OPERATOR:
            found[room] = ban
    return found


def put_out(chat: Chat, person: Person, barred: Mapping[Room, Ban]) -> None:
    for room, ban in barred.items():
        moderating.expel(chat, person, room, ban.by, f"banned by {ban.by}{because(ban.why)}")


def places_of(
    chat: Chat, names: Iterable[str], doer: Doer, maker: Maker, came_in: bool, barred: Mapping[Room, Ban]
) -> tuple[list[Room], list[ChatError]]:
    """The rooms to be in at once, made where they are not there yet; and why it can't be in others."""
    wanted = {name.key: name for name in map(chat.room_name, names)}
    if len(wanted) > chat.limits.rooms_of_one:
        raise TooManyRooms("a person may be in", chat.limits.rooms_of_one)
    places: list[Room] = []
    refused: list[ChatError] = []
    for name in wanted.values():
        try:
            room = chat.room_or_new(name, maker)
            if room in barred:
                raise rights.banned(room, barred[room])
            if room not in doer.present:
                rights.check(Verb.JOIN, Case(chat, room, doer, came_in=came_in))
        except (Banned, NeedKey, InviteOnly, RoomFull, TooManyRooms) as error:
            refused.append(error)
        except ChatError:
            for made in places:
                chat.unmake(made, maker)
            raise
        else:
            places.append(room)
    if not places:
        raise refused[0]
    refused += [rights.banned(room, ban) for room, ban in barred.items() if room.key not in wanted]
    return places, refused


def say_guest(session: Session) -> None:
    """Tell a guest that he is one: others may vouch for his name, and till he has said its password nobody knows."""
    nick = session.person.next_name.text
    told = Notice(f"You are a guest; if {nick} has a password here, /login {nick} PASSWORD proves that it is yours")
    session.aside(lambda: session.feed.tell(told))


def gives_way(person: Person, replaced: str = "") -> Session | None:
    """Which of an account's sessions ends for a new one that takes no other's place; None: it has a place.

    Raises `TooManySessions` where all of them were heard a moment ago.
    """
    living = [each for each in person.living if each.id != replaced]
    if len(living) < MAX_SESSIONS:
        return None
    silent = min(living, key=lambda each: each.heard_at)
    if silent.chat.clock.seconds() - silent.heard_at < SILENT:
        raise TooManySessions(MAX_SESSIONS)
    return silent


def session_of(
    chat: Chat,
    person_id: str | None,
    account: Account | None,
    name: Name,
    recipient: Recipient,
    places: list[Room],
    replaced: str,
) -> Session:
    """A session of the person with this id if it is still here, else of a new one under `name`.

    It is called `name` then, too, unless a ban or the brake keeps it from changing its nickname. `replaced`: the id of
    the session whose place it takes.
    """
    from twisted_chat.core.session import Session  # here: a session's commands lead to who comes in

    person = chat.persons.get(person_id) if person_id else None
    if person is not None:
        if len({*person.wanted, *places}) > chat.limits.rooms_of_one:
            raise TooManyRooms("a person may be in", chat.limits.rooms_of_one)
        silent = gives_way(person, replaced) if person.account is not None else None
        session = Session(chat, recipient, person, chat.new_id())
        with suppress(Banned, NotAllowed):
            session.rename(name.text)
        person.leaving = None
        if silent is not None:
            chat.end(silent, Replaced("your account is here too often, and this session was silent for the longest"))
        return session
    person = Person(person_id or chat.new_id(), name, chat.now(), account)
    if account is not None:
        person.due = chat.seq  # what waits for it is seen once it is in
    chat.reserve(name, person)
    chat.persons[person.id] = person
    chat.ignores.named(person, name)
    chat.recall_ignored(person)
    return Session(chat, recipient, person, chat.new_id())
