"""What a row of the table of commands is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twisted_chat.core.session import Session

Lines = Callable[[], Iterable[str]]
"""Found when everything that was posted before is done: an answer keeps its place among events."""


@dataclass(frozen=True, slots=True)
class Command:
    """One row of the table.

    `run` gets the session, the rest of the line and the asker's id for it, and may give lines to answer with; with
    `answers_itself` it sees to the answer on its own; with `asks` it does so where its parameters are missing. `exact`
    commands can't be abbreviated. Those `for_operators` are refused to everybody else, and are in nobody else's help.
    """

    name: str
    parameters: str
    help: str
    run: Callable[[Session, str, str | None], Lines | None]
    aliases: tuple[str, ...] = ()
    exact: bool = False
    answers_itself: bool = False
    for_operators: bool = False
    asks: bool = False

    @property
    def usage(self) -> str:
        return f"/{self.name} {self.parameters}".rstrip()
