"""What somebody looks for in the log: typed as one line, held as a value."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from twisted_chat.core.durations import seconds_of
from twisted_chat.core.errors import BadRequest, NeedText
from twisted_chat.core.names import fold
from twisted_chat.core.text import shortened
from twisted_chat.core.words import words_of

MAX_TERMS = 10
ENDLESS = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Term:
    """Words that follow each other; with `prefix`, the last one is the beginning of a word."""

    words: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """Events that have all `terms`, in one of the rooms with these ids or among `person`'s direct messages.

    `nick`: the key of the name that their speakers bore then. `since`: UTC in ms; `before`: a number of the log.
    """

    terms: tuple[Term, ...]
    rooms: tuple[str, ...] = ()
    person: str | None = None
    nick: str | None = None
    since: int = 0
    before: int = ENDLESS

    def fits(self, words: list[str]) -> bool:
        """Whether what has these words has all the terms."""
        return all(_has(words, term) for term in self.terms)


def _has(words: list[str], term: Term) -> bool:
    wanted = list(term.words)
    count = len(wanted)
    for at in range(len(words) - count + 1):
        here = words[at : at + count]
        if here == wanted or (term.prefix and here[:-1] == wanted[:-1] and here[-1].startswith(wanted[-1])):
            return True
    return False


@dataclass(frozen=True, slots=True)
class Query:
    """A search as it was typed: names, and seconds to look back, instead of ids and times."""

    terms: tuple[Term, ...] = ()
    nick: str | None = None
    room: str | None = None
    seconds: int | None = None
    before: int = ENDLESS


_PIECE = re.compile(r'"([^"]*)"?(\*?)|(\S+)')


def parse_query(text: str) -> Query:
    """``WORDS "some phrase" begin* from:NICK in:#ROOM since:3d before:#ID``. Raises `NeedText` or `BadRequest`.

    No words at all are enough where one of the first three options is given.
    """
    query = Query()
    terms: list[Term] = []
    for quoted, star, piece in _PIECE.findall(text):
        name, colon, value = piece.partition(":")
        option = _OPTIONS.get(name.lower()) if colon else None
        if option is not None:
            if not value:
                raise BadRequest(f"{name}: wants its value right behind it, without a blank")
            query = option(query, value)
        elif words := words_of(quoted or piece):
            terms.append(_term(words, f"{quoted}{star}" or piece))
    if not terms and query.nick is None and query.room is None and query.seconds is None:
        raise NeedText("a search needs a word of letters or digits, or from:, in: or since:")
    if len(terms) > MAX_TERMS:
        raise BadRequest(f"a search has at most {MAX_TERMS} words")
    return replace(query, terms=tuple(terms))


def _term(words: list[str], piece: str) -> Term:
    if len(words) > 1 and len(words[-1]) == 1 and len(words[-2]) == 2 and words[-2][1] == words[-1]:
        return Term(tuple(words[:-1]))  # the last of a run: its pairs are enough, and it may go on
    alone = len(words) == 1 and len(words[0]) == 1 and not words[0].isascii()
    return Term(tuple(words), prefix=piece.endswith("*") or alone)


def _from(query: Query, value: str) -> Query:
    return replace(query, nick=fold(value))


def _in(query: Query, value: str) -> Query:
    return replace(query, room=value)


def _since(query: Query, value: str) -> Query:
    seconds = seconds_of(value)
    if seconds is None:
        raise BadRequest(f"since:{shortened(value, 20)} is not understood; say since:3d, or 90s, 45m, 2h, 4w")
    return replace(query, seconds=seconds)


def _before(query: Query, value: str) -> Query:
    number = value.removeprefix("#")
    if not (number.isascii() and number.isdigit()):
        raise BadRequest(f"before:{shortened(value, 20)} is no number of a line")
    return replace(query, before=int(number[:18]))


_OPTIONS: dict[str, Callable[[Query, str], Query]] = {"from": _from, "in": _in, "since": _since, "before": _before}
