"""Runs the real server in a process of its own, for tests that need one."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, connectProtocol
from twisted.internet.error import ProcessTerminated
from twisted.internet.protocol import ProcessProtocol
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure
from twisted.trial.unittest import SkipTest, SynchronousTestCase, TestCase

from tests.files import folder_for

reactor: Any = _reactor
ROOT = Path(__file__).parent.parent.parent
TWISTD = [sys.executable, "-c", "from twisted.scripts.twistd import run; run()"]


class Process(ProcessProtocol):
    """A process whose output is kept; `ended` fires with its exit status (negative: the signal that ended it)."""

    def __init__(self) -> None:
        self.output = b""
        self.errors = b""
        self.ended: Deferred[int] = Deferred()
        self.is_over = False
        self._watched: list[tuple[re.Pattern[bytes], Deferred[re.Match[bytes]]]] = []

    def outReceived(self, data: bytes) -> None:  # noqa: N802
        self.output += data
        for pattern, seen in tuple(self._watched):
            if found := pattern.search(self.output):
                self._watched.remove((pattern, seen))
                seen.callback(found)

    def errReceived(self, data: bytes) -> None:  # noqa: N802
        self.errors += data

    def processEnded(self, reason: Failure) -> None:  # noqa: N802
        self.is_over = True
        status = 0
        if isinstance(reason.value, ProcessTerminated):
            status = -reason.value.signal if reason.value.signal else reason.value.exitCode
        for _pattern, seen in self._watched:
            seen.errback(AssertionError(f"it ended with {status}: {(self.output + self.errors).decode()}"))
        self._watched.clear()
        self.ended.callback(status)

    def shows(self, pattern: bytes) -> Deferred[re.Match[bytes]]:
        """Fires when its standard output has what `pattern` matches."""
        seen: Deferred[re.Match[bytes]] = Deferred()
        self._watched.append((re.compile(pattern), seen))
        self.outReceived(b"")
        return seen

    def send_signal(self, name: str) -> None:
        self.transport.signalProcess(name)


class Stranger(LineReceiver):
    """A connection to the server's line port: what `nc` would be."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.gone: Deferred[None] = Deferred()
        self._wanted: list[tuple[str, Deferred[str]]] = []

    def lineReceived(self, line: bytes) -> None:
        self.lines.append(line.decode())
        self._look()

    def connectionLost(self, reason: Failure | None = None) -> None:
        self.gone.callback(None)

    def says(self, line: str) -> None:
        self.transport.write(line.encode() + b"\n")

    def hears(self, part: str) -> Deferred[str]:
        """Fires with the first line that holds `part`; it and those before it are not looked at again."""
        heard: Deferred[str] = Deferred()
        self._wanted.append((part, heard))
        self._look()
        return heard

    def _look(self) -> None:
        while self._wanted:
            part, heard = self._wanted[0]
            at = next((at for at, line in enumerate(self.lines) if part in line), None)
            if at is None:
                return
            line = self.lines[at]
            del self.lines[: at + 1]
            self._wanted.pop(0)
            heard.callback(line)


def lacks(case: SynchronousTestCase, what: str) -> NoReturn:
    """A test can't run without something: that is said, and in CI it is a failure."""
    if os.environ.get("CI"):
        case.fail(f"{what} is not installed")
    raise SkipTest(f"{what} is not installed")


class ServerCase(TestCase):
    """Tests against real processes, on loopback, in a fresh folder."""

    timeout = 60

    def setUp(self) -> None:
        self.folder = folder_for(self)

    def program(self, name: str) -> str:
        """The path of a program. Without it the test can't run."""
        path = shutil.which(name)
        if path is None:
            lacks(self, name)
        return str(path)

    def certificate(self) -> Path:
        """A private key and a certificate for localhost, as key.pem and cert.pem; by the recipe of docs/running.md."""
        recipe = re.search(
            r"^twisted-chat-admin (certificate.*)$", (ROOT / "docs" / "running.md").read_text(), re.MULTILINE
        )
        assert recipe is not None
        command = [sys.executable, "-m", "twisted_chat.admin", *shlex.split(recipe[1], comments=True)]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True, env=self.environment())
        return self.folder / "cert.pem"

    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}

    def spawn(self, command: Sequence[str], **more: Any) -> Process:
        """Start a process; it is killed at the end of the test if it is still there."""
        process = Process()
        reactor.spawnProcess(process, command[0], command, self.environment(), str(self.folder), **more)

        def end() -> Deferred[int] | None:
            if process.is_over:
                return None
            process.send_signal("KILL")
            return process.ended

        self.addCleanup(end)
        return process

    def twistd(self, *arguments: str) -> Process:
        return self.spawn([*TWISTD, *arguments])

    async def start(self, *options: str, port: str = "tcp:0:interface=127.0.0.1") -> tuple[Process, int]:
        """A server that listens, and its port."""
        server = self.twistd("-n", "--pidfile=", "chat", "--port", port, *options)
        found = await server.shows(rb"listens on .*port=(\d+)")
        return server, int(found[1])

    async def connect(self, port: int) -> Stranger:
        stranger: Stranger = await connectProtocol(HostnameEndpoint(reactor, "127.0.0.1", port), Stranger())
        self.addCleanup(stranger.transport.abortConnection)
        return stranger

    async def enter(self, port: int, nick: str) -> Stranger:
        stranger = await self.connect(port)
        await stranger.hears("NICK")
        stranger.says(nick)
        await stranger.hears(f"*** Welcome, {nick}.")
        return stranger
