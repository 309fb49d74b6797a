"""Hostile strings from each door to all doors: nothing dangerous on anybody's wire, one message each, no fake line."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from typing import Any

from twisted.logger import globalLogPublisher, textFileLogObserver

from tests.frontends.unframed.case import Client, UnframedCase
from tests.helpers import Peer
from tests.hostile import HOSTILE, dangerous

_LOG_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} \[twisted_chat[.\w]*#\w+\] ")


def strings_in(value: Any) -> list[str]:
    """All texts in what JSON decodes to, keys among them."""
    if isinstance(value, dict):
        return [each for pair in value.items() for item in pair for each in strings_in(item)]
    if isinstance(value, list):
        return [each for item in value for each in strings_in(item)]
    return [value] if isinstance(value, str) else []


def on_one_line(text: str) -> str:
    """What a door of lines can be sent as one: a LF ends it there, and that is what it is for."""
    return text.replace("\n", "\r")


class HostileCase(UnframedCase):
    options = {"history_lines": 0}

    def setUp(self) -> None:
        super().setUp()
        self.log = io.StringIO()
        observer = textFileLogObserver(self.log)
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)
        self.human, self.bot = self.person("hugo"), self.program("bodo")
        self.terminal_reader, self.window_reader = self.terminal("ted"), self.window("wendy")
        self.senders: list[Peer | Client] = []
        self.heard()

    def heard(self) -> list[list[str]]:
        """What each of the four readers was shown since the last look, all of it looked through."""
        lines = self.human.transport.value().split(b"\r\n")
        self.human.transport.clear()
        found = [[line.decode() for line in lines[:-1]]]
        objects = self.bot.transport.value().split(b"\r\n")[:-1]
        self.bot.transport.clear()
        shown = [json.loads(line) for line in objects]
        for each in shown:
            self.assertEqual([dangerous(text) for text in strings_in(each)], [[]] * len(strings_in(each)), each)
        self.assertEqual([dangerous(line.decode()) for line in objects], [[]] * len(objects))
        if {"type": "ping"} in shown:
            self.bot.says_object(type="pong")
        found.append([json.dumps(each, ensure_ascii=False) for each in shown if each != {"type": "ping"}])
        for client in (self.terminal_reader, self.window_reader):
            found.append([line for write in client.reads() for line in write.decode().split("\n")])
        for sender in self.senders:
            shown_to_it = sender.transport.value().decode().replace("\r\n", "").replace("\n", "")
            self.assertEqual(dangerous(shown_to_it), [], shown_to_it)
            sender.transport.clear()
        for lines_of_one in found:
            self.assertEqual([dangerous(line) for line in lines_of_one], [[]] * len(lines_of_one), lines_of_one)
        return found

    def each_hears_once(self, mark: str) -> None:
        for lines in self.heard():
            self.assertEqual(sum(mark in line for line in lines), 1, (mark, lines))
            self.assertEqual(len(lines), 1, (mark, lines))

    def sender(self, door: str) -> Callable[[str], None]:
        """What sends a typed line as somebody at this door."""
        if door == "json":
            program = self.program("mallory")
            self.senders.append(program)
            return lambda line: program.says_object(type="command", text=line)
        peer: Peer | Client = self.person("mallory")
        if door != "line":
            peer.hangs_up()
            peer = self.terminal("mallory") if door == "tutorial" else self.window("mallory")
        self.senders.append(peer)
        return lambda line: peer.sends(on_one_line(line).encode("utf-8", "surrogatepass") + b"\n")

    def nothing_is_faked_in_the_log(self) -> None:
        for line in self.log.getvalue().splitlines():
            self.assertRegex(line, _LOG_LINE)
            self.assertEqual(dangerous(line), [])

    def tearDown(self) -> None:
        self.nothing_is_faked_in_the_log()


class FromEachDoor(HostileCase):
    def says_all(self, door: str) -> None:
        send = self.sender(door)
        self.heard()
        for number, hostile in enumerate(HOSTILE):
            mark = f"mark{number}."
            for line in (
                f"x{hostile}{mark}",
                f"/me {hostile}x{mark}",
                f"/topic {hostile}{mark}",
                f"/away {hostile}{mark}",
            ):
                send(line)
                self.each_hears_once(mark)
            for nick in ("hugo", "bodo", "ted", "wendy"):
                send(f"/msg {nick} {hostile}x{mark}")
            for lines in self.heard():
                self.assertEqual(sum(mark in line for line in lines), 1, (mark, lines))
                self.assertEqual(len(lines), 1)
            send(f"/join #lobby{hostile}")  # mostly refused
            send("/switch #lobby")
            send(f"/part #lobby {hostile}{mark}")
            *others, window = self.heard()
            for lines in others:
                self.assertEqual(sum(mark in line for line in lines), 1, lines)
            self.assertEqual([len(lines) for lines in (*others, window)], [1] * 4)  # the window is told no reasons
            send("/join #lobby")
            self.assertEqual([len(lines) for lines in self.heard()], [1] * 4)
            send(f"/nick {hostile}mal{number}")
            for lines in self.heard():
                self.assertLessEqual(len(lines), 1)
            send(f"/xyz{hostile} {mark}")
            send(f"/search {hostile}")
            for lines in self.heard():
                self.assertEqual(lines, [])
        self.assertEqual(len(HOSTILE), 200)

    def test_line(self) -> None:
        self.says_all("line")

    def test_json(self) -> None:
        self.says_all("json")

    def test_tutorial(self) -> None:
        self.says_all("tutorial")

    def test_gossip(self) -> None:
        self.says_all("gossip")


class ByKeepersAndOperators(HostileCase):
    """What is typed by whoever has the right to put others out, or to speak to all of them."""

    readers = ("hugo", "bodo", "ted", "wendy")

    def come_to_dev(self) -> None:
        self.human.says("/join #dev")
        self.bot.says_object(type="join", room="#dev")
        self.terminal_reader.says("/join #dev")
        self.window_reader.says("/join #dev")
        self.heard()

    def leaves_with(self, act: str, send: Callable[[str], None], mark: str) -> None:
        """Somebody else is in, and goes: everybody hears once why, and a window that he goes."""
        zed = self.person("zed")
        zed.says("/join #dev", "/part #lobby")
        self.heard()
        if act.startswith("/quit"):
            zed.sends(on_one_line(act).encode("utf-8", "surrogatepass") + b"\n")
        else:
            send(act)
        zed.hangs_up()
        *others, window = self.heard()
        for lines in others:
            self.assertEqual(sum(mark in line for line in lines), len(lines), (mark, lines))
        self.assertEqual([len(lines) > 0 for lines in (*others, window)], [True] * 4, act)

    def does_all(self, door: str) -> None:
        send = self.sender(door)
        self.come_to_dev()
        send("/join #dev")
        for session in self.chat.person_called("mallory").sessions:
            session.operator = "root"
        self.heard()
        for number, hostile in enumerate(HOSTILE):
            mark, victim = f"mark{number}.", self.readers[number % 4]
            send(f"/announce {hostile}{mark}")
            self.each_hears_once(mark)
            send(f"/kick {victim} {hostile}{mark}")
            *others, window = self.heard()
            for lines in others:
                self.assertEqual(sum(mark in line for line in lines), 1, (mark, lines))
            self.assertEqual([len(lines) for lines in (*others, window)], [1] * 4)
            self.come_to_dev()
            send(f"/hush {victim} 1h {hostile}{mark}")
            told = [lines for lines in self.heard() if lines]
            self.assertEqual(len(told), 1, (victim, mark, hostile, self.chat.rooms["#dev"].charter))
            self.assertIn(mark, told[0][0])
            self.leaves_with(f"/kill zed {hostile}{mark}", send, mark)
            self.leaves_with(f"/quit {hostile}{mark}", send, mark)
            self.leaves_with(f"/ban ze? 1h {hostile}{mark}", send, mark)
            for line in (
                "/unban ze?", f"/ban x{hostile}{mark}", f"/ban account:{hostile}", f"/ban net:{hostile}", "/bans",
                f"/ban ?{hostile}", f"/unban {hostile}", f"/unban x{hostile}{mark}", f"/lock {hostile}k{mark}", "/set",
                "/lock off", f"/set key {hostile}", "/lock off", f"/set {hostile} {hostile}", f"/set limit {hostile}",
                f"/slow {hostile}", f"/invite {hostile}", f"/op {hostile}", f"/kick {hostile}", f"/undo x{hostile}",
                f"/create #{hostile}", f"/drop #{hostile}", f"/defcon {hostile}", f"/shutdown {hostile}9d",
                f"/oper {hostile} {hostile}", f"/enroll {hostile} {hostile}", f"/whois {hostile}", "/log", "/rooms",
            ):  # fmt: skip
                send(line)
            self.chat.helm.stop()  # "9d" is understood where what came before it was taken away
            for lines in self.heard():
                self.assertEqual([line for line in lines if "goes down" not in line], [])

    def test_line(self) -> None:
        self.does_all("line")

    def test_json(self) -> None:
        self.does_all("json")

    def test_tutorial(self) -> None:
        self.does_all("tutorial")

    def test_gossip(self) -> None:
        self.does_all("gossip")


class AtTheGreeting(HostileCase):
    def test_nicknames_and_names_of_clients(self) -> None:
        for number, hostile in enumerate(HOSTILE):
            for nick in (f"{hostile}eve", f"eve{hostile}"):
                peer = self.connect()
                peer.sends(on_one_line(nick).encode("utf-8", "surrogatepass") + b"\n")
                self.assertEqual(dangerous(peer.transport.value().decode().replace("\r\n", "")), [])
                peer.hangs_up()
                for client in (self.terminal(), self.window()):
                    client.sends(on_one_line(nick).encode("utf-8", "surrogatepass") + b"\n")
                    shown = b"\n".join(client.reads()).decode().replace("\n", "")
                    self.assertEqual(dangerous(shown), [])
                    client.hangs_up()
            peer = self.connect()
            peer.says_object(type="hello", nick="eve", client=f"{hostile}client{number}."[-64:], rooms=[f"#r{hostile}"])
            peer.says_object(type="hello", nick="eve", client=f"{hostile}client{number}."[-64:])
            self.human.says("/whois eve")
            heard = self.heard()
            self.assertEqual(sum(f"client{number}." in line for line in heard[0]), 1)
            peer.hangs_up()
            self.heard()

    def test_what_only_programs_send(self) -> None:
        eve = self.program("eve")
        self.heard()
        for number, hostile in enumerate(HOSTILE):
            mark = f"mark{number}."
            eve.says_object(type="say", room="#lobby", text=f"{hostile}x{mark}", id=f"c-{number}")
            self.each_hears_once(mark)
            eve.says_object(type="say", room=f"#lobby{hostile}", text=mark, id=hostile)
            eve.says_object(**{"type": hostile, hostile: hostile})
            eve.says_object(**{"type": "say", "text": "x", hostile: hostile})
            eve.says_object(type="say", to=hostile, text=f"lost{mark}")
            for line in eve.takes():
                self.assertEqual([each for text in strings_in(json.loads(line)) for each in dangerous(text)], [])
            for lines in self.heard():
                self.assertEqual([line for line in lines if f"lost{mark}" in line], [])
