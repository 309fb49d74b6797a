"""Operators keep networks away from the server, and take back what they did."""

from __future__ import annotations

from twisted.internet.defer import Deferred, fail
from twisted.logger import capturedLogs, formatEvent

from tests.core.doubles import Someone, someone
from tests.core.test_operators import OperatorCase
from tests.hostile import HOSTILE
from twisted_chat.boundaries import Nameless, Origin
from twisted_chat.core import banishing
from twisted_chat.core.errors import ChatError, StorageUnavailable
from twisted_chat.core.netbans import MAX_NETWORKS

NET = "198.51.100.0/24"
AT = "2026-11-18 12:00 UTC"


class Silent:
    """A connection without a name."""

    def __init__(self, counted_as: str) -> None:
        self.counted_as = counted_as
        self.told: list[str] = []

    def turn_away(self, error: ChatError) -> None:
        self.told.append(str(error))


_check: type[Nameless] = Silent


class BanishingCase(OperatorCase):
    """Alice is an operator; bob and eve are guests from NET, carol from elsewhere."""

    def setUp(self) -> None:
        super().setUp()
        self.bob.listener.origin = Origin("198.51.100.7")
        self.eve = self.guest("eve", "198.51.100.8")
        self.carol = self.guest("carol", "2001:db8::")
        self.makes_operator(self.alice)
        self.everybody = (self.alice, self.bob, self.eve, self.carol)
        self.forget()

    def guest(self, nick: str, network: str) -> Someone:
        who = someone(self, nick)
        who.listener.origin = Origin(network, secure=True)
        return who

    def forget(self) -> None:
        for each in self.everybody:
            each.takes()
        self.logged()

    def does(self, *lines: str) -> list[str]:
        self.alice.takes()
        self.alice.types(*lines)
        return self.alice.takes()

    def answers(self, line: str) -> str:
        (answer,) = self.does(line)
        return answer


class Banning(BanishingCase):
    def test_whoever_comes_from_there_ends(self) -> None:
        ended = "sessions ended: 2, connections without a name: 0"
        self.assertEqual(
            self.does(f"/netban {NET} 2h spam"),
            [
                "[#lobby] bob left banned by an operator: spam",
                "[#lobby] eve left banned by an operator: spam",
                f"reply {NET} is banned from this server until 2026-11-18 14:00 UTC; {ended}",
            ],
        )
        why = "!!! BANNED your network is banned from this server until 2026-11-18 14:00 UTC: spam"
        for who in (self.bob, self.eve):
            self.assertEqual(who.takes()[-1], why)
            self.assertTrue(who.listener.closed)
        self.assertFalse(self.carol.listener.closed)
        self.assertEqual(self.logged(), [f"operator 'ruth' ('alice'): '/netban {NET} until 2026-11-18 14:00 UTC spam'"])

    def test_for_good_and_without_a_reason(self) -> None:
        self.assertIn(f"reply {NET} is banned from this server; sessions ended: 2", self.does(f"/netban {NET}")[-1])
        self.bob.hears("!!! BANNED your network is banned from this server")

    def test_one_address_of_ipv6_is_its_network(self) -> None:
        self.assertIn("reply 2001:db8::/64 is banned", self.does("/netban 2001:db8::5")[-1])
        self.assertTrue(self.carol.listener.closed)

    def test_only_the_sessions_that_come_from_there(self) -> None:
        self.carol.types("/register long enough")
        other = someone(self, "carol", account=self.chat.accounts.named("carol"))
        gone = someone(self, "carol", account=self.chat.accounts.named("carol"))
        gone.session.over = True
        other.listener.origin = gone.listener.origin = Origin("198.51.100.9")
        self.assertIn("sessions: 3,", self.answers(f"/netban ?{NET}"))
        self.does(f"/netban {NET}")
        self.assertTrue(other.listener.closed)
        self.assertFalse(self.carol.listener.closed)
        self.assertEqual([each.nick for each in self.chat.rooms["#lobby"].members], ["alice", "carol"])

    def test_who_has_no_name_yet(self) -> None:
        near, far, local = Silent("198.51.100.1"), Silent("192.0.2.1"), Silent("")
        self.chat.netbans.nameless = lambda: (near, far, local)
        self.assertIn("connections without a name: 1", self.answers(f"/netban ?{NET}"))
        self.assertEqual(near.told, [])
        self.assertIn("connections without a name: 1", self.does(f"/netban {NET} spam")[-1])
        self.assertEqual((near.told, far.told, local.told),
                         (["your network is banned from this server: spam"], [], []))  # fmt: skip

    def test_whom_it_would_hit(self) -> None:
        self.assertEqual(
            self.answers(f"/netban ?net:{NET}"),
            f"reply {NET} would hit bob, eve; sessions: 2, connections without a name: 0",
        )
        self.assertIn("would hit nobody; sessions: 0", self.answers("/netban ?192.0.2.1"))
        self.assertFalse(self.bob.listener.closed)
        self.assertEqual((self.chat.netbans.present(), self.logged()), ((), []))

    def test_nobody_locks_himself_out(self) -> None:
        for network in ("127.0.0.1", "127.0.0.0/8", "0.0.0.0/0", "::1", "::/0", "126.0.0.0/7", "::ffff:127.0.0.1"):
            for mark in ("", "?"):
                self.assertIn("has this machine itself in it", self.answers(f"/netban {mark}{network}"), network)
        self.alice.listener.origin = Origin("203.0.113.5")
        for mark in ("", "?"):
            self.assertEqual(self.answers(f"/netban {mark}203.0.113.0/24"),
                             "!!! NOT_ALLOWED 203.0.113.0/24 has you in it")  # fmt: skip
        self.assertIn("is banned", self.answers("/netban 203.0.113.6"))

    def test_nor_by_another_session_of_his(self) -> None:
        self.alice.types("/register long enough")
        other = someone(self, "alice", account=self.chat.accounts.named("alice"))
        other.listener.origin = Origin("203.0.113.5")
        self.assertEqual(self.answers("/netban 203.0.113.5"), "!!! NOT_ALLOWED 203.0.113.5/32 has you in it")

    def test_what_is_no_network(self) -> None:
        for text in ("bob", "?", "net:", "1.2.3", "1.2.3.4/33", "1.2.3.4/-1", "2001:db8::/129", "01.2.3.4",
                     "1.2.3.4/24/8", "account:bob", "\u0661.2.3.4", "?" * 70):  # fmt: skip
            self.assertIn("is no network; 192.0.2.0/24 is one", self.answers(f"/netban {text}"), text)
        self.assertIn("at most 80 characters", self.answers(f"/netban {'1' * 81}"))
        self.assertIn("!!! NEED_TEXT", self.answers("/netban"))
        self.assertIn("!!! NEED_TEXT", self.answers("/netunban"))
        self.assertIn("is no network", self.answers("/netunban bob"))
        self.assertIn("!!! TEXT_TOO_LONG", self.answers(f"/netban {NET} {'x' * 201}"))
        self.assertEqual(self.chat.netbans.present(), ())

    def test_hostile_strings(self) -> None:
        for text in HOSTILE:
            self.does(f"/netban {text}", f"/netunban {text}", f"/acts {text}")
        self.assertEqual(self.chat.netbans.present(), ())

    def test_spans_of_time(self) -> None:
        self.assertIn("longer than 100 years", self.answers("/netban 192.0.2.1 999999w"))
        self.assertEqual(self.chat.netbans.present(), ())
        for span in ("0h", "1x spam"):
            self.assertIn("is no span of time", self.answers(f"/netban 192.0.2.2 {span}"))
        self.does("/netban 192.0.2.3 90S")
        self.assertEqual([(each.why, bool(each.until)) for each in self.chat.netbans.present()], [("", True)])

    def test_too_many(self) -> None:
        for number in range(MAX_NETWORKS):
            self.chat.netbans.add(banishing.Ban(f"10.{number // 250}.{number % 250}.0/24", "ruth", "", 0))
        self.assertIn("!!! NOT_ALLOWED 1000 networks are banned already", self.answers(f"/netban {NET}"))
        self.assertFalse(self.bob.listener.closed)
        lines = self.answers("/netbans").split(" / ")
        self.assertEqual((lines[0], len(lines), lines[-1]), (
            "reply Networks banned from this server: 1000", banishing.MAX_LISTED + 2, "and 800 more"))  # fmt: skip

    def test_where_it_can_not_be_written(self) -> None:
        self.chat.keepers.write_act = lambda *_all: fail(StorageUnavailable())  # type: ignore[method-assign]
        self.assertIn("!!! STORAGE_UNAVAILABLE that holds now", self.does(f"/netban {NET}")[-1])
        self.assertTrue(self.bob.listener.closed)
        with capturedLogs() as logged:
            self.does("/announce tea")
        self.assertIn(
            "what an operator did can't be written: the log can't be written now; nothing was said",
            [formatEvent(each) for each in logged],
        )

    def test_programs_are_answered_once(self) -> None:
        for line in (f"/netban ?{NET}", f"/netban {NET}", "/netbans", "/acts", f"/netunban {NET}", "/acts undo"):
            self.alice.takes()
            self.alice.session.typed(line, "c-1")
            self.turn()
            replies = [each for each in self.alice.takes() if each.startswith("reply")]
            self.assertEqual(len(replies), 1, line)


class Listing(BanishingCase):
    def test_the_newest_first(self) -> None:
        self.assertEqual(self.answers("/netbans"), "reply Networks banned from this server: 0")
        self.does(f"/netban {NET} 2h spam", "/netban 192.0.2.1")
        self.assertEqual(
            self.answers("/netbans"),
            "reply Networks banned from this server: 2 / 192.0.2.1/32 by ruth / "
            f"{NET} until 2026-11-18 14:00 UTC by ruth: spam",
        )
        self.clock.advance(7200)
        self.assertEqual(self.answers("/netbans"),
                         "reply Networks banned from this server: 1 / 192.0.2.1/32 by ruth")  # fmt: skip

    def test_lifting(self) -> None:
        self.does(f"/netban {NET}")
        self.assertEqual(self.answers("/netunban net:198.51.100.9/24"), f"reply {NET} may come to this server again")
        self.assertEqual(self.answers(f"/netunban {NET}"),
                         f"!!! BAD_REQUEST {NET} is not banned from this server; /netbans lists what is")  # fmt: skip
        self.assertEqual(self.chat.netbans.present(), ())


class Acts(BanishingCase):
    def test_who_did_what(self) -> None:
        self.assertEqual(self.answers("/acts"), "reply Operators did nothing yet")
        self.does("/stats", "/announce tea", f"/netban {NET} 2h spam", "/kill carol loud", "/defcon 1", "/rehash",
                  "/shutdown 2m disk", "/shutdown off", f"/netunban {NET}", "/enroll dave long-enough")  # fmt: skip
        ruth = f"{AT} ruth (alice):"
        lines = [
            f"#1 {ruth} announce (tea)", f"#2 {ruth} netban {NET} until 2026-11-18 14:00 UTC (spam)",
            f"#3 {ruth} kill carol (loud)", f"#4 {ruth} defcon 1", f"#5 {ruth} rehash", f"#6 {ruth} shutdown 2m (disk)",
            f"#7 {ruth} shutdown off", f"#8 {ruth} netunban {NET}", f"#9 {ruth} enroll dave",
        ]  # fmt: skip
        self.assertEqual(self.answers("/acts").removeprefix("reply ").split(" / "), lines)
        self.assertEqual(self.answers("/acts 2").removeprefix("reply ").split(" / "), lines[-2:])
        self.assertEqual(self.answers("/acts 0"), f"reply {lines[-1]}")

    def test_no_more_than_so_many(self) -> None:
        for _time in range(120):
            self.chat.helm.host.rehash()
            self.does("/rehash")
        self.assertEqual(len(self.answers("/acts").split(" / ")), 20)
        self.assertEqual(len(self.answers("/acts 99999999").split(" / ")), 100)

    def test_a_long_announcement_is_kept_short(self) -> None:
        self.does("/announce " + "x" * 2_000)
        self.assertLess(len(self.answers("/acts")), 300)

    def test_what_is_not_understood(self) -> None:
        for text in ("-1", "x", "1 2", "\u0661", "undone"):
            self.assertIn(
                "!!! BAD_REQUEST that is not understood; /acts [N | undo [#N]]", self.answers(f"/acts {text}")
            )
        for text in ("x", "#", "-1", "1" * 16):
            self.assertIn("!!! BAD_REQUEST", self.answers(f"/acts undo {text}"))

    def test_a_room_has_its_own_log(self) -> None:
        self.does("/announce tea")
        self.assertEqual(self.answers("/log"), "reply Nothing was done in #lobby yet")


class Undoing(BanishingCase):
    def test_a_ban(self) -> None:
        self.does(f"/netban {NET} spam")
        self.assertEqual(self.answers("/acts undo"), f"reply Undone: #1 {AT} ruth (alice): netban {NET} (spam)")
        self.assertEqual(self.chat.netbans.present(), ())
        self.assertEqual(
            self.answers("/acts"),
            f"reply #1 {AT} ruth (alice): netban {NET} (spam), undone by #2 / "
            f"#2 {AT} ruth (alice): undo #1 netban {NET}",
        )
        self.assertIn("there is nothing to undo on this server; /acts shows what was done", self.answers("/acts undo"))
        self.assertEqual(self.answers("/acts undo #1"), "!!! BAD_REQUEST #1 was undone by #2")

    def test_a_ban_in_place_of_another(self) -> None:
        self.does(f"/netban {NET} spam", f"/netban {NET} 2h worse")
        self.does("/acts undo")
        self.assertEqual([each.why for each in self.chat.netbans.present()], ["spam"])

    def test_one_that_comes_back_sends_away(self) -> None:
        self.does(f"/netban {NET} 2h", f"/netunban {NET}")
        dave = self.guest("dave", "198.51.100.9")
        self.assertIn("reply Undone: #2", self.does("/acts undo #2")[-1])
        self.assertTrue(dave.listener.closed)
        self.assertEqual(len(self.chat.netbans.present()), 1)

    def test_unless_it_would_have_ended_or_hit_the_operator(self) -> None:
        self.does(f"/netban {NET} 2h", f"/netunban {NET}")
        self.alice.listener.origin = Origin("198.51.100.9")
        self.assertEqual(self.answers("/acts undo"), f"!!! NOT_ALLOWED {NET} has you in it")
        self.clock.advance(7200)
        self.assertEqual(self.answers("/acts undo"),
                         "!!! BAD_REQUEST #2 can't be undone: that ban would have ended meanwhile")  # fmt: skip

    def test_what_is_otherwise_by_now(self) -> None:
        why = "can't be undone: that was changed since, or has ended; /acts shows more"
        self.does(f"/netban {NET} 2h", f"/netban {NET} 1h")
        self.assertEqual(self.answers("/acts undo 1"), f"!!! BAD_REQUEST #1 {why}")
        self.clock.advance(3600)
        self.assertEqual(self.answers("/acts undo"), f"!!! BAD_REQUEST #2 {why}")

    def test_the_brake(self) -> None:
        self.does("/defcon 1", "/defcon 2", "/defcon 2")
        self.assertIn("notice From now on no new guests are let in", self.does("/acts undo"))
        self.assertEqual(self.chat.helm.brake, 1)
        self.assertIn("#1 can't be undone: that was changed since",
                      self.does("/defcon 3", "/acts undo 1")[-1])  # fmt: skip

    def test_what_can_not_be(self) -> None:
        self.does("/announce tea", "/defcon 0")
        for number in (1, 2):
            self.assertEqual(self.answers(f"/acts undo {number}"), f"!!! BAD_REQUEST #{number} can't be undone")
        self.assertIn("nothing to undo on this server", self.answers("/acts undo 99"))

    def test_who_is_no_operator_any_more_or_gone(self) -> None:
        self.does(f"/netban {NET}")
        self.alice.session.typed("/acts undo")
        self.alice.session.operator = ""
        self.turn()
        self.assertIn("!!! NOT_ALLOWED that is for operators", self.alice.takes()[-1])
        self.makes_operator(self.alice)
        waiting: Deferred[object] = Deferred()
        known = self.chat.keepers.actions("", 9)
        self.chat.keepers.actions = lambda *_all: waiting  # type: ignore[method-assign, assignment, return-value]
        self.alice.session.typed("/acts undo")
        self.turn()
        self.alice.session.lost()
        waiting.callback(self.successResultOf(known))
        self.assertEqual(len(self.chat.netbans.present()), 1)
