"""A LineReceiver fit for strangers: linear time, constant memory, LF or CR LF, and pauses that count."""

from __future__ import annotations

from twisted.protocols.basic import LineReceiver


class TameLineReceiver(LineReceiver):
    """Cuts bytes into lines that end with LF; `lineReceived` gets them without it (a CR before it stays).

    In place of LineReceiver's own loop, which takes one delimiter alone, copies all that is left for each line, leaves
    lines behind a too long one until the next packet, and delivers lines after the end.

    A line over `MAX_LENGTH` bytes is told to `lineLengthExceeded` once, and skipped to its end.
    """

    delimiter = b"\r\n"

    is_within_command = False
    """Whether the next bytes are for `without_commands`, whatever they are."""

    def __init__(self) -> None:
        self._skipping = False
        self._pauses = 0
        self._cutting = False
        self._deaf = False
        self._ended = False

    def dataReceived(self, data: bytes) -> None:
        if self._cutting:  # called by `resume` for a pause that ended within its line: the loop below goes on anyway
            return
        self._cutting = True
        if b"\xff" in data or self.is_within_command:
            data = self.without_commands(data)
        buffer = self._buffer + data if self._buffer else data
        at = 0
        while not self.paused and not self._deaf:
            end = buffer.find(b"\n", at)
            if end < 0:
                break
            line, at = buffer[at:end], end + 1
            if self._skipping:
                self._skipping = False
            elif len(line) > self.MAX_LENGTH and line[self.MAX_LENGTH :] != b"\r":
                self.lineLengthExceeded(line)  # type: ignore[no-untyped-call]
            else:
                self.lineReceived(line)  # type: ignore[no-untyped-call]
        rest = buffer[at:]
        if self._deaf or (not self.paused and len(rest) > self.MAX_LENGTH + 1):
            if not self._deaf and not self._skipping:
                self._skipping = True
                self.lineLengthExceeded(rest)  # type: ignore[no-untyped-call]
            rest = b""
        elif self._skipping and not self.paused:
            rest = b""
        self._buffer = rest
        self._cutting = False

    def without_commands(self, data: bytes) -> bytes:
        """`data` has a byte 255, which no text has: here it is taken for one nevertheless."""
        return data

    def pause(self) -> None:
        """Take no more lines, and no bytes from the transport. Each call needs its `resume`."""
        self._pauses += 1
        if self._pauses == 1 and not self._ended:
            self.pauseProducing()  # type: ignore[no-untyped-call]

    def resume(self) -> None:
        """Go on, with the lines that are here already first."""
        self._pauses -= 1
        if self._pauses == 0 and not self._deaf and not self._ended:
            self.resumeProducing()  # type: ignore[no-untyped-call]

    def hear_the_end(self) -> None:
        """No byte will come any more: lines that a pause held back are heard now, and a last one without its LF.

        From here on a pause holds nothing back. What is here is no more than one read brought.
        """
        if self._ended:
            return
        self._ended = True
        self.paused = False
        self.dataReceived(b"\n" if self._buffer and not self._buffer.endswith(b"\n") else b"")

    def stop_hearing(self) -> None:
        """Whatever comes from now on is dropped."""
        self._deaf = True
