"""A view that writes down what is done to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from twisted_chat.window.lines import Line
from twisted_chat.window.seams import Part, View


class ViewDouble:
    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.appended = 0
        self.titles: list[str] = []
        self.locked = False
        self.state = ""
        self.boxes: list[tuple[str, str, Part]] = []
        self.nick = ""
        self.question: str | None = None
        self.answered: Callable[[str | None], None] = lambda _: None

    @property
    def texts(self) -> list[str]:
        return [line.text for line in self.lines]

    @property
    def title(self) -> str:
        return self.titles[-1]

    def fill(self, nick: str, host: str, port: int) -> None:
        self.nick = nick

    def rename(self, nick: str) -> None:
        self.nick = nick

    def append(self, lines: Sequence[Line]) -> None:
        self.appended += 1
        self.lines += lines

    def entitle(self, title: str) -> None:
        self.titles.append(title)

    def tell_state(self, state: str) -> None:
        self.state = state

    def lock(self, locked: bool) -> None:
        self.locked = locked

    def box(self, title: str, text: str, then: Part) -> None:
        self.boxes.append((title, text, then))

    def ask(self, question: str, answered: Callable[[str | None], None]) -> None:
        self.question, self.answered = question, answered

    def withdraw(self) -> None:
        self.question = None


_check: type[View] = ViewDouble
