"""What a program may send at the line port: the table of requests, their keys and values (docs/protocol.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict, cast

from twisted_chat.core.errors import BadRequest, NeedText
from twisted_chat.core.feed import PAGE
from twisted_chat.core.session import MAX_CLIENT_ID
from twisted_chat.core.text import clean, shortened

if TYPE_CHECKING:
    from twisted_chat.core.session import Session

Fields = Mapping[str, object]
MAX_SEQ = 2**63 - 1
MAX_CLIENT = 64
LIMIT = 20
"""Events of a history that asks for no number, where the server shows none on joining."""


def _text(value: object) -> bool:
    return isinstance(value, str)


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_SEQ


def _count(value: object) -> bool:
    return _number(value) and value != 0


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _mark(value: object) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= MAX_CLIENT_ID and value.isprintable()


_WANTED: dict[Callable[[object], bool], str] = {
    _text: "a string",
    _flag: "true or false",
    _number: "a whole number from 0",
    _count: "a whole number from 1",
    _texts: "a list of strings",
    _mark: f"a string of 1 to {MAX_CLIENT_ID} printable characters",
}


@dataclass(frozen=True, slots=True)
class Request:
    """One type of object: what each key must be, and which keys it must have."""

    keys: Mapping[str, Callable[[object], bool]]
    needed: tuple[str, ...] = ()


REQUESTS: dict[str, Request] = {
    "hello": Request(
        {
            "nick": _text, "resume": _text, "since": _number, "log": _text, "rooms": _texts, "server_password": _text,
            "client": _text, "password": _text,
        },
        ("nick",),
    ),
    "say": Request({"room": _text, "to": _text, "text": _text, "action": _flag}, ("text",)),
    "join": Request({"room": _text, "key": _text}, ("room",)),
    "part": Request({"room": _text, "reason": _text}, ("room",)),
    "history": Request({"room": _text, "before": _number, "after": _number, "limit": _count}, ("room",)),
    "search": Request({"text": _text, "limit": _count}, ("text",)),
    "edit": Request({"seq": _number, "text": _text}, ("seq", "text")),
    "delete": Request({"seq": _number}, ("seq",)),
    "command": Request({"text": _text}, ("text",)),
    "ping": Request({}),
    "pong": Request({}),
}  # fmt: skip


def mark_of(fields: Fields) -> str | None:
    """The client's mark on an object, for answering even one that is wrong otherwise."""
    mark = fields.get("id")
    return mark if isinstance(mark, str) and _mark(mark) else None


def check(fields: Fields) -> str:
    """The type of an object whose keys and values are all as the table has them. Raises `BadRequest`."""
    kind = fields.get("type")
    request = REQUESTS.get(kind) if isinstance(kind, str) else None
    if not isinstance(kind, str) or request is None:
        raise BadRequest(f"type must be one of {', '.join(REQUESTS)}")
    for key, value in fields.items():
        if key == "type":
            continue
        fits = _mark if key == "id" else request.keys.get(key)
        if fits is None:
            raise BadRequest(f"{kind} has no key {shortened(clean(key), 40)}")
        if not fits(value):
            raise BadRequest(f"{key} of {kind} must be {_WANTED[fits]}")
    for key in request.needed:
        if key not in fields:
            raise BadRequest(f"{kind} needs {key}")
    return kind


class Entry(TypedDict):
    """What a checked hello asks of `Chat.enter`."""

    nick: str
    rooms: list[str]
    resume: str | None
    since: int | None
    log: str | None
    client: str


def entry(fields: Fields) -> Entry:
    """The arguments of a checked hello. Raises `BadRequest` for a client's name that is too long."""
    client = clean(cast(str, fields.get("client", "")))
    if len(client) > MAX_CLIENT:
        raise BadRequest(f"client of hello may have {MAX_CLIENT} characters")
    return {
        "nick": cast(str, fields["nick"]),
        "rooms": cast("list[str]", fields.get("rooms", [])),
        "resume": cast("str | None", fields.get("resume")),
        "since": cast("int | None", fields.get("since")),
        "log": cast("str | None", fields.get("log")),
        "client": client,
    }


def run(session: Session, kind: str, fields: Fields) -> None:
    """Do what a checked object asks for. Raises a `ChatError`."""
    if kind not in _RUN:
        raise BadRequest(f"{kind} has its place before the welcome")
    session.acted = session.chat.clock.seconds()
    _RUN[kind](session, fields, mark_of(fields))


def _say(session: Session, fields: Fields, mark: str | None) -> None:
    text, action = str(fields["text"]), bool(fields.get("action"))
    room, to = fields.get("room"), fields.get("to")
    if (room is None) == (to is None):
        raise BadRequest("say needs either room or to")
    if to is not None:
        session.say_to(str(to), text, action=action, client_id=mark)
    else:
        session.say(text, str(room), action=action, client_id=mark)


def _join(session: Session, fields: Fields, mark: str | None) -> None:
    session.join(str(fields["room"]), mark, key=str(fields.get("key", "")))


def _part(session: Session, fields: Fields, mark: str | None) -> None:
    session.part(str(fields["room"]), str(fields.get("reason", "")), mark)


def _history(session: Session, fields: Fields, mark: str | None) -> None:
    limit = cast(int, fields.get("limit", session.chat.history_lines or LIMIT))
    before, after = cast("int | None", fields.get("before")), cast("int | None", fields.get("after"))
    session.history(str(fields["room"]), min(limit, PAGE), mark, before=before, after=after)


def _search(session: Session, fields: Fields, mark: str | None) -> None:
    limit = cast(int, fields.get("limit", session.chat.history_lines or LIMIT))
    session.search(str(fields["text"]), min(limit, PAGE), mark)


def _edit(session: Session, fields: Fields, mark: str | None) -> None:
    session.edit(cast(int, fields["seq"]), str(fields["text"]), mark)


def _delete(session: Session, fields: Fields, mark: str | None) -> None:
    session.delete(cast(int, fields["seq"]), mark)


def _command(session: Session, fields: Fields, mark: str | None) -> None:
    text = str(fields["text"])
    if not text.strip():
        raise NeedText("a command needs its text")
    session.typed(text, mark)


_RUN: dict[str, Callable[[Session, Fields, str | None], None]] = {
    "say": _say,
    "join": _join,
    "part": _part,
    "history": _history,
    "search": _search,
    "edit": _edit,
    "delete": _delete,
    "command": _command,
}
