"""From an option's text to the endpoint that a door listens at."""

from __future__ import annotations

from typing import Any

from twisted.internet.endpoints import serverFromString
from twisted.internet.interfaces import IStreamServerEndpoint

from twisted_chat.frontends.proxied import ProxiedEndpoint
from twisted_chat.options import BACKLOG, PROXIED
from twisted_chat.service import StartError
from twisted_chat.tls import Certificates, TlsReactor, why_not


def shown(description: str) -> str:
    """An endpoint as it was asked for, without what the options added."""
    return description.removesuffix(BACKLOG)


def endpoint(reactor: Any, option: str, description: str, certificates: list[Certificates]) -> IStreamServerEndpoint:
    """The endpoint that `--option` describes; its certificates are added. Raises `StartError`."""
    asked = shown(description)
    inner, listener = description.removeprefix(PROXIED), reactor
    try:
        if inner.startswith("ssl:"):
            certificates.append(Certificates(shown(inner), reactor))
            listener = TlsReactor(reactor, certificates[-1])
        found: IStreamServerEndpoint = serverFromString(listener, inner)  # type: ignore[no-untyped-call]
    except Exception as error:  # whatever an endpoint's parser makes of nonsense
        raise StartError(f"--{option} {asked}{why_not(error, asked)}") from None
    return found if inner == description else ProxiedEndpoint(found, reactor)
