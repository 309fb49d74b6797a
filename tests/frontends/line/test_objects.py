"""What a program reads of each event and answer, key by key."""

from __future__ import annotations

import json
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.helpers import NOON
from twisted_chat.boundaries import Stance
from twisted_chat.core.errors import NickInUse
from twisted_chat.core.events import Event, Kind
from twisted_chat.core.told import (
    Entered,
    Failure,
    Found,
    History,
    Notice,
    People,
    Reply,
    RoomFacts,
    Skipped,
    Told,
    Welcome,
)
from twisted_chat.frontends.line.objects import OBJECTS, timestamp, told_object

TIME = "2026-11-18T12:00:00.123Z"
AT = NOON + 123
DEV = RoomFacts("#dev", ("bob", "carol"), 2, "tests")


def event(kind: Kind, text: str | None = "", **more: Any) -> Event:
    return Event(kind, "p1", "alice", AT, text=text, **more)


def in_dev(kind: Kind, text: str | None = "", **more: Any) -> Event:
    return event(kind, text, room="r1", room_name="#dev", **more)


class ObjectCase(SynchronousTestCase):
    def reads(self, item: Event | Told, stance: Stance = Stance.OTHER, **fields: object) -> None:
        wire = OBJECTS.render(item, stance)
        self.assertTrue(wire.endswith(b"}\r\n"))
        self.assertEqual(json.loads(wire), fields)


class Events(ObjectCase):
    def test_message(self) -> None:
        self.reads(
            in_dev(Kind.MESSAGE, "hi", seq=5),
            type="message", seq=5, time=TIME, room="#dev", nick="alice", text="hi",
        )  # fmt: skip

    def test_the_order_of_keys_is_that_of_the_protocols_page(self) -> None:
        wire = OBJECTS.render(in_dev(Kind.MESSAGE, "hi", seq=5, client_id="c"), Stance.ORIGIN)
        self.assertEqual(list(json.loads(wire)), ["type", "seq", "time", "room", "nick", "text", "id"])

    def test_the_mark_is_shown_to_ones_own_connections_only(self) -> None:
        said = in_dev(Kind.ACTION, "waves", seq=5, client_id="c-7")
        fields = {"type": "action", "seq": 5, "time": TIME, "room": "#dev", "nick": "alice", "text": "waves"}
        self.reads(said, **fields)
        self.reads(said, Stance.ORIGIN, id="c-7", **fields)
        self.reads(said, Stance.SELF, id="c-7", **fields)

    def test_direct(self) -> None:
        said = event(Kind.DIRECT, "psst", to="p2", to_nick="bob", seq=6)
        self.reads(said, type="direct", seq=6, time=TIME, nick="alice", to="bob", text="psst")

    def test_direct_action(self) -> None:
        said = event(Kind.DIRECT, "waves", to="p2", to_nick="bob", seq=6, action=True)
        self.reads(said, type="direct", seq=6, time=TIME, nick="alice", to="bob", text="waves", action=True)

    def test_topic(self) -> None:
        self.reads(
            in_dev(Kind.TOPIC, "tests", seq=7),
            type="topic", seq=7, time=TIME, room="#dev", nick="alice", text="tests",
        )  # fmt: skip

    def test_what_is_not_kept_bears_no_number(self) -> None:
        self.reads(in_dev(Kind.JOINED), type="joined", time=TIME, room="#dev", nick="alice")
        self.reads(in_dev(Kind.LEFT, "lunch"), type="left", time=TIME, room="#dev", nick="alice", reason="lunch")
        self.reads(event(Kind.RENAMED, "ally"), type="renamed", time=TIME, nick="alice", new="ally")
        self.reads(event(Kind.AWAY, "lunch"), type="away", time=TIME, nick="alice", reason="lunch")
        self.reads(event(Kind.AWAY, None), type="away", time=TIME, nick="alice", reason=None)

    def test_revisions(self) -> None:
        """The mark is the asker's for this request, which the log does not keep."""
        self.reads(
            in_dev(Kind.EDITED, "hello", seq=8, target=5, answer_to="c-9"), Stance.ORIGIN,
            type="edited", seq=8, time=TIME, room="#dev", nick="alice", target=5, text="hello", id="c-9",
        )  # fmt: skip
        self.reads(
            event(Kind.DELETED, None, seq=8, target=5, to="p2", to_nick="bob"),
            type="deleted", seq=8, time=TIME, nick="alice", to="bob", target=5,
        )  # fmt: skip

    def test_what_was_changed_or_deleted(self) -> None:
        fields = {"type": "message", "seq": 5, "time": TIME, "room": "#dev", "nick": "alice"}
        self.reads(in_dev(Kind.MESSAGE, "hello", seq=5, revised=True), text="hello", edited=True, **fields)
        self.reads(in_dev(Kind.MESSAGE, None, seq=5, revised=True), text=None, deleted=True, **fields)

    def test_pieces_are_joined_in_their_order(self) -> None:
        self.assertEqual(OBJECTS.join([b"{1}\r\n", b"{2}\r\n"]), b"{1}\r\n{2}\r\n")


class Answers(ObjectCase):
    def test_reply(self) -> None:
        self.reads(Reply(("one", "two"), "c-1"), type="reply", lines=["one", "two"], id="c-1")
        self.reads(Reply(()), type="reply", lines=[])

    def test_error(self) -> None:
        self.reads(Failure(NickInUse("bob")), type="error", code="NICK_IN_USE", text="bob is taken")
        self.reads(Failure(NickInUse("bob"), "c-1"), type="error", code="NICK_IN_USE", text="bob is taken", id="c-1")

    def test_welcome(self) -> None:
        self.reads(
            Welcome("Twisted Chat", "alice", "7f3a", 1187, "secret", (DEV,), ("for people",)),
            type="welcome", server="Twisted Chat", nick="alice", log="7f3a", seq=1187, resume="secret",
            rooms=[{"name": "#dev", "people": ["bob", "carol"], "count": 2, "topic": "tests"}], motd=["for people"],
        )  # fmt: skip

    def test_welcome_without_a_message_of_the_day(self) -> None:
        told = Welcome("Twisted Chat", "alice", "7f3a", 1187, "secret", (DEV,))
        self.assertNotIn("motd", told_object(told))

    def test_entered(self) -> None:
        facts = {"people": ["bob", "carol"], "count": 2, "topic": "tests"}
        self.reads(Entered(DEV, "alice", AT), type="joined", time=TIME, room="#dev", nick="alice", **facts)
        self.reads(
            Entered(DEV, "alice", AT, "c-1"), type="joined", time=TIME, room="#dev", nick="alice", id="c-1", **facts
        )

    def test_history_shows_ones_own_marks(self) -> None:
        mine = in_dev(Kind.MESSAGE, "hi", seq=5, client_id="c-1")
        others = Event(Kind.MESSAGE, "p2", "bob", AT, "r1", "#dev", "ho", client_id="b-1", seq=6)
        self.reads(
            History("#dev", (mine, others), 5, "p1", "c-9"),
            type="history",
            room="#dev",
            events=[
                {"type": "message", "seq": 5, "time": TIME, "room": "#dev", "nick": "alice", "text": "hi", "id": "c-1"},
                {"type": "message", "seq": 6, "time": TIME, "room": "#dev", "nick": "bob", "text": "ho"},
            ],
            more=True,
            id="c-9",
        )

    def test_found(self) -> None:
        mine = in_dev(Kind.MESSAGE, "hi", seq=5, client_id="c-1")
        self.reads(
            Found((mine,), 5, "p1", "c-9"),
            type="found",
            events=[
                {"type": "message", "seq": 5, "time": TIME, "room": "#dev", "nick": "alice", "text": "hi", "id": "c-1"}
            ],
            more=True,
            before=5,
            id="c-9",
        )

    def test_skipped(self) -> None:
        self.reads(Skipped(3, 216, 0), type="skipped", **{"from": 3, "to": 216})

    def test_people(self) -> None:
        self.reads(People(DEV), type="people", room="#dev", people=["bob", "carol"], count=2)

    def test_notice(self) -> None:
        self.reads(Notice("The server is going down"), type="notice", text="The server is going down")


class Timestamps(SynchronousTestCase):
    def test_utc_with_milliseconds(self) -> None:
        self.assertEqual(timestamp(0), "1970-01-01T00:00:00.000Z")
        self.assertEqual(timestamp(NOON + 7), "2026-11-18T12:00:00.007Z")
        self.assertEqual(timestamp(NOON - 1), "2026-11-18T11:59:59.999Z")
