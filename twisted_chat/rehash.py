"""Taking up a changed configuration and new certificates while everybody stays: all of it, or with a fault nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from typing import Any

from twisted.logger import Logger
from twisted.python import usage

from twisted_chat.accounts.operators import KnownOperators
from twisted_chat.accounts.tries import Tries
from twisted_chat.core.chat import Chat
from twisted_chat.core.errors import BadRequest
from twisted_chat.frontends.admission import Admission
from twisted_chat.frontends.door import DoorFactory
from twisted_chat.options import Settings, name_of
from twisted_chat.tls import Certificates, why_not

_log = Logger()


@dataclass(frozen=True, slots=True)
class Running:
    """What runs by the settings. `allowed`: connections that the system allows; None where that is not known."""

    chat: Chat
    operators: KnownOperators
    admission: Admission
    doors: Sequence[DoorFactory]
    certificates: Sequence[Certificates]
    allowed: int | None
    tries: Sequence[Tries] = ()


def _set(field: str, name: str) -> Callable[[Running, Settings], None]:
    return lambda running, settings: setattr(running.chat, name, getattr(settings, field))


def _set_doors(field: str) -> Callable[[Running, Settings], None]:
    def take(running: Running, settings: Settings) -> None:
        for door in running.doors:
            setattr(door, field, getattr(settings, field))

    return take


def _connections(running: Running, settings: Settings) -> None:
    most = settings.connections(running.allowed)
    running.admission.limit(most, settings.max_per_address, settings.max_unnamed.within(most))


def _backoff(running: Running, settings: Settings) -> None:
    for tries in running.tries:
        tries.backoff = settings.backoff


def _operators(running: Running, settings: Settings) -> None:
    running.chat.helm.operators_changed(running.operators.replace(settings.operators))


LIVE: dict[str, Callable[[Running, Settings], None]] = {
    "name": _set("name", "name"),
    "motd": _set("motd", "motd"),
    "history": _set("history", "history_lines"),
    "registration": _set("registration", "registration"),
    "allow_plaintext_passwords": _set("allow_plaintext_passwords", "plaintext_passwords"),
    "operators": _operators,
    "rate": _set_doors("rate"),
    "password": _set_doors("password"),
    "max_connections": _connections,
    "max_per_address": _connections,
    "max_unnamed": _connections,
    "max_text": _set("limits", "limits"),
    "max_rooms": _set("limits", "limits"),
    "rooms_per_person": _set("limits", "limits"),
    "login_tries": _backoff,
    "login_wait": _backoff,
}
"""How each setting that can change while the service runs is taken up. All others want a restart."""


class Rehash:
    """Compares what runs with what the configuration says now. `read` gives that, or raises `UsageError`."""

    def __init__(self, settings: Settings, read: Callable[[], Settings], running: Running) -> None:
        self._settings = settings
        self._read = read
        self._running = running

    def now(self) -> str:
        """One line that says what changed, and what needs a restart. Raises `BadRequest`, and then nothing changed."""
        try:
            outcome = self._take()
        except usage.UsageError as error:
            _log.warn("the configuration was read anew, and nothing is changed: {why}", why=str(error))
            raise BadRequest(str(error)) from None
        _log.info("the configuration was read anew; {outcome}", outcome=outcome)
        return outcome

    def quietly(self) -> None:
        """The same for who reads the log alone."""
        with suppress(BadRequest):  # which is in the log
            self.now()

    def _take(self) -> str:
        running = self._running
        wanted = self._read()
        for auth in (wanted.auth, self._settings.auth):  # what is asked for, and what goes on until a restart
            replace(wanted, auth=auth).check(running.allowed)
        read = [(each, _certificate(each)) for each in running.certificates]
        changed = [
            field.name
            for field in fields(Settings)
            if getattr(self._settings, field.name) != getattr(wanted, field.name)
        ]
        live: dict[str, Any] = {name: getattr(wanted, name) for name in changed if name in LIVE}
        for name in live:
            LIVE[name](running, wanted)
        self._settings = replace(self._settings, **live)
        taken = [name_of(name) for name in live]
        for certificates, found in read:
            if found is not None:
                certificates.take(found)
                taken.append(f"the certificate of {certificates.shown}")
        waiting = [name_of(name) for name in changed if name not in LIVE]
        told = [f"changed: {', '.join(taken)}"] if taken else []
        told += [f"needs a restart: {', '.join(waiting)}"] if waiting else []
        return "; ".join(told) or "nothing has changed"


def _certificate(certificates: Certificates) -> tuple[Any, object] | None:
    try:
        return certificates.read()
    except Exception as error:
        # Without the endpoint: an answer is short, and this names the file.
        raise usage.UsageError(why_not(error, certificates.shown).removeprefix(": ")) from None
