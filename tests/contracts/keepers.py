"""What every keeping of charters must do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from twisted_chat.boundaries import Keepers
from twisted_chat.core.charters import (
    SERVER,
    Action,
    Ban,
    Change,
    Charter,
    Holder,
    Hush,
    Kept,
    Level,
    Role,
    Rule,
    Topic,
)

DEV = Charter("r1", "#dev", "1", "alice", 1000)
OPS = Charter("r2", "#ops", "1", "alice", 2000)
PIECES = (
    Holder("2", "bob", Role.OPERATOR),
    Rule("slow", 5),
    Rule("key", "mellon 🗝"),
    Rule("secret", True),
    Ban("eve*", "alice", "spam", 1000, 2000),
    Hush("9", "eve", "alice", "", 1000),
)


def action(number: int, room: str = "r1", **more: Any) -> Action:
    return Action(number, room, 1000 + number, "1", "alice", "set", **more)


class KeepersContract:
    """Mixed into a TestCase of trial's. `make_keepers` gives new, empty ones."""

    def make_keepers(self) -> Keepers:
        raise NotImplementedError

    def setUp(self) -> None:
        super().setUp()  # type: ignore[misc]
        self.keepers = self.make_keepers()

    async def test_nothing(self: Any) -> None:
        self.assertEqual(self.keepers.open(), Kept())
        self.assertEqual(list(await self.keepers.actions("r1", 10)), [])

    async def test_charters_with_all_kinds_of_parts(self: Any) -> None:
        charter = DEV
        for number, piece in enumerate(PIECES, 1):
            charter = charter.after(Change(None, piece), 1000)
            await self.keepers.write(charter, action(number))
        await self.keepers.write(OPS, action(7, "r2"))
        kept = self.keepers.open()
        self.assertEqual(kept.charters, (charter, OPS))
        self.assertEqual(kept.charters[0].rules, charter.rules)
        self.assertIs(kept.charters[0].holders()[0].role, Role.OPERATOR)
        self.assertEqual((kept.dropped, kept.last), (frozenset(), 7))

    async def test_what_was_taken_out_is_gone(self: Any) -> None:
        rule = Rule("slow", 5)
        await self.keepers.write(DEV.after(Change(None, rule), 0), action(1))
        await self.keepers.write(DEV, action(2))
        self.assertEqual(self.keepers.open().charters, (DEV,))

    async def test_a_blank_one_is_none(self: Any) -> None:
        nobodys = Charter("r3", "#old")
        await self.keepers.write(nobodys.after(Change(None, Rule("slow", 5)), 0), action(1, "r3"))
        await self.keepers.write(nobodys, action(2, "r3"))
        self.assertEqual(self.keepers.open(), Kept(last=2))

    async def test_actions(self: Any) -> None:
        changes = (Change(None, PIECES[0]), Change(Topic("old"), Topic("new")), Change(PIECES[4], None), None)
        done = [
            action(number, whom="bob", whom_id="2", why="so", change=change) for number, change in enumerate(changes, 1)
        ]
        for each in done:
            await self.keepers.write(DEV, each)
        self.assertEqual(list(await self.keepers.actions("r1", 3)), done[:0:-1])
        self.assertEqual(list(await self.keepers.actions("r1", 9)), done[::-1])
        self.assertEqual(list(await self.keepers.actions("r2", 9)), [])

    async def test_what_is_undone_says_so(self: Any) -> None:
        await self.keepers.write(DEV, action(1))
        await self.keepers.write(DEV, action(2), undoes=1)
        await self.keepers.write(OPS, action(3, "r2"), undoes=2)  # of another room: nothing
        self.assertEqual([each.undone for each in await self.keepers.actions("r1", 9)], [0, 2])

    async def test_a_dropped_room(self: Any) -> None:
        for charter, number in ((DEV, 1), (OPS, 2)):
            await self.keepers.write(charter, action(number, charter.room))
        for _twice in range(2):
            await self.keepers.drop("r1")
        kept = self.keepers.open()
        self.assertEqual((kept.charters, kept.dropped), ((OPS,), frozenset(["r1"])))
        self.assertEqual(list(await self.keepers.actions("r1", 9)), [])

    async def test_only_the_newest_actions(self: Any) -> None:
        self.patch(self.module, "MAX_ACTIONS", 3)
        for number in range(1, 6):
            await self.keepers.write(DEV, action(number))
        self.assertEqual([each.number for each in await self.keepers.actions("r1", 9)], [5, 4, 3])

    async def test_bans_from_the_server(self: Any) -> None:
        first, second = Ban("192.0.2.0/24", "ruth", "spam", 1000), Ban("2001:db8::/32", "ruth", "", 1000, 9000)
        for number, ban in enumerate((first, second), 1):
            await self.keepers.write_act(action(number, SERVER, change=Change(None, ban)))
        self.assertEqual(self.keepers.open(), Kept(last=2, bans=(first, second)))
        newer = replace(first, why="more of it")
        await self.keepers.write_act(action(3, SERVER, change=Change(first, newer)), undoes=1)
        self.assertEqual(self.keepers.open().bans, (second, newer))
        await self.keepers.write_act(action(4, SERVER, change=Change(newer, None)))
        self.assertEqual(self.keepers.open().bans, (second,))
        self.assertEqual([each.undone for each in await self.keepers.actions(SERVER, 9)], [0, 0, 0, 3])

    async def test_of_bans_that_have_ended_nothing_is_kept(self: Any) -> None:
        for number, until in enumerate((1002, 0, 5000), 1):
            ban = Ban(f"192.0.{number}.0/24", "ruth", "", 1000, until)
            await self.keepers.write_act(action(number, SERVER, change=Change(None, ban)))
        self.assertEqual([each.until for each in self.keepers.open().bans], [0, 5000])

    async def test_acts_of_operators(self: Any) -> None:
        await self.keepers.write(DEV, action(1))
        changes = (None, Change(Level(0), Level(2)))
        done = [action(number, SERVER, why="so", change=change) for number, change in enumerate(changes, 2)]
        for each in done:
            await self.keepers.write_act(each)
        self.assertEqual(list(await self.keepers.actions(SERVER, 9)), done[::-1])
        self.assertEqual(len(await self.keepers.actions("r1", 9)), 1)
        self.assertEqual(self.keepers.open(), Kept((DEV,), last=3))

    async def test_only_the_newest_acts(self: Any) -> None:
        self.patch(self.module, "MAX_ACTIONS", 3)
        await self.keepers.write(DEV, action(1))
        for number in range(2, 7):
            await self.keepers.write_act(action(number, SERVER))
        self.assertEqual([each.number for each in await self.keepers.actions(SERVER, 9)], [6, 5, 4])
        self.assertEqual(len(await self.keepers.actions("r1", 9)), 1)

    async def test_a_charter_is_replaced_whole(self: Any) -> None:
        await self.keepers.write(DEV, action(1))
        await self.keepers.write(replace(DEV, founder="2", founder_name="bob"), action(2))
        self.assertEqual([each.founder for each in self.keepers.open().charters], ["2"])
