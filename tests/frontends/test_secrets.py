"""A fault of ours while somebody's secret is in our hands: whatever is logged of it, the secret is not."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, fail
from twisted.logger import globalLogPublisher, jsonFileLogObserver, textFileLogObserver
from twisted.python import log

from tests.frontends.unframed.case import UnframedCase
from tests.helpers import Peer

SECRET = "sesame-7f3a-opens"


class Fault(Exception):
    """Something that nobody thought of."""


def raises(*_arguments: Any, **_more: Any) -> Any:
    raise Fault("something went wrong")


def fails(*_arguments: Any, **_more: Any) -> Deferred[Any]:
    return fail(Fault("something went wrong"))


class Faults(UnframedCase):
    """The log is written as text and as JSON, which has all that a failure bears."""

    observers: list[Any] = []

    def setUp(self) -> None:
        super().setUp()
        self.stop_logging()
        self.text, self.objects = io.StringIO(), io.StringIO()
        self.observers = [textFileLogObserver(self.text), jsonFileLogObserver(self.objects)]
        for observer in self.observers:
            globalLogPublisher.addObserver(observer)
        self.addCleanup(self.stop_logging)

    def stop_logging(self) -> None:
        for observer in self.observers:
            globalLogPublisher.removeObserver(observer)
        self.observers = []

    def nothing_is_told(self, peer: Peer, what: str) -> None:
        for written in (self.text, self.objects):
            self.assertIn("Fault", written.getvalue(), what)
        shown = peer.transport.value().decode()
        for text in (self.text.getvalue(), self.objects.getvalue(), shown):
            self.assertNotIn(SECRET, text, what)
        for each in self.flushLoggedErrors():
            # Whoever prints failures in full must not find it either.
            self.assertNotIn(SECRET, each.getTraceback(detail="verbose"), what)

    def dies(self, act: Callable[[], None]) -> None:
        """As in the reactor: what a protocol raises is logged, and its connection ends."""
        try:
            act()
        except Exception:
            log.err()  # type: ignore[no-untyped-call]

    def breaks(self, wrong: Callable[..., Any]) -> None:
        """Whatever looks at secrets has a fault from now on."""
        chat: Any = self.chat
        for called in ("login", "register", "set_password"):
            setattr(chat.accounts, called, wrong)
        chat.helm.operators.prove = wrong
        chat.keepers.write = wrong

    def test_what_is_typed(self) -> None:
        for wrong in (raises, fails):
            for line in (
                f"/register {SECRET}", f"/login alice {SECRET}", f"/oper ruth {SECRET}", f"/enroll zed {SECRET}",
                f"/password {SECRET} {SECRET}2", f"/lock {SECRET}",
            ):  # fmt: skip
                for enter in (self.person, self.program, self.terminal, self.window):
                    self.setUp()
                    peer: Any = enter("bob")
                    session = next(iter(self.chat.person_called("bob").sessions))
                    session.operator = "ruth"
                    if "password" in line:
                        session.typed(f"/register {SECRET}")
                        self.turn()
                    self.breaks(wrong)
                    typed = peer.says if enter != self.program else self.as_command(peer)
                    self.dies(lambda typed=typed, line=line: typed(line))
                    self.nothing_is_told(peer, f"{line} {wrong.__name__} {enter.__name__}")

    def as_command(self, peer: Peer) -> Callable[[str], None]:
        return lambda line: peer.says_object(type="command", text=line)

    def test_a_key(self) -> None:
        for line in (f"/join #far {SECRET}", '{"type":"join","room":"#far","key":"' + SECRET + '"}'):
            self.setUp()
            peer = self.program("bob") if line.startswith("{") else self.person("bob")
            self.chat.room_or_new = raises  # type: ignore[method-assign]
            self.dies(lambda peer=peer, line=line: peer.says(line))
            self.nothing_is_told(peer, line)

    def test_at_the_greeting(self) -> None:
        for wrong in (raises, fails):
            for more in ({"password": SECRET}, {"resume": SECRET}, {"password": SECRET, "resume": SECRET}):
                self.setUp()
                self.breaks(wrong)
                self.chat._secrets.holder_of = raises  # type: ignore[method-assign]
                peer = self.connect()
                self.dies(lambda peer=peer, more=more: peer.says_object(type="hello", nick="alice", **more))
                self.nothing_is_told(peer, f"{[*more]} {wrong.__name__}")
            self.setUp()
            self.person("bob").says(f"/register {SECRET}", "/quit")
            self.breaks(wrong)
            peer = self.connect()
            peer.says("bob")
            self.dies(lambda peer=peer: peer.says(SECRET))
            self.nothing_is_told(peer, f"PASS {wrong.__name__}")

    def test_the_servers_own(self) -> None:
        """It is compared at the door; what fails afterwards must not tell it."""
        for enter in (self.connect, self.terminal, self.window):
            self.password = SECRET
            self.setUp()
            peer: Any = enter()
            self.chat.enter = raises  # type: ignore[method-assign]
            lines = (SECRET, "bob") if enter == self.connect else ("bob", SECRET)
            for line in lines:
                self.dies(lambda peer=peer, line=line: peer.says(line))
            self.nothing_is_told(peer, enter.__name__)
