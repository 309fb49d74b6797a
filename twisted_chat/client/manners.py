"""How a session behaves, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass

PATIENCE = 5.0
"""Seconds that who leaves at a keyboard waits for what is unconfirmed. A pipe waits longer."""
GIVE_UP_AFTER = 60.0
"""Seconds that a pipe waits to be let in, or in again: nobody may be there to notice."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How a session behaves."""

    retry: bool = False
    """Wait for a server that is not there yet."""
    reconnect: bool = True
    """Come back after a cut."""
    interactive: bool = True
    """Somebody can be asked."""
    strict: bool = False
    """A line that was refused makes the status 1."""
    tls: bool = False
    """The connection is encrypted."""
    plaintext_passwords: bool = False
    """Passwords may cross the net in clear."""
    advice: str = "Is the server running? --retry waits for it."
    """For who reached nobody."""
    way_out: str = "Ctrl-C leaves at once."
    """For who waits for what is unconfirmed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The exit status, and the line on standard error that explains it."""

    status: int
    line: str = ""


def counted(count: int) -> str:
    return f"{count} unconfirmed {'line' if count == 1 else 'lines'}"


def unconfirmed(count: int) -> str:
    return f"{count} {'line was' if count == 1 else 'lines were'} not confirmed"
