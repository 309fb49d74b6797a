"""A conversation in the old dialects reads like a chat log, too."""

from datetime import UTC, datetime

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client.dialects import GOSSIP, TUTORIAL, Dialect
from twisted_chat.client.effects import Effect, Kind, Quit, Refused, Send, Shown
from twisted_chat.client.old_conversation import OldConversation
from twisted_chat.client.outbox import Outbox

NOW = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)


class OldTalk(SynchronousTestCase):
    """A conversation of alice's, and what it did last."""

    dialect: Dialect = TUTORIAL

    def setUp(self) -> None:
        self.start()

    def start(self, **more: int) -> None:
        self.talk = OldConversation(self.dialect, "alice", Outbox("c", **more), now=lambda: NOW)

    def did(self, effects: list[Effect]) -> None:
        self.effects = effects
        self.shown = [effect.text for effect in effects if isinstance(effect, Shown)]
        self.kinds = [effect.kind for effect in effects if isinstance(effect, Shown)]
        self.sent = [effect.fields for effect in effects if isinstance(effect, Send)]

    def hears(self, line: str) -> None:
        self.did(self.talk.received({"type": "text", "text": line}))

    def types(self, line: str) -> None:
        self.did(self.talk.typed(line))

    def is_in(self) -> None:
        self.did(self.talk.received({"type": "welcome", "nick": self.talk.hello()["nick"]}))

    def is_written(self, name: str) -> None:
        self.did(self.talk.received({"type": "written", "id": name}))

    def said(self) -> list[object]:
        return [fields["text"] for fields in self.sent]

    def hears_of(self, line: str, kind: Kind, *, mention: bool = False) -> None:
        self.hears(line)
        [shown] = self.effects
        self.assertEqual((shown.kind, shown.mention), (kind, mention), line)


class EnteringTests(OldTalk):
    def test_in(self) -> None:
        self.is_in()
        self.assertEqual(self.effects, [Shown("*** You are in as alice. /quit leaves.", Kind.STATUS, NOW)])
        self.assertEqual((self.talk.rooms.current, self.talk.rooms.names()), ("#lobby", ["#lobby"]))
        self.did(self.talk.cut())
        self.is_in()
        self.assertEqual(self.shown, ["*** Connected again."])

    def test_another_nickname_before(self) -> None:
        self.types("/nick bob")
        self.assertEqual(self.shown, ["*** You will come in as bob"])
        self.is_in()
        self.assertEqual(self.talk.nick, "bob")

    def test_refused(self) -> None:
        """Row A4."""
        self.did(self.talk.received({"type": "error", "code": "NICK_IN_USE", "text": "so it is"}))
        self.assertEqual(self.effects, [Refused("NICK_IN_USE", "so it is")])

    def test_our_own_server_gives_another_name(self) -> None:
        """Row A4: after several tries it gives a similar name and says so; later that is anybody's word."""
        self.is_in()
        self.hears("*** alice is taken; here you are alice2")
        self.assertEqual((self.talk.nick, self.kinds), ("alice2", [Kind.SERVER]))
        self.hears("*** alice is taken; here you are bob")
        self.assertEqual(self.talk.nick, "alice2")

    def test_an_original_servers_first_line_gives_no_name(self) -> None:
        self.is_in()
        self.hears("carol said; here you are bob")
        self.assertEqual(self.talk.nick, "alice")

    def test_what_came_before(self) -> None:
        self.hears("Hello!")
        self.assertEqual((self.shown, self.kinds), (["Hello!"], [Kind.SERVER]))

    def test_nothing_to_show(self) -> None:
        self.is_in()
        self.hears("\x07")
        self.assertEqual(self.effects, [])


class TypingTests(OldTalk):
    def setUp(self) -> None:
        super().setUp()
        self.is_in()

    def test_a_text(self) -> None:
        self.types("hello~ there\r")
        self.assertEqual(self.sent, [{"type": "say", "text": "hello~ there", "id": "c-1"}])
        self.assertTrue(self.talk.outbox)
        self.is_written("c-1")
        self.assertEqual((self.effects, len(self.talk.outbox)), ([], 0))
        self.is_written("c-1")
        self.assertEqual(self.effects, [])

    def test_an_empty_line(self) -> None:
        """Row B."""
        for line in ("", "  ", "\r", "\x1b"):
            self.types(line)
            self.assertEqual(self.effects, [])

    def test_a_long_text(self) -> None:
        """Row A12."""
        self.types("word " * 250)
        self.assertEqual([len(text) for text in self.said()], [894, 355])

    def test_a_text_that_is_too_long(self) -> None:
        self.types("ä" * 40_000)
        self.assertEqual((self.sent, self.shown), ([], ["!!! TEXT_TOO_LONG 80000 bytes; at most 65536 are taken"]))

    def test_a_full_outbox(self) -> None:
        self.start(limit=1)
        self.types("one")
        self.types("two")
        self.assertEqual(self.shown, ["!!! NOT_SENT 1 lines wait already, not this one: two"])
        self.assertEqual(self.talk.refusals, 1)

    def test_quit(self) -> None:
        self.types("/quit so long")
        self.assertEqual(self.effects, [Quit("")])

    def test_me(self) -> None:
        self.types("/me waves")
        self.assertEqual(self.said(), ["* waves"])

    def test_a_slash(self) -> None:
        for typed, said in (("//help", "/help"), ("//", "/"), ("a /b", "a /b")):
            self.types(typed)
            self.assertEqual(self.said(), [said])

    def test_nothing_meant_for_few_is_said_to_all(self) -> None:
        lines = ["/msg bob secret", "/m bob secret", "/login secret", " /login secret", "  /msg bob secret", "/secret",
                 "/say secret", "/me", "/join #secret", "/", "\x00/msg bob secret", "\x85/msg bob secret"]  # fmt: skip
        for number, line in enumerate(lines, 1):
            self.types(line)
            words = "!!! NOT_SENT this server has no commands: here are /me and /quit, and // says a /"
            self.assertEqual((self.shown, self.sent, self.talk.refusals), ([words], [], number), line)

    def test_another_nickname_is_too_late(self) -> None:
        self.types("/nick bob")
        self.assertEqual((self.shown, self.sent), (["!!! NOT_SENT you are alice here until you leave"], []))

    def test_after_a_cut_nothing_is_said_twice(self) -> None:
        for line in ("one", "two"):
            self.types(line)
        self.is_written("c-1")
        self.did(self.talk.cut())
        self.types("three")
        self.assertEqual(self.effects, [])
        self.is_in()
        self.assertEqual(self.said(), ["two", "three"])


class HearingTests(OldTalk):
    def setUp(self) -> None:
        super().setUp()
        self.is_in()

    def says(self, line: str) -> None:
        self.types(line)
        self.is_written(str(self.sent[0]["id"]))

    def test_kinds(self) -> None:
        self.hears_of("bob: hello", Kind.SAID)
        self.hears_of("bob: hello alice!", Kind.SAID, mention=True)
        self.hears_of("bob joined alice", Kind.SERVER)
        self.assertEqual(self.shown, ["bob joined alice"])

    def test_an_echo(self) -> None:
        """Row A8."""
        self.says("hi")
        self.hears_of("alice: hi", Kind.OWN)

    def test_somebody_of_the_same_name(self) -> None:
        """Row A5: there may be, and what he says must not be taken for ours and hidden."""
        self.hears_of("alice: I am another alice", Kind.SAID)
        self.says("hi")
        self.hears_of("alice: I still am", Kind.SAID)
        self.hears_of("alice: hi", Kind.OWN)
        self.hears_of("alice: hi", Kind.SAID)

    def test_an_echo_that_was_lost(self) -> None:
        for line in ("one", "two", "one"):
            self.says(line)
        self.hears_of("alice: two", Kind.OWN)
        self.hears_of("alice: one", Kind.OWN)
        self.hears_of("alice: one", Kind.SAID)

    def test_an_echo_in_ascii(self) -> None:
        """Row A11: our own server writes so to a client that knows nothing else."""
        self.says("häl~lo")
        self.hears_of("alice: hael~lo", Kind.OWN)

    def test_no_echo_after_a_cut(self) -> None:
        self.says("hi")
        self.talk.cut()
        self.is_in()
        self.hears_of("alice: hi", Kind.SAID)

    def test_names_are_learned(self) -> None:
        for nick in ("carol", "bob", "alice"):
            self.hears(f"{nick}: hi")
        self.assertEqual(self.talk.rooms.nicks(), ["bob", "carol"])
        self.talk.cut()
        self.is_in()
        self.assertEqual(self.talk.rooms.nicks(), ["bob", "carol"])

    def test_not_without_end(self) -> None:
        for number in range(300):
            self.hears(f"bob{number}: hi")
            self.hears("carol: hi")
        nicks = self.talk.rooms.nicks()
        self.assertEqual(len(nicks), 200)
        self.assertEqual({"carol", "bob299"} - set(nicks), set())

    def test_what_arrives_moves_no_cursor(self) -> None:
        self.hears("bob: \x1b[2Jx\u202e")
        self.assertEqual(self.shown, ["bob: [2Jx"])


class WindowTests(OldTalk):
    dialect = GOSSIP

    def setUp(self) -> None:
        super().setUp()
        self.is_in()

    def test_kinds(self) -> None:
        """Rows C8 and C9."""
        self.hears_of("SERVER~bob added to the chat", Kind.SERVER)
        self.assertEqual(self.shown, ["[SERVER] bob added to the chat"])
        self.hears_of("bob~hi~alice", Kind.SAID, mention=True)
        self.assertEqual(self.shown, ["[bob] hi~alice"])
        self.hears_of("no name", Kind.SERVER)
        self.assertEqual(self.shown, ["no name"])

    def test_an_echo_without_its_tilde(self) -> None:
        """Row C13."""
        for echo in ("alice~a~b", "alice~a\u223cb"):
            self.types("a~b")
            self.is_written(str(self.sent[0]["id"]))
            self.hears_of(echo, Kind.OWN)

    def test_our_own_server_gives_another_name(self) -> None:
        self.hears("SERVER~alice is taken; here you are alice2")
        self.assertEqual(self.talk.nick, "alice2")

    def test_names_that_can_not_be_completed(self) -> None:
        for name in ("bob b", "x" * 65):
            self.hears_of(f"{name}~hi", Kind.SAID)
        self.assertEqual(self.talk.rooms.nicks(), [])
