"""Storms and floods of people who are in: they are slowed, nothing of theirs is lost, and the others go on."""

from __future__ import annotations

import contextlib
import threading
import time

from tests.attacks.case import QUICKLY, AttackCase, Visitor, size


class TalkCase(AttackCase):
    def setUp(self) -> None:
        super().setUp()
        self.alice, self.bob = self.person("alice", "127.0.0.2"), self.person("bob", "127.0.0.3")
        self.alice.hears("bob joined")

    def pours(self, visitor: Visitor, data: bytes) -> None:
        """As fast as it is taken, in a thread of its own; it ends with the connection."""

        def pour() -> None:
            with contextlib.suppress(OSError):
                visitor.sock.sendall(data)

        thread = threading.Thread(target=pour, daemon=True)
        thread.start()
        self.addCleanup(thread.join, 10)
        self.addCleanup(visitor.breaks)

    def others_are_served(self, seconds: float) -> list[str]:
        """They talk all the time and hear each other in time; what bob hears besides."""
        end = time.monotonic() + seconds
        number, heard = 0, []
        while time.monotonic() < end:
            number += 1
            said = time.monotonic()
            self.alice.says(f"number {number}.")
            while f"number {number}." not in (line := self.bob.hears("\r")):
                heard.append(line)
            self.assertLess(time.monotonic() - said, QUICKLY)
            time.sleep(0.5)
        return heard

    def storm(self, lines: list[str], seconds: float) -> list[str]:
        eve = self.person("eve", "127.0.0.9")
        self.bob.hears("eve joined")
        memory = self.server.memory()
        self.pours(eve, "".join(f"{line}\n" for line in lines).encode())
        heard = self.others_are_served(seconds)
        self.assertLess(self.server.memory() - memory, self.growth)
        self.honest_people_get_in()
        self.log_is_readable()
        return heard


class Storms(TalkCase):
    seconds = size(4, 30)

    def few(self, heard: list[str]) -> None:
        """4 at once and 1 a second, not what was sent."""
        self.assertGreater(len(heard), 2)
        self.assertLessEqual(len(heard), 4 + self.seconds + 4)

    def test_joins_and_parts(self) -> None:
        self.bob.says("/join #dev", "/switch #lobby")
        self.bob.hears("You are in #lobby now")
        self.few(self.storm(["/join #dev", "/part #dev"] * size(2_000, 50_000), self.seconds))

    def test_renames(self) -> None:
        names = [f"/nick eve{'abcdefgh'[number % 8]}{'xyz'[number % 3]}q" for number in range(size(4_000, 100_000))]
        self.few(self.storm(names, self.seconds))

    def test_the_same_words(self) -> None:
        self.few(self.storm(["buy this"] * size(4_000, 100_000), self.seconds))


class Floods(TalkCase):
    senders = 10
    seconds = size(4, 30)

    def test_ten_at_full_speed(self) -> None:
        memory = self.server.memory()
        count = size(3_000, 60_000)
        flood = b"".join(b"line %d %s\n" % (each, b"x" * 100) for each in range(count))
        floods = []
        for number in range(self.senders):
            name = f"eve{'abcdefghij'[number]}"
            floods.append(self.person(name, f"127.0.0.{60 + number}"))
            self.bob.hears(f"{name} joined")
        for eve in floods:
            self.pours(eve, flood)
        heard = self.others_are_served(self.seconds)
        spoken = [line for line in heard if ": line " in line]
        self.assertGreater(len(spoken), self.senders * 15)
        self.assertLessEqual(len(spoken), self.senders * (20 + 5 * (self.seconds + 3)))
        for number in range(self.senders):
            said = [line.split()[2] for line in spoken if line.startswith(f"eve{'abcdefghij'[number]}:")]
            self.assertEqual(said, [str(each) for each in range(len(said))], "slowed, nothing lost")
        self.assertLess(self.server.memory() - memory, self.growth)
        self.honest_people_get_in()
        self.log_is_readable()
