"""What several test modules of the core need."""

from __future__ import annotations

from typing import Any

from tests.core.slow_journal import SlowJournal
from tests.helpers import HERE, CoreCase, Listener, TupleView, make_chat
from twisted_chat.core.events import Event, Kind
from twisted_chat.core.session import Session
from twisted_chat.core.told import Entered, Failure, Found, History, Missed, Notice, People, Reply, Skipped, Welcome


class Program(Listener):
    """A listener as a JSON program is one: one view of everything, all that the log has, a list of people."""

    def __init__(self) -> None:
        super().__init__(lists_people=True)

    def view(self, current: bool) -> TupleView:
        return HERE


class Human(Listener):
    """A listener of little patience, who is shown a room's past."""

    def __init__(self, patience: int = 500) -> None:
        super().__init__(patience=patience, shows_history=True)


class SlowCase(CoreCase):
    """A chat on a journal that takes its time."""

    def setUp(self) -> None:
        super().setUp()
        self.journal = SlowJournal()
        self.chat = make_chat(self.clock, self.journal, **self.options)

    def turn(self) -> None:
        """A turn of the reactor, and everything is written and handed back; nothing is read."""
        super().turn()
        self.journal.commits()


def line(item: Any) -> str:
    """One thing that was heard, as a line of a chat log."""
    if isinstance(item, Event):
        return _event_line(item)
    match item:
        case Welcome():
            return f"welcome {item.nick}: {' '.join(room.name for room in item.rooms)}"
        case Entered():
            return f"entered {item.room.name}: {' '.join(item.room.people)}".rstrip()
        case People():
            return f"people of {item.room.name}: {' '.join(item.room.people)}".rstrip()
        case History():
            return f"history of {item.room}: {' | '.join(map(_event_line, item.events))}".rstrip()
        case Found():
            return f"found: {' | '.join(map(_event_line, item.events))}".rstrip()
        case Missed():
            return f"missed: {' | '.join(map(_event_line, item.events))}"
        case Skipped():
            return f"skipped {item.first}-{item.last}: {item.count}"
        case Reply():
            return f"reply {' / '.join(item.lines)}".rstrip()
        case Failure():
            return f"!!! {item.error.code} {item.error}"
        case Notice():
            return f"notice {item.text}"
    raise AssertionError(item)


def _event_line(event: Event) -> str:
    where = f"[{event.room_name}] " if event.room_name else ""
    match event.kind:
        case Kind.MESSAGE:
            return f"{where}{event.nick}: {event.text}"
        case Kind.ACTION:
            return f"{where}* {event.nick} {event.text}"
        case Kind.DIRECT:
            return f"[{event.nick} -> {event.to_nick}] {'* ' if event.action else ''}{event.text}"
        case Kind.RENAMED:
            return f"{event.nick} is {event.text} now"
        case Kind.AWAY:
            return f"{event.nick} is back" if event.text is None else f"{event.nick} is away: {event.text}"
        case _:
            return f"{where}{event.nick} {event.kind.value} {event.text}".rstrip()


class Someone:
    """A session and its listener, with words for both."""

    def __init__(self, case: CoreCase, session: Session, listener: Listener) -> None:
        self.case = case
        self.session = session
        self.listener = listener

    def types(self, *lines: str) -> None:
        """Type lines, all in one turn."""
        for each in lines:
            self.session.typed(each)
        self.case.turn()

    def answers(self, *lines: str) -> None:
        """Answer questions for passwords, each in a turn."""
        for each in lines:
            asked, self.listener.asked = self.listener.asked, None
            assert asked is not None, "nothing is asked"
            asked(each)
            self.case.turn()

    def takes(self) -> list[str]:
        """What was heard since the last look."""
        heard = [line(item) for item, _stance, _view in self.listener.heard]
        self.listener.forget()
        return heard

    def hears(self, *lines: str) -> None:
        """Exactly this since the last look."""
        self.case.assertEqual(self.takes(), list(lines))

    def stops_reading(self) -> None:
        self.listener.full = True
        self.listener.backlog = 1

    def reads_on(self) -> None:
        """The recipient is empty again, and the session hears of it."""
        self.listener.full = False
        self.listener.backlog = 0
        self.session.drained()
        self.case.clock.advance(0)

    def secret(self) -> str:
        """The resume secret of the last welcome that is still among what it heard."""
        resume: str = self.listener.told(Welcome)[-1].resume
        return resume


def someone(case: CoreCase, nick: str, listener: Listener | None = None, **more: Any) -> Someone:
    """Somebody who is in and has read the welcome."""
    newcomer = arrives(case, nick, listener, **more)
    newcomer.listener.forget()
    return newcomer


def arrives(case: CoreCase, nick: str, listener: Listener | None = None, **more: Any) -> Someone:
    """The same, with the welcome still unread."""
    return Someone(case, *case.enter(nick, listener or Program(), **more))
