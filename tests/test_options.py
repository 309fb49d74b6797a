"""The options of twistd chat: command line, file, and what is wrong with them."""

from __future__ import annotations

import contextlib
import io
import os

from twisted.trial.unittest import SynchronousTestCase

from tests.files import folder_for
from twisted_chat import __version__
from twisted_chat.accounts.passwords import DUMMY
from twisted_chat.core.chat import Registration
from twisted_chat.frontends.strangers import Bound
from twisted_chat.frontends.throttle import Rate
from twisted_chat.journal.retention import FOREVER, Retention
from twisted_chat.options import MEMORY, OPTIONS, Options, Settings, name_of


class OptionsCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.folder = folder_for(self)

    def file(self, name: str, text: str | bytes) -> str:
        path = self.folder / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return str(path)

    def settings(self, *arguments: str) -> Settings:
        options = Options()
        options.parseOptions(arguments)
        return options.settings

    def complaint(self, *arguments: str) -> str:
        """The one line on standard error with which `arguments` are refused."""
        errors = io.StringIO()
        with contextlib.redirect_stderr(errors), self.assertRaises(SystemExit) as caught:
            self.settings(*arguments)
        self.assertEqual(caught.exception.code, 2)
        line, end, rest = errors.getvalue().partition("\n")
        self.assertEqual((end, rest), ("\n", ""), "exactly one line")
        self.assertTrue(line.startswith("twistd chat: "), line)
        return line.removeprefix("twistd chat: ")


class TheLog(OptionsCase):
    def test_where_it_is(self) -> None:
        self.assertEqual(self.settings().database, "chat.sqlite")
        self.assertEqual(self.settings("--database", "/srv/chat/log.db").database, "/srv/chat/log.db")
        self.assertEqual(self.settings("--database=memory:").database, MEMORY)

    def test_how_long_it_is_kept(self) -> None:
        for text, retention in (
            ("90d", Retention(seconds=90 * 86_400)),
            ("4W", Retention(seconds=4 * 7 * 86_400)),
            ("48h", Retention(seconds=48 * 3600)),
            ("10000", Retention(lines=10_000)),
            ("forever", FOREVER),
        ):
            self.assertEqual(self.settings("--retention", text).retention, retention, text)
        config = self.file("chat.toml", 'retention = 500\ndatabase = "x"\n')
        self.assertEqual(self.settings("--config", config).retention, Retention(lines=500))

    def test_what_is_no_file(self) -> None:
        for text in ("", "file:"):
            complaint = self.complaint("--database", text)
            self.assertEqual(complaint, f"--database must be the path of a file, or memory:, not {text!r}")

    def test_what_is_no_retention(self) -> None:
        self.assertIn("--database must be the path of a file, or memory:", self.complaint("--database", "memory"))
        for text in ("0", "0d", "23h", "3600s", "x", "-5", "1.5d", "9" * 12, "\u0661d", ""):
            self.assertIn('--retention must be days from "1d" on', self.complaint("--retention", text), text)


class CommandLine(OptionsCase):
    def test_defaults(self) -> None:
        self.assertEqual(self.settings(), Settings())
        self.assertEqual(Settings().ports, ("tcp:55555",))

    def test_a_port_number_is_an_endpoint_with_a_long_queue(self) -> None:
        self.assertEqual(self.settings("--port", "4000").ports, ("tcp:4000:backlog=1024",))

    def test_several_ports(self) -> None:
        ports = self.settings("-p", "4000", "--port", "unix:/tmp/chat", "-p", "tcp:1:backlog=5").ports
        self.assertEqual(ports, ("tcp:4000:backlog=1024", "unix:/tmp/chat:backlog=1024", "tcp:1:backlog=5"))

    def test_all_the_others(self) -> None:
        motd, password = self.file("motd", "Be kind.\n\x1b[31mRed\n"), self.file("password", "sesame\r\nnot this\n")
        found = self.settings(
            "--name=The Garden", f"--motd={motd}", f"--password-file={password}", "--rate=3,0.5",
            "--max-connections=10", "--max-per-address=2", "--history=0", "--log-size=7", "--new-per-address=9",
            "--max-unnamed=1:50:3", "--naming-time=20", "--change-price=1", "--repeat-price=2",
            "--registrations-per-address=4", "--max-text=100", "--max-rooms=20", "--rooms-per-person=3",
            "--registrations-per-address=4", "--login-tries=8", "--login-wait=60",
        )  # fmt: skip
        self.assertEqual(
            found,
            Settings(
                name="The Garden",
                motd=("Be kind.", "[31mRed"),
                password="sesame",
                rate=Rate(3, 0.5),
                max_connections=10,
                max_per_address=2,
                new_per_address=9,
                max_unnamed=Bound(1, 50, 3),
                naming_time=20,
                change_price=1,
                repeat_price=2,
                registrations=4,
                max_text=100,
                max_rooms=20,
                rooms_per_person=3,
                login_tries=8,
                login_wait=60,
                history=0,
                log_size=7,
            ),
        )

    def test_the_unframed_doors(self) -> None:
        self.assertEqual((Settings().tutorial, Settings().gossip, Settings().room), ((), (), "#lobby"))
        found = self.settings("--port=1", "--tutorial=55555", "--tutorial", "2", "--gossip=tcp:9999", "--room=#class")
        self.assertEqual(found.ports, ("tcp:1:backlog=1024",))
        self.assertEqual(found.tutorial, ("tcp:55555:backlog=1024", "tcp:2:backlog=1024"))
        self.assertEqual((found.gossip, found.room), (("tcp:9999:backlog=1024",), "#class"))

    def test_accounts(self) -> None:
        found = self.settings("--auth", "file:a", "--auth", "memory:b:c", "--registration", "Closed")
        self.assertEqual((found.auth, found.registration), (("file:a", "memory:b:c"), Registration.CLOSED))
        path = self.file("chat.toml", 'auth = "file:a"\nallow-plaintext-passwords = true\n')
        found = self.settings("--config", path)
        self.assertEqual((found.auth, found.allow_plaintext_passwords), (("file:a",), True))
        self.assertIn("must be one of open, closed, operator", self.complaint("--registration", "maybe"))
        self.assertFalse(self.settings().allow_plaintext_passwords)

    def test_rate_off(self) -> None:
        self.assertIsNone(self.settings("--rate", "OFF").rate)

    def test_help_explains_each_in_a_line(self) -> None:
        text = str(Options())
        for option in OPTIONS:
            self.assertIn(f"--{option.name}=", text)
            self.assertNotIn("\n", option.help)
            self.assertIn(option.help.split()[0], text)
        for door in ("port", "tutorial", "gossip"):
            self.assertIn(f"--{door}=", text)
        self.assertIn("--config=", text)

    def test_version(self) -> None:
        shown = io.StringIO()
        with contextlib.redirect_stdout(shown), self.assertRaises(SystemExit) as caught:
            self.settings("--version")
        self.assertEqual((caught.exception.code, shown.getvalue()), (0, f"Twisted Chat {__version__}\n"))


class Wrong(OptionsCase):
    def test_values(self) -> None:
        for arguments, wanted in [
            (("--rate", "fast"), "--rate must be"),
            (("--rate", "0,5"), "--rate must be"),
            (("--rate", "5,nan"), "--rate must be"),
            *[
                (
                    ("--max-unnamed", value),
                    f'--max-unnamed must be "START:PERCENT:MOST" such as "200:30:1000", not {value!r}',
                )
                for value in ("10", "10:30", "10:101:100", "0:30:10", "20:30:10", "a:b:c", "1:2:3:4", "")
            ],
            (("--history", "-1"), "--history must be a whole number from 0, not '-1'"),
            (("--history", "٣"), "--history must be a whole number from 0"),
            (("--max-connections", "0"), "--max-connections must be a whole number from 1"),
            (("--max-text", "2001"), "--max-text must be a whole number from 1 to 2000, not '2001'"),
            (("--login-tries", "0"), "--login-tries must be a whole number from 1, not '0'"),
            *[
                (("--login-wait", value), f"--login-wait must be a whole number from 1 to 1800, not {value!r}")
                for value in ("0", "1801", "5m", "off", "5,300", "")
            ],
            (("--name", " "), "--name must have 1 to 60 characters"),
            (("--port", "70000"), "--port 70000: a port is a number up to 65535"),
            (("--gossip", "70000"), "--gossip 70000: a port is a number up to 65535"),
            (("--room", "class"), "--room must be a room such as #lobby: a room's name begins with #"),
            (("--tutorial", "55555"), "--tutorial tcp:55555: the line door has that port; --port gives it another"),
            (("--gossip=tcp:55555:interface=127.0.0.1",), "--gossip tcp:55555: the line door has that port"),
        ]:
            self.assertIn(wanted, self.complaint(*arguments))

    def test_an_unknown_option(self) -> None:
        self.assertIn("option --prot not recognized", self.complaint("--prot", "1"))

    def test_too_many_arguments(self) -> None:
        wanted = "'55555' is no option; options begin with --, and there is nothing else"
        self.assertEqual(self.complaint("55555", "more"), wanted)

    def test_unreadable_files(self) -> None:
        missing = str(self.folder / "missing")
        for option in ("--motd", "--password-file", "--config"):
            self.assertIn(f"can't read {missing}: No such file or directory", self.complaint(option, missing))
        self.assertIn("Is a directory", self.complaint("--motd", str(self.folder)))
        latin = self.file("latin", b"gr\xfc\xdfe")
        self.assertIn("is not UTF-8 text", self.complaint("--motd", latin))

    def test_an_empty_password_would_let_everybody_in(self) -> None:
        self.assertIn("is empty", self.complaint("--password-file", self.file("empty", "\n")))

    def test_a_motd_that_is_a_book(self) -> None:
        self.assertIn("more than 100 lines", self.complaint("--motd", self.file("book", "line\n" * 101)))


class File(OptionsCase):
    def test_the_same_names(self) -> None:
        path = self.file("chat.toml", 'port = ["tcp:1", 2]\nname = "Here"\nhistory = 3\nrate = "off"\n')
        found = self.settings("--config", path)
        self.assertEqual(found.ports, ("tcp:1:backlog=1024", "tcp:2:backlog=1024"))
        self.assertEqual((found.name, found.history, found.rate), ("Here", 3, None))

    def test_the_unframed_doors(self) -> None:
        path = self.file("chat.toml", 'tutorial = [1, "tcp:2"]\ngossip = 3\nroom = "#class"\n')
        found = self.settings("--config", path)
        self.assertEqual(found.tutorial, ("tcp:1:backlog=1024", "tcp:2:backlog=1024"))
        self.assertEqual((found.gossip, found.room), (("tcp:3:backlog=1024",), "#class"))

    def test_one_port(self) -> None:
        path = self.file("chat.toml", "port = 4000\n")
        self.assertEqual(self.settings("-c", path).ports, ("tcp:4000:backlog=1024",))

    def test_the_command_line_wins(self) -> None:
        path = self.file("chat.toml", "port = 1\nhistory = 3\n")
        found = self.settings("--config", path, "--history", "4", "--port", "2")
        self.assertEqual((found.ports, found.history), (("tcp:2:backlog=1024",), 4))

    def test_an_unknown_key_gets_the_nearest_right_one(self) -> None:
        path = self.file("chat.toml", "max-conections = 3\n")
        self.assertIn("unknown key 'max-conections'; did you mean max-connections?", self.complaint("--config", path))
        path = self.file("chat.toml", "zzz = 3\n")
        self.assertIn("there are port, tutorial, gossip, auth, name,", self.complaint("--config", path))

    def test_a_wrong_value_is_the_files(self) -> None:
        path = self.file("chat.toml", "history = -1\n")
        self.assertEqual(self.complaint("--config", path), f"{path}: history must be a whole number from 0, not '-1'")
        self.assertEqual(
            self.complaint("--config", path, "--history", "x"), "--history must be a whole number from 0, not 'x'"
        )
        path = self.file("chat.toml", "port = [1, 70000]\n")
        self.assertEqual(self.complaint("--config", path), f"{path}: port 70000: a port is a number up to 65535")

    def test_what_is_no_toml(self) -> None:
        path = self.file("chat.toml", "port == 3\n")
        self.assertIn(f"{path}: ", self.complaint("--config", path))

    def test_wrong_types(self) -> None:
        for text in ("history = true", "history = 1.5", "name = ['a']", "port = [[1]]", "[name]\na = 1"):
            self.assertIn("must be a text or a number", self.complaint("--config", self.file("chat.toml", text)))
        self.assertIn("empty list", self.complaint("--config", self.file("chat.toml", "port = []")))


class Flags(OptionsCase):
    def test_on_the_command_line_and_in_the_file(self) -> None:
        self.assertFalse(self.settings().allow_plaintext_passwords)
        self.assertTrue(self.settings("--allow-plaintext-passwords").allow_plaintext_passwords)
        for text, wanted in (("true", True), ("false", False)):
            path = self.file("chat.toml", f"allow-plaintext-passwords = {text}\n")
            self.assertIs(self.settings("--config", path).allow_plaintext_passwords, wanted)
            self.assertTrue(self.settings("--config", path, "--allow-plaintext-passwords").allow_plaintext_passwords)

    def test_anything_else(self) -> None:
        for text in ('"yes"', "1", "[true]"):
            path = self.file("chat.toml", f"allow-plaintext-passwords = {text}\n")
            self.assertEqual(
                self.complaint("--config", path), f"{path}: allow-plaintext-passwords must be true or false"
            )


class WhoOperates(OptionsCase):
    def config(self, text: str, mode: int = 0o644) -> str:
        path = self.file("chat.toml", text)
        os.chmod(path, mode)
        return path

    def wrong(self, text: str, mode: int = 0o600) -> str:
        path = self.config(text, mode)
        return self.complaint("--config", path).removeprefix(f"{path}: ").replace(path, "FILE")

    def test_hashes_in_a_file_that_others_can_read(self) -> None:
        path = self.config(f'history = 3\n[operators]\nruth = "{DUMMY}"\n')
        found = self.settings("--config", path)
        self.assertEqual((found.history, found.operators), (3, {"ruth": DUMMY}))
        self.assertNotIn("argon2", repr(found))

    def test_a_password_in_one_that_nobody_else_can(self) -> None:
        path = self.config('[operators]\nruth = "long enough"\n', 0o600)
        self.assertEqual(self.settings("--config", path).operators, {"ruth": "long enough"})

    def test_a_password_for_all_to_see(self) -> None:
        for mode in (0o640, 0o604, 0o620):
            said = self.wrong('[operators]\nruth = "long enough"\n', mode)
            self.assertEqual(
                said, "operators: 'ruth': others can read this password; chmod 600 FILE, or put its hash there"
            )

    def test_what_is_no_operator(self) -> None:
        for text, wanted in {
            'operators = "ruth"': "operators must be a table with a name and a secret on each line",
            "[operators]\nruth = 5": "operators: 'ruth' must be a text: what twisted-chat-admin hash prints",
            '[operators]\nruth = "short"': "operators: 'ruth': a password has at least 8 characters",
            '[operators]\nruth = "$argon2id$x"': "operators: 'ruth': this is no whole argon2id hash",
            '[operators]\nruth = "$argon2id$v=19$m=65536,t=3,p=4$aa$bb"': (
                "operators: 'ruth': this is no whole argon2id hash"
            ),
            '[operators]\n"" = "x"': "operators: '' must be a word of 1 to 60 characters",
            '[operators]\n"a b" = "x"': "operators: 'a b' must be a word of 1 to 60 characters",
            '[operators]\nruth = "long enough"\nRuth = "long enough"': "operators: 'Ruth' is there twice",
        }.items():
            self.assertEqual(self.wrong(text), wanted)

    def test_not_on_the_command_line(self) -> None:
        self.assertIn("option --operators not recognized", self.complaint("--operators", "ruth"))


class Again(OptionsCase):
    def test_the_files_as_they_are_now(self) -> None:
        motd = self.file("motd", "old\n")
        path = self.file("chat.toml", f'motd = "{motd}"\nhistory = 3\n')
        options = Options()
        options.parseOptions(["--config", path, "--rate", "off"])
        self.file("motd", "new\n")
        self.file("chat.toml", f'motd = "{motd}"\nhistory = 4\nrate = "1,1"\n')
        found = options.read_again()
        self.assertEqual((found.motd, found.history, found.rate), (("new",), 4, None))
        self.assertEqual(options.settings.history, 3)

    def test_from_wherever_the_service_went(self) -> None:
        self.file("chat.toml", 'motd = "motd"\n')
        self.file("motd", "hi\n")
        here = os.getcwd()
        self.addCleanup(os.chdir, here)
        os.chdir(self.folder)
        options = Options()
        options.parseOptions(["--config", "chat.toml"])
        os.chdir("/")
        self.assertEqual(options.read_again().motd, ("hi",))

    def test_each_setting_has_the_name_of_its_option(self) -> None:
        self.assertEqual(
            [name_of(name) for name in ("ports", "password", "max_per_address", "operators")],
            ["port", "password-file", "max-per-address", "operators"],
        )
