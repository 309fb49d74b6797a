"""twisted.cred as the face of the accounts: our checker, whatever `--auth` adds, and the realm that makes accounts of
names for which others vouch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.cred.portal import IRealm, Portal
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from zope.interface import Interface, implementer

from twisted_chat.boundaries import Account
from twisted_chat.core.errors import Busy

ANSWERS = 30.0
"""Seconds in which a checker of `--auth` is to answer."""

_log = Logger()

AvatarId = bytes | tuple[()]
"""Whom a checker lets in; an empty tuple for an anonymous one."""

Avatar = tuple[type[Interface], object, Callable[[], None]]


class IAccount(Interface):
    """What a login is for: an `Account`."""


@implementer(ICredentialsChecker)
class AccountChecker:
    """Checks names and passwords, as UTF-8, against our own accounts."""

    credentialInterfaces = (IUsernamePassword,)

    def __init__(self, verify: Callable[[str, str], Deferred[bool]]) -> None:
        """`verify` tells whether there is an account of this name and password."""
        self._verify = verify

    def requestAvatarId(self, credentials: IUsernamePassword) -> Deferred[AvatarId]:
        name = credentials.username.decode("utf-8", "replace")
        password = credentials.password.decode("utf-8", "replace")

        def verified(right: bool) -> AvatarId:
            if not right:
                raise UnauthorizedLogin
            return bytes(credentials.username)

        return self._verify(name, password).addCallback(verified)


@implementer(ICredentialsChecker)
class AnyOf:
    """Our own checker, and for names that it has no password of the others, one after the other."""

    credentialInterfaces = (IUsernamePassword,)

    def __init__(
        self,
        own: AccountChecker,
        others: Sequence[ICredentialsChecker],
        is_own: Callable[[str], bool],
        clock: IReactorTime,
    ) -> None:
        """`is_own` tells whether a name has a password of ours: then nobody else may vouch for it."""
        self._own = own
        self._others = others
        self._is_own = is_own
        self._clock = clock

    def requestAvatarId(self, credentials: IUsernamePassword) -> Deferred[AvatarId]:
        """Fails with `UnauthorizedLogin`, or `Busy`, too, where one that was asked did not answer."""
        return Deferred.fromCoroutine(self._ask(credentials))

    async def _ask(self, credentials: IUsernamePassword) -> AvatarId:
        with suppress(UnauthorizedLogin):
            return await self._own.requestAvatarId(credentials)
        others = () if self._is_own(credentials.username.decode("utf-8", "replace")) else self._others
        broken = False
        for checker in others:
            try:
                found = await maybeDeferred(checker.requestAvatarId, credentials).addTimeout(ANSWERS, self._clock)
                if isinstance(found, (bytes, tuple)):
                    return found
                raise TypeError
            except UnauthorizedLogin:
                continue
            except Exception as error:
                # No more than its kind: its words, and the values in a traceback, may hold the password.
                _log.error(
                    "a checker of --auth failed: {checker}, {kind}",
                    checker=type(checker).__name__,
                    kind=type(error).__name__,
                )
                broken = True
        if broken:
            raise Busy("who vouches for names does not answer; try again later")
        raise UnauthorizedLogin


@implementer(IRealm)
class AccountRealm:
    """Gives the account of whoever was let in."""

    def __init__(self, find: Callable[[str], Deferred[Account]]) -> None:
        """`find` gives the account of a name for which a checker vouches, made if it is new."""
        self._find = find

    def requestAvatar(
        self,
        avatarId: AvatarId,
        mind: object,
        *interfaces: type[Interface],
    ) -> Deferred[Avatar]:
        if IAccount not in interfaces:
            raise NotImplementedError(f"a login here is for an account, not for {interfaces}")
        if not avatarId:
            raise UnauthorizedLogin  # a checker that lets in anybody, as nobody
        return self._find(bytes(avatarId).decode("utf-8", "replace")).addCallback(_avatar)


def _avatar(account: Account) -> Avatar:
    return IAccount, account, _log_out


def _log_out() -> None:
    """Nothing is held for an account."""


def portal(
    verify: Callable[[str, str], Deferred[bool]],
    is_own: Callable[[str], bool],
    find: Callable[[str], Deferred[Account]],
    others: Sequence[ICredentialsChecker],
    clock: IReactorTime,
) -> Portal:
    """Where one logs in with a `UsernamePassword` of UTF-8 bytes for an `IAccount`."""
    made = Portal(AccountRealm(find))
    made.registerChecker(AnyOf(AccountChecker(verify), others, is_own, clock))
    return made
