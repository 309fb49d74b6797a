"""Whether somebody is an operator: the same work for every wrong answer, and no storm of logins in the way."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.accounts.test_passwords import Later
from tests.helpers import AtOnce
from twisted_chat.accounts import passwords
from twisted_chat.accounts.operators import KnownOperators
from twisted_chat.accounts.passwords import AT_ONCE, WAITING, Hasher, hashed_now
from twisted_chat.core.errors import BadLogin, Busy


class Proving(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.secrets = {"ruth": hashed_now("correct horse"), "anna": "in the clear"}

    def test_whose_name_it_is(self) -> None:
        known = KnownOperators(self.secrets, Hasher(AtOnce()), self.clock)
        self.assertTrue(known.is_one("RUTH"))
        self.assertFalse(known.is_one("nobody"))
        self.assertEqual(known.replace({"RUTH": self.secrets["ruth"], "anna": "another one"}), {"anna"})
        self.assertEqual(known.replace({"nobody": "x"}), {"ruth", "anna"})
        self.assertEqual((known.is_one("ruth"), known.is_one("nobody")), (False, True))

    def test_each_answer_costs_one_hash(self) -> None:
        known = KnownOperators(self.secrets, Hasher(AtOnce()), self.clock)
        hashed: list[str] = []
        has_hash = passwords._has_hash
        self.patch(passwords, "_has_hash", lambda secret, given: hashed.append(secret) or has_hash(secret, given))
        for number, (name, password, right) in enumerate(
            (
                ("ruth", "correct horse", True),
                ("RUTH ", "correct horse", True),
                ("ruth", "wrong", False),
                ("anna", "in the clear", True),
                ("anna", "wrong", False),
                ("nobody", "wrong", False),
                ("", "", False),
                ("nobody", "\0", False),
            )
        ):
            hashed.clear()
            answer = known.prove(name, password, f"192.0.2.{number}")
            if right:
                self.assertEqual(self.successResultOf(answer), name.strip().lower())
            else:
                self.failureResultOf(answer, BadLogin)
            self.assertEqual(len(hashed), 1, name)
            self.assertEqual([each.split("$")[3] for each in hashed], ["m=19456,t=2,p=1"])

    def test_nothing_is_hashed_where_the_reactor_is(self) -> None:
        later = Later()
        known = KnownOperators(self.secrets, Hasher(later), self.clock)
        answer: Deferred[str] = known.prove("ruth", "correct horse", "")
        self.assertNoResult(answer)
        later.works()
        self.assertEqual(self.successResultOf(answer), "ruth")

    def test_many_wrong_ones_at_once_are_many(self) -> None:
        later = Later()
        known = KnownOperators(self.secrets, Hasher(later), self.clock)
        tries = [known.prove("ruth", "wrong", "192.0.2.1") for _try in range(6)]
        while later.waiting:
            later.works()
        for each in tries:
            self.failureResultOf(each, BadLogin)
        error = self.failureResultOf(known.prove("ruth", "correct horse", "192.0.2.1"), Busy).value
        self.assertEqual(str(error), "too many tries failed; wait 2 seconds")

    def test_what_waits_is_bounded(self) -> None:
        later = Later()
        known = KnownOperators(self.secrets, Hasher(later), self.clock)
        for number in range(AT_ONCE + WAITING):
            known.prove("ruth", "wrong", f"10.0.0.{number}")
        self.failureResultOf(known.prove("ruth", "correct horse", "192.0.2.2"), Busy)
        self.assertEqual(len(later.waiting), AT_ONCE + WAITING)
