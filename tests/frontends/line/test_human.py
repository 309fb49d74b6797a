"""What a person reads of each event and answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.helpers import NOON
from twisted_chat.boundaries import Stance
from twisted_chat.core.errors import NoSuchNick
from twisted_chat.core.events import Event, Kind
from twisted_chat.core.told import Entered, Failure, Found, History, Notice, People, Reply, RoomFacts, Skipped, Welcome
from twisted_chat.frontends.line.human import CURRENT, ELSEWHERE

OTHER, ORIGIN, SELF = Stance.OTHER, Stance.ORIGIN, Stance.SELF
ALONE = RoomFacts("#lobby", (), 0, "")


def in_room(kind: Kind, text: str | None = "", **more: Any) -> Event:
    return Event(kind, "p1", "alice", NOON, "r1", "#dev", text, **more)


def of_person(kind: Kind, text: str | None = "", **more: Any) -> Event:
    return Event(kind, "p1", "alice", NOON, text=text, **more)


class Events(SynchronousTestCase):
    def reads(self, event: Event, *, other: str, origin: str, own: str, elsewhere: str) -> None:
        """What another, the doer, the doer's other connection, and somebody in another room read."""
        views = [(CURRENT, OTHER), (CURRENT, ORIGIN), (CURRENT, SELF), (ELSEWHERE, OTHER)]
        for (view, stance), line in zip(views, (other, origin, own, elsewhere), strict=True):
            self.assertEqual(view.render(event, stance).decode(), f"{line}\r\n" if line else "", stance)

    def test_message(self) -> None:
        self.reads(
            in_room(Kind.MESSAGE, "hi"), other="alice: hi", origin="", own="alice: hi", elsewhere="[#dev] alice: hi"
        )

    def test_action(self) -> None:
        self.reads(
            in_room(Kind.ACTION, "waves"),
            other="* alice waves", origin="", own="* alice waves", elsewhere="[#dev] * alice waves",
        )  # fmt: skip

    def test_direct(self) -> None:
        own = "[pm -> bob] psst"
        self.reads(
            of_person(Kind.DIRECT, "psst", to="p2", to_nick="bob"),
            other="[pm] alice: psst", origin=own, own=own, elsewhere="[pm] alice: psst",
        )  # fmt: skip

    def test_direct_action(self) -> None:
        own = "[pm -> bob] * alice waves"
        self.reads(
            of_person(Kind.DIRECT, "waves", to="p2", to_nick="bob", action=True),
            other="[pm] * alice waves", origin=own, own=own, elsewhere="[pm] * alice waves",
        )  # fmt: skip

    def test_joined(self) -> None:
        joined = "*** alice joined #dev"
        self.reads(in_room(Kind.JOINED), other=joined, origin="", own=joined, elsewhere=joined)

    def test_left(self) -> None:
        left = "*** alice left #dev (lunch)"
        self.reads(in_room(Kind.LEFT, "lunch"), other=left, origin="*** You left #dev", own=left, elsewhere=left)

    def test_renamed(self) -> None:
        renamed = "*** alice is now ally"
        self.reads(
            of_person(Kind.RENAMED, "ally"),
            other=renamed, origin="*** You are now ally", own=renamed, elsewhere=renamed,
        )  # fmt: skip

    def test_away(self) -> None:
        away = "*** alice is away: lunch"
        self.reads(
            of_person(Kind.AWAY, "lunch"), other=away, origin="*** You are marked as away", own=away, elsewhere=away
        )
        self.assertEqual(CURRENT.render(of_person(Kind.AWAY, ""), ORIGIN), b"*** You are marked as away\r\n")

    def test_back(self) -> None:
        back = "*** alice is back"
        self.reads(of_person(Kind.AWAY, None), other=back, origin="*** You are back", own=back, elsewhere=back)

    def test_topic(self) -> None:
        topic = "*** alice set the topic of #dev: tests"
        self.reads(in_room(Kind.TOPIC, "tests"), other=topic, origin=topic, own=topic, elsewhere=topic)

    def test_edited(self) -> None:
        self.reads(
            in_room(Kind.EDITED, "hello", target=7),
            other="*** alice changed #7: hello", origin="*** You changed #7: hello", own="*** alice changed #7: hello",
            elsewhere="*** alice changed #7 in #dev: hello",
        )  # fmt: skip

    def test_a_direct_message_that_was_changed(self) -> None:
        event = of_person(Kind.EDITED, "hush", target=7, to="p2", to_nick="bob")
        mine = "*** You changed #7 in a direct message: hush"
        others = "*** alice changed #7 in a direct message: hush"
        self.reads(event, other=others, origin=mine, own=others, elsewhere=others)
        event = of_person(Kind.DELETED, None, target=7, to="p2", to_nick="bob")
        others = "*** alice deleted #7 in a direct message"
        self.reads(event, other=others, origin="*** You deleted #7 in a direct message", own=others, elsewhere=others)

    def test_deleted(self) -> None:
        self.reads(
            in_room(Kind.DELETED, None, target=7),
            other="*** alice deleted #7", origin="*** You deleted #7", own="*** alice deleted #7",
            elsewhere="*** alice deleted #7 in #dev",
        )  # fmt: skip

    def test_pieces_are_joined_in_their_order(self) -> None:
        self.assertEqual(CURRENT.join([b"a: 1\r\n", b"[#dev] b: 2\r\n"]), b"a: 1\r\n[#dev] b: 2\r\n")


class Answers(SynchronousTestCase):
    def reads(self, told: Any, *lines: str) -> None:
        self.assertEqual(CURRENT.render(told, OTHER).decode(), "".join(f"{line}\r\n" for line in lines))

    def test_reply(self) -> None:
        self.reads(Reply(("one", "two")), "*** one", "*** two")
        self.reads(Reply(()))

    def test_failure(self) -> None:
        self.reads(Failure(NoSuchNick("bob")), "!!! NO_SUCH_NICK nobody here is called bob")

    def test_welcome(self) -> None:
        self.reads(
            Welcome("Twisted Chat", "alice", "7f3a", 3, "secret", (ALONE,)),
            "*** Welcome, alice. You are alone in #lobby. /help lists the commands.",
        )

    def test_welcome_with_all_that_can_be_told(self) -> None:
        lobby = RoomFacts("#lobby", ("bob",), 1, "tests")
        self.reads(
            Welcome("Twisted Chat", "alice", "7f3a", 3, "secret", (lobby, RoomFacts("#dev", (), 0, "")), ("Be nice.",)),
            "*** Welcome, alice. 1 other is in #lobby: bob. /help lists the commands.",
            "*** The topic of #lobby: tests",
            "*** Be nice.",
            "*** You are in #dev, alone.",
        )

    def test_entered(self) -> None:
        self.reads(Entered(ALONE, "alice", NOON), "*** You are in #lobby, alone.")

    def test_skipped(self) -> None:
        self.reads(Skipped(3, 216, 214), "*** 214 lines skipped, /history has them")

    def test_notice(self) -> None:
        self.reads(Notice("The server is going down"), "*** The server is going down")

    def test_lists_of_people_are_for_programs(self) -> None:
        self.reads(People(ALONE))


class PastLines(SynchronousTestCase):
    hello = Event(Kind.MESSAGE, "p1", "alice", NOON, "r1", "#dev", "hello", seq=7)
    wave = Event(Kind.ACTION, "p2", "bob", NOON + 60_000, "r1", "#dev", "waves", seq=9)

    def reads(self, past: History | Found, *lines: str) -> None:
        self.assertEqual(CURRENT.render(past, OTHER).decode(), "".join(f"{line}\r\n" for line in lines))

    def test_on_joining(self) -> None:
        self.reads(
            History("#dev", (self.hello, self.wave), 7, "p1", on_joining=True),
            "*** The last 2 lines of #dev (UTC):",
            "*** #7 2026-11-18 12:00 alice: hello",
            "*** #9 2026-11-18 12:01 * bob waves",
        )

    def test_on_joining_a_room_with_one_line(self) -> None:
        self.reads(
            History("#dev", (self.hello,), 0, "p9", on_joining=True),
            "*** The last line of #dev (UTC):",
            "*** #7 2026-11-18 12:00 alice: hello",
        )

    def test_on_joining_an_empty_room(self) -> None:
        self.reads(History("#dev", (), 0, "p1", on_joining=True))

    def test_asked_for(self) -> None:
        self.reads(
            History("#dev", (self.hello, self.wave), 7, "p2"),
            "*** 2 lines of #dev (UTC); /history before #7 shows more:",
            "*** #7 2026-11-18 12:00 alice: hello",
            "*** #9 2026-11-18 12:01 * bob waves",
        )

    def test_the_first_line_of_all(self) -> None:
        self.reads(
            History("#dev", (self.hello,), 0, "p2"),
            "*** 1 line of #dev (UTC):",
            "*** #7 2026-11-18 12:00 alice: hello",
        )

    def test_nothing(self) -> None:
        self.reads(History("#dev", (), 0, "p2"), "*** #dev has no lines there")

    def test_other_words_than_those_first_said(self) -> None:
        changed = replace(self.hello, revised=True)
        self.reads(
            History("#dev", (changed,), 0, "p2"),
            "*** 1 line of #dev (UTC):",
            "*** #7 2026-11-18 12:00 alice: hello (edited)",
        )

    def test_found(self) -> None:
        psst = Event(Kind.DIRECT, "p1", "alice", NOON, text="psst", to="p2", to_nick="bob", seq=4)
        self.reads(
            Found((self.wave, self.hello, psst), 4, "p1"),
            "*** 3 lines found, the newest first (UTC); /search ... before:#4 shows more:",
            "*** #9 2026-11-18 12:01 [#dev] * bob waves",
            "*** #7 2026-11-18 12:00 [#dev] alice: hello",
            "*** #4 2026-11-18 12:00 [pm -> bob] psst",
        )
        self.reads(
            Found((self.hello,), 0, "p2"),
            "*** 1 line found (UTC):",
            "*** #7 2026-11-18 12:00 [#dev] alice: hello",
        )
        self.reads(Found((), 0, "p2"), "*** Nothing found in your rooms and direct messages")

    def test_a_page_of_nothing_but_ignored_people(self) -> None:
        nothing = "*** Nothing found in your rooms and direct messages"
        self.reads(Found((), 4, "p2"), f"{nothing}; /search ... before:#4 shows more")
        self.reads(History("#dev", (), 7, "p2"), "*** #dev has no lines there; /history before #7 shows more")
