"""The command line."""

import io
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.files import place_for
from twisted_chat.client.options import AddressError, PasswordError, account_password, at, parse


class OptionsTests(SynchronousTestCase):
    def refuses(self, *arguments: str) -> str:
        said = io.StringIO()
        with redirect_stderr(said), redirect_stdout(said), self.assertRaises(SystemExit) as raised:
            parse(arguments)
        self.status = raised.exception.code
        return said.getvalue()

    def test_defaults(self) -> None:
        options = parse([])
        self.assertIsNone(options.nick)
        self.assertEqual(options.target.where, "127.0.0.1:55555")
        self.assertTrue(options.reconnect)
        self.assertTrue(options.times)
        self.assertFalse(options.target.plaintext_passwords)
        self.assertFalse(options.target.tls or options.retry or options.once or options.bell or options.plain)

    def test_all_of_them(self) -> None:
        more = ["--allow-plaintext-passwords", "--retry", "--no-reconnect", "--once", "--bell", "--no-times", "--plain"]
        rooms = ["--room", "#a", "--room", "b"]
        options = parse(["bob", "--host", "::1", "--port", "7", "--ca", "f", "--password-file", "p", *rooms, *more])
        self.assertEqual(options.nick, "bob")
        self.assertEqual(options.target.where, "[::1]:7")
        self.assertEqual((options.target.tls, options.target.ca), (True, "f"))
        self.assertEqual((options.retry, options.reconnect, options.once), (True, False, True))
        self.assertEqual((options.target.rooms, options.target.password_file), (("#a", "b"), "p"))
        self.assertTrue(options.target.plaintext_passwords)
        self.assertEqual((options.bell, options.times, options.plain), (True, False, True))

    def test_wrong_ones(self) -> None:
        for port in ("0", "65536", "x", "-1", "9" * 20, "٣"):
            self.assertIn("port", self.refuses(f"--port={port}"))
            self.assertEqual(self.status, 2)
        self.assertIn("--host h --port 7", self.refuses("--host", "h:7"))
        self.assertEqual(self.status, 2)
        self.assertIn("nickname", self.refuses(" "))

    def test_dialects(self) -> None:
        for dialect, port in (("line", 55555), ("tutorial", 55555), ("gossip", 9999)):
            target = parse(["--dialect", dialect]).target
            self.assertEqual((target.dialect, target.port), (dialect, port))
            self.assertEqual(parse(["--port", "7", "--dialect", dialect]).target.port, 7)
        self.assertEqual(parse([]).target.dialect, "line")
        self.assertIn("--dialect", self.refuses("--dialect", "irc"))
        self.assertEqual(self.status, 2)

    def test_what_an_original_server_does_not_have(self) -> None:
        for dialect in ("tutorial", "gossip"):
            for name, value in (("--room", "#a"), ("--password-file", "f")):
                said = self.refuses(name, value, "--dialect", dialect)
                self.assertEqual(self.status, 2)
                line = f"twisted-chat: error: {name} can't be had with --dialect {dialect}"
                self.assertEqual(said.splitlines()[-1], line)
            said = self.refuses("--account-password-file", "f", "--dialect", dialect)
            line = f"twisted-chat: error: --account-password-file can't be had with --dialect {dialect}"
            self.assertEqual(said.splitlines()[-1], line)

    def test_the_password_of_an_account(self) -> None:
        self.assertIsNone(account_password(parse([])))
        name = str(place_for(self))
        options = parse(["--account-password-file", name])
        with self.assertRaises(PasswordError) as raised:
            account_password(options)
        self.assertEqual(str(raised.exception), f"the password can't be read from {name}: No such file or directory")
        for text, wanted in ((" open sesame \r\nmore\n", " open sesame "), ("x", "x")):
            Path(name).write_text(text)
            self.assertEqual(account_password(options), wanted)
        Path(name).write_text("\nopen sesame\n")
        with self.assertRaises(PasswordError) as raised:
            account_password(options)
        self.assertEqual(str(raised.exception), f"the first line of {name} is empty; it should be the password")

    def test_version_and_help(self) -> None:
        self.assertIn("Twisted Chat", self.refuses("--version"))
        self.assertEqual(self.status, 0)
        shown = self.refuses("--help")
        self.assertIn("--retry", shown)
        self.assertIn("Ctrl-C", shown)

    def test_an_address_that_somebody_typed(self) -> None:
        target = at(parse(["--tls"]).target, " example.org ", " 7 ")
        self.assertEqual((target.where, target.tls), ("example.org:7", True))
        for host, port, part in (
            ("h", "", "port"),
            ("h", "65536", "port"),
            ("", "7", "host"),
            ("a b", "7", "host"),
            ("a\x07", "7", "host"),
            ("h:7", "7", "host"),
        ):
            with self.assertRaises(AddressError) as raised:
                at(target, host, port)
            self.assertEqual(raised.exception.part, part)
            self.assertTrue(str(raised.exception))
