"""Whatever people do, in whatever order: it is done if they may, and refused if they may not, and nothing else happens.

Everything is done twice, in the chat and in the plain model of docs/protocol.md (rights_model.py). Then the answer must
be the same, and the whole house, and nobody has heard what was not for him. `TWISTED_CHAT_RIGHTS=2000` plays so many
examples, other ones each time.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock

from tests.core.doubles import Human as Reader
from tests.core.doubles import Program
from tests.core.keeping_case import NoHash
from tests.core.rights_model import FOUNDER, LOBBY, OPERATOR, RULES, VOICE, Deed, Human, Moot, No, Place, Seat, World
from tests.helpers import NOON, Listener, make_chat
from twisted_chat.boundaries import Origin
from twisted_chat.core.allowance import Often
from twisted_chat.core.charters import SERVER, Ban, Charter, Holder, Hush, Rule
from twisted_chat.core.errors import BadLogin, ChatError
from twisted_chat.core.events import Event
from twisted_chat.core.rooms import Room
from twisted_chat.core.session import Session
from twisted_chat.core.told import Failure, Found, History, Reply, Welcome

LONG = int(os.environ.get("TWISTED_CHAT_RIGHTS", "0"))

NETWORKS = {
    "alice": "192.0.2.1", "bob": "192.0.2.2", "bob2": "203.0.113.2", "carol": "192.0.2.3", "eve": "198.51.100.4",
    "mal": "198.51.100.5", "ruth": "203.0.113.6",
}  # fmt: skip
"""The seats, and where they come from. Alice, Bob (twice) and Carol have accounts."""

SEATS = st.sampled_from(tuple(NETWORKS))
KEEPERS = st.sampled_from((*NETWORKS, *("a keeper", "another keeper") * 4))
"""Who may be expected to have a right, too, or nothing would ever happen."""

ROOMS = st.sampled_from(("#dev", "#dev", "#dev", "#ops", LOBBY))
NICKS = st.sampled_from(("alice", "bob", "carol", "eve", "mal", "ruth", "zora"))
ACCOUNTS = ("alice", "bob", "carol")
PATTERNS = st.sampled_from((
    "bob", "eve", "mal", "carol", "zora", "?????", "bob*", "*", "account:bob", "account:carol", "net:198.51.100.0/24",
    "net:203.0.113.2/32", "net:198.0.0.0/8",
))  # fmt: skip
OPERATORS = st.sampled_from(("an operator", "an operator", "an operator", "carol", "eve"))
NETBANS = st.sampled_from(("198.51.100.0/24", "198.51.100.5/32", "203.0.113.2/32", "192.0.2.3/32", "203.0.113.0/24"))
SPANS = st.sampled_from((0, 0, 30, 50))
SETTINGS = st.sampled_from((
    ("invite-only", True), ("invite-only", False), ("moderated", True), ("moderated", False), ("secret", True),
    ("secret", False), ("history", False), ("history", True), ("limit", 3), ("limit", 0), ("slow", 30), ("slow", 0),
    ("key", "k"), ("key", ""),
))  # fmt: skip


class SomeOperators:
    """The server's operators, as its configuration has them at the moment."""

    def __init__(self) -> None:
        self.names = {"ruth", "carol"}

    def is_one(self, name: str) -> bool:
        return name in self.names

    def prove(self, name: str, password: str, network: str) -> Deferred[str]:
        return succeed(name) if name in self.names and password == "sesame" else fail(BadLogin("no"))


class Unlimited:
    """Rooms may be made as often as one likes: this is not about that."""

    def made(self, _maker: object) -> None:
        """It may."""

    def came_to_nothing(self, _maker: object) -> None:
        """It does not count either."""


def pieces_of(charter: Charter) -> dict[tuple[str, str], Any]:
    """What is written down, as the model has it."""
    found: dict[tuple[str, str], Any] = {}
    for part in charter.parts.values():
        match part:
            case Holder():
                found["role", part.account] = int(part.role)
            case Rule():
                found["rule", part.name.replace("_", "-")] = part.value
            case Ban():
                found["ban", part.pattern] = (part.by, seconds(part.since), seconds(part.until))
            case Hush():
                found["hush", part.person] = (part.nick, part.by, seconds(part.since), seconds(part.until))
    return found


def seconds(ms: int) -> float:
    return (ms - NOON) / 1000 if ms else 0


def outcome(act: Callable[[], Any]) -> list[str] | None:
    """The codes of refusal that an act in the model gives; None: some refusal, whichever."""
    try:
        act()
    except No as no:
        return [str(no)]
    except Moot:
        return None
    return []


class Lives(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.operators = SomeOperators()
        often = Often(10**6, 600.0)
        self.chat = make_chat(self.clock, operators=self.operators, history_lines=50, registrations=often)
        self.chat.accounts._hasher = NoHash()  # type: ignore[attr-defined]
        self.chat._making = Unlimited()  # type: ignore[assignment]
        self.world = World()
        self.world.operators = self.operators.names
        self.sessions: dict[str, Session] = {}
        self.listeners: dict[str, Listener] = {}
        self.secrets: dict[str, tuple[str, Human]] = {}
        self.count = 0
        operators = set(self.operators.names)
        self.operators.names.clear()  # carol's account is older than her being one
        for name in NETWORKS:
            if name == "bob2":
                self.comes(name, account="bob")
            else:
                self.comes(name)
            if name in ACCOUNTS:
                self.tries(name, "/register longenough", self.world.register)
        self.operators.names |= operators
        self.creates("alice", "#dev")
        for name in ("bob", "carol", "eve"):
            self.joins(name, "#dev", "")
        self.tries_in("alice", "#dev", "/op bob", lambda seat, place: self.world.appoint(seat, place, "bob", OPERATOR))
        self.proves_to_be_an_operator("ruth", "ruth", "sesame")

    # how it is done twice

    def tries(self, name: str, what: str | Callable[[Session, str], None], act: Callable[[Seat], Any]) -> list[Any]:
        """`what` is typed, or done as a program does it; `act` is the same in the model. What he was told."""
        seat = self.world.seats.get(name)
        if seat is None:
            self.comes(name)
            return []
        session, listener = self.sessions[name], self.listeners[name]
        self.count += 1
        mark, before = f"m{self.count}", self.before()
        refused: list[str] = []
        try:
            session.typed(what, mark) if isinstance(what, str) else what(session, mark)
        except ChatError as error:
            refused = [error.code]
        self.turns()
        refused += [each.error.code for each in listener.told(Failure) if each.client_id == mark]
        heard = [item for item, _stance, _view in listener.heard]
        self.is_right(f"{name}: {what}", refused, outcome(lambda: act(seat)))
        self.settle(before, f"{name}: {what}")
        return heard

    def is_right(self, what: str, refused: list[str], expected: list[str] | None) -> None:
        right = bool(refused) if expected is None else refused == expected
        assert right, f"{what}: heard {refused}, expected {expected}"

    def tries_in(self, name: str, room: str, what: str, act: Callable[[Seat, Place], Any]) -> list[Any]:
        """The same in a room that must be the current one; where he is not in it, in that which is."""
        name = self.who(name, room)
        seat = self.world.seats.get(name)
        if seat is not None and room in self.world.places and seat.human.id in self.world.places[room].inside:
            self.sessions[name].typed(f"/switch {room}")

        def there(seat: Seat) -> None:
            current = self.current
            if current is None:
                raise Moot
            act(seat, self.world.places[current])

        now = self.sessions[name].current
        self.current = now.key if now is not None else None
        return self.tries(name, what, there)

    def who(self, name: str, room: str) -> str:
        """A seat; a keeper of the room is the first or the last that there is, or Alice."""
        if name in NETWORKS:
            return name
        keepers = [each for each in NETWORKS if (self.rank(each, room) or 0) >= OPERATOR] or ["alice"]
        return keepers[0 if name == "a keeper" else -1]

    def rank(self, name: str, room: str) -> int | None:
        seat, place = self.world.seats.get(name), self.world.places.get(room)
        return self.world.rank(seat, place) if seat is not None and place is not None else None

    def turns(self) -> None:
        while any(call.getTime() <= self.clock.seconds() for call in self.clock.getDelayedCalls()):
            self.clock.advance(0)
        self.world.now = self.clock.seconds()

    def before(self) -> tuple[int, dict[str, dict[str, int]]]:
        for listener in self.listeners.values():
            listener.forget()
        return self.chat.seq, self.readable()

    def readable(self) -> dict[str, dict[str, int]]:
        """For each seat the rooms that it is in, with the number above which it reads there."""
        world = self.world
        return {
            name: {place.name: world.floor(seat, place) for place in world.rooms_of(seat.human)}
            for name, seat in world.seats.items()
        }

    def settle(self, before: tuple[int, dict[str, dict[str, int]]], what: str) -> None:
        for name, listener in self.listeners.items():
            if listener.session is not None:  # it logged in or out
                self.sessions[name], listener.session = listener.session, None
            for welcome in listener.told(Welcome):
                if name in self.world.seats:
                    self.secrets[name] = (welcome.resume, self.world.seats[name].human)
        chat = self.chat
        for name, (secret, _human) in list(self.secrets.items()):
            if chat._secrets.holder_of(secret, chat.accounts.stamp)[0] is None:
                del self.secrets[name]  # void by /ghost, /logout or /kill, of which this is not
        for session in self.sessions.values():
            session.put_out_of = ""  # he is asked once whether he means the room that he is in now: no matter of rights
        seq, could = before
        can = self.readable()
        for name, listener in self.listeners.items():
            floors = [could.get(name, {}), can.get(name, {})]
            for item, _stance, _view in listener.heard:
                self.may_hear(name, item, floors, seq, what)
        self.same(what)

    def may_hear(self, name: str, item: object, floors: list[dict[str, int]], seq: int, what: str) -> None:
        if isinstance(item, Event) and item.room:
            there = [each[item.room_name] for each in floors if item.room_name in each]
            assert there, f"{what}: {name} heard {item}"
            assert not item.seq or item.seq > seq or item.seq > min(there), f"{what}: {name} heard {item}"
        elif isinstance(item, History | Found):
            for event in item.events:
                there = [each[event.room_name] for each in floors if event.room_name in each]
                assert there, f"{what}: {name} read {event}"
                assert event.seq > min(there), f"{what}: {name} read {event}"

    # what must be the same

    def same(self, what: str) -> None:
        world, chat = self.world, self.chat
        assert chat.seq == world.number, what
        assert chat.helm.brake == world.brake, what
        bans = {ban.pattern: (ban.by, seconds(ban.since), seconds(ban.until)) for ban in chat.netbans.present()}
        assert bans == world.present_bans(), what
        self.same_deeds(SERVER, world.acts, what)
        assert chat.rooms.keys() == world.places.keys(), what
        for key, place in world.places.items():
            self.same_room(chat.rooms[key], place, what)
        for name, session in self.sessions.items():
            seat = world.seats.get(name)
            if seat is None:
                assert session.over, f"{what}: {name} is here"
                continue
            person = session.person
            assert not session.over, f"{what}: {name} is gone"
            assert session.operator == seat.operator, f"{what}: {name}'s rights"
            account = person.account.name if person.account else ""
            assert (person.id, person.nick, account) == (seat.human.id, seat.human.nick, seat.human.account), what
            assert session.current is None or session.current in person.wanted, what

    def same_room(self, room: Room, place: Place, what: str) -> None:
        persons = self.chat.persons.values()
        assert {person.id for person in persons if room in person.wanted} == place.inside.keys(), what
        assert {person.id for person in room.members} == place.inside.keys(), what
        assert (room.charter.founder, room.topic) == (place.founder, place.topic), what
        pieces = (pieces_of(room.charter), place.pieces)
        mine, its = ({key: value for key, value in each.items() if self.holds(key, value)} for each in pieces)
        assert mine == its, what
        self.same_deeds(room.id, place.deeds, what)

    def same_deeds(self, room: str, deeds: list[Deed], what: str) -> None:
        actions = self.chat.keepers._actions.get(room, [])  # type: ignore[attr-defined]
        done = [(action.number, action.verb, bool(action.undone)) for action in actions]
        assert done == [(deed.number, deed.verb, deed.undone) for deed in deeds], what

    def holds(self, key: tuple[str, str], value: Any) -> bool:
        return key[0] not in ("ban", "hush") or self.world.holds(value[-1])

    @invariant()
    def whoever_is_in_is_shown_so(self) -> None:
        for person in self.chat.persons.values():
            assert person.sessions

    # coming and going

    def comes(self, name: str, *, account: str = "", resumes: bool = False, rooms: tuple[str, ...] = ()) -> None:
        """By a new connection; by its account's password, by its secret, or as somebody new."""
        before, world, network = self.before(), self.world, NETWORKS[name]
        more: dict[str, Any] = {}
        human: Human | None = None
        if account and account in world.accounts:
            human = world.accounts[account]
            more["account"] = self.chat.accounts.named(account)
        elif resumes and name in self.secrets:
            more["resume"], human = self.secrets[name]
            more["since"] = 0
        if name in world.seats and not more.get("resume"):
            self.sessions[name].lost()
            self.turns()
            world.leaves(name)
        if human is None:
            human = Human("?", name)
            while not world.is_free(human.nick, None):
                human.nick += "x"
        elif human.account and not world.is_here(human):
            human.nick = human.account
        listener = Reader() if name == "mal" else Program()
        listener.origin = Origin(network, secure=True)
        found: list[str] = []

        def act() -> None:
            world.lets_connect(network)
            if not world.is_free(human.nick, human):
                raise Moot
            world.is_let_in(human, human.account)
            found.extend(world.open_ones(human, (LOBBY, *rooms), network))

        expected = outcome(act)
        session, refused = None, []
        try:
            self.chat.netbans.check(ip_address(network))  # as every door does, before anything else
            session = self.chat.enter(listener, human.nick, rooms=rooms, **more)
        except ChatError as error:
            refused = [error.code]
        self.turns()
        right = bool(refused) if expected is None else refused == expected
        assert right, f"{name} comes: heard {refused}, expected {expected}"
        if session is not None:
            if human.id == "?":
                human.id = session.person.id
            self.sessions[name], self.listeners[name] = session, listener
            world.sits(name, Seat(human, network), found)
        self.settle(before, f"{name} comes")

    @rule(name=SEATS, how=st.sampled_from(("guest", "secret", "secret", "account")), rooms=st.lists(ROOMS, max_size=2))
    def comes_again(self, name: str, how: str, rooms: list[str]) -> None:
        account = "bob" if name == "bob2" else name
        self.comes(name, account=account if how == "account" else "", resumes=how == "secret", rooms=tuple(rooms))

    @rule(name=SEATS)
    def is_cut_off(self, name: str) -> None:
        if name in self.world.seats:
            before = self.before()
            self.sessions[name].lost()
            self.turns()
            self.world.leaves(name)
            self.settle(before, f"{name} is cut off")

    def joins(self, name: str, room: str, key: str) -> None:
        self.tries(name, f"/join {room} {key}", lambda seat: self.world.join(seat, room, key))

    def creates(self, name: str, room: str) -> None:
        self.tries(name, f"/create {room}", lambda seat: self.world.create(seat, room))

    @rule(name=SEATS, room=ROOMS, key=st.sampled_from(("", "", "k")))
    def goes_into(self, name: str, room: str, key: str) -> None:
        self.joins(name, room, key)

    @rule(room=ROOMS, key=st.sampled_from(("", "k")))
    def all_go_into(self, room: str, key: str) -> None:
        for name in NETWORKS:
            self.joins(name, room, key)

    @rule(name=SEATS, room=ROOMS)
    def parts(self, name: str, room: str) -> None:
        self.tries(name, f"/part {room}", lambda seat: self.world.part(seat, room))

    @rule(name=SEATS, nick=NICKS)
    def renames(self, name: str, nick: str) -> None:
        self.tries(name, f"/nick {nick}", lambda seat: self.world.rename(seat, nick))

    # who somebody is

    @rule(name=SEATS, account=st.sampled_from((*ACCOUNTS, "eve", "ruth")))
    def logs_in(self, name: str, account: str) -> None:
        if account not in self.world.accounts:
            return  # who guesses is slowed, and that is tested elsewhere

        self.tries(name, f"/login {account} longenough", lambda _seat: self.goes_on_as(name, account))

    def goes_on_as(self, name: str, account: str, meanwhile: Callable[[], object] = list) -> list[Place]:
        human = self.world.accounts[account]
        self.world.is_let_in(human, account)
        return self.world.goes_on_as(name, human, meanwhile) if self.world.seats[name].human is not human else []

    @rule(name=SEATS)
    def logs_out(self, name: str) -> None:
        self.tries(name, "/logout", lambda _seat: self.goes_on_as_a_guest(name))

    def goes_on_as_a_guest(self, name: str, meanwhile: Callable[[], object] = list) -> list[Place]:
        seat = self.world.seats[name]
        if not seat.human.account:
            raise Moot
        if self.world.brake:
            raise No("NOT_ALLOWED")
        nick = next(nick for number in range(2, 99) if self.world.is_free(nick := f"{seat.human.nick}{number}", None))
        guest = Human("?", nick)
        passed = self.world.goes_on_as(name, guest, meanwhile)
        if self.listeners[name].session is not None:
            guest.id = self.listeners[name].session.person.id
            for place in self.world.places.values():
                if "?" in place.inside:
                    place.inside[guest.id] = place.inside.pop("?")
                if "?" in place.known:
                    place.known.remove("?")
                    place.known.add(guest.id)
        return passed

    @rule(
        name=SEATS, account=st.sampled_from((*ACCOUNTS, "eve", "ruth", "")), other=KEEPERS, room=ROOMS,
        does=st.sampled_from(("kick", "kick", "kill", "netban")), by_old=st.booleans(),
    )  # fmt: skip
    def is_thrown_out_while_he_becomes_another(
        self, name: str, account: str, other: str, room: str, does: str, by_old: bool
    ) -> None:
        """In the same turn; without an account he logs out."""
        world, other = self.world, self.operator("an operator") if does != "kick" else self.who(other, room)
        seat, his = world.seats.get(name), world.seats.get(other)
        if seat is None or his is None or his is seat or (account and account not in world.accounts):
            return
        there = world.places.get(room)
        if there is not None and his.human.id in there.inside:
            self.sessions[other].typed(f"/switch {room}")
            self.turns()
        current = self.sessions[other].current
        nick, network = seat.human.nick if by_old or not account else account, f"{NETWORKS[name]}/32"
        before, refused, expected = self.before(), [], []
        self.count += 1

        def act() -> None:
            match does:
                case "kill":
                    world.kill(his, nick)
                case "netban":
                    world.ban_network(his, network, 20)
                case _ if current is None:
                    raise Moot
                case _:
                    world.kick(his, world.places[current.key], nick)

        def meanwhile() -> None:
            expected.append(outcome(act))

        line = {"kick": f"/kick {nick}", "kill": f"/kill {nick}", "netban": f"/netban {network} 20s"}[does]
        becomes = f"/login {account} longenough" if account else "/logout"
        self.sessions[name].typed(becomes, f"m{self.count}a")
        self.sessions[other].typed(line, f"m{self.count}b")
        self.turns()
        for who, letter in ((name, "a"), (other, "b")):
            told = self.listeners[who].told(Failure)
            refused.append([each.error.code for each in told if each.client_id == f"m{self.count}{letter}"])
        passed: list[Place] = []

        def goes() -> None:
            goes_on = (
                self.goes_on_as_a_guest(name, meanwhile) if not account else (self.goes_on_as(name, account, meanwhile))
            )
            passed.extend(goes_on)

        what = f"{name}: {becomes}, and {other}: {line}"
        self.is_right(what, refused[0], outcome(goes))
        if not expected:  # he stays who he is
            meanwhile()
        self.is_right(what, refused[1], expected[0])
        for each, theirs in world.seats.items():
            for place in passed:
                if name in world.seats and theirs.human is world.seats[name].human:
                    before[1][each].setdefault(place.name, before[0])
        self.settle(before, what)

    @rule(name=st.sampled_from(("eve", "mal", "ruth")))
    def registers(self, name: str) -> None:
        self.tries(name, "/register longenough", self.world.register)
        if name == "mal":
            self.secrets.pop(name, None)  # who is no program is not told the new one

    @rule(name=SEATS)
    def ends_his_others(self, name: str) -> None:
        def act(seat: Seat) -> None:
            for other, each in list(self.world.seats.items()):
                if each.human is seat.human and other != name:
                    self.world.leaves(other)

        self.tries(name, "/ghost", act)

    # talk

    @rule(room=ROOMS)
    def all_say(self, room: str) -> None:
        for name in NETWORKS:
            self.says(name, room)

    @rule(name=SEATS, room=ROOMS)
    def says(self, name: str, room: str) -> None:
        self.tries(
            name, lambda session, mark: session.say("hi", room, client_id=mark),
            lambda seat: self.world.say(seat, room, "hi"),
        )  # fmt: skip

    @rule(name=SEATS, room=ROOMS)
    def waves(self, name: str, room: str) -> None:
        self.tries_in(name, room, "/me waves", lambda seat, place: self.world.say(seat, place.name, "waves"))

    @rule(name=KEEPERS, room=ROOMS, text=st.sampled_from(("new", "old", "-")))
    def sets_the_topic(self, name: str, room: str, text: str) -> None:
        new = "" if text == "-" else text
        self.tries_in(name, room, f"/topic {text}", lambda seat, place: self.world.set_topic(seat, place, new))

    @rule(data=st.data(), name=SEATS, deletes=st.booleans())
    def changes_a_line(self, data: st.DataObject, name: str, deletes: bool) -> None:
        lines = [said for place in self.world.places.values() for said in place.lines]
        seat = self.world.seats.get(name)
        mine = [said.number for said in lines if seat is not None and said.human is seat.human]
        numbers = mine[-4:] + [said.number for said in lines[-4:]] + [self.world.number + 1]
        number = data.draw(st.sampled_from(numbers))
        if deletes:
            self.tries(name, f"/delete #{number}", lambda seat: self.world.delete(seat, number))
        else:
            self.tries(name, f"/edit #{number} other hi", lambda seat: self.world.edit(seat, number, "other hi"))

    # reading

    @rule(name=SEATS, room=ROOMS)
    def reads_everything(self, name: str, room: str) -> None:
        self.reads(name, room)
        self.searches(name, room)
        self.looks_around(name)
        self.asks_who_is_in(name, room)
        self.looks_at_the_rules(name, room)

    def reads(self, name: str, room: str) -> None:
        numbers: list[int] = []
        heard = self.tries(
            name, lambda session, mark: session.history(room, 100, mark),
            lambda seat: numbers.extend(self.world.past(seat, room)),
        )  # fmt: skip
        shown = [[event.seq for event in item.events] for item in heard if isinstance(item, History)]
        numbers = numbers[-100:]
        assert shown in ([], [numbers]), f"{name} reads {room}: {shown}, not {numbers}"

    def searches(self, name: str, room: str) -> None:
        for words, where in (("hi", ""), (f"hi in:{room}", room)):
            numbers: list[int] = []
            act = lambda seat, where=where, found=numbers: found.extend(self.world.found(seat, "hi", where))  # noqa: E731
            heard = self.tries(name, f"/search {words}", act)
            shown = [[event.seq for event in item.events] for item in heard if isinstance(item, Found)]
            assert shown in ([], [numbers[:50]]), f"{name} searches {words}: {shown}, not {numbers}"

    def looks_around(self, name: str) -> None:
        """Secret rooms are in no list of who is not in them."""
        for what in ("/rooms", "/who", "/whois bob", "/whois eve"):
            heard = self.tries(name, what, self.finds_somebody(what))
            seat = self.world.seats.get(name)
            if seat is not None:
                words = {
                    word.lstrip("*")
                    for item in heard
                    if isinstance(item, Reply)
                    for word in " ".join(item.lines).split()
                }
                for place in self.world.places.values():
                    if self.world.is_hidden(seat, place):
                        assert place.name not in words, f"{name}: {what} tells of {place.name}"
                    elif what == "/rooms" and heard:
                        assert place.name in words, f"{name}: {what} hides {place.name}"

    def finds_somebody(self, what: str) -> Callable[[Seat], None]:
        nick = what.removeprefix("/whois ")

        def act(_seat: Seat) -> None:
            if nick != what and all(seat.human.nick != nick for seat in self.world.seats.values()):
                raise Moot

        return act

    def asks_who_is_in(self, name: str, room: str) -> None:
        self.tries(name, f"/names {room}", lambda seat: self.world.sees(seat, self.world.place(room)))

    def looks_at_the_rules(self, name: str, room: str) -> None:
        world = self.world
        heard = self.tries_in(name, room, "/set", world.is_in)
        for item in heard:
            if isinstance(item, Reply) and "key: k" in item.lines:
                seat = world.seats[name]
                assert world.rank(seat, world.places[str(self.current)]) >= OPERATOR, f"{name} sees the key"
        self.tries_in(name, room, "/bans", lambda seat, place: world.keeps(seat, place, VOICE))
        self.tries_in(name, room, "/log", lambda seat, place: world.keeps(seat, place, OPERATOR))
        for pattern in ("bob", "net:198.51.100.0/24"):
            asks = lambda seat, place, about=pattern: world.looks_whom_it_hits(seat, place, about)  # noqa: E731
            self.tries_in(name, room, f"/ban ?{pattern}", asks)

    # keeping

    @rule(name=KEEPERS, room=ROOMS)
    def registers_a_room(self, name: str, room: str) -> None:
        self.creates(self.who(name, room), room)

    @rule(name=KEEPERS, room=ROOMS, luck=st.integers(0, 3))
    def drops_a_room(self, name: str, room: str, luck: int) -> None:
        """Not too often by who may: a new room has no past."""
        name = self.who(name, room)
        if luck and (self.rank(name, room) or 0) >= FOUNDER:
            return
        self.tries(name, f"/drop {room}", lambda seat: self.world.drop(seat, room))

    @rule(
        name=KEEPERS, room=ROOMS, nick=NICKS, what=st.sampled_from(("op", "deop", "voice", "devoice", "kick", "invite"))
    )
    def does_to_somebody(self, name: str, room: str, nick: str, what: str) -> None:
        world = self.world
        acts: dict[str, Callable[[Seat, Place], None]] = {
            "op": lambda seat, place: world.appoint(seat, place, nick, OPERATOR),
            "voice": lambda seat, place: world.appoint(seat, place, nick, VOICE),
            "deop": lambda seat, place: world.dismiss(seat, place, nick, OPERATOR),
            "devoice": lambda seat, place: world.dismiss(seat, place, nick, VOICE),
            "kick": lambda seat, place: world.kick(seat, place, nick),
            "invite": lambda seat, place: world.invite(seat, place, nick),
        }
        self.tries_in(name, room, f"/{what} {nick}", acts[what])

    @rule(name=KEEPERS, room=ROOMS, nick=NICKS, span=SPANS)
    def hushes(self, name: str, room: str, nick: str, span: int) -> None:
        line = f"/hush {nick} {span}s" if span else f"/hush {nick}"
        self.tries_in(name, room, line, lambda seat, place: self.world.hush(seat, place, nick, span))

    @rule(name=KEEPERS, room=ROOMS, nick=NICKS)
    def lets_talk_again(self, name: str, room: str, nick: str) -> None:
        self.tries_in(name, room, f"/hush {nick} off", lambda seat, place: self.world.unhush(seat, place, nick))

    @rule(name=KEEPERS, room=ROOMS, pattern=PATTERNS, span=SPANS)
    def bans(self, name: str, room: str, pattern: str, span: int) -> None:
        line = f"/ban {'nick:' if pattern[0] == '?' else ''}{pattern}{f' {span}s' if span else ''}"
        self.tries_in(name, room, line, lambda seat, place: self.world.ban(seat, place, pattern, span))

    @rule(data=st.data(), name=KEEPERS, room=ROOMS)
    def unbans(self, data: st.DataObject, name: str, room: str) -> None:
        place = self.world.places.get(room)
        known = [about for kind, about in place.pieces if kind == "ban"] if place is not None else []
        pattern = data.draw(st.sampled_from(known)) if known else "bob"
        line = f"/unban {'nick:' if pattern[0] == '?' else ''}{pattern}"
        self.tries_in(name, room, line, lambda seat, place: self.world.unban(seat, place, pattern))

    @rule(name=KEEPERS, room=ROOMS, setting=SETTINGS)
    def sets(self, name: str, room: str, setting: tuple[str, Any]) -> None:
        setting_name, value = setting
        shown = {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value or "off")
        self.tries_in(
            name, room, f"/set {setting_name} {shown}",
            lambda seat, place: self.world.set_rule(seat, place, setting_name, value),
        )  # fmt: skip

    @rule(name=KEEPERS, room=ROOMS, word=st.sampled_from(("slow 30", "slow off", "lock k", "lock off")))
    def sets_by_the_short_words(self, name: str, room: str, word: str) -> None:
        command, value = word.split()
        setting = "slow" if command == "slow" else "key"
        meant = RULES[setting] if value == "off" else (30 if setting == "slow" else value)
        self.tries_in(
            name, room, f"/{word}", lambda seat, place: self.world.set_rule(seat, place, setting, meant)
        )  # fmt: skip

    @rule(data=st.data(), name=KEEPERS, room=ROOMS)
    def undoes(self, data: st.DataObject, name: str, room: str) -> None:
        place = self.world.places.get(room)
        numbers = [deed.number for deed in place.deeds[-8:]] if place is not None else []
        self.takes_back(name, room, data.draw(st.sampled_from((0, *numbers))))

    def takes_back(self, name: str, room: str, number: int) -> None:
        self.tries_in(
            name, room, f"/undo {number or ''}".rstrip(), lambda seat, place: self.world.undo(seat, place, number)
        )

    @rule(name=KEEPERS, room=ROOMS, what=st.sampled_from(("ban eve 2hours", "hush eve 10mins", "ban bob 2h,")))
    def mistypes_a_span(self, name: str, room: str, what: str) -> None:
        def moot(_seat: Seat, _place: Place) -> None:
            raise Moot

        self.tries_in(name, room, f"/{what}", moot)

    # what is done in a row, so that chance need not bring it together

    @rule(name=KEEPERS, room=ROOMS, nick=NICKS)
    def closes_the_door_behind_him(self, name: str, room: str, nick: str) -> None:
        self.sets(name, room, ("invite-only", True))
        self.does_to_somebody(name, room, nick, "kick")
        self.all_go_into(room, "")

    @rule(name=KEEPERS, room=ROOMS)
    def leaves_few_places(self, name: str, room: str) -> None:
        self.sets(name, room, ("limit", 3))
        self.all_go_into(room, "")

    @rule(name=KEEPERS, room=ROOMS, pattern=PATTERNS)
    def bans_for_a_while(self, name: str, room: str, pattern: str) -> None:
        self.bans(name, room, pattern, 30)
        self.all_go_into(room, "")
        self.waits(40)
        self.all_go_into(room, "")

    @rule(keeper=KEEPERS, name=SEATS, room=ROOMS)
    def hides_what_was_said(self, keeper: str, name: str, room: str) -> None:
        self.says(self.who(keeper, room), room)
        self.sets(keeper, room, ("history", False))
        self.parts(name, room)
        self.joins(name, room, "")
        self.reads(name, room)
        self.searches(name, room)

    @rule(name=KEEPERS, room=ROOMS, brake=st.sampled_from((2, 3)))
    def works_under_the_brake(self, name: str, room: str, brake: int) -> None:
        self.brakes("ruth", brake)
        self.sets_the_topic(name, room, "new")
        self.does_to_somebody(name, room, "zora", "invite")
        self.says(self.who(name, room), room)
        self.takes_back(name, room, 0)
        self.brakes("ruth", 0)

    @rule(name=KEEPERS, room=ROOMS, who=st.sampled_from(("eve", "mal")))
    def comes_back_as_the_guest_that_he_was(self, name: str, room: str, who: str) -> None:
        """What was the guest's went over to the account."""
        self.sets(name, room, ("invite-only", True))
        secret = self.secrets.get(who)
        self.logs_in(who, "carol")
        self.is_cut_off(who)
        if secret is not None:
            self.secrets[who] = secret
        self.comes(who, resumes=True, rooms=(room,))

    @rule(name=KEEPERS, room=ROOMS, nick=NICKS)
    def takes_an_invitation_back(self, name: str, room: str, nick: str) -> None:
        self.sets(name, room, ("invite-only", True))
        self.does_to_somebody(name, room, nick, "invite")
        self.takes_back(name, room, 0)
        self.all_go_into(room, "")

    # the server's operators

    @rule(
        name=st.sampled_from(("ruth", "carol", "bob2", "mal")),
        who=st.sampled_from(("ruth", "carol", "mal")),
        password=st.sampled_from(("sesame", "guess")),
    )
    def proves_to_be_an_operator(self, name: str, who: str, password: str) -> None:
        def act(seat: Seat) -> None:
            if who not in self.operators.names or password != "sesame":
                raise No("BAD_LOGIN")
            seat.operator = who

        self.tries(name, f"/oper {who} {password}", act)

    @rule(name=st.sampled_from(("ruth", "ruth", "carol", "eve")), brake=st.sampled_from((0, 0, 1, 2, 3, 3)))
    def brakes(self, name: str, brake: int) -> None:
        self.tries(name, f"/defcon {brake}", lambda seat: self.world.set_brake(seat, brake))

    @rule(name=OPERATORS, nick=NICKS)
    def kills(self, name: str, nick: str) -> None:
        name = self.operator(name)
        self.tries(name, f"/kill {nick}", lambda seat: self.world.kill(seat, nick))

    @rule(
        data=st.data(), name=OPERATORS, network=NETBANS, span=st.sampled_from((0, 20, 30, 30)),
        what=st.sampled_from(("netban", "netban", "netunban", "acts", "acts", "announce")),
    )  # fmt: skip
    def does_what_operators_do(self, data: st.DataObject, name: str, network: str, span: int, what: str) -> None:
        name, world = self.operator(name), self.world
        match what:
            case "netban":
                line = f"/netban {network}{f' {span}s' if span else ''}"
                self.tries(name, line, lambda seat: world.ban_network(seat, network, span))
            case "netunban":
                network = data.draw(st.sampled_from((network, *world.banned)))
                self.tries(name, f"/netunban {network}", lambda seat: world.unban_network(seat, network))
            case "acts":
                number = data.draw(st.sampled_from((0, 0, *(deed.number for deed in world.acts[-4:]))))
                self.tries(name, f"/acts undo {number or ''}".rstrip(), lambda seat: world.undo_act(seat, number))
            case _:
                self.tries(name, "/announce hear", world.announce)

    def operator(self, name: str) -> str:
        """A seat; that of an operator of the server, if there can be one."""
        if name != "an operator":
            return name
        if not any(seat.operator for seat in self.world.seats.values()):
            self.proves_to_be_an_operator("ruth", "ruth", "sesame")
        return next((each for each, seat in self.world.seats.items() if seat.operator), "ruth")

    @rule(names=st.sampled_from((("ruth", "carol"), ("ruth",), ("carol",), ())))
    def other_operators(self, names: tuple[str, ...]) -> None:
        before = self.before()
        gone = self.operators.names - set(names)
        self.operators.names = set(names)
        self.world.operators = self.operators.names
        self.chat.helm.operators_changed(gone)
        self.turns()
        for seat in self.world.seats.values():
            if seat.operator not in names:
                seat.operator = ""
        self.settle(before, "other operators")

    @rule(span=st.sampled_from((7, 20, 40)))
    def waits(self, span: int) -> None:
        before = self.before()
        self.clock.advance(span)
        self.turns()
        self.settle(before, "time goes by")


LivesTest = Lives.TestCase
LivesTest.settings = settings(
    max_examples=LONG or 200,
    stateful_step_count=60,
    deadline=None,
    database=None,
    derandomize=not LONG,
    phases=[Phase.generate],
    print_blob=False,
    suppress_health_check=list(HealthCheck),
)
