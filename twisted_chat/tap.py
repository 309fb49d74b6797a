"""Puts the service together for ``twistd chat``: the one place that knows every part."""

from __future__ import annotations

import os
import re
import secrets
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from twisted.internet.endpoints import serverFromString
from twisted.internet.error import ReactorNotRunning, VerifyError
from twisted.internet.interfaces import IStreamServerEndpoint
from twisted.logger import Logger

from twisted_chat.accounts.directory import Directory
from twisted_chat.accounts.passwords import Hasher
from twisted_chat.accounts.store import MemoryStore, Store
from twisted_chat.accounts.threads import PasswordThreads
from twisted_chat.boundaries import Journal, Keepers
from twisted_chat.core.chat import Chat
from twisted_chat.frontends.admission import Admission
from twisted_chat.frontends.door import DoorFactory
from twisted_chat.frontends.line.factory import LineFactory
from twisted_chat.frontends.unframed.dialects import Gossip, Tutorial
from twisted_chat.frontends.unframed.factory import UnframedFactory
from twisted_chat.journal.memory import MemoryJournal
from twisted_chat.keeping.memory import MemoryKeepers
from twisted_chat.options import BACKLOG, MEMORY, Options, Settings, endpoint_description
from twisted_chat.service import ChatService, Door, StartError
from twisted_chat.system import end_process_with, on_end_signals, raise_descriptor_limit, use_monotonic_clock

__all__ = ["Options", "makeService"]

_log = Logger()


def makeService(options: Options, reactor: Any = None) -> ChatService:
    """The service that `options` ask for. Opens nothing yet: twistd may fork after this.

    With a `reactor` of one's own, for tests, the process and its clock and signals are left alone.
    """
    failed = _Failing(options)
    allowed: int | None = None
    own_process = reactor is None
    if own_process:
        from twisted.internet import reactor  # here, so that twistd -r has had its choice

        use_monotonic_clock(reactor)
        allowed = raise_descriptor_limit()
    broken = _Broken(reactor, own_process)
    try:
        service = _compose(options.settings, reactor, allowed, failed, broken)
    except StartError as error:
        failed.now(error)
    if own_process:
        _end_by_signals(reactor, service)
    return service


def _compose(
    settings: Settings, reactor: Any, allowed: int | None, failed: _Failing, broken: Callable[[str], None]
) -> ChatService:
    most = settings.max_connections or allowed or 1_000
    if allowed is not None and most > allowed:
        raise StartError(f"--max-connections {most}: the system allows {allowed} (ulimit -n, less a few)")
    journal = _journal(settings, reactor, broken)
    hasher = Hasher(PasswordThreads(reactor))
    chat = Chat(
        journal,
        Directory(_account_store(journal), hasher, reactor, _utc_ms),
        reactor,
        keepers=_keepers(journal),
        utc_ms=_utc_ms,
        new_id=lambda: secrets.token_hex(8),
        name=settings.name,
        motd=settings.motd,
        history_lines=settings.history,
        registration=settings.registration,
        plaintext_passwords=settings.allow_plaintext_passwords,
    )
    admission = Admission(most, settings.max_per_address)
    common: Any = {"rate": settings.rate, "password": settings.password}
    factories: list[tuple[str, tuple[str, ...], DoorFactory]] = [
        ("port", settings.ports, LineFactory(chat, reactor, admission, **common))
    ]
    for option, ports, dialect in (
        ("tutorial", settings.tutorial, lambda: Tutorial(_ascii_writer())),
        ("gossip", settings.gossip, Gossip),
    ):
        if ports:
            door = UnframedFactory(chat, reactor, admission, dialect=dialect(), room=settings.room, **common)
            factories.append((option, ports, door))
    doors = [
        # The default port wants its long queue, too.
        Door(f"--{option}", _shown(port), _endpoint(reactor, option, endpoint_description(port)), factory)
        for option, ports, factory in factories
        for port in ports
    ]
    return ChatService(chat, doors, reactor, failed.at_start)


def _ascii_writer() -> Callable[[str], str] | None:
    """What writes a character in ASCII, if it is installed."""
    try:
        from anyascii import anyascii
    except ImportError:
        _log.warn("--tutorial shows ? for what is not ASCII; pip install 'twisted-chat[ascii]' writes it out")
        return None
    return anyascii


def _journal(settings: Settings, reactor: Any, broken: Callable[[str], None]) -> Journal:
    if settings.database == MEMORY:
        return MemoryJournal(settings.log_size, log_id=secrets.token_hex(8), key=secrets.token_bytes(32))
    try:
        from twisted_chat.journal.sqlite import SqliteJournal  # here: some Pythons are built without sqlite3
    except ImportError as error:
        raise StartError(f"--database needs Python's sqlite3 ({error}); --database {MEMORY} does without") from None
    return SqliteJournal(
        Path(settings.database),
        reactor,
        reactor.callFromThread,
        utc_ms=_utc_ms,
        failed=broken,
        retention=settings.retention,
    )


def _account_store(journal: Any) -> Store:
    """Accounts are kept where the log is."""
    if isinstance(journal, MemoryJournal):
        return MemoryStore()
    from twisted_chat.accounts.sqlite import SqliteStore

    return SqliteStore(journal)


def _keepers(journal: Any) -> Keepers:
    """And so are the charters of rooms."""
    if isinstance(journal, MemoryJournal):
        return MemoryKeepers()
    from twisted_chat.keeping.sqlite import SqliteKeepers

    return SqliteKeepers(journal)


def _utc_ms() -> int:
    return time.time_ns() // 1_000_000


def _shown(description: str) -> str:
    """An endpoint as it was asked for, without what the options added."""
    return description.removesuffix(BACKLOG)


def _endpoint(reactor: Any, option: str, description: str) -> IStreamServerEndpoint:
    shown = _shown(description)
    try:
        endpoint: IStreamServerEndpoint = serverFromString(reactor, description)  # type: ignore[no-untyped-call]
        return endpoint
    except ImportError as error:
        hint = "pip install 'twisted-chat[tls]'" if shown.startswith("ssl:") else str(error)
        raise StartError(f"--{option} {shown} needs a part that is not installed: {hint}") from None
    except OSError as error:
        raise StartError(f"--{option} {shown}: can't read {error.filename}: {error.strerror}") from None
    except VerifyError:
        raise StartError(f"--{option} {shown}: the certificate and the private key do not belong together") from None
    except Exception as error:  # whatever an endpoint's parser makes of nonsense
        if type(error).__module__.startswith("OpenSSL."):  # which need not be installed
            raise StartError(f"--{option} {shown}: {_wrong_file(shown)}") from None
        raise StartError(f"--{option} {shown} is no port number and no endpoint description: {error}") from None


def _wrong_file(description: str) -> str:
    """Which of an ssl: endpoint's files is not what it should be, as far as a look into them tells."""
    key = _argument(description, "privateKey") or "server.pem"  # Twisted's own default
    certificate = _argument(description, "certKey") or key
    for name, what in ((key, "private key"), (certificate, "certificate")):
        with suppress(OSError):
            if f"{what.upper()}-----".encode() not in Path(name).read_bytes():
                return f"{name} holds no {what} in PEM form"
    return "the private key or the certificate is damaged, or needs a passphrase"


def _argument(description: str, name: str) -> str | None:
    found = re.search(rf":{name}=((?:\\.|[^:\\])*)", description)
    return re.sub(r"\\(.)", r"\1", found[1]) if found else None


class _Failing:
    """Ends a start that failed, in the way that each mode of twistd takes for an answer."""

    def __init__(self, options: Options) -> None:
        self._twistd: Any = getattr(options, "parent", None) or {}

    def now(self, error: StartError) -> None:
        """Before twistd has forked or taken over the standard streams."""
        sys.__stderr__.write(f"twistd chat: {error}\n")  # type: ignore[union-attr]
        raise SystemExit(1)

    def at_start(self, error: StartError) -> None:
        """While the service starts: a daemon's launcher waits for an exception, and prints the begin of its text."""
        if not self._twistd.get("nodaemon", True):
            _log.critical("{why}", why=str(error))  # whole, in the log that the launcher points to
            raise error
        pidfile = self._twistd.get("pidfile")
        if pidfile:
            with suppress(OSError, ValueError):
                if int(Path(pidfile).read_text()) == os.getpid():
                    Path(pidfile).unlink()
        self.now(error)


class _Broken:
    """Ends a service whose log can't be trusted any more, with a status that has a supervisor start it again."""

    def __init__(self, reactor: Any, own_process: bool) -> None:
        self._reactor = reactor
        self._own_process = own_process

    def __call__(self, why: str) -> None:
        _log.critical("{why}", why=why)
        if self._own_process:
            end_process_with(os.EX_IOERR)
        with suppress(ReactorNotRunning):  # it may be on its way out already
            self._reactor.stop()


def _end_by_signals(reactor: Any, service: ChatService) -> None:
    stopping = False

    def stop() -> None:
        nonlocal stopping
        if stopping:
            service.hurry()
        else:
            stopping = True
            reactor.stop()

    reactor.callWhenRunning(on_end_signals, reactor, stop)
