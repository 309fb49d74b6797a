"""Builds the wheel, installs it in a fresh environment, and lets two people talk through it from another folder."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import venv
from pathlib import Path
from typing import IO

SOURCE = Path(__file__).parent.parent


def main(work: Path) -> None:
    work.mkdir(parents=True)
    tree = work / "tree"
    # A clean copy: a stale build/ would ship modules that are gone.
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=SOURCE, check=True, capture_output=True,
    ).stdout.decode()  # fmt: skip
    for name in filter(None, tracked.split("\0")):
        if (SOURCE / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(SOURCE / name, tree / name)
    run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(work), str(tree)])
    (wheel,) = work.glob("*.whl")
    contents = run([sys.executable, "-m", "zipfile", "-l", str(wheel)])
    for wanted in ("twisted/plugins/twisted_chat_plugin.py", "twisted_chat/py.typed", "twisted_chat/tap.py"):
        assert wanted in contents, f"the wheel lacks {wanted}"
    for unwanted in ("twisted/__init__.py", "twisted/plugins/__init__.py", "tests/"):
        assert unwanted not in contents, f"the wheel holds {unwanted}"

    environment = work / "venv"
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    run([str(python), "-m", "pip", "install", "-q", str(wheel)])
    elsewhere = work / "elsewhere"
    elsewhere.mkdir()
    log = (work / "server.log").open("w+")
    server = subprocess.Popen(
        [str(environment / "bin" / "twistd"), "-n", "chat", "--port", "tcp:0:interface=127.0.0.1"],
        cwd=elsewhere, stdout=log, stderr=subprocess.STDOUT, env=clean_environment(),
    )  # fmt: skip
    try:
        port = port_of(server, log)
        alice, bob = enter(port, "alice"), enter(port, "bob")
        alice.write("a line through the wheel\r\n")
        alice.flush()
        line = next(line for line in bob if "through" in line)
        assert line.rstrip() == "alice: a line through the wheel", line
        client = str(environment / "bin" / "twisted-chat")
        shown = run([client, "carol", "--once", "--port", str(port)], "by the client\n")
        assert not shown, f"--once showed {shown!r}"
        line = next(line for line in bob if "client" in line)
        assert line.rstrip() == "carol: by the client", line
        server.send_signal(signal.SIGTERM)
        assert any("The server is going down" in line for line in bob)
        assert server.wait(10) == 0, f"twistd ended with {server.returncode}"
    finally:
        if server.poll() is None:
            server.kill()
        log.seek(0)
        sys.stdout.write(log.read())
    print("The wheel works.")


def port_of(server: subprocess.Popen[bytes], log: IO[str]) -> int:
    """Where the server listens: read from its log."""
    import re
    import time

    for _try in range(300):
        log.seek(0)
        if found := re.search(r"listens on .*port=(\d+)", log.read()):
            return int(found.group(1))
        if server.poll() is not None:
            raise SystemExit(f"twistd ended with {server.returncode} before it listened")
        time.sleep(0.1)
    raise SystemExit("twistd did not listen within 30 s")


def enter(port: int, nick: str) -> IO[str]:
    """Somebody in the chat, as a stream of lines."""
    stream = socket.create_connection(("127.0.0.1", port), 10).makefile("rw", newline="")
    assert next(stream) == "NICK\r\n"
    stream.write(f"{nick}\r\n")
    stream.flush()
    assert next(stream).startswith(f"*** Welcome, {nick}.")
    return stream


def clean_environment() -> dict[str, str]:
    """Without what would let the source folder be found."""
    return {key: value for key, value in os.environ.items() if not key.startswith("PYTHON") and key != "VIRTUAL_ENV"}


def run(command: list[str], given: str = "") -> str:
    done = subprocess.run(command, input=given, capture_output=True, text=True, env=clean_environment(), timeout=600)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main(Path(sys.argv[1]))
