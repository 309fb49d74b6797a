"""Lines from typing to the wire, and objects from the wire to lines: the pure parts."""

from datetime import UTC, date, datetime, timedelta, timezone

from service_identity.exceptions import CertificateError, DNSMismatch, IPAddressMismatch, VerificationError
from twisted.internet import error
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client import typed
from twisted_chat.client.completion import Completing, Step, candidates, common, listed
from twisted_chat.client.effects import Kind, Shown, dated
from twisted_chat.client.requests import farewell, request
from twisted_chat.client.troubles import worded
from twisted_chat.client.typed import Verb, is_about_room, is_secret, parse, unsecret
from twisted_chat.client.wording import mentions, said
from twisted_chat.core import commands
from twisted_chat.core.errors import UnknownCommand


class ParseTests(SynchronousTestCase):
    def check(self, line: str, verb: Verb, *words: str) -> None:
        found = parse(line)
        self.assertEqual((found.verb, tuple(found.words)), (verb, words), line)

    def test_what_is_said(self) -> None:
        self.check("hello", Verb.SAY, "hello")
        self.check(" hello ", Verb.SAY, " hello ")
        self.check("//shrug", Verb.SAY, "/shrug")
        self.check("/say /x", Verb.SAY, "/x")
        self.check("/me waves", Verb.ACT, "waves")
        self.check(" /me waves", Verb.SAY, " /me waves")

    def test_nothing(self) -> None:
        self.check("", Verb.NOTHING)
        self.check("  \t", Verb.NOTHING)

    def test_direct(self) -> None:
        self.check("/msg bob a  b", Verb.TELL, "bob", "a  b")
        self.check("/W bob x", Verb.TELL, "bob", "x")
        self.check("/r yes", Verb.REPLY, "yes")

    def test_rooms(self) -> None:
        self.check("/join #dev", Verb.JOIN, "#dev")
        self.check("/j #dev", Verb.JOIN, "#dev")
        self.check("/join #a  key", Verb.JOIN, "#a", "key")
        self.check("/part", Verb.PART)
        self.check("/part #dev bye", Verb.PART, "#dev bye")
        self.check("/sw dev", Verb.SWITCH, "dev")

    def test_leaving(self) -> None:
        self.check("/quit", Verb.QUIT)
        self.check("/BYE so long", Verb.QUIT, "so long")
        self.check("/q", Verb.QUIT)

    def test_nickname(self) -> None:
        self.check("/nick bob", Verb.NICK, "bob")

    def test_what_lacks_its_words_is_the_servers(self) -> None:
        for line in ("/me", "/say ", "/msg bob", "/join", "/switch", "/r"):
            self.check(line, Verb.COMMAND)

    def test_all_else_is_the_servers(self) -> None:
        for line in ("/topic x", "/", "/ x", "/jion #dev", "/s x", "/nick", "/login x"):
            self.check(line, Verb.COMMAND)

    def test_a_password_is_not_said(self) -> None:
        for line in (" /login secret", "\t/PASSWORD a b", "\u00a0/register x", "  /login", " /oper a b", " /enroll x"):
            self.check(line, Verb.SECRET)
            self.assertTrue(is_secret(line))
        for line in ("/login\tbob secret", "/LOGIN bob secret", "/register"):
            self.assertTrue(is_secret(line))
            self.assertEqual(unsecret(line), line.split()[0])
        self.assertEqual(unsecret("/msg bob hi"), "/msg bob hi")
        self.assertFalse(is_secret("/loginx"))
        self.assertFalse(is_secret("login x"))


class TheServersCommandsTests(SynchronousTestCase):
    """The client may not import the core: its copy of what is there is held equal here."""

    def test_the_names(self) -> None:
        everybodys = [command.name for command in commands.COMMANDS if not command.for_operators]
        self.assertEqual(sorted(typed.COMMANDS), sorted(everybodys))

    def test_what_changes_something_in_the_current_room(self) -> None:
        for name in commands.BY_NAME:
            for end in range(1, len(name) + 1):
                try:
                    found = commands.find(name[:end]).name
                except UnknownCommand:
                    continue
                if found in typed._ABOUT_ROOM:
                    self.assertTrue(is_about_room(f"/{name[:end]} x"), name[:end])
        for line in ("/who", "/bans", "/switch #dev", "/join #dev", "hello", "topic", "/"):
            self.assertFalse(is_about_room(line), line)

    def test_names_aliases_and_prefixes_mean_the_same(self) -> None:
        own = {alias: verb for alias, verb in typed._OWN.items() if alias in typed.COMMANDS}
        self.assertEqual(set(typed._OWN) - set(commands.BY_NAME), set())
        for name in commands.BY_NAME:
            for end in range(1, len(name) + 1):
                try:
                    meant = own.get(commands.find(name[:end]).name)
                except UnknownCommand:
                    meant = None
                self.assertEqual(typed._own(name[:end]), meant, name[:end])


class RequestTests(SynchronousTestCase):
    def check(self, line: str, correspondent: str | None = None, **fields: object) -> None:
        self.assertEqual(request(parse(line), line, "#here", correspondent), fields)

    def test_requests(self) -> None:
        self.check("hi", type="say", room="#here", text="hi")
        self.check("/me waves", type="say", room="#here", text="waves", action=True)
        self.check("/msg bob hi you", type="say", to="bob", text="hi you")
        self.check("/r hi", "carol", type="say", to="carol", text="hi")
        self.check("/r hi", None, type="command", text="/r hi")
        self.check("/join #dev", type="join", room="#dev")
        self.check("/join #dev key", type="join", room="#dev", key="key")
        self.check("/part", type="part", room="#here")
        self.check("/part so long", type="part", room="#here", reason="so long")
        self.check("/part #dev", type="part", room="#dev")
        self.check("/part #dev  so long", type="part", room="#dev", reason="so long")
        self.check("/topic x", type="command", text="/topic x")

    def test_farewell(self) -> None:
        self.assertEqual(farewell(""), {"type": "command", "text": "/quit"})
        self.assertEqual(farewell("so long"), {"type": "command", "text": "/quit so long"})


class SaidTests(SynchronousTestCase):
    def check(self, line: str | None, **event: object) -> None:
        self.assertEqual(said(event, "#lobby", "alice"), line)

    def test_shapes(self) -> None:
        self.check("bob: hi", type="message", nick="bob", room="#lobby", text="hi")
        self.check("[#dev] bob: hi", type="message", nick="bob", room="#dev", text="hi")
        self.check("* bob waves", type="action", nick="bob", room="#lobby", text="waves")
        self.check("[pm] bob: psst", type="direct", nick="bob", to="alice", text="psst")
        self.check("[pm] * bob waves", type="direct", nick="bob", to="alice", text="waves", action=True)
        self.check("[pm -> bob] psst", type="direct", nick="alice", to="bob", text="psst")
        self.check("*** bob set the topic of #dev: x", type="topic", nick="bob", room="#dev", text="x")
        self.check("*** bob joined #dev", type="joined", nick="bob", room="#dev")
        self.check("*** bob left #dev (tea)", type="left", nick="bob", room="#dev", reason="tea")
        self.check("*** bob is now rob", type="renamed", nick="bob", new="rob")
        self.check("*** bob is away: tea", type="away", nick="bob", reason="tea")
        self.check("*** bob is back", type="away", nick="bob", reason=None)
        self.check("*** bob changed #3: new", type="edited", nick="bob", room="#lobby", target=3, text="new")
        self.check("*** You deleted #3 in #dev", type="deleted", nick="alice", room="#dev", target=3)
        self.check(
            "*** bob changed #3 in a direct message: x", type="edited", nick="bob", to="alice", target=3, text="x"
        )
        self.check("*** bob deleted #3 in a direct message", type="deleted", nick="bob", to="alice", target=3)
        self.check(None, type="fanfare", nick="bob")

    def test_mentions(self) -> None:
        for text in ("alice", "Alice: hi", "hi, ALICE!", "(alice)"):
            self.assertTrue(mentions(text, "alice"), text)
        for text in ("malice", "alice-2", "alice_", ""):
            self.assertFalse(mentions(text, "alice"), text)
        self.assertTrue(mentions("hi [a]", "[a]"))
        self.assertFalse(mentions("anything", ""))


class DatedTests(SynchronousTestCase):
    def test_local_time_and_day(self) -> None:
        zone = timezone(timedelta(hours=2))
        shown = Shown("bob: hi", Kind.SAID, datetime(2026, 11, 22, 23, 30, tzinfo=UTC))
        self.assertEqual(dated(shown, date(2026, 11, 23), zone), "01:30 bob: hi")
        self.assertEqual(dated(shown, date(2026, 11, 24), zone), "2026-11-23 01:30 bob: hi")

    def test_history_has_its_own(self) -> None:
        shown = Shown("*** #1 ...", Kind.HISTORY, datetime(2026, 11, 22, tzinfo=UTC))
        self.assertEqual(dated(shown, date(2026, 11, 22), UTC), "*** #1 ...")


class CompletionTests(SynchronousTestCase):
    nicks = ("bob", "Bert")
    rooms = ("#lobby", "#dev")

    def check(self, before: str, word: str, *found: str) -> None:
        self.assertEqual(candidates(before, self.nicks, self.rooms), (word, list(found)))

    def test_candidates(self) -> None:
        self.check("/jo", "/jo", "/join ")
        self.check("/NI", "/NI", "/nick ")
        self.check("b", "b", "bob: ", "Bert: ")
        self.check("hi b", "b", "bob ", "Bert ")
        self.check(" b", "b", "bob ", "Bert ")
        self.check("/join #D", "#D", "#dev ")
        self.check("hi /jo", "/jo")
        self.check("", "")
        self.check("hi ", "")
        self.check("zz", "zz")
        self.check("@bo", "@bo", "@bob ")
        self.check("hi @", "@", "@bob ", "@Bert ")

    def test_what_is_common(self) -> None:
        self.assertEqual(common(["bob: ", "Bert: "]), "b")
        self.assertEqual(common(["/who ", "/whois "]), "/who")
        self.assertEqual(common(["a", "b"]), "")

    def test_the_list_is_short(self) -> None:
        self.assertEqual(listed(["bob: ", "/me "]), "bob  /me")
        self.assertEqual(listed([f"n{number} " for number in range(12)])[-14:], "n9  and 2 more")


class CompletingTests(SynchronousTestCase):
    """What Tab does again and again; | is the cursor."""

    def setUp(self) -> None:
        self.completing = Completing(lambda before: candidates(before, ["bob", "bobby", "carol"], []))

    def tab(self, text: str, by: int = 1) -> str | None:
        before, _, after = text.partition("|")
        self.step = self.completing.step(before, after, by)
        if self.step is None:
            return None
        return before[: len(before) - self.step.erase] + self.step.word + "|" + after

    def test_one(self) -> None:
        self.assertEqual(self.tab("hi ca|!"), "hi carol |!")
        self.assertIsNone(self.tab("hi carol |!"))

    def test_nothing(self) -> None:
        self.assertIsNone(self.tab("|"))
        self.assertIsNone(self.tab("hi dave|"))

    def test_several(self) -> None:
        self.assertEqual(self.tab("b|"), "bob|")
        self.assertEqual(self.tab("bob|"), "bob|")
        self.assertEqual(self.step, Step(listed="bob  bobby"))
        self.assertEqual(self.tab("bob|"), "bob: |")
        self.assertEqual(self.tab("bob: |"), "bobby: |")
        self.assertEqual(self.tab("bobby: |"), "bob: |")
        self.assertEqual(self.tab("bob: |", -1), "bobby: |")
        self.assertIsNone(self.tab("bobby: hi |"))


class OddError(Exception):
    __module__ = "OpenSSL.SSL"


class TroubleTests(SynchronousTestCase):
    def check(self, value: BaseException, words: str) -> None:
        self.assertEqual(worded(Failure(value), "host:1"), words)

    def test_words(self) -> None:
        self.check(error.ConnectionRefusedError(), "host:1 refused the connection")
        self.check(error.DNSLookupError(), "no address is known for host:1")
        self.check(error.TimeoutError(), "host:1 does not answer")
        self.check(error.ConnectionDone(), "host:1 closed the connection")
        self.check(error.ConnectionLost(), "the connection to host:1 was cut")
        self.check(OSError("bad\nthing"), "no connection to host:1 (bad thing)")
        self.check(OSError(), "no connection to host:1 (OSError)")

    def test_tls(self) -> None:
        chain = [("SSL routines", "", "certificate verify failed")]
        text = "the certificate of host:1 is not trusted"
        self.check(
            OddError(chain), f"{text} (certificate verify failed); --ca FILE trusts one that you have from there"
        )
        self.check(
            CertificateError("Certificate without any names"),
            f"{text} (Certificate without any names); --ca FILE trusts one that you have from there",
        )
        for wrong_host in (DNSMismatch("localhost"), IPAddressMismatch("127.0.0.1")):
            self.check(
                VerificationError([wrong_host]),
                "the certificate of host:1 is for another host; connect by a name or an address that it bears",
            )
        wrong = [("SSL routines", "", "wrong version number")]
        self.check(OddError(wrong), "host:1 does not speak TLS as it should (wrong version number)")
