"""Tk's widgets in the colours of a theme."""

from __future__ import annotations

import tkinter
from collections.abc import Callable

from twisted_chat.window.themes import FONT_BUTTON, FONT_TEXT, Font, Theme


def label(parent: tkinter.Misc, theme: Theme, text: str, *, font: Font = FONT_TEXT, wrap: int = 0) -> tkinter.Label:
    """`wrap`: pixels after which a line is broken, 0 for never."""
    return tkinter.Label(
        parent, text=text, font=font, fg=theme.edge.text, bg=theme.edge.behind, wraplength=wrap, justify="left",
        activeforeground=theme.edge.text, activebackground=theme.edge.behind, disabledforeground=theme.edge.text,
    )  # fmt: skip


def entry(parent: tkinter.Misc, theme: Theme, *, width: int, font: Font, show: str = "") -> tkinter.Entry:
    """`width` in characters; `show` stands for each character of a secret."""
    return tkinter.Entry(
        parent, width=width, font=font, show=show, relief="sunken", borderwidth=2,
        fg=theme.entry.text, bg=theme.entry.behind, insertbackground=theme.focus, insertwidth=2,
        disabledforeground=theme.entry_disabled.text, disabledbackground=theme.entry_disabled.behind,
        readonlybackground=theme.entry_disabled.behind,
        selectforeground=theme.selection.text, selectbackground=theme.selection.behind,
        highlightthickness=2, highlightcolor=theme.focus, highlightbackground=theme.edge.behind,
    )  # fmt: skip


def button(parent: tkinter.Misc, theme: Theme, text: str, command: Callable[[], object]) -> tkinter.Button:
    """Space presses it, as everywhere in Tk, and `press_with_return` adds Return."""
    return tkinter.Button(
        parent, text=text, command=command, font=FONT_BUTTON, padx=3, pady=1,
        fg=theme.button.text, bg=theme.button.behind,
        activeforeground=theme.button_active.text, activebackground=theme.button_active.behind,
        disabledforeground=theme.button_disabled.text,
        highlightthickness=2, highlightcolor=theme.focus, highlightbackground=theme.edge.behind,
    )  # fmt: skip


def press_with_return(root: tkinter.Tk) -> None:
    """For all buttons of this root."""
    for key in ("<Return>", "<KP_Enter>"):
        root.bind_class("Button", key, lambda event: event.widget.invoke())
