"""``twisted-chat-admin``: from the command line to an exit status."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Sequence

from twisted_chat.admin.commands import Refused
from twisted_chat.admin.options import parse
from twisted_chat.boundaries import JournalUnusable
from twisted_chat.core.text import clean

FAILED = 1
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what was asked for; a failure is one line on standard error."""
    asked = parse(arguments)
    try:
        return int(asked.run(asked))
    except BrokenPipeError:
        # Whoever reads has enough: `export | head`. What is left in the buffer must not be tried again at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except (Refused, JournalUnusable) as error:
        why = str(error)
    except OSError as error:
        why = f"{error.filename or asked.database}: {error.strerror or error}"
    except sqlite3.Error as error:
        why = f"{asked.database}: {error}"
    print(f"twisted-chat-admin: {clean(why)}", file=sys.stderr)
    return FAILED


if __name__ == "__main__":
    sys.exit(main())
