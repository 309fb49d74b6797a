from __future__ import annotations

import base64

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.identity import MAX_SECRET, ResumeSecrets

NOBODY = (None, "")


class Secrets(SynchronousTestCase):
    def setUp(self) -> None:
        self.secrets = ResumeSecrets(b"k" * 32)

    def test_it_names_its_person_and_session(self) -> None:
        for person in ("1", "a91f", "ü" * 20):
            self.assertEqual(self.secrets.holder_of(self.secrets.issue(person, "7")), (person, "7"))

    def test_it_holds_as_long_as_the_key(self) -> None:
        self.assertEqual(ResumeSecrets(b"k" * 32).holder_of(self.secrets.issue("1", "7")), ("1", "7"))

    def test_another_key_knows_nobody(self) -> None:
        self.assertEqual(ResumeSecrets(b"x" * 32).holder_of(self.secrets.issue("1", "7")), NOBODY)

    def test_it_can_be_sent_anywhere(self) -> None:
        self.assertRegex(self.secrets.issue("1", "7"), r"^[A-Za-z0-9_-]+$")

    def test_no_character_of_it_can_be_changed(self) -> None:
        secret = self.secrets.issue("person1", "7")
        for at, character in enumerate(secret):
            forged = secret[:at] + ("A" if character != "A" else "B") + secret[at + 1 :]
            self.assertEqual(self.secrets.holder_of(forged), NOBODY, at)

    def test_another_persons_name_under_the_same_seal(self) -> None:
        raw = base64.urlsafe_b64decode(self.secrets.issue("12", "7") + "==")
        forged = base64.urlsafe_b64encode(raw[:16] + b"13 7").decode().rstrip("=")
        self.assertEqual(self.secrets.holder_of(forged), NOBODY)

    def test_what_is_no_secret_at_all(self) -> None:
        nobody = base64.urlsafe_b64encode(self.secrets._mac(b"")).decode()
        for secret in (
            "",
            "A",
            "AAAAA",
            "é" * 30,
            "=" * 9,
            "hello there",
            nobody,
            "A" * MAX_SECRET,
            "A" * (MAX_SECRET + 1),
        ):
            self.assertEqual(self.secrets.holder_of(secret), NOBODY, secret)

    def test_a_long_one_is_not_looked_at(self) -> None:
        self.assertEqual(self.secrets.holder_of(self.secrets.issue("x" * MAX_SECRET, "7")), NOBODY)
