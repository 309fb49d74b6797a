"""Certificates of ssl: endpoints: taken anew for who comes, kept for who is there, and never by an old TLS."""

from __future__ import annotations

import contextlib
import os
from typing import Any

from OpenSSL import SSL
from twisted.internet.endpoints import quoteStringArgument
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.logger import LogEvent, LogLevel, formatEvent, globalLogPublisher
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.trial.unittest import SynchronousTestCase

from tests.certificates import make_certificate
from tests.files import folder_for
from twisted_chat.endpoints import endpoint
from twisted_chat.tls import LOOK_EACH, Certificates


def shake_hands(server: Any, client: Any) -> str:
    """Have two contexts meet in memory; gives the name in the server's certificate. Raises `SSL.Error`."""
    ends = [SSL.Connection(server, None), SSL.Connection(client, None)]
    ends[0].set_accept_state()
    ends[1].set_connect_state()
    for _turn in range(10):
        for end, other in (ends, ends[::-1]):
            with contextlib.suppress(SSL.WantReadError):
                end.do_handshake()
            with contextlib.suppress(SSL.WantReadError):
                other.bio_write(end.bio_read(2**16))
    certificate = ends[1].get_peer_certificate(as_cryptography=True)
    assert certificate is not None
    return str(certificate.subject.rfc4514_string().removeprefix("CN="))


def client(newest: int | None = None) -> Any:
    """A client that takes any certificate, and speaks nothing newer."""
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_cipher_list(b"ALL:@SECLEVEL=0")
    if newest is not None:
        context.set_min_proto_version(SSL.TLS1_VERSION)
        context.set_max_proto_version(newest)
    return context


class CertificateCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.folder = folder_for(self)
        self.clock = Clock()
        self.changes = 0
        self.said: list[LogEvent] = []
        globalLogPublisher.addObserver(self.said.append)
        self.addCleanup(globalLogPublisher.removeObserver, self.said.append)

    def write(self, host: str) -> None:
        certificate, key = make_certificate(host)
        self.put("cert.pem", certificate)
        self.put("key.pem", key)

    def put(self, name: str, text: bytes) -> None:
        path = self.folder / name
        path.write_bytes(text)
        self.changes += 1
        os.utime(path, (self.changes, self.changes))  # whatever the file system's clock is worth

    def description(self, more: str = "") -> str:
        return f"ssl:4000:privateKey={self.folder}/key.pem:certKey={self.folder}/cert.pem{more}"

    def certificates(self, more: str = "") -> Certificates:
        return Certificates(self.description(more), self.clock)

    def shows(self, certificates: Certificates) -> str:
        return shake_hands(certificates.getContext(), client())

    def logged(self) -> list[str]:
        lines = [formatEvent(each) or "" for each in self.said if each["log_namespace"] == "twisted_chat.tls"]
        self.said.clear()
        return [line.replace(str(self.folder), "FOLDER") for line in lines]


class NewOnes(CertificateCase):
    def test_who_comes_gets_the_new_one_within_a_minute(self) -> None:
        self.write("old.example")
        certificates = self.certificates()
        self.write("new.example")
        self.assertEqual(self.shows(certificates), "old.example")
        self.clock.advance(LOOK_EACH - 1)
        self.assertEqual(self.shows(certificates), "old.example")
        self.clock.advance(1)
        self.assertEqual(self.shows(certificates), "new.example")
        (line,) = self.logged()
        self.assertTrue(line.startswith("the new certificate of ssl:4000:privateKey="), line)
        self.clock.advance(LOOK_EACH)
        self.assertEqual(self.shows(certificates), "new.example")
        self.assertEqual(self.logged(), [])

    def test_a_damaged_one_keeps_the_old_and_says_so_once(self) -> None:
        self.write("old.example")
        certificates = self.certificates()
        self.put("cert.pem", b"junk")
        for _minute in range(3):
            self.clock.advance(LOOK_EACH)
            self.assertEqual(self.shows(certificates), "old.example")
        (line,) = self.logged()
        self.assertIn("the old certificate stays: ssl:4000:", line)
        self.assertTrue(line.endswith("FOLDER/cert.pem holds no certificate in PEM form"), line)
        self.assertNotIn("\n", line)
        self.assertEqual([each for each in self.said if each["log_level"] is LogLevel.critical], [])

    def test_half_of_a_renewal(self) -> None:
        """The certificate is written, its key is not yet."""
        self.write("old.example")
        certificates = self.certificates()
        certificate, key = make_certificate("new.example")
        self.put("cert.pem", certificate)
        self.clock.advance(LOOK_EACH)
        self.assertEqual(self.shows(certificates), "old.example")
        self.assertIn("do not belong together", self.logged()[0])
        self.put("key.pem", key)
        self.clock.advance(LOOK_EACH)
        self.assertEqual(self.shows(certificates), "new.example")

    def test_one_that_is_gone(self) -> None:
        self.write("old.example")
        certificates = self.certificates()
        (self.folder / "key.pem").unlink()
        self.clock.advance(LOOK_EACH)
        self.assertEqual(self.shows(certificates), "old.example")
        self.assertIn("can't read FOLDER/key.pem: No such file or directory", self.logged()[0])

    def test_when_told_to(self) -> None:
        self.write("old.example")
        certificates = self.certificates()
        self.assertIsNone(certificates.read())
        self.write("new.example")
        read = certificates.read()
        assert read is not None
        self.assertEqual(self.shows(certificates), "old.example")
        certificates.take(read)
        self.assertEqual(self.shows(certificates), "new.example")
        self.clock.advance(LOOK_EACH)
        self.assertEqual(self.shows(certificates), "new.example")
        self.assertEqual(self.logged(), [])

    def test_from_wherever_the_service_went(self) -> None:
        self.write("old.example")
        here = os.getcwd()
        self.addCleanup(os.chdir, here)
        (self.folder / "a:b").mkdir()
        (self.folder / "key.pem").rename(self.folder / "a:b" / "key.pem")
        os.chdir(self.folder)
        key = quoteStringArgument("a:b/key.pem")
        certificates = Certificates(f"ssl:4000:privateKey={key}:certKey=cert.pem", self.clock)
        os.chdir("/")
        certificate, private = make_certificate("new.example")
        self.put("cert.pem", certificate)
        self.put("a:b/key.pem", private)
        self.clock.advance(LOOK_EACH)
        self.assertEqual(self.shows(certificates), "new.example")


class Versions(CertificateCase):
    def test_twelve_or_newer(self) -> None:
        self.write("chat.example")
        certificates = self.certificates()
        for version in (SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION):
            self.assertEqual(shake_hands(certificates.getContext(), client(version)), "chat.example")
        for version in (SSL.TLS1_VERSION, SSL.TLS1_1_VERSION):
            self.assertRaises(SSL.Error, shake_hands, certificates.getContext(), client(version))

    def test_that_is_what_refuses_the_old_ones(self) -> None:
        """The control: a server that takes them is reached by the same client."""
        self.write("chat.example")
        lax = SSL.Context(SSL.TLS_METHOD)
        lax.set_cipher_list(b"ALL:@SECLEVEL=0")
        lax.set_min_proto_version(SSL.TLS1_VERSION)
        lax.use_certificate_file(str(self.folder / "cert.pem"))
        lax.use_privatekey_file(str(self.folder / "key.pem"))
        self.assertEqual(shake_hands(lax, client(SSL.TLS1_1_VERSION)), "chat.example")

    def test_whatever_the_endpoint_says(self) -> None:
        self.write("chat.example")
        certificates = self.certificates(":sslmethod=TLS_METHOD")
        self.assertRaises(SSL.Error, shake_hands, certificates.getContext(), client(SSL.TLS1_1_VERSION))


class Listening(CertificateCase):
    def test_twisted_has_nothing_to_warn_of(self) -> None:
        """It named an object and its address in memory at each start."""
        self.write("chat.example")
        certificates = self.certificates()
        factory = TLSMemoryBIOFactory(certificates, False, Factory.forProtocol(Protocol))
        protocol = factory.buildProtocol(None)
        protocol.makeConnection(StringTransport())
        self.assertIs(protocol.getHandle().get_context(), certificates.getContext())
        self.assertEqual(self.flushWarnings(), [])

    def test_the_endpoint_asks_for_each_connection(self) -> None:
        self.write("old.example")
        reactor = MemoryReactorClock()
        found: list[Certificates] = []
        endpoint(reactor, "port", self.description(":interface=127.0.0.1:backlog=7"), found).listen(object())
        ((port, _factory, contexts, backlog, interface),) = reactor.sslServers
        self.assertEqual((port, backlog, interface), (4000, 7, "127.0.0.1"))
        self.assertEqual([contexts], found)
        before = contexts.getContext()
        self.assertIs(contexts.getContext(), before)
        self.write("new.example")
        reactor.advance(LOOK_EACH)
        self.assertEqual(shake_hands(contexts.getContext(), client()), "new.example")
        self.assertEqual(shake_hands(before, client()), "old.example")  # who has it keeps it
