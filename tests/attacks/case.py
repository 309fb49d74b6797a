"""A server's process under attack, and those who connect to it from addresses of 127.0.0.0/8."""

from __future__ import annotations

import json
import os
import re
import resource
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from tests.files import folder_for

ROOT = Path(__file__).parent.parent.parent
TWISTD = "from twisted.scripts.twistd import run; run()"
FULL = os.environ.get("TWISTED_CHAT_ATTACKS") == "full"
PATIENCE = 20.0
"""Seconds that a test waits for something before it fails."""

QUICKLY = 1.0
"""Seconds within which an honest person is served, whatever goes on."""


def size(modest: int, full: int) -> int:
    return full if FULL else modest


def address(number: int) -> str:
    """One of many addresses of this machine; none is 127.0.0.*."""
    return f"127.{1 + number // 62_500}.{number // 250 % 250}.{1 + number % 250}"


class Visitor:
    """A connection to one of the server's ports."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.sock = socket.socket()
        self.sock.settimeout(PATIENCE)
        self.sock.bind((host, 0))
        self.sock.connect(("127.0.0.1", port))
        self.seen = b""
        """All that came and was not asked for yet."""

    def says(self, *lines: str) -> None:
        self.sock.sendall("".join(f"{line}\n" for line in lines).encode())

    def says_object(self, **fields: object) -> None:
        self.says(json.dumps(fields))

    def hears(self, part: str, within: float = PATIENCE) -> str:
        """The first line that holds `part`, when it comes; lines before it are gone then."""
        end = time.monotonic() + within
        while True:
            *lines, rest = self.seen.split(b"\n")
            for number, line in enumerate(lines):
                if part.encode() in line:
                    self.seen = b"\n".join([*lines[number + 1 :], rest])
                    return line.decode().rstrip("\r")
            left = end - time.monotonic()
            if left <= 0 or not self._read(left):
                raise AssertionError(f"{part!r} did not come, but {self.seen[-500:]!r}")

    def hears_first(self) -> str:
        """Its first line, empty where it is closed without one."""
        while b"\n" not in self.seen and self._read(PATIENCE):
            pass
        return self.seen.partition(b"\n")[0].decode().rstrip("\r")

    def hears_answer(self) -> str:
        """The next line: a prompt, or the code of a refusal with its marks."""
        line = self.hears("\r")
        return " ".join(line.split()[:2]) if line.startswith("!!!") else line

    def hears_object(self, kind: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.hears(f'"type":"{kind}"'))
        return found

    def takes(self, seconds: float) -> list[str]:
        """All lines that come in so many seconds."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and self._read(left):
            pass
        lines, self.seen = self.seen, b""
        return lines.decode().splitlines()

    def hears_the_end(self, within: float = PATIENCE) -> bytes:
        """What came before the server closed the connection."""
        end = time.monotonic() + within
        while (left := end - time.monotonic()) > 0:
            if not self._read(left):
                return self.seen
        raise AssertionError("it is open still")

    def close(self) -> None:
        self.sock.close()

    def breaks(self) -> None:
        """The connection is reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self.sock.close()

    def _read(self, seconds: float) -> bool:
        """Whether the connection is open still, after something came or the time went by."""
        self.sock.settimeout(max(0.001, seconds))
        try:
            data = self.sock.recv(65536)
        except TimeoutError:
            return True
        except OSError:
            return False
        self.seen += data
        return bool(data)


class Server:
    """The process. Its log, all levels of it, goes to a file."""

    def __init__(self, folder: Path, options: Sequence[str], environment: dict[str, str]) -> None:
        self.log_file = folder / "log"
        command = [sys.executable, "-c", TWISTD, "-n", "--pidfile=", "chat", *options]
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )
        self.ports: list[int] = []

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    def wait_for_ports(self, count: int) -> None:
        end = time.monotonic() + PATIENCE
        while len(self.ports) < count:
            if self.process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"it does not listen: {self.log}")
            time.sleep(0.02)
            self.ports = [int(each) for each in re.findall(r"listens on .*port=(\d+)", self.log)]

    def memory(self) -> int:
        """Resident bytes."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * resource.getpagesize()

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(PATIENCE)


class AttackCase(SynchronousTestCase):
    """Each test has a server of its own, quiet people on it, and asks at the end whether they were left alone."""

    options: Sequence[str] = ()
    log_lines = 60
    """So many lines at most an attack may bring to the log; people who come and go have theirs beside."""

    growth = 40 * 1024 * 1024
    """Bytes of memory that an attack may cost: what Python keeps for the next ones among it."""

    def setUp(self) -> None:
        if sys.platform != "linux":
            raise SkipTest("needs /proc, and addresses of 127.0.0.0/8 at will")
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        self.folder = folder_for(self)
        self.server = self.start()
        self.port = self.server.ports[0]
        self.people = 0

    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}

    def start(self) -> Server:
        doors = ["--port", "--tutorial", "--gossip"]
        ports = [word for door in doors for word in (door, "tcp:0:interface=127.0.0.1")]
        server = Server(self.folder, [*ports, "--history", "0", *self.options], self.environment())
        self.addCleanup(server.stop)
        server.wait_for_ports(len(doors))
        return server

    def visitor(self, host: str = "127.0.0.1", port: int | None = None) -> Visitor:
        visitor = Visitor(port or self.port, host)
        self.addCleanup(visitor.close)
        return visitor

    def person(self, nick: str, host: str = "127.0.0.1") -> Visitor:
        """Somebody who is in."""
        visitor = self.visitor(host)
        visitor.hears("NICK", QUICKLY * 2)
        visitor.says(nick)
        visitor.hears(f"*** Welcome, {nick}.")
        self.people += 1
        return visitor

    def program(self, nick: str, host: str = "127.0.0.1", **more: object) -> tuple[Visitor, dict[str, Any]]:
        visitor = self.visitor(host)
        visitor.says_object(type="hello", nick=nick, **more)
        self.people += 1
        return visitor, visitor.hears_object("welcome")

    def crowd(self, count: int, each: int, first: int = 0) -> list[Visitor]:
        """So many connections, `each` of them from one address."""
        found = []
        for number in range(count):
            found.append(Visitor(self.port, address(first + number // each)))
        self.addCleanup(lambda: [visitor.close() for visitor in found])
        return found

    def honest_people_get_in(self, number: int = 0) -> None:
        """From an address that nobody else comes from, and in time; what they say is heard."""
        begun = time.monotonic()
        visitor = self.person(f"honest_{'abcdefghij'[number]}", f"127.0.0.{50 + number}")
        visitor.says("/time")
        visitor.hears(" UTC", QUICKLY * 2)
        self.assertLess(time.monotonic() - begun, QUICKLY * 2)
        visitor.says("/quit")

    def open_ones(self, visitors: Iterable[Visitor]) -> list[Visitor]:
        """Those that the server has not closed."""
        poll = select.poll()
        by_descriptor = {visitor.sock.fileno(): visitor for visitor in visitors}
        for descriptor in by_descriptor:
            poll.register(descriptor, select.POLLIN)
        closed = set()
        for descriptor, _event in poll.poll(0):
            visitor = by_descriptor[descriptor]
            visitor.sock.setblocking(False)
            try:
                while data := visitor.sock.recv(65536):
                    visitor.seen += data
            except BlockingIOError:
                continue
            except OSError:
                pass
            closed.add(descriptor)
        return [visitor for descriptor, visitor in by_descriptor.items() if descriptor not in closed]

    def wait_until(self, what: str, true: Any, within: float = PATIENCE) -> None:
        end = time.monotonic() + within
        while not true():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.05)

    def log_is_readable(self) -> None:
        """Few lines, no traceback."""
        log = self.server.log
        self.assertNotIn("Traceback", log)
        self.assertNotIn("Unhandled", log)
        self.assertLessEqual(len(log.splitlines()), self.log_lines + 2 * self.people)
