"""Resume secrets: how a session proves after a cut that it is the same person."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

_MAC_BYTES = 16
MAX_SECRET = 200
"""Characters; a longer one is not looked at."""


class ResumeSecrets:
    """Signs person ids with the log's key, so a secret holds as long as the log and no table of them is kept."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def issue(self, person: str) -> str:
        """The secret of the person with this id."""
        named = person.encode()
        return urlsafe_b64encode(self._mac(named) + named).decode().rstrip("=")

    def person_of(self, secret: str) -> str | None:
        """The id of the person whose secret this is, None if it is nobody's."""
        if len(secret) > MAX_SECRET or not secret.isascii():
            return None
        try:
            raw = urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
        except ValueError:
            return None
        mac, named = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not named or not hmac.compare_digest(mac, self._mac(named)):
            return None
        return named.decode()

    def _mac(self, named: bytes) -> bytes:
        return hmac.digest(self._key, b"resume " + named, "sha256")[:_MAC_BYTES]
