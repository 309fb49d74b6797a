"""The command line of the window."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from twisted_chat import __version__
from twisted_chat.client.options import Target, add_target, target
from twisted_chat.window.themes import THEMES, Theme


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for."""

    nick: str
    target: Target
    theme: Theme
    fixed: bool
    times: bool


def parse(arguments: Sequence[str] | None) -> Options:
    """Raises SystemExit after a usage error or ``--help``, as argparse does."""
    parser = argparse.ArgumentParser(
        prog="twisted-chat-window",
        description="Talk in a Twisted Chat, in a window.",
        epilog="Return connects and sends, Tab completes, PageUp and PageDown scroll, Ctrl-Q closes.",
    )
    add = parser.add_argument
    add("nick", metavar="NAME", nargs="?", default="", help="the username that stands in the window at first")
    add_target(parser)
    add("--nick", metavar="NAME", dest="named", default="", help="the same")
    add("--theme", choices=sorted(THEMES), default="gossip", help="the colours (%(default)s)")
    add("--fixed", action="store_true", help="keep the window at 600 x 600")
    add("--times", action="store_true", help="show when each line was said")
    add("--version", action="version", version=f"Twisted Chat {__version__}")
    found = parser.parse_args(arguments)
    return Options(
        nick=(found.named or found.nick).strip(),
        target=target(found),
        theme=THEMES[found.theme],
        fixed=found.fixed,
        times=found.times,
    )
