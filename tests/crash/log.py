"""The log, read from its file by nobody's code but SQLite's, and held against what the clients wrote down."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from tests.crash.clients import Client, Life, Person, Program, Shown

Row = tuple[int, str, str, str | None]
"""Number, nickname, text, client id."""


def read(path: Path, *, live: bool) -> list[Row]:
    """Everything that was said, in order.

    Of a dead server's log a copy is read: to look at what it left must not repair it. Of a `live` one a copy would be
    of several moments; it is read in its place.
    """
    with tempfile.TemporaryDirectory() as folder:
        if not live:
            for name in (path.name, path.name + "-wal"):
                if path.with_name(name).exists():
                    shutil.copy(path.with_name(name), folder)
            path = Path(folder) / path.name
        with closing(sqlite3.connect(f"{path.as_uri()}?mode={'ro' if live else 'rwc'}", uri=True)) as database:
            damage = database.execute("PRAGMA integrity_check").fetchall()
            assert damage == [("ok",)], damage
            if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'events'").fetchone():
                return []
            return database.execute("SELECT seq, nick, text, client_id FROM events ORDER BY seq").fetchall()


class Log:
    """The log as it is in the file."""

    def __init__(self, path: Path, *, live: bool) -> None:
        rows = read(path, live=live)
        self._shown: list[Shown] = [row[:3] for row in rows]
        self._seqs = [row[0] for row in rows]
        self.texts = Counter(row[2] for row in rows)
        self.ids = Counter(row[3] for row in rows if row[3] is not None)
        self._places = {text: at for at, (_seq, _nick, text) in enumerate(self._shown)}

    def __len__(self) -> int:
        return len(self._seqs)

    def faults(self, clients: Iterable[Client], *, lives: slice = slice(None)) -> list[str]:
        """What does not agree: empty, if every promise was kept. Of persons only these `lives` are looked at."""
        found = [f"{count} times in the log: {text}" for text, count in self.texts.items() if count > 1]
        for client in clients:
            found += [f"{client.nick} was told: {trouble}" for trouble in client.troubles]
            if isinstance(client, Program):
                found += self._of_program(client)
            elif isinstance(client, Person):
                for life in client.lives[lives]:
                    found += [f"{client.nick}: {fault}" for fault in self._of_life(life, client.nick)]
            found += self._of_speaker(client)
        return found

    def lost(self, clients: Iterable[Client]) -> set[str]:
        """Texts that somebody was shown, or had confirmed, and that are not in the log."""
        return {text for client in clients for text in shown_to(client) if text not in self.texts}

    def _of_program(self, program: Program) -> Iterator[str]:
        """It saw all there is between its first number and its last, once and in order."""
        if program.since is None:
            return
        begin, end = (bisect_right(self._seqs, seq) for seq in (program.begin, program.since))
        should = self._shown[begin:end]
        if program.seen != should:
            yield f"{program.nick} saw {_difference(program.seen, should)}"
        for mark, seq in program.confirmed.items():
            if not self.ids[mark]:
                yield f"{program.nick}: {mark} was confirmed as #{seq} and is not in the log"

    def _of_life(self, life: Life, own: str) -> Iterator[str]:
        """A person is shown the last lines, then everything that the others say, without a gap and in order."""
        begin = 0
        if life.quoted:
            end = bisect_right(self._seqs, life.quoted[-1][0])
            begin = end - len(life.quoted)
            if self._shown[begin:end] != life.quoted:
                yield f"was quoted {_difference(life.quoted, self._shown[begin:end])}"
            begin = end
        if not life.shown:
            return
        last = life.shown[-1][1]
        if last not in self._places:
            yield f"was shown what is not in the log: {last}"
            return
        if not life.quoted:
            begin = self._places.get(life.shown[0][1], 0)
        others = [(nick, text) for _seq, nick, text in self._shown[begin : self._places[last] + 1] if nick != own]
        if life.shown != others:
            yield f"was shown {_difference(life.shown, others)}"

    def _of_speaker(self, client: Client) -> Iterator[str]:
        """What one says is in the log in the order in which he said it; of what a person types at once, nothing in the
        middle is missing.
        """
        places = [self._places[text] for text in client.said if text in self._places]
        if places != sorted(places):
            yield f"{client.nick}'s words are in the log in another order"
        if isinstance(client, Person):
            for life in client.lives:
                there = [text in self._places for text in life.typed]
                if there != sorted(there, reverse=True):
                    yield f"{client.nick} typed {life.typed}, and in the log are {there}"


def shown_to(client: Client) -> Iterator[str]:
    if isinstance(client, Program):
        yield from (text for _seq, _nick, text in client.seen)
    elif isinstance(client, Person):
        for life in client.lives:
            yield from (text for _nick, text in life.shown)
            yield from (text for _seq, _nick, text in life.quoted)


def _difference(found: Sequence[object], wanted: Sequence[object]) -> str:
    at = next((at for at, (one, other) in enumerate(zip(found, wanted, strict=False)) if one != other), None)
    if at is None:
        at = min(len(found), len(wanted))
    return f"{len(found)} for {len(wanted)}, and from place {at} {found[at : at + 3]} for {wanted[at : at + 3]}"
