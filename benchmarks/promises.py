"""What our server owes a client that did not read for a while (docs/protocol.md), held against what it got.

Pure functions of the lines. ``lines`` is what came when it read again, ``after`` what came of one message more
that was said then.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.marks import marked

_NOTICE = re.compile(rb"\*\*\* (\d+) lines? skipped, /history has them")


@dataclass(frozen=True, slots=True)
class Human:
    """What somebody got in the human dialect."""

    got: int
    missing: int
    notices: int
    skipped: int
    disordered: int
    late: int
    live_again: bool

    def fault(self) -> str:
        """What was not as promised, in words; empty if all was."""
        if not self.missing and not self.notices:
            return "it missed nothing: with so few messages nobody lags"
        faults = []
        if self.notices != 1:
            faults.append(f"{self.notices:,} notices of skipped lines")
        if self.skipped != self.missing:
            faults.append(f"{self.skipped:,} lines said to be skipped, {self.missing:,} missing")
        if self.disordered:
            faults.append(f"{self.disordered:,} lines out of order or doubled")
        if self.late:
            faults.append(f"{self.late:,} old lines after the notice")
        if not self.live_again:
            faults.append("not live again after it")
        return ", ".join(faults)


def as_human(lines: Sequence[bytes], after: Sequence[bytes], senders: int, messages: int) -> Human:
    """Of ``messages`` from each sender; the one said after them is sender 0's next."""
    seen = [0] * senders
    notices = skipped = got = disordered = late = 0
    for line in lines:
        if notice := _NOTICE.fullmatch(line):
            notices += 1
            skipped += int(notice[1])
        elif mark := marked(line):
            sender, number = mark
            got += 1
            late += notices > 0
            disordered += number != seen[sender]
            seen[sender] = max(seen[sender], number + 1)
    return Human(
        got=got,
        missing=senders * messages - got,
        notices=notices,
        skipped=skipped,
        disordered=disordered,
        late=late,
        live_again=[line for line in map(marked, after) if line] == [(0, messages)]
        and not any(map(_NOTICE.fullmatch, after)),
    )


@dataclass(frozen=True, slots=True)
class Objects:
    """What a program got in the JSON dialect, by the numbers of the log."""

    live: int
    served: int
    skipped: int
    gaps: int
    doubled: int
    misplaced: int
    withheld: int
    live_again: bool

    @property
    def wrong(self) -> int:
        return self.gaps + self.doubled + self.misplaced + self.withheld

    def fault(self) -> str:
        """What was not as promised, in words; empty if all was."""
        faults = [
            f"{count:,} {what}"
            for count, what in (
                (self.gaps, "messages missing without a word"),
                (self.doubled, "messages doubled or out of order"),
                (self.misplaced, "skipped ranges not before what follows them"),
                (self.withheld, "messages not sent that the log had"),
            )
            if count
        ]
        if not self.live_again:
            faults.append("not live again after it")
        return ", ".join(faults)


def as_objects(lines: Sequence[bytes], after: Sequence[bytes], first: int, last: int, kept: int) -> Objects:
    """Of the messages ``first`` to ``last``, the newest ``kept`` of which the log had when all was read."""
    got: set[int] = set()
    highest = told = first - 1  # the last message, and up to where everything came or was said to be skipped
    live = skipped = gaps = doubled = misplaced = 0
    for line in lines:
        found = json.loads(line)
        if found["type"] == "message":
            seq = found["seq"]
            doubled += seq <= highest
            gaps += max(0, seq - told - 1)
            highest = max(highest, seq)
            told = max(told, seq)
            got.add(seq)
            live += not skipped
        elif found["type"] == "skipped":
            misplaced += found["from"] <= highest
            gaps += max(0, found["from"] - told - 1)
            told = max(told, found["to"])
            skipped += found["to"] - found["from"] + 1
    ours = range(max(first, last - kept + 1), last + 1)
    return Objects(
        live=live,
        served=len(got) - live,
        skipped=skipped,
        gaps=gaps + max(0, last - told),
        doubled=doubled,
        misplaced=misplaced,
        withheld=sum(seq not in got for seq in ours),
        live_again=_numbers(after) == [last + 1],
    )


def _numbers(lines: Sequence[bytes]) -> list[int]:
    """The messages' numbers; a skipped range is -1, which no message has."""
    found = [json.loads(line) for line in lines]
    return [each.get("seq", -1) for each in found if each["type"] in ("message", "skipped")]
