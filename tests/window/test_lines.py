"""The window's shapes, its memory of what was typed, and its command line."""

import io
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client.effects import Kind, Shown
from twisted_chat.window.lines import direct, look, message, own_direct, reason, spoken, title
from twisted_chat.window.options import parse
from twisted_chat.window.recall import Recall
from twisted_chat.window.themes import DARK, GOSSIP, Look

NOW = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)


class LineTests(SynchronousTestCase):
    def spoken(self, text: str, kind: Kind = Kind.SERVER) -> str:
        return spoken(Shown(text, kind, NOW))

    def test_messages(self) -> None:
        self.assertEqual(message("bob", "hi"), "[bob] hi")
        self.assertEqual(message("bob", "hi", "#dev"), "#dev [bob] hi")
        self.assertEqual(message("bob", "waves", action=True), "* bob waves")

    def test_to_one_alone(self) -> None:
        """Nobody's name has a blank in it: what somebody called pm says to all does not look like that."""
        self.assertEqual(direct("bob", "hi"), "[bob -> you] hi")
        self.assertEqual(direct("bob", "waves", action=True), "[bob -> you] * waves")
        self.assertEqual(own_direct("alice", "bob", "hi"), "[you -> bob] hi")
        self.assertEqual(own_direct("alice", "bob", "waves", action=True), "[you -> bob] * waves")

    def test_columns(self) -> None:
        self.assertEqual(
            self.spoken("*** /away [WHY]          marks you", Kind.REPLY), "[SERVER] /away [WHY]  marks you"
        )
        self.assertEqual(self.spoken("a     b", Kind.SAID), "a     b")

    def test_the_servers_words(self) -> None:
        self.assertEqual(self.spoken("*** bob joined #lobby"), "[SERVER] bob joined #lobby")
        self.assertEqual(self.spoken("!!! BUSY wait", Kind.ERROR), "!!! BUSY wait")
        self.assertEqual(self.spoken("*** The last line of #dev:", Kind.HISTORY), "[SERVER] The last line of #dev:")
        self.assertEqual(
            self.spoken("*** #7 2026-11-22 21:00 [bob] *** x", Kind.HISTORY), "#7 2026-11-22 21:00 [bob] *** x"
        )

    def test_nobody_speaks_as_the_server(self) -> None:
        self.assertEqual(self.spoken("*** hi", Kind.SAID), "*** hi")

    def test_reasons(self) -> None:
        self.assertEqual(reason("!!! NICK_IN_USE bob is here already"), "bob is here already")
        self.assertEqual(reason("*** so it is"), "so it is")

    def test_looks(self) -> None:
        self.assertEqual(look(Shown("x", Kind.SAID, NOW, mention=True)), Look.MENTION)
        self.assertEqual(look(Shown("x", Kind.DIRECT, NOW, mention=True)), Look.DIRECT)
        for kind in Kind:
            self.assertIsInstance(look(Shown("x", kind, NOW)), Look)

    def test_titles(self) -> None:
        self.assertEqual(title(0, []), "Gossip..!")
        self.assertEqual(title(3, []), "(3) Gossip..!")
        self.assertEqual(title(3, ["#dev", "offline"]), "(3) Gossip..! - #dev, offline")


class RecallTests(SynchronousTestCase):
    def test_up_and_down(self) -> None:
        recall = Recall()
        self.assertIsNone(recall.step(-1, ""))
        for line in ("one", "two", "two"):
            recall.add(line)
        self.assertEqual(recall.step(-1, "half"), "two")
        self.assertEqual(recall.step(-1, "two"), "one")
        self.assertIsNone(recall.step(-1, "one"))
        self.assertEqual(recall.step(1, "one"), "two")
        self.assertEqual(recall.step(1, "two"), "half")
        self.assertIsNone(recall.step(1, "half"))

    def test_no_password(self) -> None:
        recall = Recall()
        recall.add("/login bob secret")
        recall.add(" /register secret")
        self.assertIsNone(recall.step(-1, ""))

    def test_bounded(self) -> None:
        recall = Recall(limit=2)
        for line in "abc":
            recall.add(line)
        self.assertEqual([recall.step(-1, "") for _ in range(3)], ["c", "b", None])


class OptionsTests(SynchronousTestCase):
    def test_defaults(self) -> None:
        options = parse([])
        self.assertEqual((options.nick, options.target.where), ("", "127.0.0.1:55555"))
        self.assertIs(options.theme, GOSSIP)
        self.assertFalse(options.fixed or options.times or options.target.tls)

    def test_all_of_them(self) -> None:
        options = parse(["--nick", " bob ", "--host", "h", "--port", "7", "--tls", "--room", "#a", "--theme", "dark"])
        self.assertEqual((options.nick, options.target.where, options.target.rooms), ("bob", "h:7", ("#a",)))
        self.assertIs(options.theme, DARK)
        self.assertEqual(parse(["bob"]).nick, "bob")
        options = parse(["--fixed", "--times"])
        self.assertTrue(options.fixed and options.times)

    def test_wrong_ones(self) -> None:
        for arguments in (["--theme", "pink"], ["--port", "0"], ["bob", "alice"]):
            said = io.StringIO()
            with redirect_stderr(said), redirect_stdout(said), self.assertRaises(SystemExit) as raised:
                parse(arguments)
            self.assertEqual(raised.exception.code, 2)
