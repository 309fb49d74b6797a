"""Registrations, logins and failed ones in the server's log: a line each, and never what was typed as a password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from twisted_chat.core.allowance import Allowance, Often

if TYPE_CHECKING:
    from twisted_chat.boundaries import Account, Origin

FAILURES_LOGGED = Often(10, 60.0)
"""A guesser must not fill the log: what he does beyond that is counted."""

SOCKET = "a UNIX socket"

_ALL = "all"
_log = Logger()


class Logins:
    """What comes of passwords, as one line of the server's log each."""

    def __init__(self, clock: IReactorTime) -> None:
        self._allowance = Allowance(FAILURES_LOGGED, clock)
        self._unsaid = 0

    def done(self, account: Account, did: str, origin: Origin) -> None:
        """`did`: what, in a word or two of ours."""
        _log.info("{name!r} ({id}) {did} from {address!r}", name=account.name, id=account.id, did=did,
                  address=place_of(origin))  # fmt: skip

    def failed(self, account: Account | None, origin: Origin) -> None:
        """A wrong password; of no `account` the name is not told either: it may have been the password."""
        if self._allowance.wait(_ALL):
            self._unsaid += 1
            return
        self._allowance.spend(_ALL)
        whose = f"a wrong password for {account.name!r}" if account is not None else "a password for no account"
        more = f" ({self._unsaid} more failed since the last line)" if self._unsaid else ""
        self._unsaid = 0
        _log.info("{whose} from {address!r}{more}", whose=whose, address=place_of(origin), more=more)


def place_of(origin: Origin) -> str:
    """Where it comes from, in words."""
    return origin.address or origin.network or SOCKET
