"""``twisted-chat-admin accounts``, ``password`` and ``remove``, on real files."""

from __future__ import annotations

import io
import sqlite3
import sys
from contextlib import closing, redirect_stderr, redirect_stdout
from typing import cast
from unittest import mock

from tests.admin.test_making import Terminal
from tests.journal.test_sqlite import OneLog
from twisted_chat.accounts import sqlite as kept
from twisted_chat.accounts.passwords import _has_hash
from twisted_chat.admin import making
from twisted_chat.admin.__main__ import main
from twisted_chat.journal.file import connect
from twisted_chat.keeping.sqlite import _kept

NOON = 1_795_003_200_000


class AccountsCase(OneLog):
    def setUp(self) -> None:
        super().setUp()
        self.ends(self.opened())
        with closing(sqlite3.connect(self.path)) as database, database:
            database.executemany(
                "INSERT INTO accounts (id, name, key, hash, created) VALUES (?, ?, ?, ?, ?)",
                [("1", "bob", "bob", "$bob$", NOON), ("2", "Alice", "alice", "", NOON + 60_000)],
            )
            database.executemany(
                "INSERT INTO charters (room, name, founder, founder_name, created) VALUES (?, ?, ?, ?, ?)",
                [("r1", "#tea", "1", "bob", 0), ("r2", "#dev", "1", "bob", 0), ("r3", "#none", "", "", 0)],
            )

    def admin(self, *words: str, stdin: io.StringIO | None = None) -> int:
        out, errors = io.StringIO(), io.StringIO()
        stdin = stdin or io.StringIO()
        with redirect_stdout(out), redirect_stderr(errors), mock.patch.object(sys, "stdin", stdin):
            try:
                status = main([*words, "--database", str(self.path)])
            except SystemExit as end:
                status = cast(int, end.code)
        self.out, self.errors = out.getvalue(), errors.getvalue()
        return status

    def refused(self, *words: str, stdin: io.StringIO | None = None) -> str:
        self.assertEqual(self.admin(*words, stdin=stdin), 1)
        self.assertEqual((self.out, self.errors.count("\n")), ("", 1))
        return self.errors.rstrip().removeprefix("twisted-chat-admin: ").replace(str(self.folder), "FOLDER")

    def hashes(self) -> dict[str, str]:
        with closing(connect(self.path)) as database:
            return {record.account.name: record.hash for record in kept.records(database)}

    def acts(self) -> list[tuple[object, ...]]:
        with closing(connect(self.path)) as database:
            return database.execute("SELECT number, room, nick, verb, whom FROM actions").fetchall()


class Listing(AccountsCase):
    def test_by_name_with_their_rooms(self) -> None:
        journal = self.opened()  # beside a server
        self.assertEqual(self.admin("accounts"), 0)
        self.ends(journal)
        self.assertEqual(
            self.out.splitlines(),
            [
                "Alice  since 2026-11-18 12:01 UTC  vouched for",
                "bob  since 2026-11-18 12:00 UTC  password  founder of #dev #tea",
            ],
        )

    def test_none(self) -> None:
        for name in ("bob", "alice"):
            self.admin("remove", name)
        self.assertEqual((self.admin("accounts"), self.out), (0, ""))

    def test_no_log(self) -> None:
        self.path.unlink()
        for words in (("accounts",), ("password", "bob"), ("remove", "bob")):
            self.assertIn("No such file", self.refused(*words))
        self.assertFalse(self.path.exists())


class Setting(AccountsCase):
    def test_from_a_pipe(self) -> None:
        self.assertEqual(self.admin("password", "BOB", stdin=io.StringIO("correct horse\n")), 0, self.errors)
        self.assertEqual(self.out, "bob has another password now\n")
        self.assertTrue(_has_hash(self.hashes()["bob"], "correct horse"))
        self.assertEqual(self.acts(), [(1, "", "twisted-chat-admin", "reset", "bob")])

    def test_typed_twice_unseen(self) -> None:
        waiting = ["correct horse", "correct horse"]
        self.patch(making, "getpass", lambda _prompt: waiting.pop(0))
        self.assertEqual(self.admin("password", "bob", stdin=Terminal()), 0)
        self.assertTrue(_has_hash(self.hashes()["bob"], "correct horse"))

    def test_whose_password_is_kept_elsewhere(self) -> None:
        self.assertEqual(
            self.refused("password", "alice"), "the password of alice is kept elsewhere; it is changed there"
        )

    def test_what_is_no_password_changes_nothing(self) -> None:
        self.assertIn("a password has at least", self.refused("password", "bob", stdin=io.StringIO("short\n")))
        self.assertEqual((self.hashes()["bob"], self.acts()), ("$bob$", []))

    def test_never_as_an_argument(self) -> None:
        self.assertEqual(self.admin("password", "bob", "correct horse"), 2)

    def test_of_nobody(self) -> None:
        self.assertEqual(
            self.refused("password", "n\x1bobody", stdin=io.StringIO("correct horse\n")),
            "FOLDER/chat.sqlite: there is no account nobody",
        )

    def test_beside_a_server(self) -> None:
        journal = self.opened()
        for words, hint in {("password", "bob"): "/reset NAME", ("remove", "bob"): "/unregister NAME"}.items():
            said = self.refused(*words, stdin=io.StringIO("correct horse\n"))
            self.assertRegex(said, r"is in use by another process \(\d+\); while it runs, an operator says " + hint)
        self.ends(journal)
        self.assertEqual(self.hashes()["bob"], "$bob$")


class Removing(AccountsCase):
    def test_its_name_is_free_its_id_is_nobodys_and_its_rooms_stay(self) -> None:
        self.assertEqual(self.admin("remove", "bob"), 0, self.errors)
        self.assertEqual(self.out, "bob is no account any more\n")
        self.assertEqual(self.hashes(), {"": "", "Alice": ""})
        self.assertEqual(self.acts(), [(1, "", "twisted-chat-admin", "unregister", "bob")])
        with closing(connect(self.path)) as database:
            found = _kept(database)
        self.assertEqual([(each.name, each.founder) for each in found.charters if each.founder],
                         [("#tea", "1"), ("#dev", "1")])  # fmt: skip
        self.assertEqual(found.last, 1)
        self.assertEqual(self.refused("remove", "bob"), "FOLDER/chat.sqlite: there is no account bob")
