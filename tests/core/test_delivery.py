from __future__ import annotations

from typing import Any
from unittest import mock

from tests.core.doubles import Human, Program, SlowCase, Someone, line, someone
from tests.helpers import HERE, CoreCase, Listener, TupleView
from twisted_chat.boundaries import Stance
from twisted_chat.core import delivery
from twisted_chat.core.errors import StorageUnavailable
from twisted_chat.core.events import Duplicate, Event, Kind, Refused
from twisted_chat.core.session import Session
from twisted_chat.core.told import Failure

OTHER, ORIGIN, SELF = Stance.OTHER, Stance.ORIGIN, Stance.SELF


class CountingView(TupleView):
    """Counts how often it renders and joins."""

    def __init__(self) -> None:
        super().__init__("counting")
        self.rendered = 0
        self.joined = 0

    def render(self, item: Any, stance: Stance) -> list[Any]:
        self.rendered += 1
        return super().render(item, stance)

    def join(self, pieces: Any) -> list[Any]:
        self.joined += 1
        return super().join(pieces)


class DeafView(TupleView):
    """Renders no topics: whoever has this view is not told of them."""

    def render(self, item: Any, stance: Stance) -> list[Any]:
        return [] if isinstance(item, Event) and item.kind is Kind.TOPIC else super().render(item, stance)


class Viewer(Listener):
    """A listener with one view of everything."""

    def __init__(self, view: TupleView) -> None:
        super().__init__()
        self._view = view
        self.taken = 0

    def view(self, current: bool) -> TupleView:
        return self._view

    def take(self, rendered: list[Any]) -> bool:
        self.taken += 1
        return super().take(rendered)


def second_session(first: Someone) -> tuple[Session, Listener]:
    """Another session of the same person, as accounts will have them, and its listener."""
    chat, person, listener = first.session.chat, first.session.person, Listener()
    session = Session(chat, listener, person, "2nd")
    person.sessions[session] = None
    session.enter_first([chat.rooms["#lobby"]])
    session.aside(lambda: session.welcome("", None))
    first.case.turn()
    return session, listener


def stances(listener: Listener) -> list[tuple[str, Stance]]:
    return [(line(item), stance) for item, stance, _view in listener.heard]


class Many(CoreCase):
    """Those who only listen share what is rendered."""

    def setUp(self) -> None:
        super().setUp()
        self.alice = someone(self, "alice")
        self.view = CountingView()
        self.crowd = [someone(self, f"p{number}", Viewer(self.view)) for number in range(5)]
        for each in self.crowd:
            each.listener.forget()
            each.listener.taken = 0  # type: ignore[attr-defined]
        self.view.rendered = self.view.joined = 0

    def test_one_message_is_rendered_once_and_not_joined(self) -> None:
        self.alice.types("hi")
        for each in self.crowd:
            each.hears("[#lobby] alice: hi")
        self.assertEqual((self.view.rendered, self.view.joined), (1, 0))

    def test_a_batch_is_joined_once_and_taken_at_once(self) -> None:
        self.alice.types("one", "two", "three")
        for each in self.crowd:
            each.hears("[#lobby] alice: one", "[#lobby] alice: two", "[#lobby] alice: three")
            self.assertEqual(each.listener.taken, 1)  # type: ignore[attr-defined]
        self.assertEqual((self.view.rendered, self.view.joined), (3, 1))

    def test_singles_use_what_is_rendered_for_the_many(self) -> None:
        self.crowd[0].types("/ignore nobody_here")
        self.view.rendered = 0
        self.alice.session.say("one")
        self.crowd[0].session.typed("/away")
        self.turn()
        # "one" once for the many and the single, the absence once for others, once for himself
        self.assertEqual(self.view.rendered, 3)
        self.assertEqual(self.crowd[0].takes(), ["reply You ignore nobody_here now; /unignore nobody_here ends it",
                                                 "[#lobby] alice: one", "p0 is away: "])  # fmt: skip

    def test_who_is_in_another_room_hears_nothing(self) -> None:
        self.crowd[0].types("/join #dev", "/part #lobby")
        self.crowd[0].listener.forget()
        self.alice.types("hi")
        self.crowd[0].hears()

    def test_what_a_view_does_not_show_is_not_sent(self) -> None:
        deaf = someone(self, "deaf", Viewer(DeafView("deaf")))
        single = someone(self, "single", Viewer(DeafView("deaf")))
        deaf.listener.taken = 0  # type: ignore[attr-defined]
        deaf.listener.forget()
        self.alice.session.typed("/topic one")
        single.session.typed("/topic two")
        self.turn()
        self.assertEqual((deaf.takes(), single.takes(), deaf.listener.taken), ([], [], 0))  # type: ignore[attr-defined]


class Views(CoreCase):
    def test_here_and_there(self) -> None:
        alice, bob = someone(self, "alice", Listener()), someone(self, "bob", Listener())
        for each in (alice, bob):
            each.types("/join #dev")
        alice.listener.forget()
        bob.listener.forget()
        alice.session.say("in dev")
        alice.session.say("in the lobby", "#lobby")
        alice.session.say_to("bob", "psst")
        self.turn()
        for each in (alice, bob):
            self.assertEqual(
                [(item.text, view) for item, _stance, view in each.listener.heard],
                [("in dev", "here"), ("in the lobby", "there"), ("psst", "here")],
            )

    def test_switching_changes_them(self) -> None:
        alice, bob = someone(self, "alice"), someone(self, "bob", Listener())
        alice.types("/join #dev")
        bob.types("/join #dev", "/switch #lobby")
        bob.listener.forget()
        alice.types("in dev")
        bob.types("/switch #dev")
        alice.types("in dev still")
        self.assertEqual(
            [(item.text, view) for item, _stance, view in bob.listener.heard if isinstance(item, Event)],
            [("in dev", "there"), ("in dev still", "here")],
        )


class Order(CoreCase):
    """Across rooms and direct messages, in the log's order."""

    def test_several_rooms_and_directs(self) -> None:
        alice, bob, carol = (someone(self, nick) for nick in ("alice", "bob", "carol"))
        for each in (alice, bob, carol):
            each.types("/join #dev")
        for each in (alice, bob, carol):
            each.listener.forget()
        alice.session.say("1", "#lobby")
        bob.session.say("2", "#dev")
        alice.session.say_to("carol", "3")
        bob.session.say_to("alice", "4")
        carol.session.say("5", "#lobby")
        alice.session.say("6", "#dev")
        self.turn()
        self.assertEqual(alice.listener.texts(), list("123456"))
        self.assertEqual(bob.listener.texts(), list("12456"))
        self.assertEqual(carol.listener.texts(), list("12356"))
        for each in (alice, bob, carol):
            seqs = [event.seq for event in each.listener.events()]
            self.assertEqual(seqs, sorted(set(seqs)))

    def test_who_reads_one_room_of_two_gets_only_that(self) -> None:
        alice, bob = someone(self, "alice"), someone(self, "bob")
        alice.types("/join #dev")
        alice.listener.forget()
        alice.types("in dev")
        alice.session.say("in the lobby", "#lobby")
        alice.session.say("in dev again")
        self.turn()
        bob.hears("[#lobby] alice: in the lobby")

    def test_coming_and_going_have_their_place(self) -> None:
        alice, bob, carol = (someone(self, nick) for nick in ("alice", "bob", "carol"))
        for each in (alice, bob):
            each.listener.forget()
        alice.session.say("before")
        bob.session.part()
        alice.session.say("between")
        bob.session.join("#lobby")
        alice.session.say("after")
        self.turn()
        bob.hears("[#lobby] alice: before", "[#lobby] bob left", "entered #lobby: alice carol", "[#lobby] alice: after")
        carol.hears("[#lobby] alice: before", "[#lobby] bob left", "[#lobby] alice: between", "[#lobby] bob joined",
                    "[#lobby] alice: after")  # fmt: skip

    def test_answers_keep_their_place_among_events(self) -> None:
        alice, bob = someone(self, "alice"), someone(self, "bob")
        alice.listener.forget()
        bob.session.say("1")
        alice.session.typed("/motd")
        bob.session.say("2")
        alice.session.typed("/jion")
        bob.session.say("3")
        self.turn()
        alice.hears("[#lobby] bob: 1", "reply There is no message of the day", "[#lobby] bob: 2",
                    "!!! UNKNOWN_COMMAND /jion: did you mean /join?", "[#lobby] bob: 3")  # fmt: skip


class Stances(CoreCase):
    def test_the_speaker_knows_its_own_words(self) -> None:
        alice, bob = someone(self, "alice"), someone(self, "bob")
        alice.listener.forget()
        alice.types("hi", "/msg bob psst", "/nick ally", "/away", "/topic work", "/part")
        said = ["[#lobby] alice: hi", "[alice -> bob] psst", "alice is ally now", "ally is away: ",
                "[#lobby] ally topic work", "[#lobby] ally left"]  # fmt: skip
        events = [(text, stance) for text, stance in stances(alice.listener) if not text.startswith("reply")]
        self.assertEqual(events, [(each, ORIGIN) for each in said])
        self.assertEqual(stances(bob.listener), [(each, OTHER) for each in said])

    def test_a_persons_other_session_knows_it_as_its_persons(self) -> None:
        first = someone(self, "alice", Listener())
        session, other = second_session(first)
        person = first.session.person
        other.forget()
        first.listener.forget()
        first.types("hi", "/msg alice note", "/nick ally", "/join #dev", "/part #lobby")
        self.assertEqual(
            [(text, stance) for text, stance in stances(other) if not text.startswith("reply")],
            [
                ("[#lobby] alice: hi", SELF),
                ("[alice -> alice] note", SELF),
                ("alice is ally now", SELF),
                ("entered #dev:", OTHER),
                ("[#lobby] ally left", SELF),
            ],
        )
        self.assertEqual([stance for text, stance in stances(first.listener) if text.startswith("[")], [ORIGIN] * 3)
        self.assertEqual([each.name for each in session.rooms], ["#dev"])
        session.lost()
        self.turn()
        self.assertEqual(list(person.sessions), [first.session])
        self.assertIs(self.chat.person_called("ally"), person)

    def test_what_one_said_while_the_other_lagged(self) -> None:
        first = someone(self, "alice")
        session, other = second_session(first)
        other.forget()
        other.full = True
        first.types("1")
        self.assertTrue(session.feed.lagging)
        first.types("2")
        session.typed("3")
        self.turn()
        other.full = False
        session.drained()
        self.assertEqual(
            stances(other), [("[#lobby] alice: 1", SELF), ("[#lobby] alice: 2", SELF), ("[#lobby] alice: 3", ORIGIN)]
        )

    def test_two_who_speak_in_one_turn(self) -> None:
        alice, bob, carol = (someone(self, nick) for nick in ("alice", "bob", "carol"))
        for each in (alice, bob):
            each.listener.forget()
        alice.session.say("1")
        bob.session.say("2")
        alice.session.say("3", action=True)
        self.turn()
        lines = ("[#lobby] alice: 1", "[#lobby] bob: 2", "[#lobby] * alice 3")
        for each, own in ((alice, (ORIGIN, OTHER, ORIGIN)), (bob, (OTHER, ORIGIN, OTHER)), (carol, (OTHER,) * 3)):
            self.assertEqual(stances(each.listener), list(zip(lines, own, strict=True)))

    def test_the_log_keeps_no_session(self) -> None:
        alice = someone(self, "alice")
        alice.types("hi", "/away")
        self.assertEqual([event.origin for event in alice.listener.events()], [None, None])


class Ignored(CoreCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice, self.bob, self.carol = (someone(self, nick) for nick in ("alice", "bob", "carol"))
        self.alice.types("/ignore bob")
        for each in (self.alice, self.bob, self.carol):
            each.listener.forget()

    def test_what_they_say_is_not_heard(self) -> None:
        self.bob.types("hi", "/me waves", "/msg alice psst")
        self.carol.types("hi alice")
        self.alice.hears("[#lobby] carol: hi alice")
        self.assertEqual(self.bob.listener.texts(), ["hi", "waves", "psst", "hi alice"])
        self.assertEqual(self.carol.listener.texts(), ["hi", "waves", "hi alice"])

    def test_what_they_do_is(self) -> None:
        self.bob.types("/topic work", "/nick robert", "/away lunch", "/part", "/join #lobby")
        self.alice.hears("[#lobby] bob topic work", "bob is robert now", "robert is away: lunch",
                         "[#lobby] robert left", "[#lobby] robert joined")  # fmt: skip

    def test_a_new_name_is_no_way_around_it(self) -> None:
        self.bob.types("/nick robert", "hi")
        self.alice.hears("bob is robert now")

    def test_they_hear_what_one_says_to_them(self) -> None:
        self.alice.types("/msg bob stop it")
        self.bob.hears("[alice -> bob] stop it")


class OncePerSession(CoreCase):
    def test_a_renaming_in_several_shared_rooms(self) -> None:
        alice, bob, carol = (someone(self, nick) for nick in ("alice", "bob", "carol"))
        for each in (alice, bob):
            each.types("/join #a", "/join #b")
        for each in (alice, bob, carol):
            each.listener.forget()
        alice.types("/nick ally", "/away lunch")
        for each in (alice, bob, carol):
            each.hears("alice is ally now", "ally is away: lunch")

    def test_who_shares_no_room_is_not_told(self) -> None:
        alice, bob = someone(self, "alice"), someone(self, "bob")
        bob.types("/join #b", "/part #lobby")
        bob.listener.forget()
        bob.session.say("hi")
        alice.types("/nick ally")
        bob.hears("[#b] bob: hi")


class Repeated(CoreCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice, self.bob = someone(self, "alice"), someone(self, "bob")
        self.alice.listener.forget()
        self.alice.session.say("hi", client_id="c-1")
        self.turn()
        self.bob.listener.forget()
        [self.original] = self.alice.listener.events()
        self.alice.listener.forget()

    def test_the_logged_event_confirms_it_and_nobody_hears_it_again(self) -> None:
        self.clock.advance(5)
        self.alice.session.say("hi", client_id="c-1")
        self.turn()
        self.assertEqual(self.alice.listener.heard, [(self.original, ORIGIN, "here")])
        self.bob.hears()
        self.assertEqual(self.chat.seq, 1)

    def test_with_other_words_it_is_an_error(self) -> None:
        self.alice.session.say("ho", client_id="c-1")
        self.turn()
        self.alice.hears("!!! ID_REUSED id c-1 stands in the log with something else")
        self.alice.session.say("hi", action=True, client_id="c-1")
        self.turn()
        self.assertEqual([told.client_id for told in self.alice.listener.told(Failure)], ["c-1"])
        self.bob.hears()

    def test_another_person_may_use_the_same_mark(self) -> None:
        self.bob.session.say("hi", client_id="c-1")
        self.turn()
        self.alice.hears("[#lobby] bob: hi")

    def test_it_keeps_its_place(self) -> None:
        self.bob.session.say("1")
        self.alice.session.say("hi", client_id="c-1")
        self.bob.session.say("2")
        self.turn()
        self.alice.hears("[#lobby] bob: 1", "[#lobby] alice: hi", "[#lobby] bob: 2")

    def test_one_that_nobody_here_asked_for_tells_nobody(self) -> None:
        """Another node's, say."""
        again = Event(Kind.MESSAGE, "7", "x", 0, self.original.room, text="hi", client_id="c-1")
        self.chat._batches.arrived([Duplicate(again, self.original), Refused(again, StorageUnavailable())])
        self.alice.hears()

    def test_after_the_connection_is_lost_nothing_is_confirmed(self) -> None:
        self.alice.session.say("hi", client_id="c-1")
        self.alice.session.lost()
        self.turn()
        self.alice.hears()


class OtherNodes(CoreCase):
    """What was said elsewhere comes the same way."""

    def test_a_stranger_writes_to_somebody_here(self) -> None:
        alice = someone(self, "alice")
        event = Event(Kind.DIRECT, "77", "far", 0, text="hi", to=alice.session.person.id, to_nick="alice", seq=1)
        self.chat._batches.arrived([event])
        alice.hears("[far -> alice] hi")
        self.assertEqual(self.chat.seq, 1)

    def test_somebody_here_writes_to_a_stranger(self) -> None:
        alice = someone(self, "alice")
        event = Event(Kind.DIRECT, alice.session.person.id, "alice", 0, text="hi", to="77", to_nick="far", seq=1)
        self.chat._batches.arrived([event])
        alice.hears("[alice -> far] hi")

    def test_a_stranger_in_a_room(self) -> None:
        alice = someone(self, "alice")
        room = self.chat.rooms["#lobby"]
        self.chat._batches.arrived([Event(Kind.MESSAGE, "77", "far", 0, room.id, room.name, "hi", seq=1)])
        alice.hears("[#lobby] far: hi")

    def test_a_stranger_comes_and_goes(self) -> None:
        alice = someone(self, "alice")
        room = self.chat.rooms["#lobby"]
        self.chat._batches.arrived(
            [
                Event(Kind.JOINED, "77", "far", 0, room.id, room.name),
                Event(Kind.RENAMED, "77", "far", 0, text="near"),
                Event(Kind.LEFT, "77", "near", 0, room.id, room.name),
            ]
        )
        alice.hears("[#lobby] far joined", "[#lobby] near left")  # which rooms he is in is not known here yet
        self.assertEqual(list(room.members), [alice.session.person])

    def test_strangers_among_themselves(self) -> None:
        alice = someone(self, "alice")
        self.chat._batches.arrived([Event(Kind.DIRECT, "77", "far", 0, text="hi", to="78", to_nick="off", seq=1)])
        alice.hears()


class SlowDisk(SlowCase):
    def test_nothing_is_heard_before_it_is_written(self) -> None:
        alice, bob = someone(self, "alice"), someone(self, "bob")
        alice.listener.forget()
        alice.session.say("hi")
        self.clock.advance(0)
        alice.hears()
        self.journal.writes()
        bob.hears()
        self.journal.delivers()
        alice.hears("[#lobby] alice: hi")
        bob.hears("[#lobby] alice: hi")

    def test_batches_come_back_regrouped(self) -> None:
        alice, bob = someone(self, "alice"), someone(self, "bob")
        alice.listener.forget()
        for text in "123456":
            alice.session.say(text)
            self.clock.advance(0)
        alice.session.typed("/nick ally")
        alice.session.say("7")
        self.clock.advance(0)
        self.journal.writes()
        self.journal.delivers(4, 1, 2)
        for each in (alice, bob):
            self.assertEqual(each.listener.texts(), list("1234567"))
            self.assertEqual(each.takes()[-2:], ["alice is ally now", "[#lobby] ally: 7"])

    def test_who_is_cut_while_his_words_are_on_their_way_has_said_them(self) -> None:
        alice, bob = someone(self, "alice"), someone(self, "bob")
        alice.listener.forget()
        alice.session.say("last words")
        self.clock.advance(0)
        alice.session.lost()
        self.journal.commits()
        bob.hears("[#lobby] alice: last words")
        self.turn()
        bob.hears("[#lobby] alice left")
        alice.hears()

    def test_what_can_not_be_kept_is_refused_and_presence_goes_on(self) -> None:
        alice, bob = someone(self, "alice"), someone(self, "bob")
        alice.listener.forget()
        self.journal.refusing = True
        alice.session.say("hi", client_id="c-1")
        alice.session.say_to("bob", "psst")
        alice.session.typed("/topic lost")
        alice.session.typed("/nick ally")
        alice.session.typed("/join #dev")
        self.turn()
        refused = "!!! STORAGE_UNAVAILABLE the log can't be written now; nothing was said"
        self.assertEqual([told.client_id for told in alice.listener.told(Failure)], ["c-1", None, None])
        alice.hears(refused, refused, refused, "alice is ally now", "entered #dev:")
        bob.hears("alice is ally now")
        self.assertEqual(self.chat.rooms["#lobby"].topic, "")
        self.journal.refusing = False
        alice.session.say("again", "#lobby", client_id="c-1")
        self.turn()
        bob.hears("[#lobby] ally: again")


class FullReaders(CoreCase):
    """Somebody does not read: nobody else notices, and his place is kept."""

    def test_one_of_the_many(self) -> None:
        alice, bob, carol = (someone(self, nick) for nick in ("alice", "bob", "carol"))
        for each in (alice, bob):
            each.listener.forget()
        bob.stops_reading()
        alice.types("1", "2")
        alice.types("3")
        bob.hears()
        self.assertEqual(carol.listener.texts(), list("123"))
        bob.reads_on()
        self.assertEqual(bob.listener.texts(), list("123"))

    def test_a_single_in_the_midst_of_a_batch(self) -> None:
        alice, bob = someone(self, "alice"), someone(self, "bob")

        class Choosy(Program):
            """Takes one piece, and is full then."""

            def take(self, rendered: list[Any]) -> bool:
                taken = super().take(rendered)
                self.full = True
                return taken

        carol = someone(self, "carol", Choosy())
        carol.listener.full = False
        for each in (alice, bob, carol):
            each.listener.forget()
        alice.session.say("1")
        carol.session.typed("/motd")
        alice.session.say("2")
        carol.session.typed("/time")
        alice.session.say("3")
        self.turn()
        self.assertEqual(carol.listener.texts(), ["1"])
        self.assertTrue(carol.session.feed.lagging)
        self.assertEqual(len(carol.listener.heard), 3)  # the answers came all the same
        carol.reads_on()
        self.assertEqual(carol.listener.texts(), ["1", "2", "3"])

    def test_its_own_words_stay_its_own(self) -> None:
        alice, bob = someone(self, "alice"), someone(self, "bob")
        alice.listener.forget()
        alice.stops_reading()
        alice.types("refused")
        alice.types("passed by", "/msg bob passed by too")
        alice.hears()
        alice.reads_on()
        self.assertEqual(
            stances(alice.listener)[:3],
            [
                ("[#lobby] alice: refused", ORIGIN),
                ("[#lobby] alice: passed by", ORIGIN),
                ("[alice -> bob] passed by too", ORIGIN),
            ],
        )
        self.assertEqual(bob.listener.texts(), ["refused", "passed by", "passed by too"])

    def test_what_it_does_that_is_not_kept_is_answered_at_once(self) -> None:
        alice = someone(self, "alice")
        alice.stops_reading()
        alice.types("/nick ally", "/away lunch", "/join #dev", "/part #lobby")
        alice.hears("alice is ally now", "ally is away: lunch", "entered #dev:", "[#lobby] ally left",
                    "reply You are in #dev now")  # fmt: skip

    def test_one_who_is_ignored_does_not_make_it_lag(self) -> None:
        alice, bob = someone(self, "alice"), someone(self, "bob")
        alice.types("/ignore bob")
        alice.stops_reading()
        bob.types("hi")
        self.assertFalse(alice.session.feed.lagging)

    def test_a_human_is_shown_one_notice_when_it_was_much(self) -> None:
        alice, bob = someone(self, "alice"), someone(self, "bob", Human(patience=3))
        bob.stops_reading()
        alice.types("1", "2", "3", "4")
        bob.reads_on()
        bob.hears("skipped 1-4: 4")
        self.assertIs(bob.session.view(), HERE)


class AGreatMany(SlowCase):
    """More sessions than are given something in one turn."""

    def setUp(self) -> None:
        super().setUp()
        self.patch(delivery, "SLICE", 2)
        self.alice, *self.others = (someone(self, f"nick{number}") for number in range(6))
        self.settles()
        for each in (self.alice, *self.others):
            each.listener.forget()

    def settles(self) -> None:
        for _turn in range(10):
            self.turn()
            self.journal.reads()

    def heard(self) -> list[list[str | None]]:
        return [each.listener.texts() for each in self.others]

    def test_the_reactor_has_a_turn_between(self) -> None:
        self.alice.session.say("1")
        self.turn()
        self.assertEqual(self.heard(), [["1"]] * 2 + [[]] * 3)
        self.alice.session.say("2")
        self.turn()
        self.assertEqual(self.heard(), [["1", "2"]] * 2 + [["1"]] * 3)
        self.settles()
        self.assertEqual(self.heard(), [["1", "2"]] * 5)

    def test_who_speaks_in_a_pause_is_behind_it(self) -> None:
        self.alice.session.say("1")
        self.turn()
        self.others[4].types("/names", "2")
        self.settles()
        self.assertEqual(self.others[4].listener.texts(), ["1", "2"])
        self.assertEqual(self.others[4].takes()[0], "[#lobby] nick0: 1")

    def test_several_rooms_and_views(self) -> None:
        for each in (self.alice, *self.others):
            each.session.join("#dev")
        self.settles()
        self.alice.session.say("1", "#dev")
        self.alice.session.say("2", "#lobby")
        self.turn()
        self.others[4].session.switch("#lobby")  # he sees both in another way from now on
        self.settles()
        self.assertEqual(self.heard(), [["1", "2"]] * 5)

    def test_who_does_not_keep_up_is_served_by_the_log(self) -> None:
        for each in self.others:
            each.stops_reading()
        self.alice.session.say("1")
        self.turn()
        self.assertEqual([each.session.feed.lagging for each in self.others], [True] * 2 + [False] * 3)
        for each in self.others:
            each.reads_on()
        self.settles()
        self.assertEqual(self.heard(), [["1"]] * 5)

    def test_who_is_served_by_the_log_in_a_pause_is_not_given_it_again(self) -> None:
        last = self.others[4]
        last.session.typed("/history 1")
        self.turn()
        self.alice.session.say("1")
        self.turn()
        self.alice.session.say("2")
        self.turn()  # of the first, he has not got his part yet
        last.stops_reading()
        self.journal.reads()
        last.reads_on()
        self.settles()
        self.assertEqual(self.heard(), [["1", "2"]] * 5)

    def test_who_leaves_in_a_pause(self) -> None:
        self.alice.session.say("1")
        self.turn()
        self.others[4].session.lost()
        self.settles()
        self.assertEqual(self.heard(), [["1"]] * 4 + [[]])

    def test_a_view_that_shows_nothing_of_it(self) -> None:
        deaf = someone(self, "deaf", Viewer(DeafView("deaf")))
        self.settles()
        self.alice.session.set_topic("tea")
        self.settles()
        self.assertEqual(deaf.listener.texts(), [])
        self.assertEqual(self.heard(), [["tea"]] * 5)

    def test_the_end_waits_for_nobody(self) -> None:
        self.alice.session.say("1")
        self.turn()
        self.chat.close("bye")
        assert self.journal.closed is not None
        self.journal.closed.callback(None)
        self.assertEqual(self.heard(), [["1"]] * 5)
        self.assertTrue(all(each.listener.closed for each in self.others))
        self.settles()
        self.assertEqual(self.heard(), [["1"]] * 5)

    def test_a_batch_that_can_not_be_gone_through_does_not_keep_up_the_next(self) -> None:
        with mock.patch.object(delivery._Batch, "_find_singles", side_effect=ZeroDivisionError):
            self.alice.types("/motd")
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.alice.session.say("1")
        self.settles()
        self.assertEqual(self.heard(), [["1"]] * 5)

    def test_a_fault_in_one_part_does_not_cost_the_others_theirs(self) -> None:
        def fails(rendered: object) -> bool:
            raise ZeroDivisionError

        self.others[2].session.feed.sink = fails
        self.alice.session.say("1")
        self.settles()
        self.assertEqual(self.heard(), [["1"]] * 2 + [[]] * 2 + [["1"]])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
