"""The table of rights, made into tests: each situation is played in the core."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.core.doubles import Program
from tests.core.keeping_case import KeeperCase
from tests.helpers import CoreCase
from tests.rights_stage import CODES, ROWS, WITHOUT_ROOMS, plays_all
from twisted_chat.core import rights
from twisted_chat.core.commands import COMMANDS
from twisted_chat.core.errors import ChatError
from twisted_chat.core.rights import RIGHTS, Rank, State, Verb
from twisted_chat.core.session import Session
from twisted_chat.core.told import Failure
from twisted_chat.frontends.line.requests import REQUESTS

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


LINES: dict[str, tuple[str, ...]] = {
    "nick": ("/nick zora",), "me": ("/me waves",), "say": ("/say hi",), "join": ("/join #far",),
    "part": ("/part #dev",), "switch": ("/switch #dev",), "names": ("/names #dev",), "whois": ("/whois bob",),
    "topic": ("/topic new", "/topic"), "search": ("/search hi in:#dev",), "edit": ("/edit #1 ho",),
    "delete": ("/delete #1",), "login": ("/login fay longenough",), "create": ("/create #far",),
    "drop": ("/drop #dev",), "invite": ("/invite fay",), "kick": ("/kick eve",), "ban": ("/ban fay",),
    "unban": ("/unban zed",), "op": ("/op bob",), "deop": ("/deop bob",), "voice": ("/voice carol",),
    "devoice": ("/devoice carol",), "hush": ("/hush eve",), "slow": ("/slow 3",), "lock": ("/lock k",),
    "set": ("/set slow 4", "/set"), "undo": ("/undo",),
    "msg": ("/msg bob psst",), "reply": ("/reply psst",), "ignore": ("/ignore eve",), "unignore": ("/unignore eve",),
    "register": ("/register longenough",), "password": ("/password longenough longenough2",),
    "oper": ("/oper root guess",), "announce": ("/announce hi",), "kill": ("/kill fay",),
    "enroll": ("/enroll zed zed",), "netban": ("/netban 192.0.2.0/24",), "netunban": ("/netunban 192.0.2.0/24",),
    "defcon": ("/defcon 0",), "shutdown": ("/shutdown off",), "reset": ("/reset fay longenough",),
    "unregister": ("/unregister zed",),
}  # fmt: skip
"""What is typed for a command, where its name is not enough."""

ASKED_OF_PROGRAMS: dict[str, set[Verb]] = {
    "hello": {Verb.JOIN}, "say": {Verb.SAY}, "join": {Verb.JOIN}, "part": {Verb.BE},
    "history": {Verb.HISTORY, Verb.PAST}, "search": {Verb.PAST}, "edit": {Verb.EDIT}, "delete": {Verb.DELETE},
    "command": set(), "ping": set(), "pong": set(),
}  # fmt: skip


class Commands(KeeperCase):
    """Whoever adds a command has to say which rows it asks, and it has to ask them."""

    def setUp(self) -> None:
        super().setUp()
        self.alice.types("hi", "/ban zed")
        self.registered("fay")  # in the lobby alone
        self.persons = sorted(self.chat.persons)  # as they are now: one may be thrown out
        self.asked: set[Verb] = set()
        bar_of = rights.bar_of

        def asking(verb: Verb, *more: Any) -> Any:
            self.asked.add(verb)
            return bar_of(verb, *more)

        self.patch(rights, "bar_of", asking)

    def test_each_command_is_known_to_the_table_or_has_nothing_to_do_with_rooms(self) -> None:
        self.assertEqual({command.name for command in COMMANDS}, ROWS.keys() | WITHOUT_ROOMS)
        self.assertEqual(ROWS.keys() & WITHOUT_ROOMS, set())
        self.assertEqual(set().union(*ROWS.values()), set(Verb))

    def test_each_asks_its_rows(self) -> None:
        for name, verbs in ROWS.items():
            self.setUp()
            self.alice.types(*LINES.get(name, (f"/{name}",)))
            self.assertGreaterEqual(self.asked, verbs, name)

    def test_the_others_ask_none_and_change_no_room(self) -> None:
        for name in WITHOUT_ROOMS - {"quit"}:
            self.setUp()
            self.alice.session.operator = "root"
            before = self.facts()
            self.alice.types(*LINES.get(name, (f"/{name}",)))
            self.assertEqual(self.asked, set(), name)
            self.assertEqual(self.facts(), before, name)

    def facts(self) -> object:
        return (
            self.dev.charter,
            self.members(),
            self.dev.topic,
            [each in self.dev.admitted for each in self.persons],
        )

    def test_each_request_of_programs(self) -> None:
        self.assertEqual(REQUESTS.keys(), ASKED_OF_PROGRAMS.keys())
        acts: dict[str, Callable[[Session], Any]] = {
            "hello": lambda _session: self.enter("zora", Program()), "say": lambda session: session.say("hi", "#dev"),
            "join": lambda session: session.join("#far"), "part": lambda session: session.part("#dev"),
            "history": lambda session: session.history("#dev", 5, None),
            "search": lambda session: session.search("hi", 5, None), "edit": lambda session: session.edit(1, "ho"),
            "delete": lambda session: session.delete(1),
        }  # fmt: skip
        for name, verbs in ASKED_OF_PROGRAMS.items():
            self.setUp()
            if name in acts:
                acts[name](self.alice.session)
            self.turn()
            self.assertGreaterEqual(self.asked, verbs, name)
