"""The database file: made, locked, looked at before it is touched, and brought to the present schema."""

from __future__ import annotations

import fcntl
import os
import secrets
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from twisted_chat.boundaries import JournalUnusable

SYNCHRONOUS = "FULL"
"""A commit has reached the disk when it returns. NORMAL loses confirmed lines at a power cut; a test shows it."""

APPLICATION_ID = 0x54774368
"""Which program's file it is, in its header ("TwCh")."""

BUSY = 2.0
"""Seconds that a writer waits for another program's lock on the file before it refuses."""

CACHE = 16 * 1024
"""KiB of the file that the writer's connection keeps in memory."""

LOOKED_THROUGH = 64 * 1024 * 1024
"""Bytes of a file that is looked through at every start, which takes a moment; of a larger one the beginning is."""

OLDEST_SQLITE = (3, 35)
"""UPDATE ... FROM is of 3.33, and in 3.35 it learned what it should."""

WHOLE = "ok"
"""SQLite's word for a file without fault."""

_MAGIC = b"SQLite format 3\0"
_HEADER = 100
_JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")


@dataclass(frozen=True, slots=True)
class LogFacts:
    """What a log says of itself."""

    id: str
    key: bytes
    last: int
    time: int
    """When the last event that is there was, in UTC milliseconds; 0: there is none."""


def steps() -> dict[int, str]:
    """The schema as it grew: for each version the SQL that makes it of the one before."""
    folder = files("twisted_chat.journal").joinpath("schema")
    found = {int(each.name[:4]): each.read_text("utf-8") for each in folder.iterdir() if each.name.endswith(".sql")}
    return dict(sorted(found.items()))


def connect(path: Path, *, readonly: bool = False) -> sqlite3.Connection:
    """A connection as every part of the journal wants it; transactions are begun by hand."""
    address = f"{path.resolve().as_uri()}?mode={'ro' if readonly else 'rw'}"
    database = sqlite3.connect(address, BUSY, uri=True, isolation_level=None, check_same_thread=False)
    database.execute(f"PRAGMA cache_size = -{CACHE}")
    if readonly:
        database.execute("PRAGMA query_only = ON")
    return database


class Lock:
    """One server a file. The system takes it away with the process, however that ends."""

    def __init__(self, path: Path) -> None:
        path = path.resolve()  # by whatever name it is called
        self._path = path.with_name(path.name + ".lock")
        self._descriptor = -1

    def take(self) -> None:
        """Raises `JournalUnusable` if another process has it."""
        self._lock()
        while not self._is_there():  # who had it has taken it away between our opening and our locking it
            self.release()
            self._lock()
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, f"{os.getpid()}\n".encode())

    def _lock(self) -> None:
        try:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:
            raise JournalUnusable(f"there is no folder {self._path.parent}") from None
        except OSError as error:
            raise JournalUnusable(f"can't write {self._path}: {error.strerror}") from None
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(self._descriptor, 20).decode("ascii", "replace").strip()
            self.release()
            database = str(self._path).removesuffix(".lock")
            whose = f"another process ({holder})" if holder.isdigit() else "another process"
            raise JournalUnusable(f"{database} is in use by {whose}") from None

    def _is_there(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self._descriptor), self._path.stat())
        except FileNotFoundError:
            return False

    def discard(self) -> None:
        """Release it, and leave no file: what it was taken for is no log."""
        if self._descriptor >= 0:
            self._path.unlink(missing_ok=True)  # while it is ours
        self.release()

    def release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def prepare(
    path: Path, *, known: dict[int, str] | None = None, tell: Callable[[str], None] = lambda _line: None
) -> None:
    """See to it that `path` is a log of the present schema: made if it is not there, upgraded if it is older.

    To be called with its `Lock` taken. An older one is copied beside first. Nothing that is not a log, is damaged or
    newer is touched: that raises `JournalUnusable`.
    """
    known = known or steps()
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        oldest = ".".join(map(str, OLDEST_SQLITE))
        raise JournalUnusable(f"the log needs SQLite {oldest} or newer; this Python has {sqlite3.sqlite_version}")
    try:
        if not path.exists() or not path.stat().st_size:
            _make(path)
        version = _known_version(path, max(known))
        if version and path.stat().st_size <= LOOKED_THROUGH:
            _look_through(path)
        if version < max(known):
            _upgrade(path, version, known, tell)
        _try_to_write(path)
    except OSError as error:
        raise JournalUnusable(f"can't use {error.filename or path}: {error.strerror}") from None
    except sqlite3.Error as error:
        raise JournalUnusable(f"can't use {path}: {error}; twisted-chat-admin check {path} tells more") from None


def _look_through(path: Path) -> None:
    with closing(connect(path)) as database:
        state = structure(database)
    if state != WHOLE:
        raise JournalUnusable(f"{path} is damaged; it was left as it is. twisted-chat-admin check {path} tells more")


def structure(database: sqlite3.Connection) -> str:
    """What is wrong with the structure of the file, in one line, or `WHOLE`. Every page is looked at."""
    (state,) = database.execute("PRAGMA quick_check(1)").fetchone()
    return " ".join(state.split())


def _try_to_write(path: Path) -> None:
    """A file that can be read only is told at the start, and not to everybody who says something."""
    with closing(connect(path)) as database:
        try:
            database.execute("BEGIN IMMEDIATE")
            database.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_READONLY:
                raise JournalUnusable(f"{path} can be read only") from None


def _make(path: Path) -> None:
    wal = path.with_name(path.name + "-wal")
    if wal.exists() and wal.stat().st_size:
        raise JournalUnusable(f"{wal} is there, but {path} is not: was it moved without the other?")
    # Readable for nobody else: direct messages are in it.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    _sync_folder(path)


def _sync_folder(path: Path) -> None:
    """What was made or renamed beside `path` is there after a power cut, too."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def existing(path: Path) -> None:
    """Raise `JournalUnusable` or `sqlite3.Error` unless `path` is a log of the present schema. Nothing is changed."""
    try:
        if not path.stat().st_size:
            raise JournalUnusable(f"{path} is empty")
        version = _known_version(path, newest := max(steps()))
    except OSError as error:
        raise JournalUnusable(f"can't use {path}: {error.strerror}") from None
    if version < newest:
        raise JournalUnusable(f"{path} is of an older version ({version}): start a server on it once, that upgrades it")


def _known_version(path: Path, newest: int) -> int:
    """The version of its schema, 0 for a file without anything."""
    version = _look(path)
    if version > newest:
        raise JournalUnusable(f"{path} is of a newer version ({version}) than this program knows ({newest})")
    return version


def _look(path: Path) -> int:
    """The same of whatever version; raises `JournalUnusable` for what is no log."""
    with path.open("rb") as file:
        header = file.read(_HEADER)
    if header and (len(header) < _HEADER or not header.startswith(_MAGIC)) and not _was_being_made(path):
        raise JournalUnusable(f"{path} is no SQLite database, or its beginning is damaged; it was left as it is")
    # Read only: else the WAL that lies beside it would be brought into it, whoever's it is.
    try:
        version, application, tables = _says(path, readonly=True)
    except sqlite3.OperationalError:
        # It was cut off while it was made, before it had a WAL: nobody can read it but who takes that back.
        version, application, tables = _says(path, readonly=False)
    if application != APPLICATION_ID and (version or tables):
        raise JournalUnusable(f"{path} is a database of another program; it was left as it is")
    return version


def _was_being_made(path: Path) -> bool:
    """Whether its first page was on the way to the disk when that stopped: SQLite takes it back, and all is empty.

    Its rollback journal says so: how many pages there were before stands in the header.
    """
    try:
        with path.with_name(path.name + "-journal").open("rb") as file:
            header = file.read(20)
    except FileNotFoundError:
        return False
    return header.startswith(_JOURNAL_MAGIC) and header[16:] == bytes(4)


def _says(path: Path, *, readonly: bool) -> tuple[int, int, int]:
    """Its version, whose it is, and how much is in it."""
    with closing(connect(path, readonly=readonly)) as database:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        (application,) = database.execute("PRAGMA application_id").fetchone()
        (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return version, application, tables


def _upgrade(path: Path, version: int, known: dict[int, str], tell: Callable[[str], None]) -> None:
    with closing(connect(path)) as database:
        if version:
            kept = _keep_copy(database, path, version)
            tell(f"{path} is of version {version}: it was copied to {kept}, and is upgraded")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute(f"PRAGMA synchronous = {SYNCHRONOUS}")
        for step in range(version + 1, max(known) + 1):
            database.execute("BEGIN IMMEDIATE")
            for statement in _statements(known[step]):
                database.execute(statement)
            if step == 1:
                database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                now = time.time_ns() // 1_000_000
                row = (1, secrets.token_hex(8), secrets.token_bytes(32), now)
                database.execute("INSERT INTO log (one, id, key, created) VALUES (?, ?, ?, ?)", row)
            database.execute(f"PRAGMA user_version = {step}")
            database.execute("COMMIT")


def _keep_copy(database: sqlite3.Connection, path: Path, version: int) -> Path:
    """A copy beside it, of a name that nothing has yet: an upgrade that was cut off may have left one."""
    number = 1
    while (kept := path.with_name(f"{path.name}.version-{version}{f'.{number}' if number > 1 else ''}")).exists():
        number += 1
    growing = kept.with_name(f"{kept.name}.part")
    growing.unlink(missing_ok=True)
    copy(database, growing)
    growing.rename(kept)
    _sync_folder(path)
    return kept


def _statements(script: str) -> list[str]:
    """The statements of a script: `executescript` would commit after each."""
    found: list[str] = []
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            found.append(statement)
            statement = ""
    if statement.strip():
        raise ValueError(f"not ended by a semicolon: {statement.strip()[:60]}")
    return found


def copy(database: sqlite3.Connection, target: Path) -> None:
    """An exact copy of an open database as it is now. Raises `OSError` where there is a `target`.

    In one step, beside which others may write: between two steps they would make it begin anew, and it might never end.
    """
    os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with closing(sqlite3.connect(target)) as other:
            database.backup(other)
        with target.open("rb") as written:
            os.fsync(written.fileno())
    except BaseException:
        target.unlink()
        raise


def facts(database: sqlite3.Connection) -> LogFacts:
    """Raises `sqlite3.Error` for what is no log."""
    found = database.execute("SELECT id, key FROM log").fetchone()
    if found is None:
        raise sqlite3.DatabaseError("it does not say which log it is")
    log_id, key = found
    (last,) = database.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'events'").fetchone()
    newest = database.execute("SELECT time FROM events ORDER BY seq DESC LIMIT 1").fetchone()
    return LogFacts(log_id, bytes(key), int(last), int(newest[0]) if newest else 0)
