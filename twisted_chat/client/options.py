"""The command line of the client."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from twisted_chat import __version__
from twisted_chat.client.dialects import GOSSIP, ORIGINAL
from twisted_chat.client.troubles import reason

LINE = "line"
"""The dialect of our own server, at the door that is made for its clients."""
_LINE_PORT = 55555


@dataclass(frozen=True, slots=True)
class Target:
    """Which server, how to reach it, and where to go there: the same for every client of ours."""

    host: str
    port: int
    tls: bool
    ca: str | None
    rooms: tuple[str, ...]
    password_file: str | None
    plaintext_passwords: bool = False
    """Passwords of accounts may cross the net in clear."""
    dialect: str = LINE
    """What the server speaks: `LINE`, or a name in `dialects.ORIGINAL`."""

    @property
    def where(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for."""

    nick: str | None
    target: Target
    retry: bool
    reconnect: bool
    once: bool
    bell: bool
    times: bool
    plain: bool
    account_password_file: str | None = None


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text[:6]) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"a port is a number from 1 to 65535, not {text}")


def _host(text: str) -> str:
    if text.count(":") == 1:  # an IPv6 address has more of them
        host, _, port = text.partition(":")
        raise argparse.ArgumentTypeError(f"the port goes to --port: --host {host or 'HOST'} --port {port or 'PORT'}")
    return text


def add_target(parser: argparse.ArgumentParser) -> None:
    """The arguments that a `Target` is made of."""
    add = parser.add_argument
    add("--host", type=_host, default="127.0.0.1", help="where the server is (%(default)s)")
    port = f"the server's port ({_LINE_PORT}, with --dialect gossip {GOSSIP.port})"
    add("--port", type=_port, help=port)
    means = "what the server speaks (%(default)s): the others are those of the two original programs"
    add("--dialect", choices=(LINE, *ORIGINAL), default=LINE, help=means)
    add("--tls", action="store_true", help="encrypt, and verify the server's certificate")
    add("--ca", metavar="FILE", help="trust the PEM certificates in FILE, not the system's; means --tls")
    add("--room", metavar="#ROOM", action="append", default=[], help="be in this room, too; talk in the first")
    add("--password-file", metavar="FILE", help="the server's password is the first line of FILE")
    clear = "let passwords of accounts cross the net in clear, where the server takes them so"
    add("--allow-plaintext-passwords", action="store_true", help=clear)
    parser.set_defaults(refuse=parser.error)  # Some arguments go together with others only: see `target`.


def target(found: argparse.Namespace) -> Target:
    """Raises SystemExit after a usage error, as argparse does."""
    original = ORIGINAL.get(found.dialect)
    if original is not None:
        for name, given in (("--room", found.room), ("--password-file", found.password_file is not None)):
            if given:
                found.refuse(f"{name} can't be had with --dialect {original.name}")
    return Target(
        host=found.host,
        port=found.port or (original.port if original is not None else _LINE_PORT),
        tls=found.tls or found.ca is not None,
        ca=found.ca,
        rooms=tuple(found.room),
        password_file=found.password_file,
        plaintext_passwords=found.allow_plaintext_passwords,
        dialect=found.dialect,
    )


class AddressError(ValueError):
    """A host or a port, as `part` says, that can't be meant; the text says why."""

    def __init__(self, part: str, words: str) -> None:
        super().__init__(words)
        self.part = part


def at(target: Target, host: str, port: str) -> Target:
    """The same, at an address that somebody typed. Raises `AddressError`."""
    try:
        number = _port(port.strip())
    except argparse.ArgumentTypeError as error:
        raise AddressError("port", str(error)) from None
    if not host.strip() or len(host.split()) > 1 or not host.isprintable():
        raise AddressError("host", "a host is a name or an address, without blanks")
    try:
        return replace(target, host=_host(host.strip()), port=number)
    except argparse.ArgumentTypeError as error:
        raise AddressError("host", str(error)) from None


class PasswordError(ValueError):
    """A password can't be read; the text says why."""


def server_password(target: Target) -> str | None:
    """The server's password, if there is a file of it. Raises `PasswordError`."""
    return None if target.password_file is None else _first_line(target.password_file)


def account_password(options: Options) -> str | None:
    """The nickname's, if there is a file of it. Raises `PasswordError`."""
    if options.account_password_file is None:
        return None
    password = _first_line(options.account_password_file)
    if not password:
        raise PasswordError(f"the first line of {options.account_password_file} is empty; it should be the password")
    return password


def _first_line(name: str) -> str:
    try:
        return Path(name).read_text("utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, ValueError) as error:
        raise PasswordError(f"the password can't be read from {name}: {reason(error)}") from None


def parse(arguments: Sequence[str] | None) -> Options:
    """Raises SystemExit after a usage error or ``--help``, as argparse does."""
    parser = argparse.ArgumentParser(
        prog="twisted-chat",
        description="Talk in a Twisted Chat: on a terminal, or in a pipe.",
        epilog="Ctrl-C, Ctrl-D or /quit leaves, /help lists the commands of the server.",
    )
    add = parser.add_argument
    add("nick", metavar="NICK", nargs="?", help="your nickname; asked for on a terminal")
    add_target(parser)
    means = (
        "the password of your nickname's account is the first line of FILE, which nobody else should be able to read"
    )
    add("--account-password-file", metavar="FILE", help=means)
    add("--retry", action="store_true", help="wait for a server that does not answer yet")
    add("--no-reconnect", action="store_true", help="end when the connection is lost")
    add("--once", action="store_true", help="send standard input, print refusals only, end; status 1 if any")
    add("--bell", action="store_true", help="ring when you are mentioned or addressed")
    add("--no-times", action="store_true", help="print no times")
    add("--plain", action="store_true", help="no line editing: lines in, lines out")
    add("--version", action="version", version=f"Twisted Chat {__version__}")
    found = parser.parse_args(arguments)
    if found.nick is not None and not found.nick.strip():
        parser.error("a nickname has at least one character")
    if found.account_password_file is not None and found.dialect in ORIGINAL:
        parser.error(f"--account-password-file can't be had with --dialect {found.dialect}")
    return Options(
        nick=found.nick.strip() if found.nick is not None else None,
        target=target(found),
        retry=found.retry,
        reconnect=not found.no_reconnect,
        once=found.once,
        bell=found.bell,
        times=not found.no_times,
        plain=found.plain,
        account_password_file=found.account_password_file,
    )
