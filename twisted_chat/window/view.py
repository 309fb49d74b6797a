"""The window itself: Tk's widgets and nothing else."""

from __future__ import annotations

import tkinter
from collections.abc import Callable, Sequence
from typing import Literal

from twisted_chat.window.boxes import Box, Question
from twisted_chat.window.lines import Line
from twisted_chat.window.seams import Part, User, View
from twisted_chat.window.themes import FONT_HEADING, FONT_SMALL, Theme
from twisted_chat.window.transcript import Transcript
from twisted_chat.window.widgets import button, entry, label, press_with_return

WIDTH = 600
HEIGHTS = (100, 400, 100)
"""Of the top, the text and the bottom, in pixels; a bigger window shares its height in this proportion."""
_MARGIN = 8
_AT_LEAST = 0.9
"""Of the width that the rows would like: their entries can give way a little."""
_SHIFT = 1
"""In the state of a key event."""


class Window:
    """Begins empty; `attach` says who is told of what the user does."""

    def __init__(self, root: tkinter.Tk, theme: Theme, *, fixed: bool = False) -> None:
        self._root = root
        self._theme = theme
        self._user: User | None = None
        self._box: Box | None = None
        self._question: Question | None = None
        root.configure(bg=theme.edge.behind)
        rows = [tkinter.Frame(root, bg=theme.edge.behind) for _ in HEIGHTS]
        top = self._make_top(rows[0])
        self.transcript = Transcript(rows[1], theme)
        self.transcript.place(relwidth=1, relheight=1)
        bottom = self._make_bottom(rows[2])
        for part in (top, bottom):
            part.place(relx=0.5, rely=0.5, anchor="center", relwidth=1, width=-2 * _MARGIN)
        self._lay_out(rows, (top, bottom), fixed=fixed)
        self._bind_keys()
        root.protocol("WM_DELETE_WINDOW", self._close)
        if root.tk.call("tk", "windowingsystem") == "aqua":
            root.createcommand("::tk::mac::Quit", self._close)
        self.nick.focus_set()

    def attach(self, user: User) -> None:
        self._user = user

    def _make_top(self, parent: tkinter.Frame) -> tkinter.Frame:
        """The name and the button; under them, smaller, where to connect to."""
        top = tkinter.Frame(parent, bg=self._theme.edge.behind)
        row = tkinter.Frame(top, bg=self._theme.edge.behind)
        label(row, self._theme, "Enter username:", font=FONT_HEADING).pack(side="left")
        self.nick = entry(row, self._theme, width=23, font=FONT_HEADING)
        self.connect = button(row, self._theme, "connect", self._connect)
        self.connect.pack(side="right", padx=(6, 0))
        self.nick.pack(side="left", fill="x", expand=True, padx=(6, 0))
        row.pack(fill="x")
        row = tkinter.Frame(top, bg=self._theme.edge.behind)
        label(row, self._theme, "Host:", font=FONT_SMALL).pack(side="left")
        self.host = entry(row, self._theme, width=26, font=FONT_SMALL)
        self.host.pack(side="left", fill="x", expand=True, padx=(4, 12))
        label(row, self._theme, "Port:", font=FONT_SMALL).pack(side="left")
        self.port = entry(row, self._theme, width=7, font=FONT_SMALL)
        self.port.pack(side="left", padx=(4, 0))
        row.pack(fill="x", pady=(4, 0))
        return top

    def _make_bottom(self, parent: tkinter.Frame) -> tkinter.Frame:
        bottom = tkinter.Frame(parent, bg=self._theme.edge.behind)
        row = tkinter.Frame(bottom, bg=self._theme.edge.behind)
        self.message = entry(row, self._theme, width=38, font=FONT_HEADING)
        self.send = button(row, self._theme, "Send", self._send)
        self.send.pack(side="right", padx=(4, 0))
        self.message.pack(side="left", fill="x", expand=True)
        row.pack(fill="x")
        self.state = label(bottom, self._theme, "", font=FONT_SMALL)
        self.state.pack(anchor="w", padx=(4, 0))
        return bottom

    def _lay_out(self, rows: list[tkinter.Frame], parts: tuple[tkinter.Frame, ...], *, fixed: bool) -> None:
        """Rows of 100, 400 and 100 pixels, more where big fonts need it."""
        self._root.update_idletasks()
        wanted = max(part.winfo_reqwidth() + 2 * _MARGIN for part in parts)
        width = max(WIDTH, round(wanted * _AT_LEAST))
        edge = max(part.winfo_reqheight() + _MARGIN for part in parts)
        self._root.columnconfigure(0, weight=1)
        for number, (row, height) in enumerate(zip(rows, HEIGHTS, strict=True)):
            row.configure(width=width, height=max(height, edge))
            row.grid(row=number, column=0, sticky="nsew")
            self._root.rowconfigure(number, weight=height // 100)
        self._root.update_idletasks()
        self._root.geometry(f"{width}x{self._root.winfo_reqheight()}")
        if fixed:
            self._root.resizable(False, False)
        else:
            self._root.minsize(width * 2 // 3, 2 * edge + 120)

    def _bind_keys(self) -> None:
        press_with_return(self._root)
        for key in ("<Return>", "<KP_Enter>"):
            for field in (self.nick, self.host, self.port):
                field.bind(key, lambda _: self._connect())
            self.message.bind(key, lambda _: self._send())
        self.message.bind("<Up>", lambda _: self._recall(-1))
        self.message.bind("<Down>", lambda _: self._recall(1))
        self.message.bind("<Tab>", self._complete)
        for key, pages in (("<Prior>", -1), ("<Next>", 1)):
            self.message.bind(key, lambda _, pages=pages: self.transcript.scroll(pages))  # type: ignore[misc]
        for key in ("<Control-q>", "<Control-Q>"):
            self._root.bind_all(key, lambda _: self._close())
        for what in ("<FocusIn>", "<FocusOut>"):
            self._root.bind_all(what, lambda _: self._look(), add="+")

    # What can be done to it.

    def fill(self, nick: str, host: str, port: int) -> None:
        for field, text in ((self.nick, nick), (self.host, host), (self.port, str(port))):
            _put(field, text)

    def rename(self, nick: str) -> None:
        if self.nick.get() != nick:
            state = self.nick["state"]
            self.nick.configure(state="normal")
            _put(self.nick, nick)
            self.nick.configure(state=state)

    def append(self, lines: Sequence[Line]) -> None:
        self.transcript.append(lines)

    def entitle(self, title: str) -> None:
        if self._root.title() != title:
            self._root.title(title)

    def tell_state(self, state: str) -> None:
        if self.state["text"] != state:
            self.state.configure(text=state)

    def lock(self, locked: bool) -> None:
        state: Literal["disabled", "normal"] = "disabled" if locked else "normal"
        for field in (self.nick, self.host, self.port):
            field.configure(state=state)
        self.connect.configure(state=state)
        if self._box is not None or self._question is not None:
            return  # It has the focus, or is about to get it.
        if locked and self._root.focus_lastfor() in (self.nick, self.connect, self.host, self.port, self._root):
            self.message.focus_set()

    def box(self, title: str, text: str, then: Part) -> None:
        if self._box is not None:
            self._box.dismiss()
        self._box = Box(self._root, self._theme, title, text, lambda: self._unboxed(then))

    def ask(self, question: str, answered: Callable[[str | None], None]) -> None:
        def done(answer: str | None) -> None:
            self._question = None
            self._focus(Part.MESSAGE)
            answered(answer)

        self.withdraw()
        self._question = Question(self._root, self._theme, "Password", question, done)

    def withdraw(self) -> None:
        question, self._question = self._question, None
        if question is not None:
            self._focus(Part.MESSAGE)
            question.withdraw_question()

    # What the user does.

    def _connect(self) -> None:
        if self._user is not None:
            self._user.connects(self.nick.get(), self.host.get(), self.port.get())

    def _send(self) -> None:
        if self._user is not None:
            kept = self._user.sends(self.message.get())
            _put(self.message, kept)
            if kept:  # it was not taken: what is typed next takes its place
                self.message.select_range(0, "end")
            else:
                self.transcript.follow()

    def _recall(self, by: int) -> str:
        text = self._user.recalls(by, self.message.get()) if self._user is not None else None
        if text is not None:
            _put(self.message, text)
        return "break"

    def _complete(self, event: tkinter.Event[tkinter.Entry]) -> str | None:
        """In an empty entry Tab does what it does elsewhere."""
        if self._user is None or (isinstance(event.state, int) and event.state & _SHIFT):
            return None
        text, cursor = self.message.get(), self.message.index("insert")
        step = self._user.completes(text[:cursor], text[cursor:])
        if step is None:  # a half sentence shall not be sent by the blank behind it
            return "break" if text else None
        self.message.delete(cursor - step.erase, cursor)
        self.message.insert("insert", step.word)
        return "break"

    def _look(self) -> None:
        if self._user is not None:
            self._user.looks(self._root.tk.call("focus") != "")

    def _close(self) -> None:
        if self._user is not None:
            self._user.closes()

    def _unboxed(self, then: Part) -> None:
        self._box = None
        if self._question is not None:
            self._question.secret.focus_set()
        else:
            self._focus(then)

    def _focus(self, part: Part) -> None:
        field = {Part.NICK: self.nick, Part.HOST: self.host, Part.PORT: self.port}.get(part, self.message)
        if field["state"] == "disabled":
            field = self.message
        elif field is not self.message:  # what was typed there was wrong: typing puts something else there
            field.select_range(0, "end")
            field.icursor("end")
        field.focus_set()


def _put(field: tkinter.Entry, text: str) -> None:
    field.delete(0, "end")
    field.insert(0, text)
    field.xview_moveto(1)


_check: type[View] = Window
