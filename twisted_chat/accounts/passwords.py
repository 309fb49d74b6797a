"""Passwords: what they may be, and their argon2id hashes, made off the reactor's thread."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from hmac import compare_digest
from typing import Protocol, TypeVar

from argon2 import PasswordHasher, Type, extract_parameters
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

MOST_MEMORY, MOST_PASSES = 2**22, 1_000
"""KiB and passes that a given hash may cost: more is a slip of the pen, and would hold a thread for hours."""

LEAST_SALT, LEAST_DIGEST = 8, 12
"""Bytes. argon2 takes no less salt; a shorter digest has lost its end."""

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


def chosen(password: str) -> str:
    """The same for a new one. Raises `BadPassword`, too, for one that is too short."""
    found = prepared(password)
    if len(found) < MIN_LENGTH:
        raise BadPassword(f"a password has at least {MIN_LENGTH} characters")
    return found


def hashed_now(password: str) -> str:
    """The hash of a password, made here and now. Raises `BadPassword`."""
    return _HASHER.hash(chosen(password))


def is_hash(secret: str) -> bool:
    return secret.startswith("$argon2")


def check_secret(secret: str) -> None:
    """Raise `BadPassword` for what is neither an argon2id hash nor fit for a password in clear."""
    if not is_hash(secret):
        chosen(secret)
        return
    if not _can_be_verified(secret):
        raise BadPassword("this is no whole argon2id hash")


def _can_be_verified(hashed: str) -> bool:
    """Whether a password can have this argon2id hash: a damaged one would keep its owner out without a word."""
    try:
        costs = extract_parameters(hashed)
        salt, digest = map(_decoded, hashed.split("$")[-2:])
    except (ValueError, KeyError):
        return False
    return (
        costs.type is Type.ID
        and costs.parallelism >= 1
        and 8 * costs.parallelism <= costs.memory_cost <= MOST_MEMORY
        and 1 <= costs.time_cost <= MOST_PASSES
        and len(salt) >= LEAST_SALT
        and len(digest) >= LEAST_DIGEST
    )


def _decoded(part: str) -> bytes:
    """Base64 as a hash has it, without padding. Raises `ValueError`."""
    found = b64decode(part + "=" * (-len(part) % 4), validate=True)
    if b64encode(found).rstrip(b"=") != part.encode():
        raise ValueError("bits that belong to nothing")
    return found


class Hasher:
    """Makes and verifies hashes. More than `WAITING` waiting ones are `Busy`."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._under_way = 0

    def hash(self, password: str) -> Deferred[str]:
        """Raises `BadPassword` or `Busy`."""
        fit = chosen(password)
        return self._do(lambda: _HASHER.hash(fit))

    def verify(self, secret: str, password: str) -> Deferred[bool]:
        """Whether `password` has this hash, or is this `secret` in clear, in the same time. Nothing is an empty one.

        Raises `Busy`.
        """
        try:
            given = prepared(password)
        except BadPassword:
            given = ""
        return self._do(lambda: _is_right(secret, given))

    def stop(self) -> None:
        self._threads.stop()

    def check(self) -> None:
        """Raise `Busy` where no more can wait."""
        if self._under_way >= AT_ONCE + WAITING:
            raise Busy("too many passwords are being looked at; try again")

    def _do(self, work: Callable[[], T]) -> Deferred[T]:
        self.check()
        self._under_way += 1
        return self._threads.run(work).addBoth(self._done)

    def _done(self, result: T) -> T:
        self._under_way -= 1
        return result


def _is_right(secret: str, given: str) -> bool:
    hashed = is_hash(secret)
    right = _has_hash(secret if hashed else DUMMY, given)
    if hashed or not secret:
        return right and hashed
    return compare_digest(prepared(secret).encode(), given.encode())


def _has_hash(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False
