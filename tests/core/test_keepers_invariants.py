"""Whatever people do, in whatever order: nothing changes in a room but by somebody who has the right.

The oracle here is a plain account of the rules in words of its own: it knows nothing of the table in core/rights.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from twisted.internet.task import Clock

from tests.core.doubles import Program, line
from tests.core.keeping_case import NoHash
from tests.helpers import make_chat
from twisted_chat.core.charters import Ban, Charter, Holder, Hush, Role
from twisted_chat.core.errors import ChatError
from twisted_chat.core.events import Event, Kind
from twisted_chat.core.names import parse_nick
from twisted_chat.core.people import Person
from twisted_chat.core.session import Session
from twisted_chat.core.told import Welcome

WHO = ("alice", "bob", "carol", "eve", "mal")
"""The first three have accounts, and alice keeps #dev; the others are guests."""

NICKS = ("alice", "bob", "carol", "eve", "mal", "zora")
ABOUT_SOMEBODY = ("op", "deop", "voice", "devoice", "kick", "ban", "unban", "hush", "invite", "ban account:")
ALONE = (
    "/lock off", "/set invite-only no", "/set moderated no", "/set secret no", "/slow off", "/topic new", "/log",
    "/bans", "/history", "/search hi", "/edit #1 other", "/delete #1", "/delete #3",
)  # fmt: skip
RESTRICTING = (
    "/lock k", "/set invite-only yes", "/set moderated yes", "/set secret yes", "/set limit 3", "/set history no",
    "/slow 9",
)  # fmt: skip
TALK = ("hi", "/me waves", "//x", "/edit #2 other")
DOORS = ("/join #dev", "/join #dev", "/join #dev k", "/part #dev", "/switch #dev")
RARE = ("/drop #dev", "/create #dev", "/logout")


@dataclass
class Seen:
    """A room at one moment."""

    room: str
    charter: Charter
    wanted: set[str]
    ranks: dict[str, int]
    topic: str
    admitted: set[str]


class Keepers(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.chat = make_chat(self.clock, history_lines=3)
        self.chat.accounts._hasher = NoHash()  # type: ignore[attr-defined]
        self.sessions: dict[str, Session] = {}
        self.listeners: dict[str, Program] = {}
        self.secrets: dict[str, str] = {}
        for nick in WHO:
            self.comes(nick, nick)
            if nick in WHO[:3]:
                person = self.sessions[nick].person
                self.chat.accounts.register(person.id, parse_nick(nick), "longenough")
                person.account = self.chat.accounts.of(person.id)
        self.sessions["alice"].typed("/create #dev")
        self.clock.advance(0)
        for nick in WHO[1:4]:
            self.sessions[nick].typed("/join #dev")
        self.clock.advance(0)
        self.sessions["alice"].typed("/op bob")
        self.clock.advance(0)

    def comes(self, who: str, nick: str, **more: object) -> None:
        listener = Program()
        self.sessions[who] = self.chat.enter(listener, nick, **more)  # type: ignore[arg-type]
        self.listeners[who] = listener
        self.clock.advance(0)
        self.secrets[who] = listener.told(Welcome)[-1].resume

    # the oracle

    def rank(self, person: Person, charter: Charter) -> int:
        """0 nobody, 1 a voice, 2 an operator, 3 the founder."""
        if person.account is None:
            return 0
        if charter.founder == person.account.id:
            return 3
        found = charter.parts.get(("holder", person.account.id))
        return int(found.role) if isinstance(found, Holder) else 0

    def seen(self) -> Seen | None:
        room = self.chat.rooms.get("#dev")
        if room is None:
            return None
        people = self.chat.persons.values()
        ranks = {person.id: self.rank(person, room.charter) for person in people}
        wanted = {person.id for person in people if room in person.wanted}
        return Seen(room.id, room.charter, wanted, ranks, room.topic, {*room.admitted._given, *room.admitted._came})

    def is_banned(self, person: Person, charter: Charter) -> bool:
        account = person.account.key if person.account else ""
        return any(
            each.pattern == f"account:{account}" if ":" in each.pattern
            else fnmatchcase(person.next_name.key, each.pattern)
            for each in charter.parts.values() if isinstance(each, Ban)
        )  # fmt: skip

    def may_talk(self, person: Person, seen: Seen) -> bool:
        rank, charter = seen.ranks.get(person.id, 0), seen.charter
        hushed = ("hush", person.id) in charter.parts
        return person.id in seen.wanted and (
            rank >= 2 or (not hushed and not self.is_banned(person, charter) and (rank or not charter.rules.moderated))
        )  # fmt: skip

    def may_come(self, person: Person, seen: Seen, key: bool) -> bool:
        rank, rules = seen.ranks.get(person.id, 0), seen.charter.rules
        invited = person.id in seen.admitted or ("holder", person.id) in seen.charter.parts
        if rank >= 2:
            return True
        opened = rank or invited or ((key or not rules.key) and not rules.invite_only)
        return bool(opened) and not self.is_banned(person, seen.charter)

    # what people do

    @rule(who=st.sampled_from(WHO), what=st.sampled_from(ALONE))
    def tries_alone(self, who: str, what: str) -> None:
        self.tries(who, what)

    @rule(who=st.sampled_from(WHO), what=st.sampled_from(ABOUT_SOMEBODY), whom=st.sampled_from(NICKS))
    def tries_on(self, who: str, what: str, whom: str) -> None:
        self.tries(who, f"/{what}{'' if what.endswith(':') else ' '}{whom}")

    @rule(what=st.sampled_from(TALK))
    def all_talk(self, what: str) -> None:
        for who in WHO:
            self.tries(who, what)

    @rule(what=st.sampled_from(DOORS))
    def all_come_or_go(self, what: str) -> None:
        for who in WHO[1:]:
            self.tries(who, what)

    @rule(who=st.sampled_from(WHO), number=st.integers(0, 9))
    def undoes(self, who: str, number: int) -> None:
        self.tries(who, f"/undo {number or ''}".rstrip())

    @rule(who=st.sampled_from(WHO), what=st.sampled_from(RARE), luck=st.integers(0, 7))
    def ends_or_begins(self, who: str, what: str, luck: int) -> None:
        if not luck:
            self.tries(who, what)

    @rule(what=st.sampled_from(("op", "voice", "hush", "ban", "kick", "ban account:")), whom=st.sampled_from(WHO[1:]))
    def alice_keeps_order(self, what: str, whom: str) -> None:
        self.tries("alice", f"/{what}{'' if what.endswith(':') else ' '}{whom}")

    @rule(what=st.sampled_from(("op", "deop", "voice", "devoice", "kick", "hush")), whom=st.sampled_from(WHO[:3]),
          who=st.sampled_from(WHO[1:3]))  # fmt: skip
    def an_account_dares(self, who: str, what: str, whom: str) -> None:
        self.tries(who, f"/{what} {whom}")

    @rule(what=st.sampled_from(RESTRICTING))
    def all_would_restrict(self, what: str) -> None:
        for who in reversed(WHO):
            self.tries(who, what)

    @rule(what=st.sampled_from(RESTRICTING))
    def alice_restricts(self, what: str) -> None:
        self.tries("alice", what)

    @rule(who=st.sampled_from(WHO), nick=st.sampled_from(NICKS))
    def renames(self, who: str, nick: str) -> None:
        self.tries(who, f"/nick {nick}")

    @rule(who=st.sampled_from(WHO), rooms=st.sampled_from(((), ("#dev",))), resumes=st.booleans())
    def comes_again(self, who: str, rooms: tuple[str, ...], resumes: bool) -> None:
        """By another connection: with its secret, as its account, or as somebody new."""
        session = self.sessions[who]
        before, account = self.seen(), session.person.account
        more: dict[str, object] = {"resume": self.secrets[who], "since": 0} if resumes else {"account": account}
        if not resumes and account is None:
            session.lost()
            self.clock.advance(0)
            before = self.seen()
        try:
            self.comes(who, session.person.next_name.text, rooms=rooms, **more)
        except ChatError:
            if session.over:
                self.comes(who, f"{who}x")
            return
        self.justified(self.sessions[who].person, before, "")

    @rule()
    def waits(self) -> None:
        self.clock.advance(20)

    def tries(self, who: str, what: str) -> None:
        session, listener = self.sessions[who], self.listeners[who]
        before, person = self.seen(), session.person
        listener.forget()
        seq = self.chat.seq
        session.typed(what)
        self.clock.advance(0)
        self.clock.advance(0)
        if listener.session is not None and listener.session is not session:
            self.sessions[who] = listener.session  # he logged out: somebody else, who comes in by the door
            return
        self.justified(person, before, what)
        if before is not None:
            self.heard_rightly(person, before, [item for item, _s, _v in listener.heard], seq)

    # what must hold

    def justified(self, doer: Person, before: Seen | None, what: str) -> None:
        """Each difference in the room is `doer`'s to make."""
        after = self.seen()
        if before is None or after is None or after.room != before.room:
            gone = before is not None and before.charter.founder
            assert not gone or before.ranks[doer.id] == 3, f"{what}: dropped"  # type: ignore[union-attr]
            return
        mine = before.ranks.get(doer.id, 0)
        for person in after.wanted - before.wanted:
            assert person == doer.id, f"{what}: nobody brings in somebody else"
            assert self.may_come(doer, before, what.endswith(" k")), f"{what}: came in"
        for person in before.wanted - after.wanted - {doer.id}:
            assert mine >= 2, f"{what}: put out"
            assert before.ranks.get(person, 0) < mine, f"{what}: put out"
        if after.topic != before.topic and before.charter.founder:
            assert mine >= 2, f"{what}: the topic"
        if after.charter.founder != before.charter.founder:
            assert not before.charter.founder
            assert doer.account is not None
            assert before.wanted <= {doer.id}, f"{what}: others were there"
        for key in before.charter.parts.keys() | after.charter.parts.keys():
            was, became = before.charter.parts.get(key), after.charter.parts.get(key)
            if was != became and not self.ended(was):
                roles = {each.role for each in (was, became) if isinstance(each, Holder)}
                assert mine >= (3 if Role.OPERATOR in roles else 2), f"{what}: {was} became {became}"

    def ended(self, part: object) -> bool:
        return isinstance(part, Ban | Hush) and 0 < part.until <= self.chat.now()

    def heard_rightly(self, doer: Person, before: Seen, heard: list[object], seq: int) -> None:
        rank = before.ranks.get(doer.id, 0)
        for item in heard:
            if isinstance(item, Event) and item.seq > seq and (item.room, item.person) == (before.room, doer.id):
                talks = item.kind in (Kind.MESSAGE, Kind.ACTION, Kind.EDITED)
                assert not talks or self.may_talk(doer, before), f"talked: {item}"
            shown = line(item)
            if "alice: create" in shown or (" banned from #dev" in shown and shown.startswith("reply")):
                assert rank >= 1, shown
            if shown.startswith("history of #dev: [") or (shown.startswith("found: [") and "[#dev]" in shown):
                assert before.room in {room.id for room in doer.rooms}, shown

    @invariant()
    def the_house_is_in_order(self) -> None:
        for room in self.chat.rooms.values():
            assert {person.id for person in room.members} == {
                person.id for person in self.chat.persons.values() if room in person.wanted
            }
            for person in room.members:
                for session in person.sessions:
                    assert session.current is None or session.current in person.wanted


KeepersTest = Keepers.TestCase
KeepersTest.settings = settings(
    max_examples=300, stateful_step_count=40, deadline=None, database=None, derandomize=True
)
