"""The terminal with prompt_toolkit's own pipe for a keyboard, and a terminal of pyte's for a screen."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pyte
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.client.test_stdio import TypistDouble
from twisted_chat.client.conversation import Conversation
from twisted_chat.client.effects import Kind, Shown
from twisted_chat.client.outbox import Outbox
from twisted_chat.client.terminal import Terminal

NOW = datetime(2026, 11, 22, tzinfo=UTC)


class Glass:
    """A file that is a terminal's screen."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self.screen = pyte.Screen(40, 10)
        self.stream = pyte.Stream(self.screen)
        self.bells = 0

    def write(self, data: str) -> None:
        self.bells += data.count("\a")
        self.stream.feed(data)

    def flush(self) -> None:
        pass

    def fileno(self) -> int:
        return -1

    def isatty(self) -> bool:
        return True

    def lines(self) -> list[str]:
        return [line.rstrip() for line in self.screen.display if line.strip()]


class TerminalTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.addCleanup(self.loop.close)
        keyboard = create_pipe_input()
        self.keyboard = keyboard.__enter__()
        self.addCleanup(keyboard.__exit__, None, None, None)
        self.glass = Glass()
        output = Vt100_Output(self.glass, lambda: Size(rows=10, columns=40), term="xterm", enable_cpr=False)
        self.talk = Conversation("alice", (), Outbox("c"), now=lambda: NOW, history_lines=0)
        self.typist = TypistDouble()
        self.terminal = Terminal(
            self.talk,
            self.loop,
            render=lambda line: line.text,
            bell=True,
            keyboard=self.keyboard,
            screen=output,
        )
        self.terminal.begin(self.typist)
        self.addCleanup(self.ends)  # trial calls tearDown after the cleanups
        self.until(lambda: "[#lobby, offline]" in self.bottom())

    def ends(self) -> None:
        ended = self.terminal.end(hurry=False)
        self.until(lambda: ended.called)

    def until(self, condition: Callable[[], bool]) -> None:
        async def wait() -> None:
            while not condition():
                await asyncio.sleep(0.001)

        self.loop.run_until_complete(asyncio.wait_for(wait(), 20))

    def bottom(self) -> str:
        return self.glass.lines()[-1] if self.glass.lines() else ""

    def is_in(self) -> None:
        rooms = [{"name": "#lobby", "people": ["bob", "bert"]}]
        self.talk.received({"type": "welcome", "nick": "alice", "log": "L", "seq": 0, "rooms": rooms})
        self.terminal.changed(0)

    def is_drawn_anew(self) -> None:
        app = self.terminal._prompt.app
        for _drawing in range(2):
            before = app.render_counter
            app.invalidate()
            self.until(lambda before=before: app.render_counter > before)

    def types(self, text: str) -> None:
        self.keyboard.send_text(text)

    def shows(self, text: str, kind: Kind = Kind.SAID, *, mention: bool = False) -> None:
        self.terminal.show(Shown(text, kind, NOW, mention))

    def test_what_arrives_does_not_tear_the_line(self) -> None:
        self.is_in()
        self.types("half a li")
        self.until(lambda: self.bottom() == "[#lobby] half a li")
        self.shows("bob: one")
        self.shows("bob: two")
        self.until(lambda: self.glass.lines() == ["bob: one", "bob: two", "[#lobby] half a li"])
        self.types("ne")
        self.until(lambda: self.bottom() == "[#lobby] half a line")

    def test_a_line_that_wraps(self) -> None:
        self.is_in()
        self.types("x" * 60)
        self.until(lambda: self.bottom() == "x" * 29)
        self.shows("bob: one")
        self.until(lambda: self.glass.lines()[0] == "bob: one")
        self.until(lambda: self.bottom() == "x" * 29)
        self.assertEqual(len(self.glass.lines()), 3)

    def test_a_line_typed_is_erased_until_it_is_confirmed(self) -> None:
        self.is_in()
        self.types("hello\r")
        self.until(lambda: self.typist.told == ["hello"])
        self.shows("alice: hello", Kind.OWN)
        self.until(lambda: self.glass.lines() == ["alice: hello", "[#lobby]"])

    def test_pasted_lines_are_lines(self) -> None:
        self.types("\x1b[200~one\ntwo\x1b[201~\r")
        self.until(lambda: self.typist.told == ["one", "two"])

    def test_a_room_that_one_is_not_in(self) -> None:
        self.is_in()
        self.talk.received({"type": "left", "nick": "alice", "room": "#lobby", "reason": "kicked by bob", "by": "bob"})
        self.terminal.changed(0)
        self.until(lambda: self.bottom() == "[not in #lobby]")

    def test_what_is_unsent_is_told(self) -> None:
        self.talk.typed("one")
        self.terminal.changed(1)
        self.until(lambda: self.bottom() == "[#lobby, offline, 1 unsent]")

    def test_tab_goes_through_the_candidates(self) -> None:
        self.is_in()
        self.types("b\t")
        self.until(lambda: self.glass.lines() == ["bert  bob", "[#lobby] b"])
        self.types("\t")
        self.until(lambda: self.bottom() == "[#lobby] bert:")
        self.types("\t")
        self.until(lambda: self.bottom() == "[#lobby] bob:")
        self.types("\x1b[Z")
        self.until(lambda: self.bottom() == "[#lobby] bert:")
        self.types("hi /x\t\r")
        self.until(lambda: self.typist.told == ["bert: hi /x"])

    def test_tab_on_a_slash_inserts_nothing(self) -> None:
        self.types("/\t")
        self.until(lambda: self.glass.lines()[:1] == ["/away  /back  /ban  /bans  /create  /del"])
        self.until(lambda: self.bottom() == "[#lobby, offline] /")
        self.types("uni\t")
        self.until(lambda: self.bottom() == "[#lobby, offline] /unignore")

    def test_tab_completes_what_all_begin_with(self) -> None:
        self.types("/w\t")
        self.until(lambda: self.bottom() == "[#lobby, offline] /who")

    def test_history_remembers_no_password(self) -> None:
        self.types("first\r")
        self.types("/login secret\r")
        self.until(lambda: len(self.typist.told) == 2)
        self.is_drawn_anew()  # then the history is at hand
        self.types("\x1b[A\r")
        self.until(lambda: len(self.typist.told) == 3)
        self.assertEqual(self.typist.told[2], "first")

    def test_mentions_ring_and_are_marked(self) -> None:
        self.shows("bob: alice", mention=True)
        self.shows("bob: else")
        self.until(lambda: "bob: else" in self.glass.lines())
        self.assertEqual(self.glass.bells, 1)
        self.assertTrue(self.glass.screen.buffer[0][0].bold)
        self.assertFalse(self.glass.screen.buffer[1][0].bold)

    def test_escapes_do_not_reach_the_terminal(self) -> None:
        self.shows("bob: \x1b[2Jgone?")
        self.until(lambda: any("gone?" in line for line in self.glass.lines()))
        self.assertNotIn("", self.glass.lines())
        self.assertTrue(self.glass.lines()[0].startswith("bob: "))

    def test_ctrl_d(self) -> None:
        self.types("\x04")
        self.until(lambda: self.typist.told == ["<finished>"])
        self.shows("still shown")
        self.until(lambda: self.glass.lines()[0] == "still shown")
        self.types("\x04")
        self.until(lambda: self.typist.told == ["<finished>", "<interrupted>"])

    def test_ctrl_d_in_a_line_deletes(self) -> None:
        self.types("half\x01\x04")
        self.until(lambda: self.bottom().endswith(" alf"))
        self.assertEqual(self.typist.told, [])

    def test_ctrl_c_clears_the_line_and_then_leaves(self) -> None:
        self.types("half")
        self.until(lambda: self.bottom().endswith("half"))
        self.types("\x03")
        self.until(lambda: self.bottom() == "[#lobby, offline]")
        self.assertEqual(self.typist.told, [])
        self.types("\x03")
        self.until(lambda: self.typist.told == ["<finished>"])
        self.types("\x03")
        self.until(lambda: self.typist.told == ["<finished>", "<interrupted>"])

    def test_ctrl_c_at_a_question(self) -> None:
        self.terminal.ask("Name: ", secret=False)
        self.types("half\x03")
        self.until(lambda: self.bottom() == "Name:")
        self.types("\x03")
        self.until(lambda: self.typist.told == ["<interrupted>"])

    def test_ctrl_c_at_a_secret_question_ends_the_question(self) -> None:
        for typed in ("", "half"):
            answer = self.terminal.ask("Password: ", secret=True)
            self.until(lambda: self.bottom() == "Password:")
            self.types(typed + "\x03")
            self.until(lambda answer=answer: answer.called)
            self.assertIsNone(self.successResultOf(answer))
            self.until(lambda: self.bottom() == "[#lobby, offline]")
        self.assertEqual(self.typist.told, [])
        self.types("\x03")
        self.until(lambda: self.typist.told == ["<finished>"])

    def test_a_question_that_gives_way_leaves_no_secret_in_the_line(self) -> None:
        self.types("mine")
        self.until(lambda: self.bottom().endswith(" mine"))
        first = self.terminal.ask("Password: ", secret=True)
        self.types("secr")
        self.until(lambda: self.bottom() == "Password: ****")
        second = self.terminal.ask("Another: ", secret=True)
        self.assertIsNone(self.successResultOf(first))
        self.until(lambda: self.bottom() == "Another:")
        self.types("et\r")
        self.until(lambda: second.called)
        self.assertEqual(self.successResultOf(second), "et")
        self.until(lambda: self.bottom() == "[#lobby, offline] mine")

    def test_pasted_lines_with_a_password_are_not_remembered(self) -> None:
        self.types("first\r")
        self.types("\x1b[200~one\n/login bob secret\x1b[201~\r")
        self.until(lambda: len(self.typist.told) == 3)
        self.is_drawn_anew()
        self.types("\x1b[A\r")
        self.until(lambda: len(self.typist.told) == 4)
        self.assertEqual(self.typist.told[3], "first")

    def test_a_question_keeps_what_is_half_typed(self) -> None:
        self.types("half")
        self.until(lambda: self.bottom().endswith("half"))
        answer: Deferred[str | None] = self.terminal.ask("Name: ", secret=False)
        self.until(lambda: self.bottom() == "Name:")
        self.types("alice2\r")
        self.until(lambda: answer.called)
        self.assertEqual(self.successResultOf(answer), "alice2")
        self.until(lambda: self.bottom() == "[#lobby, offline] half")
        self.assertEqual(self.typist.told, [])

    def test_a_secret_question(self) -> None:
        answer = self.terminal.ask("Password: ", secret=True)
        self.types("pw")
        self.until(lambda: self.bottom() == "Password: **")
        self.types("\r")
        self.until(lambda: answer.called)
        self.types("\x1b[A\r")
        self.until(lambda: len(self.typist.told) == 1)
        self.assertEqual(self.typist.told, [""])

    def test_ctrl_d_at_a_question(self) -> None:
        answer = self.terminal.ask("Name: ", secret=False)
        self.until(lambda: self.bottom() == "Name:")
        self.types("\x04")
        self.until(lambda: answer.called)
        self.assertIsNone(self.successResultOf(answer))

    def test_the_end_at_a_question(self) -> None:
        answer = self.terminal.ask("Name: ", secret=False)
        ended = self.terminal.end(hurry=True)
        self.until(lambda: ended.called)
        self.assertIsNone(self.successResultOf(answer))
        self.assertEqual(self.glass.lines(), [])
