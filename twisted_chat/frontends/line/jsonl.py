"""JSON objects, one a line: the wire form that the server's JSON dialect and the bundled client share. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping

MAX_OBJECT = 32 * 1024
"""Bytes that one object from a client may have, line end not counted (docs/protocol.md)."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


class BadObject(ValueError):
    """The line is not a JSON object; the text says in a few words what is wrong with it."""


def _refuse_constant(name: str) -> object:
    raise BadObject(f"{name} is no JSON")


_decode = json.JSONDecoder(parse_constant=_refuse_constant).decode


def encode(fields: Mapping[str, object]) -> bytes:
    """One object as a line with its CR LF. Text must be free of lone surrogates."""
    return _encode(fields).encode() + b"\r\n"


def decode(line: bytes) -> dict[str, object]:
    """The object on a line without its end.

    Raises `BadObject` for whatever is no JSON object, be it nested too deeply or a number of 5,000 digits.
    """
    try:
        found = _decode(line.decode("utf-8", "replace"))
    except BadObject:
        raise
    except RecursionError:
        raise BadObject("nested too deeply") from None
    except json.JSONDecodeError as error:
        raise BadObject(f"no JSON: {error.msg} at character {error.pos}") from None
    except ValueError:
        raise BadObject("a number is too long") from None
    if not isinstance(found, dict):
        raise BadObject("an object is wanted")
    return found
