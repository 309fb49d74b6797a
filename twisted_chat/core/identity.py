"""Resume secrets: how a session proves after a cut that it is the same person."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable

_MAC_BYTES = 16
MAX_SECRET = 200
"""Characters; a longer one is not looked at."""

_NOBODY = (None, "")


def _no_stamp(_person: str) -> str:
    return ""


class ResumeSecrets:
    """Signs the ids of persons and sessions with the log's key: a secret holds as long as the log, without a table."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def issue(self, person: str, session: str, stamp: str = "") -> str:
        """The secret of this session of this person, by their ids; it holds as long as the person has this `stamp`."""
        named = f"{person} {session}".encode()
        return urlsafe_b64encode(self._mac(named, stamp) + named).decode().rstrip("=")

    def holder_of(self, secret: str, stamp_of: Callable[[str], str] = _no_stamp) -> tuple[str | None, str]:
        """The ids of the person and the session whose secret this is; None and nothing if it is nobody's.

        `stamp_of` gives the present stamp of a person.
        """
        if len(secret) > MAX_SECRET or not secret.isascii():
            return _NOBODY
        try:
            raw = urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
        except ValueError:
            return _NOBODY
        mac, named = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        person, _, session = named.decode("utf-8", "replace").partition(" ")
        if not named or not hmac.compare_digest(mac, self._mac(named, stamp_of(person))):
            return _NOBODY
        return person, session

    def _mac(self, named: bytes, stamp: str = "") -> bytes:
        stamped = b"resume " + named + (b"\0" + stamp.encode() if stamp else b"")
        return hmac.digest(self._key, stamped, "sha256")[:_MAC_BYTES]
