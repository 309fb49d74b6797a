from __future__ import annotations

from tests.core.doubles import Program, SlowCase, Someone, someone
from tests.helpers import CoreCase
from twisted_chat.core.errors import (
    BadRequest,
    BadRoom,
    ChatError,
    InNoRoom,
    NeedText,
    NickInUse,
    NoSuchNick,
    NoSuchRoom,
    NotInRoom,
    TextTooLong,
    TooManyRooms,
)
from twisted_chat.core.session import MAX_TOPIC
from twisted_chat.core.text import MAX_TEXT


class Case(CoreCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice = someone(self, "alice")
        self.bob = someone(self, "bob")
        self.alice.takes()

    def refused(self, error: type[ChatError], words: str, *call: object, **more: object) -> None:
        method, *arguments = call
        self.assertEqual(str(self.assertRaises(error, method, *arguments, **more)), words)
        self.turn()
        self.assertEqual((self.alice.takes(), self.bob.takes()), ([], []))


class Saying(Case):
    def test_in_the_current_room(self) -> None:
        self.alice.session.say("hello")
        self.turn()
        self.alice.hears("[#lobby] alice: hello")
        self.bob.hears("[#lobby] alice: hello")

    def test_in_another_room(self) -> None:
        self.alice.types("/join #dev")
        self.alice.takes()
        self.alice.session.say("hello", "#LOBBY", action=True, client_id="c-1")
        self.turn()
        self.bob.hears("[#lobby] * alice hello")
        [event] = self.alice.listener.events()
        self.assertEqual((event.client_id, event.seq, event.time), ("c-1", 1, self.chat.now()))

    def test_in_a_room_that_one_is_not_in(self) -> None:
        self.bob.types("/join #dev")
        self.bob.takes()
        self.refused(NotInRoom, "you are not in #dev; /join #dev first", self.alice.session.say, "hi", "#DEV")

    def test_in_a_room_that_there_is_not(self) -> None:
        self.refused(NoSuchRoom, "there is no room #Dev", self.alice.session.say, "hi", "#Dev")

    def test_in_what_is_no_room(self) -> None:
        self.refused(BadRoom, "a room's name begins with #", self.alice.session.say, "hi", "dev")

    def test_in_no_room_at_all(self) -> None:
        self.alice.types("/part")
        self.alice.takes()
        self.bob.takes()
        self.refused(InNoRoom, "you are in no room; /join one first", self.alice.session.say, "hi")

    def test_nothing(self) -> None:
        for text in ("", "  \t ", "\x1b\x07", "\u2028"):
            self.refused(NeedText, "there is nothing to say in that", self.alice.session.say, text)

    def test_the_longest(self) -> None:
        self.alice.session.say("x" * MAX_TEXT)
        self.turn()
        self.assertEqual(self.bob.listener.texts(), ["x" * 2000])

    def test_too_much(self) -> None:
        words = "2001 characters; at most 2000 are taken"
        self.refused(TextTooLong, words, self.alice.session.say, "x" * 2001)
        self.refused(TextTooLong, words, self.alice.session.say_to, "bob", "x" * 2001)
        self.refused(TextTooLong, words, self.alice.session.part, None, "x" * 2001)
        self.refused(TextTooLong, words, self.alice.session.quit, "x" * 2001)
        self.assertFalse(self.alice.session.over)

    def test_what_it_is_cleaned_of_does_not_count(self) -> None:
        self.alice.session.say("\x1b[2J" + "\x00" * 5000)
        self.turn()
        self.bob.hears("[#lobby] alice: [2J")


class Directs(Case):
    def test_to_one_alone(self) -> None:
        carol = someone(self, "carol")
        self.alice.takes()
        self.bob.takes()
        self.alice.session.say_to("BOB", "psst", action=True, client_id="c-1")
        self.turn()
        self.alice.hears("[alice -> bob] * psst")
        self.bob.hears("[alice -> bob] * psst")
        carol.hears()

    def test_to_oneself(self) -> None:
        self.alice.session.say_to("alice", "remember")
        self.turn()
        self.alice.hears("[alice -> alice] remember")

    def test_to_nobody(self) -> None:
        self.refused(NoSuchNick, "nobody here is called carol", self.alice.session.say_to, "carol", "hi")

    def test_without_words(self) -> None:
        self.refused(NeedText, "there is nothing to say in that", self.alice.session.say_to, "bob", " ")

    def test_to_one_who_is_leaving(self) -> None:
        self.bob.session.quit()
        self.assertRaises(NoSuchNick, self.alice.session.say_to, "bob", "wait")

    def test_to_one_who_is_away(self) -> None:
        self.bob.types("/away lunch")
        self.alice.takes()
        self.alice.types("/msg bob hi")
        self.alice.hears("[alice -> bob] hi", "reply bob is away: lunch")
        self.bob.types("/away")
        self.alice.takes()
        self.alice.types("/msg bob hi")
        self.alice.hears("[alice -> bob] hi", "reply bob is away")

    def test_a_program_that_marks_its_words_gets_their_event_alone(self) -> None:
        self.bob.types("/away lunch")
        self.alice.takes()
        self.alice.session.say_to("bob", "hi", client_id="c-1")
        self.turn()
        self.alice.hears("[alice -> bob] hi")

    def test_one_who_comes_back_meanwhile(self) -> None:
        self.bob.types("/away lunch")
        self.alice.takes()
        self.bob.session.set_away(None)
        self.alice.session.say_to("bob", "hi")
        self.turn()
        self.alice.hears("bob is back", "[alice -> bob] hi")


class GoingAround(Case):
    def test_into_a_room(self) -> None:
        self.bob.types("/join #dev")
        self.bob.takes()
        self.alice.session.join("#Dev", "c-1")
        self.alice.session.say("at once")
        self.turn()
        self.alice.hears("entered #dev: bob", "[#dev] alice: at once")
        self.bob.hears("[#dev] alice joined", "[#dev] alice: at once")

    def test_the_mark_comes_back_with_it(self) -> None:
        self.alice.session.join("#dev", "c-1")
        self.alice.session.join("#dev", "c-2")
        self.turn()
        self.assertEqual([item.client_id for item, _stance, _view in self.alice.listener.heard], ["c-1", "c-2"])

    def test_into_a_room_that_one_is_in(self) -> None:
        self.alice.types("/join #dev", "/switch #lobby")
        self.alice.takes()
        self.alice.types("/join #dev")
        self.alice.hears("entered #dev:")
        self.assertEqual(self.alice.session.current, self.chat.rooms["#dev"])
        self.bob.types("/join #dev")
        self.alice.hears("[#dev] bob joined")

    def test_into_too_many(self) -> None:
        for number in range(self.chat.limits.rooms_of_one - 1):
            self.alice.session.join(f"#r{number}")
        self.turn()
        self.alice.takes()
        self.refused(TooManyRooms, "a person may be in at most 50 rooms", self.alice.session.join, "#more")
        self.assertNotIn("#more", self.chat.rooms)
        self.bob.types("/join #there")
        self.bob.takes()
        self.refused(TooManyRooms, "a person may be in at most 50 rooms", self.alice.session.join, "#there")
        self.assertIn("#there", self.chat.rooms)
        self.alice.session.join("#lobby")
        self.turn()
        self.alice.hears("entered #lobby: bob")

    def test_out_of_a_room(self) -> None:
        self.alice.session.part("#lobby", "by\x07e")
        self.turn()
        self.alice.hears("[#lobby] alice left bye")
        self.bob.hears("[#lobby] alice left bye")
        self.bob.types("are you gone?")
        self.alice.hears()

    def test_the_mark_of_leaving_comes_back(self) -> None:
        self.alice.session.part("#lobby", client_id="c-1")
        self.turn()
        self.assertEqual([event.client_id for event in self.alice.listener.events()], ["c-1"])

    def test_the_one_entered_last_is_the_current_one_then(self) -> None:
        self.alice.types("/join #a", "/join #b", "/part")
        self.assertEqual(self.alice.session.current, self.chat.rooms["#a"])
        self.alice.types("/part #lobby")
        self.assertEqual(self.alice.session.current, self.chat.rooms["#a"])
        self.alice.types("/part")
        self.assertIsNone(self.alice.session.current)

    def test_out_of_a_room_that_one_is_not_in(self) -> None:
        self.refused(NoSuchRoom, "there is no room #dev", self.alice.session.part, "#dev")

    def test_another_room_becomes_the_current_one(self) -> None:
        self.alice.types("/join #dev")
        self.alice.session.switch("#lobby")
        self.assertEqual(self.alice.session.current, self.chat.rooms["#lobby"])
        self.assertRaises(NoSuchRoom, self.alice.session.switch, "#nowhere")
        self.assertEqual(self.alice.session.current, self.chat.rooms["#lobby"])


class Renaming(Case):
    def test_it(self) -> None:
        self.alice.session.rename("ally")
        self.alice.session.say("hi")
        self.turn()
        self.alice.hears("alice is ally now", "[#lobby] ally: hi")
        self.bob.hears("alice is ally now", "[#lobby] ally: hi")
        self.assertEqual(self.alice.session.person.nick, "ally")

    def test_to_the_same(self) -> None:
        self.alice.session.rename("alice")
        self.turn()
        self.alice.hears()

    def test_to_the_same_in_another_case(self) -> None:
        self.alice.session.rename("Alice")
        self.turn()
        self.bob.hears("alice is Alice now")

    def test_to_anothers_name(self) -> None:
        self.refused(NickInUse, "Bob is taken", self.alice.session.rename, "Bob")
        self.assertEqual(self.alice.session.person.next_name.text, "alice")

    def test_in_no_room_nobody_else_is_told(self) -> None:
        self.alice.types("/part")
        self.bob.takes()
        self.alice.takes()
        self.alice.types("/nick ally")
        self.alice.hears("alice is ally now")
        self.bob.hears()


class TopicsAndAbsence(Case):
    def test_a_topic(self) -> None:
        self.alice.session.set_topic("wor\x1bk")
        self.turn()
        self.bob.hears("[#lobby] alice topic work")
        self.assertEqual(self.chat.rooms["#lobby"].topic, "work")
        self.alice.session.set_topic("")
        self.turn()
        self.bob.hears("[#lobby] alice topic")
        self.assertEqual(self.chat.rooms["#lobby"].topic, "")

    def test_too_long(self) -> None:
        words = "401 characters; at most 400 are taken"
        self.refused(TextTooLong, words, self.alice.session.set_topic, "x" * (MAX_TOPIC + 1))
        self.refused(TextTooLong, words, self.alice.session.set_away, "x" * (MAX_TOPIC + 1))

    def test_a_topic_of_no_room(self) -> None:
        self.alice.types("/part")
        self.assertRaises(InNoRoom, self.alice.session.set_topic, "work")

    def test_away_and_back(self) -> None:
        self.alice.session.set_away("lunch")
        self.turn()
        self.assertEqual(self.alice.session.person.away, "lunch")
        self.alice.hears("alice is away: lunch")
        self.bob.hears("alice is away: lunch")
        self.alice.session.set_away(None)
        self.turn()
        self.bob.hears("alice is back")
        self.assertIsNone(self.alice.session.person.away)


class Histories(Case):
    def setUp(self) -> None:
        super().setUp()
        for number in range(1, 6):
            self.bob.session.say(f"m{number}")
        self.turn()
        self.alice.takes()
        self.bob.takes()

    def asks(self, limit: int = 2, **more: int) -> str:
        self.alice.session.history("#lobby", limit, "c-1", **more)
        self.turn()
        [answer] = self.alice.takes()
        return answer

    def test_the_newest(self) -> None:
        self.assertEqual(self.asks(), "history of #lobby: [#lobby] bob: m4 | [#lobby] bob: m5")

    def test_before(self) -> None:
        self.assertEqual(self.asks(before=3), "history of #lobby: [#lobby] bob: m1 | [#lobby] bob: m2")
        self.assertEqual(self.asks(before=10**18), "history of #lobby: [#lobby] bob: m4 | [#lobby] bob: m5")

    def test_after(self) -> None:
        self.assertEqual(self.asks(after=1), "history of #lobby: [#lobby] bob: m2 | [#lobby] bob: m3")
        self.assertEqual(self.asks(after=5), "history of #lobby:")

    def test_not_both(self) -> None:
        error = self.assertRaises(BadRequest, self.alice.session.history, None, 2, None, before=3, after=1)
        self.assertEqual(str(error), "before or after, not both")

    def test_a_hundred_at_most(self) -> None:
        for number in range(120):
            self.bob.session.say(f"n{number}")
        self.turn()
        self.alice.listener.forget()
        self.alice.session.history(None, 5_000, None)
        self.turn()
        [(history, _stance, _view)] = self.alice.listener.heard
        self.assertEqual([event.text for event in history.events], [f"n{number}" for number in range(20, 120)])
        self.assertTrue(history.more)

    def test_it_answers_with_the_mark(self) -> None:
        self.alice.session.history("#lobby", 1, "c-9")
        self.turn()
        [(history, _stance, _view)] = self.alice.listener.heard
        self.assertEqual((history.client_id, history.more, history.on_joining), ("c-9", True, False))
        self.assertEqual(history.reader, self.alice.session.person.id)

    def test_of_a_room_that_one_is_not_in(self) -> None:
        self.refused(NoSuchRoom, "there is no room #dev", self.alice.session.history, "#dev", 1, None)

    def test_what_ignored_people_said_is_left_out_and_their_topics_are_not(self) -> None:
        self.bob.types("/topic work")
        self.alice.types("/ignore bob")
        self.alice.takes()
        self.alice.session.history("#lobby", 50, None)
        self.turn()
        self.alice.hears("history of #lobby: [#lobby] bob topic work")


class Typing(Case):
    def test_what_is_no_command_is_said(self) -> None:
        self.alice.types("hello  ", "//me is no command", " / neither")
        self.bob.hears("[#lobby] alice: hello", "[#lobby] alice: /me is no command", "[#lobby] alice:  / neither")

    def test_an_empty_line_says_nothing(self) -> None:
        self.alice.types("", "   ", "\x00\r")
        self.bob.hears()
        self.alice.hears()

    def test_a_refusal_is_answered(self) -> None:
        self.alice.types("x" * 2001, "/part #nowhere")
        self.alice.hears(
            "!!! TEXT_TOO_LONG 2001 characters; at most 2000 are taken", "!!! NO_SUCH_ROOM there is no room #nowhere"
        )

    def test_a_programs_mark_comes_back_with_every_answer(self) -> None:
        for text in ("hello", "/me waves", "/jion", "/time", "//x"):
            self.alice.session.typed(text, f"id of {text}")
        self.turn()
        answers = [item for item, _stance, _view in self.alice.listener.heard if hasattr(item, "client_id")]
        marks = [item.client_id for item in answers if item.client_id]
        self.assertEqual(marks, ["id of hello", "id of /me waves", "id of /jion", "id of /time", "id of //x"])

    def test_a_slip_of_the_thumb_publishes_no_password(self) -> None:
        for line in (" /login alice hunter2", "\t/REGISTER me hunter2", "  /password x"):
            self.alice.types(line)
            self.alice.hears("!!! NOT_ALLOWED that would have been said aloud; take away the blanks before the /")
        self.bob.hears()
        self.alice.types(" /loginname is no command")
        self.bob.hears("[#lobby] alice:  /loginname is no command")

    def test_answers_keep_their_place(self) -> None:
        self.alice.types("one", "/time", "two")
        self.alice.hears("[#lobby] alice: one", "reply 2026-11-18 12:00:00 UTC", "[#lobby] alice: two")


class Leaving(Case):
    def test_for_good(self) -> None:
        self.alice.types("last words", "/quit see you", "never said", "/join #dev")
        self.alice.hears("[#lobby] alice: last words", "reply Goodbye, alice.")
        self.assertTrue(self.alice.listener.closed)
        self.bob.hears("[#lobby] alice: last words", "[#lobby] alice left see you")
        self.assertIsNone(self.chat.names.holder("alice"))
        self.assertEqual(list(self.chat.persons.values()), [self.bob.session.person])

    def test_once(self) -> None:
        self.alice.session.quit("bye")
        self.alice.session.quit("bye bye")
        self.alice.session.lost("connection lost")
        self.turn()
        self.bob.hears("[#lobby] alice left bye")

    def test_without_a_word(self) -> None:
        self.alice.session.say("hi")
        self.alice.session.depart()
        self.turn()
        self.alice.hears("[#lobby] alice: hi")
        self.assertTrue(self.alice.listener.closed)
        self.bob.hears("[#lobby] alice: hi", "[#lobby] alice left")

    def test_the_connection_is_lost(self) -> None:
        self.alice.session.say("hi")
        self.alice.session.lost("connection lost")
        self.turn()
        self.alice.hears()
        self.assertFalse(self.alice.listener.closed)
        self.bob.hears("[#lobby] alice: hi", "[#lobby] alice left connection lost")
        self.bob.types("gone?")
        self.alice.hears()


class AheadOfTheLog(SlowCase):
    """What a session asked for changes its own view at once, and others' view when the log has it."""

    def test_it(self) -> None:
        alice, bob = someone(self, "alice"), someone(self, "bob")
        alice.takes()
        alice.session.join("#dev")
        alice.session.rename("ally")
        alice.session.say("in here already")
        self.assertEqual(alice.session.current, self.chat.rooms["#dev"])
        self.assertEqual(self.chat.rooms["#dev"].members, {})
        self.assertEqual(alice.session.person.nick, "alice")
        self.assertIs(self.chat.person_called("ally"), alice.session.person)
        alice.hears()
        self.turn()
        alice.hears("entered #dev:", "alice is ally now", "[#dev] ally: in here already")
        bob.hears("alice is ally now")
        self.assertEqual(list(self.chat.rooms["#dev"].members), [alice.session.person])

    def test_acting_before_the_welcome(self) -> None:
        listener = Program()
        session = self.chat.enter(listener, "alice")
        session.typed("/join #dev")
        session.typed("hi")
        self.turn()
        Someone(self, session, listener).hears("welcome alice: #lobby", "entered #dev:", "[#dev] alice: hi")
