"""What was typed, for Up and Down. Pure."""

from __future__ import annotations

from twisted_chat.client.typed import is_secret


class Recall:
    """The last lines; a password is none of them."""

    def __init__(self, limit: int = 500) -> None:
        self._limit = limit
        self._lines: list[str] = []
        self._at = 0
        """One past the last: where something new is typed."""
        self._draft = ""

    def add(self, line: str) -> None:
        if not is_secret(line) and line not in self._lines[-1:]:
            self._lines.append(line)
            del self._lines[: -self._limit]
        self._at = len(self._lines)
        self._draft = ""

    def step(self, by: int, present: str) -> str | None:
        """What comes in the place of `present`, the text typed now; None if there is no more that way."""
        wanted = self._at + by
        if not 0 <= wanted <= len(self._lines):
            return None
        if self._at == len(self._lines):
            self._draft = present
        self._at = wanted
        return self._draft if wanted == len(self._lines) else self._lines[wanted]
