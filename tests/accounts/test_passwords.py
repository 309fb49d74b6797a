"""What a password may be, and that it is looked at elsewhere, a few at a time."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.helpers import AtOnce, Later
from twisted_chat.accounts.passwords import _HASHER, AT_ONCE, DUMMY, WAITING, Hasher, check_secret, hashed_now
from twisted_chat.core.errors import BadPassword, Busy


class Hashing(SynchronousTestCase):
    def setUp(self) -> None:
        self.hasher = Hasher(AtOnce())

    def is_right(self, hashed: str, password: str) -> bool:
        return self.successResultOf(self.hasher.verify(hashed, password))

    def test_right_and_wrong(self) -> None:
        hashed = self.successResultOf(self.hasher.hash("open sesame"))
        self.assertTrue(hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$"))
        self.assertNotIn("sesame", hashed)
        self.assertTrue(self.is_right(hashed, "open sesame"))
        for wrong in ("open Sesame", "open sesame ", "", "\x00", "x" * 1000):
            self.assertFalse(self.is_right(hashed, wrong), wrong)

    def test_a_secret_in_clear(self) -> None:
        """As an administrator may write it into a file that nobody else can read."""
        self.assertTrue(self.is_right("cafe\u0301 noir", "caf\u00e9 noir"))
        for wrong in ("cafe noir", "", "\x00"):
            self.assertFalse(self.is_right("cafe\u0301 noir", wrong))
        self.assertFalse(self.is_right("", ""))
        self.assertFalse(self.is_right("$argon2id$damaged", "$argon2id$damaged"))

    def test_hashed_at_once(self) -> None:
        self.assertTrue(self.is_right(hashed_now("open sesame"), "open sesame"))
        self.assertRaises(BadPassword, hashed_now, "short")

    def test_what_a_secret_may_be(self) -> None:
        for right in ("long enough", hashed_now("long enough")):
            check_secret(right)
        for wrong in ("short", "$argon2id$damaged", DUMMY.replace("argon2id", "argon2i"), "$argon2x$"):
            self.assertRaises(BadPassword, check_secret, wrong)

    def test_a_damaged_hash(self) -> None:
        start, (salt, digest) = DUMMY.rpartition("$m=")[0], DUMMY.split("$")[-2:]
        for costs, *rest in (
            ("19456,t=2,p=1", "aa", "bb"),
            ("19456,t=2,p=1", salt, digest[:-1]),  # bits that belong to nothing
            ("19456,t=2,p=1", salt, digest[:15]),
            ("19456,t=2,p=1", salt[:9], digest),
            ("19456,t=2,p=1", salt, digest.replace("/", "!")),
            ("19456,t=2,p=1", salt, digest + "\u00e9"),
            ("19456,t=2,p=1", salt, digest + "AA"),
            ("19456,t=2", salt, digest),
            ("19456,t=two,p=1", salt, digest),
            (f"{'9' * 5000},t=2,p=1", salt, digest),
            ("7,t=2,p=1", salt, digest),
            ("1945600000,t=2,p=1", salt, digest),
            ("19456,t=0,p=1", salt, digest),
            ("19456,t=2000000000,p=1", salt, digest),
            ("19456,t=2,p=0", salt, digest),
        ):
            wrong = "$".join((f"{start}$m={costs}", *rest))
            self.assertRaises(BadPassword, check_secret, wrong)
        check_secret("$".join((f"{start}$m=19456,t=2,p=1", salt, digest)))

    def test_each_has_its_salt(self) -> None:
        one, other = (self.successResultOf(self.hasher.hash("open sesame")) for _hash in range(2))
        self.assertNotEqual(one, other)

    def test_the_same_in_every_form(self) -> None:
        """RFC 8265, section 4.2: non-ASCII blanks are blanks, and letters are composed."""
        hashed = self.successResultOf(self.hasher.hash("cafe\u0301\u2003noir"))
        self.assertTrue(self.is_right(hashed, "caf\u00e9 noir"))

    def test_what_can_be_none(self) -> None:
        for password, reason in (
            ("", "at least one character"),
            ("a\x07b", "no control characters"),
            ("seven77", "at least 8 characters"),
            ("x" * 513, "at most 512 characters"),
        ):
            self.assertIn(reason, str(self.assertRaises(BadPassword, self.hasher.hash, password)))

    def test_nobodys(self) -> None:
        """It costs as much as anybody's, and nothing opens it."""
        self.assertFalse(_HASHER.check_needs_rehash(DUMMY))
        for password in ("nobody knows this", "x", ""):
            self.assertFalse(self.is_right("", password))

    def test_a_damaged_hash_opens_to_nobody(self) -> None:
        self.assertFalse(self.is_right("$argon2id$v=19$m=1", "x"))


class AFewAtATime(SynchronousTestCase):
    def test_too_many(self) -> None:
        threads = Later()
        hasher = Hasher(threads)
        for _try in range(AT_ONCE + WAITING):
            hasher.verify("", "x")
        self.assertRaises(Busy, hasher.verify, "", "x")
        threads.works()
        answer = hasher.verify("", "x")
        self.assertRaises(Busy, hasher.hash, "long enough")
        while threads.waiting:
            threads.works()
        self.assertFalse(self.successResultOf(answer))
        hasher.stop()
        self.assertTrue(threads.stopped)
