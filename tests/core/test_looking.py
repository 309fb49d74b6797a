"""Searching, as one who is here: what he finds, and what he never may."""

from __future__ import annotations

from twisted.internet.defer import Deferred, fail

from tests.core.doubles import SlowCase, someone
from tests.helpers import CoreCase
from twisted_chat.core.errors import Busy
from twisted_chat.core.events import Page
from twisted_chat.core.told import Found, History


class Case(CoreCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice, self.bob = someone(self, "alice"), someone(self, "bob")

    def found(self, who: object, words: str) -> list[str | None]:
        who.types(f"/search {words}")  # type: ignore[attr-defined]
        (found,) = who.listener.told(Found)  # type: ignore[attr-defined]
        who.listener.forget()  # type: ignore[attr-defined]
        return [event.text for event in found.events]


class Finding(Case):
    def test_the_newest_first(self) -> None:
        self.alice.types("one fish", "two fish", "no bird")
        self.assertEqual(self.found(self.bob, "fish"), ["two fish", "one fish"])
        self.assertEqual(self.found(self.bob, "fish two"), ["two fish"])
        self.assertEqual(self.found(self.bob, "cow"), [])

    def test_only_where_one_is(self) -> None:
        self.alice.types("/join #dev", "secret fish", "/switch #lobby", "public fish")
        self.assertEqual(self.found(self.bob, "fish"), ["public fish"])
        self.assertEqual(self.found(self.alice, "fish"), ["public fish", "secret fish"])
        self.assertEqual(self.found(self.alice, "fish in:#dev"), ["secret fish"])
        self.bob.types("/search fish in:#dev", "/search fish in:#nowhere")
        self.bob.hears(
            "!!! NOT_IN_ROOM you are not in #dev; /join #dev first", "!!! NO_SUCH_ROOM there is no room #nowhere"
        )
        self.alice.types("/part #dev")
        self.assertEqual(self.found(self.alice, "fish"), ["public fish"])

    def test_in_the_same_packet_with_a_join(self) -> None:
        self.alice.types("/join #dev", "fish")
        self.bob.types("/join #dev", "/search fish")
        self.assertEqual([event.text for event in self.bob.listener.told(Found)[0].events], ["fish"])

    def test_direct_messages_of_ones_own(self) -> None:
        carol = someone(self, "carol")
        self.alice.types("/msg bob fish for you")
        self.assertEqual(self.found(self.bob, "fish"), ["fish for you"])
        self.assertEqual(self.found(self.alice, "fish"), ["fish for you"])
        self.assertEqual(self.found(carol, "fish"), [])
        self.assertEqual(self.found(self.bob, "fish in:#lobby"), [])

    def test_by_whom_and_since_when(self) -> None:
        self.alice.types("old fish")
        self.clock.advance(7200)
        self.bob.types("new fish")
        self.assertEqual(self.found(self.bob, "fish from:ALICE"), ["old fish"])
        self.assertEqual(self.found(self.bob, "fish since:1h"), ["new fish"])
        self.assertEqual(self.found(self.bob, "fish since:3h before:#2"), ["old fish"])

    def test_whom_one_ignores_is_not_found(self) -> None:
        self.alice.types("fish")
        self.bob.types("/ignore alice")
        self.bob.listener.forget()
        self.assertEqual(self.found(self.bob, "fish"), [])

    def test_all_that_somebody_said(self) -> None:
        self.alice.types("one", "/me waves", "!!!")
        self.bob.types("two")
        self.bob.listener.forget()
        self.assertEqual(self.found(self.bob, "from:alice"), ["!!!", "waves", "one"])

    def test_there_is_more_behind_those_whom_one_ignores(self) -> None:
        self.bob.types("old fish")
        self.alice.types(*["fish"] * 3)
        self.bob.types("/ignore alice")
        self.bob.listener.forget()
        self.bob.session.search("fish", 2, None)
        self.turn()
        (found,) = self.bob.listener.told(Found)
        self.assertEqual((found.events, found.before), ((), 3))
        self.bob.listener.forget()
        self.bob.types("/history 2")
        (history,) = self.bob.listener.told(History)
        self.assertEqual((history.events, history.more, history.end), ((), True, 3))

    def test_what_is_no_search(self) -> None:
        self.bob.types("/search", "/search !!!", "/search fish since:yesterday", "/search x before:#y")
        self.bob.hears(
            "!!! NEED_TEXT that needs more: /search WORDS [from:NICK] [in:#ROOM] [since:3d]",
            "!!! NEED_TEXT a search needs a word of letters or digits, or from:, in: or since:",
            "!!! BAD_REQUEST since:yesterday is not understood; say since:3d, or 90s, 45m, 2h, 4w",
            "!!! BAD_REQUEST before:#y is no number of a line",
        )

    def test_history_of_some_hours(self) -> None:
        self.alice.types("old")
        self.clock.advance(7200)
        self.alice.types("new")
        self.bob.listener.forget()
        self.bob.types("/history 1h", "/history 3h")
        self.bob.hears(
            "history of #lobby: [#lobby] alice: new", "history of #lobby: [#lobby] alice: old | [#lobby] alice: new"
        )


class Slow(SlowCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice, self.bob = someone(self, "alice"), someone(self, "bob")
        self.alice.types("fish")
        self.bob.listener.forget()

    def test_what_comes_meanwhile_does_not_wait(self) -> None:
        self.bob.types("/search fish")
        self.alice.types("meanwhile")
        self.bob.hears("[#lobby] alice: meanwhile")
        self.journal.reads()
        self.assertEqual(len(self.bob.listener.told(Found)), 1)

    def test_one_at_a_time(self) -> None:
        self.bob.types("/search fish", "/search bird")
        self.bob.hears("!!! BUSY your last search is still running")
        self.journal.reads()
        self.bob.listener.forget()
        self.bob.types("/search fish")
        self.journal.reads()
        self.assertEqual(len(self.bob.listener.told(Found)), 1)

    def test_a_log_that_fails(self) -> None:
        self.bob.types("/search fish")
        self.journal.fails_to_read()
        self.bob.hears("!!! STORAGE_UNAVAILABLE the log can't be read now")
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)

    def test_a_log_that_has_no_time(self) -> None:
        answer: Deferred[Page] = fail(Busy("too many look for something just now; try again"))
        self.patch(self.journal, "search", lambda search, limit: answer)
        self.bob.types("/search fish")
        self.bob.hears("!!! BUSY too many look for something just now; try again")

    def test_who_leaves_meanwhile_hears_nothing(self) -> None:
        self.bob.types("/search fish")
        self.bob.session.lost()
        self.journal.reads()
        self.bob.hears()
