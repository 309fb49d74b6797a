"""The load: many clients in one thread, cheap enough that the server is what limits a run.

A client that only listens costs one ``recv_into`` of a big buffer and one count in bytes for all that has
come since; nothing is split into lines. A few observers, spread over the order of arrival, read every
message. A client shares its loopback address with at most 199 others.
"""

import gc
import select
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.client import Client
from benchmarks.dialects import Dialect
from benchmarks.errors import StuckError
from benchmarks.marks import Observer, message

MESSAGE_BYTES = 64
"""A message's text; what a listener gets is a little more."""

_BUFFER = 256 * 1024
_PER_ADDRESS = 200
_GREETING_AT_ONCE = 50
_OBSERVERS = 5
# Seconds. A run without a delivery for so long is given up.
_STALL = 10.0
# A saturated server is looked after so often: what has gathered meanwhile comes in fewer, bigger pieces.
_NAP = 0.0001
_SPARE_DESCRIPTORS = 100


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a run of messages came to. Times are seconds."""

    messages: int
    expected: int
    delivered: int
    lost: int
    doubled: int
    disordered: int
    cut: int
    took: float
    latencies: tuple[float, ...]
    load_cpu: float

    def fault(self) -> str:
        """What went wrong, in words; empty when every client got every message once and in order."""
        faults = [
            f"{count:,} {what}"
            for count, what in (
                (self.lost, f"of {self.expected:,} deliveries lost"),
                (self.doubled, "deliveries too many"),
                (self.disordered, "messages seen out of order"),
                (self.cut, "connections closed by the server"),
            )
            if count
        ]
        return ", ".join(faults)


class Room:
    """The clients of one server, all in one room. Close it after use."""

    def __init__(self, port: int, dialect: Dialect) -> None:
        self._port = port
        self._dialect = dialect
        self._epoll = select.epoll()
        self._buffer = bytearray(_BUFFER)
        self._clients: list[Client] = []
        self._by_fd: dict[int, Client] = {}
        # When something last came, for whoever waits for silence.
        self._heard = time.monotonic()

    @property
    def cut(self) -> int:
        """How many connections the server has closed."""
        return sum(client.closed for client in self._clients)

    def close(self) -> None:
        for client in self._clients:
            client.sock.close()
        self._epoll.close()

    def enter(self, clients: int, limit: float) -> None:
        """Connect so many clients and get all of them into the room. Raises `RunError`."""
        end = time.monotonic() + limit
        greeting: set[Client] = set()
        while len(self._clients) < clients or greeting:
            while len(self._clients) < clients and len(greeting) < _GREETING_AT_ONCE:
                greeting.add(self._connect(len(self._clients)))
            self._turn(0.05)
            greeting = {client for client in greeting if not client.entered}
            if time.monotonic() > end:
                inside = len(self._clients) - len(greeting)
                raise StuckError(f"after {limit:.0f} s only {inside:,} of {clients:,} clients were in")

    def settle(self, quiet: float, limit: float) -> None:
        """Take in what the server still has to say (who joined), until it is silent. Raises `RunError`."""
        end = time.monotonic() + limit
        self._heard = time.monotonic()
        while time.monotonic() - self._heard < quiet:
            self._turn(0.05)
            if time.monotonic() > end:
                raise StuckError(f"the server was not silent within {limit:.0f} s after everybody had joined")

    def saturate(self, senders: int, window: int, messages: int, limit: float) -> Delivery:
        """``messages`` from each sender, with at most ``window`` of them on their way to the last client."""
        sent = [0] * senders

        def pause(start: float, seen: list[int]) -> None:
            for sender in range(senders):
                while sent[sender] < messages and sent[sender] - seen[sender] < window:
                    self._say(sender, sent[sender], time.monotonic())
                    sent[sender] += 1
            time.sleep(_NAP)

        return self._measure(senders, senders * messages, pause, limit, least=0.0)

    def pace(self, senders: int, rate: float, seconds: float, limit: float) -> Delivery:
        """``rate`` messages a second, by each sender in turn, whether the server keeps up or not.

        A message bears the time at which it was due: that it left late is part of its latency.
        """
        total = max(1, round(rate * seconds))
        sent = 0

        def pause(start: float, seen: list[int]) -> None:
            nonlocal sent
            now = time.monotonic()
            while sent < total and start + sent / rate <= now:
                self._say(sent % senders, sent // senders, start + sent / rate)
                sent += 1
            wait = max(0.0, start + sent / rate - now) if sent < total else 0.1
            # select counts in microseconds, where epoll counts in milliseconds.
            select.select([self._epoll], (), (), min(wait, 0.1))

        return self._measure(senders, total, pause, limit, least=total / rate)

    def say(self, sender: int, number: int) -> None:
        """One message more, after all that was measured."""
        self._say(sender, number, time.monotonic())

    def _measure(
        self,
        senders: int,
        messages: int,
        pause: Callable[[float, list[int]], None],
        limit: float,
        least: float,
    ) -> Delivery:
        """Run until everything is delivered.

        ``pause`` says what is due and waits for something to happen. It is told when the run began, and how
        many messages of each sender the last client has.
        """
        observers = self._prepare(senders)
        seen = observers[-1].seen
        expected = messages * (len(self._clients) - 1)
        delivered = 0
        with no_collection():
            cpu = time.process_time()
            start = last = time.monotonic()
            while delivered < expected:
                pause(start, seen)
                got = self._turn(0)
                now = time.monotonic()
                if got:
                    delivered += got
                    last = now
                if now - last > _STALL or now - start > limit:
                    break
            cpu = time.process_time() - cpu
        # Whatever comes now came twice, or was said by the server.
        for _ in range(5):
            delivered += self._turn(0.02)
        shares = [messages // senders + (sender < messages % senders) for sender in range(senders)]
        missed = [
            messages - (shares[index] if index < senders else 0) - client.received
            for index, client in enumerate(self._clients)
        ]
        return Delivery(
            messages=messages,
            expected=expected,
            delivered=delivered,
            lost=sum(count for count in missed if count > 0),
            doubled=-sum(count for count in missed if count < 0),
            disordered=sum(observer.disordered for observer in observers),
            cut=self.cut,
            took=max(last - start, least),
            latencies=tuple(latency for observer in observers for latency in observer.latencies),
            load_cpu=cpu,
        )

    def _prepare(self, senders: int) -> list[Observer]:
        """Have everybody listen and some silent clients observe; the last client is the last of these."""
        silent = self._clients[senders:]
        if not silent:
            raise ValueError("somebody has to listen: more clients than senders are needed")
        for client in self._clients:
            client.listen()
        observers = []
        count = min(_OBSERVERS, len(silent))
        for number in range(1, count + 1):
            observer = Observer(senders)
            silent[len(silent) * number // count - 1].observe(observer)
            observers.append(observer)
        return observers

    def _say(self, sender: int, number: int, stamp: float) -> None:
        client = self._clients[sender]
        if not client.send(self._dialect.said(message(sender, number, stamp, MESSAGE_BYTES))):
            self._watch(client, select.EPOLLIN | select.EPOLLOUT)

    def _connect(self, number: int) -> Client:
        sock = socket.socket()
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        block = 2 + number // _PER_ADDRESS
        sock.bind((f"127.0.{block >> 8}.{block & 255}", 0))
        # The attempt goes on by itself; that the socket can be written to is how its end shows.
        sock.connect_ex(("127.0.0.1", self._port))
        client = Client(sock, f"u{number}", self._dialect, self._buffer)
        self._clients.append(client)
        self._by_fd[client.fd] = client
        self._epoll.register(client.fd, select.EPOLLIN | select.EPOLLOUT)
        return client

    def _watch(self, client: Client, events: int) -> None:
        if not client.closed:
            self._epoll.modify(client.fd, events)

    def _turn(self, wait: float) -> int:
        """Serve the sockets that have something, after ``wait`` seconds at most; how many messages came."""
        count = 0
        events = self._epoll.poll(wait, max(1, len(self._clients)))
        for fd, event in events:
            client = self._by_fd[fd]
            if event & select.EPOLLOUT and client.flush():
                self._watch(client, select.EPOLLIN)
            if event & ~select.EPOLLOUT and not client.closed:
                count += client.read()
        if events:
            self._heard = time.monotonic()
        return count


@contextmanager
def entered(port: int, dialect: Dialect, clients: int, quiet: float, limit: float) -> Iterator[Room]:
    """A room with so many clients in it and nothing left to be said. Raises `RunError`."""
    room = Room(port, dialect)
    try:
        room.enter(clients, limit)
        room.settle(quiet, limit)
        yield room
    finally:
        room.close()


def allow_connections(clients: int) -> None:
    """Raise the limit of open files, ours and our servers', as far as we may. Raises `RunError`."""
    # Windows has no such module, and is to be told so in our words.
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard != resource.RLIM_INFINITY and hard < clients + _SPARE_DESCRIPTORS:
        raise StuckError(f"{clients:,} clients do not fit into the limit of {hard:,} open files (ulimit -Hn)")


@contextmanager
def no_collection() -> Iterator[None]:
    """Keep the garbage collector from being measured."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
