"""twisted.cred: our checker, those of Twisted's, and what becomes of whom they vouch for."""

from __future__ import annotations

from twisted.cred.checkers import AllowAnonymousAccess, FilePasswordDB, InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.credentials import UsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import Interface
from zope.interface.verify import verifyObject

from tests.files import place_for
from tests.helpers import make_accounts
from twisted_chat.accounts import directory as accounts_directory
from twisted_chat.accounts.cred import AccountChecker, AccountRealm, AnyOf, IAccount, ICredentialsChecker, IRealm
from twisted_chat.accounts.directory import Directory
from twisted_chat.accounts.store import MemoryStore, Record
from twisted_chat.accounts.tries import BACKOFF
from twisted_chat.core.errors import BadLogin, Busy, NameTaken, NotAllowed
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
        verifyObject(ICredentialsChecker, AnyOf(own, (), lambda _nick: True))
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
        error = self.failureResultOf(directory.login("carol", "x", ""), NotAllowed).value
        self.assertEqual(str(error), "this server has 2 accounts already")
        self.patch(accounts_directory, "MOST_ACCOUNTS", 3)
        for _try in range(BACKOFF.free + 1):  # none of them is a failed one
            error = self.failureResultOf(directory.login("carol", "x", "192.0.2.1"), Busy).value
            self.assertEqual(str(error), "an account is being made of carol; try again")
        for kept in store.waiting:
            kept.callback(None)
        self.assertEqual([self.successResultOf(each).name for each in (carol, dave)], ["carol", "dave"])

    def test_several_are_asked(self) -> None:
        one, other = InMemoryUsernamePasswordDatabaseDontUse(), InMemoryUsernamePasswordDatabaseDontUse(dave=b"y")
        self.assertEqual(self.successResultOf(self.directory(one, other).login("dave", "y", "")).name, "dave")

    def test_nobody_else_vouches_for_a_name_with_a_password_of_ours(self) -> None:
        directory = self.directory(InMemoryUsernamePasswordDatabaseDontUse(alice=b"theirs"))
        self.successResultOf(directory.register("1", parse_nick("alice"), SESAME))
        self.refuses(directory, "alice", "theirs")

    def test_one_that_lets_in_nobody_in_particular(self) -> None:
        self.refuses(self.directory(AllowAnonymousAccess()), "eve", "x")
