"""Runs the client: the only module of it that knows the reactor, the streams and the clock of the process."""

from __future__ import annotations

if __name__ == "__main__":  # before what takes time to read
    from twisted_chat.client.begin import die_at_interrupt

    die_at_interrupt()

import asyncio
import importlib.util
import os
import random
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from twisted_chat.client import options as command_line
from twisted_chat.client import process
from twisted_chat.client.begin import die_at_interrupt, heed_interrupts
from twisted_chat.client.conversation import Conversation
from twisted_chat.client.effects import Shown, dated
from twisted_chat.client.opening import conversation_for, links_for
from twisted_chat.client.options import Options, PasswordError, account_password, server_password


def main(argv: Sequence[str] | None = None) -> int:
    """The exit status: 0, 1 for what the server or the network refused, 2 for what was asked wrongly."""
    process.open_closed_streams()
    options = command_line.parse(argv)
    try:
        nick = options.nick or _ask_nick()
    except (EOFError, KeyboardInterrupt):
        print()
        return 0
    if nick is None:
        return _complain("give a nickname: standard input is no terminal to ask at", 2)
    try:
        password = server_password(options.target)
        own = account_password(options)
    except PasswordError as error:
        return _complain(str(error), 2)
    history_lines = 0 if options.once else None
    conversation = conversation_for(options.target, nick, password=password, history_lines=history_lines)
    if own is not None:
        conversation.keep_password(own)
    try:
        return _run(options, conversation)
    finally:
        process.restore_streams()


def _run(options: Options, conversation: Conversation) -> int:
    editable = not options.plain and not options.once and _is_terminal()
    fancy = editable and importlib.util.find_spec("prompt_toolkit") is not None
    if fancy:
        # prompt_toolkit lives on asyncio. The loop is set before the reactor takes it: both have the same.
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        from twisted.internet import asyncioreactor

        asyncioreactor.install(loop)  # type: ignore[no-untyped-call]
    from twisted.internet import reactor as installed

    from twisted_chat.client.manners import Manners
    from twisted_chat.client.session import Session
    from twisted_chat.client.trust import TrustError, endpoint

    reactor: Any = installed  # a module to mypy
    process.set_clock(reactor)
    server = options.target
    try:
        target = endpoint(reactor, server.host, server.port, tls=server.tls, ca=server.ca)
    except TrustError as trouble:
        return _complain(str(trouble), 2)

    def render(shown: Shown) -> str:
        return dated(shown, datetime.now().date(), None) if options.times else shown.text

    manners = Manners(
        retry=options.retry,
        reconnect=options.reconnect,
        interactive=os.isatty(0),
        strict=options.once,
        tls=server.tls,
        plaintext_passwords=server.plaintext_passwords,
    )
    screen: Any
    if fancy:
        from twisted_chat.client.terminal import Terminal

        screen = Terminal(conversation, loop, render=render, bell=options.bell)
    else:
        from twisted.internet.stdio import StandardIO

        from twisted_chat.client.stdio import LineScreen

        screen = LineScreen(
            lambda protocol: StandardIO(protocol, reactor=reactor),  # type: ignore[no-untyped-call]
            reactor,
            render=render,
            complain=process.print_error,
            echo=_echo,
            only_errors=options.once,
            piped=not manners.interactive,
            bell=options.bell and os.isatty(1),
        )
    make = links_for(server)
    session = Session(conversation, screen, target, server.where, reactor, random.random, manners, make=make)

    def begin() -> None:
        session.begin()
        if not fancy and manners.interactive:
            signal.signal(signal.SIGINT, lambda *_: reactor.callFromThread(interrupt))
        if editable and not fancy:
            hint = "There is no line editing here. It comes with: pip install prompt_toolkit"
            screen.show(conversation.status(hint))

    def interrupt() -> None:
        if not screen.cancel():
            reactor.stop()

    outcome = process.run(reactor, begin, session.interrupted, session.over)
    if fancy:
        loop.close()
    return _complain(outcome.line, outcome.status) if outcome.line else outcome.status


def _is_terminal() -> bool:
    """One that can move its cursor."""
    return os.isatty(0) and os.isatty(1) and os.environ.get("TERM", "dumb") not in ("dumb", "unknown")


def _ask_nick() -> str | None:
    if not os.isatty(0):
        return None
    from twisted_chat.client.session import NICK_QUESTION

    heed_interrupts()
    while not (nick := input(NICK_QUESTION).strip()):
        pass
    die_at_interrupt()
    return nick


def _complain(line: str, status: int) -> int:
    return process.complain("twisted-chat", line, status)


def _echo(on: bool) -> None:
    import termios

    with suppress(termios.error):
        state = termios.tcgetattr(0)
        state[3] = state[3] | termios.ECHO if on else state[3] & ~termios.ECHO
        termios.tcsetattr(0, termios.TCSANOW, state)


if __name__ == "__main__":
    sys.exit(main())
