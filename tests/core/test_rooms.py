from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.core.doubles import someone
from tests.helpers import HERE, THERE, CoreCase
from twisted_chat.core.names import Name, parse_room
from twisted_chat.core.people import Person
from twisted_chat.core.rooms import LOBBY, LOBBY_ID, Room
from twisted_chat.core.told import RoomFacts


class Facts(SynchronousTestCase):
    def setUp(self) -> None:
        self.room = Room("9", parse_room("#Dev"))
        self.room.topic = "work"

    def person(self, nick: str) -> Person:
        return Person(nick, Name(nick, nick), 0)

    def test_they_are_of_the_others(self) -> None:
        alice, bob, carol = map(self.person, ("alice", "bob", "carol"))
        self.room.members = dict.fromkeys((bob, alice, carol))
        self.assertEqual(self.room.facts_for(alice), RoomFacts("#Dev", ("bob", "carol"), 2, "work"))

    def test_for_somebody_outside_all_are_others(self) -> None:
        self.room.members = {self.person("bob"): None}
        self.assertEqual(self.room.facts_for(self.person("alice")), RoomFacts("#Dev", ("bob",), 1, "work"))

    def test_a_hundred_are_named_and_all_are_counted(self) -> None:
        people = [self.person(f"p{number}") for number in range(102)]
        self.room.members = dict.fromkeys(people)
        facts = self.room.facts_for(people[0])
        self.assertEqual(facts.people, tuple(f"p{number}" for number in range(1, 101)))
        self.assertEqual(facts.count, 101)

    def test_what_keeps_a_room(self) -> None:
        self.assertTrue(self.room.vanishes)
        self.assertFalse(Room(LOBBY_ID, parse_room(LOBBY)).vanishes)
        self.room.expected = 1
        self.assertFalse(self.room.vanishes)
        self.room.expected = 0
        self.room.kept = True
        self.assertFalse(self.room.vanishes)
        self.room.kept = False
        self.room.members = {self.person("bob"): None}
        self.assertFalse(self.room.vanishes)


class Audience(CoreCase):
    def test_who_shares_a_view_is_in_one_group(self) -> None:
        (a, _), (b, _) = self.enter("alice"), self.enter("bob")
        room = Room("9", parse_room("#dev"))
        sink_a, sink_b = (lambda _r: True), (lambda _r: True)
        room.attach(a, HERE, sink_a)
        room.attach(b, HERE, sink_b)
        self.assertEqual(room.audience, {HERE: {a: sink_a, b: sink_b}})
        room.attach(b, THERE, sink_b)  # has another view of it now
        self.assertEqual(room.audience, {HERE: {a: sink_a}, THERE: {b: sink_b}})
        self.assertEqual(room.views, {a: HERE, b: THERE})
        room.detach(b)
        room.detach(b)  # no harm
        self.assertEqual(room.audience, {HERE: {a: sink_a}})


class Lives(CoreCase):
    def test_a_room_vanishes_with_its_last_member_and_comes_back_as_another(self) -> None:
        alice = someone(self, "alice")
        alice.types("/join #dev")
        before = self.chat.rooms["#dev"]
        alice.types("/part")
        self.assertEqual(set(self.chat.rooms), {LOBBY})
        self.assertEqual(list(self.chat.rooms_by_id.values()), [self.chat.rooms[LOBBY]])
        alice.types("/join #dev")
        self.assertNotEqual(self.chat.rooms["#dev"].id, before.id)

    def test_what_was_said_keeps_it(self) -> None:
        alice = someone(self, "alice")
        alice.types("/join #dev", "plans", "/part")
        before = self.chat.rooms["#dev"]
        alice.types("/join #dev")
        alice.listener.forget()
        alice.types("/history")
        alice.hears("history of #dev: [#dev] alice: plans")
        self.assertIs(self.chat.rooms["#dev"], before)

    def test_what_was_said_as_the_last_thing_keeps_it_too(self) -> None:
        alice = someone(self, "alice")
        alice.types("/join #dev")
        alice.types("last words", "/part")
        self.assertIn("#dev", self.chat.rooms)

    def test_who_is_on_his_way_keeps_it(self) -> None:
        alice, bob = someone(self, "alice"), someone(self, "bob")
        alice.types("/join #dev")
        before = self.chat.rooms["#dev"]
        alice.session.part("#dev")
        bob.session.join("#dev")
        self.turn()
        self.assertIs(self.chat.rooms["#dev"], before)
        self.assertEqual([person.nick for person in before.members], ["bob"])

    def test_a_topic_keeps_it(self) -> None:
        alice = someone(self, "alice")
        alice.types("/join #dev", "/topic plans", "/part")
        alice.types("/join #dev")
        self.assertEqual(alice.takes()[-1], "entered #dev:")
        self.assertEqual(self.chat.rooms["#dev"].topic, "plans")
