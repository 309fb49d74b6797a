"""The conversation reads like a chat log: objects and lines in, lines and objects out."""

from datetime import UTC, datetime

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client import conversation
from twisted_chat.client.conversation import Conversation
from twisted_chat.client.effects import Kind, Quit, Refused, Replaced, Send, Shown
from twisted_chat.client.outbox import Outbox
from twisted_chat.core.text import MAX_TEXT

NOW = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
TIME = "2026-11-22T20:00:00.123Z"


def room(name: str = "#lobby", *people: str) -> dict:
    return {"name": name, "people": list(people), "count": len(people), "topic": ""}


class Talk(SynchronousTestCase):
    """A conversation of alice's, and what it did last."""

    def setUp(self) -> None:
        self.start()

    def start(self, *rooms: str, history_lines: int = 0, window: int = 20, limit: int = 1000, **more: object):
        outbox = Outbox("c", window=window, limit=limit)
        self.talk = Conversation("alice", rooms, outbox, now=lambda: NOW, zone=UTC, history_lines=history_lines, **more)

    def did(self, effects: list) -> None:
        self.effects = effects
        self.shown = [effect.text for effect in effects if isinstance(effect, Shown)]
        self.kinds = [effect.kind for effect in effects if isinstance(effect, Shown)]
        self.sent = [effect.fields for effect in effects if isinstance(effect, Send)]

    def hears(self, **fields: object) -> None:
        self.did(self.talk.received(fields))

    def types(self, line: str) -> None:
        self.did(self.talk.typed(line))

    def is_cut(self) -> None:
        self.did(self.talk.cut())

    def is_welcome(self, *rooms: dict, log: str = "L", seq: int = 10, **more: object) -> None:
        listed = rooms or (room("#lobby", "bob", "carol"),)
        fields = {"nick": "alice", "resume": "R", "log": log, "seq": seq, "rooms": list(listed), **more}
        self.hears(type="welcome", **fields)

    def event(self, seq: int, text: str, nick: str = "bob", **more: object) -> dict:
        fields = {"type": "message", "room": "#lobby", "nick": nick, "text": text, "seq": seq, "time": TIME}
        return {**fields, **more}


class EnteringTests(Talk):
    def test_hello(self) -> None:
        self.assertEqual(self.talk.hello(), {"type": "hello", "nick": "alice"})

    def test_hello_with_everything(self) -> None:
        self.start("#dev", "ops", client="c 1", server_password="pw")
        expected = {"type": "hello", "nick": "alice", "client": "c 1", "server_password": "pw"}
        self.assertEqual(self.talk.hello(), {**expected, "rooms": ["#dev", "#ops"]})

    def test_a_password_that_is_kept_is_in_every_hello(self) -> None:
        self.talk.keep_password("open sesame")
        for _again in range(2):
            self.assertEqual(self.talk.hello()["password"], "open sesame")
            self.is_welcome()
            self.is_cut()
        self.assertEqual(self.talk.hello()["resume"], "R")

    def test_welcome(self) -> None:
        self.is_welcome()
        line = "*** Welcome, alice. 2 others are in #lobby: bob, carol. /help lists the commands."
        self.assertEqual(self.effects, [Shown(line, Kind.SERVER, NOW)])
        self.assertTrue(self.talk.welcomed)

    def test_the_message_of_the_day_and_the_topic(self) -> None:
        lobby = {**room("#lobby", "bob"), "topic": "tea"}
        self.is_welcome(lobby, {**room("#dev"), "topic": "code"}, motd=["Be kind.", "Be \x1b[2Jbrief."])
        self.assertEqual(self.shown[1:], ["*** The topic of #lobby: tea", "*** Be kind.", "*** Be [2Jbrief."])
        self.is_cut()
        self.is_welcome(lobby, motd=["Be kind."])
        self.assertEqual(self.shown, ["*** Connected again."])

    def test_another_nickname_while_there_is_no_connection(self) -> None:
        self.types("/nick alice2")
        self.assertEqual((self.shown, len(self.talk.outbox)), (["*** You will come in as alice2"], 0))
        self.assertEqual(self.talk.hello()["nick"], "alice2")
        self.is_welcome(nick="alice2")
        self.assertEqual(self.sent, [])
        self.types("/nick alice3")
        self.assertEqual([fields["text"] for fields in self.sent], ["/nick alice3"])

    def test_another_nickname_when_the_hello_is_under_way(self) -> None:
        self.talk.hello()
        self.types("/nick alice2")
        self.is_welcome()
        self.assertEqual(self.talk.nick, "alice")
        self.assertEqual([fields["text"] for fields in self.sent], ["/nick alice2"])

    def test_the_first_wished_room_is_the_current_one(self) -> None:
        self.start("#dev")
        self.types("early")
        self.is_welcome(room("#lobby"), room("#dev", "dave"))
        self.assertIn("1 other is in #dev: dave.", self.shown[0])
        self.assertEqual(self.sent, [{"type": "say", "room": "#dev", "text": "early", "id": "c-1"}])

    def test_a_wished_room_by_another_spelling(self) -> None:
        self.start("#Dev")
        self.is_welcome(room("#lobby"), room("#dev"))
        self.assertEqual((self.talk.rooms.current, self.talk.rooms.is_nowhere), ("#dev", False))

    def test_history_is_asked_for(self) -> None:
        self.start(history_lines=5)
        self.types("early")
        self.is_welcome(room("#lobby"), room("#dev"))
        self.assertEqual([(f["type"], f.get("room")) for f in self.sent],
                         [("history", "#lobby"), ("history", "#dev"), ("say", "#lobby")])  # fmt: skip
        self.assertEqual(self.sent[0]["limit"], 5)

    def test_how_much_of_it_is_the_servers_to_say(self) -> None:
        self.start(history_lines=None)
        self.is_welcome()
        self.assertNotIn("limit", self.sent[0])

    def test_refusals(self) -> None:
        self.hears(type="error", code="NICK_IN_USE", text="alice is taken")
        self.assertEqual(self.effects, [Refused("NICK_IN_USE", "alice is taken")])


WAY_OUT = "are not in #dev: nothing is said until you /join it, or /switch #lobby"


class NowhereTests(Talk):
    """The room to talk in is not open, or not any more: nothing goes to another one instead."""

    def is_nowhere(self) -> None:
        self.start("#dev")
        self.is_welcome(room("#lobby", "bob"))

    def is_refused(self, *lines: str) -> None:
        for line in lines:
            self.types(line)
            self.assertEqual((self.shown, self.sent), ([f"!!! NOT_SENT you {WAY_OUT}"], []), line)

    def test_a_wished_room_that_is_not_open(self) -> None:
        self.is_nowhere()
        self.assertEqual(self.talk.rooms.place, "not in #dev")
        self.is_refused("hello", "/me waves", "/topic x", "/part", "/kick bob", "/set limit 3")
        self.assertEqual(self.talk.refusals, 6)
        self.types("/who")
        self.assertEqual([fields["text"] for fields in self.sent], ["/who"])
        self.types("/msg bob hi")
        self.assertEqual([fields["to"] for fields in self.sent], ["bob"])
        self.hears(**self.event(11, "hi"))
        self.assertEqual(self.shown, ["[#lobby] bob: hi"])

    def test_the_refusal_stands_below_the_history(self) -> None:
        self.start("#dev", history_lines=None)
        self.is_welcome(room("#lobby", "bob"))
        self.assertIn("1 other is in #lobby", self.shown[0])
        self.assertEqual(len(self.shown), 1)
        (asked,) = self.sent
        self.hears(type="error", code="NEED_KEY", text="#dev is locked")
        self.assertEqual(self.shown, [])
        self.hears(type="history", room="#lobby", events=[self.event(3, "old")], id=asked["id"])
        self.assertEqual(self.shown[1:], ["*** #3 2026-11-22 20:00 [#lobby] bob: old", "!!! NEED_KEY #dev is locked",
                                          f"*** You {WAY_OUT}"])  # fmt: skip
        self.hears(type="error", code="FLOOD", text="enough")
        self.assertEqual(self.shown, ["!!! FLOOD enough"])

    def test_a_history_that_is_refused_holds_nothing_back(self) -> None:
        self.start("#dev", history_lines=None)
        self.is_welcome(room("#lobby"))
        (asked,) = self.sent
        self.hears(type="error", code="STORAGE_UNAVAILABLE", text="no", id=asked["id"])
        self.assertEqual(self.shown, ["!!! STORAGE_UNAVAILABLE no", f"*** You {WAY_OUT}"])

    def test_a_cut_holds_nothing_back(self) -> None:
        self.start("#dev", history_lines=None)
        self.is_welcome(room("#lobby"))
        self.hears(type="error", code="NEED_KEY", text="#dev is locked")
        self.is_cut()
        self.assertEqual(self.shown, ["!!! NEED_KEY #dev is locked", f"*** You {WAY_OUT}"])

    def test_what_was_typed_before_is_for_that_room_alone(self) -> None:
        self.start("#dev")
        self.types("hello")
        self.types("/topic x")
        self.types("/time")
        self.is_welcome(room("#lobby"))
        self.assertEqual([fields.get("room", fields.get("text")) for fields in self.sent], ["#dev", "/time"])
        self.assertEqual(self.shown[1:], [f"*** You {WAY_OUT}", f"!!! NOT_SENT you {WAY_OUT}"])

    def test_switching_ends_it(self) -> None:
        self.is_nowhere()
        self.types("/switch #lobby")
        self.types("hello")
        self.assertEqual([fields["room"] for fields in self.sent], ["#lobby"])
        self.assertEqual(self.talk.rooms.place, "#lobby")

    def test_so_does_joining_with_the_key(self) -> None:
        self.is_nowhere()
        self.types("/join #dev key")
        (asked,) = self.sent
        self.assertEqual((asked["room"], asked["key"]), ("#dev", "key"))
        self.types("hello")  # for there, or for nobody
        self.assertEqual([fields["room"] for fields in self.sent], ["#dev"])
        self.hears(type="joined", room="#dev", nick="alice", people=[], time=TIME, id=asked["id"])
        self.assertEqual(self.talk.rooms.place, "#dev")

    def test_not_with_a_wrong_key(self) -> None:
        self.is_nowhere()
        self.types("/join #dev wrong")
        self.hears(type="error", code="NEED_KEY", text="no", id=self.sent[0]["id"])
        self.assertEqual(self.talk.rooms.place, "not in #dev")
        self.is_refused("hello")

    def test_a_room_that_can_not_be_joined_from_nowhere(self) -> None:
        self.is_nowhere()
        self.types("/join #ops")
        self.hears(type="error", code="NEED_KEY", text="no", id=self.sent[0]["id"])
        self.is_refused("hello")

    def test_put_out(self) -> None:
        self.start("#dev")
        self.is_welcome(room("#lobby"), room("#dev", "bob"))
        self.hears(type="left", room="#dev", nick="alice", reason="kicked by bob: tea", by="bob", time=TIME)
        self.assertEqual(self.shown, ["*** alice left #dev (kicked by bob: tea)", f"*** You {WAY_OUT}"])
        self.is_refused("hello")

    def is_put_out(self, name: str = "#yard") -> None:
        self.hears(type="left", room=name, nick="alice", reason="so it is", by="alice", time=TIME)

    def test_a_room_of_ones_own_that_one_drops(self) -> None:
        for line in ("/drop #yard", "/DROP Yard"):
            self.start("#yard")
            self.is_welcome(room("#lobby"), room("#dev"), room("#yard"))
            self.types(line)
            drop = self.sent[-1]
            self.is_put_out()
            self.assertEqual((self.shown, self.talk.rooms.place), (["*** alice left #yard (so it is)"], "#dev"))
            self.hears(type="reply", lines=["#yard is gone; you are in #dev now"], id=drop["id"])
            self.types("hello")
            self.assertEqual([fields["room"] for fields in self.sent], ["#dev"])

    def test_put_out_while_a_command_is_under_way(self) -> None:
        for line in ("/drop #dev", "/drop", "/who", "/topic /drop #yard", "//drop #yard"):
            self.start("#yard")
            self.is_welcome(room("#lobby"), room("#dev"), room("#yard"))
            self.types(line)
            self.is_put_out()
            self.assertEqual(self.talk.rooms.place, "not in #yard", line)

    def test_put_out_after_a_drop_that_was_refused(self) -> None:
        self.start("#yard")
        self.is_welcome(room("#lobby"), room("#yard"))
        self.types("/drop #yard")
        self.hears(type="error", code="NOT_ALLOWED", text="no", id=self.sent[-1]["id"])
        self.is_put_out()
        self.assertEqual(self.talk.rooms.place, "not in #yard")

    def test_put_out_of_another_room(self) -> None:
        self.is_welcome(room("#lobby"), room("#dev", "bob"))
        self.hears(type="left", room="#dev", nick="alice", reason="kicked by bob", by="bob", time=TIME)
        self.assertEqual((self.shown, self.talk.rooms.place), (["*** alice left #dev (kicked by bob)"], "#lobby"))
        self.types("hello")
        self.assertEqual(len(self.sent), 1)

    def test_put_out_of_the_only_room(self) -> None:
        self.is_welcome(room("#lobby", "bob"))
        self.hears(type="left", room="#lobby", nick="alice", reason="kicked by bob", by="bob", time=TIME)
        self.types("hello")
        self.assertEqual(self.shown, ["!!! NOT_SENT you are not in #lobby: nothing is said until you /join it"])

    def test_a_room_that_is_closed_when_one_comes_back(self) -> None:
        self.start("#dev")
        self.is_welcome(room("#lobby"), room("#dev"))
        self.is_cut()
        self.is_welcome(room("#lobby"))
        self.assertEqual(self.shown, ["*** Connected again.", f"*** You {WAY_OUT}"])
        self.is_refused("hello")

    def test_a_room_that_one_was_about_to_join(self) -> None:
        self.is_welcome(room("#lobby"))
        self.types("/join #dev")
        self.is_cut()
        self.is_welcome(room("#lobby"))
        self.assertEqual((self.shown, self.talk.rooms.place), (["*** Connected again."], "#dev"))


class SomebodyElseTests(Talk):
    """A welcome within a connection: after a login, a logout, a new password."""

    def setUp(self) -> None:
        self.start("#dev", history_lines=None)
        self.is_welcome(room("#lobby", "bob"), room("#dev"))
        self.answers_the_history()

    def answers_the_history(self) -> None:
        for asked in self.sent:
            self.hears(type="history", room=asked["room"], events=[], id=asked["id"])

    def test_a_new_secret_is_nothing_to_show(self) -> None:
        self.is_welcome(room("#dev"), room("#lobby", "bob"), resume="R2")
        self.assertEqual(self.effects, [])
        self.is_cut()
        self.assertEqual(self.talk.hello()["resume"], "R2")

    def test_a_login(self) -> None:
        self.types("/login fritz secret")
        *_, asked = self.sent
        self.types("hello")
        self.assertEqual(self.sent, [])  # not before it is clear who says it
        self.hears(type="reply", lines=["You are fritz now"], id=asked["id"])
        self.assertEqual([fields.get("text") for fields in self.sent], ["hello"])
        mark = self.sent[0]["id"]
        self.is_welcome(room("#dev"), room("#lobby", "bob"), nick="fritz", resume="F")
        self.assertEqual((self.shown, self.sent), (["*** You go on as fritz, in #dev, #lobby"], []))
        self.hears(**self.event(11, "hello", "fritz", room="#dev", id=mark))
        self.assertEqual((self.kinds, len(self.talk.outbox)), ([Kind.OWN], 0))
        self.is_cut()
        self.assertEqual(self.talk.hello(), {"type": "hello", "nick": "fritz", "resume": "F", "log": "L", "since": 11,
                                             "rooms": ["#dev"]})  # fmt: skip
        self.is_welcome(room("#lobby"), room("#dev"), nick="fritz")
        self.assertEqual((self.shown, self.sent), (["*** Connected again."], []))

    def test_a_login_that_fails_lets_the_rest_go(self) -> None:
        self.types("/login fritz wrong")
        *_, asked = self.sent
        self.types("hello")
        self.hears(type="error", code="BAD_LOGIN", text="no", id=asked["id"])
        self.assertEqual([fields.get("text") for fields in self.sent], ["hello"])

    def test_a_cut_before_the_login_is_answered(self) -> None:
        self.types("/login fritz secret")
        self.types("hello")
        self.is_cut()
        self.assertEqual(self.shown, ["!!! NO_ANSWER the connection was lost before the answer came to /login"])
        self.is_welcome(room("#lobby"), room("#dev"))
        self.assertEqual([fields["text"] for fields in self.sent], ["hello"])

    def test_what_was_sent_before_is_neither_lost_nor_said_twice(self) -> None:
        self.types("hello")
        (said,) = self.sent
        self.is_welcome(room("#lobby"), room("#dev"), nick="fritz", resume="F")
        self.assertEqual((self.sent, len(self.talk.outbox)), ([], 1))
        self.hears(**self.event(11, "hello", "alice", room="#dev", id=said["id"]))
        self.assertEqual((self.shown, len(self.talk.outbox)), (["alice: hello"], 0))

    def test_commands_after_it_are_about_the_current_room(self) -> None:
        self.is_welcome(room("#lobby"), room("#dev"), nick="fritz")
        self.types("/topic x")
        self.assertEqual([fields["text"] for fields in self.sent], ["/switch #dev", "/topic x"])

    def test_rooms_that_come_with_the_account(self) -> None:
        self.is_welcome(room("#lobby"), room("#dev"), room("#ops"), nick="fritz")
        self.assertEqual([(fields["type"], fields["room"]) for fields in self.sent], [("history", "#ops")])

    def test_a_room_that_does_not_come_with_it(self) -> None:
        self.is_welcome(room("#lobby", "bob"), nick="fritz")
        self.assertEqual(self.shown, ["*** You go on as fritz, in #lobby", f"*** You {WAY_OUT}"])

    def test_lines_that_were_seen_live_are_no_history(self) -> None:
        self.hears(**self.event(11, "live"))
        self.is_welcome(room("#lobby"), room("#dev"), nick="fritz")
        self.hears(type="history", room="#lobby", events=[self.event(11, "live")])
        self.assertEqual(self.shown, [])

    def test_a_reply_is_not_for_who_wrote_to_somebody_else(self) -> None:
        self.hears(type="direct", seq=11, nick="bob", to="alice", text="psst", time=TIME)
        self.is_welcome(room("#lobby"), room("#dev"), nick="fritz")
        self.types("/r what?")
        self.assertEqual([fields["type"] for fields in self.sent], ["command", "command"])


class PlaintextTests(Talk):
    """A password does not leave for another machine in clear."""

    LINES = ("/register secret", "/login bob secret", "/password a b", "/oper ruth secret", "/enroll eve secret")

    def test_it_is_refused_here(self) -> None:
        self.talk.is_private = False
        self.is_welcome()
        for line in self.LINES:
            self.types(line)
            self.assertEqual((self.sent, len(self.talk.outbox)), ([], 0))
            self.assertTrue(self.shown[0].startswith("!!! PLAINTEXT_REFUSED nothing was sent"), self.shown)
            self.assertIn("--tls", self.shown[0])
            self.assertNotIn("secret", self.shown[0])
        self.assertEqual(self.talk.refusals, len(self.LINES))
        self.types("/who")
        self.assertEqual(len(self.sent), 1)

    def test_nor_does_one_that_was_typed_before_there_was_a_connection(self) -> None:
        self.start(window=1)
        for line in (*self.LINES, "hello"):
            self.types(line)
        self.talk.is_private = False
        self.is_welcome()
        self.assertEqual([fields["text"] for fields in self.sent], ["hello"])

    def test_a_full_outbox_does_not_show_it(self) -> None:
        self.start(limit=0)
        self.types("/login bob secret")
        self.assertEqual(self.shown, ["!!! NOT_SENT 0 lines wait already, not this one: /login"])


class TypingTests(Talk):
    def setUp(self) -> None:
        super().setUp()
        self.is_welcome(room("#lobby", "bob"), room("#dev"))

    def test_a_line_is_said_and_confirmed(self) -> None:
        self.types("hi\r")
        self.assertEqual(self.sent, [{"type": "say", "room": "#lobby", "text": "hi", "id": "c-1"}])
        self.assertEqual(self.shown, [])
        self.assertTrue(self.talk.outbox)
        self.hears(**self.event(11, "hi", "alice", id="c-1"))
        self.assertEqual((self.shown, self.kinds), (["alice: hi"], [Kind.OWN]))
        self.assertFalse(self.talk.outbox)

    def test_control_characters_are_not_sent(self) -> None:
        self.types("a\x1b[2J\udc80b")
        self.assertEqual(self.sent[0]["text"], "a[2Jb")

    def test_nothing_sends_nothing(self) -> None:
        self.types("")
        self.assertEqual(self.effects, [])

    def test_quit(self) -> None:
        self.types("/quit so long")
        self.assertEqual(self.effects, [Quit("so long")])

    def test_a_hidden_password_is_refused(self) -> None:
        self.types(" /login secret")
        self.assertEqual(self.sent, [])
        self.assertTrue(self.shown[0].startswith("!!! NOT_SENT "))
        self.assertNotIn("secret", self.shown[0])
        self.assertEqual(self.talk.refusals, 1)

    def test_a_line_that_no_server_reads(self) -> None:
        self.types("ä" * 20000)
        self.assertEqual((self.sent, self.talk.refusals), ([], 1))
        self.assertEqual(self.shown, ["!!! TEXT_TOO_LONG 20000 characters; at most 2000 are taken"])
        self.types("/topic " + "ä" * 40000)
        self.assertEqual((self.sent, self.talk.refusals), ([], 2))

    def test_a_text_that_is_too_long_is_refused_here(self) -> None:
        self.types("ä" * 2000)
        self.assertEqual(len(self.sent), 1)
        for line in ("ä" * 2001, "/me " + "x" * 2001, "/msg bob " + "x" * 2001):
            self.types(line)
            self.assertEqual(self.sent, [])
            self.assertEqual(self.shown, ["!!! TEXT_TOO_LONG 2001 characters; at most 2000 are taken"])

    def test_an_error_answers_a_line(self) -> None:
        self.types("x")
        self.hears(type="error", code="NOT_ALLOWED", text="not that", id="c-1")
        self.assertEqual((self.shown, self.kinds), (["!!! NOT_ALLOWED not that"], [Kind.ERROR]))
        self.assertEqual((len(self.talk.outbox), self.talk.refusals), (0, 1))

    def test_an_error_about_nothing_of_ours(self) -> None:
        self.hears(type="error", code="FLOOD", text="enough")
        self.assertEqual((self.shown, self.talk.refusals), (["!!! FLOOD enough"], 0))

    def test_a_full_outbox(self) -> None:
        self.start(limit=2)
        for line in ("a", "b", "c"):
            self.types(line)
        self.assertEqual(self.shown, ["!!! NOT_SENT 2 lines wait already, not this one: c"])
        self.assertEqual(self.talk.refusals, 1)

    def test_the_window_goes_on_with_confirmations(self) -> None:
        self.start(window=1)
        self.is_welcome()
        self.types("a")
        self.types("b")
        self.assertEqual(self.sent, [])
        self.hears(**self.event(11, "a", "alice", id="c-1"))
        self.assertEqual([fields["text"] for fields in self.sent], ["b"])

    def test_switching(self) -> None:
        self.types("/switch dev")
        self.assertEqual((self.shown, self.sent), (["*** You are talking in #dev now"], []))
        self.types("hi")
        self.assertEqual(self.sent[0]["room"], "#dev")
        self.types("/switch nowhere")
        self.assertEqual(self.shown, ["!!! NOT_IN_ROOM you are not in nowhere"])

    def test_a_command_is_about_the_current_room(self) -> None:
        self.types("/switch #dev")
        self.types("/topic x")
        self.assertEqual([fields["text"] for fields in self.sent], ["/switch #dev", "/topic x"])
        self.hears(type="reply", lines=["now in #dev"], id=self.sent[0]["id"])
        self.assertEqual(self.shown, [])
        self.types("/names")
        self.assertEqual([fields["text"] for fields in self.sent], ["/names"])

    def test_a_reply_is_shown(self) -> None:
        self.types("/time")
        self.assertEqual(self.sent, [{"type": "command", "text": "/time", "id": "c-1"}])
        self.hears(type="reply", lines=["it is late", "*** very"], id="c-1")
        self.assertEqual((self.shown, self.kinds[0]), (["*** it is late", "*** very"], Kind.REPLY))
        self.assertFalse(self.talk.outbox)

    def test_reply_goes_to_who_wrote_last(self) -> None:
        self.hears(type="direct", seq=11, nick="bob", to="alice", text="psst", time=TIME)
        self.hears(type="renamed", nick="bob", new="rob")
        self.types("/r what?")
        self.assertEqual(self.sent, [{"type": "say", "to": "rob", "text": "what?", "id": "c-1"}])
        answer = {"type": "direct", "nick": "alice", "to": "rob", "text": "what?", "time": TIME, "id": "c-1"}
        self.hears(**answer, seq=12)
        self.assertEqual((self.shown, self.effects[0].mention), (["[pm -> rob] what?"], False))
        self.types("/r and?")
        self.assertEqual(self.sent[0]["to"], "rob")


class RoomTests(Talk):
    def setUp(self) -> None:
        self.start(history_lines=3)
        self.is_welcome(room("#lobby", "bob"))

    def test_joining(self) -> None:
        self.types("/join #dev")
        join = self.sent[0]
        self.types("hello dev")
        self.assertEqual(self.sent[0]["room"], "#dev")
        self.hears(type="joined", room="#dev", nick="alice", people=["dave"], count=1, time=TIME, id=join["id"])
        self.assertEqual(self.shown, ["*** You are in #dev with 1 other: dave."])
        self.assertEqual([(f["type"], f["room"]) for f in self.sent], [("history", "#dev")])
        self.assertEqual(self.talk.rooms.current, "#dev")
        self.assertIn("dave", self.talk.rooms.nicks())

    def test_joining_by_a_command(self) -> None:
        self.types("/create #dev")
        self.hears(type="joined", room="#dev", nick="alice", people=[], time=TIME)
        self.assertEqual(self.talk.rooms.current, "#dev")

    def test_joining_with_another_client(self) -> None:
        self.hears(type="joined", room="#dev", nick="alice", people=[], time=TIME)
        self.assertEqual(
            self.shown, ["*** You are in #dev, alone.", "*** You joined it elsewhere; /switch #dev talks there"]
        )
        self.types("hello")
        self.assertEqual([fields["room"] for fields in self.sent], ["#lobby"])

    def test_a_lost_room_that_another_client_got_into(self) -> None:
        self.start("#dev")
        self.is_welcome(room("#lobby"))
        self.hears(type="joined", room="#dev", nick="alice", people=[], time=TIME)
        self.assertEqual((len(self.shown), self.talk.rooms.place), (1, "#dev"))

    def test_the_topic_of_a_room_that_is_joined(self) -> None:
        self.hears(type="joined", room="#dev", nick="alice", people=[], count=0, topic="tea", time=TIME)
        self.assertEqual(self.shown[0], "*** You are in #dev, alone. The topic: tea")

    def test_a_room_that_can_not_be_joined(self) -> None:
        self.types("/join #dev")
        self.hears(type="error", code="NOT_ALLOWED", text="no", id=self.sent[0]["id"])
        self.assertEqual(self.talk.rooms.current, "#lobby")

    def test_a_room_that_we_are_in_already(self) -> None:
        self.hears(type="joined", room="#lobby", nick="alice", people=["zoe"], time=TIME)
        self.assertEqual(self.effects, [])

    def test_parting(self) -> None:
        self.hears(type="joined", room="#dev", nick="alice", people=[], time=TIME)
        self.types("/switch #dev")
        self.types("/part tea")
        self.assertEqual((self.sent[0]["room"], self.sent[0]["reason"]), ("#dev", "tea"))
        self.hears(type="left", room="#dev", nick="alice", reason="tea", time=TIME, id=self.sent[0]["id"])
        self.assertEqual(self.shown, ["*** alice left #dev (tea)"])
        self.assertEqual(self.talk.rooms.current, "#lobby")

    def test_others(self) -> None:
        self.hears(type="joined", room="#lobby", nick="zoe", time=TIME)
        self.hears(type="left", room="#lobby", nick="bob", reason="", time=TIME)
        self.assertEqual((self.shown, self.talk.rooms.nicks()), (["*** bob left #lobby"], ["zoe"]))
        self.hears(type="people", room="#lobby", people=["x", "y"], count=2)
        self.assertEqual((self.shown, self.talk.rooms.nicks()), ([], ["x", "y"]))

    def test_ones_own_new_name(self) -> None:
        self.hears(type="renamed", nick="alice", new="alicia", time=TIME)
        self.assertEqual((self.shown, self.talk.nick), (["*** alice is now alicia"], "alicia"))

    def test_history_is_quoted_with_local_time(self) -> None:
        self.hears(type="history", room="#lobby", events=[self.event(3, "old"), {"type": "odd", "seq": 4}])
        self.assertEqual(
            (self.shown, self.kinds),
            (["*** The last line of #lobby:", "*** #3 2026-11-22 20:00 bob: old"], [Kind.HISTORY] * 2),
        )

    def test_history_that_the_user_asked_for_is_shown_whole(self) -> None:
        self.hears(**self.event(11, "live"))
        self.types("/history")
        (asked,) = self.sent
        self.hears(type="history", room="#lobby", events=[self.event(11, "live")], more=True, id=asked["id"])
        self.assertEqual(
            self.shown,
            ["*** 1 line of #lobby; /history before #11 shows more:", "*** #11 2026-11-22 20:00 bob: live"],
        )
        self.types("/history before #1")
        (asked,) = self.sent
        self.hears(type="history", room="#lobby", events=[], id=asked["id"])
        self.assertEqual(self.shown, ["*** #lobby has no lines there"])

    def test_words_that_were_changed(self) -> None:
        self.hears(type="edited", seq=12, room="#lobby", nick="bob", target=11, text="hello", time=TIME)
        self.assertEqual(self.shown, ["*** bob changed #11: hello"])
        self.types("/delete #9")
        (asked,) = self.sent
        self.hears(type="deleted", seq=13, room="#dev", nick="alice", target=9, id=asked["id"], time=TIME)
        self.assertEqual((self.shown, len(self.talk.outbox)), (["*** You deleted #9 in #dev"], 0))
        self.hears(type="history", room="#lobby", events=[self.event(3, "hello", edited=True)])
        self.assertEqual(self.shown[1:], ["*** #3 2026-11-22 20:00 bob: hello (edited)"])

    def test_what_was_found(self) -> None:
        self.types("/search hello")
        (asked,) = self.sent
        direct = {"type": "direct", "nick": "bob", "to": "alice", "text": "hello", "seq": 4, "time": TIME}
        events = [self.event(7, "hello"), direct, {"type": "odd"}]
        self.hears(type="found", events=events, more=False, id=asked["id"])
        self.assertEqual(
            self.shown,
            [
                "*** 2 lines found, the newest first:",
                "*** #7 2026-11-22 20:00 [#lobby] bob: hello",
                "*** #4 2026-11-22 20:00 [pm] bob: hello",
            ],
        )
        self.hears(type="found", events=[self.event(7, "hello")], more=True, before=7)
        self.assertEqual(self.shown[0], "*** 1 line found; /search ... before:#7 shows more:")
        self.hears(type="found", events=[], more=False)
        self.assertEqual(self.shown, ["*** Nothing found in your rooms and direct messages"])

    def test_history_leaves_out_what_was_seen_live(self) -> None:
        self.hears(**self.event(11, "live"))
        self.hears(type="history", room="#lobby", events=[self.event(10, "old"), self.event(11, "live")])
        self.assertEqual(self.shown, ["*** The last line of #lobby:", "*** #10 2026-11-22 20:00 bob: old"])


class HearingTests(Talk):
    def setUp(self) -> None:
        super().setUp()
        self.is_welcome()

    def test_another_shape(self) -> None:
        class Speech:
            def message(self, nick: str, text: str, elsewhere: str | None = None, *, action: bool = False) -> str:
                return f"<{nick}> {text} {elsewhere} {action}"

            def direct(self, nick: str, text: str, *, action: bool = False) -> str:
                return f"<{nick} to you> {text} {action}"

            def own_direct(self, nick: str, to: str, text: str, *, action: bool = False) -> str:
                return f"<{nick} to {to}> {text} {action}"

        self.start(speech=Speech())
        self.is_welcome(seq=0)
        self.hears(**self.event(1, "hi"))
        self.assertEqual(self.shown, ["<bob> hi None False"])
        self.hears(**self.event(2, "waves", type="action", room="#dev"))
        self.assertEqual(self.shown, ["<bob> waves #dev True"])
        self.hears(type="found", events=[self.event(1, "hi")])
        self.assertIn("<bob> hi #lobby False", self.shown[-1])
        self.hears(**self.event(3, "psst", type="direct", to="alice"))
        self.assertEqual(self.shown, ["<bob to you> psst False"])
        self.hears(**self.event(4, "psst", type="direct", nick="alice", to="bob"))
        self.assertEqual(self.shown, ["<alice to bob> psst False"])

    def test_missed(self) -> None:
        self.hears(type="missed", events=[self.event(3, "psst", type="direct", to="alice")])
        self.assertEqual(self.shown, ["*** 1 message for you alone came while you were away:",
                                      "*** #3 2026-11-22 20:00 [pm] bob: psst"])  # fmt: skip
        self.hears(type="missed", events=[])
        self.assertEqual(self.shown, [])

    def test_reply_goes_to_who_wrote_last_while_one_was_away(self) -> None:
        direct = {"type": "direct", "to": "alice"}
        self.hears(type="missed", events=[
            self.event(3, "psst", **direct), self.event(4, "hey", "carol", **direct),
            self.event(5, "a note", "alice", **direct), self.event(6, "hi", "dave"),
            {**self.event(7, "not shown", "erin", **direct), "time": "late"}, {"type": "direct"},
        ])  # fmt: skip
        self.types("/r what?")
        self.assertEqual([fields.get("to") for fields in self.sent], ["carol"])

    def test_what_was_missed_from_nobody_changes_nothing(self) -> None:
        self.hears(**self.event(11, "psst", type="direct", to="alice"))
        for events in ([], [self.event(3, "hi", "dave")], [{**self.event(4, "x", type="direct"), "nick": ""}]):
            self.hears(type="missed", events=events)
        self.types("/r what?")
        self.assertEqual([fields.get("to") for fields in self.sent], ["bob"])

    def test_the_longest_text_is_the_servers(self) -> None:
        self.assertEqual(conversation._MAX_TEXT, MAX_TEXT)

    def test_time_is_the_servers(self) -> None:
        self.hears(**self.event(11, "hi"))
        expected = datetime(2026, 11, 22, 20, 0, 0, 123000, UTC)
        self.assertEqual(self.effects, [Shown("bob: hi", Kind.SAID, expected)])

    def test_once_only(self) -> None:
        self.hears(**self.event(11, "hi"))
        self.hears(**self.event(11, "hi"))
        self.assertEqual(self.shown, [])

    def test_mentions(self) -> None:
        self.hears(**self.event(11, "Alice: hi"))
        self.assertTrue(self.effects[0].mention)
        self.hears(type="direct", seq=12, nick="bob", to="alice", text="psst", time=TIME)
        self.assertTrue(self.effects[0].mention)
        self.hears(**self.event(13, "alice it is", "alice"))
        self.assertEqual((self.kinds, self.effects[0].mention), ([Kind.OWN], False))

    def test_skipped(self) -> None:
        self.hears(type="skipped", **{"from": 11, "to": 13})
        self.assertEqual(self.shown, ["*** Up to 3 lines are missing: the log no longer has them"])
        self.hears(**self.event(13, "one that it still has"))
        self.assertEqual(self.shown, ["bob: one that it still has"])
        for odd in ({}, {"from": 3}, {"from": 3, "to": 1}):
            self.hears(type="skipped", **odd)
            self.assertEqual(self.effects, [])

    def test_notice_away_and_topic(self) -> None:
        self.hears(type="notice", text="tea at \x1b[31mfive")
        self.assertEqual(self.shown, ["*** tea at [31mfive"])
        self.hears(type="away", nick="bob", reason="tea", time=TIME)
        self.assertEqual(self.shown, ["*** bob is away: tea"])
        self.hears(type="topic", seq=12, room="#lobby", nick="bob", text="tea", time=TIME)
        self.assertEqual(self.shown, ["*** bob set the topic of #lobby: tea"])

    def test_ping(self) -> None:
        self.hears(type="ping")
        self.assertEqual(self.effects, [Send({"type": "pong"})])

    def test_replaced(self) -> None:
        self.hears(type="error", code="REPLACED", text="by another")
        self.assertEqual(self.effects, [Replaced("by another")])

    def test_thrown_out_by_an_operator(self) -> None:
        self.hears(type="error", code="KILLED", text="too loud")
        self.assertEqual(self.effects, [Replaced("too loud", "KILLED")])

    def test_what_is_unknown_is_ignored(self) -> None:
        for fields in ({}, {"type": "fanfare"}, {"type": "pong"}):
            self.hears(**fields)
            self.assertEqual(self.effects, [])

    def test_a_type_that_is_no_text(self) -> None:
        for odd in ([], {}, 3, None):
            self.hears(type=odd)
            self.assertEqual(self.effects, [])


class ComingBackTests(Talk):
    def setUp(self) -> None:
        super().setUp()
        self.is_welcome(room("#lobby"), room("#dev"))
        self.hears(**self.event(11, "last seen"))

    def comes_back(self, **more: object) -> None:
        self.is_welcome(room("#lobby"), room("#dev"), **{"seq": 20, **more})

    def test_hello_takes_up_where_it_stopped(self) -> None:
        self.is_cut()
        self.assertEqual(self.talk.hello(), {"type": "hello", "nick": "alice", "resume": "R", "log": "L",
                                             "since": 11, "rooms": ["#dev"]})  # fmt: skip

    def test_what_was_missed_comes_once(self) -> None:
        self.is_cut()
        self.comes_back()
        self.assertEqual(self.shown, ["*** Connected again."])
        self.hears(**self.event(11, "last seen"))
        self.assertEqual(self.shown, [])
        self.hears(**self.event(12, "missed"))
        self.assertEqual(self.shown, ["bob: missed"])
        self.is_cut()
        self.assertEqual(self.talk.hello()["since"], 12)

    def test_unconfirmed_lines_are_sent_again_with_their_ids(self) -> None:
        self.types("one")
        self.types("two")
        self.is_cut()
        self.assertEqual(self.shown, [])
        self.types("three")
        self.assertEqual(self.sent, [])
        self.comes_back()
        self.assertEqual([(fields["id"], fields["text"]) for fields in self.sent],
                         [("c-1", "one"), ("c-2", "two"), ("c-3", "three")])  # fmt: skip

    def test_a_line_that_was_logged_before_the_cut_is_shown_once(self) -> None:
        self.types("one")
        self.is_cut()
        self.comes_back()
        self.hears(**self.event(12, "one", "alice", id="c-1"))
        self.assertEqual((self.shown, self.kinds), (["alice: one"], [Kind.OWN]))
        self.hears(**self.event(12, "one", "alice", id="c-1"))
        self.assertEqual(self.shown, [])
        self.assertFalse(self.talk.outbox)

    def test_the_answer_to_a_line_sent_again_may_bear_an_old_number(self) -> None:
        self.types("one")
        self.is_cut()
        self.comes_back()
        self.hears(**self.event(15, "later"))
        self.hears(**self.event(12, "one", "alice", id="c-1"))
        self.assertEqual(self.shown, ["alice: one"])
        self.is_cut()
        self.assertEqual(self.talk.hello()["since"], 15)

    def test_somebody_else_had_the_name_meanwhile(self) -> None:
        self.is_cut()
        self.comes_back()
        self.hears(**self.event(14, "not me", "alice"))
        self.assertEqual(self.kinds, [Kind.SAID])

    def test_a_command_is_not_sent_again(self) -> None:
        self.types("/topic x")
        self.is_cut()
        expected = ["!!! NO_ANSWER the connection was lost before the answer came to /topic x"]
        self.assertEqual((self.shown, self.talk.refusals), (expected, 1))
        self.types("/time")
        self.comes_back()
        self.assertEqual([fields["text"] for fields in self.sent], ["/time"])

    def test_a_command_of_the_time_without_connection_knows_its_room(self) -> None:
        self.types("/switch #dev")
        self.types("/topic x")
        self.is_cut()
        self.types("/topic y")
        self.comes_back()
        self.assertEqual([fields["text"] for fields in self.sent], ["/switch #dev", "/topic y"])
        self.assertEqual(self.talk.rooms.current, "#dev")

    def test_another_log(self) -> None:
        self.is_cut()
        self.comes_back(log="M", seq=3)
        self.assertEqual(self.shown, ["*** Connected again. The server has a new log: lines may be missing."])
        self.hears(**self.event(4, "new"))
        self.assertEqual(self.shown, ["bob: new"])
        self.is_cut()
        self.assertEqual((self.talk.hello()["log"], self.talk.hello()["since"]), ("M", 4))
