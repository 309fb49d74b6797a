"""Programs that talk at a steady rate, and how long each message takes until its own sender gets it confirmed."""

import json
import re
import select
import time
from collections import deque
from dataclasses import dataclass

from benchmarks.client import Client
from benchmarks.dialects import Json
from benchmarks.load import MESSAGE_BYTES, Room, no_collection
from benchmarks.runs import LIMIT, QUIET

# Seconds without a confirmation after which the rest are given up.
_STALL = 10.0
# Only our own messages, and errors, bear ids.
_ID = re.compile(rb'"id":"(\d+)"')
_ERROR = b'"type":"error"'


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What a run came to. ``latencies`` are seconds, from saying to being confirmed."""

    messages: int
    lost: int
    disordered: int
    errors: int
    latencies: tuple[float, ...]

    def fault(self) -> str:
        """What went wrong, in words; empty when every message was confirmed once and in order."""
        faults = [
            f"{count:,} {what}"
            for count, what in (
                (self.lost, f"of {self.messages:,} messages never confirmed"),
                (self.disordered, "confirmations doubled or out of order"),
                (self.errors, "errors"),
            )
            if count
        ]
        return ", ".join(faults)


class Confirmations:
    """Reads one sender's stream for what confirms its messages."""

    def __init__(self) -> None:
        self.waiting: deque[tuple[bytes, float]] = deque()
        self.latencies: list[float] = []
        self.disordered = 0
        self.errors = 0
        self._rest = b""

    def take(self, buffer: bytearray, size: int, now: float) -> int:
        """How many were confirmed with this piece of the stream, read at the time ``now``."""
        data = self._rest + buffer[:size]
        end = data.rfind(b"\n") + 1
        self._rest = data[end:]
        self.errors += data.count(_ERROR, 0, end)
        found = _ID.findall(data, 0, end)
        for mark in found:
            if self.waiting and self.waiting[0][0] == mark:
                self.latencies.append(now - self.waiting.popleft()[1])
            else:
                self.disordered += 1
        return len(found)


class Talkers(Room):
    """A room of programs, each of which hears what all say. Close it after use."""

    def __init__(self, port: int) -> None:
        super().__init__(port, Json())

    def confirm(self, rate: float, seconds: float, limit: float) -> Confirmed:
        """``rate`` messages a second in all, by each in turn, whether the server keeps up or not."""
        streams = []
        for client in self._clients:
            client.observe(stream := Confirmations())
            streams.append(stream)
        total = max(1, round(rate * seconds))
        sent = confirmed = 0
        with no_collection():
            start = last = time.monotonic()
            while confirmed < total:
                now = time.monotonic()
                while sent < total and start + sent / rate <= now:
                    at = sent % len(streams)
                    self._say_marked(self._clients[at], streams[at], sent)
                    sent += 1
                wait = max(0.0, start + sent / rate - now) if sent < total else 0.1
                # select counts in microseconds, where epoll counts in milliseconds.
                select.select([self._epoll], (), (), min(wait, 0.1))
                if got := self._turn(0):
                    confirmed += got
                    last = now
                if now - last > _STALL or now - start > limit:
                    break
        self._turn(0.05)
        return Confirmed(
            messages=total,
            lost=total - sum(len(stream.latencies) for stream in streams),
            disordered=sum(stream.disordered for stream in streams),
            errors=sum(stream.errors for stream in streams),
            latencies=tuple(latency for stream in streams for latency in stream.latencies),
        )

    def _say_marked(self, client: Client, stream: Confirmations, number: int) -> None:
        text = f"message {number} of {client.nick} ".ljust(MESSAGE_BYTES, ".")
        said = {"type": "say", "room": "#lobby", "text": text, "id": str(number)}
        stream.waiting.append((b"%d" % number, time.monotonic()))
        if not client.send(json.dumps(said).encode() + b"\r\n"):
            self._watch(client, select.EPOLLIN | select.EPOLLOUT)


def talk(port: int, talkers: int, rate: float, seconds: float) -> Confirmed:
    """So many come in and talk for so long. Raises `RunError`."""
    room = Talkers(port)
    try:
        room.enter(talkers, LIMIT)
        room.settle(QUIET, LIMIT)
        return room.confirm(rate, seconds, seconds + LIMIT)
    finally:
        room.close()
