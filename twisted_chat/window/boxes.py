"""Boxes over the window that wait for nobody.

Tk's own message boxes run an event loop inside the one that shows them: as long as such a box stood there, nothing
that Twisted does would go on, and the server would think that we are dead.
"""

from __future__ import annotations

import tkinter
from collections.abc import Callable

from twisted_chat.window.themes import FONT_HEADING, FONT_TEXT, Theme
from twisted_chat.window.widgets import button, entry, label

_WIDTH = 420
"""Pixels that a line of text has at most."""
_LONGEST = 300
"""Characters that are shown."""


def shortened(text: str) -> str:
    """What a server says is no reason to open a window of any height: the display may not even survive it."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


class _Dialog(tkinter.Toplevel):
    """What the boxes have in common: it stands over `root`, Escape closes it."""

    def __init__(self, root: tkinter.Tk, theme: Theme, title: str, text: str) -> None:
        super().__init__(
            root, bg=theme.edge.behind, padx=16, pady=12,
            highlightthickness=1, highlightbackground=theme.focus, highlightcolor=theme.focus,
        )  # fmt: skip
        self.withdraw()
        self.title(title)
        self.resizable(False, False)
        self.transient(root)
        self.protocol("WM_DELETE_WINDOW", self.dismiss)
        self.bind("<Escape>", lambda _: self.dismiss())
        label(self, theme, shortened(text), font=FONT_TEXT, wrap=_WIDTH).pack(anchor="w", pady=(0, 10))
        self.buttons = tkinter.Frame(self, bg=theme.edge.behind)

    def appear(self, first: tkinter.Widget) -> None:
        """In the middle of the window, with the focus on `first` if the window has it."""
        self.buttons.pack(anchor="e")
        self.update_idletasks()
        root = self.master
        x = root.winfo_rootx() + (root.winfo_width() - self.winfo_reqwidth()) // 2
        y = root.winfo_rooty() + (root.winfo_height() - self.winfo_reqheight()) // 3
        self.geometry(f"+{max(x, 0)}+{max(y, 0)}")
        self.deiconify()
        self.lift()
        first.focus_set()

    def dismiss(self) -> None:
        raise NotImplementedError


class Box(_Dialog):
    """Says something, until OK, Return or Escape."""

    def __init__(self, root: tkinter.Tk, theme: Theme, title: str, text: str, closed: Callable[[], None]) -> None:
        """`closed` is called once, while the box still stands: it puts the focus elsewhere."""
        super().__init__(root, theme, title, text)
        self._closed: Callable[[], None] | None = closed
        ok = button(self.buttons, theme, " OK ", self.dismiss)
        ok.pack()
        for key in ("<Return>", "<KP_Enter>"):
            self.bind(key, lambda _: self.dismiss())
        self.appear(ok)

    def dismiss(self) -> None:
        closed, self._closed = self._closed, None
        if closed is not None:
            closed()
            self.destroy()


class Question(_Dialog):
    """Asks for a secret."""

    def __init__(
        self, root: tkinter.Tk, theme: Theme, title: str, text: str, answered: Callable[[str | None], None]
    ) -> None:
        """`answered` is called once, while it still stands; with None for Cancel and Escape."""
        super().__init__(root, theme, title, text)
        self._answered: Callable[[str | None], None] | None = answered
        self.secret = entry(self, theme, width=24, font=FONT_HEADING, show="*")
        self.secret.pack(fill="x", pady=(0, 10))
        for key in ("<Return>", "<KP_Enter>"):
            self.secret.bind(key, lambda _: self._answer(self.secret.get()))
        button(self.buttons, theme, " OK ", lambda: self._answer(self.secret.get())).pack(side="left", padx=(0, 8))
        button(self.buttons, theme, "Cancel", self.dismiss).pack(side="left")
        self.appear(self.secret)

    def dismiss(self) -> None:
        self._answer(None)

    def withdraw_question(self) -> None:
        """Nobody wants to know any more."""
        self._answered = None
        self.destroy()

    def _answer(self, text: str | None) -> None:
        answered, self._answered = self._answered, None
        if answered is not None:
            answered(text)
            self.destroy()
