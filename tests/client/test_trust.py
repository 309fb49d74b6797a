"""Endpoints in clear and with TLS."""

from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from tests.certificates import make_certificate
from tests.files import place_for
from twisted_chat.client.trust import TrustError, endpoint


class TrustTests(SynchronousTestCase):
    def make(self, host: str = "localhost", **more: object) -> object:
        return endpoint(MemoryReactorClock(), host, 1, **{"tls": True, "ca": None, **more})

    def wrong(self, **more: object) -> str:
        return str(self.assertRaises(TrustError, self.make, **more))

    def file(self, content: bytes) -> str:
        place = place_for(self)
        place.write_bytes(content)
        return str(place)

    def test_in_clear(self) -> None:
        self.assertIsInstance(self.make(tls=False), HostnameEndpoint)

    def test_tls(self) -> None:
        for host in ("localhost", "127.0.0.1", "::1"):
            self.assertNotIsInstance(self.make(host), HostnameEndpoint)
        certificate, _ = make_certificate("localhost")
        self.assertNotIsInstance(self.make(ca=self.file(certificate * 2)), HostnameEndpoint)

    def test_what_can_not_be_trusted(self) -> None:
        place = str(place_for(self))
        self.assertEqual(self.wrong(ca=place), f"no certificate can be read from {place}: No such file or directory")
        self.assertIn("there is no PEM certificate in", self.wrong(ca=self.file(b"nothing")))
        broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
        self.assertIn("no certificate can be read from", self.wrong(ca=self.file(broken)))
        self.assertIn("is no name that a certificate can bear", self.wrong(host="a" * 70 + ".example"))
