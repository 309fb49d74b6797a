"""What comes of passwords, in the server's log."""

from __future__ import annotations

from twisted.logger import LogEvent, LogLevel, formatEvent, globalLogPublisher

from tests.core.doubles import someone
from tests.helpers import CoreCase
from twisted_chat.accounts.tries import Backoff
from twisted_chat.boundaries import Origin
from twisted_chat.core.logins import FAILURES_LOGGED

PASSWORD = "open-sesame"


class InTheLog(CoreCase):
    def setUp(self) -> None:
        super().setUp()
        self.said: list[LogEvent] = []
        globalLogPublisher.addObserver(self.said.append)
        self.addCleanup(globalLogPublisher.removeObserver, self.said.append)
        self.chat.accounts.tries.backoff = Backoff(1_000_000)  # type: ignore[attr-defined]
        self.bob = someone(self, "bob")
        self.bob.listener.origin = Origin("192.0.2.7", True, "192.0.2.7")

    def logged(self) -> list[str]:
        lines = [formatEvent(each) for each in self.said if each["log_level"] is LogLevel.info]
        self.said.clear()
        return [line for line in lines if " left (" not in line]

    def test_an_accounts_life(self) -> None:
        self.bob.types(f"/register {PASSWORD}", f"/password {PASSWORD}\tanother one", "/logout")
        self.bob.listener.session.typed("/login bob another one")
        self.turn()
        self.assertEqual(
            self.logged(),
            [
                "'bob' (1) registered from '192.0.2.7'",
                "'bob' (1) changed its password from '192.0.2.7'",
                "'bob' (1) logged out from '192.0.2.7'",
                "'bob' (1) logged in from '192.0.2.7'",
            ],
        )

    def test_what_fails_without_what_was_typed(self) -> None:
        self.bob.types(f"/register {PASSWORD}")
        self.logged()
        self.bob.types("/login BOB hunter2", "/login hunter2 hunter2", "/password hunter2 hunter2hunter2")
        self.assertEqual(
            self.logged(),
            [
                "a wrong password for 'bob' from '192.0.2.7'",
                "a password for no account from '192.0.2.7'",
                "a wrong password for 'bob' from '192.0.2.7'",
            ],
        )

    def test_a_guesser_does_not_fill_it(self) -> None:
        for _try in range(FAILURES_LOGGED.times + 5):
            self.bob.types("/login nobody hunter2")
        self.assertEqual(len(self.logged()), FAILURES_LOGGED.times)
        self.clock.advance(FAILURES_LOGGED.seconds)
        self.bob.types("/login nobody hunter2", "/login nobody hunter2")
        self.assertEqual(
            self.logged(),
            [
                "a password for no account from '192.0.2.7' (5 more failed since the last line)",
                "a password for no account from '192.0.2.7'",
            ],
        )

    def test_what_was_refused_for_another_reason_is_no_guess(self) -> None:
        self.chat.accounts.tries.backoff = Backoff(1)  # type: ignore[attr-defined]
        self.bob.types("/login nobody hunter2", "/login nobody hunter2")
        self.assertEqual(len(self.logged()), 1)
