"""The servers that are compared, each in a process of its own, and what such a process has used (Linux)."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.dialects import Dialect, Irc, Line
from benchmarks.errors import RunError, StartError

_ROOT = Path(__file__).resolve().parent.parent
_START_LIMIT = 30.0
_STOP_LIMIT = 5.0
# So many lines of a server's output explain a run that came to nothing.
_LAST_WORDS = 8
# Daemons live here, where a user's PATH does not look.
_DAEMON_FOLDERS = ("/usr/sbin", "/usr/local/sbin")


@dataclass(frozen=True, slots=True)
class Kind:
    """A server: ``command`` makes, for a port and a folder of its own, what is executed there.

    ``durable``: what it has confirmed is on the disk.
    """

    name: str
    dialect: Dialect
    command: Callable[[int, Path], list[str]]
    present: Callable[[], bool] = lambda: True
    durable: bool = False


def _twisted_chat(port: int, folder: Path) -> list[str]:
    """As it comes: it makes its database in the folder where it is started."""
    run = "from twisted.scripts.twistd import run; run()"
    endpoint = f"tcp:{port}:interface=127.0.0.1"
    return [sys.executable, "-c", run, "-n", "--pidfile=", "chat", "--port", endpoint, "--rate", "off"]


def _in_memory(port: int, folder: Path) -> list[str]:
    return [*_twisted_chat(port, folder), "--database", "memory:"]


def _naive(port: int, folder: Path) -> list[str]:
    return [sys.executable, "-m", "benchmarks.naive", str(port)]


def _find_ngircd() -> str | None:
    folders = [os.environ.get("PATH", os.defpath), *_DAEMON_FOLDERS]
    return shutil.which("ngircd", path=os.pathsep.join(folders))


def _ngircd(port: int, folder: Path) -> list[str]:
    # A version that does not know MaxPenaltyTime says so and goes on.
    config = folder / "ngircd.conf"
    config.write_text(
        "[Global]\n"
        "Name = bench.invalid\nInfo = benchmark\nMotdPhrase = benchmark\n"
        f"Listen = 127.0.0.1\nPorts = {port}\n"
        "[Limits]\n"
        "MaxConnections = 0\nMaxConnectionsIP = 0\nMaxJoins = 0\nMaxPenaltyTime = 0\nPingTimeout = 3600\n"
        "[Options]\n"
        "DNS = no\nIdent = no\nPAM = no\n"
    )
    return [_find_ngircd() or "ngircd", "-n", "-f", str(config)]


IN_MEMORY = Kind("twisted-chat-memory", Line(), _in_memory)

SERVERS = (
    Kind("twisted-chat", Line(), _twisted_chat, durable=True),
    IN_MEMORY,
    Kind("naive", Line(), _naive),
    Kind("ngircd", Irc(), _ngircd, lambda: _find_ngircd() is not None),
)


@dataclass(frozen=True, slots=True)
class Running:
    """A server's process that answers at ``port``, ``started_in`` seconds after it was spawned in ``folder``."""

    pid: int
    port: int
    started_in: float
    folder: Path

    def cpu(self) -> float:
        """Seconds of processor time so far, of all threads, those that have ended included.

        The clock id is the one that clock_getcpuclockid(3) makes of a process id: nanoseconds, where
        /proc/PID/stat has hundredths of a second.
        """
        return time.clock_gettime((~self.pid << 3) | 2)

    def memory(self) -> int:
        """Resident bytes."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def running(
    kind: Kind, *options: str, environment: Callable[[Path], Mapping[str, str]] = lambda _folder: {}
) -> Iterator[Running]:
    """Start a server of this kind and stop it afterwards, whatever happens. Raises `RunError`.

    ``options`` follow its command; ``environment`` gives, for its folder, variables that it gets besides ours.
    """
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="twisted-chat-bench-") as name:
        folder = Path(name)
        log = folder / "output"
        variables = {**_environment(), **environment(folder)}
        with log.open("wb") as output:
            spawned = time.monotonic()
            process = subprocess.Popen(
                [*kind.command(port, folder), *options],
                cwd=folder,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            _await_word(process, kind.dialect, port, spawned + _START_LIMIT)
            yield Running(process.pid, port, time.monotonic() - spawned, folder)
        except RunError as error:
            said = log.read_text(errors="replace").strip().splitlines()[-_LAST_WORDS:]
            raise type(error)("\n  ".join([str(error), *said])) from None
        finally:
            _stop(process)


def _environment() -> dict[str, str]:
    """Ours, with the project's folder first among the modules, so that it works installed and not."""
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await_word(process: subprocess.Popen[bytes], dialect: Dialect, port: int, end: float) -> None:
    """Return at the server's first sensible word to a new connection. Raises `StartError`."""
    while time.monotonic() < end:
        if process.poll() is not None:
            raise StartError(f"it ended with status {process.returncode}")
        try:
            with (
                socket.create_connection(("127.0.0.1", port), timeout=5) as sock,
                sock.makefile("rb") as lines,
            ):
                sock.sendall(dialect.opening("probe"))
                for line in lines:
                    if dialect.awake(line.rstrip(b"\r\n")):
                        return
        except (OSError, RunError):
            pass
        time.sleep(0.001)
    raise StartError(f"it does not answer after {_START_LIMIT:.0f} s")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
