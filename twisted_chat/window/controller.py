"""What the window does: the one place that knows the view, the session under it, and what is between two sessions.

There is no Tk in here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from twisted_chat.client.completion import Completing, Step, candidates
from twisted_chat.client.conversation import Conversation
from twisted_chat.client.effects import Kind, Shown
from twisted_chat.client.manners import Outcome
from twisted_chat.client.options import AddressError, Target, at
from twisted_chat.client.rooms import LOBBY
from twisted_chat.client.session import Session
from twisted_chat.client.trust import TrustError
from twisted_chat.client.typed import Verb, is_secret, parse
from twisted_chat.client.untrusted import clean
from twisted_chat.frontends import shapes
from twisted_chat.window.lines import Line, look, title
from twisted_chat.window.recall import Recall
from twisted_chat.window.seams import Part, User, View
from twisted_chat.window.talk import Listener, Talk

CONNECTED = "Successfully connected to the server"
UNABLE = "Unable to connect to server"
NICK_BOX = "Invalid username"
_TOLD = 10
"""Lines that were not confirmed, told one by one."""
_COUNTED = frozenset({Kind.SAID, Kind.DIRECT})
"""What is unread until somebody looks."""
_PARTS = {"host": Part.HOST, "port": Part.PORT}


class Begin(Protocol):
    """Makes a session and its screen, for a nickname at a target. Raises `TrustError`."""

    def __call__(self, target: Target, nick: str, screen: Callable[[Conversation], Talk]) -> tuple[Talk, Session]: ...


class Controller:
    """`over` fires once, when the window is to be closed."""

    def __init__(
        self,
        view: View,
        begin: Begin,
        target: Target,
        clock: IReactorTime,
        *,
        now: Callable[[], datetime],
        render: Callable[[Shown], str],
        console: Callable[[str], None],
    ) -> None:
        """`target` is what the host and the port typed are put into; `console` prints a line."""
        self.over: Deferred[Outcome] = Deferred()
        self._view = view
        self._begin_session = begin
        self._target = target
        self._clock = clock
        self._now = now
        self._render = render
        self._console = console
        self._talk: Talk | None = None
        self._session: Session | None = None
        self._closing = False
        self._here = False
        self._unread = 0
        self._lines: list[Line] = []
        self._recall = Recall()
        self._completing = Completing(self._candidates)

    def begin(self) -> None:
        self._entitle()

    # What the user does.

    def connects(self, nick: str, host: str, port: str) -> None:
        nick = clean(nick).strip()
        if not nick:
            self._view.box(NICK_BOX, "Username cannot be empty", Part.NICK)
            return
        try:
            target = at(self._target, host, port)
        except AddressError as error:
            self._view.box(f"Invalid {error.part}", f"{str(error)[:1].upper()}{str(error)[1:]}", _PARTS[error.part])
            return
        if self._talk is not None and self._session is not None:
            if self._closing or self._talk.conversation.welcomed:
                return
            if target == self._talk.target:
                self._hurry(self._talk, self._session, nick)
                return
            self._drop(self._talk, self._session)
        self._start(target, nick)

    def _hurry(self, talk: Talk, session: Session, nick: str) -> None:
        if talk.wants_nick:
            talk.answer(nick)
        elif nick != talk.conversation.nick:
            session.typed(f"/nick {nick}")
        else:
            session.hurry()

    def _drop(self, talk: Talk, session: Session) -> None:
        """Somewhere else is meant now."""
        talk.silence()
        self._talk = self._session = None
        self._view.withdraw()
        self._tell_unconfirmed(talk)
        session.interrupted()

    def _start(self, target: Target, nick: str) -> None:
        try:
            self._talk, self._session = self._begin_session(target, nick, self._new_talk(target))
        except TrustError as error:
            self._view.box(UNABLE, str(error), Part.HOST)
            return
        self._session.over.addCallback(self._ended, self._talk, self._session)
        self._session.begin()
        self._entitle()

    def _new_talk(self, target: Target) -> Callable[[Conversation], Talk]:
        return lambda conversation: Talk(conversation, target, self)

    def sends(self, text: str) -> str:
        if not clean(text).strip():
            self._view.box("Empty message", "Message cannot be empty", Part.MESSAGE)
            return ""
        lines = text.split("\n")  # pasted lines are lines
        while lines and self._say(lines[0]):
            del lines[0]
        return "\n".join(lines)

    def _say(self, line: str) -> bool:
        """Whether the line was taken."""
        talk, session = self._talk, self._session
        if talk is None or session is None or not talk.was_in:
            if parse(clean(line)).verb is Verb.QUIT:
                self.closes()
                return True
            self._view.box("Not connected", "Connect to the server first", Part.NICK)
            return False
        if session.leaving:
            return False
        refusals = talk.conversation.refusals
        session.typed(line)
        if talk.conversation.refusals > refusals:
            return False
        if line.strip():
            self._recall.add(line)
        return True

    def recalls(self, by: int, present: str) -> str | None:
        return self._recall.step(by, present)

    def completes(self, before: str, after: str) -> Step | None:
        step = self._completing.step(before, after)
        if step is not None and step.listed:
            self._write(Shown(step.listed, Kind.HISTORY, self._now()))
        return step

    def looks(self, here: bool) -> None:
        self._here = here
        if here and self._unread:
            self._unread = 0
            self._entitle()

    def closes(self) -> None:
        """The first time what is unconfirmed is waited for, the second time not."""
        again, self._closing = self._closing, True
        if self._session is None:
            self._end(Outcome(0))
        elif again or self._session.leaving:
            self._session.interrupted()
        else:
            self._session.finished()

    def interrupted(self) -> None:
        """The process is to end."""
        self._closing = True
        if self._session is None:
            self._end(Outcome(0))
        else:
            self._session.interrupted()

    # What the talk tells.

    def entered(self, *, first: bool) -> None:
        if first:
            self._write(Shown(shapes.server(CONNECTED), Kind.STATUS, self._now()))
            if self._talk is not None:
                self._console(f"{CONNECTED} {self._talk.target.host} {self._talk.target.port}")
        if self._talk is None or not self._talk.is_asking:  # else whoever types a password would type it elsewhere
            self._view.withdraw()
        self._view.lock(True)

    def cut(self) -> None:
        self._view.lock(False)

    def shown(self, shown: Shown) -> None:
        self._write(shown)
        if shown.kind in _COUNTED and not self._here:
            self._unread += 1
            self._entitle()

    def changed(self) -> None:
        if self._talk is not None and self._talk.conversation.welcomed:
            self._view.rename(self._talk.conversation.nick)
        self._entitle()

    def nick_refused(self, why: str) -> None:
        self._view.box(NICK_BOX, why, Part.NICK)

    def password_asked(self, question: str) -> None:
        if self._talk is not None:
            self._view.ask(question, self._talk.answer)

    def _ended(self, outcome: Outcome, talk: Talk, session: Session) -> None:
        if session is not self._session:
            return
        if self._closing or session.leaving:
            self._end(outcome)
            return
        self._talk = self._session = None
        self._view.withdraw()
        self._view.lock(False)
        if outcome.line:
            line = outcome.line if outcome.line.startswith("!!! ") else shapes.server(f"Not connected: {outcome.line}")
            self._write(Shown(line, Kind.TROUBLE, self._now()))
            if not talk.was_in:
                self._view.box(UNABLE, f"{UNABLE} {talk.target.host} {talk.target.port}", Part.HOST)
        self._tell_unconfirmed(talk)
        self._entitle()

    def _tell_unconfirmed(self, talk: Talk) -> None:
        waiting = [entry.typed for entry in talk.conversation.outbox]
        for typed in waiting[:_TOLD]:
            words = typed.split()[0] if is_secret(typed) else typed
            self._write(Shown(shapes.error("NOT_CONFIRMED", words), Kind.ERROR, self._now()))
        if len(waiting) > _TOLD:
            more = f"and {len(waiting) - _TOLD} more"
            self._write(Shown(shapes.error("NOT_CONFIRMED", more), Kind.ERROR, self._now()))

    def _end(self, outcome: Outcome) -> None:
        if not self.over.called:
            self.over.callback(outcome)

    # What is shown.

    def _write(self, shown: Shown) -> None:
        if not self._lines:
            # Many lines may come at once: Tk lays its text out once for all of them.
            self._clock.callLater(0, self._flush)
        self._lines.append(Line(self._render(shown), look(shown)))

    def _flush(self) -> None:
        lines, self._lines = self._lines, []
        if not self.over.called:
            self._view.append(lines)

    def _entitle(self) -> None:
        state: list[str] = []
        place = LOBBY
        if self._talk is not None:
            conversation = self._talk.conversation
            place = conversation.rooms.place
            if place != LOBBY:
                state.append(place)
            if not conversation.welcomed:
                state.append("offline" if self._talk.was_in else "connecting")
                if conversation.outbox:
                    state.append(f"{len(conversation.outbox)} unsent")
        self._view.entitle(title(self._unread, state))
        if self._talk is None:
            self._view.tell_state("")
        else:
            self._view.tell_state(", ".join(state if place in state else [place, *state]))

    def _candidates(self, before: str) -> tuple[str, list[str]]:
        if self._talk is None:
            return candidates(before, (), ())
        rooms = self._talk.conversation.rooms
        return candidates(before, rooms.nicks(), rooms.names())


_check_user: type[User] = Controller
_check_listener: type[Listener] = Controller
