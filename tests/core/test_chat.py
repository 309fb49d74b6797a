from __future__ import annotations

from itertools import count

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.core.doubles import Program, SlowCase, Someone, arrives, someone
from tests.core.slow_journal import SlowJournal
from tests.helpers import NOON, CoreCase, Listener, make_accounts, make_chat
from twisted_chat.boundaries import KnownRoom
from twisted_chat.core import batches
from twisted_chat.core import chat as chat_module
from twisted_chat.core.chat import Chat
from twisted_chat.core.errors import (
    BadNick,
    BadRoom,
    NickInUse,
    NickReserved,
    NoSuchNick,
    ShuttingDown,
    TooManyRooms,
)
from twisted_chat.core.limits import Limits
from twisted_chat.core.making import Maker
from twisted_chat.core.names import parse_room
from twisted_chat.core.told import Failure, RoomFacts, Welcome
from twisted_chat.journal.memory import MemoryJournal
from twisted_chat.keeping.memory import MemoryKeepers


class Entering(CoreCase):
    options = {"name": "Test", "motd": ["be kind", "or else"]}

    def test_a_welcome(self) -> None:
        someone(self, "bob").types("/topic work")
        alice = arrives(self, " Alice ")
        [welcome] = alice.listener.told(Welcome)
        self.assertEqual(
            welcome,
            Welcome(
                "Test",
                "Alice",
                "7f3a",
                1,
                welcome.resume,
                (RoomFacts("#lobby", ("bob",), 1, "work"),),
                ("be kind", "or else"),
            ),
        )

    def test_the_others_are_told(self) -> None:
        alice = someone(self, "alice")
        someone(self, "bob")
        alice.hears("[#lobby] bob joined")

    def test_into_several_rooms(self) -> None:
        alice = arrives(self, "alice", rooms=["#dev", "#LOBBY", "#dev", "#ops"])
        alice.hears("welcome alice: #lobby #dev #ops")
        self.assertEqual(alice.session.current, self.chat.rooms["#lobby"])

    def refused(self, error: type[Exception], nick: str, **more: object) -> str:
        before = dict(self.chat.rooms)
        listener = Listener()
        words = str(self.assertRaises(error, self.chat.enter, listener, nick, **more))
        self.turn()
        self.assertEqual(self.chat.rooms, before)
        self.assertEqual(
            (listener.heard, self.chat.names.holder("new"), self.chat.names.holder("#x")), ([], None, None)
        )
        return words

    def test_under_what_is_no_name(self) -> None:
        self.refused(BadNick, "a b")
        self.refused(NickReserved, "Server")

    def test_under_anothers_name(self) -> None:
        someone(self, "bob")
        self.assertEqual(self.refused(NickInUse, "BOB", rooms=["#made_for_him"]), "BOB is taken")

    def test_into_what_is_no_room(self) -> None:
        self.refused(BadRoom, "new", rooms=["#fine", "dev"])

    def test_into_too_many_rooms(self) -> None:
        rooms = [f"#r{number}" for number in range(50)]
        self.assertEqual(self.refused(TooManyRooms, "new", rooms=rooms), "a person may be in at most 50 rooms")
        self.enter("new", rooms=rooms[1:])

    def test_more_rooms_than_the_server_has(self) -> None:
        self.chat.limits = Limits(rooms=3)
        alice = someone(self, "alice", rooms=["#a"])
        new = arrives(self, "new", rooms=["#a", "#b", "#c"])
        self.assertIn("!!! TOO_MANY_ROOMS this server has at most 3 rooms", new.takes())
        self.assertEqual(list(self.chat.rooms), ["#lobby", "#a", "#b"])
        alice.listener.forget()
        alice.types("/join #c", "/join #b")
        alice.hears("!!! TOO_MANY_ROOMS this server has at most 3 rooms", "entered #b: new")

    def test_a_room_that_its_creator_leaves_again_in_the_same_turn(self) -> None:
        session = self.chat.enter(Listener(), "alice", rooms=["#dev"])
        session.lost()
        self.assertRaises(NickInUse, self.chat.enter, Listener(), "alice")
        self.turn()
        self.assertEqual((list(self.chat.rooms), self.chat.persons), (["#lobby"], {}))
        self.enter("alice")

    def test_with_a_secret_that_is_nobodys(self) -> None:
        alice = arrives(self, "alice", resume="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
        self.assertNotEqual(alice.secret(), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")

    def test_history_is_shown_to_those_who_want_it(self) -> None:
        someone(self, "bob").types("hi")
        alice = arrives(self, "alice", Listener(shows_history=True))
        alice.types("/join #dev")
        alice.hears("welcome alice: #lobby", "history of #lobby: [#lobby] bob: hi", "entered #dev:", "history of #dev:")


class NoHistory(CoreCase):
    options = {"history_lines": 0}

    def test_none_is_shown_then(self) -> None:
        someone(self, "bob").types("hi")
        arrives(self, "alice", Listener(shows_history=True)).hears("welcome alice: #lobby")


class ComingBack(CoreCase):
    """Who brings the secret is the same person."""

    def setUp(self) -> None:
        super().setUp()
        self.bob = someone(self, "bob")
        self.alice = arrives(self, "alice", rooms=["#dev"])
        self.secret = self.alice.secret()
        self.alice.listener.forget()
        self.bob.listener.forget()

    def test_after_leaving(self) -> None:
        person = self.alice.session.person.id
        self.alice.types("/quit")
        again = arrives(self, "alice", resume=self.secret)
        self.assertEqual(again.session.person.id, person)
        self.assertNotEqual(again.secret(), self.secret)  # it names the session, too
        self.bob.hears("[#lobby] alice left", "[#lobby] alice joined")

    def test_a_ghost_is_replaced(self) -> None:
        again = arrives(self, "alice", resume=self.secret)
        again.hears("welcome alice: #lobby #dev")
        self.alice.hears("!!! REPLACED you came back by another connection; this one ends")
        self.assertTrue(self.alice.listener.closed)
        self.alice.session.lost("connection lost")
        self.turn()
        self.bob.hears()
        self.assertEqual(list(again.session.person.sessions), [again.session])
        again.types("hi")
        self.bob.hears("[#lobby] alice: hi")
        self.alice.hears()

    def test_a_ghost_with_more_to_come(self) -> None:
        self.alice.session.say("last words")
        session = self.chat.enter(Program(), "alice", resume=self.secret)
        self.turn()
        self.alice.hears(
            "[#lobby] alice: last words", "!!! REPLACED you came back by another connection; this one ends"
        )
        self.assertFalse(session.over)

    def test_under_another_name(self) -> None:
        again = arrives(self, "ally", resume=self.secret)
        again.hears("welcome ally: #lobby #dev")
        self.bob.hears("alice is ally now")
        self.assertIsNone(self.chat.names.holder("alice"))
        self.assertRaises(NickInUse, self.chat.enter, Listener(), "bob", resume=self.secret)
        self.assertFalse(again.session.over)

    def test_the_current_room_comes_first(self) -> None:
        self.alice.types("/part #lobby")
        again = arrives(self, "alice", resume=self.secret)
        again.hears("welcome alice: #lobby #dev")
        self.assertEqual(again.session.current, self.chat.rooms["#lobby"])

    def test_rooms_do_not_pile_up(self) -> None:
        rooms = [f"#r{number}" for number in range(48)]
        again = someone(self, "alice", resume=self.secret, rooms=rooms)
        self.assertEqual(len(again.session.person.wanted), 50)
        error = self.assertRaises(
            TooManyRooms, self.chat.enter, Listener(), "ally", resume=self.secret, rooms=["#one_more"]
        )
        self.assertEqual(str(error), "a person may be in at most 50 rooms")
        self.assertNotIn("#one_more", self.chat.rooms)
        self.assertFalse(again.session.over)
        self.assertIsNone(self.chat.names.holder("ally"))

    def test_the_new_one_is_cut_before_the_ghost_is_gone(self) -> None:
        self.chat.enter(Program(), "alice", resume=self.secret).lost("cut")
        self.turn()
        self.assertIsNone(self.chat.names.holder("alice"))
        self.assertEqual(list(self.chat.persons), [self.bob.session.person.id])
        self.bob.hears("[#lobby] alice left cut")

    def test_in_the_very_turn_in_which_one_left(self) -> None:
        self.alice.session.quit("brb")
        again = arrives(self, "ally", resume=self.secret, rooms=["#dev"])
        again.hears("welcome ally: #lobby #dev")
        self.bob.hears("[#lobby] alice left brb", "[#lobby] ally joined")
        for room in ("#lobby", "#dev"):
            self.assertIn(again.session.person, self.chat.rooms[room].members)
        self.assertEqual(len(self.chat.rooms["#dev"].members), 1)
        self.assertIsNone(self.chat.names.holder("alice"))
        self.bob.types("/msg ally hi")
        again.hears("[bob -> ally] hi")

    def test_to_and_fro_in_one_turn(self) -> None:
        self.alice.session.lost()
        self.chat.enter(Program(), "alice", resume=self.secret).lost()
        self.turn()
        self.assertIsNone(self.chat.names.holder("alice"))
        self.assertEqual(list(self.chat.persons), [self.bob.session.person.id])
        self.assertEqual(list(self.chat.rooms), ["#lobby"])

    def test_ignoring_lives_on_over_a_cut_and_a_leaving(self) -> None:
        self.alice.types("/ignore bob")
        again = someone(self, "alice", resume=self.secret)
        self.bob.types("hi")
        again.hears()
        again.types("/quit")
        again = someone(self, "alice", resume=self.secret)
        self.bob.types("hi")
        again.hears()
        again.types("/ignore", "/unignore bob")
        again.takes()
        self.bob.types("hi")
        again.hears("[#lobby] bob: hi")


class Names(SlowCase):
    """Held from the asking, released when the leaving is delivered."""

    def test_one_who_left_keeps_his_name_until_that_is_in_the_log(self) -> None:
        alice = someone(self, "alice")
        alice.session.typed("/nick ally")
        alice.session.quit()
        self.clock.advance(0)
        for nick in ("alice", "ally"):
            self.assertRaises(NickInUse, self.chat.enter, Listener(), nick)
        self.assertRaises(NoSuchNick, self.chat.person_called, "ally")
        self.journal.commits()
        for nick in ("alice", "ally"):
            self.chat.enter(Listener(), nick)

    def test_a_new_name_is_held_at_once_and_the_old_one_until_then(self) -> None:
        alice = someone(self, "alice")
        alice.session.typed("/nick ally")
        for nick in ("alice", "ally"):
            self.assertRaises(NickInUse, self.chat.enter, Listener(), nick)
        self.turn()
        self.assertRaises(NickInUse, self.chat.enter, Listener(), "ally")
        self.chat.enter(Listener(), "alice")


class Ending(CoreCase):
    def test_with_the_reason(self) -> None:
        alice, bob = someone(self, "alice"), someone(self, "bob")
        self.chat.end(bob.session, ShuttingDown())
        self.turn()
        bob.hears("!!! SHUTTING_DOWN the server is going down")
        self.assertTrue(bob.listener.closed)
        self.assertEqual(alice.takes()[-1], "[#lobby] bob left the server is going down")


class Batches(SlowCase):
    def sizes(self) -> list[int]:
        return [len(batch) for batch in self.journal.batches]

    def test_a_turn_is_one_batch(self) -> None:
        alice, bob = someone(self, "alice"), someone(self, "bob")
        alice.session.say("1")
        bob.session.say("2")
        alice.session.typed("/time")
        self.assertEqual(self.sizes(), [])
        self.clock.advance(0)
        self.assertEqual(self.sizes(), [3])

    def test_many_small_ones_are_cut_too(self) -> None:
        """Delivery goes through each for each who did one: a crowd's commands must not become one batch."""
        alice = someone(self, "alice")
        for _item in range(300):
            alice.session.typed("/time")
        self.clock.advance(0)
        self.assertEqual(self.sizes(), [128, 128, 44])

    def test_what_a_further_turn_brings_goes_with_it(self) -> None:
        alice = someone(self, "alice")
        alice.session.say("1")
        self.clock.callLater(0, alice.session.say, "2")
        self.clock.advance(0)
        self.assertEqual(self.sizes(), [2])

    def test_but_not_for_ever(self) -> None:
        alice = someone(self, "alice")

        def talks(times: int) -> None:
            alice.session.say(str(times))
            if times:
                self.clock.callLater(0, talks, times - 1)

        talks(20)
        self.clock.advance(0)
        self.assertGreater(len(self.sizes()), 2)

    def test_a_big_one_is_cut_and_the_rest_follows_in_order(self) -> None:
        alice = someone(self, "alice")
        self.patch(batches, "MAX_BATCH", 10)
        self.patch(batches, "ITEM", 0)
        for text in ("1" * 11, "2" * 5, "3" * 5, "4" * 5):
            alice.session.say(text)
        alice.session.typed("/time")
        self.clock.advance(0)
        self.assertEqual(self.sizes(), [1, 2, 2])
        alice.listener.forget()
        self.journal.commits()
        self.assertEqual([text[:1] for text in alice.listener.texts() if text], ["1", "2", "3", "4"])

    def test_what_is_said_meanwhile_comes_behind_it(self) -> None:
        alice = someone(self, "alice")
        self.patch(batches, "MAX_BATCH", 10)
        alice.session.say("1" * 10)
        alice.session.say("2" * 10)
        self.clock.callLater(0, lambda: alice.session.say("3"))
        alice.listener.forget()
        self.turn()
        self.assertEqual([text[:1] for text in alice.listener.texts() if text], ["1", "2", "3"])


class Time(SynchronousTestCase):
    def test_it_never_goes_back(self) -> None:
        times = [NOON, NOON + 5, NOON - 3_600_000, NOON + 6]
        ids = count(1)
        chat = Chat(
            MemoryJournal(5, log_id="1", key=b"k"),
            make_accounts(Clock()),
            Clock(),
            keepers=MemoryKeepers(),
            utc_ms=lambda: times.pop(0),
            new_id=lambda: str(next(ids)),
        )
        self.assertEqual(chat.started, NOON)
        self.assertEqual([chat.now(), chat.now(), chat.now()], [NOON + 5, NOON + 5, NOON + 6])

    def test_a_log_goes_on_where_it_was(self) -> None:
        journal = SlowJournal()
        first = make_chat(Clock(), journal)
        journal._memory.append([])
        self.assertEqual(first.seq, 0)
        journal._memory._last = 41
        self.assertEqual(make_chat(Clock(), journal).seq, 41)

    def test_a_clock_that_was_set_back_before_the_start(self) -> None:
        """The log's time goes on, unless it is out of all reason."""

        class Ahead(SlowJournal):
            ahead = 3_600_000

            @property
            def time(self) -> int:
                return NOON + self.ahead

        self.assertEqual(make_chat(Clock(), Ahead()).now(), NOON + 3_600_000)
        self.patch(Ahead, "ahead", 2 * 24 * 3_600_000)
        self.assertEqual(make_chat(Clock(), Ahead()).now(), NOON)


class Closing(CoreCase):
    def test_everybody_is_told_and_nothing_is_lost(self) -> None:
        alice, bob = someone(self, "alice"), someone(self, "bob")
        alice.listener.forget()
        bob.session.say("last words")
        self.successResultOf(self.chat.close("Good night."))
        for each in (alice, bob):
            each.hears("[#lobby] bob: last words", "notice Good night.")
            self.assertTrue(each.listener.closed)
            self.assertTrue(each.session.over)
        self.turn()
        alice.hears()

    def test_all_of_it(self) -> None:
        alice = someone(self, "alice")
        self.patch(batches, "MAX_BATCH", 1)
        alice.session.say("1")
        alice.session.say("2")
        self.successResultOf(self.chat.close("Good night."))
        alice.hears("[#lobby] alice: 1", "[#lobby] alice: 2", "notice Good night.")
        self.turn()

    def test_nobody_comes_in_any_more(self) -> None:
        self.chat.close("Good night.")
        self.assertRaises(ShuttingDown, self.chat.enter, Listener(), "alice")

    def test_nobody_is_told_that_all_leave(self) -> None:
        alice, bob = someone(self, "alice"), someone(self, "bob")
        alice.listener.forget()
        self.chat.closing = True
        bob.session.lost()
        self.turn()
        alice.hears()
        self.assertIsNone(self.chat.names.holder("bob"))


class ClosingSlowly(SlowCase):
    def test_the_goodbye_waits_for_the_log(self) -> None:
        alice = someone(self, "alice")
        alice.session.say("last words")
        closed = self.chat.close("Good night.")
        alice.session.say("too late")
        self.clock.advance(0)
        alice.hears()
        self.journal.commits()
        alice.hears("[#lobby] alice: last words")
        self.assertNoResult(closed)
        assert self.journal.closed is not None
        self.journal.closed.callback(None)
        self.successResultOf(closed)
        alice.hears("notice Good night.")
        self.assertTrue(alice.listener.closed)

    def test_a_log_that_can_not_be_closed_keeps_nobody_here(self) -> None:
        alice = someone(self, "alice")
        closed = self.chat.close("Good night.")
        assert self.journal.closed is not None
        self.journal.closed.errback(OSError("the disk is gone"))
        self.successResultOf(closed)
        alice.hears("notice Good night.")
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)

    def test_a_disk_that_does_not_answer_keeps_nobody_here(self) -> None:
        alice = someone(self, "alice")
        closed = self.chat.close("Good night.")
        self.clock.advance(chat_module.CLOSING - 0.1)
        self.assertNoResult(closed)
        self.clock.advance(0.2)
        self.successResultOf(closed)
        alice.hears("notice Good night.")
        assert self.journal.closed is not None
        self.journal.closed.callback(None)  # it has, after all


class Faults(CoreCase):
    """What goes wrong for one does not cost the others theirs."""

    def test_an_answer_that_breaks(self) -> None:
        alice, bob = someone(self, "alice"), someone(self, "bob")
        alice.listener.forget()
        alice.session.say("1")
        alice.session.aside(lambda: [][1])
        alice.session.say("2")
        self.turn()
        self.assertEqual(len(self.flushLoggedErrors(IndexError)), 1)
        alice.hears("[#lobby] alice: 1", "[#lobby] alice: 2")
        bob.hears("[#lobby] alice: 1", "[#lobby] alice: 2")
        self.assertEqual(alice.listener.told(Failure), [])


class RoomsOfTheHouse(CoreCase):
    def test_one_that_is_there_is_given_again(self) -> None:
        room = self.chat.room_or_new(parse_room("#Dev"), Maker(None, ""))
        self.assertIs(self.chat.room_or_new(parse_room("#dev"), Maker(None, "")), room)
        self.assertIs(self.chat.rooms_by_id[room.id], room)
        self.chat.remove_if_empty(room)
        self.assertEqual(list(self.chat.rooms), ["#lobby"])
        self.chat.remove_if_empty(room)  # gone already
        self.chat.remove_if_empty(self.chat.rooms["#lobby"])
        self.assertEqual(list(self.chat.rooms), ["#lobby"])

    def test_what_was_said_keeps_a_room_though_there_are_too_many(self) -> None:
        self.chat.limits = Limits(rooms=3)
        alice = someone(self, "alice")
        alice.types("/join #said", "something", "/part #said")
        alice.types("/join #silent", "/part #silent")
        self.assertEqual(sorted(self.chat.rooms), ["#lobby", "#said"])
        alice.types("/join #more")
        alice.listener.forget()
        alice.types("/join #too_many")
        alice.hears("!!! TOO_MANY_ROOMS this server has at most 3 rooms")
        self.assertEqual(sorted(self.chat.rooms), ["#lobby", "#more", "#said"])

    def test_a_log_brings_its_rooms_back(self) -> None:
        """What a restart on the same log must do, whichever journal it is."""
        alice = arrives(self, "alice")
        secret = alice.secret()
        alice.types("hello", "/join #dev", "/topic work", "in dev")
        before, journal = self.chat.rooms, self.chat.journal
        known = [KnownRoom(room.id, room.name, room.topic) for room in before.values()]
        self.patch(journal, "rooms", lambda: known)
        after = make_chat(self.clock, journal)
        self.assertEqual({room.name: room.topic for room in after.rooms.values()}, {"#lobby": "", "#dev": "work"})
        listener = Program()
        after.enter(listener, "alice", resume=secret, since=0, rooms=["#dev"])
        self.clock.advance(0)
        self.assertEqual(listener.texts(), ["hello", "work", "in dev"])

    def test_who_is_called_so(self) -> None:
        alice = someone(self, "alice")
        self.assertIs(self.chat.person_called("ALICE"), alice.session.person)
        self.assertEqual(
            str(self.assertRaises(NoSuchNick, self.chat.person_called, "bob")), "nobody here is called bob"
        )


class FromTheFuture(CoreCase):
    def test_a_number_that_the_log_has_not_reached_counts_for_nothing(self) -> None:
        alice = someone(self, "alice")
        alice.types("1")
        bob = arrives(self, "bob", since=99)
        self.assertFalse(bob.session.feed.lagging)
        bob.listener.forget()
        alice.types("2")
        bob.hears("[#lobby] alice: 2")


class Remembered(CoreCase):
    def test_so_many_lists_of_ignored_people_are_kept(self) -> None:
        self.patch(chat_module, "MAX_REMEMBERED", 1)
        secrets = []
        for nick in ("alice", "bob"):
            each = arrives(self, nick)
            secrets.append(each.secret())
            each.types("/ignore mallory", "/quit")
        mallory = someone(self, "mallory")
        alice, bob = someone(self, "alice", resume=secrets[0]), someone(self, "bob", resume=secrets[1])
        alice.listener.forget()
        mallory.types("hi")
        alice.hears("[#lobby] mallory: hi")
        bob.hears()


class Presence(CoreCase):
    def test_somebody_in_two_sessions_leaves_with_the_last(self) -> None:
        alice, bob = someone(self, "alice"), someone(self, "bob")
        other = type(alice.session)(self.chat, Program(), alice.session.person, "2nd")
        alice.session.person.sessions[other] = None
        alice.types("/quit")
        self.assertIs(self.chat.person_called("alice"), alice.session.person)
        bob.hears()
        Someone(self, other, Program()).session.lost("gone")
        self.turn()
        bob.hears("[#lobby] alice left gone")
        self.assertIsNone(self.chat.names.holder("alice"))
