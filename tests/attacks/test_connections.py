"""Connections that want every place: from one address, without names, dripping bytes, from a browser."""

from __future__ import annotations

import contextlib
import time

from tests.attacks.case import FULL, AttackCase, Server, Visitor, size
from twisted_chat.frontends.strangers import UNNAMED, Bound


class FromOneAddress(AttackCase):
    options = ("--max-per-address", "16", "--new-per-address", "32")

    def test_2000_connections(self) -> None:
        memory, descriptors = self.server.memory(), self.server.descriptors()
        crowd = self.crowd(size(400, 2000), each=10_000)
        self.honest_people_get_in()
        self.wait_until("only 16 are open", lambda: len(self.open_ones(crowd)) <= 16)
        self.assertEqual(len(self.open_ones(crowd)), 16)
        self.assertTrue(any(b"SERVER_FULL" in each.seen for each in crowd))
        self.assertLess(self.server.descriptors() - descriptors, 16 + 40)
        self.assertLess(self.server.memory() - memory, self.growth)
        self.honest_people_get_in(1)
        self.log_is_readable()

    def test_coming_and_going(self) -> None:
        """One after the other: no more than 32 get a prompt."""
        prompts = 0
        for _time in range(size(200, 2000)):
            (visitor,) = self.crowd(1, each=1)
            prompts += visitor.hears_first() == "NICK"
            visitor.breaks()
        self.assertIn(prompts, range(16, 36))
        self.honest_people_get_in()
        self.log_is_readable()


class WithoutNames(AttackCase):
    naming_time = 4
    bound = UNNAMED if FULL else Bound(40, 30, 120)

    @property
    def options(self) -> tuple[str, ...]:  # type: ignore[override]
        bound = f"{self.bound.start}:{self.bound.percent}:{self.bound.most}"
        return ("--max-per-address", "16", "--max-unnamed", bound, "--naming-time", str(self.naming_time))

    def test_5000_from_many_addresses(self) -> None:
        memory = self.server.memory()
        crowd = self.crowd(size(500, 5000), each=16)
        self.honest_people_get_in()
        self.assertLessEqual(len(self.open_ones(crowd)), self.bound.most)
        for number in range(1, 4):
            self.honest_people_get_in(number)
        self.assertLess(self.server.memory() - memory, self.growth)
        self.wait_until("all are closed in time", lambda: not self.open_ones(crowd), self.naming_time + 10)
        self.honest_people_get_in(4)
        self.log_is_readable()

    def test_a_network_each(self) -> None:
        """Whoever is the first of its network gets in; the oldest gives way, and nobody waits at the door."""
        crowd = self.crowd(size(300, 3000), each=1)
        self.honest_people_get_in()
        self.assertLessEqual(len(self.open_ones(crowd)), self.bound.most)
        self.log_is_readable()

    def test_one_byte_a_second(self) -> None:
        crowd = self.crowd(size(30, 100), each=10)
        end = time.monotonic() + self.naming_time + 3
        while (still := self.open_ones(crowd)) and time.monotonic() < end:
            for visitor in still:
                with contextlib.suppress(OSError):
                    visitor.sock.send(b"x")
            time.sleep(0.5)
        self.assertEqual(still, [], "bytes that come do not lengthen the time for a name")
        self.honest_people_get_in()
        self.log_is_readable()


class FromABannedNetwork(AttackCase):
    """By a proxy, which says where each comes from."""

    options = ("--port", "haproxy:tcp:0:interface=127.0.0.1", "--config", "chat.toml")

    def start(self) -> Server:
        file = self.folder / "chat.toml"
        file.touch(0o600)
        file.write_text('[operators]\nruth = "correct horse"\n')
        return super().start()

    def from_there(self, number: int) -> Visitor:
        visitor = self.visitor(port=self.server.ports[1])
        visitor.says(f"PROXY TCP4 192.0.2.{number % 250} 10.0.0.1 56324 55555\r")
        return visitor

    def test_a_storm_of_them(self) -> None:
        ruth = self.person("ruth")
        ruth.says("/oper ruth correct horse")
        ruth.hears("You are the operator ruth now")
        crowd = [self.from_there(number) for number in range(size(100, 500))]
        for visitor in crowd:
            visitor.hears("NICK")
        ruth.says("/netban 192.0.2.0/24 spam")
        ruth.hears(f"connections without a name: {len(crowd)}")
        self.wait_until("all of them end", lambda: not self.open_ones(crowd))
        self.assertTrue(all(b"!!! BANNED your network is banned" in each.seen for each in crowd))
        memory, descriptors = self.server.memory(), self.server.descriptors()
        later = [self.from_there(number) for number in range(size(300, 2000))]
        self.honest_people_get_in()
        self.wait_until("all of them are refused", lambda: not self.open_ones(later))
        self.assertFalse(any(b"NICK" in each.seen for each in later))
        self.assertTrue(any(b"!!! BANNED" in each.seen for each in later))
        self.assertLess(self.server.memory() - memory, self.growth)
        self.wait_until("nothing is left of them", lambda: self.server.descriptors() <= descriptors)
        self.log_is_readable()


class Browsers(AttackCase):
    def test_a_post_to_each_port_runs_nothing(self) -> None:
        watcher = self.person("watcher")
        body = "NICK\r\nmallory\r\n/join #evil\r\nhello from a browser\r\n"
        for port in self.server.ports:
            for method in ("POST", "GET", "OPTIONS"):
                visitor = self.visitor(port=port)
                head = f"{method} / HTTP/1.1\r\nHost: chat\r\nContent-Length: {len(body)}\r\n\r\n"
                visitor.sock.sendall((head + body).encode())
                self.assertIn(visitor.hears_the_end(5), (b"", b"NICK\r\n", b"NICK"))
        self.assertEqual(watcher.takes(0.5), [])
        watcher.says("/who")
        self.assertIn("1 person is here", watcher.hears("here:"))
        self.log_is_readable()
