"""The table of rights, made into tests: each situation is played in the core."""

from __future__ import annotations

from pathlib import Path

from tests.core.doubles import Program
from tests.helpers import CoreCase
from tests.rights_stage import CODES, plays_all
from twisted_chat.core import rights
from twisted_chat.core.errors import ChatError
from twisted_chat.core.rights import RIGHTS, Rank, State, Verb
from twisted_chat.core.session import Session
from twisted_chat.core.told import Failure

PROTOCOL = Path(__file__).parents[2] / "docs" / "protocol.md"

EXEMPT = {
    Rank.VOICE: "but voices and keepers", Rank.OPERATOR: "but operators", Rank.FOUNDER: "but the founder",
    Rank.SERVER: "but the server's operators", None: "",
}  # fmt: skip
WHO = {Rank.VOICE: "voices", Rank.OPERATOR: "operators", Rank.FOUNDER: "the founder", None: "everybody"}


def row(verb: Verb) -> str:
    """A verb's row in the protocol page."""
    least = next((bar.below for bar in RIGHTS[verb] if bar.state is State.ALWAYS), None)
    bars = (bar for bar in RIGHTS[verb] if bar.state is not State.ALWAYS)
    barred = "; ".join(f"{bar.state.value} {f'({EXEMPT[bar.below]})' if bar.below else ''}".strip() for bar in bars)
    return f"| {verb.value} | {WHO[least]} | {barred} |"


class Core(CoreCase):
    def setUp(self) -> None:
        super().setUp()
        self.listeners: dict[Session, Program] = {}

    def comes(self, nick: str) -> Session:
        session, listener = self.enter(nick, Program())
        self.listeners[session] = listener
        return session

    def does(self, session: Session, verb: Verb, room: str, line: str) -> list[str]:
        listener = self.listeners[session]
        listener.forget()
        ways = {Verb.SAY: lambda: session.say("hi", room), Verb.JOIN: lambda: session.join(room),
                Verb.HISTORY: lambda: session.history(room, 5, None)}  # fmt: skip
        try:
            ways[verb]() if verb in ways else session.typed(line)
        except ChatError as error:
            return [error.code]
        self.turn()
        return [failure.error.code for failure in listener.told(Failure)]

    def test_every_situation(self) -> None:
        plays_all(self)


class Table(CoreCase):
    def test_every_verb_and_every_state(self) -> None:
        self.assertEqual(set(RIGHTS), set(Verb))
        used = {bar.state for bars in RIGHTS.values() for bar in bars}
        self.assertEqual(used, set(State))
        self.assertEqual(set(rights._ERRORS), set(State))
        self.assertEqual(set(rights._HOLDS), set(State))
        self.assertEqual(set(CODES), set(State))

    def test_who_has_more_rank_never_has_less_rights(self) -> None:
        for verb in Verb:
            for state in State:
                allowed = [
                    rights.bar_of(verb, lambda r=rank: r, lambda s, only=state: s is only) is None for rank in Rank
                ]
                self.assertEqual(allowed, sorted(allowed), (verb, state))

    def test_a_rank_that_may_anyhow_is_looked_at_before_a_state_that_costs_more(self) -> None:
        asked: list[State] = []
        rights.bar_of(Verb.SAY, lambda: Rank.OPERATOR, lambda state: asked.append(state) is not None)
        self.assertEqual(asked, [State.HIDDEN, State.ABSENT])

    def test_the_protocol_page_has_it(self) -> None:
        page = PROTOCOL.read_text().split("### Who may do what")[1].split("\n## ")[0]
        there = [line for line in page.splitlines() if line.startswith("| ") and not line.startswith("| what")]
        self.assertEqual(there, [row(verb) for verb in Verb])
