"""Passwords that a command lacks: asked for one after the other, where the door can, and never taken for talk."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twisted_chat.core.errors import BadPassword, Busy, ChatError, NeedText
from twisted_chat.core.text import clean

if TYPE_CHECKING:
    from twisted_chat.core.session import Session

NEW = "a new password"
AGAIN = "the new password again"
"""What is asked for twice, to be sure."""


def ask_for(session: Session, usage: str, wanted: tuple[str, ...], then: Callable[..., None]) -> None:
    """Ask for a password by each of the words `wanted`, then call `then` with as many; what it refuses is told.

    What is refused whatever the password should be refused before. An empty answer ends it. Raises `Busy` while
    another one is looked at, and where the recipient can't be asked `NeedText` with the `usage` of the command.
    """
    answers: list[str] = []

    def ask_next() -> bool:
        if not session.recipient.ask(answered):
            return False
        words = f"Your next line is {wanted[len(answers)]}; nobody else sees it, and an empty one ends this"
        session.reply(lambda: (words,))
        return True

    def answered(line: str) -> None:
        if session.over:
            return
        password = clean(line).strip()  # as it would be in the line of the command
        answers.append(password)
        if not password:
            session.reply(lambda: ("Nothing was changed",))
        elif len(answers) < len(wanted):
            ask_next()
        else:
            try:
                then(*answers)
            except ChatError as error:
                session.fail(error)

    if session.is_proving:
        raise Busy("your last password is still being looked at")
    if not ask_next():
        raise NeedText(f"that needs more: {usage}")


def ask_new(session: Session, usage: str, then: Callable[..., None], *before: str, new: str = NEW) -> None:
    """Ask for a new password twice, `before` that for others, and call `then` with these and the new one."""

    def same(*answers: str) -> None:
        *others, first, second = answers
        if first != second:
            raise BadPassword("the two are not the same; nothing was changed")
        then(*others, first)

    ask_for(session, usage, (*before, new, AGAIN), same)
