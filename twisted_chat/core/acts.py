"""What operators of the server did: put down and shown. No password is ever in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from twisted_chat.core import moderating, undoing
from twisted_chat.core.charters import SERVER, Action, Change
from twisted_chat.core.text import shortened
from twisted_chat.core.told import Reply

if TYPE_CHECKING:
    from twisted_chat.core.session import Session

MAX_KEPT = 200
"""Characters of a reason or an announcement; the server's log has all of it."""

SHOWN = 20
MAX_SHOWN = 100
"""Acts that are shown where nobody says how many, and at most."""

_log = Logger()


def note(session: Session, act: str) -> None:
    """Every act of an operator is in the server's log."""
    _log.info("operator {operator!r} ({nick!r}): {act!r}", operator=session.operator, nick=session.person.nick, act=act)


def put_down(
    session: Session, verb: str, whom: str = "", why: str = "", change: Change | None = None, undoes: int = 0
) -> Deferred[None]:
    """Note it, and keep it with what it changed. Fires when it is kept; whoever gets it sees to a failure."""
    chat, person = session.chat, session.person
    action = Action(
        chat.next_action(), SERVER, chat.now(), person.id, f"{session.operator} ({person.next_name.text})", verb, whom,
        why=shortened(why, MAX_KEPT), change=change,
    )  # fmt: skip
    note(session, " ".join(filter(None, (f"/{verb}", f"{whom}{undoing.value_of(action)}", why))))
    return chat.keepers.write_act(action, undoes)


def keep(session: Session, verb: str, whom: str = "", why: str = "", change: Change | None = None) -> None:
    """The same for what is answered whether it can be kept or not."""
    put_down(session, verb, whom, why, change).addErrback(moderating.not_kept, "an operator")


def show(session: Session, limit: int, client_id: str | None) -> None:
    def shown(actions: list[Action]) -> None:
        lines = tuple(map(undoing.line_of, reversed(actions))) or ("Operators did nothing yet",)
        session.feed.tell(Reply(lines, client_id))

    moderating.actions(session, SERVER, limit, shown, client_id)
