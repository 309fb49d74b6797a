"""What the keepers of a room do, and what everybody hears of it."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

from twisted.internet.defer import Deferred, fail
from twisted.logger import capturedLogs, formatEvent

from tests.core.doubles import Human, Program, Someone, arrives, someone
from tests.core.keeping_case import KeeperCase
from twisted_chat.boundaries import Origin
from twisted_chat.core import admissions, making, moderating
from twisted_chat.core.errors import BadRoom, Banned, NameTaken, NoSuchRoom, NotInRoom, StorageUnavailable, TooManyRooms
from twisted_chat.core.helm import Brake
from twisted_chat.core.making import Maker, Making
from twisted_chat.core.rooms import MAX_SLOWED

NEED_KEY = "!!! NEED_KEY #dev is locked; /join #dev KEY opens it"


class Creating(KeeperCase):
    def test_a_new_room(self) -> None:
        self.assertEqual(self.dev.charter.founder, self.alice.session.person.id)
        (answer,) = [each for each in self.does("/create #mine") if each.startswith("reply")]
        self.assertEqual(answer, "reply #mine is yours now; /set shows its rules, /help the commands for it")
        self.assertEqual(self.members("#mine"), {"alice"})

    def test_a_guest_can_not(self) -> None:
        why = "only an account can keep a room; /register makes your nickname one"
        self.assertEqual(self.does("/create #mine", who=self.eve), [f"!!! NOT_ALLOWED {why}"])
        self.assertNotIn("#mine", self.chat.rooms)

    def test_one_that_is_there(self) -> None:
        self.eve.types("/join #old", "hi", "/part #old")
        self.assertIn("is yours now", self.does("/create #old")[-1])
        self.assertEqual(self.does("/create #old", who=self.bob), ["!!! NOT_ALLOWED #old is registered already"])

    def test_one_in_which_others_are(self) -> None:
        self.eve.types("/join #old")
        self.alice.types("/join #old")
        why = "others are in #old; who registers a room must be alone in it"
        self.assertEqual(self.does("/create #old"), [f"!!! NOT_ALLOWED {why}"])

    def test_the_lobby(self) -> None:
        self.assertEqual(self.does("/create #lobby"), ["!!! NOT_ALLOWED #lobby is everybody's"])

    def test_so_many(self) -> None:
        self.patch(moderating, "MAX_REGISTERED", 2)
        self.does("/create #two")
        self.assertEqual(self.does("/create #three"),
                         ["!!! TOO_MANY_ROOMS an account may have registered at most 2 rooms"])  # fmt: skip
        self.assertNotIn("#three", self.chat.rooms)
        self.does("/drop #two")
        self.assertIn("is yours now", self.does("/create #three")[-1])

    def test_it_stays_when_it_is_empty(self) -> None:
        self.dev.kept = False
        for each in self.all:
            each.types("/part #dev")
        self.assertIn("#dev", self.chat.rooms)


class Dropping(KeeperCase):
    def test_everybody_has_left_and_a_new_one_is_another(self) -> None:
        old = self.dev.id
        self.bob.types("words")
        self.forget()
        self.assertEqual(self.does("/drop #dev"), [
            "[#dev] alice left #dev was dropped by alice", "reply #dev is gone; you are in #lobby now"])  # fmt: skip
        self.assertEqual(self.does("hello"), ["[#lobby] alice: hello"])  # who did it knows
        self.assertEqual([each for each in self.eve.takes() if "eve left" in each],
                         ["[#dev] eve left #dev was dropped by alice"])  # fmt: skip
        self.assertEqual((self.chat.rooms.get("#dev"), self.chat.rooms_by_id.get(old)), (None, None))
        self.eve.types("/join #dev")
        self.assertNotEqual(self.dev.id, old)
        self.assertEqual(self.does("/history", who=self.eve), ["history of #dev:"])

    def test_somebody_comes_in_the_same_turn(self) -> None:
        self.alice.session.typed("/drop #dev")
        self.eve.session.typed("/join #dev")
        self.turn()
        self.assertEqual(self.members(), {"eve"})
        self.assertEqual(self.dev.charter.founder, "")

    def test_an_empty_one(self) -> None:
        for each in self.all:
            each.types("/part #dev")
        self.does("/drop #dev")
        self.assertNotIn("#dev", self.chat.rooms)


class Leaving(KeeperCase):
    def test_a_kick(self) -> None:
        other = self.again(self.bob)
        self.forget()
        self.does("/kick bob  no spam")
        for each in (self.bob, other, self.eve):
            left = [line for line in each.takes() if "left" in line]
            self.assertEqual(left, ["[#dev] bob left kicked by alice: no spam"])
        self.assertEqual(self.members(), {"alice", "carol", "eve"})
        self.assertEqual(self.does("hello", "hello", who=self.bob)[-1], "[#lobby] bob: hello")
        self.assertEqual(self.does("/kick bob"), ["!!! NOT_ALLOWED bob is not in #dev"])
        self.bob.types("/join #dev")
        self.assertIn("bob", self.members())

    def test_who_is_put_out_says_nothing_elsewhere_by_mistake(self) -> None:
        why = "!!! NOT_ALLOWED you were put out of #dev; say it again, and it is for #lobby"
        zoe = someone(self, "zoe", Human())
        for act, line in (("/kick zoe", "is he gone?"), ("/ban zo?", "/me waves"), ("/kick zoe", "/topic ours"),
                          ("/drop #dev", "hello")):  # fmt: skip
            zoe.types("/join #dev")
            zoe.takes()
            self.does(act)
            self.assertEqual(zoe.takes()[-1], "reply You are in #lobby now", act)
            self.assertEqual(self.does(line, who=zoe), [why], line)
            self.assertEqual(self.does("hello", who=zoe), ["[#lobby] zoe: hello"])
            self.does("/unban zo?")

    def test_a_program_is_not_told_but_it_is_asked(self) -> None:
        program = someone(self, "prog", Program())
        program.types("/join #dev")
        program.takes()
        self.does("/kick prog")
        self.assertEqual(program.takes(), ["[#dev] prog left kicked by alice"])
        program.session.say("hi", "#lobby")
        self.assertIn("NOT_ALLOWED you were put out", self.does("/me waves", who=program)[-1])

    def test_nor_does_he_do_anything_there(self) -> None:
        for line in ("/part", "/topic tea", "/kick eve", "/slow 5"):
            self.does("/kick bob")
            self.assertIn("NOT_ALLOWED you were put out of #dev", self.does(line, who=self.bob)[-1], line)
            self.bob.types("/join #dev")

    def test_who_looks_around_first_may_talk(self) -> None:
        self.does("/kick bob")
        self.assertEqual(self.does("/switch #lobby", "hello", who=self.bob)[-1], "[#lobby] bob: hello")
        zoe = someone(self, "zoe", Human())
        zoe.types("/join #dev", "/part #lobby")
        self.does("/kick zoe")
        self.assertEqual(zoe.takes()[-1], "reply You are in no room now; /join one")
        self.assertIn("you are in no room", self.does("hello", who=zoe)[-1])

    def test_of_oneself(self) -> None:
        self.assertEqual(self.does("/kick alice"), ["!!! NOT_ALLOWED that is you; /part leaves"])
        self.assertIn("alice", self.members())

    def test_it_is_everywhere_at_once(self) -> None:
        """What is said in the same turn by any of his sessions is said nowhere."""
        other = self.again(self.bob)
        other.session.current = self.dev
        self.alice.session.typed("/kick bob")
        for each in (self.bob, other):
            self.assertRaises(NotInRoom, each.session.say, "still here", "#dev")
        self.turn()
        self.assertNotIn("[#dev] bob: still here", self.eve.takes())

    def test_the_event_says_by_whom(self) -> None:
        self.does("/kick bob")
        (left,) = [event for event in self.bob.listener.events() if event.kind.value == "left"]
        self.assertEqual((left.by, left.text), ("alice", "kicked by alice"))

    def test_part_takes_all_sessions_out(self) -> None:
        other = self.again(self.bob)
        other.types("/join #dev")
        self.bob.types("/part #dev")
        self.assertEqual(self.does("hi", who=other), ["[#lobby] bob: hi"])


class Bans(KeeperCase):
    def test_not_longer_than_anybody_lives(self) -> None:
        self.assertEqual(
            self.does("/ban zed 999999w", "/hush eve 5300w"),
            ["!!! BAD_REQUEST that is longer than 100 years; without a span of time it is for good"] * 2,
        )

    def test_a_span_that_is_none_does_not_make_it_one_for_good(self) -> None:
        for line in ("/ban zed 2x because", "/ban net:192.0.2.0/24 1", "/hush eve 1x", "/hush eve 2hours"):
            self.assertIn("is no span of time: 90s, 45m, 2h, 3d and 4w are", self.does(line)[0], line)
        self.assertEqual(self.dev.charter.parts, {})
        self.assertEqual(self.does("/ban zed h2 because"), ["reply zed is banned from #dev"])

    def test_whom_it_would_hit(self) -> None:
        self.does("/op carol")
        self.assertEqual(self.does("/ban ?*"),
                         ["reply * would hit bob, eve in #dev / and spare its keepers: alice, carol"])  # fmt: skip
        self.assertEqual(self.does("/ban ?zed"), ["reply zed would hit nobody in #dev"])
        self.assertEqual(self.members(), {"alice", "bob", "carol", "eve"})
        self.assertEqual(self.dev.charter.bans, ())

    def test_a_nickname(self) -> None:
        self.assertEqual(self.does("/ban ev* 2h spam"), [
            "[#dev] eve left banned by alice: spam",
            "reply ev* is banned from #dev until 2026-11-18 14:00 UTC; out: eve"])  # fmt: skip
        self.assertEqual(self.does("/join #dev", who=self.eve),
                         ["!!! BANNED you are banned from #dev until 2026-11-18 14:00 UTC: spam"])  # fmt: skip
        self.assertEqual(self.does("/bans"), [
            "reply 1 banned from #dev: / ev* until 2026-11-18 14:00 UTC by alice: spam"])  # fmt: skip
        self.clock.advance(7200)
        self.assertEqual(self.does("/bans"), ["reply 0 banned from #dev"])
        self.eve.types("/join #dev")
        self.assertIn("eve", self.members())

    def test_a_name_that_is_banned_can_not_be_taken_inside(self) -> None:
        self.does("/ban zed*")
        self.assertEqual(self.does("/nick zeda", who=self.eve), ["!!! BANNED you are banned from #dev"])
        self.eve.types("/part #dev", "/nick zeda")
        self.assertEqual(self.eve.session.person.nick, "zeda")

    def test_a_name_that_is_banned_keeps_no_owner_out_who_is_called_otherwise(self) -> None:
        self.bob.types("/nick zed")
        self.does("/ban bob*")
        beside = someone(self, "bob", account=self.bob.session.person.account)
        self.assertIs(beside.session.person, self.bob.session.person)
        self.assertEqual(beside.session.person.nick, "zed")
        self.assertIn("zed", self.members())

    def test_an_account_whatever_it_is_called(self) -> None:
        self.does("/ban account:bob")
        self.bob.types("/nick robert")
        self.assertEqual(self.does("/join #dev", who=self.bob), ["!!! BANNED you are banned from #dev"])
        self.assertEqual(self.does("/join #dev", who=self.again(self.bob)), ["!!! BANNED you are banned from #dev"])

    def test_a_network_with_this_machine_in_it(self) -> None:
        for network in ("127.0.0.61", "::1"):
            self.assertIn("; who comes from this machine itself has no network, but with --max-per-address",
                          self.does(f"/ban net:{network}")[-1])  # fmt: skip
        self.assertNotIn("this machine", self.does("/ban net:192.0.2.1")[-1])

    def test_a_network(self) -> None:
        mallory = self.from_network("mallory", "192.0.2.7")
        mallory.types("/join #dev")
        self.does("/ban net:192.0.2.0/24")
        self.assertNotIn("mallory", self.members())
        self.assertEqual(self.does("/join #dev", who=mallory), ["!!! BANNED you are banned from #dev"])

    def from_there(self, who: Someone, **more: Any) -> Someone:
        """Another session of an account, from a network that #dev has banned."""
        listener = Program()
        listener.origin = Origin("192.0.2.7", secure=True)
        return arrives(self, who.session.person.nick, listener, account=who.session.person.account, **more)

    def test_a_network_from_which_a_second_session_comes(self) -> None:
        self.does("/ban net:192.0.2.0/24 spam")
        self.forget()
        other = self.from_there(self.bob)
        self.assertEqual(other.takes(), ["welcome bob: #lobby", "!!! BANNED you are banned from #dev: spam"])
        self.bob.hears("[#dev] bob left banned by alice: spam")
        self.assertNotIn("bob", self.members())
        self.assertEqual(self.does("/join #dev", who=self.bob), ["!!! BANNED you are banned from #dev: spam"])
        other.types("/quit")
        self.bob.types("/join #dev")
        self.assertIn("bob", self.members())

    def test_who_asks_for_nothing_else_is_not_let_in(self) -> None:
        self.does("/ban net:192.0.2.0/24")
        self.assertRaises(Banned, self.from_there, self.bob, home="#dev")
        self.assertIn("bob", self.members())
        other = self.from_there(self.bob, rooms=["#dev"])
        self.assertEqual(other.takes(), ["welcome bob: #lobby", "!!! BANNED you are banned from #dev"])
        self.assertNotIn("bob", self.members())

    def test_a_keeper_may_come_from_there(self) -> None:
        self.does("/op bob", "/ban net:192.0.2.0/24")
        self.from_there(self.bob)
        self.assertIn("bob", self.members())

    def test_who_logs_in_from_there(self) -> None:
        self.does("/ban net:192.0.2.0/24")
        self.from_network("nora", "192.0.2.7").types("/login bob longenough")
        self.turn()
        self.assertNotIn("bob", self.members())

    def test_who_resumes_from_there(self) -> None:
        nora = arrives(self, "nora")
        secret = nora.secret()
        nora.types("/join #dev")
        self.does("/ban net:192.0.2.0/24")
        listener = Program()
        listener.origin = Origin("192.0.2.7", secure=True)
        arrives(self, "nora", listener, resume=secret)
        self.assertNotIn("nora", self.members())

    def test_where_people_are_is_not_for_keepers_to_find_out(self) -> None:
        mallory = self.from_network("mallory", "192.0.2.7")
        mallory.types("/join #dev")
        self.bob.listener.origin = Origin("192.0.2.8", secure=True)
        self.does("/op bob")
        why = "whom a network hits only the server's operators may look up; it would tell where people are"
        for network in ("192.0.2.0/24", "198.51.100.0/24"):
            self.assertEqual(self.does(f"/ban ?net:{network}"), [f"!!! NOT_ALLOWED {why}"])
        for network, least in (("192.0.0.0/15", 16), ("0.0.0.0/0", 16), ("2001::/31", 32)):
            self.assertEqual(
                self.does(f"/ban net:{network}"),
                [f"!!! NOT_ALLOWED a room bans no network wider than a /{least}; invite-only keeps everybody out"],
            )
        self.does("/ban net:2001:db8::/32")
        self.assertEqual(self.does("/ban net:192.0.0.0/16")[-1],
                         "reply net:192.0.0.0/16 is banned from #dev; out: mallory")  # fmt: skip
        self.assertIn("bob", self.members())

    def test_the_servers_operators_know_addresses_anyhow(self) -> None:
        mallory = self.from_network("mallory", "192.0.2.7")
        mallory.types("/join #dev")
        self.bob.listener.origin = Origin("192.0.2.8", secure=True)
        self.does("/op bob")
        self.alice.session.operator = "root"
        self.assertEqual(self.does("/ban ?net:192.0.0.0/8"),
                         ["reply net:192.0.0.0/8 would hit mallory in #dev / and spare its keepers: bob"])  # fmt: skip
        self.assertIn("out: mallory; keepers are spared: bob", self.does("/ban net:192.0.0.0/8")[-1])

    def test_keepers_are_spared(self) -> None:
        self.does("/op bob")
        self.assertEqual(self.does("/ban bob")[-1], "reply bob is banned from #dev; keepers are spared: bob")
        self.assertIn("bob", self.members())
        self.does("/deop bob")
        self.assertEqual(self.does("hi", who=self.bob)[-1], "!!! BANNED you are banned from #dev")

    def test_those_of_a_room_by_its_name(self) -> None:
        self.does("/ban zed")
        self.alice.types("/switch #lobby")
        self.assertIn("1 banned from #dev", self.does("/bans #dev")[-1])
        self.assertIn("ban zed", self.does("/log #dev")[-1])
        for line in ("/bans #lobby", "/log #lobby"):
            self.assertIn("!!! NOT_ALLOWED", self.does(line)[-1], line)

    def test_no_more(self) -> None:
        self.does("/ban eve")
        self.assertEqual(self.does("/unban EVE"), ["reply eve may come to #dev again"])
        self.assertEqual(self.does("/unban eve"),
                         ["!!! BAD_REQUEST eve is not banned from #dev; /bans lists who is"])  # fmt: skip
        self.eve.types("/join #dev")
        self.assertIn("eve", self.members())

    def test_so_many(self) -> None:
        self.patch(moderating, "MAX_BANS", 1)
        self.does("/ban a*", "/ban a* 2h")
        self.assertEqual(self.does("/ban b*"), ["!!! NOT_ALLOWED #dev has 1 of those already"])
        self.clock.advance(7_200)  # one that has ended leaves its place
        self.assertIn("b* is banned", self.does("/ban b*")[-1])

    def test_a_crowd_in_an_answer(self) -> None:
        self.patch(moderating, "_NAMED", 1)
        self.assertEqual(self.does("/ban ?*e*")[0].split(" / ")[0], "reply *e* would hit eve in #dev")
        self.assertEqual(self.does("/ban ?*")[0].split(" / ")[0], "reply * would hit bob and 2 more in #dev")


class Hushes(KeeperCase):
    HUSHED = "!!! NOT_ALLOWED you may read and not talk in #dev"

    def test_every_way_of_talking(self) -> None:
        self.eve.types("first")
        line = self.chat.seq
        self.does("/hush eve 10m  calm down")
        self.assertEqual(self.eve.takes()[-1],
                         "notice You may read and not talk in #dev until 2026-11-18 12:10 UTC: calm down")  # fmt: skip
        for typed in ("hi", "/me waves", "/say hi", "/topic hi", f"/edit #{line} other", "/invite bob", "//x"):
            self.assertEqual(self.does(typed, who=self.eve),
                             [f"{self.HUSHED} until 2026-11-18 12:10 UTC: calm down"], typed)  # fmt: skip
        self.bob.types("do you hear?")
        self.eve.hears("[#dev] bob: do you hear?")
        self.clock.advance(600)
        self.assertEqual(self.does("hi", who=self.eve), ["[#dev] eve: hi"])

    def test_under_another_name_and_in_every_session(self) -> None:
        self.does("/hush bob")
        self.bob.types("/nick robert")
        other = self.again(self.bob)
        other.types("/join #dev")
        for each in (self.bob, other):
            self.assertEqual(self.does("hi", who=each), [self.HUSHED])

    def test_by_the_name_of_an_account(self) -> None:
        self.bob.types("/nick robert")
        self.does("/hush bob")
        self.assertEqual(self.does("hi", who=self.bob), [self.HUSHED])
        self.carol.types("/quit")
        self.assertEqual(self.does("/hush carol"), ["reply carol may read and not talk in #dev"])
        self.assertEqual(self.does("/hush nobody"), ["!!! NO_SUCH_NICK nobody here is called nobody"])

    def test_off(self) -> None:
        self.does("/hush eve", "/hush eve 10m")
        self.assertEqual(self.does("/hush eve off"), ["reply eve may talk in #dev again"])
        self.assertEqual(self.eve.takes()[-1], "notice You may talk in #dev again")
        self.assertEqual(self.does("/hush eve off"), ["!!! BAD_REQUEST eve may talk in #dev already"])
        self.assertEqual(self.does("hi", who=self.eve), ["[#dev] eve: hi"])

    def comes_again(self, nick: str, network: str) -> Someone:
        who = self.from_network(nick, network)
        who.types("/join #dev")
        who.takes()
        return who

    def test_a_guest_does_not_shed_it_by_leaving(self) -> None:
        mallory = self.comes_again("mallory", "192.0.2.7")
        self.does("/hush mallory 10m calm down")
        until = f"{self.HUSHED} until 2026-11-18 12:10 UTC: calm down"
        mallory.types("/quit")
        mallory = self.comes_again("Mallory", "192.0.2.7")
        self.assertEqual(self.does("hi", who=mallory), [until])
        mallory.types("/register longenough")
        self.assertEqual(self.does("hi", who=mallory), [until])
        mallory.types("/quit")
        self.clock.advance(600)
        self.assertEqual(self.does("hi", who=self.comes_again("mally", "192.0.2.7")), ["[#dev] mally: hi"])

    def test_nobody_is_hushed_for_a_name_or_an_address_alone(self) -> None:
        mallory = self.comes_again("mallory", "192.0.2.7")
        self.does("/hush mallory")
        mallory.types("/nick mal")
        namesake = self.comes_again("mallory", "192.0.2.7")  # he is not the one: that one is here
        self.assertEqual(self.does("hi", who=namesake)[0], "[#dev] mallory: hi")
        for each in (mallory, namesake):
            each.types("/quit")
        for nick, network in (("mallory", "192.0.2.8"), ("oscar", "192.0.2.7")):
            other = self.comes_again(nick, network)
            self.assertEqual(self.does("hi", who=other)[0], f"[#dev] {nick}: hi")
            other.types("/quit")

    def test_off_for_who_came_again(self) -> None:
        self.comes_again("mallory", "192.0.2.7").types("/quit")
        mallory = self.comes_again("mallory", "192.0.2.7")
        self.does("/hush mallory")
        mallory.types("/quit")
        mallory = self.comes_again("mallory", "192.0.2.7")
        self.assertEqual(self.does("/hush mallory off"), ["reply mallory may talk in #dev again"])
        self.assertEqual(self.does("hi", who=mallory)[0], "[#dev] mallory: hi")
        self.does("/undo")
        self.assertEqual(self.does("hi", who=mallory), [self.HUSHED])

    def test_a_login_does_not_shed_it(self) -> None:
        self.carol.types("/part #dev")
        self.comes_again("mallory", "192.0.2.7")
        self.does("/hush mallory")
        self.chat.person_called("mallory").sessions.popitem()[0].lost()
        self.turn()
        mallory = self.comes_again("mallory", "192.0.2.7")
        mallory.types("/login carol longenough")
        self.turn()
        self.assertNotIn(self.dev, self.carol.session.person.rooms)

    def test_of_an_account_nobody_else_bears_the_consequences(self) -> None:
        self.carol.listener.origin = Origin("192.0.2.7", secure=True)
        self.does("/hush carol", "/hush carol off")
        self.carol.types("/quit")
        self.does("/hush carol")
        self.assertEqual(self.does("/hush carol off"), ["reply carol may talk in #dev again"])
        self.assertFalse(self.dev.hushed_guests)

    def test_who_may_talk_whatever_holds(self) -> None:
        self.does("/op bob")
        self.assertEqual(self.does("/hush bob"),
                         ["!!! NOT_ALLOWED an operator of #dev may talk there whatever holds"])  # fmt: skip

    def test_oneself(self) -> None:
        self.assertEqual(self.does("/hush alice"), ["!!! NOT_ALLOWED that is you; /ignore is for others"])


class Roles(KeeperCase):
    def test_operators(self) -> None:
        self.assertEqual(self.does("/op bob"), ["reply bob is an operator of #dev now"])
        self.assertEqual(self.bob.takes(), ["notice You are an operator of #dev now"])
        self.assertEqual(self.does("/op bob"), ["!!! NOT_ALLOWED bob is that already"])
        self.assertEqual(self.does("/op alice"), ["!!! NOT_ALLOWED alice is that already"])
        self.assertEqual(self.does("/op carol", who=self.bob),
                         ["!!! NOT_ALLOWED in #dev that is for the room's founder"])  # fmt: skip
        self.assertEqual(self.does("/deop bob"), ["reply bob is not an operator of #dev any more"])
        self.assertEqual(self.does("/deop bob"), ["!!! NOT_ALLOWED bob is not an operator of #dev"])

    def test_an_operator_can_not_unmake_another_by_a_voice(self) -> None:
        self.does("/op bob", "/op carol")
        why = "whom that would hit has as many rights in #dev as you, or more"
        for line in ("/voice carol", "/devoice carol", "/hush carol", "/kick carol", "/kick alice"):
            self.assertEqual(self.does(line, who=self.bob), [f"!!! NOT_ALLOWED {why}"], line)

    def test_voices(self) -> None:
        self.does("/set moderated yes", "/voice bob")
        self.assertEqual(self.does("hi", who=self.bob), ["[#dev] bob: hi"])
        self.assertEqual(self.does("hi", who=self.eve),
                         ["!!! NOT_ALLOWED in #dev that is for whom the room's operators gave a voice"])  # fmt: skip
        self.does("/devoice bob")
        self.assertIn("!!! NOT_ALLOWED", self.does("hi", who=self.bob)[0])

    def test_a_voice_becomes_an_operator(self) -> None:
        self.does("/voice bob", "/op bob")
        self.assertEqual([(each.name, each.role.name) for each in self.dev.charter.holders()], [("bob", "OPERATOR")])

    def test_who_is_told(self) -> None:
        other = self.again(self.bob)
        other.session.over = True  # it ends
        self.alice.session.typed("/op bob")
        self.turn()
        self.assertNotIn("notice You are an operator of #dev now", other.takes())
        other.session.over = False

    def test_guests_have_none(self) -> None:
        self.assertEqual(self.does("/voice eve"),
                         ["!!! NOT_ALLOWED eve is a guest; only an account can be a voice in #dev"])  # fmt: skip

    def test_so_many(self) -> None:
        self.patch(moderating, "MAX_HOLDERS", 1)
        self.does("/op bob")
        self.assertEqual(self.does("/op carol"), ["!!! NOT_ALLOWED #dev has 1 of those already"])


class Inviting(KeeperCase):
    def test_it_opens_the_door(self) -> None:
        for each in (self.bob, self.eve):
            each.types("/part #dev")
        self.does("/set invite-only yes")
        for each, nick in ((self.bob, "bob"), (self.eve, "eve")):
            self.assertEqual(self.does("/join #dev", who=each), ["!!! INVITE_ONLY #dev is for those who are invited"])
            self.assertEqual(self.does(f"/invite {nick}"), [f"reply {nick} is invited to #dev"])
            self.assertEqual(each.takes(), ["notice alice invites you to #dev; /join #dev takes you there"])
            each.types("/join #dev")
        self.assertEqual(self.does("/invite bob"), ["!!! NOT_ALLOWED bob is in #dev already"])
        self.assertEqual(self.members(), {"alice", "bob", "carol", "eve"})

    def test_an_account_that_is_away(self) -> None:
        self.bob.types("/quit")
        self.does("/set invite-only yes", "/invite bob", "/invite bob")
        self.again(self.bob).types("/join #dev")
        self.assertIn("bob", self.members())

    def test_of_a_member_it_is_only_a_word(self) -> None:
        self.bob.types("/part #dev")
        self.does("/lock mellon")
        self.assertEqual(self.does("/invite bob", who=self.eve), ["reply bob is invited to #dev"])
        self.assertEqual(
            self.does("/join #dev", who=self.bob)[-1], "!!! NEED_KEY #dev is locked; /join #dev KEY opens it"
        )
        self.assertEqual([each.verb for each in self.chat.keepers._actions[self.dev.id]], ["create", "set"])

    def test_who_ignores_him_is_not_told(self) -> None:
        self.bob.types("/part #dev", "/ignore alice")
        self.bob.takes()
        self.does("/invite bob")
        self.bob.hears()

    def test_of_who_is_banned(self) -> None:
        for pattern, nick in (("bo*", "bob"), ("account:bob", "bob"), ("eve", "eve")):
            self.does(f"/ban {pattern}")
            why = f"{nick} is banned from #dev; /bans lists how, /unban ends it"
            self.assertEqual(self.does(f"/invite {nick}"), [f"!!! NOT_ALLOWED {why}"])
            self.does(f"/unban {pattern}")
        mal = self.from_network("mal", "192.0.2.7")
        self.does("/ban net:192.0.2.0/24")
        self.assertEqual(self.does("/invite mal"), ["reply mal is invited to #dev"])  # else it would tell where he is
        self.assertIn("alice invites you", mal.takes()[-1])

    def test_a_kick_takes_it_back(self) -> None:
        self.does("/set invite-only yes")
        self.bob.types("/part #dev")
        self.does("/invite bob")
        self.bob.types("/join #dev")
        self.does("/kick bob")
        self.assertEqual(self.does("/join #dev", who=self.bob), ["!!! INVITE_ONLY #dev is for those who are invited"])
        self.does("/undo")
        self.bob.types("/join #dev")
        self.assertIn("bob", self.members())


class Doors(KeeperCase):
    def test_a_key(self) -> None:
        self.bob.types("/part #dev")
        self.assertEqual(self.does("/lock mellon"), ["reply #dev: key is set now"])
        self.assertIn("NEED_KEY", self.does("/join #dev friend", who=self.bob)[0])
        self.bob.types("/join #dev mellon")
        self.assertIn("bob", self.members())
        self.assertEqual(self.does("/lock off"), ["reply #dev: key is off now"])

    def test_a_key_may_look_like_a_room(self) -> None:
        self.does("/lock #1")
        nora = someone(self, "nora")
        nora.types("/join #dev #1")
        self.assertIn("nora", self.members())

    def test_who_is_in_comes_back_without_it(self) -> None:
        self.does("/lock mellon")
        newcomer = arrives(self, "nora")
        newcomer.types("/join #dev mellon")
        secret = newcomer.secret()
        newcomer.session.lost()
        self.turn()
        back = arrives(self, "nora", resume=secret, rooms=["#dev"])
        self.assertEqual({room.name for room in back.session.person.rooms}, {"#lobby", "#dev"})
        self.does("/kick nora")
        self.assertIn("NEED_KEY", self.does("/join #dev", who=back)[0])

    def test_a_hello_is_told_of_the_rooms_that_are_closed(self) -> None:
        self.does("/lock mellon")
        nora = arrives(self, "nora", rooms=["#dev", "#new"])
        self.assertEqual(
            nora.takes(), ["welcome nora: #lobby #new", "!!! NEED_KEY #dev is locked; /join #dev KEY opens it"]
        )

    def test_who_is_banned_from_where_all_begin(self) -> None:
        self.alice.session.operator = "root"
        self.alice.types("/switch #lobby", "/ban mal*")
        self.assertRaises(Banned, self.chat.enter, self.alice.listener, "mallory")
        self.assertIsNone(self.chat.names.holder("mallory"))

    def test_the_limit(self) -> None:
        self.assertEqual(self.does("/set limit 4"), ["reply #dev: limit is 4 now"])
        nora = someone(self, "nora")
        self.assertEqual(self.does("/join #dev", who=nora),
                         ["!!! ROOM_FULL #dev has room for 4 people, and they are there"])  # fmt: skip
        self.bob.types("/part #dev")
        nora.types("/join #dev")
        self.assertIn("nora", self.members())

    def test_who_logs_in_or_out_keeps_his_place_where_he_may(self) -> None:
        self.does("/lock mellon", "/op bob")
        nora = someone(self, "nora")
        nora.types("/join #dev mellon", "/part #lobby", "/login carol longenough")
        self.turn()
        now = Someone(self, nora.listener.session, nora.listener)
        self.assertIn(self.dev, now.session.person.rooms)
        self.bob.types("/part #lobby", "/logout")
        self.turn()
        guest = Someone(self, self.bob.listener.session, self.bob.listener)
        self.assertEqual([room.name for room in guest.session.person.rooms], ["#lobby"])

    def test_who_has_the_key_pushes_nobody_out_whom_keepers_let_in(self) -> None:
        self.patch(admissions, "MOST", 3)
        self.does("/create #club")
        nora, owen = arrives(self, "nora"), arrives(self, "owen")
        secrets = nora.secret(), owen.secret()
        nora.types("/join #club")
        self.does("/lock mellon", "/invite owen")
        for number in range(5):
            crowd = someone(self, f"crowd{number}")
            crowd.types("/join #club mellon", "/quit")
        for each in (nora, owen):
            each.session.lost()
        self.turn()
        for nick, secret in zip(("nora", "owen"), secrets, strict=True):
            back = arrives(self, nick, resume=secret, rooms=["#club"])
            self.assertEqual({room.name for room in back.session.person.rooms}, {"#lobby", "#club"}, nick)

    def test_an_invitation_is_no_lesser_one_for_who_becomes_an_account(self) -> None:
        self.patch(admissions, "MOST", 2)
        self.does("/create #club", "/set invite-only yes")
        nora = someone(self, "nora")
        self.does("/invite nora")
        nora.types("/join #club", "/part #lobby", "/login carol longenough")
        self.turn()
        now = Someone(self, nora.listener.session, nora.listener)
        self.assertIn("#club", {room.name for room in now.session.person.rooms})
        self.assertIn(now.session.person.id, self.chat.rooms["#club"].admitted._given)


class Settings(KeeperCase):
    def test_they_are_shown(self) -> None:
        self.does("/op bob", "/voice carol", "/lock mellon", "/slow 5")
        lines = ["#dev is kept by alice", "operators: bob", "voices: carol", "invite-only: no", "moderated: no",
                 "secret: no", "limit: off", "history: yes"]  # fmt: skip
        self.assertEqual(self.does("/set"), ["reply " + " / ".join([*lines, "key: mellon", "slow: 5"])])
        self.assertEqual(self.does("/set", who=self.eve), ["reply " + " / ".join([*lines, "key: set", "slow: 5"])])
        self.eve.types("/switch #lobby")
        self.assertIn("#lobby is not registered", self.does("/set", who=self.eve)[0])

    def test_what_is_none(self) -> None:
        for line, code in (
            ("/set colour red", "BAD_REQUEST"), ("/set secret", "NEED_TEXT"), ("/set secret perhaps", "BAD_REQUEST"),
            ("/set slow -1", "BAD_REQUEST"), ("/set limit many", "BAD_REQUEST"), ("/slow 99999999", "BAD_REQUEST"),
            ("/lock two words", "BAD_REQUEST"), (f"/lock {'x' * 65}", "BAD_REQUEST"), ("/undo x", "BAD_REQUEST"),
            ("/set secret no", "NOT_ALLOWED"), (f"/kick bob {'x' * 201}", "TEXT_TOO_LONG"),
        ):  # fmt: skip
            self.assertEqual([each.split()[1] for each in self.does(line)], [code], line)

    def test_slow_mode(self) -> None:
        self.does("/slow 10", "/voice bob")
        self.assertEqual(self.does("one", who=self.eve), ["[#dev] eve: one"])
        self.clock.advance(2.5)
        self.assertEqual(self.does("two", who=self.eve),
                         ["!!! TOO_FAST one message in 10 s each in #dev; say it again in 8 s"])  # fmt: skip
        self.assertEqual(self.does("one", "two", who=self.bob), ["[#dev] bob: one", "[#dev] bob: two"])
        self.assertEqual(self.does("one", who=self.carol), ["[#dev] carol: one"])
        self.clock.advance(7.5)
        self.assertEqual(self.does("two", who=self.eve), ["[#dev] eve: two"])
        self.assertEqual(set(self.dev.said_at), {self.eve.session.person.id, self.carol.session.person.id,
                                                 self.bob.session.person.id})  # fmt: skip
        self.clock.advance(60)
        self.eve.types("three")
        self.assertEqual(set(self.dev.said_at), {self.eve.session.person.id})
        self.assertEqual(self.does("/slow off"), ["reply #dev: slow is off now"])

    def test_what_slow_mode_remembers(self) -> None:
        self.does("/slow 86400")
        for number in range(MAX_SLOWED + 5):
            self.dev.spoke(f"guest {number}", self.clock.seconds())
        self.assertEqual(len(self.dev.said_at), MAX_SLOWED)

    def test_what_was_said_is_confirmed_in_slow_mode_too(self) -> None:
        self.does("/slow 10")
        for _twice in range(2):
            self.eve.session.say("one", "#dev", client_id="c-1")
            self.turn()
            self.assertEqual(self.eve.takes()[-1], "[#dev] eve: one")

    def test_the_topic_is_its_operators(self) -> None:
        self.assertIn("that is for the room's operators", self.does("/topic mine", who=self.bob)[0])
        self.assertEqual(self.does("/topic ours"), ["[#dev] alice topic ours"])

    def test_a_topic_that_the_brake_holds_back_is_not_put_down_as_done(self) -> None:
        self.chat.helm.set_brake(Brake.OPERATORS)
        self.assertIn("!!! NOT_ALLOWED", self.does("/topic mine")[-1])
        self.assertNotIn("topic", self.does("/log")[-1])

    def test_a_secret_room(self) -> None:
        self.does("/set secret yes")
        nora = someone(self, "nora")
        for line in ("/rooms", "/who", "/whois bob"):
            self.assertNotIn("#dev", self.does(line, who=nora)[0], line)
            self.assertIn("#dev", self.does(line, who=self.eve)[0], line)
        for line in ("/names #dev", "/part #dev", "/switch #dev", "/drop #dev", "/create #dev", "/search x in:#dev"):
            self.assertEqual(self.does(line, who=nora)[-1][:16], "!!! NO_SUCH_ROOM", line)

    def test_how_a_secret_room_is_spelled_is_not_told(self) -> None:
        self.does("/set secret yes")
        nora = someone(self, "nora")
        for line in ("/names #dEV", "/part #dEV", "/switch #dEV", "/drop #dEV", "/create #dEV", "/search x in:#dEV"):
            there = self.does(line, who=nora)[-1]
            self.assertEqual(there, "!!! NO_SUCH_ROOM there is no room #dEV", line)
        for act in (lambda: nora.session.say("hi", "#dEV"), lambda: nora.session.history("#dEV", 5, None)):
            self.assertEqual(self.assertRaises(NoSuchRoom, act).room, "#dEV")


class History(KeeperCase):
    def setUp(self) -> None:
        super().setUp()
        self.bob.types("old words")
        self.old = self.chat.seq
        self.does("/set history no")
        self.forget()

    def test_a_newcomer_reads_what_is_new(self) -> None:
        nora = someone(self, "nora")
        nora.types("/join #dev")
        self.bob.types("new words")
        nora.takes()
        self.assertEqual(self.does("/history", who=nora), ["history of #dev: [#dev] bob: new words"])
        nora.session.history("#dev", 1, None, before=self.old + 1)
        nora.session.history("#dev", 10, None, after=0)
        self.turn()
        self.assertEqual(nora.takes(), ["history of #dev:", "history of #dev: [#dev] bob: new words"])
        self.assertEqual(self.does("/search words", who=nora), ["found:"])
        self.assertEqual(self.does("/search words in:#dev", who=nora),
                         ["!!! NOT_ALLOWED in #dev nobody is shown what was said before he came"])  # fmt: skip
        self.assertIn("old words", self.does("/search words")[0])
        self.assertIn("old words", self.does("/history")[0])

    def test_since_goes_back_no_further(self) -> None:
        nora = arrives(self, "nora")
        secret = nora.secret()
        nora.session.lost()
        self.turn()
        back = arrives(self, "nora", resume=secret, since=0, rooms=["#dev"])
        self.bob.types("new words")
        texts = back.listener.texts()
        self.assertNotIn("old words", texts)
        self.assertIn("new words", texts)

    def test_a_line_from_before_can_not_be_named(self) -> None:
        nora = someone(self, "nora")
        nora.types("/join #dev")
        nora.takes()
        self.assertEqual(self.does(f"/delete #{self.old}", who=nora)[-1],
                         f"!!! NO_SUCH_LINE there is no line #{self.old} that you could read")  # fmt: skip

    def test_a_keeper_takes_a_line_back(self) -> None:
        self.assertEqual(self.does(f"/delete #{self.old}")[-1], "[#dev] alice deleted None")
        self.assertIn(f"alice: delete #{self.old} of bob", self.does("/log")[-1])

    def test_on_the_way_in(self) -> None:
        nora = someone(self, "nora")
        nora.session.join("#dev")
        nora.session.chat.rooms["#dev"].charter = self.chat.rooms["#lobby"].charter
        self.chat.journal.search = lambda *_arguments: Deferred()  # type: ignore[method-assign]
        nora.session.rooms.pop(self.dev, None)
        nora.types("/search x in:#dev")
        nora.session.rooms.pop(self.dev, None)
        nora.session.is_searching = False
        nora.types("/search x in:#dev")
        self.assertEqual(nora.takes()[-1], "!!! NOT_IN_ROOM you are not in #dev; /join #dev first")


class Storage(KeeperCase):
    def test_what_can_not_be_kept_holds_and_is_said(self) -> None:
        failing: Any = lambda *_arguments: fail(StorageUnavailable())  # noqa: E731
        self.patch(self.chat.keepers, "write", failing)
        self.assertEqual(self.does("/hush eve"), [
            "!!! STORAGE_UNAVAILABLE that holds now, and will be forgotten when the server ends: it can't be written"
        ])  # fmt: skip
        self.assertIn("NOT_ALLOWED", self.does("hi", who=self.eve)[0])
        with capturedLogs() as logged:
            self.does("/topic new")
        self.assertIn(
            "what a keeper did can't be written: the log can't be written now; nothing was said",
            [formatEvent(each) for each in logged],
        )

    def test_what_goes_wrong_otherwise_is_a_fault(self) -> None:
        self.patch(self.chat.keepers, "write", lambda *_arguments: fail(ZeroDivisionError()))
        self.assertIn("STORAGE_UNAVAILABLE", self.does("/hush eve")[0])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)


class MakingRooms(KeeperCase):
    def test_the_guests_of_one_network(self) -> None:
        self.patch(making, "OF_GUESTS", 2)
        one, two = (self.from_network(nick, "192.0.2.7") for nick in ("mal", "ory"))
        one.types("/join #x1")
        two.types("/join #x2")
        why = "the guests of one network may make, in an hour, at most 2 rooms"
        self.assertEqual(self.does("/join #x3", who=one), [f"!!! TOO_MANY_ROOMS {why}"])
        self.assertEqual(self.does("/join #dev", who=one)[0][:12], "entered #dev")
        self.from_network("zed", "192.0.2.8").types("/join #x3")
        self.assertIn("#x3", self.chat.rooms)
        self.clock.advance(3600)
        one.types("/join #x4")
        self.assertIn("#x4", self.chat.rooms)

    def test_one_that_nobody_came_into_does_not_count(self) -> None:
        self.patch(making, "OF_GUESTS", 2)
        one = self.from_network("mal", "192.0.2.7")
        for nick, room, error in (("alice", "#x2", NameTaken), ("ory", "#1obby", BadRoom)):
            for _time in range(3):
                self.assertRaises(error, self.chat.enter, one.listener, nick, rooms=("#x1", room))
        self.patch(self.chat, "limits", replace(self.chat.limits, rooms_of_one=1))
        for line in ("/join #x1", "/create #x1"):
            self.assertIn("!!! ", self.does(line, line, line, who=one)[0])
        self.assertEqual(sorted(self.chat.rooms), ["#dev", "#lobby"])
        self.patch(self.chat, "limits", replace(self.chat.limits, rooms_of_one=9))
        one.types("/join #x1", "/join #x2")
        self.assertEqual(sorted(self.chat.rooms), ["#dev", "#lobby", "#x1", "#x2"])
        self.assertIn("TOO_MANY_ROOMS", self.does("/join #x3", who=one)[0])

    def test_in_whatever_hour(self) -> None:
        self.patch(making, "OF_GUESTS", 2)
        counting, made = Making(self.clock.seconds), []
        for minute in range(0, 180, 10):
            with contextlib.suppress(TooManyRooms):
                counting.made(Maker(None, "192.0.2.7"))
                made.append(minute)
            self.clock.advance(600)
        self.assertEqual(made, [0, 10, 60, 70, 120, 130])

    def test_an_account(self) -> None:
        self.patch(making, "OF_AN_ACCOUNT", 1)
        self.assertEqual(self.does("/join #x1")[-1],
                         "!!! TOO_MANY_ROOMS an account may make, in an hour, at most 1 rooms")  # fmt: skip
        self.alice.session.operator = "root"
        self.alice.types("/join #x1")
        self.assertIn("#x1", self.chat.rooms)

    def test_what_is_remembered_of_makers(self) -> None:
        self.patch(making, "MAX_MAKERS", 2)
        counting = Making(self.clock.seconds)
        for network in ("1", "2", "3"):
            counting.made(Maker(None, network))
        self.assertEqual(list(counting._made), ["network 2", "network 3"])


class SlowModeAgain(KeeperCase):
    def test_another_setting_gives_nobody_his_turn_early(self) -> None:
        self.does("/slow 30")
        self.eve.types("one")
        self.does("/set moderated yes", "/set moderated no")
        self.assertIn("TOO_FAST", self.does("two", who=self.eve)[0])
        self.does("/slow off", "/slow 30")
        self.eve.takes()
        self.assertEqual(self.does("three", who=self.eve), ["[#dev] eve: three"])

    def test_what_the_brake_refused_was_not_said(self) -> None:
        self.does("/slow 30")
        self.chat.helm.set_brake(Brake.REGISTERED)
        self.assertIn("NOT_ALLOWED", self.does("one", who=self.eve)[-1])
        self.chat.helm.set_brake(Brake.OFF)
        self.turn()
        self.assertEqual(self.does("two", who=self.eve), ["[#dev] eve: two"])


class BannedWithOneOfHisSessions(KeeperCase):
    def test_the_others_do_not_come_in_either(self) -> None:
        """What one of a person's sessions may not, none of them may: whichever way it comes."""
        self.bob.listener.origin = Origin("198.51.100.7", secure=True)
        self.does("/ban net:198.51.100.0/24")
        elsewhere = self.again(self.bob, rooms=["#dev"])
        self.assertNotIn("bob", self.members())
        elsewhere.types("/join #dev")
        self.assertIn("BANNED", elsewhere.takes()[-1])
        self.eve.types("/login bob longenough")
        self.turn()
        self.turn()
        self.assertEqual(self.members(), {"alice", "carol"})


class Full(KeeperCase):
    def test_who_logs_out_finds_his_own_place(self) -> None:
        self.does("/set limit 4")
        self.bob.types("/logout")
        self.turn()
        self.turn()
        self.assertEqual(self.members(), {"alice", "bob2", "carol", "eve"})
