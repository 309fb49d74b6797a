"""What server operators do by typing: the rows of the table of commands that are theirs, and how one becomes one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from twisted_chat.boundaries import Account
from twisted_chat.core import account_care, acts, banishing, becoming, undoing
from twisted_chat.core.asking import ask_for, ask_new
from twisted_chat.core.charters import Change, Level
from twisted_chat.core.command import Command, Lines
from twisted_chat.core.durations import first_span, span_of, when
from twisted_chat.core.errors import (
    BadLogin,
    BadRequest,
    Killed,
    NickConfusable,
    NickInUse,
    NotAllowed,
    ShuttingDown,
)
from twisted_chat.core.helm import WORDS, Brake, check_operator
from twisted_chat.core.logins import place_of
from twisted_chat.core.names import parse_nick
from twisted_chat.core.proving import answer, check_private, prove
from twisted_chat.core.text import because, first_word, shortened

if TYPE_CHECKING:
    from twisted_chat.core.chat import Chat
    from twisted_chat.core.session import Session

DELAY = 60
"""Seconds until the end where an operator names none: time enough to take it back."""

LONGEST_DELAY = 7 * 86_400

MAX_WHY = 200
"""Characters of the reason for a ban."""

_log = Logger()


def _oper(session: Session, argument: str, client_id: str | None) -> Lines | None:
    if not argument:
        name = session.operator
        return lambda: (f"You are the operator {name}" if name else "You are no operator of this server",)
    name, password = first_word(argument)
    _become_operator(session, name, password, client_id)
    return None


def _become_operator(session: Session, name: str, password: str, client_id: str | None) -> None:
    chat, origin, nick = session.chat, session.recipient.origin, session.person.nick
    check_private(chat, origin)
    if chat.closing:
        raise ShuttingDown
    if not password:
        wanted = f"the password of the operator {shortened(name)}"
        ask_for(
            session, "/oper NAME PASSWORD", (wanted,), lambda given: _become_operator(session, name, given, client_id)
        )
        return

    def ask() -> Deferred[str]:
        return chat.helm.operators.prove(name, password, origin.network).addErrback(failed)

    def failed(failure: Failure) -> Failure:
        if failure.check(BadLogin):  # type: ignore[no-untyped-call]
            # What was typed for a name may be the password: it is not in the log.
            _log.info("{nick!r} from {address!r} is no operator", nick=nick, address=place_of(origin))
        return failure

    def proven(operator: str) -> None:
        session.operator = operator
        acts.note(session, "/oper")
        answer(session, f"You are the operator {operator} now; /help lists what is yours to do", client_id)

    prove(session, ask, proven, client_id)


def _announce(session: Session, argument: str, _id: str | None) -> None:
    text = session.checked(argument)
    acts.keep(session, "announce", why=text)
    session.chat.helm.tell_all(f"Announcement: {text}")


def _kill(session: Session, argument: str, _id: str | None) -> Lines:
    nick, why = first_word(argument)
    why = session.checked(why, empty=True)
    person, coming = becoming.called(session.chat, nick)
    if person is session.person:
        raise NotAllowed("that is you; /quit leaves")
    name = person.nick if person is not None else coming[0].name
    acts.keep(session, "kill", name, why)
    ended = person.living if person is not None else []
    reason = because(why)
    count = becoming.throw_out(session.chat, ended, coming, Killed(reason), f"killed by an operator{reason}")
    if person is not None and person.account is not None:
        session.chat.void_secrets(person.account)
    return lambda: (f"{name} was thrown out; sessions ended: {count}",)


def _stats(session: Session, _argument: str, _id: str | None) -> Lines:
    acts.note(session, "/stats")
    return lambda: stats(session.chat)


def stats(chat: Chat) -> Iterable[str]:
    """How the server is, in a few lines."""
    figures = chat.helm.host.figures()
    yield f"up {span_of((chat.now() - chat.started) // 1000)}, since {when(chat.started)}"
    sessions = sum(len(person.sessions) for person in chat.persons.values())
    yield f"people: {len(chat.persons):,}, sessions: {sessions:,}, rooms: {len(chat.rooms):,}"
    yield f"messages since the start: {chat.seq - chat.seq_at_start:,}, last number: #{chat.seq}"
    yield f"on the way to the log: {max(0, chat.waiting - 1):,}"  # this answer is not counted
    memory = "unknown" if figures.memory is None else f"{figures.memory / 2**20:,.1f} MiB"
    descriptors = "unknown" if figures.descriptors is None else f"{figures.descriptors:,}"
    yield f"memory: {memory}, open descriptors: {descriptors}"
    yield f"brake: {chat.helm.brake:d}, {WORDS[chat.helm.brake]}"
    if chat.helm.is_ending:
        yield chat.helm.countdown


def _rehash(session: Session, _argument: str, _id: str | None) -> Lines:
    acts.keep(session, "rehash")
    outcome = session.chat.helm.host.rehash()
    return lambda: (outcome,)


def _shutdown(session: Session, argument: str, _id: str | None) -> Lines | None:
    helm = session.chat.helm
    word, rest = first_word(argument)
    if not argument and helm.is_ending:
        return lambda: (f"{helm.countdown}; /shutdown off takes it back",)
    if word.lower() in ("off", "cancel"):
        if not helm.is_ending:
            raise BadRequest("no end is planned")
        acts.keep(session, "shutdown", "off")
        helm.stop()
        helm.tell_all("The server does not go down after all")
        return None
    seconds, why = (0, rest) if word.lower() == "now" else first_span(argument)
    why = session.checked(why, empty=True)
    if seconds is None:
        seconds = DELAY
    if seconds > LONGEST_DELAY:
        raise BadRequest(f"the end is at most {span_of(LONGEST_DELAY)} away")
    acts.keep(session, "shutdown", span_of(seconds, 4) if seconds else "now", why)
    helm.shut_down(seconds, why)
    if not seconds:
        return None
    return lambda: ("/shutdown off takes it back",)


def _defcon(session: Session, argument: str, _id: str | None) -> Lines | None:
    helm = session.chat.helm
    if not argument:
        return lambda: (f"{helm.brake:d}: {WORDS[helm.brake]}",)
    if argument not in {f"{brake:d}" for brake in Brake}:
        raise BadRequest("the brake has 0 (off), 1 (no new guests), 2 (accounts only) and 3 (operators only)")
    brake, before = Brake(int(argument)), helm.brake
    change = Change(Level(before), Level(brake)) if brake != before else None
    acts.keep(session, "defcon", argument, change=change)
    helm.set_brake(brake)
    return None


def _enroll(session: Session, argument: str, client_id: str | None) -> None:
    nick, password = first_word(argument)
    _make_account(session, nick, password, client_id)


def _make_account(session: Session, nick: str, password: str, client_id: str | None) -> None:
    check_operator(session)
    chat = session.chat
    check_private(chat, session.recipient.origin)
    if not chat.registration.by_operators:
        raise NotAllowed("nobody can register here: --registration closed")
    name = parse_nick(nick)
    if chat.names.holder(name.text) is not None:
        # Whoever sits on that name may be anybody; the account is for who is told its password.
        raise NickInUse(name.text)
    alike = chat.accounts.like(name.text)
    if alike is not None and alike.key != name.key:
        raise NickConfusable(name.text, alike.name)
    if not password:
        ask_new(
            session,
            "/enroll NAME PASSWORD",
            lambda new: _make_account(session, nick, new, client_id),
            new=f"a new password for {name.text}",
        )
        return

    def ask() -> Deferred[Account]:
        return chat.accounts.register(chat.new_id(), name, password).addCallback(made)

    def made(account: Account) -> Account:
        acts.keep(session, "enroll", account.name)  # also where this session is over by now
        return account

    def registered(account: Account) -> None:
        answer(session, f"{account.name} has an account now; /login {account.name} PASSWORD opens it", client_id)

    prove(session, ask, registered, client_id)


def _reset(session: Session, argument: str, client_id: str | None) -> None:
    nick, password = first_word(argument)
    account_care.reset(session, nick, password, client_id)


def _unregister(session: Session, argument: str, client_id: str | None) -> None:
    account_care.unregister(session, argument, client_id)


def _netban(session: Session, argument: str, client_id: str | None) -> None:
    word, rest = first_word(argument)
    network = banishing.network_typed(word.removeprefix("?"))
    if word.startswith("?"):
        session.reply(lambda: banishing.whom_it_hits(session, network), client_id)
        return
    seconds, why = first_span(rest)
    banishing.ban(session, network, seconds, session.checked(why, MAX_WHY, empty=True), client_id)


def _netunban(session: Session, argument: str, client_id: str | None) -> None:
    banishing.unban(session, banishing.network_typed(argument), client_id)


def _netbans(session: Session, _argument: str, _id: str | None) -> Lines:
    return lambda: banishing.listed(session.chat)


def _acts(session: Session, argument: str, client_id: str | None) -> None:
    word, rest = first_word(argument)
    if word.lower() == "undo":
        banishing.undo(session, undoing.number_of(rest, "/acts"), client_id)
        return
    if not (argument.isascii() and (argument.isdigit() or not argument)):
        raise BadRequest(f"that is not understood; /acts {_ACTS_PARAMETERS}")
    acts.show(session, min(max(1, int(argument[:6] or acts.SHOWN)), acts.MAX_SHOWN), client_id)


_ACTS_PARAMETERS = "[N | undo [#N]]"
_ANSWER_THEMSELVES = frozenset({"enroll", "reset", "unregister", "netban", "netunban", "acts"})

COMMANDS: tuple[Command, ...] = (
    Command(
        "oper", "[NAME PASSWORD]", "makes you an operator of the server, or tells whether you are one", _oper,
        exact=True, answers_itself=True,
    ),
    *(
        Command(name, parameters, does, run, exact=True, for_operators=True, answers_itself=name in _ANSWER_THEMSELVES)
        for name, parameters, does, run in (
            ("announce", "TEXT", "tells everybody on the server", _announce),
            ("kill", "NICK [WHY]", "throws somebody out, with all of his sessions", _kill),
            ("stats", "", "tells how the server is", _stats),
            ("rehash", "", "reads the configuration and the certificates anew", _rehash),
            ("shutdown", "[2m | now | off] [WHY]",
             "ends the server after a countdown, of 1m by default; where one is under way, shows it", _shutdown),
            ("defcon", "[0 | 1 | 2 | 3]", "0: all, 1: no new guests, 2: only accounts, 3: only operators", _defcon),
            ("enroll", "NAME PASSWORD", "makes an account for somebody", _enroll),
            ("reset", "NAME PASSWORD", "gives an account another password, and ends its sessions", _reset),
            ("unregister", "NAME", "ends an account; its name is free then", _unregister),
            ("netban", "NETWORK [2h] [WHY]",
             "keeps a network away from the server; /netban ?NETWORK shows whom it would hit", _netban),
            ("netunban", "NETWORK", "ends that", _netunban),
            ("netbans", "", "lists the networks that are kept away", _netbans),
            ("acts", _ACTS_PARAMETERS, "shows what operators did, or takes the last of it back, or that one", _acts),
        )
    ),
)  # fmt: skip
