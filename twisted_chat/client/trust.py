"""The endpoint that reaches the server, in clear or with a verified certificate."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.interfaces import IStreamClientEndpoint

from twisted_chat.client.troubles import reason

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class TrustError(ValueError):
    """TLS can't be had; the text says why."""


def endpoint(reactor: Any, host: str, port: int, *, tls: bool, ca: str | None) -> IStreamClientEndpoint:
    """`reactor` does all that `HostnameEndpoint` wants of one. Raises `TrustError`."""
    plain = HostnameEndpoint(reactor, host, port)
    if not tls:
        return plain
    try:
        from OpenSSL import crypto
        from twisted.internet import ssl
    except ImportError:
        raise TrustError("--tls needs pip install 'twisted-chat[tls]'") from None
    root = None
    if ca is not None:
        try:
            found = [ssl.Certificate.loadPEM(pem) for pem in _PEM.findall(Path(ca).read_bytes())]
        except (OSError, ValueError, crypto.Error) as error:
            raise TrustError(f"no certificate can be read from {ca}: {reason(error)}") from None
        if not found:
            raise TrustError(f"there is no PEM certificate in {ca}")
        root = ssl.trustRootFromCertificates(found)  # type: ignore[no-untyped-call]
    try:
        return wrapClientTLS(ssl.optionsForClientTLS(host, trustRoot=root), plain)
    except (ValueError, UnicodeError) as error:
        raise TrustError(f"{host} is no name that a certificate can bear: {error}") from None
