"""What an account missed: direct messages wait for it, and what came in its rooms is counted."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import fail

from tests.core.doubles import Human, SlowCase, Someone, arrives, someone
from tests.core.test_accounts import SESAME, AccountCase
from tests.helpers import make_accounts, make_chat
from twisted_chat.core.told import Failure, Missed
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


class DirectMessages(MissedCase):
    def test_they_wait(self) -> None:
        self.leaves()
        self.bob.types("/msg alice psst", "/msg ALICE are you there?")
        self.assertEqual(self.bob.takes()[1], "reply alice is not here; it waits until he comes")
        self.assertEqual(self.missed(self.comes()), ["psst", "are you there?"])

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
        self.successResultOf(self.chat.close("bye"))
        self.assertEqual(
            [(each.mark, each.count) for each in self.successResultOf(journal.unread(alice.session.person.id, ("",)))],
            [(journal.seq, 0)],
        )


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
