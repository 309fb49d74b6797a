"""A disk that is full, locked or broken: what can't be kept is refused, is shown to nobody, and the chat goes on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from twisted.trial.unittest import SkipTest

from tests.crash.case import CrashCase, pause, short_or_long
from tests.crash.clients import Program
from tests.crash.power import DiskCase
from tests.processes.server import Process

LOCKED = short_or_long(3, 10)
"""Seconds that somebody else has the file for himself: longer than the server is ready to wait."""

EX_IOERR = 74
UNAVAILABLE = "STORAGE_UNAVAILABLE"

_LOCKER = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.readline()
database.execute("ROLLBACK")
"""


class Company(CrashCase):
    """alice and carol are programs, bob is a person; dave comes to see whether one still can."""

    async def gather(self) -> None:
        self.alice, self.carol = (Program(nick, self.seed) for nick in ("alice", "carol"))
        for program in (self.alice, self.carol):
            program.talking = False
            self.addCleanup(program.leave)
            await program.connect(self.ports[0])
            await self.until(lambda program=program: program.log is not None, f"{program.nick} is welcome")
        self.bob = await self.enter(self.ports[1], "bob")

    async def say(self, text: str) -> str | None:
        """alice says it: the error, if it is refused."""
        mark = self.alice.say(text)
        self.alice.said.append(text)
        await self.until(lambda: mark not in self.alice.unconfirmed, f"{text!r} is answered")
        return self.alice.refused.get(mark)

    def heard(self) -> list[str]:
        """All that carol was shown."""
        return [text for _seq, _nick, text in self.carol.seen]

    async def presence_goes_on(self) -> None:
        dave = await self.enter(self.ports[0], "dave")
        await self.bob.hears("*** dave joined #lobby")
        dave.says("/names")
        await dave.hears("in #lobby: ")
        dave.says("/history")
        await dave.hears("alice: before")
        dave.says("/quit")
        await self.bob.hears("*** dave left #lobby")

    async def is_refused_for_a_while(self, fill: Callable[[], object], make_room: Callable[[], object]) -> None:
        """What a full disk means, whoever filled it."""
        await self.gather()
        self.assertIsNone(await self.say("before"))
        await self.bob.hears("alice: before")
        fill()
        self.assertEqual(await self.say("too much"), UNAVAILABLE)
        self.bob.says("too much for bob, too")
        await self.bob.hears(f"!!! {UNAVAILABLE} ")
        await self.presence_goes_on()
        self.assertEqual(await self.say("still too much"), UNAVAILABLE)
        make_room()
        self.assertIsNone(await self.say("after"))
        self.bob.says("bob again")
        await self.until(lambda: "bob again" in self.heard(), "carol hears bob")
        self.assertEqual(self.heard(), ["before", "after", "bob again"])
        self.assertEqual(await self.bob.hears("alice: "), "alice: after")
        self.assertEqual(list(self.assert_kept([self.alice, self.carol]).texts), ["before", "after", "bob again"])
        self.assertFalse(self.servers[-1].is_over)
        self.assertEqual(self.words_of(self.servers[-1]).count("the log can't be written: "), 1)


class Full(Company):
    """A small disk of its own, filled up by another file."""

    def setUp(self) -> None:
        super().setUp()
        mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(self.home)]
        try:
            subprocess.run(mount, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            # The same is done with a disk that only says that it is full: see Broken.
            raise SkipTest(f"no disk can be mounted here: {error}") from None
        self.addCleanup(subprocess.run, ["umount", "--lazy", str(self.home)], check=True)

    async def test_it_is_refused_and_goes_on_when_there_is_room(self) -> None:
        await self.serve()
        filler = self.home / "filler"
        await self.is_refused_for_a_while(lambda: _fill(filler), filler.unlink)

    async def test_a_server_starts_on_a_full_disk(self) -> None:
        """It was killed, and must read what it left. That may make a little room, which is taken at once."""
        server = await self.serve()
        await self.gather()
        self.assertIsNone(await self.say("before"))
        await self.kill(server)
        filler = self.home / "filler"
        _fill(filler)
        await self.serve()
        await self.gather()
        _fill(self.home / "more")
        self.assertEqual(await self.say("too much"), UNAVAILABLE)
        await self.presence_goes_on()
        filler.unlink()
        self.assertIsNone(await self.say("after"))
        self.assertEqual(list(self.log().texts), ["before", "after"])


class Locked(Company):
    async def test_another_program_has_the_file_for_itself(self) -> None:
        await self.serve()
        await self.gather()
        self.assertIsNone(await self.say("before"))
        locker = self.spawn([sys.executable, "-c", _LOCKER, str(self.database)])
        await locker.shows(b"locked")
        said = []
        for number in range(LOCKED * 4):
            said.append(f"meanwhile {number}")
            self.alice.said.append(said[-1])
            self.alice.say(said[-1])
            await pause(0.25)
        await self.presence_goes_on()
        locker.transport.write(b"\n")
        self.assertEqual(await locker.ended, 0)
        await self.until(lambda: not self.alice.unconfirmed, "everything is answered")
        self.assertIsNone(await self.say("after"))
        await self.until(lambda: self.heard()[-1:] == ["after"], "carol hears it")
        log = self.assert_kept([self.alice, self.carol])
        self.assertLessEqual(set(self.alice.refused.values()), {UNAVAILABLE})
        self.assertGreater(len(self.alice.refused), 0)
        self.assertEqual(len(self.alice.refused) + len(self.alice.confirmed), len(said) + 2)
        self.assertEqual(len(log), len(self.alice.confirmed))
        self.assertEqual(self.heard(), list(log.texts))
        self.assertEqual(log.ids.keys() & self.alice.refused.keys(), set())


class Broken(DiskCase, Company):
    async def test_full_without_a_disk_of_its_own(self) -> None:
        await self.serve()
        await self.is_refused_for_a_while(lambda: self.disk.fails("write", "ENOSPC", "always"), self.disk.works)

    async def test_one_write_fails(self) -> None:
        server = await self.serve()
        await self.gather()
        self.assertIsNone(await self.say("before"))
        self.disk.fails("write", "EIO", "once")
        self.assertEqual(await self.say("lost"), UNAVAILABLE)
        self.assertTrue(self.disk.has_failed)
        self.assertIsNone(await self.say("after"))
        await self.until(lambda: self.heard() == ["before", "after"], "carol hears it")
        self.assertEqual(list(self.assert_kept([self.alice, self.carol]).texts), ["before", "after"])
        self.assertFalse(server.is_over)

    async def test_one_fsync_fails(self) -> None:
        """Nobody knows then what is on the disk: the server ends, and reads it anew."""
        clients = self.crowd(people=3, programs=5, pause=(0.005, 0.05))
        for _time in range(short_or_long(2, 20)):
            server = await self.serve()
            await self.come(clients)
            await pause(self.random.uniform(0.2, 0.8))
            self.disk.fails("fsync", "EIO", "once")
            await self.ends_by_itself(server)
            await self.all_gone(clients)
            self.assertTrue(self.disk.has_failed)
            self.assert_kept(clients, lives=slice(-1, None))
        await self.end_well(clients)

    async def test_nothing_of_a_failed_fsync_is_shown(self) -> None:
        server = await self.serve()
        await self.gather()
        self.assertIsNone(await self.say("before"))
        self.disk.fails("fsync", "EIO", "once")
        mark = self.alice.say("doubtful")
        await self.ends_by_itself(server)
        await self.all_gone([self.alice, self.carol])
        self.assertEqual(self.alice.unconfirmed, {mark: "doubtful"})
        self.assertEqual(self.heard(), ["before"])
        self.assertFalse([line for line in self.bob.lines if "doubtful" in line])
        self.disk.cut(self.random)  # and the power is gone as well: the doubt was justified
        self.assertEqual(list(self.log().texts), ["before"])
        await self.serve()
        await self.come([self.carol, self.alice])
        await self.until(lambda: self.heard() == ["before", "doubtful"], "alice has said it again")
        self.assertEqual(self.assert_kept([self.alice, self.carol]).ids[mark], 1)

    async def ends_by_itself(self, server: Process) -> None:
        self.assertEqual(await server.ended, EX_IOERR, self.words_of(server))
        words = self.words_of(server)
        why = [line for line in words.splitlines() if "can't be written any more" in line]
        self.assertEqual(len(why), 1, words)
        self.assertIn("disk I/O error", why[0])
        self.assertNotIn("Traceback", words)


def _fill(filler: Path) -> None:
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return
