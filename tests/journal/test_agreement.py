"""Memory and SQLite held to one model: whatever is said, changed, searched and restarted, they answer alike."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from twisted.trial.unittest import SynchronousTestCase

from tests.contracts.journal import ALICE, BOB, CAROL, DEV, ENDLESS, LOBBY, direct, said
from tests.helpers import NOON
from tests.journal.test_sqlite import Reactor
from twisted_chat.core.events import SPEECH, Aside, Duplicate, Event, Kind, Outcome, Refused
from twisted_chat.core.search import Search, Term
from twisted_chat.journal.memory import MemoryJournal
from twisted_chat.journal.sqlite import SqliteJournal

PEOPLE = st.sampled_from([ALICE, BOB, CAROL])
ROOMS = st.sampled_from([LOBBY, DEV, "room-3"])
TEXTS = st.lists(st.sampled_from(["apple", "Äpfel", "世界", "world", "a_b", "x", "🦊"]), max_size=4).map(" ".join)
MARKS = st.none() | st.sampled_from(["c-1", "c-2", "c-3"])
KINDS = st.sampled_from([Kind.MESSAGE, Kind.ACTION, Kind.TOPIC])
NUMBERS = st.integers(0, 40) | st.just(ENDLESS)
BACK = st.none() | st.integers(0, 20)
WORDS = st.sampled_from(["apple", "apfel", "世界", "world", "x", "b"])
TERMS = st.builds(Term, st.lists(WORDS, min_size=1, max_size=2).map(tuple), st.booleans())


class Agreement(RuleBasedStateMachine):
    """Two logs that are told the same."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.reactor = Reactor()
        self.memory = MemoryJournal(10_000, log_id="7f3a", key=b"k" * 32)
        self.told: dict[str, list[Outcome]] = {"memory": [], "sqlite": []}
        self.memory.subscribe(self.told["memory"].extend)
        self.time = NOON
        self.failures: list[str] = []

    @initialize()
    def start(self) -> None:
        self.sqlite = SqliteJournal(
            self.folder / "chat.sqlite",
            self.reactor.clock,
            self.reactor.call,
            utc_ms=lambda: self.time,
            failed=self.failures.append,
        )
        self.sqlite.open()
        self.sqlite.subscribe(self.told["sqlite"].extend)

    def teardown(self) -> None:
        self.answer(self.sqlite.close())
        shutil.rmtree(self.folder)

    def answer(self, answer: Any) -> Any:
        results: list[Any] = []
        answer.addBoth(results.append)
        self.reactor.until(lambda: results)
        return results[0]

    # what is done

    @rule(
        batch=st.lists(st.tuples(PEOPLE, TEXTS, ROOMS, MARKS, st.sampled_from([Kind.MESSAGE, Kind.ACTION, Kind.TOPIC])))
    )
    def say(self, batch: list[tuple[Any, ...]]) -> None:
        self.append(lambda: [said(*what) for what in batch])

    @rule(one=PEOPLE, other=PEOPLE, text=TEXTS, mark=MARKS)
    def say_alone(self, one: str, other: str, text: str, mark: str | None) -> None:
        self.append(lambda: [direct(one, other, text, mark)])

    @rule(person=PEOPLE, kind=st.sampled_from([Kind.JOINED, Kind.LEFT]), room=ROOMS)
    def pass_by(self, person: str, kind: Kind, room: str) -> None:
        self.append(lambda: [Aside(None, int), said(person, "", room, kind=kind)])

    @rule(line=st.integers(0, 30), text=TEXTS, kind=st.sampled_from([Kind.EDITED, Kind.DELETED]), person=PEOPLE)
    def revise(self, line: int, text: str, kind: Kind, person: str) -> None:
        words = text if kind is Kind.EDITED else None
        found = self.memory.find(line).result
        place = (found.room, found.room_name, words, found.to, found.to_nick) if found else (LOBBY, "#r", words)
        self.append(lambda: [Event(kind, person, "nick", 1000, *place, target=line)])

    @rule(person=PEOPLE, room=ROOMS | st.just(""), seq=st.integers(0, 30))
    def read(self, person: str, room: str, seq: int) -> None:
        self.memory.mark_read(person, {room: seq})
        self.sqlite.mark_read(person, {room: seq})
        self.append(lambda: [said(person, "read")])  # the mark goes with it, or before

    @rule()
    def restart(self) -> None:
        before = (self.sqlite.id, self.sqlite.key, self.sqlite.seq)
        self.answer(self.sqlite.close())
        self.start()
        assert (self.sqlite.id, self.sqlite.key, self.sqlite.seq) == before

    def append(self, make: Any) -> None:
        self.time += 1000
        for journal in (self.memory, self.sqlite):
            batch = make()
            for item in batch:
                if type(item) is Event:
                    item.time = self.time
            journal.append(batch)
        self.reactor.until(lambda: len(self.told["sqlite"]) == len(self.told["memory"]))

    # what must be the same

    @invariant()
    def they_handed_back_the_same(self) -> None:
        if self.told["sqlite"] or self.told["memory"]:
            memory, sqlite = (list(map(_told, outcomes)) for outcomes in self.told.values())
            assert sqlite == memory
            for outcomes in self.told.values():
                outcomes.clear()

    @rule(
        seq=st.integers(0, 30), through=NUMBERS, person=st.none() | PEOPLE,
        rooms=st.dictionaries(ROOMS, st.integers(0, 20)), limit=st.integers(1, 8),
    )  # fmt: skip
    def they_have_the_same_after(self, **asked: Any) -> None:
        self.same_page(self.memory.after(**asked), self.sqlite.after(**asked))

    @rule(
        room=ROOMS,
        before=NUMBERS,
        limit=st.integers(1, 8),
        back=BACK,
    )
    def they_have_the_same_latest(self, room: str, before: int, limit: int, back: int | None) -> None:
        since = 0 if back is None else self.time - back * 1000
        pages = [journal.latest(room, before, limit, since) for journal in (self.memory, self.sqlite)]
        self.same_page(*pages)

    @rule(
        words=st.lists(TERMS, min_size=1, max_size=2),
        rooms=st.lists(ROOMS, unique=True), person=st.none() | PEOPLE, limit=st.integers(1, 8),
        nick=st.none() | st.just("nick of person-1"), before=NUMBERS,
        back=BACK,
    )  # fmt: skip
    def they_find_the_same(
        self, words: Any, rooms: Any, person: Any, limit: int, nick: Any, before: int, back: Any
    ) -> None:
        since = 0 if back is None else self.time - back * 1000
        search = Search(tuple(words), tuple(rooms), person, nick, since, before)
        self.same_page(self.memory.search(search, limit), self.sqlite.search(search, limit))

    @rule(seq=st.integers(0, 40))
    def they_find_the_same_line(self, seq: int) -> None:
        assert _plain(self.answer(self.sqlite.find(seq))) == _plain(self.memory.find(seq).result)

    @rule(person=PEOPLE, mark=st.sampled_from(["c-1", "c-2", "c-3"]))
    def they_know_the_same_ids(self, person: str, mark: str) -> None:
        assert _plain(self.answer(self.sqlite.said(person, mark))) == _plain(self.memory.said(person, mark).result)

    @rule(person=PEOPLE, through=st.integers(0, 40))
    def they_know_the_same_unread(self, person: str, through: int) -> None:
        rooms = dict.fromkeys([LOBBY, DEV, "room-3", ""], through)
        assert list(self.answer(self.sqlite.unread(person, rooms))) == list(self.memory.unread(person, rooms).result)

    def same_page(self, memory: Any, sqlite: Any) -> None:
        one, other = self.answer(sqlite), memory.result
        assert [_plain(event) for event in one.events] == [_plain(event) for event in other.events]
        assert (one.more, one.lost) == (other.more, other.lost)
        assert not self.failures


def _told(outcome: Outcome) -> object:
    if isinstance(outcome, Duplicate):
        return ("duplicate", _plain(outcome.event), _plain(outcome.original))
    if isinstance(outcome, Refused):
        return ("refused", _plain(outcome.event), outcome.error.code)
    return _plain(outcome) if isinstance(outcome, Event) else "aside"


def _plain(event: Event | None) -> object:
    if event is None:
        return None
    text = event.text
    if event.kind in SPEECH and text is None:
        text = "(deleted)"
    return (
        event.seq, event.kind, event.person, event.nick, event.time, event.room, event.room_name, text, event.to,
        event.to_nick, event.action, event.client_id, event.target, event.revised,
    )  # fmt: skip


class TwoLogs(SynchronousTestCase):
    def test_they_agree(self) -> None:
        run_state_machine_as_test(
            Agreement,
            settings=settings(
                max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
            ),
        )
