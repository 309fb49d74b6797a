"""Certificates that are taken anew while the service runs: newcomers get the new one, and nobody is disturbed."""

from __future__ import annotations

import re
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

from twisted.internet.endpoints import quoteStringArgument, serverFromString
from twisted.internet.error import VerifyError
from twisted.internet.interfaces import IReactorTime
from twisted.internet.protocol import Factory
from twisted.logger import Logger

LOOK_EACH = 60.0
"""Seconds, at least, between two looks at whether a certificate's files are new."""

_FILES = ("privateKey", "certKey", "extraCertChain", "dhParameters")

_log = Logger()

Context = Any
"""An OpenSSL.SSL.Context; pyOpenSSL need not be installed where there is no TLS."""


class Certificates:
    """The context factory of one ssl: endpoint. Looks at its files when somebody comes, and when it is told to.

    `shown` is the endpoint's description as it was asked for, from the folder in which the service was started. The
    first read raises whatever Twisted's endpoints raise.
    """

    def __init__(self, shown: str, clock: IReactorTime) -> None:
        self.shown = shown
        self._description = _absolute(shown)
        self._paths = [path for name in _FILES if (path := argument(self._description, name))]
        self._clock = clock
        self._stamp = self._look()
        self._looked = clock.seconds()
        self._context = self._read()

    def getContext(self) -> Context:
        """As a context factory of Twisted's: asked for each connection."""
        now = self._clock.seconds()
        if now - self._looked >= LOOK_EACH:
            self._looked = now
            self._take_what_is_new()
        return self._context

    def _take_what_is_new(self) -> None:
        stamp = self._look()
        if stamp == self._stamp:
            return
        self._stamp = stamp  # a damaged one is told of once
        try:
            self._context = self._read()
        except Exception as error:
            _log.warn("the old certificate stays: {why}", why=f"{self.shown}{why_not(error, self.shown)}")
        else:
            _log.info("the new certificate of {door} is in use", door=self.shown)

    def read(self) -> tuple[Context, object] | None:
        """What is in the files now, for `take`; None where they are what they were. Raises as the first read does."""
        stamp = self._look()
        return None if stamp == self._stamp else (self._read(), stamp)

    def take(self, read: tuple[Context, object]) -> None:
        """Use that from now on."""
        self._context, self._stamp = read

    def _read(self) -> Context:
        from OpenSSL.SSL import TLS1_2_VERSION

        caught = _Catcher()
        with warnings.catch_warnings():
            # Twisted gives pyOpenSSL objects of a kind that it would rather not have any more.
            warnings.simplefilter("ignore", DeprecationWarning)
            serverFromString(caught, self._description).listen(Factory())  # type: ignore[no-untyped-call]
            context = caught.context_factory.getContext()
        context.set_min_proto_version(TLS1_2_VERSION)  # whatever the endpoint's sslmethod says
        return context

    def _look(self) -> object:
        stamp: list[object] = []
        for path in self._paths:
            try:
                found = Path(path).stat()
                stamp.append((found.st_mtime_ns, found.st_size, found.st_ino))
            except OSError as error:
                stamp.append(error.errno)
        return stamp


class _Catcher:
    """In place of a reactor: what an ssl: endpoint would listen with."""

    context_factory: Any = None

    def listenSSL(self, _port: int, _factory: object, contextFactory: Any, **_more: object) -> None:  # noqa: N802, N803
        self.context_factory = contextFactory


class TlsReactor:
    """A reactor for an ssl: endpoint, whose contexts come from `certificates`."""

    def __init__(self, reactor: Any, certificates: Certificates) -> None:
        self._reactor = reactor
        self._certificates = certificates

    def listenSSL(self, port: int, factory: object, contextFactory: object, **more: object) -> Any:  # noqa: N802, N803
        return self._reactor.listenSSL(port, factory, self._certificates, **more)


def why_not(error: Exception, shown: str) -> str:
    """What is wrong with an endpoint, to follow its description."""
    if isinstance(error, ImportError):
        hint = "pip install 'twisted-chat[tls]'" if "ssl:" in shown else str(error)
        return f" needs a part that is not installed: {hint}"
    if isinstance(error, OSError):
        return f": can't read {error.filename}: {error.strerror}"
    if isinstance(error, VerifyError):
        return ": the certificate and the private key do not belong together"
    if type(error).__module__.startswith("OpenSSL."):  # which need not be installed
        return f": {_wrong_file(shown)}"
    return f" is no port number and no endpoint description: {error}"


def _wrong_file(description: str) -> str:
    """Which of an ssl: endpoint's files is not what it should be, as far as a look into them tells."""
    key = argument(description, "privateKey") or "server.pem"  # Twisted's own default
    certificate = argument(description, "certKey") or key
    for name, what in ((key, "private key"), (certificate, "certificate")):
        with suppress(OSError):
            if f"{what.upper()}-----".encode() not in Path(name).read_bytes():
                return f"{name} holds no {what} in PEM form"
    return "the private key or the certificate is damaged, or needs a passphrase"


def argument(description: str, name: str) -> str | None:
    found = re.search(rf":{name}=((?:\\.|[^:\\])*)", description)
    return _unquoted(found[1]) if found else None


def _unquoted(argument: str) -> str:
    return re.sub(r"\\(.)", r"\1", argument)


def _absolute(description: str) -> str:
    """With whole paths: a daemon may change its folder."""

    def whole(found: re.Match[str]) -> str:
        path = Path(_unquoted(found[2])).absolute()
        return f"{found[1]}{quoteStringArgument(str(path))}"  # type: ignore[no-untyped-call]

    return re.sub(rf"(:(?:{'|'.join(_FILES)})=)((?:\\.|[^:\\])+)", whole, description)
