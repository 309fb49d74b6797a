"""Runs the window: the only module of it that knows the reactor and the clock of the process."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from twisted.logger import Logger

from twisted_chat.client import process
from twisted_chat.client.conversation import Conversation
from twisted_chat.client.effects import Shown, dated
from twisted_chat.client.manners import Manners
from twisted_chat.client.opening import conversation_for, links_for, local_now
from twisted_chat.client.options import PasswordError, Target, server_password
from twisted_chat.client.session import Session
from twisted_chat.client.trust import endpoint
from twisted_chat.window import lines
from twisted_chat.window import options as command_line
from twisted_chat.window.controller import Begin, Controller
from twisted_chat.window.lines import spoken
from twisted_chat.window.options import Options
from twisted_chat.window.talk import Talk

if TYPE_CHECKING:
    import tkinter

_log = Logger()
_NO_TK = (
    "Python's Tk is not installed. It comes with python3-tk (Debian, Ubuntu), python3-tkinter (Fedora), "
    "python-tk (Homebrew)"
)


def main(argv: Sequence[str] | None = None) -> int:
    """The exit status: 0, 1 for no window or for lines that were not confirmed, 2 for what was asked wrongly."""
    process.open_closed_streams()
    options = command_line.parse(argv)
    try:
        password = server_password(options.target)
    except PasswordError as error:
        return _complain(str(error), 2)
    try:
        import tkinter
    except ImportError:
        return _complain(_NO_TK, 1)
    try:
        root = tkinter.Tk(className="Twisted-chat")
    except tkinter.TclError as error:
        return _complain(f"no window can be opened: {' '.join(str(error).split())}", 1)
    try:
        return _run(options, password, root)
    finally:
        root.destroy()


def _run(options: Options, password: str | None, root: tkinter.Tk) -> int:
    from twisted.internet import reactor as installed
    from twisted.internet import tksupport

    from twisted_chat.window.view import Window

    reactor: Any = installed  # a module to mypy
    process.set_clock(reactor)
    root.report_callback_exception = _report

    def render(shown: Shown) -> str:
        said = replace(shown, text=spoken(shown))
        return dated(said, datetime.now().date(), None) if options.times else said.text

    window = Window(root, options.theme, fixed=options.fixed)
    window.fill(options.nick, options.target.host, options.target.port)
    controller = Controller(
        window,
        _beginning(reactor, options.target, password),
        options.target,
        reactor,
        now=local_now,
        render=render,
        console=process.print_line,
    )
    window.attach(controller)

    def begin() -> None:
        tksupport.install(root)  # type: ignore[no-untyped-call]
        controller.begin()

    outcome = process.run(reactor, begin, controller.interrupted, controller.over)
    tksupport.uninstall()  # type: ignore[no-untyped-call]
    return _complain(outcome.line, outcome.status) if outcome.line else outcome.status


def _beginning(reactor: Any, home: Target, password: str | None) -> Begin:
    """What makes a conversation, its screen and its session. The password is for `home` alone: whoever types another
    address does not mean to send it there."""

    def begin(target: Target, nick: str, screen: Callable[[Conversation], Talk]) -> tuple[Talk, Session]:
        reached = endpoint(reactor, target.host, target.port, tls=target.tls, ca=target.ca)
        known = password if target.where == home.where else None
        conversation = conversation_for(target, nick, password=known, speech=lines)
        talk = screen(conversation)
        manners = Manners(
            tls=target.tls,
            plaintext_passwords=target.plaintext_passwords,
            advice="Is the server running?",
            way_out="Closing the window again leaves at once.",
        )
        make = links_for(target)
        return talk, Session(conversation, talk, reached, target.where, reactor, random.random, manners, make=make)

    return begin


def _report(kind: type[BaseException], error: BaseException, traceback: object) -> None:
    """What went wrong in an event of Tk's."""
    _log.failure("in the window")


def _complain(line: str, status: int) -> int:
    return process.complain("twisted-chat-window", line, status)


if __name__ == "__main__":
    sys.exit(main())
