"""The seam between the widgets and what they are for: what a view can do, and what it tells of its user."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import Protocol

from twisted_chat.client.completion import Step
from twisted_chat.window.lines import Line


class Part(Enum):
    """What the focus can be put on."""

    NICK = auto()
    HOST = auto()
    PORT = auto()
    MESSAGE = auto()


class User(Protocol):
    """What the view tells. Nothing in here may wait."""

    def connects(self, nick: str, host: str, port: str) -> None:
        """The texts are as they stand in the entries."""

    def sends(self, text: str) -> str:
        """What is to stay in the entry: what was not taken."""

    def recalls(self, by: int, present: str) -> str | None:
        """The text that comes in the place of `present`: before it (-1) or after it (1)."""

    def completes(self, before: str, after: str) -> Step | None: ...

    def looks(self, here: bool) -> None:
        """The window got the focus, or lost it."""

    def closes(self) -> None: ...


class View(Protocol):
    """What can be done to the window."""

    def fill(self, nick: str, host: str, port: int) -> None: ...

    def rename(self, nick: str) -> None:
        """Another nickname stands in the entry."""

    def append(self, lines: Sequence[Line]) -> None:
        """Text at the end; what stands there is kept up to a limit."""

    def entitle(self, title: str) -> None: ...

    def tell_state(self, state: str) -> None:
        """Where the user talks, and what is not as usual."""

    def lock(self, locked: bool) -> None:
        """Whether we are in: then there is nothing to connect."""

    def box(self, title: str, text: str, then: Part) -> None:
        """Something to be read and closed; then the focus goes to a part."""

    def ask(self, question: str, answered: Callable[[str | None], None]) -> None:
        """For a secret. Answered with None: the user does not want to say it."""

    def withdraw(self) -> None:
        """The question, if there is one, is not asked any more, and not answered."""
