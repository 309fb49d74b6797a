"""What ``twisted-chat-admin`` makes for a server: the hash of a password, and a certificate for trying out."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from getpass import getpass
from ipaddress import ip_address
from pathlib import Path

from twisted_chat.accounts.passwords import hashed_now
from twisted_chat.admin.commands import Refused
from twisted_chat.core.errors import BadPassword
from twisted_chat.core.text import clean, shortened

KEY, CERTIFICATE = "key.pem", "cert.pem"
HOSTS = ("localhost", "127.0.0.1", "::1")

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(\*\.)?{_LABEL}(\.{_LABEL})*", re.ASCII | re.IGNORECASE)
MOST_HOST = 253


def hash_password(_asked: argparse.Namespace) -> int:
    """Print the argon2id hash of a password: of the first line in a pipe, or typed twice unseen."""
    print(hash_of_new())
    return 0


def hash_of_new() -> str:
    """The hash of a new password, which is never an argument: others can read those."""
    if sys.stdin.isatty():
        password = getpass("Password: ")
        if getpass("The same again: ") != password:
            raise Refused("these were two different passwords")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    try:
        return hashed_now(password)
    except BadPassword as error:
        raise Refused(str(error)) from None


def certificate(asked: argparse.Namespace) -> int:
    """Make a private key and a certificate that it has signed itself, in a folder that has neither."""
    hosts = asked.host or HOSTS
    key, signed = asked.folder / KEY, asked.folder / CERTIFICATE
    for path in (key, signed):
        if path.exists():
            raise Refused(f"{path} is there already")
    private, public = _pair(hosts, asked.days)
    _write(key, private, 0o600)
    _write(signed, public, 0o644)
    print(f"{key} (keep it secret) and {signed} are for {', '.join(hosts)}, for {asked.days} days")
    return 0


def _write(path: Path, text: bytes, mode: int) -> None:
    """Into a new file, which has its mode from the first moment on."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(text)


def _pair(hosts: Sequence[str], days: int) -> tuple[bytes, bytes]:
    """A private key and its certificate, as PEM."""
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError:
        raise Refused("a certificate needs pip install 'twisted-chat[tls]'") from None

    def alternative(host: str) -> x509.GeneralName:
        try:
            return x509.IPAddress(ip_address(host))
        except ValueError:
            pass
        try:
            name = host.encode("idna").decode()
        except UnicodeError:
            name = ""
        if not _HOST.fullmatch(name) or len(name) > MOST_HOST:
            raise Refused(f"{shortened(clean(host))!r} is no name that a certificate can bear")
        return x509.DNSName(name)

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Twisted Chat, signed by itself")])
    now = datetime.now(UTC)
    public = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))  # clocks differ
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([alternative(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, public.public_bytes(serialization.Encoding.PEM)
