"""``twisted-chat-admin hash`` and ``certificate``."""

from __future__ import annotations

import io
import re
import stat
import sys
from contextlib import redirect_stderr, redirect_stdout
from ipaddress import ip_address
from typing import cast
from unittest import mock

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from twisted.trial.unittest import SynchronousTestCase

from tests.files import folder_for
from twisted_chat.accounts.passwords import _has_hash
from twisted_chat.admin import making
from twisted_chat.admin.__main__ import main


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class MakingCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.folder = folder_for(self)
        self.stdin = io.StringIO()

    def admin(self, *words: str) -> int:
        out, errors = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(errors), mock.patch.object(sys, "stdin", self.stdin):
            try:
                status = main(words)
            except SystemExit as end:
                status = cast(int, end.code)
        self.out, self.errors = out.getvalue(), errors.getvalue().replace(str(self.folder), "FOLDER")
        return status

    def refused(self, *words: str) -> str:
        self.assertEqual(self.admin(*words), 1)
        self.assertEqual((self.out, self.errors.count("\n")), ("", 1))
        return self.errors.rstrip().removeprefix("twisted-chat-admin: ")


class Hashing(MakingCase):
    def typed(self, *answers: str) -> None:
        self.stdin = Terminal()
        waiting = list(answers)
        self.patch(making, "getpass", lambda _prompt: waiting.pop(0))

    def test_from_a_pipe(self) -> None:
        self.stdin = io.StringIO("correct horse\r\nnot this\n")
        self.assertEqual(self.admin("hash"), 0)
        self.assertTrue(_has_hash(self.out.rstrip("\n"), "correct horse"))
        self.assertNotIn("horse", self.out)

    def test_typed_twice_unseen(self) -> None:
        self.typed("correct horse", "correct horse")
        self.assertEqual(self.admin("hash"), 0)
        self.assertTrue(_has_hash(self.out.rstrip("\n"), "correct horse"))

    def test_two_different_ones(self) -> None:
        self.typed("correct horse", "correct house")
        self.assertEqual(self.refused("hash"), "these were two different passwords")

    def test_what_is_no_password(self) -> None:
        for text in ("", "short\n"):
            self.stdin = io.StringIO(text)
            self.assertIn("a password h", self.refused("hash"))


class CertificateMaking(MakingCase):
    def names(self) -> list[object]:
        certificate = x509.load_pem_x509_certificate((self.folder / "cert.pem").read_bytes())
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return [*found.get_values_for_type(x509.DNSName), *found.get_values_for_type(x509.IPAddress)]

    def test_by_default(self) -> None:
        self.assertEqual(self.admin("certificate", str(self.folder)), 0)
        self.assertEqual(self.names(), ["localhost", ip_address("127.0.0.1"), ip_address("::1")])
        self.assertEqual(
            self.out.replace(str(self.folder), "FOLDER"),
            "FOLDER/key.pem (keep it secret) and FOLDER/cert.pem are for localhost, 127.0.0.1, ::1, for 365 days\n",
        )
        self.assertEqual(stat.S_IMODE((self.folder / "key.pem").stat().st_mode), 0o600)

    def test_for_these_hosts_and_days(self) -> None:
        hosts = ("--host", "chat.example.org", "--host", "grün.example", "--host", "192.0.2.1", "--host", "*.e.org")
        self.assertEqual(self.admin("certificate", *hosts, "--days", "3", str(self.folder)), 0)
        self.assertEqual(self.names(), ["chat.example.org", "xn--grn-ioa.example", "*.e.org", ip_address("192.0.2.1")])
        certificate = x509.load_pem_x509_certificate((self.folder / "cert.pem").read_bytes())
        span = certificate.not_valid_after_utc - certificate.not_valid_before_utc
        self.assertEqual(span.days, 3)
        key = load_pem_private_key((self.folder / "key.pem").read_bytes(), None)
        self.assertEqual(certificate.public_key(), key.public_key())
        certificate.verify_directly_issued_by(certificate)

    def test_nothing_is_overwritten(self) -> None:
        for name in ("key.pem", "cert.pem"):
            (self.folder / name).write_text("mine")
            self.assertEqual(self.refused("certificate", str(self.folder)), f"FOLDER/{name} is there already")
            self.assertEqual([path.name for path in self.folder.iterdir()], [name])
            (self.folder / name).unlink()

    def test_where_nothing_can_be_written(self) -> None:
        said = self.refused("certificate", str(self.folder / "nowhere"))
        self.assertEqual(said, "FOLDER/nowhere/key.pem: No such file or directory")

    def test_what_is_no_host_and_no_days(self) -> None:
        long = "x" * 64
        said = self.refused("certificate", "--host", f"{long}.example", str(self.folder))
        self.assertIn("is no name that a certificate can bear", said)
        for host in (
            "bad host",
            "a_b",
            "-a",
            "a-",
            "a..b",
            "",
            "http://a",
            "a:80",
            "*",
            "a.*",
            f"{'abc.' * 64}d",
            "a\x1b",
        ):
            self.assertIn(
                "is no name that a certificate can bear",
                self.refused("certificate", f"--host={host}", str(self.folder)),
            )
        for days in ("0", "3651", "x", "٣", "9" * 9):
            self.assertEqual(self.admin("certificate", "--days", days, str(self.folder)), 2)
            self.assertIn(f"{days} is no number of days from 1 to 3650", self.errors)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_without_the_part_that_makes_them(self) -> None:
        with mock.patch.dict(sys.modules, {"cryptography": None}):
            said = self.refused("certificate", str(self.folder))
        self.assertTrue(re.fullmatch(r"a certificate needs pip install 'twisted-chat\[tls\]'", said), said)
