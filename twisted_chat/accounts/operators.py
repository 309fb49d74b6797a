"""Server operators: their names and secrets from the configuration, and the proof that somebody is one."""

from __future__ import annotations

from collections.abc import Mapping

from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from twisted_chat.accounts.passwords import Hasher
from twisted_chat.accounts.tries import BACKOFF, Backoff, Tries
from twisted_chat.boundaries import Operators
from twisted_chat.core.errors import BadLogin, ChatError
from twisted_chat.core.names import fold

HERE = "here"
"""The network of tries that come from nowhere else: this machine's."""


class KnownOperators:
    """Operators by their names, each with a hash or a password in clear, as `secrets` has them.

    Tries are counted by networks alone: who guesses must not keep an operator out. `hasher` is best not the accounts'
    own, so that a storm of logins does not, either.
    """

    def __init__(
        self, secrets: Mapping[str, str], hasher: Hasher, clock: IReactorTime, backoff: Backoff = BACKOFF
    ) -> None:
        self._known = _by_key(secrets)
        self._hasher = hasher
        self.tries = Tries(clock, backoff)

    def replace(self, secrets: Mapping[str, str]) -> frozenset[str]:
        """From now on it is these. Gives the keys of the names that are none any more, or whose secret is another."""
        before, self._known = self._known, _by_key(secrets)
        return frozenset(
            key for key, (_name, secret) in before.items() if self._known.get(key, ("", None))[1] != secret
        )

    def is_one(self, name: str) -> bool:
        return fold(name) in self._known

    def prove(self, name: str, password: str, network: str) -> Deferred[str]:
        key = fold(name.strip())
        known, secret = entry = self._known.get(key, ("", ""))
        place = network or HERE
        try:
            self.tries.check(place)
            verifying = self._hasher.verify(secret, password)
        except ChatError as error:
            return fail(error)
        self.tries.begun(place)

        def verified(right: bool) -> str:
            if not right or self._known.get(key) != entry:  # or he was taken from the list meanwhile
                raise BadLogin("no operator has this name and password")
            return known

        def ended(result: str | Failure) -> str | Failure:
            failed = isinstance(result, Failure) and isinstance(result.value, BadLogin)
            self.tries.ended(place, failed=failed)
            return result

        return verifying.addCallback(verified).addBoth(ended)


def _by_key(secrets: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    return {fold(name): (name, secret) for name, secret in secrets.items()}


_check: type[Operators] = KnownOperators
