"""What every journal must do, whatever it is kept in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from twisted.internet.defer import Deferred

from tests.helpers import NOON
from twisted_chat.boundaries import MAX_UNREAD, Journal
from twisted_chat.core.errors import NoSuchLine
from twisted_chat.core.events import Aside, Duplicate, Event, Kind, Outcome, Page, Refused
from twisted_chat.core.names import fold
from twisted_chat.core.search import Search, parse_query

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
        self.journal.open()
        self.delivered: list[Outcome] = []
        self.batches: list[int] = []
        self.appended = 0
        self.journal.subscribe(self._deliver)

    def _deliver(self, outcomes: Sequence[Outcome]) -> None:
        self.delivered += outcomes
        self.batches.append(len(outcomes))

    # words

    def append(self, *batch: Event | Aside) -> None:
        self.appended += len(batch)
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

    def test_close(self: Any) -> None:
        self.append_texts("one")
        self.assertIsNone(self.answer_of(self.journal.close()))


def looking_for(text: str, rooms: Sequence[str] = (LOBBY,), person: str | None = None, **more: Any) -> Search:
    query = parse_query(text)
    return Search(query.terms, tuple(rooms), person, query.nick, before=query.before, **more)


def revision(kind: Kind, target: Event, text: str | None = None, person: str = ALICE) -> Event:
    return Event(
        kind,
        person,
        target.nick,
        2000,
        target.room,
        target.room_name,
        text,
        target.to,
        target.to_nick,
        target=target.seq,
    )


class RevisionContract(JournalContract):
    """What every journal does with words that are changed or taken back."""

    def edit(self: Any, target: Event, text: str) -> Event:
        event = revision(Kind.EDITED, target, text)
        self.append(event)
        return event

    def delete(self: Any, target: Event) -> Event:
        event = revision(Kind.DELETED, target)
        self.append(event)
        return event

    def test_an_edit_changes_what_is_read(self: Any) -> None:
        one, two = said(ALICE, "one", mark="c-1"), said(ALICE, "two")
        self.append(one, two)
        edit = self.edit(one, "first")
        self.assertGreater(edit.seq, two.seq)
        self.texts(self.latest(), "first", "two")
        self.assertEqual([event.revised for event in self.latest().events], [True, False])
        self.texts(self.after(0), "first", "two", "first")
        last = self.after(two.seq).events[0]
        self.assertEqual((last.kind, last.target, last.seq), (Kind.EDITED, one.seq, edit.seq))
        found = self.answer_of(self.journal.find(one.seq))
        self.assertEqual((found.text, found.revised, found.person), ("first", True, ALICE))

    def test_edited_twice(self: Any) -> None:
        one = said(ALICE, "one")
        self.append(one)
        self.edit(one, "two")
        self.edit(one, "three")
        self.texts(self.latest(), "three")
        self.texts(self.after(0), "three", "three", "three")

    def test_what_is_deleted_is_read_no_more(self: Any) -> None:
        one, two = said(ALICE, "one"), said(ALICE, "two")
        self.append(one, two)
        self.edit(one, "first")
        delete = self.delete(one)
        self.texts(self.latest(), "two")
        self.assertEqual([event.seq for event in self.after(0).events], [two.seq, delete.seq])
        last = self.after(0).events[-1]
        self.assertEqual((last.kind, last.target, last.text), (Kind.DELETED, one.seq, None))
        self.assertIsNone(self.answer_of(self.journal.find(one.seq)))

    def test_direct_messages_too(self: Any) -> None:
        one = direct(ALICE, BOB, "psst")
        self.append(one, said(ALICE, "aloud"))
        self.edit(one, "hush")
        self.texts(self.after(0, {}, BOB), "hush", "hush")
        self.delete(one)
        page = self.after(0, {}, BOB)
        self.assertEqual([(event.kind, event.to) for event in page.events], [(Kind.DELETED, BOB)])
        self.texts(self.after(0, {}, CAROL))
        self.texts(self.after(0), "aloud")

    def test_in_one_batch_with_its_target(self: Any) -> None:
        one = said(ALICE, "one")
        self.append(one)
        two = said(ALICE, "two")
        changed = revision(Kind.EDITED, one, "first")
        self.append(two, changed, revision(Kind.DELETED, one), said(ALICE, "three"))
        self.texts(self.latest(), "two", "three")

    def test_what_can_not_be_revised(self: Any) -> None:
        one, topic = said(ALICE, "one"), said(ALICE, "topic", kind=Kind.TOPIC)
        self.append(one, topic)
        gone = self.delete(one)
        for target in (one, topic, gone):
            again = revision(Kind.EDITED, target, "again")
            self.append(again)
            refused = self.delivered[-1]
            self.assertIsInstance(refused, Refused)
            self.assertIs(refused.event, again)
            self.assertIsInstance(refused.error, NoSuchLine)
            self.assertEqual(again.seq, 0)
        self.append(Event(Kind.DELETED, ALICE, "a", 1000, LOBBY, "#lobby", None, target=10_000))
        self.assertIsInstance(self.delivered[-1], Refused)
        self.assertEqual(self.journal.seq, gone.seq)

    def test_a_retry_of_what_was_revised(self: Any) -> None:
        one, two = said(ALICE, "one", mark="c-1"), said(ALICE, "two", mark="c-2")
        one.time = two.time = NOON  # the marks of what was deleted are kept for a day
        self.append(one, two)
        self.edit(one, "first")
        self.delete(two)
        for text, mark in (("one", "c-1"), ("two", "c-2")):
            self.append(said(ALICE, text, mark=mark))
            duplicate = self.delivered[-1]
            self.assertIsInstance(duplicate, Duplicate)
            self.assertTrue(duplicate.event.same_words(duplicate.original), text)
            self.assertTrue(duplicate.original.revised)
        self.assertIsNone(duplicate.original.text)

    # a room's past by time

    def test_latest_of_some_time(self: Any) -> None:
        events = [said(ALICE, str(number)) for number in range(5)]
        for number, event in enumerate(events):
            event.time = 1000 * number
        self.append(*events)
        page = self.answer_of(self.journal.latest(LOBBY, ENDLESS, 100, 2000))
        self.texts(page, "2", "3", "4")
        self.texts(self.answer_of(self.journal.latest(LOBBY, ENDLESS, 2, 2000)), "3", "4", more=True)
        self.texts(self.answer_of(self.journal.latest(LOBBY, ENDLESS, 2, 99_000)))
        self.texts(self.answer_of(self.journal.latest(LOBBY, ENDLESS, 100, 1)), "1", "2", "3", "4")
        self.texts(self.answer_of(self.journal.latest("never-was", ENDLESS, 100, 1)))

    def test_an_empty_log_has_no_time(self: Any) -> None:
        self.texts(self.answer_of(self.journal.latest(LOBBY, ENDLESS, 100, 1000)))
        self.finds(Search(parse_query("one").terms, (LOBBY,), since=1000))

    # looking for something

    def finds(self: Any, search: Search | str, *texts: str, more: bool = False, limit: int = 20) -> None:
        wanted = looking_for(search) if isinstance(search, str) else search
        page = self.answer_of(self.journal.search(wanted, limit))
        self.assertEqual([event.text for event in page.events], list(texts))
        self.assertEqual(page.more, more, "more")

    def test_search(self: Any) -> None:
        self.append_texts("The quick brown fox", "jumps over", "the lazy dog", "", "Brown dogs")
        self.finds("brown", "Brown dogs", "The quick brown fox")
        self.finds("THE dog", "the lazy dog")
        self.finds("dog*", "Brown dogs", "the lazy dog")
        self.finds('"quick brown"', "The quick brown fox")
        self.finds('"brown quick"')
        self.finds("cat")
        self.finds("brown", "Brown dogs", more=True, limit=1)
        self.finds(f"brown before:#{self.delivered[-1].seq}", "The quick brown fox")

    def test_words_are_folded(self: Any) -> None:
        wide = "\uff57\uff49\uff44\uff45 \ufb01ne"  # full width, and a ligature
        self.append_texts("Crème brûlée", wide, "你好世界", "straße", "snake_case")
        self.finds("creme BRULEE", "Crème brûlée")
        self.finds("brûlée", "Crème brûlée")
        self.finds("wide fine", wide)
        self.finds("世界", "你好世界")
        self.finds("界", "你好世界")
        self.finds("你好世界", "你好世界")
        self.finds("界你")
        self.finds("STRASSE", "straße")
        self.finds("snake_case", "snake_case")

    def test_nothing_in_the_words_is_syntax(self: Any) -> None:
        self.append_texts("body : hello OR NOT place", 'say "hello"', "a^b NEAR(c)")
        self.finds('OR NOT "hello', "body : hello OR NOT place")
        self.finds("body:hello", "body : hello OR NOT place")
        self.finds("a^b NEAR(c", "a^b NEAR(c)")
        self.finds("place", "body : hello OR NOT place")
        self.finds("rlobby")

    def test_where_one_may_look(self: Any) -> None:
        self.append(
            said(ALICE, "secret one"), said(ALICE, "secret two", DEV), direct(ALICE, BOB, "secret three"),
            direct(CAROL, ALICE, "secret four"), direct(CAROL, CAROL, "secret five"),
        )  # fmt: skip
        self.finds(looking_for("secret", ()))
        self.finds(looking_for("secret", (LOBBY,)), "secret one")
        self.finds(looking_for("secret", (LOBBY, DEV)), "secret two", "secret one")
        self.finds(looking_for("secret", (LOBBY, "never-was"), ALICE), "secret four", "secret three", "secret one")
        self.finds(looking_for("secret", (), BOB), "secret three")
        self.finds(Search((), (DEV,), BOB), "secret three", "secret two")
        self.finds(looking_for("secret", (), CAROL), "secret five", "secret four")

    def test_by_whom_and_when(self: Any) -> None:
        old, new = said(ALICE, "hello old"), said(BOB, "hello new")
        new.time = 5000
        self.append(old, new)
        self.finds(Search(parse_query("hello").terms, (LOBBY,), nick=fold(old.nick)), "hello old")
        self.finds(Search(parse_query("hello").terms, (LOBBY,), nick=fold("Nick Of PERSON-2")), "hello new")
        self.finds(Search(parse_query("hello").terms, (LOBBY,), nick="nobody"))
        self.finds(Search(parse_query("hello").terms, (LOBBY,), since=5000), "hello new")
        self.finds(Search(parse_query("hello").terms, (LOBBY,), since=5001))

    def test_what_was_revised_is_found_by_what_it_is_now(self: Any) -> None:
        one, two = said(ALICE, "apple"), said(ALICE, "cherry")
        self.append(one, two)
        self.edit(one, "banana")
        self.delete(two)
        self.finds("apple")
        self.finds("cherry")
        self.finds("banana", "banana")

    def test_topics_and_passing_things_are_not_found(self: Any) -> None:
        self.append(said(ALICE, "word", kind=Kind.TOPIC), said(ALICE, "word", kind=Kind.LEFT), said(ALICE, "the word"))
        self.finds("word", "the word")

    # what was read

    def unread(self: Any, person: str, *rooms: str, through: int = 1_000_000) -> list[tuple[str, int, int]]:
        found = self.answer_of(self.journal.unread(person, dict.fromkeys(rooms, through)))
        return [(each.room, each.mark, each.count) for each in found]

    def test_read_marks(self: Any) -> None:
        self.append(said(ALICE, "one"), said(BOB, "two"), said(ALICE, "three", DEV), direct(ALICE, BOB, "psst"))
        self.assertEqual(self.unread(BOB, LOBBY, DEV), [])
        self.assertEqual(self.unread(BOB, ""), [("", 0, 1)], "what nobody has read waits")
        self.assertEqual(self.unread(CAROL, ""), [("", 0, 0)])
        first = self.delivered[0].seq
        self.journal.mark_read(BOB, {LOBBY: first, "": 0})
        self.append(said(ALICE, "four"), said(ALICE, "topic", kind=Kind.TOPIC), direct(BOB, ALICE, "yes?"))
        self.assertEqual(self.unread(BOB, LOBBY, DEV, ""), [(LOBBY, first, 1), ("", 0, 1)])
        self.assertEqual(self.unread(CAROL, LOBBY), [])
        last = self.delivered[-1].seq
        self.journal.mark_read(BOB, {LOBBY: last})
        self.journal.mark_read(BOB, {LOBBY: first})
        self.append_texts("five")
        self.assertEqual(self.unread(BOB, LOBBY), [(LOBBY, last, 1)], "a mark never goes back")

    def test_what_comes_later_is_not_counted(self: Any) -> None:
        self.journal.mark_read(BOB, {LOBBY: 0})
        self.append(said(ALICE, "one"), direct(ALICE, BOB, "psst"), said(ALICE, "two"), direct(ALICE, BOB, "psst"))
        for through, lines, directs in ((0, 0, 0), (1, 1, 0), (2, 1, 1), (3, 2, 1), (4, 2, 2)):
            numbers = dict.fromkeys((LOBBY, ""), self.delivered[through - 1].seq if through else 0)
            found = self.answer_of(self.journal.unread(BOB, numbers))
            self.assertEqual([each.count for each in found], [lines, directs])

    def test_what_is_deleted_is_not_unread(self: Any) -> None:
        one = said(ALICE, "one")
        self.journal.mark_read(BOB, {LOBBY: 0, "never-was": 0})
        self.append(one, said(ALICE, "two"))
        self.delete(one)
        self.assertEqual(self.unread(BOB, LOBBY, "never-was"), [(LOBBY, 0, 1), ("never-was", 0, 0)])

    def test_unread_lines_are_counted_up_to_a_bound(self: Any) -> None:
        self.journal.mark_read(BOB, {LOBBY: 0})
        for _batch in range(12):
            self.append_texts(*(["x"] * 90))
        self.assertEqual(self.unread(BOB, LOBBY), [(LOBBY, 0, MAX_UNREAD)])
