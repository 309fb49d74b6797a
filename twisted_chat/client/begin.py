"""Where ``twisted-chat`` begins: while its parts are read, which takes half a second, Ctrl-C ends it without a word."""

from __future__ import annotations

import signal


def main() -> int:
    die_at_interrupt()
    from twisted_chat.client.__main__ import main as run

    return run()


def die_at_interrupt() -> None:
    """Instead of raising KeyboardInterrupt wherever we are; unless we were started with it ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def heed_interrupts() -> None:
    """Take that back: from here on somebody takes a KeyboardInterrupt, or the reactor the signal."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
