"""Who may come back into a room, and who gives way to whom."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core import admissions
from twisted_chat.core.admissions import Admissions


class AdmissionsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.patch(admissions, "MOST", 2)
        self.admitted = Admissions()

    def holds(self, *persons: str) -> None:
        self.assertEqual([each for each in "123456" if each in self.admitted], list(persons))

    def test_who_came_gives_way_to_who_comes(self) -> None:
        for person in ("1", "2", "3", "2", "4"):
            self.admitted.came_in(person)
        self.holds("2", "4")

    def test_whom_a_keeper_let_in_gives_way_to_those_alone(self) -> None:
        for person in ("1", "2"):
            self.admitted.give(person)
        for person in ("1", "3", "4", "5"):
            self.admitted.came_in(person)
        self.holds("1", "2", "4", "5")
        self.admitted.give("5")
        self.holds("2", "4", "5")
        self.admitted.came_in("3")
        self.holds("2", "3", "4", "5")

    def test_taking_it_back(self) -> None:
        self.admitted.give("1")
        self.admitted.came_in("2")
        self.assertEqual([self.admitted.take(each) for each in "123"], [True, False, False])
        self.holds()
        self.admitted.give("1")
        self.admitted.came_in("2")
        self.admitted.clear()
        self.holds()
