"""What operators of the server do about accounts that are there: another password for one, and the end of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred

from twisted_chat.core import acts
from twisted_chat.core.asking import ask_new
from twisted_chat.core.becoming import coming_as, throw_out
from twisted_chat.core.errors import BadRequest, Killed, NotAllowed
from twisted_chat.core.helm import check_operator
from twisted_chat.core.proving import answer, check_private, prove
from twisted_chat.core.text import shortened

if TYPE_CHECKING:
    from twisted_chat.boundaries import Account
    from twisted_chat.core.chat import Chat
    from twisted_chat.core.session import Session


def reset(session: Session, nick: str, password: str, client_id: str | None) -> None:
    """Give an account another password; whoever is in under it has to prove anew that it is his."""
    check_operator(session)
    chat = session.chat
    check_private(chat, session.recipient.origin)
    account = _account_called(chat, nick)
    if chat.accounts.is_vouched(account):  # with one of ours nobody else would be asked any more
        raise NotAllowed(f"the password of {account.name} is kept elsewhere; it is changed there")
    if not password:
        ask_new(
            session,
            "/reset NAME PASSWORD",
            lambda new: reset(session, nick, new, client_id),
            new=f"a new password for {account.name}",
        )
        return

    def ask() -> Deferred[int]:
        return chat.accounts.set_password(account, password).addCallback(changed)

    def changed(_account: Account) -> int:
        acts.keep(session, "reset", account.name)  # also where this session is over by now
        return end_sessions(chat, account, f": the password of {account.name} was changed", session)

    def told(count: int) -> None:
        if session.person.id == account.id:
            session.tell_secret()
        answer(session, f"{account.name} has another password now; sessions ended: {count}", client_id)

    prove(session, ask, told, client_id)


def unregister(session: Session, nick: str, client_id: str | None) -> None:
    """End an account: its name is free, and nobody can come back as who it was."""
    chat = session.chat
    account = _account_called(chat, nick)
    if account.id == session.person.id:
        raise NotAllowed("that is you; /logout first")

    def ask() -> Deferred[int]:
        return chat.accounts.remove(account).addCallback(removed)

    def removed(_none: None) -> int:
        acts.keep(session, "unregister", account.name)
        return end_sessions(chat, account, f": the account {account.name} has ended")

    def told(count: int) -> None:
        answer(session, f"{account.name} is no account any more; sessions ended: {count}", client_id)

    prove(session, ask, told, client_id)


def end_sessions(chat: Chat, account: Account, reason: str, spared: Session | None = None) -> int:
    """Throw out whoever is this account, or just becoming it; says how many."""
    person = chat.persons.get(account.id)
    ended = [each for each in person.living if each is not spared] if person is not None else []
    return throw_out(chat, ended, coming_as(chat, account), Killed(reason), "killed by an operator")


def _account_called(chat: Chat, nick: str) -> Account:
    account = chat.accounts.named(nick)
    if account is None:
        raise BadRequest(f"there is no account {shortened(nick, 40)}")
    return account
