"""Prints the commands of README.md that stand behind a mark: the gate runs what the reader is told to run.

A mark is an HTML comment ``<!-- run: NAME -->`` on the line before a fenced block.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"


def commands(name: str) -> str:
    """The text of the block that `name` marks. Exits with a message if there is none."""
    found = re.search(rf"<!-- run: {re.escape(name)} -->\n```\w*\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    if found is None:
        sys.exit(f"README.md has no commands marked {name}")
    return found.group(1)


if __name__ == "__main__":
    print(commands(sys.argv[1]), end="")
