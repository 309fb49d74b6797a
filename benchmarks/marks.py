"""What a measuring message looks like, and how it is found again in a stream that arrives in pieces.

Every message bears ``MARK``. Almost every client only counts marks, in bytes and in big pieces; a few
observers also read who sent the message, its number and when. The mark holds no line end and can't overlap
itself, so that a count of it in bytes is a count of messages.
"""

import re

MARK = b"BENCH="

_KEPT = len(MARK) - 1
_NEWLINE = 10
_STAMP = re.compile(rb"BENCH=(\d+),(\d+),(\d+\.\d+);")


def message(sender: int, number: int, stamp: float, size: int) -> bytes:
    """The text of a sender's ``number``-th message, of the time ``stamp``, padded to ``size`` bytes."""
    return (b"BENCH=%d,%d,%.6f;" % (sender, number, stamp)).ljust(size, b".")


def marked(line: bytes) -> tuple[int, int] | None:
    """The sender and the number of the message in this line, if there is one."""
    found = _STAMP.search(line)
    return (int(found[1]), int(found[2])) if found else None


class MarkCount:
    """Counts the marks in one stream. A mark that two pieces share counts with the second."""

    __slots__ = ("_tail",)

    def __init__(self) -> None:
        self._tail = b""

    def take(self, buffer: bytearray, size: int) -> int:
        """The marks that end in the first ``size`` bytes of ``buffer``, which are the stream's next piece."""
        count = buffer.count(MARK, 0, size)
        if self._tail:
            # Neither part can hold a whole mark, so that nothing is counted twice.
            count += (self._tail + buffer[: min(size, _KEPT)]).count(MARK)
        if buffer[size - 1] == _NEWLINE:
            self._tail = b""
        elif size >= _KEPT:
            self._tail = bytes(buffer[size - _KEPT : size])
        else:
            self._tail = (self._tail + buffer[:size])[-_KEPT:]
        return count


class Observer:
    """Reads every message of one stream: how late it is, and whether each sender's numbers come in order."""

    __slots__ = ("_rest", "disordered", "latencies", "seen")

    def __init__(self, senders: int) -> None:
        self._rest = b""
        self.seen = [0] * senders
        self.latencies: list[float] = []
        self.disordered = 0

    def take(self, buffer: bytearray, size: int, now: float) -> int:
        """The messages that became complete with this piece of the stream, read at the time ``now``."""
        data = self._rest + buffer[:size]
        end = data.rfind(b"\n") + 1
        self._rest = data[end:]
        found = _STAMP.findall(data, 0, end)
        for sender, number, stamp in found:
            index = int(sender)
            if int(number) != self.seen[index]:
                self.disordered += 1
            self.seen[index] += 1
            self.latencies.append(now - float(stamp))
        return len(found)
