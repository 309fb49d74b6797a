"""One connection at the line port: a LineReceiver between its peer's lines and a session of the chat."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twisted.logger import Logger
from twisted.python.failure import Failure as TwistedFailure

from twisted_chat.boundaries import Account, Recipient, View
from twisted_chat.core.errors import BadLogin, BadRequest, ChatError, NameTaken, TimedOut
from twisted_chat.core.proving import check_private, login
from twisted_chat.core.told import Failure, Notice
from twisted_chat.frontends.connection import PATIENCE, DoorConnection
from twisted_chat.frontends.line import human, jsonl, requests
from twisted_chat.frontends.line.framing import MAX_LINE, decode
from twisted_chat.frontends.line.objects import OBJECTS
from twisted_chat.frontends.line.silence import DROP_AFTER, Silence
from twisted_chat.frontends.line.telnet import IAC, Telnet

if TYPE_CHECKING:
    from twisted_chat.frontends.door import DoorFactory


COMMANDS_A_LINE = 8
"""A read with telnet's commands counts for a line, and for one more for each so many."""

_log = Logger()


class LineProtocol(DoorConnection):
    """Nickname negotiation, then lines in and out. It is its session's `Recipient`, too.

    What a line means depends on `_state`, a method: a prompt's answer first, then talk, in either dialect.
    """

    MAX_LENGTH = MAX_LINE

    def __init__(self, factory: DoorFactory, origin: str) -> None:
        super().__init__(factory, origin)
        self._objects = False
        self._silence: Silence | None = None
        self._owned = ""
        """The nickname that was given, and is an account's: its password is wanted."""
        self._answered: Callable[[str], None] | None = None
        """The session has asked for a password: who gets it."""
        self._telnet: Telnet | None = None
        """Once a byte came that no text has."""

    def greet(self) -> None:
        self.take = self._outbox.offer
        self._prompt()

    def lineLengthExceeded(self, line: bytes) -> None:
        if self._session is None:
            self._objects = self._objects or _chooses_objects(line)
        if self._silence is not None:
            self._silence.heard()
        super().lineLengthExceeded(line)

    # the greeting: each line answers the last prompt

    def _prompt(self) -> None:
        if not self._objects:
            self._hide_or_show()
            self.sendLine(b"SERVERPASS" if self._wants_password else b"PASS" if self._owned else b"NICK")

    def _greeting(self, line: bytes) -> None:
        mark: str | None = None
        try:
            self._count_greeting(line)
            if self._objects or _chooses_objects(line):
                self._objects = True
                if not line.strip():
                    return
                fields = _decoded(line)
                mark = requests.mark_of(fields)
                self._hello(fields)
            elif self._wants_password:
                self._check_password(decode(line))
                self._prompt()
            elif self._owned:
                self._prove(decode(line))
            else:
                self._come_in(decode(line))
        except ChatError as error:
            self._refuse(error, mark)

    def _refuse(self, error: ChatError, mark: str | None = None) -> None:
        self._tell(Failure(error, mark))
        if not self._turned_away(error):
            self._prompt()

    def _come_in(self, nick: str) -> None:
        try:
            self._let_in(self._factory.chat.enter(self, nick), self._talk)
        except NameTaken as error:
            check_private(self._factory.chat, self.origin)
            self._owned = nick
            self._tell(Notice(f"{error.nick} is registered: its password, or an empty line for another name"))
            self._prompt()

    def _prove(self, password: str) -> None:
        """The answer to PASS; an empty one is for who would rather have another nickname."""
        nick = self._owned
        if password:
            self._log_in(nick, password, lambda account: self._enter_as(account, nick))
        else:
            self._owned = ""
            self._prompt()

    def _enter_as(self, account: Account, nick: str) -> None:
        self._let_in(self._factory.chat.enter(self, nick, account=account), self._talk)
        self._hide_or_show()

    def _log_in(self, nick: str, password: str, enter: Callable[[Account], None], mark: str | None = None) -> None:
        """Nothing more is heard until the password is looked at."""
        self.pause()

        def proven(account: Account) -> None:
            if not self._deaf:
                enter(account)
                self._factory.chat.logins.done(account, "logged in", self.origin)

        def refused(failure: TwistedFailure) -> None:
            error = failure.value
            if not isinstance(error, ChatError):
                _log.failure("a password could not be looked at", failure)
                self.abort()
            elif not self._deaf:
                if isinstance(error, BadLogin):
                    self._wrong_passwords += 1
                self._refuse(error, mark)

        proving = login(self._factory.chat, nick, password, self.origin)
        proving.addCallback(proven).addErrback(refused).addBoth(lambda _result: self.resume())

    def _hello(self, fields: dict[str, object]) -> None:
        if requests.check(fields) != "hello":
            raise BadRequest("say hello first")
        if self._wants_password:
            self._check_password(str(fields.get("server_password", "")))
        password = str(fields.get("password", ""))
        if not password:
            self._enter_with(fields, None)
            return
        chat = self._factory.chat
        check_private(chat, self.origin)
        self._log_in(
            str(fields["nick"]), password, lambda account: self._enter_with(fields, account), requests.mark_of(fields)
        )

    def _enter_with(self, fields: dict[str, object], account: Account | None) -> None:
        session = self._factory.chat.enter(self, account=account, **requests.entry(fields))
        self.MAX_LENGTH = jsonl.MAX_OBJECT
        self._silence = Silence(self._clock, self._send_ping, self._fell_silent, self._silence_is_ours)
        self._let_in(session, self._object)

    # talking: one state for each dialect

    def _talk(self, line: bytes) -> None:
        self._session.typed(decode(line))  # type: ignore[union-attr]

    def ask(self, answered: Callable[[str], None]) -> bool:
        if self._objects:
            return False
        self._answered = answered
        self._state = self._answer
        self._hide_or_show()
        return True

    def _answer(self, line: bytes) -> None:
        """Whatever it is, it was asked for, and is not said."""
        answered, self._answered = self._answered, None
        self._state = self._talk
        assert answered is not None
        answered(decode(line))
        self._hide_or_show()

    def _object(self, line: bytes) -> None:
        session = self._session
        assert session is not None
        assert self._silence is not None
        self._silence.heard()
        if session.over or not line.strip():
            return
        mark: str | None = None
        try:
            fields = _decoded(line)
            mark = requests.mark_of(fields)
            kind = requests.check(fields)
            if kind == "ping":
                self._outbox.write(jsonl.encode({"type": "pong", **({} if mark is None else {"id": mark})}))
            elif kind != "pong":
                requests.run(session, kind, fields)
        except ChatError as error:
            session.fail(error, mark)

    # the Recipient that the session speaks to

    take: Callable[[bytes], bool]
    """The outbox's own method: it is called for each delivery."""

    @property
    def patience(self) -> int | None:
        return None if self._objects else PATIENCE

    @property
    def lists_people(self) -> bool:
        return self._objects

    @property
    def shows_history(self) -> bool:
        return not self._objects

    @property
    def backlog(self) -> int:
        return self._outbox.size

    def view(self, current: bool) -> View:
        if self._objects:
            return OBJECTS
        return human.CURRENT if current else human.ELSEWHERE

    def answer(self, rendered: bytes) -> None:
        self._outbox.write(rendered)

    def sendLine(self, line: bytes) -> None:
        self._outbox.write(line + self.delimiter)

    # telnet

    def without_commands(self, data: bytes) -> bytes:
        if self._objects or self._deaf:
            return data
        if self._telnet is None:
            self._telnet = Telnet()
        if self._throttle is not None:
            self._throttle.took_line()
            self._throttle.charge(data.count(IAC) // COMMANDS_A_LINE)
        data = self._telnet.strip(data)
        self.is_within_command = self._telnet.is_within
        self._hide_or_show()
        return data

    def hear_the_end(self) -> None:
        if self._telnet is not None:
            self._telnet.forget()
            self.is_within_command = False
        super().hear_the_end()

    def _hide_or_show(self) -> None:
        """Have telnet not show what is typed as long as that is a password."""
        if self._telnet is None or self._objects:
            return
        at_door = self._session is None and (self._wants_password or bool(self._owned))
        if due := self._telnet.due(at_door or self._answered is not None):
            self._outbox.write(due)

    # the JSON dialect's pulse

    def _silence_is_ours(self) -> bool:
        """We read nothing, or a ping would wait behind what is queued: who takes no bytes is the outbox's to find."""
        return bool(self.paused or self._outbox.size)

    def _send_ping(self) -> None:
        self._outbox.write(_PING)

    def _fell_silent(self) -> None:
        self._give_up(TimedOut(f"nothing was heard from you for {DROP_AFTER:.0f} seconds"), "ping timeout")

    def _stop(self) -> None:
        super()._stop()
        if self._silence is not None:
            self._silence.stop()


_PING = jsonl.encode({"type": "ping"})


def _chooses_objects(line: bytes) -> bool:
    return line.lstrip().startswith(b"{")


def _decoded(line: bytes) -> dict[str, object]:
    try:
        return jsonl.decode(line)
    except jsonl.BadObject as error:
        raise BadRequest(str(error)) from None


_check: type[Recipient] = LineProtocol
