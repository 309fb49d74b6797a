"""Changing and taking back what one said."""

from __future__ import annotations

from tests.core.doubles import SlowCase, arrives, someone
from tests.helpers import CoreCase
from twisted_chat.boundaries import Stance
from twisted_chat.core.events import Event, Kind
from twisted_chat.core.helm import Brake


class Case(CoreCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice, self.bob = someone(self, "alice"), someone(self, "bob")
        self.alice.types("helo")
        for each in (self.alice, self.bob):
            each.listener.forget()

    def revisions(self, who: object) -> list[tuple[Kind, int, str | None, Stance]]:
        heard = [
            (item.kind, item.target, item.text, stance)
            for item, stance, _view in who.listener.heard  # type: ignore[attr-defined]
            if isinstance(item, Event)
        ]
        who.listener.forget()  # type: ignore[attr-defined]
        return heard


class Revising(Case):
    def test_an_edit(self) -> None:
        self.alice.types("/edit #1 hello")
        self.assertEqual(self.revisions(self.bob), [(Kind.EDITED, 1, "hello", Stance.OTHER)])
        self.assertEqual(self.revisions(self.alice), [(Kind.EDITED, 1, "hello", Stance.ORIGIN)])
        self.bob.types("/history")
        self.bob.hears("history of #lobby: [#lobby] alice: hello")

    def test_a_deletion(self) -> None:
        self.alice.types("/delete 1")
        self.assertEqual(self.revisions(self.bob), [(Kind.DELETED, 1, None, Stance.OTHER)])
        self.assertEqual(self.revisions(self.alice), [(Kind.DELETED, 1, None, Stance.ORIGIN)])
        self.bob.types("/history")
        self.bob.hears("history of #lobby:")
        self.alice.types("/delete 1", "/edit 1 again")
        self.alice.hears(*["!!! NO_SUCH_LINE there is no line #1 that you could read"] * 2)

    def test_in_the_same_packet_with_what_was_said(self) -> None:
        self.alice.types("wrong", "/delete #2", "right")
        self.assertEqual(
            [kind for kind, *_rest in self.revisions(self.bob)], [Kind.MESSAGE, Kind.MESSAGE, Kind.DELETED]
        )

    def test_only_ones_own(self) -> None:
        self.bob.types("/edit #1 mine", "/delete #1")
        self.bob.hears(*["!!! NOT_ALLOWED only who said it may change it, and only until he leaves"] * 2)

    def test_only_what_one_can_read(self) -> None:
        self.bob.types("/join #dev", "in dev", "/part", "/delete #2")
        self.assertEqual(self.bob.takes()[-1], "!!! NO_SUCH_LINE there is no line #2 that you could read")
        self.alice.types("/delete #2", "/delete #99")
        self.alice.hears(
            "!!! NO_SUCH_LINE there is no line #2 that you could read",
            "!!! NO_SUCH_LINE there is no line #99 that you could read",
        )

    def test_direct_messages(self) -> None:
        carol = someone(self, "carol")
        self.alice.types("/msg bob psst")
        self.bob.listener.forget()
        self.alice.listener.forget()
        before = self.bob.session.person.directs
        self.alice.types("/edit #2 hush")
        self.assertEqual(self.revisions(self.bob), [(Kind.EDITED, 2, "hush", Stance.OTHER)])
        self.assertEqual(self.revisions(self.alice), [(Kind.EDITED, 2, "hush", Stance.ORIGIN)])
        self.assertEqual(self.revisions(carol), [])
        self.assertEqual(self.bob.session.person.directs, before, "nothing new was said")
        carol.types("/delete #2")
        carol.hears("!!! NO_SUCH_LINE there is no line #2 that you could read")
        self.bob.types("/delete #2")
        self.bob.hears("!!! NOT_ALLOWED only who said it may change it, and only until he leaves")

    def test_what_was_not_said_can_not_be_changed(self) -> None:
        self.alice.types("/topic work")
        self.alice.listener.forget()
        self.alice.types("/edit #2 play")
        self.alice.hears("!!! NO_SUCH_LINE there is no line #2 that you could read")

    def test_what_is_not_understood(self) -> None:
        self.alice.types("/edit #1", "/edit x y", "/delete #", "/delete \u0663", "/del 1")
        self.alice.hears(
            "!!! NEED_TEXT that needs more: /edit #ID TEXT",
            "!!! BAD_REQUEST x is no number of a line; /history shows them",
            "!!! BAD_REQUEST # is no number of a line; /history shows them",
            "!!! BAD_REQUEST \u0663 is no number of a line; /history shows them",
            "!!! UNKNOWN_COMMAND /del: did you mean /delete?",
        )
        self.alice.session.typed(f"/edit #1 {'x' * 2001}")
        self.turn()
        self.alice.hears("!!! TEXT_TOO_LONG 2001 characters; at most 2000 are taken")

    def test_whom_one_ignores(self) -> None:
        self.bob.types("/ignore alice")
        self.bob.listener.forget()
        self.alice.types("/edit #1 hello")
        self.assertEqual(self.revisions(self.bob), [])

    def test_who_comes_back_gets_the_words_as_they_are_and_the_change(self) -> None:
        self.alice.types("/edit #1 hello")
        self.alice.types("two")
        self.alice.types("/delete #3")
        carol = arrives(self, "carol", since=0)
        texts = [(event.kind, event.text) for event in carol.listener.events() if event.seq]
        self.assertEqual(texts, [(Kind.MESSAGE, "hello"), (Kind.EDITED, "hello"), (Kind.DELETED, None)])

    def test_a_retry_of_what_was_changed_is_confirmed(self) -> None:
        self.alice.session.say("once", client_id="c-1")
        self.turn()
        self.alice.types("/edit #2 twice")
        self.alice.listener.forget()
        self.alice.session.say("once", client_id="c-1")
        self.turn()
        (event,) = self.alice.listener.events()
        self.assertEqual((event.seq, event.text, event.revised), (2, "twice", True))


class Slow(SlowCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice = someone(self, "alice")
        self.alice.types("helo")
        self.alice.listener.forget()

    def test_it_is_looked_up_first(self) -> None:
        self.alice.types("/edit #1 hello")
        self.alice.hears()
        self.journal.finds()
        self.turn()
        (event,) = self.alice.listener.events()
        self.assertEqual((event.kind, event.seq, event.answer_to), (Kind.EDITED, 2, None))

    def test_who_left_meanwhile(self) -> None:
        self.alice.types("/edit #1 hello")
        self.alice.session.lost()
        self.turn()
        self.journal.finds()
        self.turn()
        self.assertEqual(self.journal.seq, 1)

    def test_a_log_that_can_not_be_read(self) -> None:
        self.alice.types("/edit #1 hello")
        ((answer, _seq),) = self.journal.looked_for
        answer.errback(OSError("the disk is gone"))
        self.alice.hears("!!! STORAGE_UNAVAILABLE the log can't be read now")
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)

    def test_two_at_once(self) -> None:
        self.alice.types("/delete #1", "/delete #1")
        self.journal.finds()
        self.turn()
        self.assertEqual(
            self.alice.takes(),
            ["[#lobby] alice deleted None", "!!! NO_SUCH_LINE there is no line #1 that you could read"],
        )


class UnderTheBrake(Case):
    def test_words_can_not_be_changed(self) -> None:
        """It reaches others as what is said does, and whoever tries hears that it is refused."""
        self.chat.helm.set_brake(Brake.REGISTERED)
        self.turn()
        self.alice.takes()
        self.alice.types("/edit #1 hello", "/delete #1")
        refusal, deleted = self.alice.takes()
        self.assertIn("!!! NOT_ALLOWED for the moment, only who has an account", refusal)
        self.assertIn("deleted", deleted)
