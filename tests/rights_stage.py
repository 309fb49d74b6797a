"""Situations made from the table of rights: for each verb every rank, in each state and each two of them.

The same stage stands in the core and behind a door: whoever plays it says how somebody comes in and does something.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Protocol

from tests.core.keeping_case import NoHash
from twisted_chat.boundaries import Account
from twisted_chat.core.charters import Ban, Change, Charter, Holder, Hush, Part, Role, Rule
from twisted_chat.core.names import parse_nick
from twisted_chat.core.rights import RIGHTS, Rank, State, Verb, bar_of
from twisted_chat.core.rooms import Room
from twisted_chat.core.session import Session

CODES = {
    State.ALWAYS: "NOT_ALLOWED", State.ABSENT: "NOT_IN_ROOM", State.HIDDEN: "NO_SUCH_ROOM", State.BANNED: "BANNED",
    State.HUSHED: "NOT_ALLOWED", State.MODERATED: "NOT_ALLOWED", State.SLOWED: "TOO_FAST",
    State.UNINVITED: "INVITE_ONLY", State.INVITE_ONLY: "NOT_ALLOWED", State.LOCKED: "NEED_KEY",
    State.FULL: "ROOM_FULL", State.PASTLESS: "NOT_ALLOWED", State.REGISTERED: "NOT_ALLOWED",
    State.GUEST: "NOT_ALLOWED", State.CROWDED: "NOT_ALLOWED", State.LOBBY: "NOT_ALLOWED", State.OTHERS: "NOT_ALLOWED",
    State.OUTRANKED: "NOT_ALLOWED", State.KEEPER: "NOT_ALLOWED",
}  # fmt: skip
"""What each state that stands in the way is called on the wire."""

TYPED = {
    Verb.BE: "/switch {room}", Verb.SEE: "/names {room}", Verb.TOPIC: "/topic new", Verb.EDIT: "/edit #{line} other",
    Verb.DELETE: "/delete #{line}", Verb.RENAME: "/nick zora", Verb.PAST: "/search word in:{room}",
    Verb.CREATE: "/create {room}", Verb.DROP: "/drop {room}", Verb.INVITE: "/invite eve", Verb.KICK: "/kick bob so",
    Verb.BAN: "/ban bob 2h so", Verb.UNBAN: "/unban zed*", Verb.BANS: "/bans", Verb.OP: "/op bob",
    Verb.DEOP: "/deop bob", Verb.VOICE: "/voice bob", Verb.DEVOICE: "/devoice bob", Verb.HUSH: "/hush bob 10m",
    Verb.SET: "/set slow 7", Verb.RULES: "/set", Verb.LOG: "/log", Verb.UNDO: "/undo",
}  # fmt: skip
"""What is typed for it; the other verbs are done by `say`, `join` and `history`, by a room's name."""

ROWS: dict[str, frozenset[Verb]] = {
    name: frozenset(verbs)
    for name, verbs in {
        "nick": [Verb.RENAME], "me": [Verb.SAY], "say": [Verb.SAY], "join": [Verb.JOIN], "part": [Verb.BE],
        "switch": [Verb.BE], "rooms": [Verb.SEE], "names": [Verb.SEE], "who": [Verb.SEE], "whois": [Verb.SEE],
        "topic": [Verb.TOPIC, Verb.SEE], "history": [Verb.HISTORY, Verb.PAST], "search": [Verb.HISTORY, Verb.PAST],
        "edit": [Verb.EDIT], "delete": [Verb.DELETE], "login": [Verb.JOIN], "logout": [Verb.JOIN],
        "create": [Verb.CREATE, Verb.SEE], "drop": [Verb.DROP], "invite": [Verb.INVITE], "kick": [Verb.KICK],
        "ban": [Verb.BAN], "unban": [Verb.UNBAN], "bans": [Verb.BANS], "op": [Verb.OP], "deop": [Verb.DEOP],
        "voice": [Verb.VOICE], "devoice": [Verb.DEVOICE], "hush": [Verb.HUSH], "slow": [Verb.SET],
        "lock": [Verb.SET], "set": [Verb.SET, Verb.RULES], "log": [Verb.LOG], "undo": [Verb.UNDO],
    }.items()
}  # fmt: skip
"""The rows of the table that each command which acts in rooms, or tells of them, has to ask."""

WITHOUT_ROOMS = frozenset((
    "help", "quit", "msg", "reply", "away", "back", "ignore", "unignore", "register", "password", "sessions", "ghost",
    "unread", "motd", "time", "version", "oper", "announce", "kill", "stats", "rehash", "shutdown", "defcon", "enroll",
    "netban", "netunban", "netbans", "acts", "reset", "unregister",
))  # fmt: skip
"""All other commands: no room has a say in them. Whoever adds one says here or above which kind it is."""

_PART_OF = {
    State.HIDDEN: Rule("secret", True), State.MODERATED: Rule("moderated", True), State.SLOWED: Rule("slow", 30),
    State.UNINVITED: Rule("invite_only", True), State.INVITE_ONLY: Rule("invite_only", True),
    State.LOCKED: Rule("key", "sesame"), State.FULL: Rule("limit", 1), State.PASTLESS: Rule("history", False),
}  # fmt: skip

_ROLES = {Rank.VOICE: Role.VOICE, Rank.OPERATOR: Role.OPERATOR}


@dataclass(frozen=True)
class Situation:
    verb: Verb
    rank: Rank
    states: frozenset[State]

    def __str__(self) -> str:
        return f"{self.rank.name} {self.verb.value}: {', '.join(each.value for each in self.states) or 'nothing else'}"

    def holds(self, state: State) -> bool:
        """Some states come with others."""
        return (
            state in self.states
            or state is State.ALWAYS
            or (state is State.ABSENT and State.HIDDEN in self.states)
            or (state is State.KEEPER and State.OUTRANKED in self.states)
            or (state is State.REGISTERED and self.rank is Rank.FOUNDER)
        )

    @property
    def expected(self) -> list[str]:
        """The code of the refusal; nothing if it is allowed."""
        if self.verb in (Verb.EDIT, Verb.DELETE) and self.holds(State.ABSENT):
            return ["NO_SUCH_LINE"]  # who is not there is not told that there is one
        bar = bar_of(self.verb, lambda: self.rank, self.holds)
        return [CODES[bar.state]] if bar is not None else []


def situations() -> Iterator[Situation]:
    for verb, bars in RIGHTS.items():
        states = sorted({bar.state for bar in bars} - {State.ALWAYS}, key=lambda state: state.value)
        for count in range(3):
            for chosen in combinations(states, count):
                for rank in Rank:
                    situation = Situation(verb, rank, frozenset(chosen))
                    if _can_be(situation):
                        yield situation


def _can_be(situation: Situation) -> bool:
    states, rank = situation.states, situation.rank
    guest = State.GUEST in states
    if guest and rank not in (Rank.NOBODY, Rank.SERVER):
        return False  # roles are accounts'
    return not (State.LOBBY in states and rank is Rank.FOUNDER)  # it has none


class Player(Protocol):
    chat: Any

    def comes(self, nick: str) -> Session:
        """Somebody is in, in the lobby."""

    def does(self, session: Session, verb: Verb, room: str, line: str) -> list[str]:
        """He does it; gives the codes of the refusals that he hears. `line`: what is typed, if that is the way."""

    def turn(self) -> None: ...


class Stage:
    """The situation, and what becomes of it."""

    def __init__(self, player: Player, situation: Situation) -> None:
        self.player = player
        self.situation = situation
        self.chat = player.chat
        self.chat.accounts._hasher = NoHash()
        self.name = "#lobby" if State.LOBBY in situation.states else "#dev"
        self.ann, self.bob, self.eve = (player.comes(nick) for nick in ("ann", "bob", "eve"))
        self.has_account(self.bob)
        if State.GUEST not in situation.states:
            self.has_account(self.ann)
        for session, rooms in ((self.ann, ["#dev"]), (self.bob, ["#dev"]), (self.eve, ["#far"])):
            for room in rooms:
                session.join(room)
            if session is not self.ann:
                session.part("#lobby")
        player.turn()
        if State.CROWDED in situation.states and self.name == "#lobby":
            self.bob.join("#lobby")
        speaker = self.bob if State.OTHERS in situation.states else self.ann
        speaker.say("a word", "#dev")
        player.turn()
        self.line = self.chat.seq
        self.room: Room = self.chat.rooms[self.name]
        self.is_set()
        player.turn()
        self.before = self.facts()

    def has_account(self, session: Session) -> Account:
        person = session.person
        self.chat.accounts.register(person.id, parse_nick(person.nick), "long enough")
        person.account = self.chat.accounts.of(person.id)
        assert person.account is not None
        return person.account

    def is_set(self) -> None:
        """Everything is as the situation has it. Charters are written here as they might have been kept."""
        situation, room = self.situation, self.room
        verb, rank, holds = situation.verb, situation.rank, situation.holds
        parts: list[Part] = [part for state, part in _PART_OF.items() if state in situation.states]
        if holds(State.BANNED):
            parts.append(Ban("zora" if verb is Verb.RENAME else "an*", "fay", "so", 0))
        if holds(State.HUSHED):
            parts.append(Hush(self.ann.person.id, "old name", "fay", "", 0))
        if verb is Verb.UNBAN:
            parts.append(Ban("zed*", "fay", "", 0))
        if rank in _ROLES:
            parts.append(Holder(self.ann.person.id, "ann", _ROLES[rank]))
        if verb in (Verb.DEOP, Verb.DEVOICE):
            parts.append(Holder(self.bob.person.id, "bob", Role.OPERATOR if verb is Verb.DEOP else Role.VOICE))
        if State.KEEPER in situation.states:
            parts.append(Holder(self.bob.person.id, "bob", Role.OPERATOR))
        if holds(State.OUTRANKED):
            self.bob.operator = "bob"
        if rank is Rank.SERVER:
            self.ann.operator = "root"
        founder = self.ann.person.id if rank is Rank.FOUNDER else "fay"
        if verb in (Verb.CREATE, Verb.TOPIC) and not holds(State.REGISTERED):
            founder = ""
        charter = Charter(room.id, room.name, founder, founder, 1)
        for part in parts:
            charter = charter.after(Change(None, part), 0)
        if verb is Verb.UNDO:
            self.did_something(charter)
            charter = room.charter
        room.charter = charter
        if verb is Verb.CREATE and State.CROWDED not in situation.states and self.name == "#dev":
            self.bob.part("#dev")
        if holds(State.ABSENT) or verb is Verb.JOIN:
            self.ann.part(self.name)
            self.player.turn()
        self.ann.current = room  # as if it had not noticed that it is no longer there
        room.admitted.clear()
        if holds(State.SLOWED):
            room.spoke(self.ann.person.id, self.chat.clock.seconds())

    def did_something(self, charter: Charter) -> None:
        """There is something to undo."""
        self.room.charter = charter
        self.eve.operator = "eve"
        self.eve.current = self.room
        self.eve.typed("/set limit 900")
        self.player.turn()

    def facts(self) -> object:
        room = self.room
        members = sorted((person.id, person.next_name.text) for person in room.members)
        here = self.chat.rooms.get(room.key) is room
        return room.charter, members, room.topic, here, self.chat.seq

    def plays(self) -> list[str]:
        line = TYPED.get(self.situation.verb, "").format(room=self.name, line=self.line)
        return self.player.does(self.ann, self.situation.verb, self.name, line)


def plays_all(case: Any) -> None:
    """Play every situation in `case`, a test that is a `Player`, set up anew for each."""
    wrong, count = [], 0
    for situation in situations():
        case.setUp()
        stage = Stage(case, situation)
        heard = stage.plays()
        if heard != situation.expected:
            wrong.append(f"{situation}: {heard}, not {situation.expected}")
        elif heard and stage.facts() != stage.before:
            wrong.append(f"{situation}: refused, and done all the same")
        count += 1
    case.assertEqual(wrong, [])
    case.assertGreater(count, 500)
