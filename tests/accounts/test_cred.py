"""twisted.cred: our checker, those of Twisted's, and what becomes of whom they vouch for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.cred.checkers import AllowAnonymousAccess, FilePasswordDB, InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.credentials import IUsernamePassword, UsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import LogEvent, formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import Interface
from zope.interface.verify import verifyObject

from tests.files import place_for
from tests.helpers import make_accounts
from twisted_chat.accounts import directory as accounts_directory
from twisted_chat.accounts.cred import (
    ANSWERS,
    AccountChecker,
    AccountRealm,
    AnyOf,
    IAccount,
    ICredentialsChecker,
    IRealm,
)
from twisted_chat.accounts.directory import VOUCHED_FOR, Directory
from twisted_chat.accounts.store import MemoryStore, Record
from twisted_chat.accounts.tries import BACKOFF
from twisted_chat.boundaries import Account
from twisted_chat.core.errors import BadLogin, Busy, NameTaken, NotAllowed, StorageUnavailable
from twisted_chat.core.names import parse_nick

SESAME = "open sesame"


class SlowStore(MemoryStore):
    """Keeps what it is given when somebody says so."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[Deferred[None]] = []

    def add(self, record: Record) -> Deferred[None]:
        self.waiting.append(Deferred())
        return self.waiting[-1]


class CredCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.store: MemoryStore = MemoryStore()

    def directory(self, *checkers: object) -> Directory:
        directory = make_accounts(self.clock, self.store, checkers)
        directory.open()
        return directory

    def refuses(self, directory: Directory, nick: str, password: str) -> None:
        error = self.failureResultOf(directory.login(nick, password, ""), BadLogin)
        self.assertEqual(str(error.value), "no account has this name and password")


class Face(CredCase):
    def test_the_interfaces(self) -> None:
        own = AccountChecker(lambda _nick, _password: None)  # type: ignore[arg-type, return-value]
        verifyObject(ICredentialsChecker, own)
        verifyObject(ICredentialsChecker, AnyOf(own, (), lambda _nick: True, self.clock))
        verifyObject(IRealm, AccountRealm(lambda _nick: None))  # type: ignore[arg-type, return-value]

    def test_one_logs_in_for_an_account(self) -> None:
        directory = self.directory()
        alice = self.successResultOf(directory.register("1", parse_nick("alice"), SESAME))
        credentials = UsernamePassword(b"alice", SESAME.encode())
        interface, account, logout = self.successResultOf(directory.portal.login(credentials, None, IAccount))
        self.assertEqual((interface, account), (IAccount, alice))
        logout()
        wrong = UsernamePassword(b"alice", b"\xff")
        self.failureResultOf(directory.portal.login(wrong, None, IAccount), UnauthorizedLogin)

    def test_for_nothing_else(self) -> None:
        directory = self.directory()
        self.successResultOf(directory.register("1", parse_nick("alice"), SESAME))
        credentials = UsernamePassword(b"alice", SESAME.encode())
        self.failureResultOf(directory.portal.login(credentials, None, Interface), NotImplementedError)


class Others(CredCase):
    def test_whom_another_knows_gets_an_account(self) -> None:
        path = place_for(self)
        path.write_text("carol:her-password\n~:x\n")
        directory = self.directory(FilePasswordDB(str(path)))
        carol = self.successResultOf(directory.login("carol", "her-password", ""))
        self.assertEqual((carol.name, carol.id), ("carol", "account 1"))
        self.assertEqual(self.successResultOf(directory.login("carol", "her-password", "")), carol)
        self.refuses(directory, "carol", "wrong")
        self.refuses(directory, "nobody", "her-password")
        self.refuses(directory, "~", "x")  # can't be a name here
        self.failureResultOf(directory.register("7", parse_nick("carol"), SESAME), NameTaken)
        again = self.directory(FilePasswordDB(str(path)))
        self.assertEqual(self.successResultOf(again.login("carol", "her-password", "")), carol)

    def test_so_many_and_no_more(self) -> None:
        self.patch(accounts_directory, "MOST_ACCOUNTS", 1)
        directory = self.directory(InMemoryUsernamePasswordDatabaseDontUse(carol=b"x", dave=b"y"))
        carol = self.successResultOf(directory.login("carol", "x", ""))
        error = self.failureResultOf(directory.login("dave", "y", ""), NotAllowed).value
        self.assertEqual(str(error), "this server has 1 accounts already")
        self.assertEqual(self.successResultOf(directory.login("carol", "x", "")), carol)

    def test_twice_while_the_account_is_being_kept(self) -> None:
        self.patch(accounts_directory, "MOST_ACCOUNTS", 2)
        self.store = store = SlowStore()
        directory = self.directory(InMemoryUsernamePasswordDatabaseDontUse(carol=b"x", dave=b"y", eve=b"z"))
        carol, dave = directory.login("carol", "x", ""), directory.login("dave", "y", "")
        error = self.failureResultOf(directory.login("eve", "z", ""), NotAllowed).value
        self.assertEqual(str(error), "this server has 2 accounts already")
        again = [directory.login("Carol", "x", ""), directory.login("carol", "x", "192.0.2.1")]
        self.failureResultOf(again.pop(0), BadLogin)  # nobody has vouched for that one
        for kept in store.waiting:
            kept.callback(None)
        names = [self.successResultOf(each).name for each in (carol, dave, *again)]
        self.assertEqual(names, ["carol", "dave", "carol"])
        self.assertEqual(len(store.waiting), 2)

    def test_one_that_can_not_be_kept(self) -> None:
        self.store = store = SlowStore()
        directory = self.directory(InMemoryUsernamePasswordDatabaseDontUse(carol=b"x"))
        both = [directory.login("carol", "x", "") for _session in range(2)]
        store.waiting.pop().errback(StorageUnavailable())
        for each in both:
            self.failureResultOf(each, StorageUnavailable)
        self.assertIsNone(directory.like("carol"))
        third = directory.login("carol", "x", "")
        store.waiting.pop().callback(None)
        self.assertEqual(self.successResultOf(third).name, "carol")

    def test_while_it_is_made_with_a_password_of_ours(self) -> None:
        self.store = store = SlowStore()
        directory = self.directory(InMemoryUsernamePasswordDatabaseDontUse(carol=b"x"))
        directory.register("7", parse_nick("carol"), SESAME)
        for _try in range(BACKOFF.free + 1):  # none of them is a failed one
            error = self.failureResultOf(directory.login("carol", "x", "192.0.2.1"), Busy).value
            self.assertEqual(str(error), "an account is being made of carol; try again")
        store.waiting.pop().callback(None)
        self.refuses(directory, "carol", "x")

    def test_one_account_is_one_spelling(self) -> None:
        """Whoever was let in first: another one whose name differs by its case has not the same account."""
        path = place_for(self)
        path.write_text("Lisa:hers\nlisa:another-ones\n")
        directory = self.directory(FilePasswordDB(str(path)))
        lisa = self.successResultOf(directory.login("Lisa", "hers", ""))
        self.assertEqual(self.successResultOf(directory.login("lisa", "hers", "")), lisa)
        self.refuses(directory, "lisa", "another-ones")

    def test_several_are_asked(self) -> None:
        one, other = InMemoryUsernamePasswordDatabaseDontUse(), InMemoryUsernamePasswordDatabaseDontUse(dave=b"y")
        self.assertEqual(self.successResultOf(self.directory(one, other).login("dave", "y", "")).name, "dave")

    def test_nobody_else_vouches_for_a_name_with_a_password_of_ours(self) -> None:
        directory = self.directory(InMemoryUsernamePasswordDatabaseDontUse(alice=b"theirs"))
        self.successResultOf(directory.register("1", parse_nick("alice"), SESAME))
        self.refuses(directory, "alice", "theirs")

    def test_one_that_lets_in_nobody_in_particular(self) -> None:
        self.refuses(self.directory(AllowAnonymousAccess()), "eve", "x")


class Secrets(CredCase):
    """Resume secrets are bound to a stamp, and that to the word of who vouches."""

    def setUp(self) -> None:
        super().setUp()
        self.vouches = self.directory(InMemoryUsernamePasswordDatabaseDontUse(carol=b"x"))
        self.carol = self.comes()

    def comes(self) -> Account:
        account: Account = self.successResultOf(self.vouches.login("carol", "x", ""))
        return account

    def test_it_holds_for_a_day_from_the_last_word_on(self) -> None:
        stamp = self.vouches.stamp(self.carol.id)
        self.clock.advance(VOUCHED_FOR - 1)
        self.assertEqual(self.vouches.stamp(self.carol.id), stamp)
        self.comes()
        self.clock.advance(VOUCHED_FOR - 1)
        self.assertEqual(self.vouches.stamp(self.carol.id), stamp)
        self.clock.advance(1)
        later = {self.vouches.stamp(self.carol.id) for _look in range(3)}
        self.assertEqual(len(later - {stamp}), 3)
        self.comes()
        self.assertNotIn(self.vouches.stamp(self.carol.id), {stamp, *later})

    def test_not_over_a_restart(self) -> None:
        stamp = self.vouches.stamp(self.carol.id)
        again = self.directory()
        self.assertNotIn(again.stamp(self.carol.id), (stamp, ""))

    def test_void(self) -> None:
        stamp = self.vouches.stamp(self.carol.id)
        self.vouches.void(self.carol)
        other = self.vouches.stamp(self.carol.id)
        self.assertNotEqual(other, stamp)
        self.assertEqual(self.vouches.stamp(self.carol.id), other)

    def test_whose_password_is_elsewhere(self) -> None:
        dave = self.successResultOf(self.vouches.register("7", parse_nick("dave"), SESAME))
        self.assertEqual([self.vouches.is_vouched(each) for each in (self.carol, dave)], [True, False])


class Broken:
    """A checker that fails in its own way, with the password in its words."""

    credentialInterfaces = (IUsernamePassword,)

    def __init__(self, answer: Callable[[IUsernamePassword], Any]) -> None:
        self.requestAvatarId = answer


class Faults(CredCase):
    def setUp(self) -> None:
        super().setUp()
        self.said: list[LogEvent] = []
        globalLogPublisher.addObserver(self.said.append)
        self.addCleanup(globalLogPublisher.removeObserver, self.said.append)

    def raises(self, credentials: IUsernamePassword) -> Any:
        raise RuntimeError(f"can't bind with {credentials.password!r}")

    def is_busy(self, answer: Deferred[Any]) -> None:
        error = self.failureResultOf(answer, Busy).value
        self.assertEqual(str(error), "who vouches for names does not answer; try again later")

    def test_one_that_raises(self) -> None:
        directory = self.directory(Broken(self.raises))
        for _try in range(BACKOFF.free + 1):  # none of them is a failed one
            self.is_busy(directory.login("carol", "hunter2", "192.0.2.1"))
        self.assertEqual(formatEvent(self.said[0]), "a checker of --auth failed: Broken, RuntimeError")
        self.assertNotIn("hunter2", repr(self.said))

    def test_what_is_no_name(self) -> None:
        self.is_busy(self.directory(Broken(lambda _credentials: 7)).login("carol", "x", ""))

    def test_one_that_does_not_answer(self) -> None:
        directory = self.directory(Broken(lambda _credentials: Deferred()))
        answer = directory.login("carol", "x", "")
        self.clock.advance(ANSWERS - 1)
        self.assertNoResult(answer)
        self.clock.advance(1)
        self.is_busy(answer)
        self.assertEqual(formatEvent(self.said[-1]), "a checker of --auth failed: Broken, TimeoutError")
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_the_next_one_is_asked_all_the_same(self) -> None:
        directory = self.directory(Broken(self.raises), InMemoryUsernamePasswordDatabaseDontUse(carol=b"x"))
        self.assertEqual(self.successResultOf(directory.login("carol", "x", "")).name, "carol")

    def test_ones_own_password_does_not_need_it(self) -> None:
        directory = self.directory(Broken(self.raises))
        alice = self.successResultOf(directory.register("1", parse_nick("alice"), SESAME))
        self.assertEqual(self.successResultOf(directory.login("alice", SESAME, "")), alice)
        self.refuses(directory, "alice", "wrong")
        self.assertEqual(self.said, [])
