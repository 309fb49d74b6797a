"""Words said again with the same id, when the room or the addressee is gone meanwhile; and whom refusals answer."""

from __future__ import annotations

from tests.core.doubles import SlowCase, someone


class Repeats(SlowCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice, self.bob = someone(self, "alice"), someone(self, "bob")
        self.alice.listener.forget()

    def turn(self) -> None:
        super().turn()
        self.journal.looks_up()

    def test_to_one_who_has_left(self) -> None:
        self.alice.session.say_to("bob", "psst", client_id="c-1")
        self.turn()
        self.bob.types("/quit")
        self.alice.takes()
        self.alice.session.say_to("bob", "psst", client_id="c-1")
        self.turn()
        self.alice.hears("[alice -> bob] psst")

    def test_in_a_room_that_was_left(self) -> None:
        self.alice.types("/join #dev")
        self.bob.types("/join #dev")
        self.alice.session.say("hello", "#dev", client_id="c-1")
        self.turn()
        self.alice.types("/part #dev")
        self.alice.takes()
        self.alice.session.say("hello", "#Dev", client_id="c-1")
        self.turn()
        self.alice.hears("[#dev] alice: hello")

    def test_with_other_words_or_elsewhere(self) -> None:
        self.alice.session.say_to("bob", "psst", client_id="c-1")
        self.turn()
        self.bob.types("/quit")
        self.alice.takes()
        for nick, text in (("bob", "other words"), ("carol", "psst")):
            self.alice.session.say_to(nick, text, client_id="c-1")
            self.turn()
            self.alice.hears("!!! ID_REUSED id c-1 stands in the log with something else")

    def test_what_was_never_said_is_refused(self) -> None:
        self.alice.session.say_to("carol", "psst", client_id="c-1")
        self.alice.session.say("hi", "#nowhere", client_id="c-2")
        self.turn()
        self.alice.hears("!!! NO_SUCH_NICK nobody here is called carol", "!!! NO_SUCH_ROOM there is no room #nowhere")

    def test_a_log_that_can_not_be_asked(self) -> None:
        self.alice.session.say_to("carol", "psst", client_id="c-1")
        super().turn()
        ((answer, _person, _mark),) = self.journal.looked_up
        answer.errback(OSError("the disk is gone"))
        self.alice.hears("!!! STORAGE_UNAVAILABLE the log can't be read now")
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)

    def test_a_refused_command_is_refused_by_its_mark_alone(self) -> None:
        self.journal.refusing = True
        for text in ("/topic new", "hello", "/me waves", "/msg bob hi"):
            self.alice.session.typed(text, "c-9")
            self.turn()
            self.alice.hears("!!! STORAGE_UNAVAILABLE the log can't be written now; nothing was said")
        self.journal.refusing = False
        self.alice.session.typed("hello", "c-9")
        self.turn()
        self.assertEqual(self.alice.takes()[-1], "[#lobby] alice: hello")
