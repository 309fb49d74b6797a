"""What every journal must do, whatever it is kept in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from twisted.internet.defer import Deferred

from twisted_chat.boundaries import Journal
from twisted_chat.core.events import Aside, Duplicate, Event, Kind, Outcome, Page

LOBBY, DEV = "room-1", "room-2"
ALICE, BOB, CAROL = "person-1", "person-2", "person-3"
ENDLESS = 2**62


def said(person: str, text: str, room: str = LOBBY, mark: str | None = None, kind: Kind = Kind.MESSAGE) -> Event:
    return Event(kind, person, f"nick of {person}", 1000, room, f"#{room}", text, client_id=mark)


def direct(person: str, to: str, text: str, mark: str | None = None) -> Event:
    return Event(
        Kind.DIRECT, person, f"nick of {person}", 1000, text=text, to=to, to_nick=f"nick of {to}", client_id=mark
    )


class JournalContract:
    """Mixed into a (Synchronous)TestCase. `make_journal` gives a new one, with room for 100 events at least.

    Where a journal answers later, `settle` lets it work until everything appended is delivered, and `answer_of` until a
    Deferred has fired.
    """

    def make_journal(self) -> Journal:
        raise NotImplementedError

    def settle(self) -> None:
        """A synchronous journal has nothing to wait for."""

    def answer_of(self: Any, answer: Deferred[Any]) -> Any:
        return self.successResultOf(answer)

    def setUp(self) -> None:
        super().setUp()  # type: ignore[misc]
        self.journal = self.make_journal()
        self.delivered: list[Outcome] = []
        self.batches: list[int] = []
        self.journal.subscribe(self._deliver)

    def _deliver(self, outcomes: Sequence[Outcome]) -> None:
        self.delivered += outcomes
        self.batches.append(len(outcomes))

    # words

    def append(self, *batch: Event | Aside) -> None:
        self.journal.append(batch)
        self.settle()

    def append_texts(self, *texts: str, room: str = LOBBY) -> None:
        self.append(*(said(ALICE, text, room) for text in texts))

    def after(
        self, seq: int, rooms: dict[str, int] | None = None, person: str | None = None,
        limit: int = 100, through: int = ENDLESS,
    ) -> Page:  # fmt: skip
        rooms = {LOBBY: 0} if rooms is None else rooms
        return self.answer_of(self.journal.after(seq, through, person, rooms, limit))

    def latest(self, limit: int = 100, before: int = ENDLESS, room: str = LOBBY) -> Page:
        return self.answer_of(self.journal.latest(room, before, limit))

    def texts(self: Any, page: Page, *texts: str, more: bool = False) -> None:
        self.assertEqual([event.text for event in page.events], list(texts))
        self.assertEqual(page.more, more, "more")
        seqs = [event.seq for event in page.events]
        self.assertEqual(seqs, sorted(set(seqs)), "oldest first")

    # what a log is

    def test_it_has_an_id_and_a_key(self: Any) -> None:
        self.assertTrue(self.journal.id)
        self.assertEqual(len(self.journal.key), 32)
        self.assertEqual(self.journal.seq, 0)

    def test_numbers_ascend(self: Any) -> None:
        self.append(said(ALICE, "one"), said(BOB, "two", DEV))
        self.append(direct(ALICE, BOB, "three"), said(ALICE, "four", kind=Kind.TOPIC))
        seqs = [event.seq for event in self.delivered]
        self.assertGreater(seqs[0], 0)
        self.assertEqual(seqs, sorted(set(seqs)))
        self.assertEqual(self.journal.seq, seqs[-1])

    def test_a_batch_is_delivered_as_one_in_its_order(self: Any) -> None:
        batch = [said(ALICE, str(number), (LOBBY, DEV)[number % 2]) for number in range(20)]
        self.append(*batch)
        self.append(*batch[:0])
        self.assertEqual(self.delivered, batch, "the very same events")
        self.assertEqual(self.batches[0], 20)

    def test_asides_pass_through_in_their_place(self: Any) -> None:
        one, aside, two = said(ALICE, "one"), Aside(None, self.fail), said(ALICE, "two")
        self.append(one, aside, two)
        self.assertEqual(self.delivered, [one, aside, two])

    def test_what_is_not_kept_passes_through_in_its_place(self: Any) -> None:
        one, two = said(ALICE, "one"), said(ALICE, "two")
        passing = [
            said(ALICE, "", kind=Kind.JOINED, mark="m"),
            said(ALICE, "bye", kind=Kind.LEFT),
            Event(Kind.RENAMED, ALICE, "a", 1000, text="b"),
            Event(Kind.AWAY, ALICE, "a", 1000, text=None),
        ]
        self.append(one, *passing, two)
        self.assertEqual(self.delivered, [one, *passing, two])
        self.assertEqual([event.seq for event in passing], [0, 0, 0, 0])
        self.texts(self.after(0, person=ALICE), "one", "two")
        self.texts(self.latest(), "one", "two")

    # said twice

    def test_a_mark_used_before_is_a_duplicate(self: Any) -> None:
        original, again = said(ALICE, "hello", mark="c-1"), said(ALICE, "hello", mark="c-1")
        self.append(original)
        self.append(again)
        duplicate = self.delivered[-1]
        self.assertIsInstance(duplicate, Duplicate)
        self.assertIs(duplicate.event, again)
        self.assertEqual((duplicate.original.seq, duplicate.original.text), (original.seq, "hello"))
        self.assertTrue(again.same_words(duplicate.original))
        self.assertEqual(again.seq, 0)
        self.assertEqual(self.journal.seq, original.seq)
        self.texts(self.latest(), "hello")

    def test_a_duplicate_in_the_same_batch(self: Any) -> None:
        self.append(said(ALICE, "one", mark="c-1"), said(ALICE, "two", mark="c-1"), said(ALICE, "three", mark="c-2"))
        self.assertEqual([type(outcome) for outcome in self.delivered], [Event, Duplicate, Event])
        self.texts(self.latest(), "one", "three")

    def test_a_duplicate_with_other_words_is_one_as_well(self: Any) -> None:
        self.append(said(ALICE, "hello", mark="c-1"))
        self.append(direct(ALICE, BOB, "psst", mark="c-1"))
        self.assertIsInstance(self.delivered[-1], Duplicate)
        self.assertFalse(self.delivered[-1].event.same_words(self.delivered[-1].original))

    def test_marks_are_each_persons_own(self: Any) -> None:
        self.append(said(ALICE, "one", mark="c-1"), said(BOB, "two", mark="c-1"))
        self.texts(self.latest(), "one", "two")

    def test_the_same_words_without_a_mark_are_said_again(self: Any) -> None:
        self.append_texts("hello", "hello")
        self.texts(self.latest(), "hello", "hello")

    # what comes after a number

    def test_after(self: Any) -> None:
        self.append_texts("one", "two", "three")
        first = self.delivered[0].seq
        self.texts(self.after(0), "one", "two", "three")
        self.texts(self.after(first), "two", "three")
        self.texts(self.after(self.journal.seq))
        self.texts(self.after(ENDLESS))
        self.texts(self.after(0, {}))
        self.texts(self.after(0, {"never-was": 0}))

    def test_after_goes_through_a_number(self: Any) -> None:
        self.append_texts("one", "two", "three")
        self.texts(self.after(0, through=self.delivered[1].seq), "one", "two")
        self.texts(self.after(0, through=0))

    def test_after_gives_the_oldest_and_tells_of_more(self: Any) -> None:
        self.append_texts("one", "two", "three")
        self.texts(self.after(0, limit=2), "one", "two", more=True)
        self.texts(self.after(0, limit=3), "one", "two", "three")
        self.texts(self.after(0, limit=2, through=self.delivered[1].seq), "one", "two")

    def test_after_by_pages(self: Any) -> None:
        for number in range(30):
            self.append(said(ALICE, str(number), (LOBBY, DEV)[number % 2]), direct(ALICE, BOB, f"d{number}"))
        found: list[str] = []
        place, more = 0, True
        while more:
            page = self.after(place, {LOBBY: 0, DEV: 0}, BOB, limit=7)
            self.assertLessEqual(len(page.events), 7)
            found += [event.text for event in page.events]
            place, more = page.events[-1].seq, page.more
        self.assertEqual(found, [text for number in range(30) for text in (str(number), f"d{number}")])

    def test_after_knows_the_rooms_asked_for_only(self: Any) -> None:
        self.append(said(ALICE, "one"), said(ALICE, "two", DEV), said(ALICE, "three", "room-3"))
        self.texts(self.after(0, {LOBBY: 0, DEV: 0}), "one", "two")

    def test_after_reads_each_room_above_its_own_number(self: Any) -> None:
        self.append(said(ALICE, "one"), said(ALICE, "two", DEV), said(ALICE, "three"), said(ALICE, "four", DEV))
        second = self.delivered[1].seq
        self.texts(self.after(0, {LOBBY: 0, DEV: second}), "one", "three", "four")
        self.texts(self.after(second, {LOBBY: 0, DEV: 0}), "three", "four")

    def test_after_with_the_direct_messages_of_one(self: Any) -> None:
        self.append(
            said(ALICE, "aloud"), direct(ALICE, BOB, "to bob"), direct(BOB, ALICE, "to alice"),
            direct(BOB, CAROL, "to carol"), direct(ALICE, ALICE, "note to self"),
        )  # fmt: skip
        self.texts(self.after(0, person=ALICE), "aloud", "to bob", "to alice", "note to self")
        self.texts(self.after(0, {}, CAROL), "to carol")
        self.texts(self.after(0, {}, "person-9"))
        self.texts(self.after(0), "aloud")

    def test_after_has_many_direct_messages_of_others_to_pass(self: Any) -> None:
        self.append(*(direct(BOB, CAROL, str(number)) for number in range(50)), direct(ALICE, BOB, "to bob"))
        self.texts(self.after(0, {}, ALICE, limit=1), "to bob")

    def test_nothing_is_lost_of_a_young_log(self: Any) -> None:
        self.append_texts("one")
        self.append(direct(ALICE, BOB, "two"))
        self.assertEqual(self.after(0, person=ALICE).lost, 0)

    # a room's past

    def test_latest(self: Any) -> None:
        self.append_texts("one", "two", "three")
        self.append_texts("elsewhere", room=DEV)
        self.texts(self.latest(), "one", "two", "three")
        self.texts(self.latest(2), "two", "three", more=True)
        self.texts(self.latest(3), "one", "two", "three")
        self.texts(self.latest(room="never-was"))

    def test_latest_before_a_number(self: Any) -> None:
        self.append_texts("one", "two", "three")
        third = self.delivered[2].seq
        self.texts(self.latest(before=third), "one", "two")
        self.texts(self.latest(1, before=third), "two", more=True)
        self.texts(self.latest(before=0))

    def test_latest_has_no_direct_messages(self: Any) -> None:
        self.append(said(ALICE, "one"), direct(ALICE, BOB, "psst"), said(ALICE, "waves", kind=Kind.ACTION))
        self.append(said(ALICE, "a topic", kind=Kind.TOPIC))
        self.texts(self.latest(), "one", "waves", "a topic")

    def test_pages_are_bounded(self: Any) -> None:
        self.append(*(said(ALICE, f"{number}{'x' * 1998}") for number in range(60)))
        page = self.after(0)
        self.assertTrue(page.more)
        self.assertTrue(1 <= len(page.events) < 60)
        self.assertEqual([event.text[0] for event in page.events[:3]], ["0", "1", "2"])
        newest = self.latest()
        self.assertTrue(newest.more)
        self.assertEqual(newest.events[-1].text[:2], "59")

    def test_one_event_is_a_page_whatever_its_size(self: Any) -> None:
        self.append_texts("x" * 500_000, "y" * 500_000)
        self.assertEqual(len(self.after(0).events), 1)
        self.assertEqual(self.after(0).events[0].text[0], "x")
        self.assertEqual(self.latest().events[0].text[0], "y")

    def test_what_is_read_is_what_was_said(self: Any) -> None:
        self.append(
            Event(Kind.ACTION, ALICE, "alice", 1_795_003_200_123, LOBBY, "#lobby", "grüßt 😀", client_id="c-1"),
            Event(Kind.DIRECT, ALICE, "alice", 1_795_003_200_124, text="psst", to=BOB, to_nick="bob", action=True),
        )
        aloud, alone = self.after(0, person=ALICE).events
        self.assertEqual(
            (
                aloud.kind,
                aloud.person,
                aloud.nick,
                aloud.time,
                aloud.room,
                aloud.room_name,
                aloud.text,
                aloud.client_id,
            ),
            (Kind.ACTION, ALICE, "alice", 1_795_003_200_123, LOBBY, "#lobby", "grüßt 😀", "c-1"),
        )
        self.assertEqual(
            (alone.kind, alone.to, alone.to_nick, alone.text, alone.action, alone.client_id),
            (Kind.DIRECT, BOB, "bob", "psst", True, None),
        )

    # by its mark

    def test_what_was_said_with_a_mark(self: Any) -> None:
        self.append(said(ALICE, "one", mark="c-1"), direct(BOB, CAROL, "two", mark="c-2"))
        for person, mark, event in ((ALICE, "c-1", self.delivered[0]), (BOB, "c-2", self.delivered[1])):
            found = self.answer_of(self.journal.said(person, mark))
            self.assertEqual((found.seq, found.text, found.client_id), (event.seq, event.text, mark))
        self.assertIsNone(self.answer_of(self.journal.said(BOB, "c-1")))
        self.assertIsNone(self.answer_of(self.journal.said(ALICE, "c-2")))

    # ends

    def test_a_forgotten_room(self: Any) -> None:
        self.append_texts("one")
        self.append_texts("two", room=DEV)
        self.journal.forget(LOBBY)
        self.journal.forget("never-was")
        self.append_texts("three", room=DEV)
        self.texts(self.after(0, {DEV: 0}), "two", "three")
        self.assertGreater(self.delivered[-1].seq, self.delivered[-2].seq)

    def test_close(self: Any) -> None:
        self.append_texts("one")
        self.assertIsNone(self.answer_of(self.journal.close()))
