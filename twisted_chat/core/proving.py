"""Who somebody is: making an account, proving that one has it, and what can be done about its other sessions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure as TwistedFailure

from twisted_chat.boundaries import Stance
from twisted_chat.core import entering, missed
from twisted_chat.core.asking import ask_for, ask_new
from twisted_chat.core.becoming import Becoming, coming_as, throw_out
from twisted_chat.core.durations import seconds_left, span_of, when
from twisted_chat.core.errors import (
    BadLogin,
    BadRequest,
    Banned,
    Busy,
    ChatError,
    InviteOnly,
    NeedKey,
    NotAllowed,
    PlaintextRefused,
    Replaced,
    RoomFull,
    TooManyRooms,
)
from twisted_chat.core.events import Aside
from twisted_chat.core.logins import place_of
from twisted_chat.core.moderating import expel
from twisted_chat.core.rights import hush_of, subject_of
from twisted_chat.core.rooms import LOBBY
from twisted_chat.core.text import shortened
from twisted_chat.core.told import Failure, Reply

if TYPE_CHECKING:
    from twisted_chat.boundaries import Account, Origin
    from twisted_chat.core.chat import Chat
    from twisted_chat.core.rooms import Room
    from twisted_chat.core.session import Session

T = TypeVar("T")

_log = Logger()


def check_private(chat: Chat, origin: Origin) -> None:
    """Raise `PlaintextRefused` where a password would cross the net in clear."""
    if not (origin.secure or chat.plaintext_passwords):
        raise PlaintextRefused


def login(chat: Chat, nick: str, password: str, origin: Origin) -> Deferred[Account]:
    """As `Accounts.login`; what fails is in the server's log."""

    def failed(failure: TwistedFailure) -> TwistedFailure:
        if failure.check(BadLogin):  # type: ignore[no-untyped-call]
            chat.logins.failed(chat.accounts.named(nick), origin)
        return failure

    return chat.accounts.login(nick, password, origin.network).addErrback(failed)


def register(session: Session, password: str, client_id: str | None) -> None:
    """Make the present nickname this person's own. A password that is empty is asked for, here and below."""
    chat, person = session.chat, session.person
    check_private(chat, session.recipient.origin)
    if person.account is not None:
        raise NotAllowed(f"you are registered as {person.account.name} already")
    chat.helm.check_speech(session)  # else the brake would hold nobody who may register
    if not chat.registers_itself:
        if chat.registration.by_operators:
            raise NotAllowed("nobody can register here by himself; ask an operator of the server")
        raise NotAllowed("nobody can register here")
    name = person.next_name.text
    if chat.helm.operators.is_one(name) and not session.operator:
        # An account of that name is let in at the brake's last position.
        raise NotAllowed(f"{name} is the name of an operator of the server; /oper {name} comes before that")
    if not password:
        ask_new(session, "/register PASSWORD", lambda new: register(session, new, client_id))
        return
    network, allowance = session.recipient.origin.network, chat.registrations

    def ask() -> Deferred[Account]:
        wait = allowance.wait(network) if network else 0
        if wait:
            raise Busy(f"{allowance.often} are registered from one address at most; wait {seconds_left(wait)}")
        if network:
            allowance.spend(network)  # many at once are many
        making = chat.accounts.register(person.id, person.next_name, password)
        return making.addCallbacks(made, not_made)

    def made(account: Account) -> Account:
        person.account = account  # also where this session is over by now
        present = chat.persons.get(person.id)
        if present is not None and present is not person:  # cut off, and back by a secret that is void now
            present.account = account
            for each in present.sessions:
                each.aside(each.tell_secret)
        missed.has_read(chat, person, chat.seq)
        chat.logins.done(account, "registered", session.recipient.origin)
        return account

    def not_made(failure: TwistedFailure) -> TwistedFailure:
        allowance.give_back(network)
        return failure

    def registered(account: Account) -> None:
        session.tell_secret()
        answer(
            session, f"{account.name} is yours now; /login {account.name} PASSWORD proves it from anywhere", client_id
        )

    prove(session, ask, registered, client_id)


def log_in(session: Session, nick: str, password: str, client_id: str | None) -> None:
    """Go on as the person whose account this is."""
    chat, origin = session.chat, session.recipient.origin
    check_private(chat, origin)
    if not password:
        wanted = f"the password of {shortened(nick)}"
        ask_for(session, "/login NAME PASSWORD", (wanted,), lambda given: log_in(session, nick, given, client_id))
        return

    def proven(account: Account) -> None:
        if session.person.account == account:
            answer(session, f"You are {account.name} already", client_id)
        else:
            chat.logins.done(account, "logged in", origin)
            answer(session, f"You are {account.name} now", client_id)
            _become(session, account)

    def ask() -> Deferred[Account]:
        return login(chat, nick, password, origin).addCallback(allowed)

    def allowed(account: Account) -> Account:
        if account.id not in chat.persons:
            chat.helm.check_entry(account)
        elif account.id != session.person.id:
            entering.gives_way(chat.persons[account.id])  # else he would be nobody when there is no place
        return account

    prove(session, ask, proven, client_id)


def log_out(session: Session, client_id: str | None) -> None:
    """Go on as a guest."""
    account = _account_of(session)
    session.chat.helm.check_entry(None)  # as a guest
    session.chat.logins.done(account, "logged out", session.recipient.origin)
    answer(session, f"You are not {account.name} any more", client_id)
    _become(session, None)
    session.chat.void_secrets(account)


def _become(session: Session, account: Account | None) -> None:
    """Go on as the person of `account`, or as a guest again: what this session read so far it has read."""
    chat, person, recipient = session.chat, session.person, session.recipient
    # Who may not talk in a room does not come into it as somebody else; and who was let in is one, not two.
    wanted = tuple(person.wanted)
    me = partial(subject_of, person)
    rooms = [room.name for room in wanted if hush_of(chat, room, person.id, me) is None]
    words = f"is {account.name} now" if account is not None else "logged out"
    becoming = chat.becoming[session] = Becoming(session, account, rooms)
    given: list[Room] = []  # to the guest, by keepers
    recipient.pause()
    recipient.charge(chat.prices.change * (1 + len(rooms)))

    def end() -> None:
        session.detach_all()
        if person.account is None:
            given.extend(room for room in wanted if room.admitted.take(person.id))
        if not session.feed.is_over:  # else the connection was lost meanwhile, and nobody is there to go on
            session.feed.end(enter)

    def enter() -> None:
        del chat.becoming[session]
        try:
            if becoming.error is not None:
                raise becoming.error
            entered = _enter_as(session, account, rooms)
        except ChatError as error:
            recipient.answer(recipient.view(True).render(Failure(error), Stance.OTHER))
            recipient.close()
        else:
            for room in given:
                if room in entered.person.wanted:
                    room.admitted.give(entered.person.id)
            for room, (by, reason) in becoming.kicks.items():
                if room in entered.person.wanted:
                    expel(chat, entered.person, room, by, reason)
            recipient.became(entered)
            recipient.resume()

    chat.post(Aside(session, end))
    chat.go_on(session)  # it reads nothing until it is in again
    chat.leave(session, words, close=False, in_order=True)


def _enter_as(session: Session, account: Account | None, rooms: list[str]) -> Session:
    """Into the rooms that it was in, or if none of them is open to it, into the lobby."""
    chat, recipient = session.chat, session.recipient
    known: dict[str, Any] = {"rooms": rooms[1:], "home": rooms[0] if rooms else LOBBY, "client": session.client}
    known["since"] = chat.seq
    enter: Callable[..., Session] = partial(chat.enter_as_similar, recipient, session.person.nick)
    there = None
    if account is not None:
        # Not by the door: but for a ban, what it asked for was asked of the guest.
        enter = partial(chat.enter, recipient, account.name, account=account, came_in=True)
        there = chat.persons.get(account.id)
    try:
        return enter(**known)
    except (Banned, NeedKey, InviteOnly, RoomFull, TooManyRooms) as error:
        # Where it is in as many rooms as may be, one of those: the lobby may be one too many.
        full = there is not None and len(there.wanted) >= chat.limits.rooms_of_one
        home = next(iter(there.wanted)).name if full and there is not None else LOBBY
        entered = enter(**known | {"home": home, "rooms": ()})
        if isinstance(error, TooManyRooms):
            entered.fail(error)
        return entered


def change_password(session: Session, old: str, new: str, client_id: str | None) -> None:
    chat, origin = session.chat, session.recipient.origin
    check_private(chat, origin)
    account = _account_of(session)
    if chat.accounts.is_vouched(account):
        # With one of his own he would stay in when whoever keeps the other one puts him out.
        raise NotAllowed("your password is not kept here; it is changed where it comes from")
    if not old:
        ask_new(
            session,
            "/password OLD NEW",
            lambda old, new: change_password(session, old, new, client_id),
            "your old password",
        )
        return

    def change() -> Deferred[Account]:
        proven = login(chat, account.name, old, origin).addErrback(wrong)
        return proven.addCallback(lambda _account: chat.accounts.set_password(account, new))

    def wrong(failure: TwistedFailure) -> TwistedFailure:
        if isinstance(failure.value, BadLogin):
            raise BadLogin("that is not your password; nothing was changed")
        return failure

    def changed(account: Account) -> None:
        chat.logins.done(account, "changed its password", origin)
        session.tell_secret()
        answer(session, "Your password is changed", client_id)

    prove(session, change, changed, client_id)


def sessions(session: Session) -> Iterable[str]:
    """A line for each session of this person."""
    for number, each in enumerate(session.person.living, 1):
        yield f"{number}  {facts_of(each)}{'  (this one)' if each is session else ''}"


def facts_of(session: Session) -> str:
    """What tells a session from others, for its owner and for operators of the server."""
    idle = int(session.chat.clock.seconds() - session.acted)
    facts = [f"since {when(session.since)}", f"from {place_of(session.recipient.origin)}", f"idle {span_of(idle)}"]
    return "  ".join([*facts, session.client] if session.client else facts)


def end_others(session: Session, which: str) -> str:
    """End this person's other sessions, or the one with that number in `sessions`; says what was done."""
    living = session.person.living
    others = [each for each in living if each is not session]
    if which:
        number = int(which) if which.isascii() and which.isdigit() and len(which) < 6 else 0
        if not 1 <= number <= len(living):
            raise BadRequest("that is no number of a session; /sessions lists them")
        if living[number - 1] is session:
            raise NotAllowed("that is this session; /quit ends it")
        others = [living[number - 1]]
    ended = Replaced("another session of yours ended it")
    chat, account = session.chat, session.person.account
    coming = coming_as(chat, account) if account is not None and not which else []
    count = throw_out(chat, others, coming, ended, str(ended))
    if count and account is not None:
        chat.void_secrets(account)  # else who was ended would come back with his
    if which:
        return f"Session {which} ends"
    return "Your other sessions end" if count else "You have no other session"


def _account_of(session: Session) -> Account:
    if session.person.account is None:
        raise NotAllowed("you are a guest; /register makes your nickname yours, /login proves that it is")
    return session.person.account


def prove(session: Session, ask: Callable[[], Deferred[T]], done: Callable[[T], None], client_id: str | None) -> None:
    """Ask the accounts; what comes of it is told, unless the session is over by then.

    A right password costs as much as a wrong one: each person has one looked at after the other, and each counts for
    several lines, or a few who say theirs again and again would keep everybody else waiting.
    """
    if any(each.is_proving for each in session.person.sessions):
        raise Busy("your last password is still being looked at")
    session.recipient.charge(session.chat.prices.change - 1)

    def answered(result: T) -> None:
        session.is_proving = False
        if not session.over:
            done(result)

    def refused(failure: TwistedFailure) -> None:
        session.is_proving = False
        if not isinstance(failure.value, ChatError):
            _log.failure("an account could not be looked at", failure)
            session.tell_unreadable(client_id)
        else:
            session.feed.tell(Failure(failure.value, client_id))

    asked = ask()
    session.is_proving = True
    asked.addCallbacks(answered, refused)


def answer(session: Session, words: str, client_id: str | None) -> None:
    session.feed.tell(Reply((words,), client_id))
