"""The log in memory: the contract, and what its rings drop."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.contracts.journal import (
    ALICE,
    BOB,
    CAROL,
    DEV,
    ENDLESS,
    LOBBY,
    JournalContract,
    RevisionContract,
    direct,
    revision,
    said,
)
from twisted_chat.core.events import NATURE, Duplicate, Event, Kind, Nature, Page
from twisted_chat.journal import memory
from twisted_chat.journal.memory import MemoryJournal


def make(size: int) -> MemoryJournal:
    return MemoryJournal(size, log_id="7f3a", key=b"k" * 32)


class Contract(RevisionContract, SynchronousTestCase):
    def make_journal(self) -> MemoryJournal:
        return make(2000)


class Rings(JournalContract, SynchronousTestCase):
    """The contract holds where nothing is dropped; below is what holds where something is."""

    def make_journal(self) -> MemoryJournal:
        return make(100)

    def small(self, size: int = 3) -> None:
        self.journal = make(size)
        self.delivered.clear()
        self.journal.subscribe(self._deliver)

    def test_its_names(self) -> None:
        self.assertEqual((self.journal.id, self.journal.key), ("7f3a", b"k" * 32))

    def test_a_log_of_nothing_is_none(self) -> None:
        self.assertRaises(ValueError, make, 0)

    def test_nobody_need_listen(self) -> None:
        journal = make(3)
        journal.append([said(ALICE, "one")])
        self.assertEqual(journal.seq, 1)

    def test_each_room_keeps_its_newest(self) -> None:
        self.small()
        self.append_texts("one", "two", "three", "four")
        self.append_texts("quiet", room=DEV)
        self.texts(self.latest(), "two", "three", "four")
        self.texts(self.latest(room=DEV), "quiet")
        self.append_texts("five")
        self.texts(self.latest(), "three", "four", "five")
        self.texts(self.latest(room=DEV), "quiet")

    def test_what_was_lost_is_told_to_who_asks_for_it(self) -> None:
        self.small()
        self.append_texts("one", "two", "three", "four", "five")
        self.assertEqual([self.after(seq).lost for seq in range(5)], [2, 2, 0, 0, 0])
        self.texts(self.after(0), "three", "four", "five")
        self.assertEqual(self.after(0, {LOBBY: 2}).lost, 0, "he may not read them anyway")
        self.assertEqual(self.after(0, {DEV: 0}).lost, 0)

    def test_what_was_not_asked_for_is_no_loss(self) -> None:
        self.small()
        self.append_texts("one", "two", "three", "four", "five")
        page = self.after(0, through=1)
        self.texts(page)
        self.assertEqual(page.lost, 1)
        self.append(*(direct(ALICE, BOB, str(number)) for number in range(4)))
        self.assertEqual(self.after(5, {}, BOB, through=5).lost, 0)

    def test_the_worst_loss_of_several_rooms(self) -> None:
        self.small(1)
        self.append(said(ALICE, "one"), said(ALICE, "two", DEV), said(ALICE, "three", DEV), said(ALICE, "four"))
        self.assertEqual(self.after(0, {LOBBY: 0, DEV: 0}).lost, 2)
        self.assertEqual(self.after(0, {DEV: 0, LOBBY: 0}).lost, 2)
        self.assertEqual(self.after(0, {LOBBY: 0}).lost, 1)

    def test_lost_direct_messages_are_news_for_the_two_only(self) -> None:
        self.small()
        self.append(direct(ALICE, BOB, "one"), *(direct(BOB, CAROL, str(number)) for number in range(3)))
        for person, lost in ((ALICE, 1), (BOB, 1), (CAROL, 0), ("person-9", 0)):
            self.assertEqual(self.after(0, {}, person).lost, lost, person)
        self.assertEqual(self.after(1, {}, ALICE).lost, 0)
        self.append(direct(BOB, CAROL, "more"))
        self.assertEqual([self.after(0, {}, person).lost for person in (ALICE, BOB, CAROL)], [1, 2, 2])

    def test_so_many_losers_that_some_are_forgotten(self) -> None:
        self.patch(memory, "MAX_LOSERS", 2)
        self.small(1)
        self.append(direct(ALICE, BOB, "one"), direct(CAROL, CAROL, "two"), direct(CAROL, CAROL, "three"))
        losses = {person: self.after(0, {}, person).lost for person in (ALICE, BOB, CAROL, "person-9")}
        self.assertEqual(losses, {ALICE: 1, BOB: 1, CAROL: 2, "person-9": 1}, "rather too much than too little")
        self.assertEqual(self.after(1, {}, "person-9").lost, 0)

    def test_who_lost_something_last_is_forgotten_last(self) -> None:
        self.patch(memory, "MAX_LOSERS", 2)
        self.small(1)
        self.append(*(direct(person, person, "note") for person in (ALICE, BOB, ALICE, CAROL, CAROL)))
        self.assertEqual(self.after(0, {}, ALICE).lost, 3)
        self.assertEqual(self.after(0, {}, "person-9").lost, 2)

    def test_a_mark_is_remembered_as_long_as_its_event(self) -> None:
        self.small()
        self.append(said(ALICE, "one", mark="c-1"), direct(ALICE, BOB, "psst", mark="c-2"))
        self.append_texts("two", "three")
        self.append(said(ALICE, "one", mark="c-1"), direct(ALICE, BOB, "psst", mark="c-2"))
        self.assertEqual([type(outcome) for outcome in self.delivered[-2:]], [Duplicate, Duplicate])
        self.append_texts("four")
        self.append(said(ALICE, "one", mark="c-1"))
        self.assertIs(type(self.delivered[-1]), Event)
        self.texts(self.latest(), "three", "four", "one")

    def test_memory_is_bounded(self) -> None:
        self.small(10)
        for number in range(1000):
            self.append(said(ALICE, "x", mark=f"c-{number}"), direct(ALICE, BOB, "x", mark=f"d-{number}"))
        self.assertEqual(len(self.journal._said), 20)
        self.assertEqual(self.journal.seq, 2000)

    # the bound over all rooms

    def of_text(self, events: int) -> None:
        """A log with room for so many events with a text of ten characters."""
        self.patch(memory, "MAX_TEXT", events * (memory.EVENT + 10))
        self.small(100)

    def say(self, *rooms: str) -> None:
        """An event in each, ten characters long."""
        for room in rooms:
            text = f"{self.journal.seq + 1:010}"
            self.append(said(ALICE, text, room, f"c-{text}") if room else direct(ALICE, BOB, text, f"c-{text}"))

    def numbers(self, page: Page) -> list[int]:
        return [int(event.text or "") for event in page.events]

    def test_the_oldest_of_all_goes_first_wherever_it_is(self) -> None:
        self.of_text(4)
        self.say(LOBBY, DEV, LOBBY, "", DEV)
        self.assertEqual(self.numbers(self.after(0, {LOBBY: 0, DEV: 0}, ALICE)), [2, 3, 4, 5])
        self.say(LOBBY, LOBBY, LOBBY)
        self.assertEqual(self.numbers(self.after(0, {LOBBY: 0, DEV: 0}, ALICE)), [5, 6, 7, 8])
        self.assertEqual(self.numbers(self.latest()), [6, 7, 8])
        self.assertEqual(self.numbers(self.latest(room=DEV)), [5])
        self.say(LOBBY)
        self.assertEqual(self.numbers(self.latest(room=DEV)), [])
        self.say(DEV, DEV)
        self.assertEqual(self.numbers(self.after(0, {LOBBY: 0, DEV: 0}, ALICE)), [8, 9, 10, 11])

    def test_what_goes_so_is_lost_and_its_mark_forgotten(self) -> None:
        self.of_text(2)
        self.say(LOBBY, "", DEV, LOBBY)
        self.assertEqual(self.after(0, {LOBBY: 0}).lost, 1)
        self.assertEqual(self.after(0, {DEV: 0}).lost, 0)
        self.assertEqual(self.after(0, {}, BOB).lost, 2)
        self.assertEqual(self.after(0, {}, CAROL).lost, 0)
        self.assertEqual({mark for _person, mark in self.journal._said}, {f"c-{3:010}", f"c-{4:010}"})

    def test_the_newest_stays_whatever_its_size(self) -> None:
        self.of_text(2)
        self.say(LOBBY, DEV)
        self.append_texts("x" * 10_000)
        self.texts(self.after(0, {LOBBY: 0, DEV: 0}), "x" * 10_000)
        self.say(DEV)
        self.assertEqual(self.numbers(self.after(0, {LOBBY: 0, DEV: 0})), [4])

    def test_a_full_ring_and_a_full_log_together(self) -> None:
        self.of_text(5)
        self.journal._size = 3
        for _round in range(50):
            self.say(LOBBY, LOBBY, LOBBY, LOBBY, DEV)
            events = self.numbers(self.after(0, {LOBBY: 0, DEV: 0}))
            self.assertEqual(self.numbers(self.latest()), [number for number in events if number % 5])
            self.assertLessEqual(len(events), 5)
            self.assertEqual(len(self.journal._said), len(events))
        self.assertEqual(events, [245, 247, 248, 249, 250])

    def test_no_count_goes_astray(self) -> None:
        self.small(3)
        for _round in range(20):
            self.say(LOBBY, DEV, "", LOBBY)
        self.append(revision(Kind.EDITED, self.delivered[-1], "short"), revision(Kind.DELETED, self.delivered[-3]))
        self.assertEqual(self.journal._text, sum(memory._weight(event) for ring in self.rings() for event in ring))

    def rings(self) -> list[Any]:
        return [*self.journal._rooms.values(), self.journal._directs]

    def test_so_many_readers_that_some_are_forgotten(self) -> None:
        self.patch(memory, "MAX_READERS", 2)
        for person in (ALICE, BOB, ALICE, CAROL):
            self.journal.mark_read(person, {LOBBY: 0})
        known = [person for person in (ALICE, BOB, CAROL) if self.answer_of(self.journal.unread(person, {LOBBY: 0}))]
        self.assertEqual(known, [ALICE, CAROL])

    def test_kinds_that_are_not_served_do_not_count_as_more(self) -> None:
        """Nor do they fill a page: what the log does with a kind is a table that may grow."""
        kept = NATURE[Kind.TOPIC]
        self.addCleanup(NATURE.__setitem__, Kind.TOPIC, kept)
        NATURE[Kind.TOPIC] = Nature(kept=True, history=False, resumed=False, skippable=False)
        self.append_texts("one", "two")
        self.append(*(said(ALICE, "a topic", kind=Kind.TOPIC) for _number in range(5)))
        self.texts(self.after(0, limit=2), "one", "two")
        self.texts(self.latest(2), "one", "two")
        self.append_texts("three")
        self.texts(self.after(0, limit=2), "one", "two", more=True)
        self.texts(self.after(2, limit=1), "three")
        self.texts(self.latest(1), "three", more=True)

    def test_a_page_of_a_full_ring_is_found_without_going_through_it(self) -> None:
        size = 20_000
        self.small(size)
        looks = 0

        class Look(Event):
            """Counts how often its number is asked for."""

            __slots__ = ()

            def __getattribute__(self, name: str) -> object:
                nonlocal looks
                looks += name == "seq"
                return super().__getattribute__(name)

        self.append(*(said(ALICE, "x") for _number in range(size + 10)))
        ring = self.journal._rooms[LOBBY]
        for event in ring:
            event.__class__ = Look
        for read in (self.latest, lambda: self.after(size // 2), lambda: self.latest(before=size // 2)):
            looks = 0
            self.assertEqual(len(read().events), 100)
            self.assertLess(looks, 500)

    # what came to the seam for logs that outlive the service

    def test_it_begins_without_rooms(self) -> None:
        self.assertEqual(list(self.journal.rooms()), [])


# against a list

ROOMS, PEOPLE = (LOBBY, DEV), (ALICE, BOB, CAROL)
SIZE = 4
EVENTS = st.lists(
    st.one_of(
        st.builds(said, st.sampled_from(PEOPLE), st.just("text"), st.sampled_from(ROOMS)),
        st.builds(direct, st.sampled_from(PEOPLE), st.sampled_from(PEOPLE), st.just("text")),
        st.builds(
            said, st.sampled_from(PEOPLE), st.just(""), st.sampled_from(ROOMS), kind=st.just(Kind.JOINED)
        ),
    ),
    min_size=10,
    max_size=30,
)  # fmt: skip
SEQS = st.integers(0, 35)


class Naive:
    """The log as a list of everything that was ever said; `kept` is what a ring of `SIZE` has of it."""

    def __init__(self, events: list[Event]) -> None:
        self.all = [event for event in events if event.kind is not Kind.JOINED]
        rings = [[e for e in self.all if e.room == room] for room in (*ROOMS, "")]
        self.kept = {event for ring in rings for event in ring[-SIZE:]}

    def after(self, seq: int, through: int, person: str | None, rooms: dict[str, int], limit: int) -> Page:
        wanted = [
            event
            for event in self.all
            if seq < event.seq <= through
            and (event.seq > rooms.get(event.room, ENDLESS) or (not event.room and person in (event.person, event.to)))
        ]
        there = [event for event in wanted if event in self.kept]
        lost = [event.seq for event in wanted if event not in self.kept]
        return Page(tuple(there[:limit]), len(there) > limit, max(lost, default=0))

    def latest(self, room: str, before: int, limit: int) -> Page:
        there = [event for event in self.all if event in self.kept and event.room == room and event.seq < before]
        return Page(tuple(there[len(there) - min(limit, len(there)) :]), len(there) > limit)


class AgainstAList(SynchronousTestCase):
    @given(
        EVENTS, SEQS, SEQS, st.none() | st.sampled_from(PEOPLE),
        st.dictionaries(st.sampled_from(ROOMS), SEQS), st.integers(1, 6),
    )  # fmt: skip
    def test_after(
        self, events: list[Event], seq: int, through: int, person: str | None, rooms: dict[str, int], limit: int
    ) -> None:
        journal = make(SIZE)
        journal.append(events)
        naive = Naive(events).after(seq, through, person, rooms, limit)
        page = self.successResultOf(journal.after(seq, through, person, rooms, limit))
        self.assertEqual((page.events, page.more), (naive.events, naive.more))
        if through >= journal.seq:
            self.assertEqual(page.lost, naive.lost)
        else:
            # A ring knows only the last number that it dropped: for what ends below, it may tell of too much loss.
            self.assertTrue(naive.lost <= page.lost <= max(through, 0))

    @given(EVENTS, st.sampled_from(ROOMS), SEQS, st.integers(0, 6))
    def test_latest(self, events: list[Event], room: str, before: int, limit: int) -> None:
        journal = make(SIZE)
        journal.append(events)
        page = self.successResultOf(journal.latest(room, before, limit))
        self.assertEqual(page, Naive(events).latest(room, before, limit))
