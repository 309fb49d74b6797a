"""The text of the window: read-only, bounded, and it follows what comes only while its end is in sight."""

from __future__ import annotations

import tkinter
from collections.abc import Sequence

from twisted_chat.window.lines import Line
from twisted_chat.window.themes import FONT_MENTION, FONT_TEXT, Look, Theme

MAX_LINES = 5000
"""Older ones are forgotten; the log of the server has them."""


class Transcript(tkinter.Frame):
    """A text and its scroll bar."""

    def __init__(self, parent: tkinter.Misc, theme: Theme, *, limit: int = MAX_LINES) -> None:
        super().__init__(parent, bg=theme.text.behind)
        self._limit = limit
        self._at_end = True
        self.text = tkinter.Text(
            self, width=1, height=1, wrap="word", state="disabled", takefocus=True, font=FONT_TEXT, cursor="xterm",
            padx=8, pady=6, spacing3=2, relief="flat", borderwidth=0,
            fg=theme.text.text, bg=theme.text.behind, insertbackground=theme.focus,
            selectforeground=theme.selection.text, selectbackground=theme.selection.behind,
            inactiveselectbackground=theme.selection.behind,
            highlightthickness=2, highlightcolor=theme.focus, highlightbackground=theme.text.behind,
        )  # fmt: skip
        self._bar = tkinter.Scrollbar(
            self, command=self.text.yview, takefocus=False, bg=theme.button.behind,
            activebackground=theme.button_active.behind, troughcolor=theme.trough,
            highlightthickness=0, borderwidth=1,
        )  # fmt: skip
        self._bar.pack(side="right", fill="y")
        self.text.pack(side="left", fill="both", expand=True)
        self._set_looks(theme)
        self.text.configure(yscrollcommand=self._scrolled)
        self.text.bind("<Configure>", self._resized)
        self.text.bind("<Button-1>", lambda _: self.text.focus_set())
        for key in ("<Control-a>", "<Control-A>"):
            self.text.bind(key, self._select_all)
        for key, lines in (("<Up>", -1), ("<Down>", 1)):
            self.text.bind(key, lambda _, lines=lines: self._scroll(lines))  # type: ignore[misc]

    def _set_looks(self, theme: Theme) -> None:
        for look, colours in theme.looks.items():
            if look is Look.MENTION:
                self.text.tag_configure(
                    look.value, foreground=colours.text, background=colours.behind, font=FONT_MENTION
                )
            else:
                self.text.tag_configure(look.value, foreground=colours.text)
        self.text.tag_raise("sel")

    def append(self, lines: Sequence[Line]) -> None:
        """Tk takes each as it is: nothing in it is a command."""
        following = self._sees_the_end()
        pieces: list[str] = []
        for line in lines[-self._limit :]:
            # A line's end with the background of a mention would colour the rest of its row.
            pieces += ["\n", "", line.text, line.look.value]
        if not self._count():
            del pieces[:2]
        if pieces:
            self.text.configure(state="normal")
            self.text.insert("end", *pieces)
            excess = self._count() - self._limit
            if excess > 0:
                self.text.delete("1.0", f"{excess + 1}.0")
            self.text.configure(state="disabled")
        if following:
            self.text.see("end")

    def follow(self) -> None:
        """What comes next is to be seen."""
        self.text.see("end")

    def scroll(self, pages: int) -> None:
        self.text.yview_scroll(pages, "pages")

    def _count(self) -> int:
        if self.text.compare("end-1c", "==", "1.0"):
            return 0
        return int(self.text.index("end-1c").partition(".")[0])

    def _sees_the_end(self) -> bool:
        if self.text.winfo_height() <= 1:  # not laid out yet
            return True
        return self.text.dlineinfo("end-1c") is not None

    def _scrolled(self, first: float, last: float) -> None:
        """Tk gives both as texts."""
        self._at_end = float(last) >= 1.0
        self._bar.set(first, last)

    def _resized(self, _: object) -> None:
        if self._at_end:  # as it was before: Tk keeps the first line in sight, not the last
            self.text.see("end")

    def _select_all(self, _: object) -> str:
        self.text.tag_add("sel", "1.0", "end-1c")
        return "break"

    def _scroll(self, lines: int) -> str:
        self.text.yview_scroll(lines, "units")
        return "break"
