"""The command line of ``twisted-chat-admin``."""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from twisted_chat import __version__
from twisted_chat.admin import accounts, commands, making
from twisted_chat.core.durations import seconds_of

DATABASE = "chat.sqlite"
MOST_DAYS = 3650


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What was asked for: `run` is one of the functions in `commands`. SystemExit as argparse does."""
    parser = argparse.ArgumentParser(prog="twisted-chat-admin", description="Look after a Twisted Chat and its log.")
    parser.add_argument("--version", action="version", version=f"Twisted Chat {__version__}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)

    def other(name: str, run: Callable[[argparse.Namespace], int], does: str) -> argparse.ArgumentParser:
        found = subparsers.add_parser(name, help=does, description=does[0].upper() + does[1:] + ".")
        found.set_defaults(run=run, database="standard output")  # where what fails has no file's name
        return found

    def command(name: str, run: Callable[[argparse.Namespace], int], does: str) -> argparse.ArgumentParser:
        found = other(name, run, does)
        found.add_argument(
            "--database", metavar="FILE", type=Path, default=Path(DATABASE), help=f"the server's log ({DATABASE})"
        )
        return found

    export = command("export", commands.export, "write the log to standard output, beside a running server or not")
    export.add_argument("--room", metavar="#ROOM", help="only what was said there; else direct messages, too")
    export.add_argument(
        "--since", metavar="WHEN", type=_since, default=0, help="only what is not older: 7d, 12h, 2026-11-22 (UTC)"
    )
    export.add_argument(
        "--format", choices=("jsonl", "text"), default="jsonl", help="JSON lines for import, or text to read (jsonl)"
    )
    importing = command("import", commands.import_lines, "add exported JSON lines to a log that no server uses")
    importing.add_argument("file", metavar="FILE", help="what export wrote; - for standard input")
    backup = command("backup", commands.backup, "copy the log, beside a running server or not, and verify the copy")
    backup.add_argument("file", metavar="FILE", type=Path, help="where to; nothing may be there yet")
    check = command("check", commands.check, "look at all of the log; status 1 if something is wrong")
    check.add_argument("file", metavar="FILE", type=Path, nargs="?", help="another file than --database, say a backup")
    command("vacuum", commands.vacuum, "make the file as small as it can be, while no server uses it")
    command("accounts", accounts.listed, "list the accounts, beside a running server or not")
    password = command("password", accounts.set_password, "give an account another password, while no server runs")
    password.add_argument("name", metavar="NAME", help="whose; the password is asked for, or read from a pipe")
    remove = command("remove", accounts.remove, "end an account, while no server runs; its name is free then")
    remove.add_argument("name", metavar="NAME", help="whose")
    other("hash", making.hash_password, "print the hash of a password, which is asked for or read from a pipe")
    certificate = other("certificate", making.certificate, "make a private key, and a certificate that it has signed")
    certificate.add_argument(
        "--host", metavar="NAME", action="append",
        help=f"a name or an address that the server is reached by; several times ({', '.join(making.HOSTS)})",
    )  # fmt: skip
    certificate.add_argument("--days", metavar="N", type=_days, default=365, help="how long it is valid (365)")
    certificate.add_argument(
        "folder", metavar="FOLDER", type=Path, nargs="?", default=Path(),
        help=f"where to put {making.KEY} and {making.CERTIFICATE}; neither may be there (here)",
    )  # fmt: skip
    return parser.parse_args(arguments)


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= MOST_DAYS):
        raise argparse.ArgumentTypeError(f"{text} is no number of days from 1 to {MOST_DAYS}")
    return int(text)


def _since(text: str) -> int:
    """UTC in milliseconds."""
    seconds = seconds_of(text)
    if seconds is not None:
        return max(0, time.time_ns() // 1_000_000 - seconds * 1000)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        try:
            return max(0, int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000))
        except ValueError:
            pass  # the thirtieth of February
    raise argparse.ArgumentTypeError(f"{text} is neither a span such as 90s 45m 12h 7d 4w nor a day such as 2026-11-22")
