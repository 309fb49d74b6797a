"""The table of rights, made into tests: each situation is played through the line door."""

from __future__ import annotations

import json

from tests.helpers import LineCase, Peer
from tests.rights_stage import plays_all
from twisted_chat.core.rights import Verb
from twisted_chat.core.session import Session


class Line(LineCase):
    """Commands are typed by a person; what names a room is asked for by a program, in turn."""

    as_program = False

    def setUp(self) -> None:
        super().setUp()
        self.peers: dict[Session, Peer] = {}

    def comes(self, nick: str) -> Session:
        peer = self.program(nick) if self.as_program else self.person(nick)
        session = next(iter(self.chat.person_called(nick).sessions))
        self.peers[session] = peer
        return session

    def does(self, session: Session, verb: Verb, room: str, line: str) -> list[str]:
        peer = self.peers[session]
        peer.takes()
        if not self.as_program:
            self.types(peer, session, verb, room, line)
            return [each.split()[1] for each in peer.takes() if each.startswith("!!! ")]
        request: dict[str, object] = {"type": "command", "text": line}
        if verb is Verb.SAY:
            request = {"type": "say", "room": room, "text": "hi"}
        elif verb in (Verb.JOIN, Verb.HISTORY):
            request = {"type": verb.value, "room": room}
        peer.says(json.dumps(request | {"id": "c-1"}))
        return [each["code"] for each in peer.takes_objects() if each["type"] == "error" and each["id"] == "c-1"]

    def types(self, peer: Peer, session: Session, verb: Verb, room: str, line: str) -> None:
        ways = {Verb.SAY: "hi", Verb.JOIN: f"/join {room}", Verb.HISTORY: "/history 5"}
        peer.says(ways.get(verb, line))

    def test_every_situation(self) -> None:
        plays_all(self)


class Program(Line):
    as_program = True
