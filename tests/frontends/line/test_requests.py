"""The table of requests: keys, values, and what an error says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.errors import BadRequest
from twisted_chat.frontends.line.requests import MAX_SEQ, REQUESTS, check, entry, mark_of

TEXT, NUMBER = "must be a string", "must be a whole number from 0"
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text() | st.integers())


class Checking(SynchronousTestCase):
    def refused(self, reason: str, **fields: object) -> None:
        error = self.assertRaises(BadRequest, check, fields)
        self.assertEqual(str(error), reason)

    def test_every_request_with_every_key(self) -> None:
        whole: list[dict[str, object]] = [
            {
                "type": "hello", "nick": "alice", "resume": "s", "since": 0, "log": "7f3a", "rooms": ["#dev"],
                "server_password": "p", "client": "bot 1", "password": "q",
            },
            {"type": "say", "room": "#dev", "to": "bob", "text": "hi", "action": True},
            {"type": "join", "room": "#dev", "key": "k"},
            {"type": "part", "room": "#dev", "reason": ""},
            {"type": "history", "room": "#dev", "before": MAX_SEQ, "after": 0, "limit": 100},
            {"type": "search", "text": "words", "limit": 100},
            {"type": "edit", "seq": 5, "text": "better words"},
            {"type": "delete", "seq": MAX_SEQ},
            {"type": "command", "text": "/who"},
            {"type": "ping"},
            {"type": "pong"},
        ]  # fmt: skip
        for fields in whole:
            self.assertEqual(check(fields), fields["type"])
            self.assertEqual(check({**fields, "id": "c-1"}), fields["type"])
            self.assertEqual(set(fields), {"type", *REQUESTS[str(fields["type"])].keys})

    def test_of_no_known_type(self) -> None:
        reason = "type must be one of hello, say, join, part, history, search, edit, delete, command, ping, pong"
        self.refused(reason)
        self.refused(reason, type="shout")
        self.refused(reason, type=["say"])
        self.refused(reason, type={"say": 1})
        self.refused(reason, type=None)

    def test_unknown_keys(self) -> None:
        self.refused("say has no key colour", type="say", text="hi", colour="red")
        self.refused("ping has no key text", type="ping", text="hi")
        self.refused("hello has no key passwd", type="hello", nick="a", passwd="p")
        self.refused(f"ping has no key {'x' * 37}...", **{"type": "ping", "x" * 1000: 1})
        self.refused("ping has no key [31mred", **{"type": "ping", "\x1b[31mred": 1})

    def test_missing_keys(self) -> None:
        for kind, missing in {
            "hello": "nick", "say": "text", "join": "room", "part": "room", "history": "room", "command": "text",
        }.items():  # fmt: skip
            self.refused(f"{kind} needs {missing}", type=kind)

    def test_wrong_values(self) -> None:
        self.refused(f"nick of hello {TEXT}", type="hello", nick=5)
        self.refused(f"text of say {TEXT}", type="say", text=None)
        self.refused("action of say must be true or false", type="say", text="hi", action=1)
        self.refused("rooms of hello must be a list of strings", type="hello", nick="a", rooms="#dev")
        self.refused("rooms of hello must be a list of strings", type="hello", nick="a", rooms=["#dev", 1])
        for value in (-1, 1.5, 1.0, "1", True, None, MAX_SEQ + 1, float("inf")):
            self.refused(f"since of hello {NUMBER}", type="hello", nick="a", since=value)

    def test_a_history_of_nothing(self) -> None:
        for value in (0, -1, True, "5"):
            self.refused("limit of history must be a whole number from 1", type="history", room="#dev", limit=value)

    def test_wrong_marks(self) -> None:
        for mark in ("", "x" * 65, "a\nb", "\ud800", 7, None, ["c"]):
            self.refused("id of ping must be a string of 1 to 64 printable characters", type="ping", id=mark)
            self.assertIsNone(mark_of({"id": mark}))

    def test_marks(self) -> None:
        for mark in ("c", "x" * 64, "grüß 😀"):
            self.assertEqual(mark_of({"id": mark}), mark)
        self.assertIsNone(mark_of({}))

    @given(st.dictionaries(st.sampled_from(["type", "id", "nick", "text", "since", "rooms", "colour"]), VALUES))
    def test_any_object_is_good_or_a_bad_request(self, fields: dict[str, object]) -> None:
        try:
            kind = check(fields)
        except BadRequest as error:
            self.assertTrue(str(error).isprintable(), str(error))
        else:
            self.assertIn(kind, REQUESTS)


class Entries(SynchronousTestCase):
    def test_the_least(self) -> None:
        self.assertEqual(
            entry({"type": "hello", "nick": "alice"}),
            {"nick": "alice", "rooms": [], "resume": None, "since": None, "log": None, "client": ""},
        )

    def test_the_most(self) -> None:
        fields = {
            "nick": "alice", "rooms": ["#dev"], "resume": "s", "since": 3, "log": "7f3a", "client": "bot\x1b 1",
        }  # fmt: skip
        self.assertEqual(entry(fields), {**fields, "client": "bot 1"})

    def test_a_clients_name_is_short(self) -> None:
        self.assertEqual(entry({"nick": "a", "client": "x" * 64})["client"], "x" * 64)
        error = self.assertRaises(BadRequest, entry, {"nick": "a", "client": "x" * 65})
        self.assertEqual(str(error), "client of hello may have 64 characters")
