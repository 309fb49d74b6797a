"""Words said again with the same id, when the room or the addressee is gone meanwhile; and whom refusals answer."""

from __future__ import annotations

from tests.core.doubles import SlowCase, Someone, arrives, someone
from twisted_chat.core import feed
from twisted_chat.core.events import Event, Kind


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


class RepeatsOfOneWhoIsBehind(SlowCase):
    """Alice comes back, and says again at once what she does not know to be said; the log has more before it."""

    def setUp(self) -> None:
        super().setUp()
        self.bob = someone(self, "bob")
        alice = arrives(self, "alice")
        self.secret = alice.secret()
        self.since = self.chat.seq
        self.bob.session.say("1")
        alice.session.say("2", client_id="c-2")
        alice.session.say("3", client_id="c-3")
        self.bob.session.say("4")
        self.turn()
        alice.session.lost()
        self.turn()

    def comes_back(self, *again: str) -> Someone:
        alice = arrives(self, "alice", resume=self.secret, since=self.since, log=self.chat.journal.id)
        alice.hears("welcome alice: #lobby")
        for text in again:
            alice.session.say(text, client_id=f"c-{text}")
        self.turn()
        return alice

    def serves(self) -> None:
        self.journal.reads()
        self.clock.advance(0)

    def test_it_is_confirmed_in_its_place(self) -> None:
        """Whoever keeps the highest number would else never hear of the lines before."""
        alice = self.comes_back("3", "2")
        alice.hears()
        self.serves()
        alice.hears("[#lobby] bob: 1", "[#lobby] alice: 2", "[#lobby] alice: 3", "[#lobby] bob: 4")

    def test_what_the_log_does_not_serve_is_confirmed_behind_it(self) -> None:
        self.bob.session.chat.journal.append([revision(self, Kind.DELETED, target=3)])
        alice = self.comes_back("3", "2")
        self.serves()
        alice.hears(
            "[#lobby] bob: 1",
            "[#lobby] alice: 2",
            "[#lobby] bob: 4",
            "[#lobby] bob deleted None",
            "[#lobby] alice: None",
        )

    def test_what_was_served_before_is_confirmed_at_once(self) -> None:
        alice = self.comes_back()
        self.serves()
        alice.listener.forget()
        alice.stops_reading()
        self.bob.session.say("5")
        self.turn()
        alice.session.say("2", client_id="c-2")
        self.turn()
        alice.hears("[#lobby] alice: 2")
        alice.reads_on()
        self.serves()
        self.assertEqual(alice.listener.texts(), ["5"])

    def test_more_than_can_be_remembered_is_to_be_said_again(self) -> None:
        self.patch(feed, "MAX_HELD", 1)
        alice = self.comes_back("3", "2")
        alice.hears("!!! BUSY too many ids at once while you are behind; say it again")
        self.serves()
        self.assertEqual(alice.listener.texts(), ["1", "2", "3", "4"])

    def test_the_connection_is_lost_meanwhile(self) -> None:
        alice = self.comes_back("3")
        alice.session.lost()
        self.serves()
        alice.hears()


def revision(case: SlowCase, kind: Kind, target: int) -> Event:
    room = case.chat.rooms["#lobby"]
    return Event(kind, "x", "bob", case.chat.now(), room.id, room.name, None, target=target)
