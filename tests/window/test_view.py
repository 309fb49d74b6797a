"""The widgets, on a real display, with a hand-written double for whom they tell."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from twisted.trial.unittest import SynchronousTestCase

from tests.window import xvfb
from twisted_chat.client.completion import Step
from twisted_chat.window.lines import Line
from twisted_chat.window.seams import Part, User
from twisted_chat.window.themes import DARK, GOSSIP, THEMES, Look, Theme, contrast

if TYPE_CHECKING:
    import tkinter

    from twisted_chat.window.view import Window


class UserDouble:
    def __init__(self) -> None:
        self.told: list[tuple[str, ...]] = []
        self.stays = ""
        self.remembered = ["two", "one"]
        self.step: Step | None = None
        self.here: list[bool] = []

    def connects(self, nick: str, host: str, port: str) -> None:
        self.told.append(("connects", nick, host, port))

    def sends(self, text: str) -> str:
        self.told.append(("sends", text))
        return self.stays

    def recalls(self, by: int, present: str) -> str | None:
        self.told.append(("recalls", str(by), present))
        return self.remembered.pop(0) if self.remembered else None

    def completes(self, before: str, after: str) -> Step | None:
        self.told.append(("completes", before, after))
        return self.step

    def looks(self, here: bool) -> None:
        self.here.append(here)

    def closes(self) -> None:
        self.told.append(("closes",))


_check: type[User] = UserDouble


class ViewCase(SynchronousTestCase):
    def setUp(self) -> None:
        xvfb.require(self, "Xvfb", "xdotool")
        self.display = xvfb.shared()
        self.errors: list[str] = []
        self.open()
        self.addCleanup(lambda: self.root.destroy())

    def open(self, theme: Theme = GOSSIP, *, fixed: bool = False) -> None:
        import tkinter

        from twisted_chat.window.view import Window

        self.root = tkinter.Tk(screenName=self.display.name)
        self.root.report_callback_exception = lambda *found: self.errors.append(repr(found))
        self.window: Window = Window(self.root, theme, fixed=fixed)
        self.window.fill("alice", "h", 7)
        self.user = UserDouble()
        self.window.attach(self.user)
        self.root.update()
        self.root.focus_force()
        self.window.nick.focus_set()
        self.until(lambda: self.root.focus_get() is self.window.nick)

    def reopen(self, theme: Theme = GOSSIP, *, fixed: bool = False) -> None:
        self.root.destroy()
        self.open(theme, fixed=fixed)

    def until(self, condition: Callable[[], object]) -> None:
        end = time.monotonic() + 20
        while not condition():
            if time.monotonic() > end:
                self.display.picture(f"failed-{self.id()}")
                self.fail(f"it does not come to that; told: {self.user.told}, focus: {self.root.focus_get()}")
            self.root.update()
            time.sleep(0.005)
        self.assertEqual(self.errors, [])

    def keys(self, *names: str) -> None:
        self.display.xdotool("key", *names)

    def types(self, text: str) -> None:
        self.display.xdotool("type", text)

    def hears(self, *told: str) -> None:
        self.until(lambda: told in self.user.told)

    def has_focus(self, widget: tkinter.Misc) -> None:
        self.until(lambda: self.root.focus_get() is widget)

    def on(self, widget: tkinter.Misc) -> None:
        widget.focus_set()
        self.has_focus(widget)

    def all_widgets(self) -> Iterator[tkinter.Misc]:
        waiting: list[tkinter.Misc] = [self.root]
        while waiting:
            widget = waiting.pop()
            waiting += widget.winfo_children()
            yield widget

    def text(self) -> str:
        return self.window.transcript.text.get("1.0", "end-1c")

    def append(self, *texts: str, look: Look = Look.SAID) -> None:
        self.window.append([Line(text, look) for text in texts])
        self.root.update()

    def sees_the_end(self) -> bool:
        return self.window.transcript.text.yview()[1] == 1.0


class LayoutTests(ViewCase):
    def test_the_first_look(self) -> None:
        root, window = self.root, self.window
        self.assertEqual((root.winfo_width(), root.winfo_height()), (600, 600))
        rows = [root.grid_slaves(row=row)[0] for row in range(3)]
        self.assertEqual([row.winfo_height() for row in rows], [100, 400, 100])
        self.assertEqual([root.rowconfigure(row)["weight"] for row in range(3)], [1, 4, 1])
        self.assertEqual([row["bg"] for row in rows], ["#9898FB"] * 3)
        self.assertEqual((window.nick["width"], window.message["width"]), (23, 38))
        self.assertEqual((window.connect["text"], window.send["text"]), ("connect", "Send"))
        self.assertEqual(window.transcript.text["bg"], "#BBBBFF")
        self.assertEqual({widget["bg"] for widget in (window.connect, window.send)}, {"#C1C1CD"})
        fonts = [str(widget["font"]) for widget in (window.nick, window.message, window.send, window.transcript.text)]
        self.assertEqual(fonts, ["Helvetica 17", "Helvetica 17", "Helvetica 15", "Helvetica 13"])
        labels = [widget["text"] for widget in self.all_widgets() if widget.winfo_class() == "Label"]
        self.assertIn("Enter username:", labels)
        self.assertEqual((window.nick.get(), window.host.get(), window.port.get()), ("alice", "h", "7"))

    def test_nothing_is_clipped(self) -> None:
        for widget in self.all_widgets():
            if widget.winfo_class() in ("Label", "Button"):
                self.assertGreaterEqual(widget.winfo_width(), widget.winfo_reqwidth())
                self.assertGreaterEqual(widget.winfo_height(), widget.winfo_reqheight())

    def test_a_bigger_window(self) -> None:
        self.root.geometry("780x660")
        self.until(lambda: self.root.winfo_height() == 660)
        self.root.update()
        rows = [self.root.grid_slaves(row=row)[0] for row in range(3)]
        self.assertEqual([row.winfo_height() for row in rows], [110, 440, 110])
        self.assertTrue(all(row.winfo_width() == 780 for row in rows))
        self.assertEqual(self.root.resizable(), (True, True))

    def test_fixed(self) -> None:
        self.reopen(fixed=True)
        self.assertEqual(self.root.resizable(), (False, False))

    def test_every_widget_can_be_read(self) -> None:
        for name, theme in THEMES.items():
            self.reopen(theme)
            self.window.box("Title", "text", Part.NICK)
            self.window.ask("question", lambda _: None)
            checked = 0
            for widget in self.all_widgets():
                for text, behind in self.colours(widget):
                    checked += 1
                    self.assertGreaterEqual(contrast(text, behind), 4.5, (name, str(widget), text, behind))
            self.assertGreater(checked, 50)

    def colours(self, widget: tkinter.Misc) -> Iterator[tuple[str, str]]:
        """What is written in a widget, and on what, in each state that it can have."""
        options = {str(key): str(widget.cget(key)) for key in widget.keys()}  # noqa: SIM118
        if "foreground" not in options:
            return
        behind = options["background"]
        yield options["foreground"], behind
        for text, ground in (
            ("activeforeground", "activebackground"),
            ("disabledforeground", "disabledbackground"),
            ("selectforeground", "selectbackground"),
            ("selectforeground", "inactiveselectbackground"),
            ("foreground", "readonlybackground"),
        ):
            if text in options and (ground in options or text == "disabledforeground"):
                yield options[text], options.get(ground, behind)
        if widget is self.window.transcript.text:
            for tag in self.window.transcript.text.tag_names():
                text = str(self.window.transcript.text.tag_cget(tag, "foreground"))
                yield text, str(self.window.transcript.text.tag_cget(tag, "background")) or behind

    def test_pictures(self) -> None:
        """For people to look at."""
        for theme, name in ((GOSSIP, "gossip"), (DARK, "dark")):
            self.reopen(theme)
            for look in Look:
                self.append(f"[{look.value}] Victor jagt zwölf Boxkämpfer quer über den großen Sylter Deich", look=look)
            self.window.lock(True)
            self.window.box("Unable to connect to server", "Unable to connect to server 127.0.0.1 9999", Part.MESSAGE)
            self.root.update()
            self.display.picture(f"looks-{name}")
            self.window.ask("that is not the password of this server", lambda _: None)
            self.root.update()
            self.display.picture(f"question-{name}")


class KeyTests(ViewCase):
    def test_return_connects(self) -> None:
        for field in (self.window.nick, self.window.host, self.window.port, self.window.connect):
            self.on(field)
            self.keys("Return")
            self.hears("connects", "alice", "h", "7")
            self.user.told.clear()

    def test_return_sends(self) -> None:
        self.on(self.window.message)
        self.types("hi")
        self.keys("Return")
        self.hears("sends", "hi")
        self.assertEqual(self.window.message.get(), "")

    def test_what_was_not_taken_stays(self) -> None:
        self.user.stays = "too long"
        self.on(self.window.message)
        self.types("too long")
        self.on(self.window.send)
        self.keys("Return")
        self.hears("sends", "too long")
        self.assertEqual((self.window.message.get(), self.window.message.selection_get()), ("too long", "too long"))

    def test_what_is_sent_is_to_be_seen(self) -> None:
        self.append(*(f"line {number}" for number in range(100)))
        self.on(self.window.message)
        self.keys("Prior", "Prior")
        self.until(lambda: not self.sees_the_end())
        self.types("hi")
        self.keys("Return")
        self.until(self.sees_the_end)

    def test_the_state(self) -> None:
        self.window.tell_state("#dev, offline, 2 unsent")
        self.assertEqual(self.window.state["text"], "#dev, offline, 2 unsent")
        self.assertTrue(self.window.state.winfo_ismapped())

    def test_up_and_down(self) -> None:
        self.on(self.window.message)
        self.types("half")
        self.keys("Up")
        self.hears("recalls", "-1", "half")
        self.assertEqual(self.window.message.get(), "two")
        self.keys("Down", "Down")
        self.hears("recalls", "1", "two")
        self.hears("recalls", "1", "one")
        self.assertEqual(self.window.message.get(), "one")

    def test_tab_completes(self) -> None:
        self.user.step = Step(2, "bobby: ")
        self.on(self.window.message)
        self.types("bo!")
        self.keys("Left", "Tab")
        self.hears("completes", "bo", "!")
        self.assertEqual(self.window.message.get(), "bobby: !")
        self.assertEqual(self.window.message.index("insert"), 7)
        self.assertIs(self.root.focus_get(), self.window.message)
        self.keys("shift+Tab")
        self.has_focus(self.window.transcript.text)

    def test_tab_with_nothing_to_complete_leaves_no_half_sentence(self) -> None:
        """The blank behind it would press Send."""
        self.on(self.window.message)
        self.types("half")
        self.keys("Tab")
        self.types(" a line")
        self.until(lambda: self.window.message.get() == "half a line")
        self.assertIs(self.root.focus_get(), self.window.message)

    def test_everything_in_turn(self) -> None:
        window = self.window
        turn = [window.connect, window.host, window.port, window.transcript.text, window.message, window.send]
        for widget in [*turn, window.nick]:
            self.keys("Tab")
            self.has_focus(widget)
        for widget in reversed(turn):
            self.keys("shift+Tab")
            self.has_focus(widget)

    def test_ctrl_q(self) -> None:
        self.keys("ctrl+q")
        self.hears("closes")

    def test_the_window_managers_button(self) -> None:
        self.root.tk.call(*self.root.tk.splitlist(self.root.protocol("WM_DELETE_WINDOW")))
        self.hears("closes")

    def test_looking(self) -> None:
        self.until(lambda: self.user.here and self.user.here[-1])
        self.on(self.window.message)
        self.assertTrue(self.user.here[-1])
        code = "import tkinter; root = tkinter.Tk(); root.update(); root.focus_force(); root.update(); root.mainloop()"
        other = subprocess.Popen([sys.executable, "-c", code], env=self.display.environment())
        self.addCleanup(other.wait)
        self.addCleanup(other.terminate)
        self.until(lambda: not self.user.here[-1])
        self.window.message.focus_force()
        self.until(lambda: self.user.here[-1])

    def test_locked(self) -> None:
        self.window.lock(True)
        self.has_focus(self.window.message)
        states = [str(w["state"]) for w in (self.window.nick, self.window.connect, self.window.host, self.window.port)]
        self.assertEqual(states, ["disabled"] * 4)
        self.window.rename("alice2")
        self.assertEqual((self.window.nick.get(), str(self.window.nick["state"])), ("alice2", "disabled"))
        self.window.lock(False)
        self.assertEqual(str(self.window.nick["state"]), "normal")
        self.has_focus(self.window.message)


class TextTests(ViewCase):
    def test_nothing_in_it_is_a_command(self) -> None:
        odd = ["[exit]", "$env(HOME) {", "\\x41 \\", "😀 grüße", "-tags x", "", "%s"]
        self.append(*odd)
        self.append("more")
        self.assertEqual(self.text().split("\n"), [*odd, "more"])

    def test_looks(self) -> None:
        self.append("one")
        self.append("two", look=Look.MENTION)
        text = self.window.transcript.text
        self.assertEqual([str(place) for place in text.tag_ranges("mention")], ["2.0", "2.3"])

    def test_it_follows_only_at_its_end(self) -> None:
        self.append(*(f"line {number}" for number in range(100)))
        self.assertTrue(self.sees_the_end())
        self.on(self.window.message)
        self.keys("Prior")
        self.until(lambda: not self.sees_the_end())
        top = self.window.transcript.text.index("@0,0")
        self.append("more")
        self.assertEqual(self.window.transcript.text.index("@0,0"), top)
        self.keys("Next", "Next")
        self.until(self.sees_the_end)
        self.append("even more")
        self.assertTrue(self.sees_the_end())

    def test_the_end_stays_in_sight_in_a_smaller_window(self) -> None:
        self.append(*(f"line {number}" for number in range(100)))
        self.root.geometry("600x500")
        self.until(lambda: self.root.winfo_height() == 500)
        self.until(self.sees_the_end)

    def test_bounded(self) -> None:
        from twisted_chat.window.transcript import Transcript

        transcript = Transcript(self.root, GOSSIP, limit=3)
        for number in range(5):
            transcript.append([Line(str(number), Look.SAID)])
        self.assertEqual(transcript.text.get("1.0", "end-1c"), "2\n3\n4")
        transcript.append([Line(str(number), Look.SAID) for number in range(9)])
        self.assertEqual(transcript.text.get("1.0", "end-1c"), "6\n7\n8")

    def test_it_can_be_selected_but_not_changed(self) -> None:
        self.append("one", "two")
        self.on(self.window.transcript.text)
        self.types("x")
        self.keys("BackSpace", "ctrl+a")
        self.until(lambda: self.window.transcript.text.tag_ranges("sel"))
        self.assertEqual(self.root.selection_get(selection="PRIMARY"), "one\ntwo")
        self.assertEqual(self.text(), "one\ntwo")

    def test_a_click_gives_it_the_focus(self) -> None:
        self.display.xdotool("mousemove", "300", "300", "click", "1")
        self.has_focus(self.window.transcript.text)


class BoxTests(ViewCase):
    def boxes(self) -> list[str]:
        found = [widget for widget in self.root.winfo_children() if widget.winfo_class() == "Toplevel"]
        return [str(self.root.tk.call("wm", "title", str(widget))) for widget in found]

    def has_button(self, text: str) -> None:
        def focused() -> bool:
            widget = self.root.focus_get()
            return widget is not None and widget.winfo_class() == "Button" and text in widget["text"]

        self.until(focused)

    def test_return_and_escape_close_it(self) -> None:
        for key in ("Return", "Escape", "space"):
            self.on(self.window.connect)
            self.window.box("Invalid port", "A port is a number", Part.PORT)
            self.has_button("OK")
            self.assertEqual(self.boxes(), ["Invalid port"])
            self.keys(key)
            self.has_focus(self.window.port)
            self.assertEqual((self.boxes(), self.window.port.selection_get()), ([], "7"))
        self.assertEqual(self.user.told, [])

    def test_a_field_that_is_locked_gets_no_focus(self) -> None:
        self.window.box("Title", "text", Part.NICK)
        self.window.lock(True)
        self.has_button("OK")
        self.keys("Return")
        self.has_focus(self.window.message)

    def test_one_at_a_time(self) -> None:
        self.window.box("One", "text", Part.NICK)
        self.window.box("Two", "text", Part.HOST)
        self.assertEqual(self.boxes(), ["Two"])
        self.has_button("OK")

    def test_whatever_a_server_says_fits(self) -> None:
        self.window.box("Title", "x" * 100_000, Part.NICK)
        self.has_button("OK")
        (box,) = [widget for widget in self.root.winfo_children() if widget.winfo_class() == "Toplevel"]
        self.assertLess(box.winfo_height(), 400)

    def test_a_box_over_a_question(self) -> None:
        answers = self.ask()
        self.window.box("Title", "text", Part.NICK)
        self.has_button("OK")
        self.keys("Return")
        self.until(lambda: getattr(self.root.focus_get(), "winfo_class", str)() == "Entry")
        self.types("sesame")
        self.keys("Return")
        self.until(lambda: answers)
        self.assertEqual(answers, ["sesame"])

    def ask(self) -> list[str | None]:
        answers: list[str | None] = []
        self.window.ask("Server password", answers.append)
        self.until(lambda: (found := self.root.focus_get()) is not None and found.winfo_toplevel() is not self.root)
        field = self.root.focus_get()
        assert field is not None
        self.assertEqual(field["show"], "*")
        return answers

    def test_a_secret(self) -> None:
        for keys, answer in ((["Return"], "sesame"), (["Tab", "Return"], "sesame"), (["Escape"], None)):
            answers = self.ask()
            self.types("sesame")
            self.keys(*keys)
            self.until(lambda answers=answers: answers)
            self.assertEqual((answers, self.boxes()), ([answer], []))
            self.has_focus(self.window.message)
        answers = self.ask()
        self.keys("Tab", "Tab", "Return")  # Cancel
        self.until(lambda: answers)
        self.assertEqual(answers, [None])

    def test_a_question_that_is_withdrawn(self) -> None:
        answers = self.ask()
        self.window.withdraw()
        self.has_focus(self.window.message)
        self.assertEqual((answers, self.boxes()), ([], []))
