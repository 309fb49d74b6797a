"""How much there may be of what people make: set by the server's options, asked where it is made. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from twisted_chat.core.text import MAX_TEXT


@dataclass(frozen=True, slots=True)
class Limits:
    """`text`: characters of one, at most `MAX_TEXT`. `rooms`: on the server; `rooms_of_one`: that a person is in.

    What was said keeps a room, so without a bound anybody could fill the memory with them.
    """

    text: int = MAX_TEXT
    rooms: int = 10_000
    rooms_of_one: int = 50

    @property
    def rooms_of_guests(self) -> int:
        """The last fifth is for accounts: guests, who can't be told apart, must not shut everybody out."""
        return self.rooms - self.rooms // 5
