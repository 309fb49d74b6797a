"""Names that somebody has to give up: an account's own, which another one bore before there was the account."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from twisted_chat.core.errors import ABOUT_NICKS, NickInUse
from twisted_chat.core.events import Event, Kind
from twisted_chat.core.moderating import notify
from twisted_chat.core.names import Name, parse_nick, similar

if TYPE_CHECKING:
    from twisted_chat.core.chat import Chat
    from twisted_chat.core.people import Person


def make_way(chat: Chat, name: Name, owner: Person) -> None:
    """Have others bear what is not, and does not look like, `name`, which is the `owner`'s account's.

    An account of `--auth` is made when its owner first logs in, and until then its name is free to be taken. Whose name
    is his own, too, keeps it, whatever it looks like.
    """
    for key, bearer in chat.names.in_the_way(name, owner).items():
        account = chat.accounts.named(key) or chat.accounts.like(key)  # which knows those that are just being made
        if account is not None and account.id == bearer.id:
            continue
        if bearer.next_name.key == key and bearer.leaving is None:
            _rename(chat, bearer, name.text)
        chat.names.release(key, bearer)


def _rename(chat: Chat, person: Person, name: str) -> None:
    before = person.next_name.text
    person.next_name = new = _other_name(chat, person)
    chat.ignores.named(person, new)
    origin = person.living[0]
    chat.post(Event(Kind.RENAMED, person.id, before, chat.now(), text=new.text, origin=origin))
    notify(person, f"{name} is registered, and its owner has come; you are {new.text} now")


def _other_name(chat: Chat, person: Person) -> Name:
    """What is most like his present one, as for who can't choose; held for him. Raises `NickInUse`."""
    before = person.next_name.text
    for each in similar(before):
        with suppress(*ABOUT_NICKS):
            new = parse_nick(each)
            chat.reserve(new, person)
            return new
    raise NickInUse(before)
