"""What Tab offers. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from twisted_chat.client.typed import COMMANDS


def candidates(before: str, nicks: Iterable[str], rooms: Iterable[str]) -> tuple[str, list[str]]:
    """The word that stands before the cursor, and what it could become.

    A command at the beginning of the line, a room after ``#``, else a nickname; that is followed by a colon
    where it begins the line, as one does to address somebody.
    """
    head, _, word = before.rpartition(" ")
    begins = not head and " " not in before
    if begins and word.startswith("/"):
        return word, [f"/{name} " for name in COMMANDS if name.startswith(word[1:].lower())]
    if word.startswith("#"):
        return word, [f"{name} " for name in rooms if name.casefold().startswith(word.casefold())]
    if not word:
        return word, []
    ending = ": " if begins else " "
    return word, [f"{nick}{ending}" for nick in nicks if nick.casefold().startswith(word.casefold())]
