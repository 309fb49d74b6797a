"""What an account missed: direct messages wait for it, and what came in its rooms is counted."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import fail

from tests.core.doubles import Human, Program, SlowCase, Someone, arrives, someone
from tests.core.test_accounts import SESAME, AccountCase
from tests.helpers import make_accounts, make_chat
from twisted_chat.core import missed
from twisted_chat.core.feed import ENDING
from twisted_chat.core.names import parse_nick
from twisted_chat.core.told import Failure, Missed, Welcome
from twisted_chat.journal.memory import MemoryJournal


class MissedCase(AccountCase):
    def setUp(self) -> None:
        super().setUp()
        self.is_registered()

    def leaves(self) -> None:
        self.alice.types("/quit")
        self.bob.takes()

    def comes(self, **more: Any) -> Someone:
        return arrives(self, "alice", account=self.chat.accounts.named("alice"), **more)

    def missed(self, who: Someone) -> list[str | None]:
        return [event.text for told in who.listener.told(Missed) for event in told.events]

    def lives(self, who: Someone) -> None:
        """Something comes from the client, and again a while later."""
        who.session.heard()
        self.clock.advance(missed.SETTLED)
        who.session.heard()

    def is_cut(self, who: Someone) -> None:
        who.session.lost("connection lost")
        self.turn()


class DirectMessages(MissedCase):
    def test_they_wait(self) -> None:
        self.leaves()
        self.bob.types("/msg alice psst", "/msg ALICE are you there?")
        self.assertEqual(self.bob.takes()[1], "reply alice is not here; it waits until he comes")
        alice = self.comes()
        self.assertEqual(self.missed(alice), ["psst", "are you there?"])
        alice.types("/r here I am")
        self.assertEqual(alice.takes()[-1], "[alice -> bob] here I am")

    def test_who_is_here_under_another_nickname_is_here(self) -> None:
        self.alice.types("/nick ally", "/away lunch")
        for each in (self.alice, self.bob):
            each.takes()
        self.bob.types("/msg alice psst")
        self.alice.hears("[bob -> alice] psst")
        self.bob.hears("[bob -> alice] psst", "reply ally is away: lunch")

    def test_once_more_after_a_cut_wherever_he_is_by_then(self) -> None:
        self.alice.types("/nick ally")
        self.bob.takes()
        for _time in range(2):
            self.bob.session.say_to("alice", "psst", client_id="1")
            self.turn()
            self.assertEqual(self.bob.takes()[-1], "[bob -> alice] psst")
            self.leaves()

    def test_the_same_words_again_are_repeated_words(self) -> None:
        self.leaves()
        self.bob.listener.charged = 0
        self.bob.types("/msg alice spam")
        self.assertEqual(self.bob.listener.charged, 0)
        self.bob.types("/msg alice spam")
        self.assertEqual(self.bob.listener.charged, self.chat.prices.repeat - 1)

    def test_once(self) -> None:
        self.leaves()
        self.bob.types("/msg alice psst")
        self.alice = self.comes()
        self.lives(self.alice)
        self.assertEqual(self.missed(self.comes()), [])  # beside the other
        for session in tuple(self.alice.session.person.sessions):
            session.depart()
        self.turn()
        self.assertEqual(self.missed(self.comes()), [])

    def test_for_who_logs_in_later(self) -> None:
        self.leaves()
        self.bob.types("/msg alice psst")
        carol = someone(self, "carol")
        self.assertEqual(self.missed(self.logs_in(carol)), ["psst"])

    def test_a_log_that_can_not_be_read(self) -> None:
        self.bob.types("hi")
        self.leaves()
        self.patch(self.chat.journal, "unread", lambda _person, _rooms: fail(RuntimeError("a bug")))
        self.assertIn("!!! STORAGE_UNAVAILABLE the log can't be read now", self.comes().takes())
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)

    def test_nothing_came(self) -> None:
        self.leaves()
        self.assertEqual(self.missed(self.comes()), [])

    def test_what_was_heard_is_not_missed(self) -> None:
        self.bob.types("/msg alice psst")
        self.leaves()
        self.assertEqual(self.missed(self.comes()), [])

    def test_who_resumes_gets_them_anyhow(self) -> None:
        self.leaves()
        seq = self.chat.seq
        self.bob.types("/msg alice psst")
        back = self.comes(since=seq)
        self.assertEqual(self.missed(back), [])
        self.assertEqual([event.text for event in back.listener.events() if event.seq], ["psst"])

    def test_who_is_ignored_is_not_heard(self) -> None:
        self.alice.types("/ignore bob")
        self.leaves()
        self.bob.types("/msg alice psst")
        self.assertEqual(self.missed(self.comes()), [])

    def test_ones_own_are_no_news(self) -> None:
        self.leaves()
        carol = someone(self, "carol")
        self.logs_in(carol).types("/msg bob hi")
        self.bob.takes()
        carol.listener.session.depart()
        self.turn()
        self.assertEqual(self.missed(self.comes()), [])

    def test_a_program_that_marks_it(self) -> None:
        self.leaves()
        self.bob.session.say_to("alice", "psst", client_id="c-1")
        self.turn()
        (event,) = self.bob.listener.events()
        self.assertEqual((event.client_id, event.to_nick), ("c-1", "alice"))

    def test_to_a_guest_who_is_gone(self) -> None:
        self.bob.types("/msg carol psst")
        self.assertEqual(self.bob.takes()[-1], "!!! NO_SUCH_NICK nobody here is called carol")


class Counting(MissedCase):
    def test_room_by_room(self) -> None:
        self.alice.types("/join #dev")
        self.bob.types("/join #dev")
        self.leaves()
        self.bob.types("one", "two", "/msg alice psst", "/switch #lobby", "hi")
        back = self.comes(rooms=["#dev"])
        back.takes()
        back.types("/unread")
        (line,) = back.takes()
        self.assertEqual(
            set(line.removeprefix("reply ").split(" / ")),
            {
                "1 line for you alone while you were away",
                "1 line in #lobby while you were away",
                "2 lines in #dev while you were away",
            },
        )

    def test_nothing(self) -> None:
        self.alice.types("/unread")
        self.alice.hears("reply Nothing came while you were away")

    def test_very_many(self) -> None:
        self.leaves()
        for _line in range(1_100):
            self.bob.session.say("x")
        self.turn()
        back = self.comes()
        back.takes()
        back.types("/unread")
        back.hears("reply 1000 or more lines in #lobby while you were away")

    def test_what_is_shown_live_is_not_unread(self) -> None:
        self.leaves()
        self.bob.types("one", "two")
        back = self.comes()
        for _time in range(2):
            self.bob.types("three", "/msg alice psst")
            back.takes()
            back.types("/unread")
            back.hears("reply 2 lines in #lobby while you were away")

    def test_nor_what_a_room_showed_before_one_left_it(self) -> None:
        for each in (self.alice, self.bob):
            each.types("/join #dev")
        self.bob.types("one")
        self.alice.types("/part")
        self.bob.types("two")
        self.alice.types("/join #dev")
        self.alice.takes()
        self.alice.types("/unread")
        self.alice.hears("reply 1 line in #dev while you were away")

    def test_nor_what_is_served_to_who_comes_back(self) -> None:
        self.leaves()
        seq = self.chat.seq
        self.bob.types("one", "two")
        back = self.comes(since=seq)
        back.takes()
        back.types("/unread")
        back.hears("reply Nothing came while you were away")

    def test_who_comes_back_with_a_later_number_was_not_served_all(self) -> None:
        self.leaves()
        self.bob.types("one", "two")
        back = self.comes(since=self.chat.seq)
        back.takes()
        back.types("/unread")
        back.hears("reply 2 lines in #lobby while you were away")

    def test_who_is_in_no_room(self) -> None:
        self.alice.types("/part")
        self.alice.takes()
        self.alice.types("/unread")
        self.alice.hears("reply Nothing came while you were away")

    def test_guests(self) -> None:
        self.bob.takes()
        self.bob.types("/unread")
        why = "only of accounts it is kept how far they have read; /register makes one"
        self.bob.hears(f"!!! NOT_ALLOWED {why}")


class OverARestart(MissedCase):
    def test_who_was_here_at_the_end_has_read_it(self) -> None:
        journal = MemoryJournal(1000, log_id="1", key=b"k" * 32)
        accounts = make_accounts(self.clock)
        self.chat = make_chat(self.clock, journal, accounts)
        alice, bob = someone(self, "alice"), someone(self, "bob")
        alice.types(f"/register {SESAME}")
        bob.types("/msg alice psst")
        self.lives(alice)
        bob.types("/msg alice are you there?")
        self.successResultOf(self.chat.close("bye"))
        person = alice.session.person.id
        self.assertEqual(
            [(each.mark, each.count) for each in self.successResultOf(journal.unread(person, {"": journal.seq}))],
            [(1, 1)],  # the second one had no answer yet
        )


class NeverHere(MissedCase):
    """What came for an account of which nothing was kept yet."""

    def starts_anew(self) -> None:
        self.chat = make_chat(self.clock, self.chat.journal, self.chat.accounts)
        for _id in range(20):
            self.chat.new_id()

    def test_one_that_an_operator_made(self) -> None:
        self.successResultOf(self.chat.accounts.register("carol's", parse_nick("carol"), SESAME))
        self.bob.types("/msg carol psst")
        self.assertEqual(self.bob.takes()[-1], "reply carol is not here; it waits until he comes")
        carol = arrives(self, "carol", account=self.chat.accounts.named("carol"))
        self.assertEqual(self.missed(carol), ["psst"])
        carol.takes()
        carol.types("/unread")
        carol.hears("reply 1 line for you alone while you were away")

    def test_when_the_server_was_killed_while_it_was_here(self) -> None:
        self.bob.types("/msg alice one")
        self.lives(self.alice)
        self.bob.types("/msg alice two")
        self.starts_anew()  # and nothing was ended before
        bob = someone(self, "bob")
        bob.types("/msg alice three")
        self.assertEqual(self.missed(self.comes()), ["two", "three"])

    def test_what_a_guest_had_before_he_registered(self) -> None:
        carol = someone(self, "carol")
        self.bob.types("/msg carol psst", "hi")
        self.lives(carol)
        carol.types(f"/register {SESAME}")
        self.starts_anew()
        carol = arrives(self, "carol", account=self.chat.accounts.named("carol"))
        self.assertEqual(self.missed(carol), [])
        carol.takes()
        carol.types("/unread")
        carol.hears("reply Nothing came while you were away")


class MoreThanAPage(MissedCase):
    def setUp(self) -> None:
        super().setUp()
        self.leaves()
        for number in range(250):
            self.bob.session.say_to("alice", str(number))
        self.turn()
        self.all = [str(number) for number in range(250)]

    def goes_on(self) -> None:
        for _turn in range(5):
            self.turn()

    def test_all_of_it(self) -> None:
        back = self.comes()
        self.goes_on()
        self.assertEqual(self.missed(back), self.all)
        self.assertEqual([told.further for told in back.listener.told(Missed)], [False, True, True])
        back.takes()
        back.types("/unread")
        back.hears("reply 250 lines for you alone while you were away")

    def test_who_does_not_read_is_given_no_more_and_loses_nothing(self) -> None:
        back = Someone(self, *self.reader_that_stops())
        self.assertEqual(self.missed(back), self.all[:100])
        self.lives(back)  # it sends, and all that it was given has arrived
        self.is_cut(back)
        again = self.comes()
        self.goes_on()
        self.assertEqual(self.missed(again), self.all[100:])

    def reader_that_stops(self, **more: Any) -> Any:
        listener = Program()
        session = self.chat.enter(listener, "alice", account=self.chat.accounts.named("alice"), **more)
        listener.backlog = 1
        self.goes_on()
        return session, listener

    def test_who_reads_slowly_gets_it_before_what_is_said_meanwhile(self) -> None:
        back = Someone(self, *self.reader_that_stops())
        self.bob.types("hi", "/msg alice now")
        for _page in range(3):
            back.reads_on()
            self.goes_on()
        heard = [line for line in back.takes() if not line.startswith(("welcome", "people"))]
        self.assertEqual([line.count("|") + 1 for line in heard[:3]], [100, 100, 50])
        self.assertEqual(heard[3:], ["[#lobby] bob: hi", "[bob -> alice] now"])

    def test_who_leaves_amid_it_finds_the_rest(self) -> None:
        back = Someone(self, *self.reader_that_stops())
        back.types("/quit")
        self.clock.advance(ENDING)
        self.assertTrue(back.listener.closed)
        again = self.comes()
        self.goes_on()
        self.assertEqual(self.missed(again), self.all[100:])

    def comes_and_is_cut(self) -> int:
        """A program, after the first page; gives the number that it was welcomed with."""
        back = Someone(self, *self.reader_that_stops())
        seq: int = back.listener.told(Welcome)[0].seq
        self.is_cut(back)
        return seq

    def test_a_program_that_is_cut_amid_it_and_says_what_it_was_welcomed_with(self) -> None:
        seq = self.comes_and_is_cut()
        self.bob.types("/msg alice now")
        again = self.comes(since=seq)
        self.goes_on()
        self.assertEqual(self.missed(again), self.all)
        self.assertEqual([event.text for event in again.listener.events() if event.seq], ["now"])

    def test_and_is_cut_once_more(self) -> None:
        seq = self.comes_and_is_cut()
        back = Someone(self, *self.reader_that_stops(since=seq))
        self.bob.types("/msg alice now")
        self.is_cut(back)
        again = self.comes(since=seq)
        self.goes_on()
        self.assertEqual(self.missed(again), self.all)
        self.assertEqual([event.text for event in again.listener.events() if event.seq], ["now"])

    def test_a_program_that_was_given_more_after_it_had_it(self) -> None:
        back = self.comes()
        self.goes_on()
        self.bob.types("/msg alice now")
        self.is_cut(back)
        again = self.comes(since=self.chat.seq)
        self.assertEqual(self.missed(again), [])
        self.is_cut(again)
        self.assertEqual(self.missed(self.comes()), [])


class Hanging(MissedCase):
    """What was given to a connection that is broken."""

    def test_who_comes_in_beside_it_is_shown_it(self) -> None:
        self.bob.types("/msg alice psst")
        back = self.comes()
        self.assertEqual(self.missed(back), ["psst"])
        self.bob.types("/msg alice two")
        self.assertEqual([self.alice.takes()[-1], back.takes()[-1]], ["[bob -> alice] two"] * 2)  # each lives

    def test_who_comes_in_after_it_is_shown_it(self) -> None:
        self.bob.types("/msg alice psst")
        self.is_cut(self.alice)
        self.assertEqual(self.missed(self.comes()), ["psst"])

    def test_what_it_has_answered_to_it_had(self) -> None:
        self.bob.types("/msg alice one")
        self.lives(self.alice)
        self.bob.types("/msg alice two")
        self.alice.session.heard()  # that was on its way already
        self.assertGreater(self.alice.session.person.due, self.alice.session.person.had)
        self.is_cut(self.alice)
        self.assertEqual(self.missed(self.comes()), ["two"])

    def test_what_has_not_arrived_is_not_had(self) -> None:
        self.alice.listener.arrived = False
        self.bob.types("/msg alice psst")
        self.lives(self.alice)
        self.alice.types("/quit")
        self.assertEqual(self.missed(self.comes()), ["psst"])

    def test_what_had_arrived_before_the_end_was_had(self) -> None:
        self.bob.types("/msg alice one")
        self.alice.session.heard()
        self.alice.listener.arrived = False
        self.bob.types("/msg alice two")
        self.alice.types("/quit")
        self.assertEqual(self.missed(self.comes()), ["two"])

    def test_who_is_put_out_may_have_read_nothing(self) -> None:
        self.bob.types("/msg alice psst")
        back = self.comes()
        back.types("/ghost")
        self.is_cut(back)
        self.assertEqual(self.missed(self.comes()), ["psst"])

    def test_who_logs_out_has_read_it(self) -> None:
        self.bob.types("/msg alice psst")
        self.alice.types("/logout")
        self.turn()
        self.assertEqual(self.missed(self.comes()), [])

    def test_who_goes_before_he_is_in_has_read_nothing(self) -> None:
        self.leaves()
        self.bob.types("/msg alice psst")
        session = self.chat.enter(Program(), "alice", account=self.chat.accounts.named("alice"))
        session.lost()
        self.turn()
        self.assertEqual(self.missed(self.comes()), ["psst"])

    def test_a_guest_has_no_account_for_which_it_is_kept(self) -> None:
        self.alice.types("/msg bob psst")
        self.assertLess(self.bob.session.person.had, self.bob.session.person.due)
        self.lives(self.bob)
        self.lives(self.bob)
        self.assertEqual(self.bob.session.person.had, self.bob.session.person.due)


class SlowReaders(SlowCase):
    def test_what_was_not_given_is_not_read(self) -> None:
        alice, bob = someone(self, "alice"), someone(self, "bob")
        alice.types(f"/register {SESAME}")
        self.turn()
        alice.stops_reading()
        bob.types("one")
        self.turn()
        before = alice.session.feed.place
        bob.types("two", "/msg alice psst")
        self.turn()
        self.assertEqual(alice.session.feed.place, before)
        alice.session.lost()
        self.turn()
        back = arrives(self, "alice", Human(), account=self.chat.accounts.named("alice"))
        self.turn()
        self.journal.reads()
        self.turn()
        self.journal.reads()
        self.turn()
        self.assertEqual(back.listener.told(Failure), [])
        self.assertEqual([event.text for told in back.listener.told(Missed) for event in told.events], ["psst"])

    def test_who_is_gone_before_the_log_answers_has_read_nothing(self) -> None:
        alice, bob = someone(self, "alice"), someone(self, "bob")
        alice.types(f"/register {SESAME}")
        alice.types("/quit")
        bob.types("hi", "/msg alice psst")
        self.turn()
        account = self.chat.accounts.named("alice")
        back = arrives(self, "alice", Human(), account=account)
        self.turn()
        back.session.lost()  # the room's last lines are being read, and what waited comes after them
        self.turn()
        again = arrives(self, "alice", Human(), account=account)
        for _page in range(3):
            self.turn()
            self.journal.reads()
        self.assertEqual([event.text for told in again.listener.told(Missed) for event in told.events], ["psst"])
        again.takes()
        again.types("/unread")
        self.turn()
        again.hears("reply 1 line for you alone while you were away")
