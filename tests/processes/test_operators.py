"""Operators, rehash, certificates and proxies, with the real server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from twisted.internet.endpoints import SSL4ClientEndpoint, connectProtocol
from twisted.internet.ssl import Certificate, optionsForClientTLS
from twisted.internet.threads import deferToThread

from tests.processes.server import Process, ServerCase, Stranger, reactor

PASSWORD = "correct-horse"
TLS = "ssl:0:interface=127.0.0.1:privateKey=key.pem:certKey=cert.pem"


class OperatorCase(ServerCase):
    def admin(self, *words: str, stdin: str = "") -> str:
        command = [sys.executable, "-m", "twisted_chat.admin", *words]
        done = subprocess.run(
            command, cwd=self.folder, input=stdin, check=True, capture_output=True, text=True, env=self.environment()
        )
        return done.stdout.strip()

    def configure(self, more: str = "") -> None:
        hashed = self.admin("hash", stdin=f"{PASSWORD}\n")
        (self.folder / "chat.toml").write_text(f'{more}\n[operators]\nruth = "{hashed}"\n')

    async def start_configured(self, port: str = "tcp:0:interface=127.0.0.1") -> tuple[Process, int]:
        return await self.start("--config", "chat.toml", port=port)

    async def operator(self, port: int) -> Stranger:
        alice = await self.enter(port, "alice")
        alice.says(f"/oper ruth {PASSWORD}")
        await alice.hears("You are the operator ruth now")
        return alice


class AtWork(OperatorCase):
    async def test_from_the_hash_to_the_end(self) -> None:
        self.configure()
        server, port = await self.start_configured()
        alice = await self.operator(port)
        bob = await self.enter(port, "bob")
        alice.says("/stats")
        self.assertRegex(await alice.hears("memory"), r"memory: \d+\.\d MiB, open descriptors: \d+")
        alice.says("/shutdown 1s enough")
        await bob.hears("*** The server goes down in 1s: enough")
        await bob.hears("*** The server is going down")
        self.assertEqual(await server.ended, 0)
        self.assertIn(b"operator 'ruth' ('alice'): '/shutdown 1s enough'", server.output)
        self.assertNotIn(PASSWORD.encode(), server.output + server.errors)

    async def test_a_signal_while_it_ends(self) -> None:
        self.configure()
        server, port = await self.start_configured()
        alice = await self.operator(port)
        alice.transport.pauseProducing()  # so that the end waits for her
        bob = await self.enter(port, "bob")
        alice.says("/shutdown 1s")
        await bob.hears("*** The server is going down")
        server.send_signal("TERM")
        self.assertEqual(await server.ended, 0)

    async def test_a_configuration_that_others_can_read(self) -> None:
        (self.folder / "chat.toml").write_text('[operators]\nruth = "correct-horse"\n')
        (self.folder / "chat.toml").chmod(0o644)
        server = self.twistd("-n", "--pidfile=", "chat", "--config", "chat.toml")
        self.assertNotEqual(await server.ended, 0)
        self.assertEqual(
            server.errors,
            b"twistd chat: chat.toml: operators: 'ruth': others can read this password; chmod 600 chat.toml, "
            b"or put its hash there\n",
        )

    async def test_sighup_reads_anew_and_drops_nobody(self) -> None:
        self.configure("history = 3")
        server, port = await self.start_configured()
        alice = await self.operator(port)
        (self.folder / "motd").write_text("Be kind.\n")
        self.configure('history = 3\nmotd = "motd"')
        server.send_signal("HUP")
        await server.shows(rb"changed: motd, operators")  # a new salt is a new hash
        self.configure("histroy = 3")
        server.send_signal("HUP")
        await server.shows(rb"nothing is changed: .*chat.toml: unknown key 'histroy'; did you mean history\?")
        await self.enter(port, "bob")
        await alice.hears("bob joined")
        alice.says("/motd")
        await alice.hears("Be kind.")


class NetworkBans(OperatorCase):
    """Over a proxy, which says who comes from where; the operator comes from this machine by another port."""

    async def starts(self) -> tuple[Process, int, int]:
        server = self.twistd(
            "-n", "--pidfile=", "chat", "--config", "chat.toml", "--port", "tcp:0:interface=127.0.0.1", "--port",
            "haproxy:tcp:0:interface=127.0.0.1",
        )  # fmt: skip
        found = await server.shows(rb"listens on .*port=(\d+)[^$]*listens on .*port=(\d+)")
        return server, int(found[1]), int(found[2])

    async def by_proxy(self, port: int, host: str) -> Stranger:
        stranger = await self.connect(port)
        stranger.transport.write(f"PROXY TCP4 {host} 10.0.0.1 56324 55555\r\n".encode())
        return stranger

    async def test_who_is_there_who_has_no_name_who_comes_and_over_a_restart(self) -> None:
        self.configure()
        server, port, proxied = await self.starts()
        alice = await self.operator(port)
        bob, silent = await self.by_proxy(proxied, "192.0.2.7"), await self.by_proxy(proxied, "192.0.2.8")
        carol = await self.by_proxy(proxied, "198.51.100.1")
        for stranger, nick in ((bob, "bob"), (carol, "carol")):
            stranger.says(nick)
            await stranger.hears(f"Welcome, {nick}")
        await silent.hears("NICK")
        alice.says("/netban ?192.0.2.0/24")
        await alice.hears("would hit bob; sessions: 1, connections without a name: 1")
        alice.says("/netban 192.0.2.0/24 spam")
        for stranger in (bob, silent):
            await stranger.hears("!!! BANNED your network is banned from this server: spam")
            await stranger.gone
        await carol.hears("*** bob left #lobby (banned by an operator: spam)")
        alice.says("/netban 203.0.113.1 1s")
        await alice.hears("203.0.113.1/32 is banned from this server until")
        alice.says("/netban 2001:db8::5 2w for good measure")
        await alice.hears("2001:db8::/64 is banned from this server until")
        alice.says("/netban 127.0.0.1")
        await alice.hears("!!! NOT_ALLOWED 127.0.0.1/32 has this machine itself in it")
        server.send_signal("TERM")
        self.assertEqual(await server.ended, 0)
        self.assertIn(b"operator 'ruth' ('alice'): '/netban 192.0.2.0/24 spam'", server.output)

        server, port, proxied = await self.starts()
        refused = await self.by_proxy(proxied, "192.0.2.200")
        await refused.hears("!!! BANNED your network is banned from this server: spam")
        await refused.gone
        alice = await self.operator(port)
        alice.says("/netbans")
        await alice.hears("2001:db8::/64 until")
        await alice.hears("192.0.2.0/24 by ruth: spam")
        alice.says("/acts")
        await alice.hears("ruth (alice): netban 192.0.2.0/24 (spam)")
        alice.says("/acts undo #1")
        await alice.hears("*** Undone: #1")
        bob = await self.by_proxy(proxied, "192.0.2.7")
        await bob.hears("NICK")


class Tls(OperatorCase):
    async def secure(self, port: int, nick: str) -> Stranger:
        trusted = Certificate.loadPEM((self.folder / "cert.pem").read_bytes())
        options: Any = optionsForClientTLS("localhost", trusted)
        stranger: Stranger = await connectProtocol(SSL4ClientEndpoint(reactor, "127.0.0.1", port, options), Stranger())
        self.addCleanup(stranger.transport.abortConnection)
        await stranger.hears("NICK")
        stranger.says(nick)
        await stranger.hears("Welcome")
        return stranger

    async def test_a_new_certificate_for_who_comes(self) -> None:
        self.certificate()
        self.configure()
        server, port = await self.start_configured(TLS)
        alice = await self.secure(port, "alice")
        for name in ("key.pem", "cert.pem"):
            (self.folder / name).unlink()
        self.certificate()
        alice.says(f"/oper ruth {PASSWORD}")
        await alice.hears("You are the operator ruth now")
        alice.says("/rehash")
        await alice.hears("changed: the certificate of ssl:0:")
        bob = await self.secure(port, "bob")  # who trusts the new one alone
        await alice.hears("bob joined")
        bob.says("hello")
        await alice.hears("bob: hello")
        (self.folder / "cert.pem").write_text("junk")
        alice.says("/rehash")
        await alice.hears("cert.pem holds no certificate in PEM form")
        self.assertFalse(server.is_over)

    async def test_by_an_old_tls_nobody_comes(self) -> None:
        self.certificate()
        _server, port = await self.start(port=TLS)
        seen = {}
        for version in ("-tls1_1", "-tls1_2"):
            command = [self.program("openssl"), "s_client", "-connect", f"127.0.0.1:{port}", version]
            done = await deferToThread(
                subprocess.run, [*command, "-cipher", "ALL:@SECLEVEL=0"], input=b"", capture_output=True
            )
            seen[version] = done.returncode == 0
        self.assertEqual(seen, {"-tls1_1": False, "-tls1_2": True})

    async def test_the_client_trusts_what_was_made(self) -> None:
        self.certificate()
        server, port = await self.start(port=TLS)
        where = ["--host", "localhost", "--port", str(port), "--tls"]
        command = [sys.executable, "-m", "twisted_chat.client", "ci", "--once", *where]
        client = self.spawn([*command, "--ca", "cert.pem"])
        client.transport.write(b"the build is green\n")
        client.transport.closeStdin()
        self.assertEqual(await client.ended, 0, client.errors)
        await server.shows(rb"'ci'.* came from 127\.0\.0\.1")
        doubtful = self.spawn(command)
        doubtful.transport.write(b"x\n")
        doubtful.transport.closeStdin()
        self.assertNotEqual(await doubtful.ended, 0)


class Proxy(OperatorCase):
    async def test_the_real_address_is_counted_and_logged(self) -> None:
        self.configure("max-per-address = 1")
        server, port = await self.start_configured("haproxy:tcp:0:interface=127.0.0.1")
        people = []
        for last, nick in (("7", "alice"), ("8", "bob"), ("7", "eve")):
            stranger = await self.connect(port)
            stranger.transport.write(f"PROXY TCP4 192.0.2.{last} 10.0.0.1 56324 55555\r\n".encode())
            if nick == "eve":
                await stranger.hears("!!! SERVER_FULL there is 1 connection from your address already")
                await stranger.gone
            else:
                await stranger.hears("NICK")
                stranger.says(nick)
                await stranger.hears("Welcome")
            people.append(stranger)
        await server.shows(rb"'alice' .* came from 192\.0\.2\.7:56324")
        people[0].says(f"/oper ruth {PASSWORD}")
        await people[0].hears("!!! PLAINTEXT_REFUSED")
        liar = await self.connect(port)
        liar.says("alice")
        await liar.gone
        self.assertEqual(liar.lines, [])
        self.assertNotIn(PASSWORD, Path(f"/proc/{server.transport.pid}/cmdline").read_text())
