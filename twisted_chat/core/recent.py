"""What is remembered of a bounded number of names, which strangers make: those heard of longest ago give way."""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(OrderedDict[K, V]):
    """A table of at most `most` names, as long as they are only `put` in."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def put(self, name: K, value: V) -> None:
        """It is the newest now, whether it was there or not."""
        self[name] = value
        self.move_to_end(name)
        if len(self) > self._most:
            self.popitem(last=False)
