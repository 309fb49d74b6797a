"""Guessers, thieves of names, crowds that log in; and where passwords must not be found afterwards."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections import Counter
from pathlib import Path

from tests.attacks.case import QUICKLY, AttackCase, Visitor, address, size
from twisted_chat.accounts.passwords import AT_ONCE, WAITING

SESAME = "sesame-7f3a-opens"


class NameCase(AttackCase):
    def registered(self, nick: str = "alice", host: str = "127.0.0.2") -> None:
        owner = self.person(nick, host)
        owner.says(f"/register {SESAME}")
        owner.hears(f"{nick} is yours now")
        owner.says("/quit")
        owner.hears_the_end()


class Guessing(NameCase):
    options = ("--max-per-address", "16")

    def guess(self, number: int) -> str:
        visitor = Visitor(self.port, address(number))
        visitor.says_object(type="hello", nick="alice", password=f"guess {number}")
        code = visitor.hears_object("error")["code"]
        visitor.close()
        return str(code)

    def test_a_guesser_gets_slow_and_the_owner_gets_in(self) -> None:
        self.registered()
        home, _welcome = self.program("alice", "127.0.0.2", password=SESAME)
        home.close()
        codes = Counter(self.guess(number) for number in range(size(40, 400)))
        self.assertEqual(set(codes), {"BAD_LOGIN", "BUSY"})
        self.assertLessEqual(codes["BAD_LOGIN"], 9)
        begun = time.monotonic()
        self.program("alice", "127.0.0.2", password=SESAME)
        self.assertLess(time.monotonic() - begun, QUICKLY)
        self.honest_people_get_in()
        self.log_is_readable()


class Thieves(NameCase):
    def test_at_the_moment_of_a_broken_line(self) -> None:
        """The line hangs: the thief hears that the name is in use, and its holder comes back by its secret."""
        alice, welcome = self.program("alice")
        thieves = [self.visitor() for _thief in range(size(10, 100))]
        for thief in thieves:
            thief.hears("NICK")
            thief.says("alice", "ALICE")
            thief.hears("NICK_IN_USE")
            thief.hears("NICK_IN_USE")
        again, welcomed = self.program("alice", resume=welcome["resume"])
        self.assertEqual(welcomed["nick"], "alice")
        self.assertIn("REPLACED", alice.hears("error"))
        for thief in thieves:
            thief.says("alice")
            thief.hears("NICK_IN_USE")
        again.says_object(type="command", text="/whois alice")
        self.assertIn("alice is a guest", again.hears("is a guest"))
        self.log_is_readable()

    def test_a_secret_that_is_nobodys(self) -> None:
        _alice, welcome = self.program("alice")
        forged = welcome["resume"][:-2] + ("AA" if not welcome["resume"].endswith("AA") else "BB")
        for secret in (forged, forged[::-1], "x" * 5_000, ""):
            thief = self.visitor()
            thief.says_object(type="hello", nick="alice", resume=secret)
            self.assertEqual(thief.hears_object("error")["code"], "NICK_IN_USE")

    def test_the_name_of_an_account_can_not_be_had_at_all(self) -> None:
        self.registered()
        owner, _welcome = self.program("alice", password=SESAME)
        owner.breaks()
        for number in range(size(20, 200)):
            thief = self.visitor()
            thief.hears("NICK")
            thief.says("alice" if number % 2 else "aIice")
            answer = thief.hears_answer()
            if answer.startswith("*** alice is registered"):
                answer = thief.hears_answer()
            self.assertIn(answer, ("PASS", "!!! NICK_CONFUSABLE"), number)
            thief.close()
        bob = self.person("bob")
        bob.says("/nick alice")
        bob.hears("NAME_TAKEN")
        self.log_is_readable()


class Crowds(NameCase):
    def test_200_logins_at_once(self) -> None:
        """Two are hashed at a time, 32 wait, the others are told that it is too much; talk goes on."""
        talker = self.person("talker")
        crowd = [self.visitor() for _each in range(200)]
        for visitor in crowd:
            visitor.hears("NICK")
        for number, visitor in enumerate(crowd):
            visitor.says_object(type="hello", nick=f"nobody{number}", password=SESAME)
        said = time.monotonic()
        talker.says("/time")
        talker.hears(" UTC")
        self.assertLess(time.monotonic() - said, QUICKLY)
        codes = Counter(visitor.hears_object("error")["code"] for visitor in crowd)
        self.assertEqual(set(codes), {"BAD_LOGIN", "BUSY"})
        self.assertGreaterEqual(codes["BAD_LOGIN"], AT_ONCE + WAITING)
        self.assertGreaterEqual(codes["BUSY"], 100)
        self.registered("clara")  # who tries again gets his turn
        self.log_is_readable()


class Secrets(NameCase):
    """None of what is secret stands anywhere but in its hash."""

    given = tuple(f"secret-{number}-{SESAME}" for number in range(14))
    servers = "server-secret-9c1e"

    @property
    def options(self) -> tuple[str, ...]:  # type: ignore[override]
        (self.folder / "password").write_text(f"{self.servers}\n")
        self.configure(f"[operators]\nruth = '{self.given[8]}'\n")
        return ("--password-file", "password", "--config", "chat.toml")

    def configure(self, text: str) -> None:
        """Passwords of operators may stand in clear where nobody else can read the file."""
        config = self.folder / "chat.toml"
        config.touch(0o600)
        config.write_text(text)

    def enters(self, nick: str) -> Visitor:
        visitor = self.visitor()
        visitor.hears("SERVERPASS")
        visitor.says(f"wrong-{self.servers}")
        visitor.hears("BAD_LOGIN")
        visitor.says(self.servers)
        visitor.hears("NICK")
        visitor.says(nick)
        visitor.hears("Welcome")
        return visitor

    def test_they_are_not_in_the_log_the_history_or_the_process_list(self) -> None:
        right, wrong, new, short, slip, other, unknown, guess, operators, enrolled, key, again, wrong_key, later = (
            self.given
        )
        alice, bob = self.enters("alice"), self.enters("bob")
        alice.says("something harmless", f"/register {right}")
        alice.hears("is yours now")
        alice.says(f"/password {wrong} {new}")
        alice.hears("BAD_LOGIN")
        alice.says(f"/password {right} {new}")
        alice.hears("is changed")
        bob.says(f"/login alice {wrong}")
        bob.hears("BAD_LOGIN")
        bob.says(f"/register {short[:5]}", f" /login alice {slip}")
        bob.hears("BAD_PASSWORD")
        bob.hears("NOT_ALLOWED")
        for password in (wrong, new):
            program = self.visitor()
            program.says_object(type="hello", nick="alice", password=password, server_password=self.servers, id="c-1")
            answer = program.hears('"c-1"' if password == wrong else "welcome")
        resume = json.loads(answer)["resume"]
        program.says_object(type="hello", nick="alice", password=other, unknown=unknown)
        program.hears("error")
        # the prompt
        visitor = self.visitor()
        visitor.says(self.servers, "alice")
        visitor.hears("PASS\r")
        visitor.says(wrong)
        visitor.hears("BAD_LOGIN")
        visitor.says(new)
        visitor.hears("Welcome")
        # the server's operators, and what they do
        for line, answer in (
            (f"/oper ruth {guess}", "BAD_LOGIN"),
            (f"/oper {guess} {operators}", "BAD_LOGIN"),
            (f"/enroll zed {guess}", "NOT_ALLOWED"),
        ):
            bob.says(line)
            bob.hears(answer)
        bob.says(f"/oper ruth {operators}")
        bob.hears("You are the operator ruth now")
        bob.says(f"/enroll zed {enrolled}")
        bob.hears("zed has an account now")
        # keys of rooms
        alice.says("/create #vault", f"/lock {key}", "/lock off", f"/set key {again}", f"/lock {again}", "/log")
        alice.hears("set key set")
        for _time in range(2):
            alice.says("/undo")
            alice.hears("Undone")
        carol = self.enters("carol")
        carol.says(f"/join #vault {wrong_key}")
        carol.hears("NEED_KEY")
        program.says_object(type="join", room="#vault", key=wrong_key, id="c-2")
        program.hears("#vault")
        # a configuration that is wrong is told of, and not what stands in it
        for text in (f"[operators]\nruth = '{later}\n", f"[operators]\nruth = ['{later}']\n", f"password = '{later}'"):
            self.configure(text)
            bob.says("/rehash")
            bob.hears("BAD_REQUEST")
        self.configure(f"[operators]\nruth = '{later}'\n")
        bob.says("/rehash")
        bob.hears("changed: operators")
        bob.says("/search secret")
        bob.hears("Nothing found")
        heard = "".join(repr(visitor.takes(0.2)) for visitor in (alice, bob, carol, program))
        command = Path(f"/proc/{self.server.process.pid}/cmdline").read_text()
        environment = Path(f"/proc/{self.server.process.pid}/environ").read_text()
        self.assertEqual(self.server.stop(), 0)
        with contextlib.closing(sqlite3.connect(self.folder / "chat.sqlite")) as database:
            rows = "\n".join(map(str, database.execute("SELECT * FROM accounts")))
            said = "\n".join(map(str, database.execute("SELECT * FROM events")))
        files = b"".join(path.read_bytes() for path in self.folder.glob("chat.sqlite*")).decode("latin-1")
        self.assertIn("$argon2id$", rows)
        self.assertIn("something harmless", said)
        for place, text in {
            "log": self.server.log, "screens": heard, "process list": command + environment, "history": said,
            "database": files,
        }.items():  # fmt: skip
            for secret in (*self.given, SESAME, self.servers, resume):
                keys = place == "database" and secret in (key, again, SESAME)  # a room's key is kept with its rules
                self.assertTrue(keys or secret not in text, (place, secret))
