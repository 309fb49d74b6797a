"""The directory of accounts: who may hold a name, and who proves that he does."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, fail
from twisted.internet.task import Clock
from twisted.logger import LogEvent, formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from tests.accounts.test_passwords import Later
from tests.helpers import make_accounts
from twisted_chat.accounts import directory as directory_module
from twisted_chat.accounts.directory import Directory
from twisted_chat.accounts.passwords import AT_ONCE, WAITING, Hasher
from twisted_chat.accounts.store import MemoryStore
from twisted_chat.accounts.tries import BACKOFF
from twisted_chat.core.errors import BadLogin, BadPassword, Busy, NameTaken, NotAllowed, StorageUnavailable
from twisted_chat.core.names import parse_nick

SESAME = "open sesame"


class DirectoryCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.store = MemoryStore()
        self.directory = make_accounts(self.clock, self.store)
        self.directory.open()
        self.alice = self.successResultOf(self.directory.register("1", parse_nick("Alice"), SESAME))

    def slow(self, threads: Later) -> Directory:
        return Directory(self.store, Hasher(threads), self.clock, utc_ms=lambda: 0, new_id=lambda: "new")

    def logs_in(self, nick: str = "alice", password: str = SESAME, network: str = "192.0.2.1") -> Any:
        return self.successResultOf(self.directory.login(nick, password, network))

    def refuses(self, error: type[Exception], nick: str = "alice", password: str = "wrong", network: str = "") -> str:
        return str(self.failureResultOf(self.directory.login(nick, password, network), error).value)


class Names(DirectoryCase):
    def test_by_whatever_form_of_it(self) -> None:
        for nick in ("alice", "ALICE", " Alice "):
            self.assertEqual(self.directory.named(nick), self.alice)
        self.assertIsNone(self.directory.named("bob"))
        self.assertEqual((self.directory.of("1"), self.directory.of("2")), (self.alice, None))

    def test_what_looks_like_it(self) -> None:
        self.assertEqual(self.directory.like("a1ice"), self.alice)
        self.assertIsNone(self.directory.like("bob"))

    def test_they_are_there_again(self) -> None:
        again = make_accounts(self.clock, self.store)
        again.open()
        self.assertEqual(again.named("alice"), self.alice)
        self.assertEqual(self.successResultOf(again.login("alice", SESAME, "")), self.alice)


class Registering(DirectoryCase):
    def test_a_name_that_is_somebodys(self) -> None:
        self.failureResultOf(self.directory.register("2", parse_nick("ALICE"), SESAME), NameTaken)

    def test_two_at_once(self) -> None:
        threads = Later()
        directory = self.slow(threads)
        first = directory.register("2", parse_nick("bob"), SESAME)
        second = directory.register("3", parse_nick("Bob"), SESAME)
        self.failureResultOf(second, NameTaken)
        threads.works()
        self.assertEqual(self.successResultOf(first).id, "2")

    def test_it_is_held_while_it_is_made(self) -> None:
        """Whose it was may be gone before it is his."""
        threads = Later()
        directory = self.slow(threads)
        directory.register("2", parse_nick("larry"), SESAME)
        for nick in ("LARRY", "Iarry"):
            alike = directory.like(nick)
            assert alike is not None
            self.assertEqual((alike.id, alike.name), ("2", "larry"))
        self.assertIsNone(directory.named("larry"))
        threads.works()
        self.assertEqual(directory.named("larry"), directory.like("Iarry"))

    def test_one_that_can_not_be_kept_is_free_again(self) -> None:
        self.patch(self.store, "add", lambda _record: fail(StorageUnavailable()))
        self.failureResultOf(self.directory.register("2", parse_nick("bob"), SESAME), StorageUnavailable)
        self.assertIsNone(self.directory.named("bob"))
        self.assertIsNone(self.directory.like("bob"))
        del self.store.add  # type: ignore[attr-defined]
        self.successResultOf(self.directory.register("2", parse_nick("bob"), SESAME))

    def test_a_bad_password_leaves_the_name_free(self) -> None:
        self.failureResultOf(self.directory.register("2", parse_nick("bob"), "x"), BadPassword)
        self.successResultOf(self.directory.register("2", parse_nick("bob"), SESAME))


class LoggingIn(DirectoryCase):
    def test_right(self) -> None:
        self.assertEqual(self.logs_in(), self.alice)
        self.assertEqual(self.logs_in("ALICE"), self.alice)

    def test_wrong_and_unknown_are_answered_alike(self) -> None:
        self.assertEqual(self.refuses(BadLogin), self.refuses(BadLogin, nick="nobody"))

    def test_guessing_gets_slow_for_the_network(self) -> None:
        for number in range(BACKOFF.free):
            self.refuses(BadLogin, nick=f"nobody{number}", network="192.0.2.7")
        self.assertIn("wait 1 second", self.refuses(Busy, nick="bob", network="192.0.2.7"))
        self.logs_in(network="192.0.2.8")
        self.clock.advance(1)
        self.logs_in(network="192.0.2.7")

    def test_and_for_the_account_from_wherever(self) -> None:
        for number in range(BACKOFF.free):
            self.refuses(BadLogin, network=f"192.0.2.{number}")
        self.refuses(Busy, network="192.0.2.99")
        self.clock.advance(1)
        self.logs_in(network="192.0.2.99")
        self.refuses(BadLogin)

    def test_an_account_of_ones_own_makes_no_guesses_good(self) -> None:
        self.successResultOf(self.directory.register("2", parse_nick("eve"), SESAME))
        for number in range(BACKOFF.free):
            self.refuses(BadLogin, nick=f"nobody{number}", network="192.0.2.7")
            if number < BACKOFF.free - 1:
                self.logs_in("eve", network="192.0.2.7")
        self.refuses(Busy, network="192.0.2.7")

    def test_many_wrong_ones_at_once_are_many(self) -> None:
        threads = Later()
        directory = self.slow(threads)
        directory.open()
        answers: list[Deferred[Any]] = [
            directory.login("alice", "wrong", "192.0.2.7") for _try in range(BACKOFF.free + 1)
        ]
        while threads.waiting:
            threads.works()
        for answer in answers:
            self.failureResultOf(answer, BadLogin)
        error = self.failureResultOf(directory.login("alice", SESAME, "192.0.2.7"), Busy).value
        self.assertEqual(str(error), "too many tries failed; wait 2 seconds")

    def test_a_class_behind_one_address_comes_at_once(self) -> None:
        threads = Later()
        directory = self.slow(threads)
        directory.open()
        answers = [directory.login("alice", SESAME, "192.0.2.7") for _pupil in range(16)]
        while threads.waiting:
            threads.works()
        for answer in answers:
            self.assertEqual(self.successResultOf(answer), self.alice)

    def test_a_crowd(self) -> None:
        threads = Later()
        directory = self.slow(threads)
        answers = [directory.login(f"n{number}", "x", f"192.0.2.{number}") for number in range(200)]
        busy = [answer for answer in answers if answer.called]
        self.assertEqual((len(threads.waiting), len(busy)), (AT_ONCE + WAITING, 200 - AT_ONCE - WAITING))
        for answer in busy:
            self.failureResultOf(answer, Busy)
        while threads.waiting:
            threads.works()
        for answer in answers:
            if answer not in busy:
                self.failureResultOf(answer, BadLogin)

    def test_who_finds_no_place_is_told_so_before_anything_is_done(self) -> None:
        threads = Later()
        directory = self.slow(threads)
        directory.open()
        waiting = [directory.login("nobody", "x", f"192.0.3.{number}") for number in range(AT_ONCE + WAITING)]
        portal, directory.portal = directory.portal, NoWay()  # type: ignore[assignment]
        for _try in range(2 * BACKOFF.free):
            error = self.failureResultOf(directory.login("alice", "wrong", "192.0.2.7"), Busy).value
            self.assertEqual(str(error), "too many passwords are being looked at; try again")
        directory.portal = portal
        while threads.waiting:
            threads.works()
        for each in waiting:
            self.failureResultOf(each, BadLogin)
        answer = directory.login("alice", SESAME, "192.0.2.7")  # no try was counted
        threads.works()
        self.assertEqual(self.successResultOf(answer), self.alice)


class NoWay:
    """A portal by which nobody is to go."""

    def login(self, *_arguments: object) -> Deferred[Any]:
        raise AssertionError("somebody went by the portal")


class Passwords(DirectoryCase):
    def test_another(self) -> None:
        self.successResultOf(self.directory.set_password(self.alice, "another one"))
        self.refuses(BadLogin, password=SESAME)
        self.logs_in(password="another one")
        self.assertEqual(len(self.store.load()), 1)

    def test_one_that_can_be_none(self) -> None:
        self.failureResultOf(self.directory.set_password(self.alice, "x"), BadPassword)
        self.logs_in()

    def test_resume_secrets_from_before_are_void_over_a_restart(self) -> None:
        before = self.directory.stamp("1")
        self.directory.void(self.alice)
        after = self.directory.stamp("1")
        self.assertNotEqual(after, before)
        self.assertEqual(self.store.load()[0].voided, 1)
        again = make_accounts(self.clock, self.store)
        again.open()
        self.assertEqual((again.stamp("1"), again.stamp("nobody")), (after, ""))

    def test_where_that_can_not_be_kept_it_holds_until_then(self) -> None:
        said: list[LogEvent] = []
        globalLogPublisher.addObserver(said.append)
        self.addCleanup(globalLogPublisher.removeObserver, said.append)
        self.patch(self.store, "set_voided", lambda _account, _voided: fail(StorageUnavailable()))
        before = self.directory.stamp("1")
        self.directory.void(self.alice)
        self.assertNotEqual(self.directory.stamp("1"), before)
        self.assertIn("that resume secrets are void is not kept over a restart", formatEvent(said[0]) or "")

    def test_closing_ends_the_threads(self) -> None:
        threads = Later()
        self.slow(threads).close()
        self.assertTrue(threads.stopped)

    def test_what_was_guessed_at_is_forgotten_with_the_old_one(self) -> None:
        for number in range(BACKOFF.free):
            self.refuses(BadLogin, network=f"192.0.2.{number}")
        self.refuses(Busy, network="192.0.2.99")
        self.successResultOf(self.directory.set_password(self.alice, "another one"))
        self.logs_in(password="another one", network="192.0.2.99")

    def test_the_old_one_is_none_while_it_is_looked_at(self) -> None:
        threads = Later()
        directory = self.slow(threads)
        directory.open()
        login, change = directory.login("alice", SESAME, ""), directory.set_password(self.alice, "another one")
        threads.waiting.reverse()
        threads.works()
        self.successResultOf(change)
        threads.works()
        self.failureResultOf(login, BadLogin)


class Ending(DirectoryCase):
    def ends(self, directory: Directory | None = None) -> None:
        self.successResultOf((directory or self.directory).remove(self.alice))

    def test_its_name_is_free_and_its_id_is_nobodys(self) -> None:
        before = self.directory.stamp("1")
        self.ends()
        self.assertEqual((self.directory.named("alice"), self.directory.of("1")), (None, None))
        self.assertIsNone(self.directory.like("a1ice"))
        self.refuses(BadLogin, password=SESAME)
        self.assertNotIn(self.directory.stamp("1"), (before, ""))
        self.failureResultOf(self.directory.register("1", parse_nick("alice"), SESAME), NameTaken)
        self.successResultOf(self.directory.register("2", parse_nick("alice"), SESAME))
        self.ends()  # by somebody who was slower: that is another one now
        self.assertEqual(self.logs_in().id, "2")

    def test_over_a_restart(self) -> None:
        stamp = self.directory.stamp("1")
        self.ends()
        again = make_accounts(self.clock, self.store)
        again.open()
        self.assertIsNone(again.named("alice"))
        self.assertEqual(again.stamp("1"), self.directory.stamp("1"))
        self.assertNotEqual(again.stamp("1"), stamp)

    def test_the_next_one_of_that_name_has_no_home_where_the_old_one_had(self) -> None:
        self.logs_in(network="192.0.2.7")
        self.ends()
        self.successResultOf(self.directory.register("2", parse_nick("alice"), SESAME))
        for number in range(BACKOFF.free):
            self.refuses(BadLogin, network=f"192.0.2.{100 + number}")
        self.refuses(Busy, network="192.0.2.7")

    def test_while_its_password_is_looked_at_or_changed(self) -> None:
        threads = Later()
        directory = self.slow(threads)
        directory.open()
        answers = directory.login("alice", SESAME, ""), directory.set_password(self.alice, "another one")
        self.ends(directory)
        for answer in answers:
            threads.works()
            self.failureResultOf(answer, BadLogin)
        self.assertIsNone(directory.named("alice"))

    def test_while_its_new_password_is_written(self) -> None:
        writing: Deferred[None] = Deferred()
        self.patch(self.store, "set_hash", lambda _account, _hashed: writing)
        change = self.directory.set_password(self.alice, "another one")
        self.ends()
        writing.callback(None)
        self.failureResultOf(change, BadLogin)

    def test_there_is_nothing_left_to_make_void(self) -> None:
        self.ends()
        before = self.directory.stamp("1")
        self.directory.void(self.alice)
        self.assertEqual(self.directory.stamp("1"), before)

    def test_ids_that_are_nobodys_count_for_the_bound(self) -> None:
        self.patch(directory_module, "MOST_ACCOUNTS", 1)
        self.ends()
        self.failureResultOf(self.directory.register("2", parse_nick("bob"), SESAME), NotAllowed)
