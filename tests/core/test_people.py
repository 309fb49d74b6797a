from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.core.doubles import someone
from tests.helpers import CoreCase
from twisted_chat.core.errors import NickInUse, NotAllowed
from twisted_chat.core.names import Name, parse_nick
from twisted_chat.core.people import MAX_IGNORED, Ignores, Names, Person


def person(nick: str) -> Person:
    return Person(f"id of {nick}", parse_nick(nick), 0)


class Holding(SynchronousTestCase):
    def setUp(self) -> None:
        self.names = Names()
        self.alice, self.bob = person("alice"), person("bob")
        self.names.reserve(self.alice.name, self.alice)

    def test_who_is_called_so(self) -> None:
        for nick in ("alice", "ALICE", " alice ", "\uff41lice"):
            self.assertIs(self.names.holder(nick), self.alice)
        self.assertIsNone(self.names.holder("bob"))

    def test_nobody_else_gets_it(self) -> None:
        error = self.assertRaises(NickInUse, self.names.reserve, parse_nick("Alice"), self.bob)
        self.assertEqual(str(error), "Alice is taken")
        self.assertIs(self.names.holder("alice"), self.alice)

    def test_its_holder_may_ask_for_it_again(self) -> None:
        self.names.reserve(parse_nick("Alice"), self.alice)
        self.assertIs(self.names.holder("alice"), self.alice)

    def test_only_its_holder_releases_it(self) -> None:
        self.names.release(self.alice.name.key, self.bob)
        self.assertIs(self.names.holder("alice"), self.alice)
        self.names.release(self.alice.name.key, self.alice)
        self.assertIsNone(self.names.holder("alice"))
        self.names.release(self.alice.name.key, self.alice)  # no harm


class Ignoring(SynchronousTestCase):
    def setUp(self) -> None:
        self.ignores = Ignores()
        self.alice, self.bob, self.mallory = person("alice"), person("bob"), person("mallory")

    def ignorers(self, of: Person) -> list[str]:
        return sorted(each.nick for each in self.ignores.of(of.id))

    def test_one_who_is_here(self) -> None:
        self.ignores.ignore(self.alice, self.mallory.name, self.mallory)
        self.assertEqual(self.ignorers(self.mallory), ["alice"])
        self.assertEqual(self.ignorers(self.bob), [])
        self.assertEqual(self.alice.ignored, {"mallory": Name("mallory", "mallory")})

    def test_one_who_is_not_here_yet(self) -> None:
        self.ignores.ignore(self.alice, self.mallory.name, None)
        self.assertEqual(self.ignorers(self.mallory), [])
        self.ignores.named(self.mallory, self.mallory.name)
        self.assertEqual(self.ignorers(self.mallory), ["alice"])

    def test_a_new_name_is_no_way_around_it(self) -> None:
        self.ignores.ignore(self.alice, self.mallory.name, self.mallory)
        self.ignores.named(self.mallory, parse_nick("trudy"))
        self.assertEqual(self.ignorers(self.mallory), ["alice"])

    def test_it_ends_by_the_old_name_after_a_renaming(self) -> None:
        self.ignores.ignore(self.alice, self.mallory.name, self.mallory)
        self.assertTrue(self.ignores.unignore(self.alice, self.mallory.name, None))
        self.assertEqual(self.ignorers(self.mallory), [])
        self.assertEqual(self.alice.ignored, {})

    def test_it_ends_by_the_new_name_too(self) -> None:
        self.ignores.ignore(self.alice, self.mallory.name, self.mallory)
        self.assertTrue(self.ignores.unignore(self.alice, parse_nick("trudy"), self.mallory))
        self.assertEqual(self.ignorers(self.mallory), [])
        self.assertEqual(self.alice.ignored, {})
        self.ignores.named(self.bob, self.mallory.name)
        self.assertEqual(self.ignorers(self.bob), [])

    def test_whoever_is_ignored_by_another_name_still_stays_so(self) -> None:
        self.ignores.ignore(self.alice, self.mallory.name, self.mallory)
        self.ignores.ignore(self.alice, parse_nick("trudy"), None)
        self.ignores.named(self.mallory, parse_nick("trudy"))
        self.assertTrue(self.ignores.unignore(self.alice, self.mallory.name, None))
        self.assertEqual(self.ignorers(self.mallory), ["alice"])

    def test_one_ends_it_and_the_other_does_not(self) -> None:
        for who in (self.alice, self.bob):
            self.ignores.ignore(who, self.mallory.name, self.mallory)
        self.ignores.unignore(self.alice, self.mallory.name, self.mallory)
        self.assertEqual(self.ignorers(self.mallory), ["bob"])

    def test_to_end_what_never_was(self) -> None:
        self.assertFalse(self.ignores.unignore(self.alice, self.mallory.name, self.mallory))
        self.ignores.ignore(self.bob, self.mallory.name, self.mallory)
        self.assertFalse(self.ignores.unignore(self.alice, self.mallory.name, self.mallory))
        self.assertEqual(self.ignorers(self.mallory), ["bob"])

    def test_nobody_ignores_himself_by_taking_an_ignored_name(self) -> None:
        self.ignores.ignore(self.alice, self.mallory.name, None)
        self.ignores.named(self.alice, self.mallory.name)
        self.assertEqual(self.ignorers(self.alice), [])

    def test_a_full_list(self) -> None:
        for number in range(MAX_IGNORED):
            self.ignores.ignore(self.alice, parse_nick(f"p{number}"), None)
        error = self.assertRaises(NotAllowed, self.ignores.ignore, self.alice, self.mallory.name, self.mallory)
        self.assertEqual(str(error), "you ignore 100 people already")
        self.assertEqual(self.ignorers(self.mallory), [])
        self.ignores.ignore(self.alice, parse_nick("P7"), None)  # stands there already

    def test_who_leaves_leaves_nothing_behind(self) -> None:
        for who in (self.alice, self.bob):
            self.ignores.ignore(who, self.mallory.name, self.mallory)
        self.ignores.ignore(self.mallory, self.alice.name, self.alice)
        self.ignores.ignore(self.mallory, self.bob.name, self.bob)
        self.ignores.ignore(self.alice, self.bob.name, self.bob)
        self.ignores.gone(self.alice)
        self.assertEqual(self.ignorers(self.mallory), ["bob"])
        self.assertEqual(self.ignorers(self.alice), [])
        self.assertEqual(self.ignorers(self.bob), ["mallory"])
        self.ignores.gone(self.bob)
        self.ignores.gone(self.mallory)
        self.assertEqual((self.ignores._by_key, self.ignores._by_person), ({}, {}))


class Together(CoreCase):
    def test_taking_a_name_that_one_ignores(self) -> None:
        alice = someone(self, "alice")
        alice.types("/ignore carol", "/nick carol", "still here")
        self.assertEqual(alice.takes()[-2:], ["alice is carol now", "[#lobby] carol: still here"])

    def test_a_name_is_free_again_after_a_renaming(self) -> None:
        alice, bob = someone(self, "alice"), someone(self, "bob")
        alice.types("/nick ally", "/nick al", "/nick ally")
        bob.types("/nick alice", "/nick al")
        self.assertEqual(bob.session.person.nick, "al")
        self.assertIs(self.chat.names.holder("ally"), alice.session.person)
        self.assertIsNone(self.chat.names.holder("alice"))
        self.assertIsNone(self.chat.names.holder("bob"))

    def test_there_and_back_in_one_turn_keeps_the_name(self) -> None:
        alice = someone(self, "alice")
        alice.types("/nick ally", "/nick alice", "/nick Alice")
        self.assertIs(self.chat.names.holder("alice"), alice.session.person)
        self.assertIsNone(self.chat.names.holder("ally"))
        self.assertEqual(alice.session.person.nick, "Alice")
