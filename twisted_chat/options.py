"""The options of ``twistd chat``: from the command line, and from a TOML file with the same names."""

from __future__ import annotations

import difflib
import sys
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, cast

from twisted.python import usage

from twisted_chat import __version__
from twisted_chat.core.chat import REGISTRATIONS, Registration
from twisted_chat.core.durations import UNITS, seconds_of
from twisted_chat.core.errors import BadRoom
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
    `MEMORY`.
    """

    ports: tuple[str, ...] = (DEFAULT_PORT,)
    tutorial: tuple[str, ...] = ()
    gossip: tuple[str, ...] = ()
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
    registrations: int = REGISTRATIONS.times
    history: int = 20
    registration: Registration = Registration.OPEN
    allow_plaintext_passwords: bool = False
    database: str = "chat.sqlite"
    retention: Retention = FOREVER
    log_size: int = 10_000


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


def _flag(value: str) -> bool:
    found = {"yes": True, "no": False}.get(value.strip().lower())
    if found is None:
        raise usage.UsageError(f'must be "yes" or "no", not {value!r}')
    return found


def _room(value: str) -> str:
    try:
        return parse_room(value).text
    except BadRoom as error:
        raise usage.UsageError(f"must be a room such as {LOBBY}: {error}") from None


def _number(least: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not (value.isascii() and value.isdigit() and len(value) < 10) or int(value) < least:
            raise usage.UsageError(f"must be a whole number from {least}, not {value!r}")
        return int(value)

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


def _read(value: str) -> str:
    try:
        return Path(value).read_text("utf-8")
    except OSError as error:
        raise usage.UsageError(f"can't read {value}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise usage.UsageError(f"{value} is not UTF-8 text") from None


def _motd(value: str) -> tuple[str, ...]:
    lines = [clean(line).rstrip()[:MAX_TEXT] for line in _read(value).rstrip("\n").split("\n")]
    if len(lines) > MAX_MOTD_LINES:
        raise usage.UsageError(f"{value} has more than {MAX_MOTD_LINES} lines")
    return tuple(lines)


def _password(value: str) -> str:
    password = _read(value).split("\n")[0].rstrip("\r")
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
    """One option: its name (in `Settings` too, unless `setting` says otherwise), how to read it, its help."""

    name: str
    parse: Callable[[str], object]
    help: str
    setting: str = ""
    short: str | None = None

    @property
    def field(self) -> str:
        return self.setting or self.name.replace("-", "_")


OPTIONS: tuple[_Option, ...] = (
    _Option("name", _one_line, "What the server calls itself. [default: Twisted Chat]"),
    _Option("motd", _motd, "A text FILE that newcomers are shown."),
    _Option("password-file", _password, "A FILE whose first line everybody must know to get in.", "password"),
    _Option("rate", _rate, 'Lines that one may send at once, and a second; or "off". [default: 20,5]'),
    _Option("max-connections", _number(1), "Connections in all. [default: what the system allows]"),
    _Option("max-per-address", _number(1), "Connections from one address. [default: 16, loopback exempt]"),
    _Option("new-per-address", _number(1), "New ones in 10 minutes. [default: 32, loopback exempt]"),
    _Option("max-unnamed", _bound, "Connections without a name, START:PERCENT:MOST. [default: 200:30:1000]"),
    _Option("naming-time", _number(1), "Seconds until one must have a name. [default: 60]"),
    _Option("change-price", _number(1), "Lines that a join, part, rename, topic or /away counts for. [default: 5]"),
    _Option("repeat-price", _number(1), "Lines that the same words again count for. [default: 5]"),
    _Option(
        "registrations-per-address",
        _number(1),
        "Accounts made from one address in 10 minutes. [default: 3, loopback exempt]",
        "registrations",
    ),
    _Option("history", _number(0), "Lines shown on joining a room. [default: 20]"),
    _Option("database", _database, 'The FILE of the log, or "memory:" to keep nothing. [default: chat.sqlite]'),
    _Option("retention", _retention, 'How long lines are kept ("90d"), or how many of each room. [default: forever]'),
    _Option("registration", _registration, "Who may make an account: open, closed or operator. [default: open]"),
    _Option("allow-plaintext-passwords", _flag, 'Whether passwords may cross the net in clear ("yes"). [default: no]'),
    _Option("room", _room, "The room of who comes by --tutorial or --gossip. [default: #lobby]"),
    _Option("log-size", _number(1), "Lines of each room kept with --database memory:. [default: 10000]"),
)
_BY_NAME = {option.name: option for option in OPTIONS}
_DOORS = {"port": "ports", "tutorial": "tutorial", "gossip": "gossip"}
"""The options that may be given several times, each with its setting."""

_NAMES = (*_DOORS, *_BY_NAME)


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

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._doors: dict[str, list[str]] = {}
        self.settings = Settings()

    def opt_port(self, value: str) -> None:
        """A port number, or a Twisted server endpoint such as tcp:55555:interface=127.0.0.1 or
        ssl:55556:privateKey=key.pem:certKey=cert.pem. May be given several times. [default: tcp:55555]
        """
        self._doors.setdefault("port", []).append(value)

    opt_p = opt_port

    def opt_tutorial(self, value: str) -> None:
        """A port number or an endpoint for the tutorial's terminal client, which frames nothing. [default: none]"""
        self._doors.setdefault("tutorial", []).append(value)

    def opt_gossip(self, value: str) -> None:
        """The same for the window client 'Gossip..!'. [default: none]"""
        self._doors.setdefault("gossip", []).append(value)

    def opt_version(self) -> None:
        """Display the version and exit."""
        print(f"Twisted Chat {__version__}")
        raise SystemExit(0)

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """As twistd calls it; what is wrong is one line on standard error and exit status 2."""
        try:
            super().parseOptions(options)  # type: ignore[no-untyped-call]
        except usage.UsageError as error:
            sys.stderr.write(f"twistd chat: {error}\n")
            raise SystemExit(2) from None

    def postOptions(self) -> None:
        config = self["config"]
        typed: dict[str, Any] = {option.name: self[option.name] for option in OPTIONS if self[option.name] is not None}
        typed.update(self._doors)
        given = {**(_from_file(config) if config is not None else {}), **typed}
        found: dict[str, Any] = {}
        for name, value in given.items():
            try:
                if name in _DOORS:
                    found[_DOORS[name]] = tuple(endpoint_description(each) for each in value)
                else:
                    found[_BY_NAME[name].field] = _BY_NAME[name].parse(value)
            except usage.UsageError as error:
                place = f"--{name}" if name in typed else f"{config}: {name}"
                raise usage.UsageError(f"{place} {error}") from None
        assert found.keys() <= {field.name for field in fields(Settings)}
        self.settings = Settings(**found)
        if "port" not in given:
            _refuse_the_default_port(self.settings)


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
    if description.startswith(("tcp:", "tcp6:", "ssl:", "unix:")) and ":backlog=" not in description:
        description += BACKLOG
    return description


def _from_file(path: str) -> dict[str, Any]:
    """The options in a TOML file, as the texts that the command line would have given."""
    try:
        found = tomllib.loads(_read(path))
    except tomllib.TOMLDecodeError as error:
        raise usage.UsageError(f"{path}: {error}") from None
    for name, value in found.items():
        if name not in _NAMES:
            near = difflib.get_close_matches(name, _NAMES, n=1, cutoff=0.4)
            hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(_NAMES)}"
            raise usage.UsageError(f"{path}: unknown key {name!r}{hint}")
        values = value if name in _DOORS and isinstance(value, list) else [value]
        if not values:
            raise usage.UsageError(f"{path}: {name} is an empty list")
        if not all(isinstance(each, str | int) and not isinstance(each, bool) for each in values):
            raise usage.UsageError(f"{path}: {name} must be a text or a number")
        found[name] = [str(each) for each in values] if name in _DOORS else str(cast(object, value))
    return found
