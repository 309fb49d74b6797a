"""What becomes of a batch in the database: one transaction, its numbers, and what is told of each event."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from twisted_chat.core.errors import NoSuchLine
from twisted_chat.core.events import KEPT, REVISIONS, SPEECH, Aside, Duplicate, Event, Item, Kind, Outcome, Refused
from twisted_chat.journal.rows import INSERT, SELECT, SPOKEN, Row, body_of, event_of, place_of, row_of

ADD_WORDS = "INSERT INTO words (rowid, body, place) VALUES (?, ?, ?)"
TAKE_WORDS = "INSERT INTO words (words, rowid, body, place) VALUES ('delete', ?, ?, ?)"


@dataclass(slots=True)
class Written:
    """What a transaction did, to be told once it is committed."""

    outcomes: list[Outcome] = field(default_factory=list)
    numbers: list[tuple[Event, int]] = field(default_factory=list)

    def add(self, later: Written) -> None:
        """What a later one did, too."""
        self.outcomes += later.outcomes
        self.numbers += later.numbers

    def number(self) -> None:
        """Give the events their numbers."""
        for event, seq in self.numbers:
            event.seq = seq


class Writer:
    """Writes on one connection, within transactions that its caller begins and ends.

    `last`: the last number given. After a rollback it must be told (`rolled_back`).
    """

    def __init__(self, database: sqlite3.Connection, last: int) -> None:
        self._database = database
        self.last = last
        self._committed = last
        self._rooms: dict[str, int] = {}
        self._rows: list[Row] = []
        self._words: list[tuple[int, str, str]] = []
        self._marks: dict[tuple[str, str], tuple[Event, int]] = {}  # of this transaction

    def write(self, items: Iterable[Item]) -> Written:
        written = Written()
        outcomes = written.outcomes
        for item in items:
            if type(item) is Aside or item.kind not in KEPT:  # type: ignore[union-attr]
                outcomes.append(item)
                continue
            event: Event = item  # type: ignore[assignment]
            if event.client_id is not None and (original := self._original(event)) is not None:
                outcomes.append(Duplicate(event, original))
            elif event.kind in REVISIONS and not self._revise(event):
                outcomes.append(Refused(event, NoSuchLine(event.target)))
            else:
                self._add(event)
                written.numbers.append((event, self.last))
                outcomes.append(event)
        self._flush()
        return written

    def committed(self) -> None:
        self._committed = self.last
        self._marks.clear()

    def rolled_back(self) -> None:
        self.last = self._committed
        self._rows.clear()
        self._words.clear()
        self._marks.clear()
        self._rooms.clear()  # some may have been made in vain

    def _add(self, event: Event) -> None:
        self.last = seq = event.seq or self.last + 1  # it brings a number only when another log is read in
        self._rows.append(row_of(event, seq, self._room(event) if event.room else None))
        if event.kind in SPEECH:
            text = event.text or ""
            self._words.append((seq, body_of(text), place_of(event.room, event.person, event.to, event.nick)))
        elif event.kind is Kind.TOPIC:
            self._database.execute("UPDATE rooms SET topic = ? WHERE id = ?", (event.text or "", event.room))
        if event.client_id is not None:
            self._marks[event.person, event.client_id] = (event, seq)

    def _room(self, event: Event) -> int:
        number = self._rooms.get(event.room)
        if number is None:
            self._database.execute(
                "INSERT INTO rooms (id, name) VALUES (?, ?) ON CONFLICT DO NOTHING", (event.room, event.room_name)
            )
            (number,) = self._database.execute("SELECT number FROM rooms WHERE id = ?", (event.room,)).fetchone()
            self._rooms[event.room] = number
        return number

    def _flush(self) -> None:
        if self._rows:
            self._database.executemany(INSERT, self._rows)
            self._rows.clear()
        if self._words:
            self._database.executemany(ADD_WORDS, self._words)
            self._words.clear()

    def _original(self, event: Event) -> Event | None:
        """What was said with the same id before, as it reads now."""
        assert event.client_id is not None
        if (event.person, event.client_id) in self._marks:
            self._flush()
        return said(self._database, event.person, event.client_id)

    # revisions

    def _revise(self, event: Event) -> bool:
        self._flush()  # the target may be of the same transaction
        text = event.text or "" if event.kind is Kind.EDITED else None
        return self.replace_text(event.target, text)

    def replace_text(self, seq: int, text: str | None) -> bool:
        """Give what was said with this number other words, or none; false if there is nothing."""
        found = self._database.execute(
            "SELECT e.text, coalesce(r.id, ''), e.person, coalesce(e.addressee, ''), e.nick FROM events e"
            f" LEFT JOIN rooms r ON r.number = e.room WHERE e.seq = ? AND e.kind IN ({SPOKEN}) AND e.text IS NOT NULL",
            (seq,),
        ).fetchone()
        if found is None:
            return False
        before, *place = found
        where = place_of(*place)
        self._database.execute(TAKE_WORDS, (seq, body_of(before), where))
        self._database.execute("UPDATE events SET text = ?, revised = 1 WHERE seq = ?", (text, seq))
        if text is not None:
            self._database.execute(ADD_WORDS, (seq, body_of(text), where))
        self._database.execute("INSERT INTO to_wipe (seq) VALUES (?) ON CONFLICT DO NOTHING", (seq,))
        self._database.execute("UPDATE log SET erased = 1 WHERE erased <> 1")
        return True

    # what is no event

    def mark_read(self, person: str, marks: Mapping[str, int]) -> None:
        self._database.executemany(
            "INSERT INTO read_marks (person, room, seq) VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq)",
            [(person, room, seq) for room, seq in marks.items()],
        )


def said(database: sqlite3.Connection, person: str, client_id: str) -> Event | None:
    """What this person posted with this mark."""
    rows: Sequence[Row] = database.execute(
        f"{SELECT} WHERE e.person = ? AND e.client_id = ?", (person, client_id)
    ).fetchall()
    return event_of(rows[0]) if rows else None
