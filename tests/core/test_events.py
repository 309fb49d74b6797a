from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.events import KEPT, NATURE, REVISIONS, SPEECH, TALK, Event, Kind


class Natures(SynchronousTestCase):
    def test_each_kind_has_one(self) -> None:
        self.assertEqual(set(NATURE), set(Kind))

    def test_what_the_log_keeps(self) -> None:
        self.assertEqual(KEPT, {Kind.MESSAGE, Kind.ACTION, Kind.DIRECT, Kind.TOPIC, *REVISIONS})
        self.assertTrue(TALK < SPEECH < KEPT)

    def test_only_what_is_kept_can_be_shown_later(self) -> None:
        for kind, nature in NATURE.items():
            self.assertTrue(nature.kept or not (nature.history or nature.resumed or nature.skippable), kind)

    def test_what_counts_as_skipped_is_what_is_served_later(self) -> None:
        """`Feed` subtracts what it served from what was said."""
        for kind, nature in NATURE.items():
            self.assertEqual(nature.resumed, nature.skippable or kind in REVISIONS, kind)

    def test_a_rooms_history_holds_no_direct_messages(self) -> None:
        self.assertFalse(NATURE[Kind.DIRECT].history)


class SameWords(SynchronousTestCase):
    def event(self, **more: object) -> Event:
        facts: dict[str, object] = {
            "kind": Kind.MESSAGE,
            "person": "1",
            "nick": "alice",
            "time": 5,
            "room": "9",
            "text": "hi",
        }
        return Event(**{**facts, **more})  # type: ignore[arg-type]

    def test_another_name_and_time_make_no_difference(self) -> None:
        self.assertTrue(self.event().same_words(self.event(nick="alice2", time=6, seq=7)))

    def test_of_what_was_revised_the_text_is_not_known_any_more(self) -> None:
        self.assertTrue(self.event().same_words(self.event(text="ho", revised=True)))
        self.assertTrue(self.event().same_words(self.event(text=None, revised=True)))
        self.assertFalse(self.event().same_words(self.event(text="ho", room="8", revised=True)))

    def test_another_text_or_target_does(self) -> None:
        for other in (
            self.event(kind=Kind.ACTION),
            self.event(text="ho"),
            self.event(room="8"),
            self.event(to_nick="bob"),
            self.event(action=True),
        ):
            self.assertFalse(self.event().same_words(other), other)
