"""Passwords: what they may be, and their argon2id hashes, made off the reactor's thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from precis_i18n import get_profile
from twisted.internet.defer import Deferred

from twisted_chat.core.errors import BadPassword, Busy

MIN_LENGTH = 8
MAX_LENGTH = 512
"""Characters."""

AT_ONCE = 2
WAITING = 32
"""Hashes that are made at once, and that may wait for it: each takes 20 ms of a core and 19 MiB."""

T = TypeVar("T")

_OPAQUE = get_profile("OpaqueString")  # RFC 8265, section 4
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)  # OWASP's first choice for argon2id

DUMMY = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdCBmb3Igbm9ib2R5IQ$S2QE/4WvDqf979BCFE+Lk6YnTo+9JhNzyXRPQxZk2qQ"
"""Nobody's: who gives an unknown name waits as long as who gives a wrong password."""


class Threads(Protocol):
    """Where the hashing is done."""

    def run(self, work: Callable[[], T]) -> Deferred[T]: ...

    def stop(self) -> None: ...


def prepared(password: str) -> str:
    """As it is hashed. Raises `BadPassword` for one that can't be."""
    if len(password) > MAX_LENGTH:
        raise BadPassword(f"a password has at most {MAX_LENGTH} characters")
    try:
        return _OPAQUE.enforce(password)
    except UnicodeEncodeError:
        raise BadPassword("a password holds at least one character, and no control characters") from None


class Hasher:
    """Makes and verifies hashes. More than `WAITING` waiting ones are `Busy`."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._under_way = 0

    def hash(self, password: str) -> Deferred[str]:
        """Raises `BadPassword` or `Busy`."""
        chosen = prepared(password)
        if len(chosen) < MIN_LENGTH:
            raise BadPassword(f"a password has at least {MIN_LENGTH} characters")
        return self._do(lambda: _HASHER.hash(chosen))

    def verify(self, hashed: str, password: str) -> Deferred[bool]:
        """Whether `password` has this hash; nothing has an empty one. Raises `Busy`."""
        try:
            given = prepared(password)
        except BadPassword:
            given = ""
        return self._do(lambda: _is_right(hashed or DUMMY, given) and bool(hashed))

    def stop(self) -> None:
        self._threads.stop()

    def _do(self, work: Callable[[], T]) -> Deferred[T]:
        if self._under_way >= AT_ONCE + WAITING:
            raise Busy("too many passwords are being looked at; try again")
        self._under_way += 1
        return self._threads.run(work).addBoth(self._done)

    def _done(self, result: T) -> T:
        self._under_way -= 1
        return result


def _is_right(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False
