"""Certificates that are taken anew while the service runs: newcomers get the new one, and nobody is disturbed."""

from __future__ import annotations

import re
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

from twisted.internet.endpoints import quoteStringArgument, serverFromString
from twisted.internet.error import VerifyError
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator, IReactorTime
from twisted.internet.protocol import Factory
from twisted.logger import Logger
from zope.interface import implementer

LOOK_EACH = 60.0
"""Seconds, at least, between two looks at whether a certificate's files are new."""

_ENCRYPTED = re.compile(rb"^(?:-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: *4, *ENCRYPTED)", re.MULTILINE)
_FILES = ("privateKey", "certKey", "extraCertChain", "dhParameters")

_log = Logger()

Context = Any
"""An OpenSSL.SSL.Context; pyOpenSSL need not be installed where there is no TLS."""


@implementer(IOpenSSLServerConnectionCreator)
class Certificates:
    """What makes the connections of one ssl: endpoint. Looks at its files when somebody comes, and when it is told to.

    `shown` is the endpoint's description as it was asked for, from the folder in which the service was started. The
    first read raises whatever Twisted's endpoints raise.
    """

    def __init__(self, shown: str, clock: IReactorTime) -> None:
        self.shown = shown
        self._description = _absolute(shown)
        self._paths = [path for name in _FILES if (path := argument(self._description, name))]
        self._clock = clock
        self._in_use = self._seen = self._look()
        self._looked = clock.seconds()
        self._context = self._read()

    def serverConnectionForTLS(self, _protocol: object) -> Any:  # noqa: N802
        """As Twisted asks for each connection."""
        from OpenSSL.SSL import Connection

        return Connection(self.getContext(), None)

    def getContext(self) -> Context:
        """The context for who comes now."""
        now = self._clock.seconds()
        if now - self._looked >= LOOK_EACH:
            self._looked = now
            self._take_what_is_new()
        return self._context

    def _take_what_is_new(self) -> None:
        stamp = self._look()
        if stamp == self._seen:
            return
        self._seen = stamp  # a damaged one is told of once
        try:
            self.take((self._read(), stamp))
        except Exception as error:
            _log.warn("the old certificate stays: {why}", why=f"{self.shown}{why_not(error, self.shown)}")
        else:
            _log.info("the new certificate of {door} is in use", door=self.shown)

    def read(self) -> tuple[Context, object] | None:
        """What is in the files now, for `take`; None where that is in use. Raises as the first read does."""
        stamp = self._look()
        return None if stamp == self._in_use else (self._read(), stamp)

    def take(self, read: tuple[Context, object]) -> None:
        """Use that from now on."""
        self._context, self._in_use = read
        self._seen = self._in_use

    def _read(self) -> Context:
        from OpenSSL.SSL import TLS1_2_VERSION

        _refuse_encrypted(self._description)
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


class EncryptedKeyError(Exception):
    """A private key wants a passphrase, which nobody is asked for; the text names its file."""


def _refuse_encrypted(description: str) -> None:
    """Raise `EncryptedKeyError` where OpenSSL would ask for a passphrase at the terminal, and everybody would wait."""
    for path in _key_and_certificate(description):
        with suppress(OSError):  # which the endpoint tells of
            if _ENCRYPTED.search(Path(path).read_bytes()):
                raise EncryptedKeyError(path)


def why_not(error: Exception, shown: str) -> str:
    """What is wrong with an endpoint, to follow its description."""
    if isinstance(error, ImportError):
        hint = "pip install 'twisted-chat[tls]'" if "ssl:" in shown else str(error)
        return f" needs a part that is not installed: {hint}"
    if isinstance(error, OSError):
        return f": can't read {error.filename}: {error.strerror}"
    if isinstance(error, EncryptedKeyError):
        return f": {error} needs a passphrase, and nobody is asked; openssl pkey -in {error} -out NEW takes it off"
    if isinstance(error, VerifyError):
        return ": the certificate and the private key do not belong together"
    if type(error).__module__.startswith("OpenSSL."):  # which need not be installed
        return f": {_wrong_file(shown)}"
    return f" is no port number and no endpoint description: {error}"


def _wrong_file(description: str) -> str:
    """Which of an ssl: endpoint's files is not what it should be, as far as a look into them tells."""
    for name, what in zip(_key_and_certificate(description), ("private key", "certificate"), strict=True):
        with suppress(OSError):
            if f"{what.upper()}-----".encode() not in Path(name).read_bytes():
                return f"{name} holds no {what} in PEM form"
    return "the private key or the certificate is damaged"


def _key_and_certificate(description: str) -> tuple[str, str]:
    """Their files."""
    key = argument(description, "privateKey") or "server.pem"  # Twisted's own default
    return key, argument(description, "certKey") or key


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
