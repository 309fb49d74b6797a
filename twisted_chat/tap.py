"""Puts the service together for ``twistd chat``: the one place that knows every part."""

from __future__ import annotations

import os
import random
import secrets
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.strcred import InvalidAuthArgumentString, InvalidAuthType, makeChecker
from twisted.internet.error import ReactorNotRunning
from twisted.logger import Logger
from twisted.python import usage

from twisted_chat.accounts.directory import Directory
from twisted_chat.accounts.operators import KnownOperators
from twisted_chat.accounts.passwords import Hasher
from twisted_chat.accounts.store import MemoryStore, Store
from twisted_chat.accounts.threads import PasswordThreads
from twisted_chat.boundaries import Journal, Keepers
from twisted_chat.core.chat import REGISTRATIONS, Chat
from twisted_chat.core.prices import Prices
from twisted_chat.endpoints import endpoint, shown
from twisted_chat.frontends.admission import Admission, newcomers
from twisted_chat.frontends.door import DoorFactory
from twisted_chat.frontends.line.factory import LineFactory
from twisted_chat.frontends.strangers import Strangers
from twisted_chat.frontends.unframed.dialects import Gossip, Tutorial
from twisted_chat.frontends.unframed.factory import UnframedFactory
from twisted_chat.journal.memory import MemoryJournal
from twisted_chat.keeping.memory import MemoryKeepers
from twisted_chat.options import MEMORY, Options, Settings, endpoint_description
from twisted_chat.rehash import Rehash, Running
from twisted_chat.service import ChatService, Door, StartError
from twisted_chat.system import (
    ThisProcess,
    end_process_with,
    hold_signals,
    on_signals,
    raise_descriptor_limit,
    use_monotonic_clock,
)
from twisted_chat.tls import Certificates

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
        service, rehash = _compose(options, reactor, allowed, failed, broken)
    except StartError as error:
        failed.now(error)
    if own_process:
        _heed_signals(reactor, service, rehash)
    return service


def _compose(
    options: Options, reactor: Any, allowed: int | None, failed: _Failing, broken: Callable[[str], None]
) -> tuple[ChatService, Rehash]:
    settings = options.settings
    try:
        settings.check(allowed)
    except usage.UsageError as error:
        raise StartError(str(error)) from None
    most = settings.connections(allowed)
    journal = _journal(settings, reactor, broken)
    threads = PasswordThreads(reactor)
    operators = KnownOperators(settings.operators, Hasher(threads), reactor, settings.backoff)
    accounts = Directory(
        _account_store(journal),
        Hasher(threads),
        reactor,
        utc_ms=_utc_ms,
        new_id=_new_id,
        checkers=_checkers(settings.auth),
        backoff=settings.backoff,
    )
    chat = Chat(
        journal,
        accounts,
        reactor,
        keepers=_keepers(journal),
        utc_ms=_utc_ms,
        new_id=_new_id,
        name=settings.name,
        motd=settings.motd,
        history_lines=settings.history,
        registration=settings.registration,
        plaintext_passwords=settings.allow_plaintext_passwords,
        others_vouch=bool(settings.auth),
        operators=operators,
        host=ThisProcess(reactor, lambda: rehash.now()),
        prices=Prices(settings.change_price, settings.repeat_price),
        limits=settings.limits,
        registrations=replace(REGISTRATIONS, times=settings.registrations),
    )
    admission = Admission(
        most,
        settings.max_per_address,
        new=newcomers(settings.new_per_address, reactor),
        new_from_loopback=settings.new_per_address is not None,
        strangers=Strangers(settings.max_unnamed.within(most), random.random),
        bans=chat.netbans,
    )
    common: Any = {"rate": settings.rate, "password": settings.password, "greeting_time": float(settings.naming_time)}
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
    certificates: list[Certificates] = []
    doors = [
        # The default port wants its long queue, too.
        Door(f"--{option}", shown(port), endpoint(reactor, option, endpoint_description(port), certificates), factory)
        for option, ports, factory in factories
        for port in ports
    ]
    running = Running(
        chat,
        operators,
        admission,
        [factory for _, _, factory in factories],
        certificates,
        allowed,
        (accounts.tries, operators.tries),
    )
    rehash = Rehash(settings, options.read_again, running)
    return ChatService(chat, doors, reactor, failed.at_start), rehash


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


def _checkers(descriptions: Sequence[str]) -> list[ICredentialsChecker]:
    """The checkers of Twisted's that `--auth` names."""
    found = []
    for description in descriptions:
        kind, _, path = description.partition(":")
        try:
            if kind == "file" and path:
                Path(path).read_bytes()  # Twisted would look for it at each login, and let nobody in
            checker = makeChecker(description)  # type: ignore[no-untyped-call]
        except InvalidAuthType:
            raise StartError(f"--auth {description}: there is no such kind; twistd --help-auth lists them") from None
        except OSError as error:
            raise StartError(f"--auth {description}: {error.strerror or error}") from None
        except (InvalidAuthArgumentString, ValueError) as error:
            raise StartError(f"--auth {description}: {error}") from None
        if IUsernamePassword not in checker.credentialInterfaces:
            raise StartError(f"--auth {description} knows no passwords")
        found.append(checker)
    return found


def _new_id() -> str:
    return secrets.token_hex(8)


def _utc_ms() -> int:
    return time.time_ns() // 1_000_000


class _Failing:
    """Ends a start that failed, in the way that each mode of twistd takes for an answer."""

    def __init__(self, options: Options) -> None:
        self._twistd: Any = getattr(options, "parent", None) or {}

    def now(self, error: StartError) -> None:
        """Before twistd has forked or taken over the standard streams."""
        sys.__stderr__.write(f"twistd chat: {error}\n")  # type: ignore[union-attr]
        raise SystemExit(1)

    def at_start(self, error: StartError) -> None:
        """While the service starts: a daemon's launcher waits for a word by a pipe, and prints it."""
        if self._twistd.get("nodaemon", True):
            self._remove_pidfile()
            self.now(error)
        _log.critical("{why}", why=str(error))  # whole, in the log that the launcher points to
        pipe = self._twistd.get("statusPipe")
        if pipe is None:
            raise error
        # What twistd would do with an exception, without its class before the words and a traceback in the log.
        self._remove_pidfile()
        os.write(pipe, b"1 " + _short(str(error)))
        os.close(pipe)
        raise SystemExit(1)

    def _remove_pidfile(self) -> None:
        pidfile = self._twistd.get("pidfile")
        if pidfile:
            with suppress(OSError, ValueError):
                if int(Path(pidfile).read_text()) == os.getpid():
                    Path(pidfile).unlink()


PRINTED = 98
"""Bytes that a daemon's launcher prints of why it did not start."""


def _short(text: str) -> bytes:
    """The begin of `text`, in ASCII, cut between words."""
    whole = text.encode("ascii", "backslashreplace")
    if len(whole) <= PRINTED:
        return whole
    words = whole[: PRINTED - 3].rpartition(b" ")[0]
    return words + b" .." if words else whole[:PRINTED]


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


def _heed_signals(reactor: Any, service: ChatService, rehash: Rehash) -> None:
    def stop() -> None:
        try:
            reactor.stop()
        except ReactorNotRunning:  # it ends already, but not fast enough for somebody
            service.hurry()

    acts = {signal.SIGINT: stop, signal.SIGTERM: stop, signal.SIGHUP: rehash.quietly}
    service.before_opening = partial(hold_signals, acts)
    reactor.callWhenRunning(on_signals, reactor, acts)
