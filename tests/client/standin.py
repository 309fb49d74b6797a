"""A small server that speaks the JSON dialect, for the client's tests: it can be told to misbehave.

It follows docs/protocol.md by itself, on purpose without the real server's code.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory, connectionDone
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure

TIME = "2026-11-22T20:00:00.123Z"


class StandInConnection(LineReceiver):
    """One client's connection."""

    delimiter = b"\n"

    def __init__(self, server: StandIn) -> None:
        self.server = server
        self.nick = ""

    def connectionMade(self) -> None:
        self.server.connections.append(self)
        if self.server.greeting:
            self.transport.write(self.server.greeting)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self in self.server.connections:
            self.server.connections.remove(self)

    def lineReceived(self, line: bytes) -> None:
        fields = json.loads(line)
        self.server.heard.append(fields)
        self.server.received(self, fields)
        self.server.look()

    def send(self, **fields: object) -> None:
        self.transport.write(json.dumps(fields).encode() + b"\r\n")


class StandIn(Factory):
    """The server. `heard` is all that any client sent, `log` all that was said."""

    noisy = False

    def __init__(self) -> None:
        self.greeting = b"NICK\r\n"
        self.heard: list[dict] = []
        self.log: list[dict] = []
        self.connections: list[StandInConnection] = []
        self.refuse_hello: list[dict] = []
        """Errors for the first hellos."""
        self.cut_after_say = 0
        """So many times the connection is cut when a `say` was logged, before it is confirmed."""
        self.refuse_text = ""
        self._waiting: list[tuple[Callable[[], bool], Deferred[None]]] = []

    def buildProtocol(self, addr: IAddress | None) -> StandInConnection:
        return StandInConnection(self)

    def until(self, condition: Callable[[], bool]) -> Deferred[None]:
        """Fires when the condition holds after something was heard."""
        found: Deferred[None] = Deferred()
        self._waiting.append((condition, found))
        self.look()
        return found

    def look(self) -> None:
        for condition, found in list(self._waiting):
            if condition():
                self._waiting.remove((condition, found))
                found.callback(None)

    def said(self) -> list[str]:
        return [event["text"] for event in self.log]

    def of_type(self, kind: str) -> list[dict]:
        return [fields for fields in self.heard if fields["type"] == kind]

    def say(self, nick: str, text: str) -> None:
        """Somebody else says something in the lobby."""
        self._tell(self._logged(nick=nick, text=text, room="#lobby"), None)

    def received(self, client: StandInConnection, fields: dict) -> None:
        getattr(self, f"_on_{fields['type']}", lambda *_: None)(client, fields)

    def _on_hello(self, client: StandInConnection, fields: dict) -> None:
        if self.refuse_hello:
            client.send(type="error", **self.refuse_hello.pop(0))
            return
        client.nick = fields["nick"]
        names = ["#lobby", *fields.get("rooms", [])]
        rooms = [{"name": name, "people": ["bob"], "count": 1, "topic": ""} for name in names]
        client.send(
            type="welcome", server="stand-in", nick=client.nick, log="log-1", seq=len(self.log),
            resume="secret", rooms=rooms,
        )  # fmt: skip
        for event in self.log[fields.get("since", len(self.log)) :]:
            client.send(**event)

    def _on_say(self, client: StandInConnection, fields: dict) -> None:
        if self.refuse_text and self.refuse_text in fields["text"]:
            client.send(type="error", code="NOT_ALLOWED", text="not that", id=fields["id"])
            return
        known = next((event for event in self.log if event.get("id") == fields["id"]), None)
        if known is None:
            known = self._logged(nick=client.nick, text=fields["text"], room=fields["room"], id=fields["id"])
        elif known["text"] != fields["text"]:
            raise AssertionError("the id was used before")
        if self.cut_after_say:
            self.cut_after_say -= 1
            client.transport.abortConnection()
            return
        self._tell(known, client)

    def _on_join(self, client: StandInConnection, fields: dict) -> None:
        answer = {"time": TIME, "room": fields["room"], "nick": client.nick, "id": fields["id"]}
        client.send(type="joined", people=[], count=0, topic="", **answer)

    def _on_history(self, client: StandInConnection, fields: dict) -> None:
        events = [event for event in self.log if event["room"] == fields["room"]]
        client.send(type="history", room=fields["room"], events=events, more=False, id=fields["id"])

    def _on_command(self, client: StandInConnection, fields: dict) -> None:
        if fields["text"].startswith("/quit"):
            client.transport.loseConnection()
        else:
            client.send(type="reply", lines=[f"you typed {fields['text']}"], id=fields["id"])

    def _on_ping(self, client: StandInConnection, fields: dict) -> None:
        client.send(type="pong")

    def _logged(self, **fields: str) -> dict:
        event = {"type": "message", "seq": len(self.log) + 1, "time": TIME, **fields}
        self.log.append(event)
        return event

    def _tell(self, event: dict, own: StandInConnection | None) -> None:
        for client in self.connections:
            if client is own:
                client.send(**event)
            elif client.nick and client is not own:
                client.send(**{key: value for key, value in event.items() if key != "id"})
