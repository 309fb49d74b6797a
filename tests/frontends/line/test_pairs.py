"""Programs and the server in pairs, over connections that are cut."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.protocols.basic import LineOnlyReceiver
from twisted.test.iosim import FakeTransport, IOPump, connect

from tests.helpers import LineCase
from twisted_chat.frontends.line import jsonl


class Program(LineOnlyReceiver):
    """Says hello when asked for its name, then keeps what it hears. It answers pings."""

    def __init__(self, **hello: object) -> None:
        self.hello = hello
        self.heard: list[dict[str, Any]] = []
        self.lost = False

    def lineReceived(self, line: bytes) -> None:
        if line == b"NICK":
            self.send(type="hello", **self.hello)
            return
        found = jsonl.decode(line)
        if found["type"] == "ping":
            self.send(type="pong")
        else:
            self.heard.append(found)

    def send(self, **fields: object) -> None:
        self.sendLine(jsonl.encode(fields).rstrip())

    def connectionLost(self, reason: object = None) -> None:
        self.lost = True

    def kinds(self) -> list[object]:
        return [found["type"] for found in self.heard]

    def texts(self) -> list[object]:
        return [found["text"] for found in self.heard if "seq" in found and found["type"] != "welcome"]


class PairCase(LineCase):
    def setUp(self) -> None:
        super().setUp()
        self.pumps: list[IOPump] = []

    def program(self, nick: str, **more: object) -> Program:
        program, server = Program(nick=nick, **more), self.factory.buildProtocol(None)
        ends = FakeTransport(server, True), FakeTransport(program, False)
        self.pumps.append(connect(server, ends[0], program, ends[1], clock=self.clock))
        self.flow()
        return program

    def flow(self) -> None:
        """Until nobody has anything to say."""
        moved = True
        while moved:
            moved = False
            for pump in self.pumps:
                moved |= pump.flush()

    def cut(self, program: Program) -> None:
        """Nothing that is on its way arrives, in either direction."""
        (pump,) = [pump for pump in self.pumps if pump.client is program]
        pump.clientIO.stream.clear()
        pump.serverIO.stream.clear()
        pump.clientIO.loseConnection()
        self.flow()
        self.pumps.remove(pump)


class Conversations(PairCase):
    def test_three_talk(self) -> None:
        programs = [self.program(nick) for nick in ("alice", "bob", "carol")]
        for number, program in enumerate(programs):
            program.send(type="say", room="#lobby", text=str(number), id=f"c-{number}")
        self.flow()
        for number, program in enumerate(programs):
            self.assertEqual(sorted(map(str, program.texts())), ["0", "1", "2"])
            self.assertEqual([found.get("text") for found in program.heard if "id" in found], [str(number)])
        orders = {tuple(map(str, program.texts())) for program in programs}
        self.assertEqual(len(orders), 1, "the log's order, everywhere")

    def test_who_answers_pings_stays(self) -> None:
        alice = self.program("alice")
        for _second in range(600):
            self.clock.advance(1)
            self.flow()
        self.assertFalse(alice.lost)
        self.assertEqual(alice.kinds(), ["welcome"])

    def test_goodbye(self) -> None:
        alice, bob = self.program("alice"), self.program("bob")
        alice.send(type="command", text="/quit lunch")
        self.flow()
        self.assertEqual(alice.kinds()[-1], "reply")
        self.assertTrue(alice.lost)
        self.assertEqual(bob.heard[-1]["reason"], "lunch")

    def test_a_ghost_is_replaced(self) -> None:
        ghost = self.program("alice")
        again = self.program("alice", resume=ghost.heard[0]["resume"])
        self.assertEqual(ghost.heard[-1]["code"], "REPLACED")
        self.assertTrue(ghost.lost)
        again.send(type="say", room="#lobby", text="hi")
        self.flow()
        self.assertEqual(again.texts(), ["hi"])


class Cuts(PairCase):
    """Who sends again what was not confirmed says everything exactly once, and hears everything exactly once."""

    @settings(max_examples=40)
    @given(st.lists(st.tuples(st.integers(1, 4), st.booleans(), st.booleans()), min_size=1, max_size=8))
    def test_exactly_once(self, rounds: list[tuple[int, bool, bool]]) -> None:
        self.setUp()
        bob = self.program("bob")
        alice = self.program("alice")
        heard: list[object] = []
        unconfirmed: dict[str, str] = {}
        number = 0
        for count, arrives, delivered in rounds:
            for _message in range(count):
                number += 1
                unconfirmed[f"c-{number}"] = str(number)
            for mark, text in unconfirmed.items():
                alice.send(type="say", room="#lobby", text=text, id=mark)
            bob.send(type="say", room="#lobby", text=f"b{number}")
            if arrives:
                self.pumps[-1].pump(advanceClock=False)
                if delivered:
                    self.flow()
            since, log, resume = self.newest(alice)
            self.cut(alice)
            for found in alice.heard:
                unconfirmed.pop(str(found.get("id")), None)
            heard += alice.texts()
            alice = self.program("alice", resume=resume, since=since, log=log)
            for found in alice.heard:
                unconfirmed.pop(str(found.get("id")), None)
        for mark, text in unconfirmed.items():
            alice.send(type="say", room="#lobby", text=text, id=mark)
        self.flow()
        heard += alice.texts()
        own = [text for text in bob.texts() if not str(text).startswith("b")]
        self.assertEqual(sorted(own, key=str), sorted(map(str, range(1, number + 1))), "said once each")
        self.assertEqual(sorted(set(heard), key=str), sorted(bob.texts(), key=str), "heard all of it")
        others = [text for text in heard if str(text).startswith("b")]
        self.assertEqual(others, [text for text in bob.texts() if str(text).startswith("b")], "once, and in order")

    def newest(self, program: Program) -> tuple[int, str, str]:
        """The last number heard, and what to come back with."""
        welcome = program.heard[0]
        return max(found.get("seq", 0) for found in program.heard), welcome["log"], welcome["resume"]
