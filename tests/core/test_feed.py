from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, succeed

from tests.core.doubles import Human, Program, SlowCase, Someone, arrives, line, someone
from tests.helpers import CoreCase, make_chat
from twisted_chat.boundaries import Stance
from twisted_chat.core import feed
from twisted_chat.core.events import Event, Page
from twisted_chat.core.feed import PAGE
from twisted_chat.core.told import People, Skipped, Welcome
from twisted_chat.journal.memory import MemoryJournal


def say(who: Someone, *texts: str, room: str | None = None) -> None:
    """Said in one turn."""
    for text in texts:
        who.session.say(text, room)
    who.case.turn()


def numbers(first: int, last: int) -> list[str]:
    return [str(number) for number in range(first, last + 1)]


class SlowReader(Program):
    """Never empty at once: each answer has to be read before there is a next page."""

    def answer(self, rendered: list[Any]) -> None:
        super().answer(rendered)
        self.backlog = 1


class Lagging(CoreCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice, self.bob = someone(self, "alice"), someone(self, "bob")
        self.alice.listener.forget()

    def test_he_is_passed_by_and_served_later(self) -> None:
        self.bob.stops_reading()
        say(self.alice, "1")
        say(self.alice, "2")
        self.assertTrue(self.bob.session.feed.lagging)
        self.assertEqual(self.chat.rooms["#lobby"].views.keys(), {self.alice.session})
        self.bob.hears()
        self.bob.reads_on()
        self.bob.hears("[#lobby] alice: 1", "[#lobby] alice: 2", "people of #lobby: alice")
        say(self.alice, "3")
        self.bob.hears("[#lobby] alice: 3")

    def test_who_only_reads_slowly_but_takes_all_is_not_lagging(self) -> None:
        self.bob.listener.backlog = 5
        say(self.alice, "1")
        self.bob.hears("[#lobby] alice: 1")
        self.bob.session.drained()
        self.bob.hears()

    def test_rooms_and_directs_come_in_order(self) -> None:
        for each in (self.alice, self.bob):
            each.types("/join #dev")
            each.listener.forget()
        self.bob.stops_reading()
        self.alice.listener.forget()
        say(self.alice, "1", room="#lobby")
        self.alice.session.say_to("bob", "2")
        say(self.alice, "3", room="#dev")
        say(self.bob, "4", room="#lobby")
        self.bob.session.say_to("alice", "5")
        self.turn()
        self.bob.reads_on()
        self.assertEqual(self.bob.listener.texts(), numbers(1, 5))
        stances = [stance for item, stance, _view in self.bob.listener.heard if isinstance(item, Event)]
        self.assertEqual(stances, [Stance.OTHER] * 3 + [Stance.ORIGIN] * 2)

    def test_more_of_ones_own_than_are_known_again(self) -> None:
        """Who talks and never reads costs no memory without end."""
        self.patch(feed, "MAX_OWN", 2)
        self.bob.stops_reading()
        say(self.alice, "0")
        for text in numbers(1, 3):
            say(self.bob, text)
        self.bob.reads_on()
        stances = [stance for item, stance, _view in self.bob.listener.heard if isinstance(item, Event)]
        self.assertEqual(stances, [Stance.OTHER, Stance.ORIGIN, Stance.ORIGIN, Stance.SELF])

    def test_page_after_page_with_a_turn_between(self) -> None:
        self.bob.stops_reading()
        for text in numbers(1, 2 * PAGE + 50):
            say(self.alice, text)
        listener = self.bob.listener
        listener.full, listener.backlog = False, 0
        self.bob.session.drained()
        self.assertEqual(listener.texts(), numbers(1, PAGE))
        say(self.alice, "meanwhile")  # a turn
        self.assertEqual(listener.texts(), [*numbers(1, 2 * PAGE + 50), "meanwhile"])

    def test_the_next_page_waits_until_the_first_is_read(self) -> None:
        carol = someone(self, "carol", SlowReader())
        carol.stops_reading()
        for text in numbers(1, 2 * PAGE + 50):
            say(self.alice, text)
        carol.reads_on()
        self.assertEqual(carol.listener.texts(), numbers(1, PAGE))
        self.assertTrue(carol.session.feed.lagging)
        carol.reads_on()
        carol.reads_on()
        self.assertEqual(carol.listener.texts(), numbers(1, 2 * PAGE + 50))
        self.assertFalse(carol.session.feed.lagging)

    def test_to_say_that_one_is_empty_twice_does_no_harm(self) -> None:
        self.bob.stops_reading()
        say(self.alice, "1")
        self.bob.reads_on()
        self.bob.reads_on()
        self.assertEqual(self.bob.listener.texts(), ["1"])

    def test_answers_come_at_once(self) -> None:
        self.bob.stops_reading()
        say(self.alice, "1")
        self.bob.types("/time")
        self.bob.hears("reply 2026-11-18 12:00:00 UTC")

    def test_a_switch_of_rooms_does_not_bring_him_back_too_early(self) -> None:
        self.bob.types("/join #dev")
        self.bob.stops_reading()
        say(self.alice, "1")
        self.bob.types("/switch #lobby", "/join #ops")
        self.assertEqual(self.chat.rooms["#lobby"].views.keys(), {self.alice.session})
        self.assertEqual(self.chat.rooms["#ops"].views, {})
        self.bob.listener.forget()
        self.bob.reads_on()
        self.assertEqual(self.bob.listener.texts(), ["1"])
        say(self.alice, "2")
        self.assertEqual(self.bob.listener.texts(), ["1", "2"])

    def test_a_room_joined_meanwhile_is_served_from_there_on(self) -> None:
        self.alice.types("/join #dev")
        self.bob.stops_reading()
        say(self.alice, "not for bob", room="#dev")
        say(self.alice, "1", room="#lobby")
        self.bob.types("/join #dev")
        say(self.alice, "2", room="#dev")
        self.bob.listener.forget()
        self.bob.reads_on()
        self.assertEqual(self.bob.listener.texts(), ["1", "2"])

    def test_whom_he_ignores_he_is_not_served(self) -> None:
        self.bob.stops_reading()
        say(self.alice, "1")
        self.bob.types("/ignore alice")
        self.bob.listener.forget()
        self.alice.types("2", "/topic work")
        self.bob.reads_on()
        self.bob.hears("[#lobby] alice topic work", "people of #lobby: alice")

    def test_what_is_ignored_altogether_leaves_nothing_to_serve(self) -> None:
        self.bob.stops_reading()
        say(self.alice, "1")
        self.bob.types("/ignore alice")
        self.bob.listener.forget()
        self.bob.reads_on()
        self.bob.hears("people of #lobby: alice")

    def test_he_learns_who_came_and_went(self) -> None:
        self.bob.stops_reading()
        say(self.alice, "1")
        carol = someone(self, "carol")
        self.alice.types("/nick ally")
        self.bob.reads_on()
        self.bob.hears("[#lobby] alice: 1", "people of #lobby: ally carol")
        carol.types("/quit")
        self.bob.hears("[#lobby] carol left")

    def test_one_without_a_list_does_not_need_that(self) -> None:
        carol = someone(self, "carol", Human())
        carol.stops_reading()
        say(self.alice, "1")
        carol.reads_on()
        carol.hears("[#lobby] alice: 1")

    def test_the_connection_is_lost_meanwhile(self) -> None:
        self.bob.stops_reading()
        say(self.alice, "1")
        self.bob.session.lost()
        self.turn()
        self.bob.reads_on()
        self.bob.hears()
        self.alice.hears("[#lobby] alice: 1", "[#lobby] bob left")


class Patience(CoreCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice = someone(self, "alice")
        self.bob = someone(self, "bob", Human(patience=3))

    def test_what_is_not_too_much_is_served(self) -> None:
        self.bob.stops_reading()
        say(self.alice, "1", "2")
        say(self.alice, "3")
        self.bob.reads_on()
        self.bob.hears("[#lobby] alice: 1", "[#lobby] alice: 2", "[#lobby] alice: 3")

    def test_of_too_much_he_is_told_how_much(self) -> None:
        self.bob.stops_reading()
        say(self.alice, "1", "2")
        say(self.alice, "3", "4")
        self.bob.reads_on()
        self.bob.hears("skipped 1-4: 4")
        say(self.alice, "5")
        self.bob.hears("[#lobby] alice: 5")

    def test_direct_messages_count_and_other_rooms_do_not(self) -> None:
        self.alice.types("/join #dev")
        self.bob.stops_reading()
        say(self.alice, "1", "2", room="#lobby")
        for text in numbers(3, 9):
            self.alice.session.say(text, "#dev")
        self.alice.session.say_to("bob", "10")
        self.bob.session.say_to("alice", "11")
        self.bob.session.say_to("bob", "12")
        self.turn()
        self.bob.reads_on()
        self.bob.hears("skipped 1-12: 5")

    def test_comings_and_goings_do_not_count(self) -> None:
        self.bob.stops_reading()
        for nick in ("p1", "p2", "p3", "p4"):
            someone(self, nick)
        say(self.alice, "1")
        self.bob.reads_on()
        self.bob.hears("[#lobby] alice: 1")

    def test_what_he_was_served_already_is_not_counted_as_skipped(self) -> None:
        self.patch(feed, "PAGE", 2)
        self.bob.stops_reading()
        say(self.alice, "1", "2", "3")
        listener = self.bob.listener
        listener.full, listener.backlog = False, 0
        self.bob.session.drained()
        self.assertEqual(listener.texts(), ["1", "2"])
        listener.backlog = 1
        say(self.alice, "4", "5", "6")
        self.assertEqual(listener.texts(), ["1", "2"])
        self.bob.reads_on()
        self.assertEqual([line(item) for item, _stance, _view in listener.heard[2:]], ["skipped 3-6: 4"])

    def test_a_room_entered_meanwhile_counts_from_there(self) -> None:
        self.alice.types("/join #dev")
        say(self.alice, *numbers(1, 9))
        self.bob.stops_reading()
        say(self.alice, "10", room="#lobby")
        self.bob.types("/join #dev")
        self.bob.listener.forget()
        self.bob.reads_on()
        self.bob.hears("[#lobby] alice: 10")


class Forgetful(CoreCase):
    """A log that keeps three lines a room."""

    def setUp(self) -> None:
        super().setUp()
        self.chat = make_chat(self.clock, MemoryJournal(3, log_id="7f3a", key=b"k" * 32))
        self.alice = someone(self, "alice")

    def test_a_program_is_told_what_is_missing_once_and_served_the_rest(self) -> None:
        bob = someone(self, "bob")
        self.patch(feed, "PAGE", 2)
        say(self.alice, "1")
        bob.listener.forget()
        bob.stops_reading()
        say(self.alice, *numbers(2, 8))
        bob.reads_on()
        bob.hears("skipped 2-5: 0", "[#lobby] alice: 6", "[#lobby] alice: 7", "[#lobby] alice: 8",
                  "people of #lobby: alice")  # fmt: skip

    def test_more_is_lost_while_he_is_served(self) -> None:
        bob = someone(self, "bob")
        self.patch(feed, "PAGE", 2)
        bob.stops_reading()
        say(self.alice, *numbers(1, 4))
        bob.listener.full, bob.listener.backlog = False, 0
        bob.session.drained()
        bob.hears("skipped 1-1: 0", "[#lobby] alice: 2", "[#lobby] alice: 3")
        bob.listener.backlog = 1
        say(self.alice, *numbers(5, 9))
        bob.reads_on()
        bob.hears("skipped 4-6: 0", "[#lobby] alice: 7", "[#lobby] alice: 8", "[#lobby] alice: 9",
                  "people of #lobby: alice")  # fmt: skip

    def test_a_human_gets_one_notice(self) -> None:
        bob = someone(self, "bob", Human(patience=10))
        bob.stops_reading()
        say(self.alice, *numbers(1, 5))
        bob.reads_on()
        bob.hears("skipped 1-5: 5")
        say(self.alice, "6")
        bob.hears("[#lobby] alice: 6")


class LossInOneOfTwoRooms(CoreCase):
    """A loss is told once, however many pages the rest takes."""

    def test_one_notice_and_everything_that_is_left(self) -> None:
        self.chat = make_chat(self.clock, MemoryJournal(150, log_id="7f3a", key=b"k" * 32))
        alice, bob = someone(self, "alice"), someone(self, "bob")
        for each in (alice, bob):
            each.types("/join #dev")
            each.listener.forget()
        bob.stops_reading()
        for number in range(140):
            alice.session.say(f"kept {number}", "#dev")
        for number in range(200):
            alice.session.say(f"lobby {number}", "#lobby")
        self.turn()
        bob.reads_on()
        heard = bob.takes()
        self.assertEqual([each for each in heard if each.startswith("skipped")], ["skipped 1-190: 0"])
        said = [each for each in heard if "alice: " in each]
        self.assertEqual(len(said), 140 + 150)


class ComingBack(CoreCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice = someone(self, "alice")
        bob = arrives(self, "bob")
        self.secret = bob.secret()
        say(self.alice, "1")
        bob.session.lost()
        self.turn()
        self.alice.session.say("2")
        self.turn()
        self.alice.listener.forget()

    def test_what_was_missed_comes_right_after_the_welcome(self) -> None:
        bob = arrives(self, "bob", resume=self.secret, since=1)
        bob.hears("welcome bob: #lobby", "[#lobby] alice: 2")
        say(self.alice, "3")
        bob.hears("[#lobby] alice: 3")

    def test_ones_own_words_are_ones_persons(self) -> None:
        bob = arrives(self, "bob", resume=self.secret)
        say(bob, "mine")
        bob.session.lost()
        self.turn()
        bob = arrives(self, "bob", resume=self.secret, since=2)
        self.assertEqual(
            [stance for item, stance, _view in bob.listener.heard if isinstance(item, Event)], [Stance.SELF]
        )

    def test_from_the_beginning(self) -> None:
        bob = arrives(self, "bob", since=0)
        bob.hears("welcome bob: #lobby", "[#lobby] alice: 1", "[#lobby] alice: 2")

    def test_nothing_was_missed(self) -> None:
        bob = arrives(self, "bob", resume=self.secret, since=2)
        bob.hears("welcome bob: #lobby")

    def test_without_since_one_begins_now(self) -> None:
        bob = arrives(self, "bob", resume=self.secret)
        bob.hears("welcome bob: #lobby")

    def test_another_log_or_a_number_from_the_future(self) -> None:
        for more in ({"since": 0, "log": "other"}, {"since": 3}):
            bob = arrives(self, "bob", resume=self.secret, **more)
            bob.hears("welcome bob: #lobby")
            bob.session.lost()
            self.turn()
        bob = arrives(self, "bob", resume=self.secret, since=1, log="7f3a")
        bob.hears("welcome bob: #lobby", "[#lobby] alice: 2")

    def test_even_a_human_gets_all_of_it_then(self) -> None:
        say(self.alice, *numbers(3, 9))
        bob = arrives(self, "bob", Human(patience=2), resume=self.secret, since=1)
        self.assertEqual(bob.listener.texts(), numbers(2, 9))
        bob.listener.forget()
        bob.stops_reading()
        say(self.alice, "10", "11", "12")
        bob.reads_on()
        bob.hears("skipped 10-12: 3")

    def test_all_that_the_log_still_has(self) -> None:
        self.chat = make_chat(self.clock, MemoryJournal(3, log_id="7f3a", key=b"k" * 32))
        self.alice = someone(self, "alice")
        say(self.alice, *numbers(1, 5))
        bob = arrives(self, "bob", Human(patience=1), since=0)
        bob.hears(
            "welcome bob: #lobby", "skipped 1-2: 0", "[#lobby] alice: 3", "[#lobby] alice: 4", "[#lobby] alice: 5"
        )

    def test_the_rest_of_the_same_turn_follows(self) -> None:
        listener = Program()
        self.alice.session.say("3")
        session = self.chat.enter(listener, "bob", resume=self.secret, since=1)
        self.alice.session.say("4")
        self.turn()
        Someone(self, session, listener).hears(
            "welcome bob: #lobby", "[#lobby] alice: 2", "[#lobby] alice: 3", "[#lobby] alice: 4"
        )


class HeldBack(SlowCase):
    """What was asked of the log stands before what comes after."""

    def setUp(self) -> None:
        super().setUp()
        self.alice = someone(self, "alice")
        self.bob = someone(self, "bob")
        say(self.alice, "1", "2")
        self.alice.listener.forget()
        self.bob.listener.forget()

    def test_live_events_and_answers_wait_behind_the_page(self) -> None:
        self.bob.types("/history 2")
        say(self.alice, "3")
        self.bob.types("/motd")
        say(self.alice, "4")
        self.bob.hears()
        self.journal.reads()
        self.bob.hears("history of #lobby: [#lobby] alice: 1 | [#lobby] alice: 2", "[#lobby] alice: 3",
                       "reply There is no message of the day", "[#lobby] alice: 4")  # fmt: skip
        say(self.alice, "5")
        self.bob.hears("[#lobby] alice: 5")

    def test_several_pages_each_at_its_place(self) -> None:
        self.bob.types("/history 1")
        say(self.alice, "3")
        self.bob.types("/history 1")
        say(self.alice, "4")
        self.bob.types("/history 1")
        say(self.alice, "5")
        self.journal.reads()
        self.bob.hears("history of #lobby: [#lobby] alice: 2", "[#lobby] alice: 3")
        self.journal.reads()
        self.bob.hears("history of #lobby: [#lobby] alice: 3", "[#lobby] alice: 4")
        self.journal.reads()
        self.bob.hears("history of #lobby: [#lobby] alice: 4", "[#lobby] alice: 5")

    def test_held_pages_that_are_there_at_once(self) -> None:
        self.bob.types("/history 1", "/history 1")
        say(self.alice, "3")
        pages = [Page(()), Page(())]
        self.patch(self.journal, "latest", lambda room, before, limit, since: succeed(pages.pop()))
        self.journal.reads()
        self.assertEqual(self.bob.takes()[-2:], ["history of #lobby:", "[#lobby] alice: 3"])
        self.bob.types("/history 1")
        self.bob.hears("history of #lobby:")

    def test_a_switch_of_rooms_leaves_it_held(self) -> None:
        self.bob.types("/history 1", "/join #dev", "/switch #lobby")
        say(self.alice, "3")
        self.bob.hears()
        self.journal.reads()
        self.bob.hears("history of #lobby: [#lobby] alice: 2", "entered #dev:", "reply You are in #lobby now",
                       "[#lobby] alice: 3")  # fmt: skip

    def test_one_that_can_not_be_read_is_empty(self) -> None:
        self.bob.types("/history 2")
        say(self.alice, "3")
        self.journal.fails_to_read()
        self.bob.hears("!!! STORAGE_UNAVAILABLE the log can't be read now", "[#lobby] alice: 3")
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)

    def test_a_rooms_last_lines_on_joining_stand_before_what_is_said_then(self) -> None:
        carol = arrives(self, "carol", Human())
        say(self.alice, "3")
        carol.hears("welcome carol: #lobby")
        self.journal.reads()
        carol.hears("history of #lobby: [#lobby] alice: 1 | [#lobby] alice: 2", "[#lobby] alice: 3")

    def test_a_repeated_word_waits_too(self) -> None:
        self.bob.session.say("mine", client_id="c-1")
        self.turn()
        self.bob.listener.forget()
        self.bob.types("/history 1")
        say(self.alice, "3")
        self.bob.session.say("mine", client_id="c-1")
        self.turn()
        self.bob.hears()
        self.journal.reads()
        self.bob.hears("history of #lobby: [#lobby] bob: mine", "[#lobby] alice: 3", "[#lobby] bob: mine")

    def test_too_much_to_hold_comes_from_the_log_then(self) -> None:
        self.patch(feed, "MAX_HELD", 3)
        self.bob.types("/history 1")
        for text in numbers(3, 8):
            say(self.alice, text)
        self.assertTrue(self.bob.session.feed.lagging)
        self.bob.types("/motd", "/motd", "/motd", "/motd")  # past twice the bound an answer no longer waits
        self.bob.hears("reply There is no message of the day")
        self.journal.reads()
        self.assertEqual(self.bob.listener.texts(), numbers(3, 5))
        self.journal.reads()
        self.clock.advance(0)
        self.assertEqual(self.bob.listener.texts(), numbers(3, 8))
        self.assertFalse(self.bob.session.feed.lagging)

    def test_histories_without_end_are_answered_empty(self) -> None:
        self.patch(feed, "MAX_HELD", 3)
        self.bob.types(*["/history 1"] * 5)
        for _page in range(5):
            self.journal.reads()
        answers = self.bob.takes()
        self.assertEqual(answers.count("!!! STORAGE_UNAVAILABLE the log can't be read now"), 1)
        self.assertEqual(len(answers), 5)

    def test_a_full_reader_lags_when_what_was_held_is_given(self) -> None:
        self.bob.types("/history 1")
        self.bob.stops_reading()
        say(self.alice, "3")
        say(self.alice, "4")
        self.bob.session.say("5")
        self.turn()
        self.journal.reads()
        self.assertEqual(self.bob.listener.texts(), [])
        self.assertTrue(self.bob.session.feed.lagging)
        self.bob.reads_on()
        self.journal.reads()
        self.assertEqual(self.bob.listener.texts(), ["3", "4", "5"])
        stances = [stance for item, stance, _view in self.bob.listener.heard if getattr(item, "text", "") == "5"]
        self.assertEqual(stances, [Stance.ORIGIN])

    def test_what_a_full_reader_could_not_take_is_given_once(self) -> None:
        """Though another page waits behind it, and he has room again by the time that it is there."""
        self.bob.types("/history 1")
        say(self.alice, "3")
        self.bob.types("/history 1")
        say(self.alice, "4")
        self.bob.stops_reading()
        self.journal.reads()
        self.bob.listener.full = False
        self.journal.reads()
        self.bob.reads_on()
        self.journal.reads()
        self.assertEqual(self.bob.listener.texts(), ["3", "4"])

    def test_the_connection_is_lost_meanwhile(self) -> None:
        self.bob.types("/history 1", "/history 1")
        say(self.alice, "3")
        self.bob.session.lost()
        self.turn()
        self.journal.reads()
        self.journal.reads()
        self.bob.hears()

    def test_it_ends_amid_an_answer(self) -> None:
        class Fragile(Program):
            """Loses its connection at the second answer."""

            session: Any = None

            def answer(self, rendered: list[Any]) -> None:
                super().answer(rendered)
                if self.session is not None and len(self.heard) == 1:
                    self.session.lost()

        carol = someone(self, "carol", Fragile())
        carol.types("/history 1", "/history 1")
        carol.listener.session = carol.session  # type: ignore[attr-defined]
        self.journal.reads()
        self.journal.reads()
        self.assertEqual(len(carol.listener.heard), 1)
        self.turn()
        self.assertNotIn(carol.session.person.id, self.chat.persons)


class ServedSlowly(SlowCase):
    """A page of the log is being read while new batches are delivered."""

    def setUp(self) -> None:
        super().setUp()
        self.alice, self.bob = someone(self, "alice"), someone(self, "bob")
        self.bob.stops_reading()
        say(self.alice, "1")
        say(self.alice, "2")

    def test_nothing_is_lost_or_repeated(self) -> None:
        self.bob.reads_on()
        say(self.alice, "3")
        self.bob.session.drained()  # no second reading
        self.assertEqual(len(self.journal.asked), 1)
        self.bob.hears()
        self.journal.reads()
        self.assertEqual(self.bob.listener.texts(), ["1", "2"])
        self.clock.advance(0)
        say(self.alice, "4")
        self.journal.reads()
        self.clock.advance(0)
        self.assertEqual(self.bob.listener.texts(), ["1", "2", "3"])
        self.journal.reads()
        say(self.alice, "5")
        self.assertEqual(self.bob.listener.texts(), numbers(1, 5))
        self.assertEqual(self.bob.takes()[-2:], ["people of #lobby: alice", "[#lobby] alice: 5"])

    def test_history_asked_for_meanwhile_comes_behind_the_page(self) -> None:
        self.bob.reads_on()
        self.bob.types("/history 1")
        say(self.alice, "3")
        self.journal.reads()
        self.bob.hears("[#lobby] alice: 1", "[#lobby] alice: 2", "history of #lobby: [#lobby] alice: 2")
        self.journal.reads()
        self.bob.hears("[#lobby] alice: 3", "people of #lobby: alice")

    def test_a_page_that_can_not_be_read_is_skipped(self) -> None:
        self.bob.reads_on()
        self.journal.fails_to_read()
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)
        self.bob.hears()
        say(self.alice, "3")
        self.clock.advance(feed.RETRY)
        self.journal.reads()
        self.assertEqual(self.bob.listener.texts(), ["1", "2", "3"])

    def test_the_connection_is_lost_before_it_could_be_read_again(self) -> None:
        self.bob.reads_on()
        self.bob.session.lost()
        self.journal.fails_to_read()
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)
        self.clock.advance(feed.RETRY)
        self.assertEqual(self.journal.asked, [])

    def test_of_what_is_too_much_for_a_human_nothing_is_read(self) -> None:
        carol = someone(self, "carol", Human(patience=0))
        self.journal.reads()
        carol.listener.forget()
        carol.stops_reading()
        say(self.alice, "3")
        carol.reads_on()
        carol.hears("skipped 3-3: 1")
        self.assertEqual(self.journal.asked, [])

    def test_for_a_human_too(self) -> None:
        carol = arrives(self, "carol", Human())
        self.journal.reads()
        carol.listener.forget()
        carol.stops_reading()
        say(self.alice, "3")
        carol.reads_on()
        self.journal.fails_to_read()
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)
        self.clock.advance(feed.RETRY)
        self.journal.reads()
        self.assertEqual(carol.listener.texts(), ["3"])

    def test_the_connection_is_lost_meanwhile(self) -> None:
        self.bob.reads_on()
        self.bob.session.lost()
        self.journal.reads()
        self.turn()
        self.bob.hears()


class ComingBackSlowly(SlowCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice = someone(self, "alice")
        self.bob = arrives(self, "bob", since=0)
        self.journal.reads()
        self.secret = self.bob.secret()
        self.bob.session.lost()
        self.turn()
        say(self.alice, "1")
        self.bob = arrives(self, "bob", resume=self.secret, since=0)

    def test_nothing_happened_meanwhile(self) -> None:
        self.journal.reads()
        self.bob.hears("welcome bob: #lobby", "[#lobby] alice: 1")

    def test_somebody_came_and_another_is_called_otherwise(self) -> None:
        carol = someone(self, "carol")
        self.alice.types("/nick ally")
        self.journal.reads()
        self.bob.hears("welcome bob: #lobby", "[#lobby] alice: 1", "people of #lobby: ally carol")
        carol.types("/quit")
        self.bob.hears("[#lobby] carol left")

    def test_what_he_is_told_meanwhile_counts(self) -> None:
        carol = someone(self, "carol")
        self.bob.types("/join #dev", "/join #lobby")
        carol.types("/quit")
        self.journal.reads()
        self.bob.hears("welcome bob: #lobby", "entered #dev:", "entered #lobby: alice carol", "[#lobby] alice: 1",
                       "people of #lobby: alice")  # fmt: skip

    def test_his_own_doings_are_no_news(self) -> None:
        self.bob.types("/join #dev")
        self.journal.reads()
        self.bob.hears("welcome bob: #lobby", "entered #dev:", "[#lobby] alice: 1")


class Ended(CoreCase):
    def test_nothing_is_told_any_more(self) -> None:
        alice, bob = someone(self, "alice"), someone(self, "bob")
        bob.session.close()
        self.assertTrue(bob.listener.closed)
        bob.session.feed.tell(People(self.chat.rooms["#lobby"].facts_for(bob.session.person)))
        bob.session.feed.lag(0)
        self.assertFalse(bob.session.feed.lagging)
        say(alice, "1")
        bob.hears()

    def test_a_batch_on_its_way_is_swallowed(self) -> None:
        bob = someone(self, "bob")
        sink = bob.session.feed.sink
        bob.session.feed.stop()
        self.assertTrue(bob.session.feed.sink([("x", None, None)]))
        self.assertIsNot(bob.session.feed.sink, sink)
        bob.hears()

    def test_what_a_view_does_not_show_is_not_told(self) -> None:
        bob = someone(self, "bob")
        bob.session.feed.answer([])
        bob.hears()

    def test_an_end_while_a_page_is_read_at_once(self) -> None:
        bob = someone(self, "bob")
        bob.session.feed.stop()
        shown: list[Page] = []
        waiting: Deferred[Page] = Deferred()
        bob.session.feed.show(lambda: succeed(Page(())), shown.append)
        bob.session.feed.show(lambda: waiting, shown.append)
        waiting.callback(Page(()))
        self.assertEqual(shown, [])


class Numbers(CoreCase):
    def test_a_welcome_says_what_need_not_be_asked_for(self) -> None:
        alice = someone(self, "alice")
        say(alice, "1", "2")
        bob = arrives(self, "bob")
        self.assertEqual([welcome.seq for welcome in bob.listener.told(Welcome)], [2])

    def test_a_notice_says_from_where_to_where(self) -> None:
        alice, bob = someone(self, "alice"), someone(self, "bob", Human(patience=0))
        say(alice, "1", "2")
        bob.stops_reading()
        say(alice, "3", "4")
        bob.reads_on()
        self.assertEqual(bob.listener.told(Skipped), [Skipped(3, 4, 2)])
