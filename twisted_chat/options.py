"""The options of ``twistd chat``: from the command line, and from a TOML file with the same names."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from twisted.python import usage

from twisted_chat import __version__
from twisted_chat.accounts.tries import BACKOFF, Backoff
from twisted_chat.accounts.tries import MEMORY as TRIES_MEMORY
from twisted_chat.config import from_file, read_text
from twisted_chat.core.chat import REGISTRATIONS, Registration
from twisted_chat.core.durations import UNITS, seconds_of
from twisted_chat.core.errors import BadRoom
from twisted_chat.core.limits import Limits
from twisted_chat.core.names import parse_room
from twisted_chat.core.prices import Prices
from twisted_chat.core.rooms import LOBBY
from twisted_chat.core.text import MAX_TEXT, clean
from twisted_chat.frontends.strangers import UNNAMED, Bound
from twisted_chat.frontends.throttle import Rate
from twisted_chat.journal.retention import FOREVER, Retention

DEFAULT_PORT = "tcp:55555"
DEFAULT_RATE = Rate(20, 5.0)
BACKLOG = ":backlog=1024"
"""Twisted's own queue of 50 overflows when a class comes in at once."""

PROXIED = "haproxy:"
"""Before an endpoint's description: a proxy is in front of it, which says whose each connection is."""

MAX_MOTD_LINES = 100
DAY = UNITS["d"]

MEMORY = "memory:"
"""In place of a database file: a log that ends with the service."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the service runs with: every option, read and checked.

    `ports`, `tutorial` and `gossip` are Twisted server endpoint descriptions: of the line door, and of the unframed
    ones, whose people are in `room`. `rate` None: no limit. `max_connections` None: what the system allows.
    `max_per_address`, `new_per_address` None: the default, with loopback exempt. `database` is a file's path, or
    `MEMORY`. `operators`: names, each with an argon2id hash or a password.
    """

    ports: tuple[str, ...] = (DEFAULT_PORT,)
    tutorial: tuple[str, ...] = ()
    gossip: tuple[str, ...] = ()
    auth: tuple[str, ...] = ()
    room: str = LOBBY
    name: str = "Twisted Chat"
    motd: tuple[str, ...] = ()
    password: str | None = None
    rate: Rate | None = DEFAULT_RATE
    max_connections: int | None = None
    max_per_address: int | None = None
    new_per_address: int | None = None
    max_unnamed: Bound = UNNAMED
    naming_time: int = 60
    change_price: int = Prices().change
    repeat_price: int = Prices().repeat
    max_text: int = Limits().text
    max_rooms: int = Limits().rooms
    rooms_per_person: int = Limits().rooms_of_one
    registrations: int = REGISTRATIONS.times
    login_tries: int = BACKOFF.free
    login_wait: int = BACKOFF.longest
    history: int = 20
    registration: Registration = Registration.OPEN
    allow_plaintext_passwords: bool = False
    database: str = "chat.sqlite"
    retention: Retention = FOREVER
    log_size: int = 10_000
    operators: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def limits(self) -> Limits:
        return Limits(self.max_text, self.max_rooms, self.rooms_per_person)

    @property
    def backoff(self) -> Backoff:
        return Backoff(self.login_tries, self.login_wait)

    def check(self, allowed: int | None) -> None:
        """Raise `UsageError` for what does not go together, or with so many connections as the system allows."""
        most = self.connections(allowed)
        if allowed is not None and most > allowed:
            raise usage.UsageError(f"--max-connections {most}: the system allows {allowed} (ulimit -n, less a few)")
        if self.auth and self.registration is Registration.OPEN:
            raise usage.UsageError(
                "--auth wants --registration closed or operator: else guests register the names it vouches for"
            )

    def connections(self, allowed: int | None) -> int:
        """How many there may be in all, where the system allows so many; None where that is not known."""
        return self.max_connections or allowed or 1_000


def _one_line(value: str) -> str:
    text = clean(value).strip()
    if not 1 <= len(text) <= 60:
        raise usage.UsageError("must have 1 to 60 characters")
    return text


def _registration(value: str) -> Registration:
    try:
        return Registration(value.strip().lower())
    except ValueError:
        choices = ", ".join(each.value for each in Registration)
        raise usage.UsageError(f"must be one of {choices}, not {value!r}") from None


def _room(value: str) -> str:
    try:
        return parse_room(value).text
    except BadRoom as error:
        raise usage.UsageError(f"must be a room such as {LOBBY}: {error}") from None


def _number(least: int, most: int | None = None) -> Callable[[str], int]:
    def parse(value: str) -> int:
        number = int(value) if value.isascii() and value.isdigit() and len(value) < 10 else -1
        if number < least or (most is not None and number > most):
            to = "" if most is None else f" to {most}"
            raise usage.UsageError(f"must be a whole number from {least}{to}, not {value!r}")
        return number

    return parse


def _rate(value: str) -> Rate | None:
    if value.strip().lower() == "off":
        return None
    burst, _, per_second = value.partition(",")
    try:
        rate = Rate(int(burst), float(per_second))
    except ValueError:
        rate = Rate(0, 0.0)
    if not (1 <= rate.burst <= 1_000_000 and 0.01 <= rate.per_second <= 1_000_000):
        raise usage.UsageError(f'must be "BURST,PER_SECOND" such as "20,5", or "off", not {value!r}')
    return rate


def _bound(value: str) -> Bound:
    parts = value.split(":")
    if len(parts) == 3 and all(each.isascii() and each.isdigit() and len(each) < 8 for each in parts):
        start, percent, most = map(int, parts)
        if 1 <= start <= most and percent <= 100:
            return Bound(start, percent, most)
    raise usage.UsageError(f'must be "START:PERCENT:MOST" such as "200:30:1000", not {value!r}')


def _motd(value: str) -> tuple[str, ...]:
    lines = [clean(line).rstrip()[:MAX_TEXT] for line in read_text(value).rstrip("\n").split("\n")]
    if len(lines) > MAX_MOTD_LINES:
        raise usage.UsageError(f"{value} has more than {MAX_MOTD_LINES} lines")
    return tuple(lines)


def _password(value: str) -> str:
    password = read_text(value).split("\n")[0].rstrip("\r")
    if not password:
        raise usage.UsageError(f"the first line of {value} is empty; it should be the password")
    return password


def _database(value: str) -> str:
    if not value or (value.endswith(":") and value != MEMORY) or value == MEMORY.rstrip(":"):
        raise usage.UsageError(f"must be the path of a file, or {MEMORY}, not {value!r}")
    return value


def _retention(value: str) -> Retention:
    text = value.strip().lower()
    if text == "forever":
        return FOREVER
    if text.isascii() and text.isdigit() and 1 <= len(text) < 10 and int(text):
        return Retention(lines=int(text))
    seconds = seconds_of(text)
    if seconds is None or seconds < DAY:
        raise usage.UsageError(
            f'must be days from "1d" on, lines of each room such as "10000", or "forever", not {value!r}'
        )
    return Retention(seconds=seconds)


@dataclass(frozen=True, slots=True)
class _Option:
    """One option: its name (in `Settings` too, unless `setting` says otherwise), how to read it, its help.

    `is_file`: its value is the path of one, which is read.
    """

    name: str
    parse: Callable[[str], object]
    help: str
    setting: str = ""
    short: str | None = None
    is_file: bool = False

    @property
    def field(self) -> str:
        return self.setting or self.name.replace("-", "_")


OPTIONS: tuple[_Option, ...] = (
    _Option("name", _one_line, "What the server calls itself. [default: Twisted Chat]"),
    _Option("motd", _motd, "A text FILE that newcomers are shown.", is_file=True),
    _Option(
        "password-file", _password, "A FILE whose first line everybody must know to get in.", "password", is_file=True
    ),
    _Option("rate", _rate, 'Lines that one may send at once, and a second; or "off". [default: 20,5]'),
    _Option("max-connections", _number(1), "Connections in all. [default: what the system allows]"),
    _Option("max-per-address", _number(1), "Connections from one address. [default: 16, loopback exempt]"),
    _Option("new-per-address", _number(1), "New ones in 10 minutes. [default: 32, loopback exempt]"),
    _Option("max-unnamed", _bound, "Connections without a name, START:PERCENT:MOST. [default: 200:30:1000]"),
    _Option("naming-time", _number(1), "Seconds until one must have a name. [default: 60]"),
    _Option("change-price", _number(1), "Lines that a join, rename, topic, /away, password counts for. [default: 5]"),
    _Option("repeat-price", _number(1), "Lines that the same words again count for. [default: 5]"),
    _Option("max-text", _number(1, MAX_TEXT), f"Characters of one text. [default: {MAX_TEXT}, which is the most]"),
    _Option("max-rooms", _number(1), "Rooms on the server, a fifth for accounts alone. [default: 10000]"),
    _Option("rooms-per-person", _number(1), "Rooms that one may be in at the same time. [default: 50]"),
    _Option(
        "registrations-per-address",
        _number(1),
        "Accounts made from one address in 10 minutes. [default: 3, loopback exempt]",
        "registrations",
    ),
    _Option("login-tries", _number(1), "Passwords that may be wrong before one has to wait. [default: 5]"),
    _Option(
        "login-wait", _number(1, TRIES_MEMORY), "Seconds that one waits between two of them at most. [default: 300]"
    ),
    _Option("history", _number(0), "Lines shown on joining a room. [default: 20]"),
    _Option("database", _database, 'The FILE of the log, or "memory:" to keep nothing. [default: chat.sqlite]'),
    _Option("retention", _retention, 'How long lines are kept ("90d"), or how many of each room. [default: forever]'),
    _Option("registration", _registration, "Who may make an account: open, closed or operator. [default: open]"),
    _Option("room", _room, "The room of who comes by --tutorial or --gossip. [default: #lobby]"),
    _Option("log-size", _number(1), "Lines of each room kept with --database memory:. [default: 10000]"),
)
_BY_NAME = {option.name: option for option in OPTIONS}
_DOORS = {"port": "ports", "tutorial": "tutorial", "gossip": "gossip"}
_SEVERAL = {**_DOORS, "auth": "auth"}
"""The options that may be given several times, each with its setting."""

FLAGS: dict[str, str] = {"allow-plaintext-passwords": "Let passwords cross the net in clear."}

_NAMES = (*_SEVERAL, *_BY_NAME)


def name_of(setting: str) -> str:
    """By which option a field of `Settings` is set."""
    names = {field: name for name, field in _SEVERAL.items()} | {option.field: option.name for option in OPTIONS}
    return names.get(setting, setting.replace("_", "-"))


class Options(usage.Options):
    """What twistd parses. `settings` holds the result."""

    synopsis = "[options]"
    longdesc = (
        "A chat server. People enter it with nc, telnet or python -m twisted_chat.client. "
        "Every option may stand in the --config file instead, under the same name."
    )
    optParameters = [
        *([option.name, option.short, None, option.help] for option in OPTIONS),
        ["config", "c", None, "A TOML FILE with these options; the command line wins."],
    ]
    optFlags = [[name, None, text] for name, text in FLAGS.items()]

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._several: dict[str, list[str]] = {}
        self.settings = Settings()

    def opt_port(self, value: str) -> None:
        """A port number, or a Twisted server endpoint such as tcp:55555:interface=127.0.0.1 or
        ssl:55556:privateKey=key.pem:certKey=cert.pem. May be given several times. [default: tcp:55555]
        """
        self._several.setdefault("port", []).append(value)

    opt_p = opt_port

    def opt_tutorial(self, value: str) -> None:
        """A port number or an endpoint for the tutorial's terminal client, which frames nothing. [default: none]"""
        self._several.setdefault("tutorial", []).append(value)

    def opt_gossip(self, value: str) -> None:
        """The same for the window client 'Gossip..!'. [default: none]"""
        self._several.setdefault("gossip", []).append(value)

    def opt_auth(self, value: str) -> None:
        """A checker of Twisted's that vouches for names and passwords, such as file:chat.passwd. [default: none]"""
        self._several.setdefault("auth", []).append(value)

    def opt_version(self) -> None:
        """Display the version and exit."""
        print(f"Twisted Chat {__version__}")
        raise SystemExit(0)

    def parseArgs(self, *rest: str) -> None:
        if rest:
            raise usage.UsageError(f"{rest[0]!r} is no option; options begin with --, and there is nothing else")

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """As twistd calls it; what is wrong is one line on standard error and exit status 2."""
        try:
            super().parseOptions(options)  # type: ignore[no-untyped-call]
        except usage.UsageError as error:
            sys.stderr.write(f"twistd chat: {error}\n")
            raise SystemExit(2) from None

    def postOptions(self) -> None:
        self._folder = Path.cwd()
        self.settings = self._read("")

    def read_again(self) -> Settings:
        """What the command line and the files, as they are now, ask for. Raises `UsageError`.

        Paths are meant from where twistd was started, wherever it has gone since.
        """
        return self._read(str(self._folder))

    def _read(self, folder: str) -> Settings:
        config = None if self["config"] is None else str(Path(folder, self["config"]))
        typed: dict[str, Any] = {option.name: self[option.name] for option in OPTIONS if self[option.name] is not None}
        typed.update(self._several)
        typed.update({name: True for name in FLAGS if self[name]})
        given = {**(from_file(config, _NAMES, _SEVERAL, FLAGS) if config is not None else {}), **typed}
        found: dict[str, Any] = {}
        for name, value in given.items():
            try:
                if name in _DOORS:
                    found[_DOORS[name]] = tuple(endpoint_description(each) for each in value)
                elif name in _SEVERAL:
                    found[_SEVERAL[name]] = tuple(value)
                elif name in _BY_NAME:
                    option = _BY_NAME[name]
                    found[option.field] = option.parse(str(Path(folder, value)) if option.is_file else value)
                else:
                    found[name.replace("-", "_")] = value
            except usage.UsageError as error:
                place = f"--{name}" if name in typed else f"{config}: {name}"
                raise usage.UsageError(f"{place} {error}") from None
        assert found.keys() <= {field.name for field in fields(Settings)}
        settings = Settings(**found)
        if "port" not in given:
            _refuse_the_default_port(settings)
        return settings


def _refuse_the_default_port(settings: Settings) -> None:
    """Who takes the tutorial's server's place asks for its port, which is the line door's unless told otherwise."""
    for name in ("tutorial", "gossip"):
        for description in getattr(settings, name):
            if description.startswith(f"{DEFAULT_PORT}:"):
                raise usage.UsageError(f"--{name} {DEFAULT_PORT}: the line door has that port; --port gives it another")


def endpoint_description(value: str) -> str:
    """A port number as an endpoint; with room in the queue for many that connect at once."""
    description = value.strip()
    if description.isascii() and description.isdigit():
        if int(description[:6]) > 65535:
            raise usage.UsageError(f"{description}: a port is a number up to 65535")
        description = f"tcp:{description}"
    if (
        description.removeprefix(PROXIED).startswith(("tcp:", "tcp6:", "ssl:", "unix:"))
        and ":backlog=" not in description
    ):
        description += BACKLOG
    return description
