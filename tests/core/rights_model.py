"""Who may do what, as docs/protocol.md and docs/running.md say it, and what comes of it: a small chat in plain values.

It is written from those pages and asks nothing of the code under test, so that a test can hold the two against each
other. Every act either takes effect here, or raises `No` with the code that the page names. Whatever makes no sense for
anybody (a ban that is there already lifted twice) is `Moot`: refused to everybody, and how is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from ipaddress import ip_address, ip_network
from typing import Any

NOBODY, VOICE, OPERATOR, FOUNDER, SERVER = range(5)
INVITED = 0  # a role without a rank
LOBBY = "#lobby"
FLAGS = {"invite-only": False, "moderated": False, "secret": False, "history": True}
WIDEST = 16  # bits of a network of IPv4 that keepers ban
RULES: dict[str, Any] = {**FLAGS, "limit": 0, "slow": 0, "key": ""}


class No(Exception):
    """He may not, and this is the code that he is told."""


class Moot(Exception):
    """There is nothing in that for anybody."""


@dataclass(eq=False)
class Human:
    """A person; `id` is what the chat calls it. `account` is the account's name, or empty."""

    id: str
    nick: str
    account: str = ""


@dataclass(eq=False)
class Seat:
    """A connection. `operator`: the name that it proved to be a server operator's."""

    human: Human
    network: str
    operator: str = ""


@dataclass
class Said:
    number: int
    human: Human
    text: str
    is_topic: bool = False
    is_gone: bool = False


@dataclass
class Deed:
    """What a keeper did. `piece` became `after`: what is written down of (kind, about)."""

    number: int
    verb: str
    whom: str = ""
    piece: tuple[str, str] | None = None
    before: Any = None
    after: Any = None
    undone: bool = False


@dataclass(eq=False)
class Coming:
    """A seat on its way from one person to another, that is `whose` already: into `rooms`, out of which it is `kicked`.

    Who logs out is on the way from `whose`. `nicks`: what he is called by; `operates`: for a server's operator.
    """

    whose: Human
    nicks: tuple[str, ...]
    rooms: list[str]
    network: str
    operates: bool = False
    kicked: list[Place] = field(default_factory=list)
    is_ended: bool = False


@dataclass(eq=False)
class Place:
    """A room. `pieces`: what is written down, by kind and what it is about; `inside`: persons' ids, each with the log's
    number at which it came in; `known`: who may come back.

    `hushed_guests`: their ids, by nickname and network at that time.
    """

    name: str
    founder: str = ""
    pieces: dict[tuple[str, str], Any] = field(default_factory=dict)
    topic: str = ""
    inside: dict[str, int] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    spoke: dict[str, float] = field(default_factory=dict)
    hushed_guests: dict[tuple[str, str], str] = field(default_factory=dict)
    lines: list[Said] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)

    def rule(self, name: str) -> Any:
        return self.pieces.get(("rule", name), RULES[name])

    def role(self, human: Human) -> int | None:
        found: int | None = self.pieces.get(("role", human.id))
        return found if human.account else None

    @property
    def is_blank(self) -> bool:
        return not (self.founder or self.pieces)


class World:
    """Everything. `now` and `number` (the log's last number) are told to it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.number = 0
        self.brake = 0
        self.operators: set[str] = set()
        self.accounts: dict[str, Human] = {}
        self.seats: dict[str, Seat] = {}
        self.places: dict[str, Place] = {LOBBY: Place(LOBBY)}
        self.deeds = 0
        self.acts: list[Deed] = []
        self.banned: dict[str, tuple[str, float, float]] = {}
        self.coming: Coming | None = None

    # who is who

    def seats_of(self, human: Human) -> list[Seat]:
        return [seat for seat in self.seats.values() if seat.human is human]

    def is_here(self, human: Human) -> bool:
        return bool(self.seats_of(human))

    def human(self, person: str) -> Human | None:
        known = [*(seat.human for seat in self.seats.values()), *self.accounts.values()]
        return next((human for human in known if human.id == person), None)

    def called(self, nick: str) -> Human:
        """Who is here under this nickname, or has this account."""
        here = (seat.human for seat in self.seats.values() if seat.human.nick == nick)
        found = next(here, None) or self.accounts.get(nick)
        if found is None:
            raise Moot
        return found

    def is_free(self, nick: str, human: Human | None) -> bool:
        owner = self.accounts.get(nick)
        if owner is not None and owner is not human:
            return False
        return all(seat.human is human or seat.human.nick != nick for seat in self.seats.values())

    def place(self, name: str) -> Place:
        if name not in self.places:
            raise No("NO_SUCH_ROOM")
        return self.places[name]

    # what is the case

    def rank_of(self, human: Human, place: Place, *, operates: bool) -> int:
        if operates:
            return SERVER
        if not human.account:
            return NOBODY
        if place.founder == human.id:
            return FOUNDER
        return place.role(human) or NOBODY

    def rank(self, seat: Seat, place: Place) -> int:
        return self.rank_of(seat.human, place, operates=bool(seat.operator))

    def rank_of_whom(self, human: Human, place: Place) -> int:
        return self.rank_of(human, place, operates=any(seat.operator for seat in self.seats_of(human)))

    def holds(self, end: float) -> bool:
        return not end or end > self.now

    def is_hit(self, human: Human, nick: str, networks: Iterable[str], pattern: str) -> bool:
        kind, colon, rest = pattern.partition(":")
        if not colon:
            return fnmatchcase(nick, pattern)
        if kind == "account":
            return human.account == rest
        return any(ip_address(each) in ip_network(rest) for each in networks)

    def is_banned(self, human: Human, place: Place, nick: str = "", network: str = "") -> bool:
        networks = [*(seat.network for seat in self.seats_of(human)), *([network] if network else [])]
        bans = (pattern for (kind, pattern), ban in place.pieces.items() if kind == "ban" and self.holds(ban[-1]))
        return any(self.is_hit(human, nick or human.nick, networks, pattern) for pattern in bans)

    def is_barred(self, human: Human, place: Place, nick: str, network: str) -> bool:
        """He is in the room, and it does not want who comes from where he comes from now."""
        inside = self.is_here(human) and human.id in place.inside
        return inside and self.rank_of_whom(human, place) < OPERATOR and self.is_banned(human, place, nick, network)

    def hush_of(self, human: Human, place: Place) -> str:
        """Whose hush it is that holds for him, if one does: his own, or that of a guest who left."""
        for each in self.hushed_as(human, place):
            found = place.pieces.get(("hush", each))
            if found is not None and self.holds(found[-1]):
                return each
        return ""

    def hushed_as(self, human: Human, place: Place) -> Iterable[str]:
        yield human.id
        for seat in self.seats_of(human):
            guest = place.hushed_guests.get((human.nick, seat.network), "")
            if all(each.human.id != guest for each in self.seats.values()):
                yield guest

    def is_hushed(self, human: Human, place: Place) -> bool:
        return bool(self.hush_of(human, place))

    def is_hidden(self, seat: Seat, place: Place) -> bool:
        return place.rule("secret") and seat.human.id not in place.inside and not seat.operator

    def floor(self, seat: Seat, place: Place) -> int:
        """Above which number he reads."""
        return 0 if self.reads_past(seat, place) else place.inside.get(seat.human.id, self.number)

    # the page's table, row by row

    def is_in(self, seat: Seat, place: Place, *, unless_server: bool = False) -> None:
        if self.is_hidden(seat, place):
            raise No("NO_SUCH_ROOM")
        if seat.human.id not in place.inside and not (unless_server and seat.operator):
            raise No("NOT_IN_ROOM")

    def keeps(self, seat: Seat, place: Place, least: int) -> None:
        self.is_in(seat, place, unless_server=True)
        if self.rank(seat, place) < least:
            raise No("NOT_ALLOWED")

    def outranks(self, seat: Seat, place: Place, whom: int) -> None:
        if not seat.operator and whom >= self.rank(seat, place):
            raise No("NOT_ALLOWED")

    def may_talk(self, seat: Seat, place: Place) -> None:
        self.is_in(seat, place)
        rank = self.rank(seat, place)
        if rank < OPERATOR and self.is_banned(seat.human, place):
            raise No("BANNED")
        if rank < OPERATOR and self.is_hushed(seat.human, place):
            raise No("NOT_ALLOWED")
        if rank < VOICE and place.rule("moderated"):
            raise No("NOT_ALLOWED")

    def may_say(self, seat: Seat, place: Place) -> None:
        self.may_talk(seat, place)
        slow, spoke = place.rule("slow"), place.spoke.get(seat.human.id)
        if slow and spoke is not None and spoke + slow > self.now and self.rank(seat, place) < VOICE:
            raise No("TOO_FAST")

    def may_join(
        self, human: Human, place: Place, *, key: str = "", rank: int = NOBODY, nick: str = "", network: str = "",
        came_in: bool = False,
    ) -> None:  # fmt: skip
        if rank < OPERATOR and self.is_banned(human, place, nick, network):
            raise No("BANNED")
        welcome = came_in or human.id in place.known or place.role(human) == INVITED
        if welcome or rank >= OPERATOR:
            return
        if rank < VOICE and place.rule("invite-only"):
            raise No("INVITE_ONLY")
        if rank < VOICE and place.rule("key") not in ("", key):
            raise No("NEED_KEY")
        if 0 < place.rule("limit") <= len(place.inside):
            raise No("ROOM_FULL")

    def may_speak_at_all(self, seat: Seat) -> None:
        """The emergency brake."""
        if self.brake >= 2 and not seat.operator and not (self.brake == 2 and seat.human.account):
            raise No("NOT_ALLOWED")

    def is_let_in(self, human: Human | None, account: str) -> None:
        """The same, for who is not here yet."""
        if human is not None and self.is_here(human):
            return
        if self.brake and (not account or (self.brake == 3 and account not in self.operators)):
            raise No("NOT_ALLOWED")

    # coming and going

    def goes_in(self, human: Human, place: Place) -> None:
        place.inside[human.id] = self.number
        if not place.is_blank:
            place.known.add(human.id)

    def goes_out(self, human: Human, place: Place) -> None:
        del place.inside[human.id]
        self.tidy(place)

    def tidy(self, place: Place) -> None:
        """A room in which nothing was said goes with its last member."""
        if not (place.inside or place.lines or place.name == LOBBY) and place.is_blank:
            self.places.pop(place.name, None)

    def put_out(self, human: Human, place: Place) -> None:
        place.known.discard(human.id)
        self.goes_out(human, place)

    def rooms_of(self, human: Human) -> list[Place]:
        return [place for place in self.places.values() if human.id in place.inside]

    def leaves(self, seat_name: str) -> None:
        """The connection is gone: with its last one a person leaves."""
        human = self.seats.pop(seat_name).human
        if not self.is_here(human):
            for place in self.rooms_of(human):
                self.goes_out(human, place)

    def open_ones(self, human: Human, rooms: Iterable[str], network: str, *, came_in: bool = False) -> list[str]:
        """Those of the rooms that are open to whoever comes in. Raises `No` where none is.

        Else he leaves those that he is in with other seats, and that are not open to who comes from there.
        """
        found, code = [], ""
        for name in dict.fromkeys(rooms):
            place = self.places.get(name) or Place(name)
            try:
                if self.is_barred(human, place, human.nick, network):
                    raise No("BANNED")
                if human.id not in place.inside:
                    rank = self.rank_of(human, place, operates=False)
                    self.may_join(human, place, rank=rank, network=network, came_in=came_in)
            except No as no:
                code = code or str(no)
            else:
                found.append(name)
        if not found:
            raise No(code)
        for place in self.rooms_of(human):
            if self.is_barred(human, place, human.nick, network):
                self.put_out(human, place)
        return found

    def sits(self, seat_name: str, seat: Seat, rooms: Iterable[str]) -> None:
        self.seats[seat_name] = seat
        for name in rooms:
            place = self.places.setdefault(name, Place(name))
            if seat.human.id not in place.inside:
                self.goes_in(seat.human, place)

    def join(self, seat: Seat, name: str, key: str) -> None:
        place = self.places.get(name) or Place(name)
        if seat.human.id in place.inside:
            return
        self.may_join(seat.human, place, key=key, rank=self.rank(seat, place))
        self.places[name] = place
        self.goes_in(seat.human, place)

    def part(self, seat: Seat, name: str) -> None:
        place = self.place(name)
        self.is_in(seat, place)
        self.goes_out(seat.human, place)

    def rename(self, seat: Seat, nick: str) -> None:
        human = seat.human
        if nick == human.nick:
            return
        if not self.is_free(nick, human):
            raise Moot
        for place in self.rooms_of(human):
            if self.rank(seat, place) < OPERATOR and self.is_banned(human, place, nick):
                raise No("BANNED")
        self.may_speak_at_all(seat)
        human.nick = nick

    def register(self, seat: Seat) -> None:
        human = seat.human
        if human.account:
            raise Moot
        self.may_speak_at_all(seat)
        if human.nick in self.operators and not seat.operator:
            raise No("NOT_ALLOWED")
        human.account = human.nick
        self.accounts[human.account] = human

    def goes_on_as(self, seat_name: str, human: Human, meanwhile: Callable[[], object] = list) -> list[Place]:
        """By /login or /logout: in the rooms that are open to him, or in the lobby; else the connection ends.

        What others do `meanwhile` hits him. Gives the rooms of which he was put out as soon as he was there.
        """
        seat = self.seats[seat_name]
        old, network = seat.human, seat.network
        was_in = self.rooms_of(old)
        rooms = [place.name for place in was_in if not self.is_hushed(old, place)]
        if not old.account:
            for place in was_in:
                place.known.discard(old.id)
        operates = bool(seat.operator) and not human.account
        self.leaves(seat_name)
        whose, names = (human, (old.nick, human.account)) if human.account else (old, (old.nick,))
        self.coming = coming = Coming(whose, names, rooms, network, operates)
        meanwhile()
        self.coming = None
        if coming.is_ended:
            return []
        new = Seat(human, network)
        try:
            if human.account and not self.is_here(human):
                human.nick = human.account
            try:
                found = self.open_to(human, old, rooms or [LOBBY], network)
            except No:
                found = self.open_to(human, old, [LOBBY], network)
            if human.account:
                self.rename(new, human.account)
        except No:
            return []
        self.sits(seat_name, new, found)
        there = [place for place in coming.kicked if human.id in place.inside]
        for place in there:
            self.put_out(human, place)
        return there

    def open_to(self, human: Human, old: Human, rooms: list[str], network: str) -> list[str]:
        """A guest has asked for his old nickname first, and was looked at under that one, too."""
        if not human.account:
            self.open_ones(Human("?", old.nick), rooms, network)
        return self.open_ones(human, rooms, network, came_in=bool(human.account))

    # talk

    def say(self, seat: Seat, name: str, text: str) -> None:
        place = self.place(name)
        self.may_say(seat, place)
        self.may_speak_at_all(seat)
        self.number += 1
        place.lines.append(Said(self.number, seat.human, text))
        if place.rule("slow"):
            place.spoke[seat.human.id] = self.now

    def set_topic(self, seat: Seat, place: Place, text: str) -> None:
        self.may_talk(seat, place)
        if place.founder and self.rank(seat, place) < OPERATOR:
            raise No("NOT_ALLOWED")
        self.may_speak_at_all(seat)
        if place.founder:
            self.does(place, "topic", piece=("topic", ""), before=place.topic, after=text)
        self.post_topic(seat, place, text)

    def post_topic(self, seat: Seat, place: Place, text: str) -> None:
        self.number += 1
        place.topic = text
        place.lines.append(Said(self.number, seat.human, text, is_topic=True))

    def line(self, seat: Seat, number: int) -> tuple[Place, Said]:
        """One that he can read and that can be changed."""
        for place in self.rooms_of(seat.human):
            floor = self.floor(seat, place)
            for said in place.lines:
                is_there = said.number == number and not (said.is_gone or said.is_topic)
                if is_there and (said.human is seat.human or number > floor):
                    return place, said
        raise No("NO_SUCH_LINE")

    def edit(self, seat: Seat, number: int, text: str) -> None:
        place, said = self.line(seat, number)
        self.may_talk(seat, place)
        if said.human is not seat.human:
            raise No("NOT_ALLOWED")
        self.may_speak_at_all(seat)
        self.number += 1
        said.text = text

    def delete(self, seat: Seat, number: int) -> None:
        place, said = self.line(seat, number)
        if said.human is not seat.human:
            if self.rank(seat, place) < OPERATOR:
                raise No("NOT_ALLOWED")
            self.does(place, "delete")
        self.number += 1
        said.is_gone = True

    # reading

    def sees(self, seat: Seat, place: Place) -> None:
        if self.is_hidden(seat, place):
            raise No("NO_SUCH_ROOM")

    def past(self, seat: Seat, name: str) -> list[int]:
        place = self.place(name)
        self.is_in(seat, place)
        if self.rank(seat, place) < OPERATOR and self.is_banned(seat.human, place):
            raise No("BANNED")
        floor = self.floor(seat, place)
        return [said.number for said in place.lines if not said.is_gone and said.number > floor]

    def found(self, seat: Seat, word: str, name: str = "") -> list[int]:
        """Numbers of lines, the newest first."""
        if name:
            place = self.place(name)
            self.past(seat, name)
            if not self.reads_past(seat, place):
                raise No("NOT_ALLOWED")
            places = [place]
        else:
            places = [place for place in self.rooms_of(seat.human) if self.reads_past(seat, place)]
        fits = [
            said.number for place in places for said in place.lines
            if not (said.is_gone or said.is_topic) and word in said.text.split()
        ]  # fmt: skip
        return sorted(fits, reverse=True)

    def reads_past(self, seat: Seat, place: Place) -> bool:
        banned = self.is_banned(seat.human, place)
        return self.rank(seat, place) >= OPERATOR or (place.rule("history") and not banned)

    # what keepers do

    def does(
        self, place: Place, verb: str, whom: str = "", piece: tuple[str, str] | None = None, before: Any = None,
        after: Any = None,
    ) -> None:  # fmt: skip
        """It is in the audit log; a piece becomes what it is to become."""
        self.deeds += 1
        place.deeds.append(Deed(self.deeds, verb, whom, piece, before, after))
        if piece is not None:
            self.becomes(place, piece, after)

    def becomes(self, place: Place, piece: tuple[str, str], after: Any) -> None:
        for key, value in list(place.pieces.items()):
            if key[0] in ("ban", "hush") and not self.holds(value[-1]):
                del place.pieces[key]
        if piece[0] == "topic":
            return
        place.pieces.pop(piece, None)
        if after is not None:
            place.pieces[piece] = after
        if piece[0] == "rule":
            if piece[1] in ("key", "invite-only"):
                place.known.clear()
            place.known |= place.inside.keys()

    def create(self, seat: Seat, name: str) -> None:
        human, place = seat.human, self.places.get(name) or Place(name)
        self.sees(seat, place)
        rank = self.rank(seat, place)
        if not human.account or place.founder or (name == LOBBY and rank < SERVER):
            raise No("NOT_ALLOWED")
        if rank < OPERATOR and self.is_banned(human, place):
            raise No("BANNED")
        if rank < SERVER and place.inside.keys() - {human.id}:
            raise No("NOT_ALLOWED")
        self.join(seat, name, "")
        place = self.places[name]
        place.founder = human.id
        place.known = set(place.inside)
        self.does(place, "create")

    def drop(self, seat: Seat, name: str) -> None:
        place = self.place(name)
        self.sees(seat, place)
        if name == LOBBY or self.rank(seat, place) < FOUNDER:
            raise No("NOT_ALLOWED")
        del self.places[name]

    def invite(self, seat: Seat, place: Place, nick: str) -> None:
        whom = self.called(nick)
        self.is_in(seat, place, unless_server=True)
        rank = self.rank(seat, place)
        if rank < OPERATOR and self.is_banned(seat.human, place):
            raise No("BANNED")
        if rank < OPERATOR and (self.is_hushed(seat.human, place) or place.rule("invite-only")):
            raise No("NOT_ALLOWED")
        called = Human("", whom.nick if self.is_here(whom) else whom.account, whom.account)  # from nowhere
        if self.rank_of_whom(whom, place) < OPERATOR and self.is_banned(called, place):
            raise Moot
        self.may_speak_at_all(seat)
        if whom.id in place.inside:
            raise Moot
        if rank < OPERATOR:
            return
        place.known.add(whom.id)
        if whom.account and place.role(whom) is None:
            self.does(place, "invite", whom.id, ("role", whom.id), None, INVITED)
        else:
            self.does(place, "invite", whom.id)

    def thrown(self, seat: Seat, nick: str) -> tuple[Human, Coming | None]:
        """Whoever is here under this nickname, is just becoming the one who bears it, or was."""
        coming = self.coming
        here = (each.human for each in self.seats.values() if each.human.nick == nick)
        whom = next(here, None) or (coming.whose if coming is not None and nick in coming.nicks else None)
        if whom is None or whom is seat.human:
            raise Moot
        return whom, coming if coming is not None and coming.whose is whom else None

    def kick(self, seat: Seat, place: Place, nick: str) -> None:
        whom, coming = self.thrown(seat, nick)
        self.keeps(seat, place, OPERATOR)
        if coming is not None and (place.name not in coming.rooms or place in coming.kicked):
            coming = None
        rank = self.rank_of_whom(whom, place)
        self.outranks(seat, place, SERVER if coming is not None and coming.operates else rank)
        if whom.id not in place.inside and coming is None:
            raise Moot
        if place.role(whom) == INVITED:
            self.does(place, "kick", whom.id, ("role", whom.id), INVITED, None)
        else:
            self.does(place, "kick", whom.id)
        if whom.id in place.inside:
            self.put_out(whom, place)
        if coming is not None:
            coming.kicked.append(place)

    def ban(self, seat: Seat, place: Place, pattern: str, seconds: int) -> None:
        self.keeps(seat, place, OPERATOR)
        self.may_ban(seat, pattern)
        key = ("ban", pattern)
        new = (seat.human.nick, self.now, self.now + seconds if seconds else 0)
        self.does(place, "ban", pattern, key, place.pieces.get(key), new)
        self.put_out_those_hit(place, pattern)

    def may_ban(self, seat: Seat, pattern: str) -> None:
        kind, _, rest = pattern.partition(":")
        if kind == "net" and not seat.operator and ip_network(rest).prefixlen < WIDEST:
            raise No("NOT_ALLOWED")

    def looks_whom_it_hits(self, seat: Seat, place: Place, pattern: str) -> None:
        self.keeps(seat, place, OPERATOR)
        if pattern.startswith("net:") and not seat.operator:
            raise No("NOT_ALLOWED")

    def put_out_those_hit(self, place: Place, pattern: str) -> None:
        for human in {seat.human for seat in self.seats.values()}:
            networks = [seat.network for seat in self.seats_of(human)]
            is_spared = human.id not in place.inside or self.rank_of_whom(human, place) >= OPERATOR
            if not is_spared and self.is_hit(human, human.nick, networks, pattern):
                self.put_out(human, place)

    def unban(self, seat: Seat, place: Place, pattern: str) -> None:
        self.keeps(seat, place, OPERATOR)
        self.lifts(place, "unban", ("ban", pattern), pattern)

    def lifts(self, place: Place, verb: str, piece: tuple[str, str], whom: str) -> None:
        before = place.pieces.get(piece)
        if before is None:
            raise Moot
        self.does(place, verb, whom, piece, before, None)

    def appoint(self, seat: Seat, place: Place, nick: str, role: int) -> None:
        whom = self.called(nick)
        self.keeps(seat, place, FOUNDER if role == OPERATOR else OPERATOR)
        if role == VOICE:
            self.outranks(seat, place, self.rank_of_whom(whom, place))
        before = place.role(whom)
        if not whom.account or whom.id == place.founder or (before or 0) >= role:
            raise Moot
        self.does(place, "op" if role == OPERATOR else "voice", whom.id, ("role", whom.id), before, role)

    def dismiss(self, seat: Seat, place: Place, nick: str, role: int) -> None:
        whom = self.called(nick)
        self.keeps(seat, place, FOUNDER if role == OPERATOR else OPERATOR)
        if role == VOICE:
            self.outranks(seat, place, self.rank_of_whom(whom, place))
        if place.role(whom) != role:
            raise Moot
        self.does(place, "deop" if role == OPERATOR else "devoice", whom.id, ("role", whom.id), role, None)

    def hush(self, seat: Seat, place: Place, nick: str, seconds: int) -> None:
        whom = self.called(nick)
        if whom is seat.human:
            raise Moot
        self.may_hush(seat, place, self.rank_of_whom(whom, place))
        key = ("hush", whom.id)
        if not whom.account:
            place.hushed_guests |= {(whom.nick, each.network): whom.id for each in self.seats_of(whom)}
        name = whom.nick if self.is_here(whom) else whom.account
        new = (name, seat.human.nick, self.now, self.now + seconds if seconds else 0)
        self.does(place, "hush", whom.id, key, place.pieces.get(key), new)

    def unhush(self, seat: Seat, place: Place, nick: str) -> None:
        whom = self.called(nick)
        self.may_hush(seat, place, self.rank_of_whom(whom, place))
        self.lifts(place, "hush", ("hush", self.hush_of(whom, place)), whom.id)

    def may_hush(self, seat: Seat, place: Place, whom: int) -> None:
        self.keeps(seat, place, OPERATOR)
        self.outranks(seat, place, whom)
        if whom >= OPERATOR:
            raise No("NOT_ALLOWED")

    def set_rule(self, seat: Seat, place: Place, name: str, value: Any) -> None:
        self.keeps(seat, place, OPERATOR)
        if value == place.rule(name):
            raise Moot
        before, after = place.pieces.get(("rule", name)), value if value != RULES[name] else None
        self.does(place, "set", name, ("rule", name), before, after)
        if name == "slow":
            place.spoke.clear()

    def undo(self, seat: Seat, place: Place, number: int) -> None:
        """0: the last one that can be taken back."""
        self.keeps(seat, place, OPERATOR)
        open_ones = [deed for deed in reversed(place.deeds) if self.can_be_undone(deed)]
        deed = next((each for each in open_ones if number in (0, each.number)), None)
        if deed is None:
            raise Moot
        whom = self.human(deed.whom)
        rank = self.rank_of(whom, place, operates=False) if whom is not None and whom.account else None
        self.has_right_of(seat, place, deed.verb, rank)
        if deed.piece is not None and deed.piece[0] != "topic" and place.pieces.get(deed.piece) != deed.after:
            raise Moot
        if deed.verb == "topic":
            self.may_speak_at_all(seat)
        before = deed.before
        if deed.piece is not None and deed.piece[0] in ("ban", "hush") and before is not None:
            before = before if self.holds(before[-1]) else None
            if before is None and deed.after is None:
                raise Moot  # there is nothing any more that it could be again
        self.does(place, "undo", deed.whom, deed.piece, deed.after, before)
        deed.undone = True
        if deed.verb == "kick":
            place.known.add(deed.whom)
        if deed.verb == "invite" and deed.whom not in place.inside:
            place.known.discard(deed.whom)
        if deed.verb == "topic":
            self.post_topic(seat, place, deed.before)
        if deed.verb in ("ban", "unban") and before is not None:
            self.put_out_those_hit(place, deed.whom)

    def can_be_undone(self, deed: Deed) -> bool:
        return not deed.undone and deed.verb != "undo" and (deed.piece is not None or deed.verb == "kick")

    def has_right_of(self, seat: Seat, place: Place, verb: str, whom: int | None) -> None:
        """He may do himself what was done."""
        rank = self.rank(seat, place)
        if verb in ("op", "deop") and rank < FOUNDER:
            raise No("NOT_ALLOWED")
        if verb in ("kick", "voice", "devoice") and whom is not None:
            self.outranks(seat, place, whom)
        if verb == "hush" and whom is not None:
            self.may_hush(seat, place, whom)
        if verb == "topic":
            self.may_talk(seat, place)

    # what the server's operators do

    def operates(self, seat: Seat) -> None:
        if not seat.operator:
            raise No("NOT_ALLOWED")

    def act(self, verb: str, piece: tuple[str, str] | None = None, before: Any = None, after: Any = None) -> None:
        """It is put down, and counted with what keepers did."""
        self.deeds += 1
        self.acts.append(Deed(self.deeds, verb, "", piece, before, after))

    def announce(self, seat: Seat) -> None:
        self.operates(seat)
        self.act("announce")

    def kill(self, seat: Seat, nick: str) -> None:
        self.operates(seat)
        whom, coming = self.thrown(seat, nick)
        self.act("kill")
        if coming is not None:
            coming.is_ended = True
        for name in [name for name, each in self.seats.items() if each.human is whom]:
            self.leaves(name)

    def set_brake(self, seat: Seat, brake: int) -> None:
        self.operates(seat)
        before, self.brake = self.brake, brake
        self.act("defcon", ("brake", "") if brake != before else None, before, brake)

    def present_bans(self) -> dict[str, tuple[str, float, float]]:
        return {network: ban for network, ban in self.banned.items() if self.holds(ban[-1])}

    def lets_connect(self, network: str) -> None:
        if any(ip_address(network) in ip_network(each) for each in self.present_bans()):
            raise No("BANNED")

    def ban_network(self, seat: Seat, network: str, seconds: int) -> None:
        self.operates(seat)
        before, new = self.present_bans().get(network), (seat.operator, self.now, self.until(seconds))
        self.takes_effect(seat, network, new)
        self.act("netban", ("ban", network), before, new)

    def until(self, seconds: int) -> float:
        return self.now + seconds if seconds else 0

    def takes_effect(self, seat: Seat, network: str, ban: tuple[str, float, float]) -> None:
        """Raises `Moot` for who would ban himself."""
        if any(ip_address(each.network) in ip_network(network) for each in self.seats_of(seat.human)):
            raise Moot
        self.banned[network] = ban
        if self.coming is not None and ip_address(self.coming.network) in ip_network(network):
            self.coming.is_ended = True
        for name, each in list(self.seats.items()):
            if ip_address(each.network) in ip_network(network):
                self.leaves(name)

    def unban_network(self, seat: Seat, network: str) -> None:
        self.operates(seat)
        before = self.present_bans().get(network)
        if before is None:
            raise Moot
        del self.banned[network]
        self.act("netunban", ("ban", network), before, None)

    def undo_act(self, seat: Seat, number: int) -> None:
        self.operates(seat)
        open_ones = [deed for deed in reversed(self.acts) if self.can_be_undone(deed)]
        deed = next((each for each in open_ones if number in (0, each.number)), None)
        if deed is None or deed.piece is None:
            raise Moot
        kind, network = deed.piece
        if deed.after != (self.brake if kind == "brake" else self.present_bans().get(network)):
            raise Moot
        if kind == "brake":
            self.brake = deed.before
        elif deed.before is None:
            del self.banned[network]
        elif not self.holds(deed.before[-1]):
            raise Moot
        else:
            self.takes_effect(seat, network, deed.before)
        self.act("undo")
        deed.undone = True
