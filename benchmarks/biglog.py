"""Makes a big log: ``python -m benchmarks.biglog FILE --events 10000000``. It is the same for the same size.

It goes straight into the database, row by row and word by word as the server would write them, but without a commit
for each batch. There are 100 rooms and 1,000 people, a few of whom say nearly everything, and words by a Zipf law.
"""

import argparse
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import cache
from itertools import accumulate
from pathlib import Path
from random import Random

from twisted_chat.core.events import Event, Kind
from twisted_chat.core.rooms import LOBBY_ID
from twisted_chat.journal import file
from twisted_chat.journal.rows import INSERT, body_of, place_of, row_of
from twisted_chat.journal.writing import ADD_WORDS

EVENTS = 10_000_000
ROOMS = 100
PEOPLE = 1_000
NEEDLES = 20
"""So many messages bear the rare word, evenly spread over the log; they are all in the first room."""

_VOCABULARY = 50_000
_LONGEST = 16
_CHUNK = 50_000
_YEAR = 365 * 24 * 3600 * 1000
_SYLLABLES = ("ba", "de", "fi", "go", "hu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "xu", "zen")
# Of a hundred events so many are messages, actions and direct messages; every second person uses a program, with ids.
_KINDS = (Kind.MESSAGE,) * 92 + (Kind.ACTION,) * 3 + (Kind.DIRECT,) * 5

RARE = "quiddity"
"""A word that no other word here is."""


def word(rank: int) -> str:
    """The word that is the ``rank``-th most common, from 0."""
    rank += 1
    said = ""
    while rank:
        said += _SYLLABLES[rank % 16]
        rank //= 16
    return said


def room_name(number: int) -> str:
    """The room that is the ``number``-th most busy, from 0."""
    return f"#room{number}" if number else "#lobby"


def _zipf(count: int, exponent: float) -> list[float]:
    """Cumulative weights."""
    return list(accumulate(1 / (rank + 1) ** exponent for rank in range(count)))


class Made:
    """Events of an endless talk, up to now. The same ``seed``, the same talk."""

    def __init__(self, events: int, seed: int = 1) -> None:
        random = self._random = Random(seed)
        self._events = events
        self._words = [word(rank) for rank in range(_VOCABULARY)]
        self._word_weights = _zipf(_VOCABULARY, 1.0)
        self._room_weights = _zipf(ROOMS, 1.1)
        self._person_weights = _zipf(PEOPLE, 0.8)
        self.rooms = [LOBBY_ID, *(random.randbytes(8).hex() for _ in range(1, ROOMS))]
        self._people = [random.randbytes(8).hex() for _ in range(PEOPLE)]
        self._begin = time.time_ns() // 1_000_000 - _YEAR

    def chunk(self, first: int, count: int) -> Iterator[Event]:
        """The events ``first`` to ``first + count - 1`` of all, from 0."""
        choices = self._random.choices
        rooms = choices(range(ROOMS), cum_weights=self._room_weights, k=count)
        people = choices(range(PEOPLE), cum_weights=self._person_weights, k=count)
        lengths = choices(range(1, _LONGEST + 1), k=count)
        words = choices(self._words, cum_weights=self._word_weights, k=sum(lengths))
        kinds = choices(_KINDS, k=count)
        every = max(1, self._events // NEEDLES)
        at = 0
        for number, room, person, length, kind in zip(
            range(first, first + count), rooms, people, lengths, kinds, strict=True
        ):
            text = " ".join(words[at : at + length])
            at += length
            if number % every == every // 2:
                room, kind, text = 0, Kind.MESSAGE, f"{text} {RARE}"
            when = self._begin + number * _YEAR // self._events
            mark = f"{number:x}" if person % 2 else None
            ours = self._people[person]
            if kind is Kind.DIRECT:
                other = (person * 7 + 1) % PEOPLE
                yield Event(
                    kind, ours, f"person{person}", when, text=text, to=self._people[other], to_nick=f"person{other}",
                    client_id=mark,
                )  # fmt: skip
            else:
                yield Event(kind, ours, f"person{person}", when, self.rooms[room], text=text, client_id=mark)


def make(path: Path, events: int, tell: Callable[[str], None] = lambda _line: None) -> None:
    """A log with so many events at ``path``, where nothing is yet. Raises `FileExistsError`, `JournalUnusable`."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    file.prepare(path)
    with closing(file.connect(path)) as database:
        # Nobody else is there, and what is interrupted here is thrown away.
        for pragma in ("locking_mode = EXCLUSIVE", "journal_mode = OFF", "synchronous = OFF", "cache_size = -1000000"):
            database.execute(f"PRAGMA {pragma}").fetchall()
        _fill(database, events, tell)
        database.execute("PRAGMA journal_mode = WAL").fetchall()
    with path.open("rb") as written:
        os.fsync(written.fileno())


def _fill(database: sqlite3.Connection, events: int, tell: Callable[[str], None]) -> None:
    made = Made(events)
    place = cache(place_of)
    numbers = {room: number for number, room in enumerate(made.rooms, 1)}
    database.executemany(
        "INSERT INTO rooms (number, id, name) VALUES (?, ?, ?)",
        [(number, room, room_name(number - 1)) for room, number in numbers.items()],
    )
    for first in range(0, events, _CHUNK):
        rows, words = [], []
        for seq, event in enumerate(made.chunk(first, min(_CHUNK, events - first)), first + 1):
            rows.append(row_of(event, seq, numbers.get(event.room)))
            words.append((seq, body_of(event.text or ""), place(event.room, event.person, event.to, event.nick)))
        database.execute("BEGIN")
        database.executemany(INSERT, rows)
        database.executemany(ADD_WORDS, words)
        database.execute("COMMIT")
        tell(f"{first + len(rows):,} of {events:,} events")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.biglog", description=__doc__)
    parser.add_argument("file", type=Path, help="the database to be made, where nothing is yet")
    parser.add_argument("--events", type=int, default=EVENTS, help="how many (%(default)s)")
    options = parser.parse_args()
    began = time.monotonic()
    try:
        make(options.file, options.events, lambda line: print(f"\r{line}", end="", file=sys.stderr))
    except FileExistsError:
        print(f"{options.file} is there already", file=sys.stderr)
        return 2
    size = options.file.stat().st_size / 1e6
    print(f"\n{size:,.0f} MB in {time.monotonic() - began:.0f} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
