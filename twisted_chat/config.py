"""The TOML file of ``twistd chat``: the options under their own names, and who the operators are."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, cast

from twisted.python import usage

from twisted_chat.accounts.passwords import check_secret, is_hash
from twisted_chat.core.errors import BadPassword
from twisted_chat.core.names import fold
from twisted_chat.core.text import clean

OPERATORS = "operators"
MAX_NAME = 60


def read_text(path: str) -> str:
    """Raises `UsageError`, as everything here does: one line that names the file."""
    try:
        return Path(path).read_text("utf-8")
    except OSError as error:
        raise usage.UsageError(f"can't read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise usage.UsageError(f"{path} is not UTF-8 text") from None


def from_file(path: str, options: Collection[str], lists: Collection[str], flags: Collection[str]) -> dict[str, Any]:
    """The `options` in a TOML file, as the texts that the command line would have given; of `lists` as lists of texts.

    `flags` are true or false, and `OPERATORS`, if it is there, is a dict of names and secrets.
    """
    try:
        found = tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise usage.UsageError(f"{path}: {error}") from None
    except RecursionError:
        raise usage.UsageError(f"{path}: too many brackets within brackets") from None
    except ValueError:  # all that the parser lets through of Python's own
        raise usage.UsageError(f"{path}: a number in it is too long") from None
    names = (*options, *flags, OPERATORS)
    for name, value in found.items():
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
            hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(names)}"
            raise usage.UsageError(f"{path}: unknown key {name[:MAX_NAME]!r}{hint}")
        if name == OPERATORS:
            found[name] = _operators(path, value)
        elif name in flags:
            if not isinstance(value, bool):
                raise usage.UsageError(f"{path}: {name} must be true or false")
        else:
            found[name] = _texts(path, name, value) if name in lists else _text(path, name, value)
    return found


def _texts(path: str, name: str, value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    if not values:
        raise usage.UsageError(f"{path}: {name} is an empty list")
    return [_text(path, name, each) for each in values]


def _text(path: str, name: str, value: object) -> str:
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise usage.UsageError(f"{path}: {name} must be a text or a number")
    if isinstance(value, str) and "\0" in value:
        raise usage.UsageError(f"{path}: {name} must not hold a NUL character")
    try:
        return str(cast(object, value))
    except ValueError:  # a hexadecimal one may be longer than what can be written out
        raise usage.UsageError(f"{path}: {name} is too long a number") from None


def _operators(path: str, table: object) -> Mapping[str, str]:
    if not isinstance(table, dict):
        raise usage.UsageError(f"{path}: {OPERATORS} must be a table with a name and a secret on each line")
    keys: set[str] = set()
    for name, secret in table.items():
        place = f"{path}: {OPERATORS}: {clean(name)[:MAX_NAME]!r}"
        if not name or len(name) > MAX_NAME or len(name.split()) != 1 or clean(name) != name:
            raise usage.UsageError(f"{place} must be a word of 1 to {MAX_NAME} characters")
        if fold(name) in keys:
            raise usage.UsageError(f"{place} is there twice")
        keys.add(fold(name))
        if not isinstance(secret, str):
            raise usage.UsageError(f"{place} must be a text: what twisted-chat-admin hash prints")
        try:
            check_secret(secret)
        except BadPassword as error:
            raise usage.UsageError(f"{place}: {error}") from None
        if not is_hash(secret) and others_can_read(path):
            raise usage.UsageError(f"{place}: others can read this password; chmod 600 {path}, or put its hash there")
    return table


def others_can_read(path: str) -> bool:
    """Whether anybody but its owner may do anything with a file."""
    return bool(Path(path).stat().st_mode & 0o077)
