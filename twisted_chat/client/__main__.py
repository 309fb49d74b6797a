"""Runs the client: the only module of it that knows the reactor, the streams and the clock of the process."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import random
import secrets
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

from twisted_chat import __version__
from twisted_chat.client import options as command_line
from twisted_chat.client.conversation import Conversation
from twisted_chat.client.dialects import ORIGINAL
from twisted_chat.client.effects import Shown, dated
from twisted_chat.client.old_conversation import OldConversation
from twisted_chat.client.options import Options, PasswordError, server_password
from twisted_chat.client.outbox import Outbox


def main(argv: Sequence[str] | None = None) -> int:
    """The exit status: 0, 1 for what the server or the network refused, 2 for what was asked wrongly."""
    _open_closed_streams()
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
    except PasswordError as error:
        return _complain(str(error), 2)
    outbox = Outbox(secrets.token_hex(8))
    conversation: Conversation
    if options.target.dialect in ORIGINAL:
        conversation = OldConversation(ORIGINAL[options.target.dialect], nick, outbox, now=_now)
    else:
        conversation = Conversation(
            nick,
            options.target.rooms,
            outbox,
            now=_now,
            client=f"twisted-chat {__version__}",
            server_password=password,
            history_lines=0 if options.once else 20,
        )
    try:
        return _run(options, conversation)
    finally:
        _restore_streams()


def _run(options: Options, conversation: Conversation) -> int:
    editable = not options.plain and not options.once and _is_terminal()
    fancy = editable and importlib.util.find_spec("prompt_toolkit") is not None
    if fancy:
        # prompt_toolkit lives on asyncio. The loop is set before the reactor takes it: both have the same.
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        from twisted.internet import asyncioreactor

        asyncioreactor.install(loop)  # type: ignore[no-untyped-call]
    from twisted.internet import error
    from twisted.internet import reactor as installed
    from twisted.internet.defer import Deferred

    from twisted_chat.client.connection import Connection
    from twisted_chat.client.manners import Manners, Outcome
    from twisted_chat.client.session import Session
    from twisted_chat.client.trust import TrustError, endpoint
    from twisted_chat.client.unframed import Unframed

    reactor: Any = installed  # a module to mypy
    # Twisted's own timers follow the time of day: a step of it would look like a server that fell silent.
    reactor.seconds = time.monotonic
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
            complain=_print_error,
            echo=_echo,
            only_errors=options.once,
            piped=not manners.interactive,
            bell=options.bell and os.isatty(1),
        )
    make = partial(Unframed, ORIGINAL[server.dialect]) if server.dialect in ORIGINAL else Connection
    session = Session(conversation, screen, target, server.where, reactor, random.random, manners, make=make)
    outcomes: list[Outcome] = []
    stopped: Deferred[None] = Deferred()

    def over(outcome: Outcome) -> None:
        outcomes.append(outcome)
        stopped.callback(None)
        with suppress(error.ReactorNotRunning):  # a signal stopped it already
            reactor.stop()

    def shutting_down() -> Deferred[None]:
        session.interrupted()
        return stopped

    session.over.addCallback(over)
    reactor.addSystemEventTrigger("before", "shutdown", shutting_down)
    reactor.callWhenRunning(session.begin)
    if editable and not fancy:
        hint = conversation.status("There is no line editing here. It comes with: pip install prompt_toolkit")
        reactor.callWhenRunning(screen.show, hint)
    reactor.run()
    if fancy:
        loop.close()
    outcome = outcomes[0] if outcomes else Outcome(1)
    return _complain(outcome.line, outcome.status) if outcome.line else outcome.status


def _now() -> datetime:
    return datetime.now().astimezone()


def _is_terminal() -> bool:
    """One that can move its cursor."""
    return os.isatty(0) and os.isatty(1) and os.environ.get("TERM", "dumb") not in ("dumb", "unknown")


def _ask_nick() -> str | None:
    if not os.isatty(0):
        return None
    from twisted_chat.client.session import NICK_QUESTION

    while not (nick := input(NICK_QUESTION).strip()):
        pass
    return nick


def _complain(line: str, status: int) -> int:
    _restore_streams()
    _print_error(line if line.startswith("!!! ") else f"twisted-chat: {line}")
    return status


def _print_error(line: str) -> None:
    """Standard error may be a pipe to nobody, or share a terminal that does not block and is full."""
    data = line.encode("utf-8", "replace") + b"\n"
    while data:
        try:
            data = data[os.write(2, data) :]
        except BlockingIOError:
            os.set_blocking(2, True)
        except OSError:
            return


def _echo(on: bool) -> None:
    import termios

    with suppress(termios.error):
        state = termios.tcgetattr(0)
        state[3] = state[3] | termios.ECHO if on else state[3] & ~termios.ECHO
        termios.tcsetattr(0, termios.TCSANOW, state)


def _open_closed_streams() -> None:
    """Whoever starts us with a stream closed gets /dev/null there, not our socket."""
    for fd in (0, 1, 2):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _restore_streams() -> None:
    """Twisted makes them non-blocking, also for the shell and whoever else has the same terminal or pipe."""
    for fd in (0, 1, 2):
        with suppress(OSError):
            os.set_blocking(fd, True)


if __name__ == "__main__":
    sys.exit(main())
