"""What each command of ``twisted-chat-admin`` does; each gives the exit status."""

from __future__ import annotations

import argparse
import secrets
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO

from twisted_chat.admin.formats import BadLine, json_line, parse, text_line
from twisted_chat.boundaries import JournalUnusable
from twisted_chat.core.events import Event
from twisted_chat.core.names import fold
from twisted_chat.core.rooms import LOBBY, LOBBY_ID
from twisted_chat.journal import archive, upkeep
from twisted_chat.journal.file import Lock, connect, existing, prepare


class Refused(Exception):
    """It can't be done; the text says why in one line."""


def export(asked: argparse.Namespace) -> int:
    line = json_line if asked.format == "jsonl" else text_line
    existing(asked.database)
    unreadable: list[archive.Unreadable] = []
    with closing(connect(asked.database)) as database:
        try:
            for event in archive.read(database, asked.room, asked.since, unreadable.append):
                sys.stdout.write(line(event))
            sys.stdout.flush()
        except archive.NoSuchRoomThere as error:
            raise Refused(str(error)) from None
        except BrokenPipeError:
            raise
        except OSError as error:
            raise Refused(f"standard output: {error.strerror}") from None
    for lost in unreadable:
        print(f"{asked.database}: #{lost.first} to #{lost.last} can't be read: {lost.why}", file=sys.stderr)
    return 1 if unreadable else 0


def import_lines(asked: argparse.Namespace) -> int:
    with _opened(asked.file) as lines, Alone(asked.database):
        is_new = not asked.database.exists()
        prepare(asked.database)
        with closing(connect(asked.database)) as database:
            events = _Numbered("standard input" if asked.file == "-" else asked.file, lines)
            try:
                added = archive.add(database, events)
            except (BadLine, archive.OutOfOrder) as error:
                raise Refused(f"{events.place}: {error}; nothing was imported") from None
    left_out = f"; left out, for they were there or change what is not: {added.left_out:,}" if added.left_out else ""
    print(f"imported into {asked.database}: {added.written:,}{left_out}")
    if is_new:
        print("It has no accounts, and nobody keeps its rooms: no export has those")
    return 0


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == "-":
        yield sys.stdin.buffer
    else:
        with Path(name).open("rb") as file:
            yield file


class _Numbered(Iterable[Event]):
    """The events on these lines; `place` tells which one was read last."""

    def __init__(self, name: str, lines: BinaryIO) -> None:
        self._name = name
        self._lines = lines
        self._number = 0

    @property
    def place(self) -> str:
        return f"{self._name} line {self._number}"

    def __iter__(self) -> Iterator[Event]:
        ids: dict[str, str] = {fold(LOBBY): LOBBY_ID}
        for line in self._lines:
            self._number += 1
            if not line.strip():
                continue
            event = parse(line)
            if event.room_name:
                event.room = ids.setdefault(fold(event.room_name), secrets.token_hex(8))
            yield event


def backup(asked: argparse.Namespace) -> int:
    upkeep.backup(asked.database, asked.file)
    print(f"{asked.database} was copied to {asked.file} ({_size(asked.file)}), and the copy was verified")
    return 0


def check(asked: argparse.Namespace) -> int:
    path = asked.database = asked.file or asked.database  # whatever goes wrong is said of this one
    existing(path)
    with closing(connect(path)) as database:
        faults = 0
        for fault in upkeep.faults(database):
            print(f"{path}: {fault}", file=sys.stderr)
            faults += 1
        if faults:
            return 1
        count, rooms = upkeep.lines(database)
    print(f"{path} is whole: {count:,} lines, rooms: {rooms:,}, {_size(path)}")
    return 0


def vacuum(asked: argparse.Namespace) -> int:
    existing(asked.database)
    with Alone(asked.database):
        before = _size(asked.database)
        upkeep.vacuum(asked.database)
    print(f"{asked.database}: {before} before, {_size(asked.database)} now")
    return 0


class Alone:
    """With the file's lock: no server is on it, and none comes meanwhile. `hint`: what can be done where one is."""

    def __init__(self, path: Path, hint: str = "it has to end first") -> None:
        self._lock = Lock(path)
        self._hint = hint

    def __enter__(self) -> None:
        try:
            self._lock.take()
        except JournalUnusable as error:
            raise Refused(f"{error}; {self._hint}") from None

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is JournalUnusable:
            self._lock.discard()
        else:
            self._lock.release()


def _size(path: Path) -> str:
    size = path.stat().st_size
    return f"{size / 2**20:,.1f} MiB" if size >= 2**20 else f"{size / 2**10:,.0f} KiB"
