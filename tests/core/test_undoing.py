"""The audit log of a room, and what can be taken back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from twisted.internet.defer import Deferred

from tests.core.doubles import someone
from tests.core.keeping_case import KeeperCase
from tests.helpers import make_chat
from twisted_chat.boundaries import KnownRoom
from twisted_chat.core import moderating
from twisted_chat.core.charters import Action, Ban
from twisted_chat.core.helm import Brake
from twisted_chat.journal.memory import MemoryJournal
from twisted_chat.keeping.memory import MemoryKeepers

AT = "2026-11-18 12:00 UTC"


class Log(KeeperCase):
    def test_who_did_what_to_whom_and_why(self) -> None:
        self.does("/op bob", "/lock mellon", "/slow 5", "/slow off", "/topic new", "/ban eve 2h spam")
        self.does("/hush carol", "/hush carol off")
        self.assertEqual(self.does("/log")[0].removeprefix("reply ").split(" / "), [
            f"#1 {AT} alice: create", f"#2 {AT} alice: op bob", f"#3 {AT} alice: set key set",
            f"#4 {AT} alice: set slow 5", f"#5 {AT} alice: set slow off", f"#6 {AT} alice: topic: new",
            f"#7 {AT} alice: ban eve until 2026-11-18 14:00 UTC (spam)", f"#8 {AT} alice: hush carol",
            f"#9 {AT} alice: hush carol (off)"])  # fmt: skip

    def test_of_a_room_in_which_nothing_was_done(self) -> None:
        self.alice.session.operator = "root"
        self.alice.types("/join #old")
        self.assertEqual(self.does("/log"), ["reply Nothing was done in #old yet"])

    def test_it_is_for_its_keepers(self) -> None:
        for line in ("/log", "/undo"):
            self.assertIn("that is for the room's operators", self.does(line, who=self.bob)[0])


class Undoing(KeeperCase):
    def undone(self, *lines: str) -> str:
        self.does(*lines)
        return self.does("/undo")[-1]

    def test_each_kind(self) -> None:
        before = self.dev.charter
        for line in ("/op bob", "/voice bob", "/ban zed", "/hush eve", "/slow 5", "/lock mellon", "/set secret yes"):
            self.assertIn("reply Undone: #", self.undone(line), line)
            self.assertEqual(self.dev.charter, before, line)

    def test_taking_away_each_kind(self) -> None:
        for line, back in (("/op bob", "/deop bob"), ("/voice carol", "/devoice carol"), ("/ban zed", "/unban zed"),
                           ("/hush eve", "/hush eve off"), ("/slow 5", "/slow off")):  # fmt: skip
            self.does(line)
            before = self.dev.charter
            self.assertIn("reply Undone: #", self.undone(back), line)
            self.assertEqual(self.dev.charter, before, line)

    def test_a_ban_that_comes_back_puts_out(self) -> None:
        self.does("/ban eve", "/unban eve")
        self.eve.types("/join #dev")
        self.does("/undo")
        self.assertNotIn("eve", self.members())

    def test_a_topic(self) -> None:
        self.does("/topic one")
        self.does("/topic two")
        self.assertEqual(self.undone()[:14], "reply Undone: ")
        self.assertEqual(self.dev.topic, "one")

    def test_a_kick(self) -> None:
        self.does("/set invite-only yes", "/kick eve")
        self.eve.takes()
        self.assertIn("kick eve", self.undone())
        self.assertEqual(self.eve.takes(), ["notice You may come back to #dev"])
        self.eve.types("/join #dev")
        self.assertIn("eve", self.members())

    def test_a_kick_of_who_is_there_or_gone(self) -> None:
        self.does("/kick eve")
        self.eve.types("/join #dev")
        self.eve.takes()
        self.does("/undo")
        self.eve.hears()
        self.does("/kick eve")
        self.eve.types("/quit")
        self.assertIn("kick eve", self.undone())

    def test_by_its_number(self) -> None:
        self.does("/slow 5", "/ban zed")
        self.assertIn("#2", self.does("/undo #2")[0])
        self.assertEqual((self.dev.charter.rules.slow, len(self.dev.charter.bans)), (0, 1))
        self.assertEqual(self.does("/undo 2"), ["!!! BAD_REQUEST #2 was undone by #4"])
        self.assertIn("undone by #4", self.does("/log")[0])

    def test_one_after_the_other(self) -> None:
        self.does("/slow 5", "/ban zed", "/hush eve")
        self.does("/undo", "/undo", "/undo")
        self.assertEqual(self.dev.charter.parts, {})
        self.assertEqual(self.does("/undo"),
                         ["!!! BAD_REQUEST there is nothing to undo in #dev; /log shows what was done"])  # fmt: skip

    def test_what_can_not_be(self) -> None:
        self.assertEqual(self.does("/undo 1"), ["!!! BAD_REQUEST #1 can't be undone"])
        self.assertIn("nothing to undo", self.does("/undo 99")[0])
        self.does("/slow 5", "/slow 9")
        why = "that was changed since; /log shows by whom"
        self.assertEqual(self.does("/undo 2"), [f"!!! BAD_REQUEST #2 can't be undone: {why}"])

    def test_nobody_undoes_what_he_could_not_do(self) -> None:
        """An operator does not unmake another one by undoing his making."""
        self.does("/op bob", "/op carol")
        self.assertEqual(self.does("/undo", who=self.bob), ["!!! NOT_ALLOWED in #dev that is for the room's founder"])
        self.does("/voice eve", "/deop carol", "/hush carol", "/op carol")
        number = next(each.number for each in self.chat.keepers._actions[self.dev.id] if each.verb == "hush")
        self.assertIn("as many rights", self.does(f"/undo {number}", who=self.bob)[0])

    def test_who_loses_his_rights_meanwhile(self) -> None:
        self.does("/op bob", "/ban zed")
        self.bob.takes()
        self.bob.session.typed("/undo")
        self.alice.session.typed("/deop bob")
        self.turn()
        self.assertIn("!!! NOT_ALLOWED in #dev that is for the room's operators", self.bob.takes())
        self.assertEqual(len(self.dev.charter.bans), 1)

    def test_who_leaves_meanwhile(self) -> None:
        self.does("/ban zed")
        self.alice.session.typed("/undo")
        self.alice.session.lost()
        self.turn()
        self.assertEqual(len(self.dev.charter.bans), 1)

    def test_whom_it_was_about_is_told(self) -> None:
        for line, there, back in (
            ("/op bob", "You are an operator of #dev now", "You are not an operator of #dev any more"),
            ("/hush bob 2h so", "You may read and not talk in #dev until 2026-11-18 14:00 UTC: so",
             "You may talk in #dev again"),
            ("/voice bob", "You are a voice in #dev now", "You are not a voice in #dev any more"),
        ):  # fmt: skip
            self.bob.takes()
            self.does(line)
            self.assertEqual(self.bob.takes(), [f"notice {there}"])
            self.does("/undo")
            self.assertEqual(self.bob.takes(), [f"notice {back}"])
        self.does("/hush bob 2h so", "/hush bob off")
        self.bob.takes()
        self.does("/undo")
        self.assertEqual(self.bob.takes(),
                         ["notice You may read and not talk in #dev until 2026-11-18 14:00 UTC: so"])  # fmt: skip

    def test_of_who_is_gone(self) -> None:
        self.does("/op bob")
        self.bob.types("/quit")
        self.assertIn("reply Undone: #", self.does("/undo")[-1])

    def test_it_asks_for_room(self) -> None:
        self.patch(moderating, "MAX_BANS", 1)
        self.does("/ban a*", "/unban a*", "/ban b*")
        self.assertEqual(self.does("/undo #3"), ["!!! NOT_ALLOWED #dev has 1 of those already"])
        self.assertEqual([ban.pattern for ban in self.dev.charter.bans], ["b*"])

    def test_a_topic_while_the_brake_holds_it_back(self) -> None:
        self.does("/topic one", "/topic two")
        self.chat.helm.set_brake(Brake.OPERATORS)
        self.assertIn("!!! NOT_ALLOWED for the moment", self.does("/undo")[-1])
        self.assertNotIn("undo", self.does("/log")[-1])

    def test_of_a_room_that_is_dropped_meanwhile(self) -> None:
        self.does("/ban zed")
        nora = someone(self, "nora")
        nora.session.operator = "root"
        asked: Deferred[Any] = Deferred()
        found = self.successResultOf(self.chat.keepers.actions(self.dev.id, 9))
        self.patch(self.chat.keepers, "actions", lambda *_arguments: asked)
        nora.session.current = self.dev
        nora.types("/undo")
        self.does("/drop #dev")
        nora.takes()
        asked.callback(found)
        self.turn()
        self.assertEqual(nora.takes(), ["!!! NO_SUCH_ROOM there is no room #dev"])
        self.assertEqual(self.chat.keepers.open().charters, ())


class Restarts(KeeperCase):
    def test_all_of_it_is_there_again(self) -> None:
        self.does("/op bob", "/ban zed", "/slow 5", "/create #gone", "/drop #gone")
        journal, accounts, keepers = MemoryJournal(9, log_id="2", key=b"k"), self.chat.accounts, self.chat.keepers
        self.chat = make_chat(self.clock, journal, accounts, keepers)
        self.assertEqual(sorted(self.chat.rooms), ["#dev", "#lobby"])
        self.assertEqual(self.dev.charter.rules.slow, 5)
        self.assertEqual([each.pattern for each in self.dev.charter.bans if isinstance(each, Ban)], ["zed"])
        bob = someone(self, "bob", account=accounts.named("bob"))
        bob.types("/join #dev")
        bob.takes()
        bob.types("/undo")
        self.assertEqual(bob.takes()[0][:15], "reply Undone: #")
        bob.types("/slow 7")
        self.assertIn("set slow 7", self.does("/log", who=bob)[0])

    def test_a_dropped_room_of_which_the_log_knows(self) -> None:
        self.alice.types("words")
        known = [self.known(self.dev)]
        self.does("/drop #dev")
        journal = MemoryJournal(9, log_id="2", key=b"k")
        self.patch(journal, "rooms", lambda: known)
        chat = make_chat(self.clock, journal, None, self.chat.keepers)
        self.assertEqual(list(chat.rooms), ["#lobby"])

    def test_a_charter_of_a_room_of_which_the_log_knows(self) -> None:
        self.does("/slow 5")
        journal = MemoryJournal(9, log_id="2", key=b"k")
        known = [self.known(self.dev)]
        self.patch(journal, "rooms", lambda: known)
        chat = make_chat(self.clock, journal, None, self.chat.keepers)
        self.assertEqual((chat.rooms["#dev"].topic, chat.rooms["#dev"].charter.rules.slow), ("a topic", 5))

    def test_a_room_whose_name_is_refused_today(self) -> None:
        journal = MemoryJournal(9, log_id="2", key=b"k")
        old = KnownRoom("7", "#d\u0435v", "")  # a Cyrillic letter among Latin ones
        self.patch(journal, "rooms", lambda: [old])
        self.chat = make_chat(self.clock, journal, self.chat.accounts, MemoryKeepers())
        alice = someone(self, "alice", account=self.chat.accounts.named("alice"), rooms=(old.name,))
        self.assertEqual(self.members(old.name), {"alice"})
        for line in (f"/part {old.name}", f"/join {old.name}", f"/create {old.name}", "/set secret yes"):
            self.assertNotIn("!!!", self.does(line, who=alice)[-1], line)
        nora = someone(self, "nora")
        self.assertIn("!!! BAD_ROOM", self.does(f"/names {old.name}", who=nora)[-1])  # as if there were none
        self.assertIn("!!! BAD_ROOM", self.does("/join #a\u0435v", who=nora)[-1])

    def test_a_charter_that_was_written_after_the_drop(self) -> None:
        charter = replace(self.dev.charter, founder="fay")
        self.does("/drop #dev")
        self.chat.keepers.write(charter, Action(99, charter.room, 0, "", "fay", "set"))
        chat = make_chat(self.clock, MemoryJournal(9, log_id="2", key=b"k"), None, self.chat.keepers)
        self.assertEqual(list(chat.rooms), ["#lobby"])

    def known(self, room: object) -> object:
        return KnownRoom(room.id, "#dev", "a topic")  # type: ignore[attr-defined]


class TakenBackInVain(KeeperCase):
    def test_an_invitation_opens_no_door_any_more(self) -> None:
        self.does("/set invite-only yes", "/kick bob", "/invite bob")
        self.assertIn("reply Undone: #", self.does("/undo")[-1])
        self.assertIn("INVITE_ONLY", self.does("/join #dev", who=self.bob)[-1])

    def test_who_came_by_an_invitation_stays(self) -> None:
        self.does("/set invite-only yes", "/kick bob", "/invite bob")
        self.bob.types("/join #dev")
        self.does("/undo")
        self.assertIn("bob", self.members())
        self.again(self.bob, rooms=["#dev"])

    def test_under_the_brake_no_topic_is_set_or_brought_back(self) -> None:
        self.does("/topic one", "/topic two")
        self.chat.helm.set_brake(Brake.OPERATORS)
        before = self.does("/log")[-1]
        self.assertIn("!!! NOT_ALLOWED for the moment", self.does("/topic three")[0])
        self.assertIn("!!! NOT_ALLOWED for the moment", self.does("/undo")[0])
        self.assertEqual(self.dev.topic, "two")
        self.assertEqual(self.does("/log")[-1], before, "and nobody reads that it was done")
