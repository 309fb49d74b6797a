"""A machine whose power can be cut, and whose disk can fail: disk.c, built and set up, and what is left after a cut."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

from tests.crash.case import CrashCase

BLOCK = 4096
"""Bytes that a disk writes at once, or not at all."""

_SOURCE = Path(__file__).parent / "disk.c"


class Disk:
    """The disk under a folder. `environment` is what a process needs to write to it."""

    def __init__(self, folder: Path, at: Path, library: Path) -> None:
        self._folder = folder
        self._shadow = at / "shadow"
        self._shadow.mkdir()
        self._fault = at / "fault"
        self.environment = {
            "LD_PRELOAD": str(library),
            "DISK_FOLDER": str(folder),
            "DISK_SHADOW": str(self._shadow),
            "DISK_FAULT": str(self._fault),
        }

    def is_slow(self, milliseconds: int) -> None:
        """Each fsync takes that long, so that there is a time within which a cut can come."""
        self.environment["DISK_SLOW"] = str(milliseconds)

    def fails(self, call: str, error: str, how_often: str) -> None:
        """From now on: "write" or "fsync" fails with "EIO" or "ENOSPC", "once" or "always"."""
        written = self._fault.with_suffix(".new")
        written.write_text(f"{call} {error} {how_often}\n")
        written.rename(self._fault)

    @property
    def has_failed(self) -> bool:
        """Whether what was to fail once did."""
        return not self._fault.exists()

    def works(self) -> None:
        self._fault.unlink(missing_ok=True)

    def cut(self, chance: random.Random, luck: float = 0.0) -> None:
        """The power fails: to be called when the process is dead. The folder is now as the disk has it.

        A disk may have written blocks that nobody asked it to yet: each such block is there with a probability of
        `luck`, whichever were written before it.
        """
        names = self._shadow / "names"
        if not names.exists():
            return  # the process had hardly begun
        now = {file.name: file.read_bytes() for file in self._folder.iterdir()}
        for file in self._folder.iterdir():
            file.unlink()
        for line in names.read_text().splitlines():
            number, name = line.split(" ", 1)
            kept = self._shadow / number
            content = kept.read_bytes() if kept.exists() else b""
            (self._folder / name).write_bytes(_with_luck(content, now.get(name, content), chance, luck))
        shutil.rmtree(self._shadow)
        self._shadow.mkdir()


def _with_luck(kept: bytes, now: bytes, chance: random.Random, luck: float) -> bytes:
    size = len(now) if chance.random() < luck else len(kept)
    found = bytearray(kept[:size].ljust(size, b"\0"))
    for begin in range(0, size, BLOCK):
        block = slice(begin, min(begin + BLOCK, size))
        if now[block] != found[block] and len(now) >= block.stop and chance.random() < luck:
            found[block] = now[block]
    return bytes(found)


class DiskCase(CrashCase):
    """Its servers write to `self.disk`."""

    def setUp(self) -> None:
        super().setUp()
        library = self.folder / "disk.so"
        command = [self.program("cc"), "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o", library, _SOURCE, "-ldl"]
        built = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual(built.returncode, 0, built.stderr)
        at = self.folder / "disk"
        at.mkdir()
        self.disk = Disk(self.home, at, library)
        self.extra = self.disk.environment
