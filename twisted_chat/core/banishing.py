"""Keeping networks away from the whole server, and undoing what its operators did."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from twisted_chat.boundaries import Nameless
from twisted_chat.core import acts, moderating, rights, undoing
from twisted_chat.core.bans import MAX_PATTERN, has_loopback, network_of, within
from twisted_chat.core.becoming import throw_out
from twisted_chat.core.charters import SERVER, Action, Ban, Change, Level, has_ended
from twisted_chat.core.durations import end_of, until
from twisted_chat.core.errors import BadRequest, NotAllowed
from twisted_chat.core.helm import Brake, check_operator
from twisted_chat.core.netbans import refusal_of
from twisted_chat.core.prefixes import Network
from twisted_chat.core.text import because

if TYPE_CHECKING:
    from twisted_chat.core.chat import Chat
    from twisted_chat.core.session import Session

MAX_LISTED = 200
"""Bans in one answer."""


def network_typed(text: str) -> Network:
    """``192.0.2.0/24`` or ``net:192.0.2.0/24``. Raises `BadRequest`."""
    if len(text) > MAX_PATTERN:
        raise BadRequest(f"a network has at most {MAX_PATTERN} characters")
    kind, colon, rest = text.partition(":")
    return network_of(rest if colon and kind.lower() == "net" else text)


def ban(session: Session, network: Network, seconds: int | None, why: str, client_id: str | None) -> None:
    """Who comes from there is sent away, now and later."""
    chat, now = session.chat, session.chat.now()
    new = Ban(str(network), session.operator, why, now, end_of(now, seconds))
    before = chat.netbans.of(new.pattern)
    ended = _take_effect(session, network, new)
    kept = acts.put_down(session, "netban", new.pattern, why, Change(before, new))
    moderating.answer(session, kept, f"{network} is banned from this server{until(new.until)}; {ended}", client_id)


def unban(session: Session, network: Network, client_id: str | None) -> None:
    before = session.chat.netbans.of(str(network))
    if before is None:
        raise BadRequest(f"{network} is not banned from this server; /netbans lists what is")
    session.chat.netbans.remove(before.pattern)
    kept = acts.put_down(session, "netunban", before.pattern, change=Change(before, None))
    moderating.answer(session, kept, f"{network} may come to this server again", client_id)


def listed(chat: Chat) -> Iterable[str]:
    """The bans that have not ended, the newest first."""
    there = chat.netbans.present()[::-1]
    yield f"Networks banned from this server: {len(there)}"
    yield from map(moderating.ban_line, there[:MAX_LISTED])
    if len(there) > MAX_LISTED:
        yield f"and {len(there) - MAX_LISTED} more"


def whom_it_hits(session: Session, network: Network) -> Iterable[str]:
    """What /netban ?NETWORK answers."""
    _check(session, network)
    sessions, nameless = _hit(session.chat, network)
    people = moderating.names({each.person for each in sessions}) or "nobody"
    yield f"{network} would hit {people}; sessions: {len(sessions)}, connections without a name: {len(nameless)}"


def undo(session: Session, number: int | None, client_id: str | None) -> None:
    """Take back the operators' act with this number, or the last one that can be."""

    def found(actions: list[Action]) -> None:
        if not session.over:
            check_operator(session)  # anew: something may have happened since it was asked
            _take_back(session, undoing.chosen(actions, number, "on this server", "/acts"), client_id)

    moderating.actions(session, SERVER, undoing.LOOKED_AT, found, client_id)


def _take_back(session: Session, action: Action, client_id: str | None) -> None:
    chat = session.chat
    assert action.change is not None
    change = action.change.reversed()
    is_brake, network = change.key[0] == "brake", change.key[1]
    present = Level(chat.helm.brake) if is_brake else chat.netbans.of(network)
    if present != change.before:
        raise BadRequest(f"#{action.number} can't be undone: that was changed since, or has ended; /acts shows more")
    match change.after:
        case Level(position):
            chat.helm.set_brake(Brake(position))
        case Ban() as ban:
            if has_ended(ban, chat.now()):
                raise BadRequest(f"#{action.number} can't be undone: that ban would have ended meanwhile")
            _take_effect(session, network_of(network), ban)
        case _:
            chat.netbans.remove(network)
    what = f"#{action.number} {action.verb} {action.whom}"
    kept = acts.put_down(session, rights.Verb.UNDO.value, what, change=change, undoes=action.number)
    moderating.answer(session, kept, f"Undone: {undoing.line_of(action)}", client_id)


def _take_effect(session: Session, network: Network, ban: Ban) -> str:
    """From now on nobody is here from there; says how many are not any more. Raises `NotAllowed`."""
    _check(session, network)
    chat = session.chat
    chat.netbans.add(ban)
    sessions, nameless = _hit(chat, network)
    coming = [each for each in chat.becoming.values() if within(each.session.recipient.origin.network, network)]
    error = refusal_of(ban)
    count = throw_out(chat, sessions, coming, error, f"banned by an operator{because(ban.why)}")
    for connection in nameless:
        connection.turn_away(error)
    return f"sessions ended: {count}, connections without a name: {len(nameless)}"


def _check(session: Session, network: Network) -> None:
    """Raise `NotAllowed` for a network from which nobody could take the ban back any more."""
    if has_loopback(network):
        raise NotAllowed(f"{network} has this machine itself in it")
    if any(within(each, network) for each in rights.networks_of(session.person)):
        raise NotAllowed(f"{network} has you in it")


def _hit(chat: Chat, network: Network) -> tuple[list[Session], list[Nameless]]:
    """The sessions, and the connections without one, that come from there."""
    everybody = (session for person in chat.persons.values() for session in person.living)
    sessions = [each for each in everybody if within(each.recipient.origin.network, network)]
    return sessions, [each for each in chat.netbans.nameless() if within(each.counted_as, network)]
