"""The server's helm: the emergency brake, the word to everybody, the countdown, and the process that all runs in."""

from __future__ import annotations

from collections.abc import Collection
from enum import IntEnum
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IDelayedCall

from twisted_chat.boundaries import Figures, Host, Operators
from twisted_chat.core.durations import span_of
from twisted_chat.core.errors import BadLogin, BadRequest, NotAllowed
from twisted_chat.core.events import Aside, Kind
from twisted_chat.core.names import fold
from twisted_chat.core.text import because
from twisted_chat.core.told import Notice

if TYPE_CHECKING:
    from twisted_chat.boundaries import Account
    from twisted_chat.core.chat import Chat
    from twisted_chat.core.session import Session

SPEECH = frozenset(
    {Kind.MESSAGE, Kind.ACTION, Kind.DIRECT, Kind.TOPIC, Kind.RENAMED, Kind.AWAY, Kind.EDITED}
)  # a deletion is none
"""What the brake stops: by each of these, words of one's own reach others."""

MOMENTS = (86_400, 43_200, 21_600, 10_800, 3_600, 1_800, 900, 600, 300, 120, 60, 30, 10)
"""Seconds before the end at which everybody is told, besides the beginning of the countdown."""


class Brake(IntEnum):
    """Who may come in and talk: the emergency brake's positions."""

    OFF = 0
    NO_NEW_GUESTS = 1
    REGISTERED = 2
    OPERATORS = 3


WORDS = {
    Brake.OFF: "everybody may come in and talk",
    Brake.NO_NEW_GUESTS: "no new guests are let in",
    Brake.REGISTERED: "only who has an account may come in or talk",
    Brake.OPERATORS: "only operators of the server may come in or talk",
}


class Helm:
    """What operators steer of one chat."""

    def __init__(self, chat: Chat, operators: Operators, host: Host) -> None:
        self._chat = chat
        self.operators = operators
        self.host = host
        self.brake = Brake.OFF
        self._ends = 0.0
        self._why = ""
        self._timer: IDelayedCall | None = None

    # the brake

    def set_brake(self, brake: Brake) -> None:
        self.brake = brake
        self.tell_all(f"From now on {WORDS[brake]}")

    def check_entry(self, account: Account | None) -> None:
        """Raise `NotAllowed` where somebody new is not let in: a guest has no `account`.

        At the last position who has an account of an operator's name is, to prove that he is one.
        """
        if self.brake is Brake.OFF:
            return
        if account is None or (self.brake is Brake.OPERATORS and not self.operators.is_one(account.name)):
            raise NotAllowed(f"for the moment, {WORDS[self.brake]}")

    def check_speech(self, session: Session) -> None:
        """Raise `NotAllowed` for who is here, and may not talk now."""
        if not self.may_speak(session):
            raise NotAllowed(f"for the moment, {WORDS[self.brake]}")

    def may_speak(self, session: Session) -> bool:
        if self.brake < Brake.REGISTERED or session.operator:
            return True
        return self.brake is Brake.REGISTERED and session.person.account is not None

    # the word to everybody

    def tell_all(self, text: str) -> None:
        """A notice for every session, at its place among what is said."""

        def tell() -> None:
            for person in self._chat.persons.values():
                for session in person.sessions:
                    if not session.over and session.welcomed:
                        session.feed.tell(Notice(text))

        self._chat.post(Aside(None, tell))

    # the end

    @property
    def is_ending(self) -> bool:
        return self._timer is not None

    @property
    def countdown(self) -> str:
        """How long it is until the end, and why, of one that is planned."""
        return f"The server goes down in {span_of(round(self._ends - self._chat.clock.seconds()))}{self._why}"

    def shut_down(self, seconds: int, why: str) -> None:
        """Count down, in place of a countdown that is under way, and end; 0: at once, and that is said."""
        self.stop()
        if not seconds:
            self.tell_all(f"The server goes down now{because(why)}")
        self._ends = self._chat.clock.seconds() + seconds
        self._why = because(why)
        self._count_down()

    def _count_down(self) -> None:
        left = self._ends - self._chat.clock.seconds()
        if left <= 0:
            self._timer = None
            self.host.end()
            return
        self.tell_all(self.countdown)
        # Not at a moment that is as good as now: timers come a little late.
        following = next((moment for moment in MOMENTS if moment < left - 1), 0)
        self._timer = self._chat.clock.callLater(left - following, self._count_down)

    def stop(self) -> None:
        """Count down no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # operators

    def operators_changed(self, gone: Collection[str]) -> None:
        """Who proved to be one of these (keys) has no more rights: there is none, or his password may have leaked."""
        for person in self._chat.persons.values():
            for session in person.sessions:
                if session.operator and fold(session.operator) in gone:
                    name, session.operator = session.operator, ""
                    again = f"; /oper {name} proves it again" if self.operators.is_one(name) else ""
                    session.feed.tell(Notice(f"You are no operator of this server any more{again}"))


def check_operator(session: Session) -> None:
    """Raise `NotAllowed` for who has not proved to be an operator."""
    if not session.operator:
        raise NotAllowed("that is for operators of the server; /oper NAME PASSWORD proves that you are one")


class _Nobody:
    """No operators: a chat that was told of none."""

    def is_one(self, _name: str) -> bool:
        return False

    def prove(self, _name: str, _password: str, _network: str) -> Deferred[str]:
        return fail(BadLogin("no operator has this name and password"))


class _Nowhere:
    """A chat that is not told of its process."""

    def figures(self) -> Figures:
        return Figures(None, None)

    def rehash(self) -> str:
        raise BadRequest("there is no configuration to read")

    def end(self) -> None:
        """There is nothing to end."""


NOBODY: Operators = _Nobody()
NOWHERE: Host = _Nowhere()
