"""Measure the server beside a naive asyncio broadcaster and, where it is installed, ngIRCd.

Each server runs in its own process on 127.0.0.1. Every figure is the median of its runs; the servers take
turns, so that a noisy minute hits all of them. The exit status is 1 if any server lost a delivery
or broke another promise. ``attacks`` and ``soak`` as the first word are other programs: see their --help.
"""

import argparse
import math
import os
import platform
import signal
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import NoReturn

from benchmarks import attacks, soak
from benchmarks.errors import RunError
from benchmarks.load import allow_connections
from benchmarks.runs import QUICK, Result, Size
from benchmarks.scenarios import BUSY, DIGITS, LOAD, SCENARIOS, Scenario
from benchmarks.servers import SERVERS, Kind
from benchmarks.table import Row, markdown, plain

# Above this share of one core, percent, the load may be what limits the figures.
_LOAD_TOO_BUSY = 85
# Below this share the saturated scenario did not saturate the server.
_SERVER_BUSY = 80

# A scenario's name, a server's name: a result for each run.
Results = Mapping[tuple[str, str], Sequence[Result]]


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    scenarios = [scenario.name for scenario in SCENARIOS]
    servers = [kind.name for kind in SERVERS]
    parser.add_argument(
        "--scenario",
        choices=[*scenarios, "all"],
        default="all",
        help="only this one; all are all but big, which first makes a log for ten minutes",
    )
    parser.add_argument("--only", choices=servers, action="append", help="only this server; may be repeated")
    parser.add_argument("--clients", type=count, help="clients, whatever the scenario")
    parser.add_argument("--seconds", type=count, help="length of all that has one: sparse, commit, catchup, big")
    parser.add_argument("--messages", type=count, help="messages of each sender, saturated and stalled")
    parser.add_argument("--events", type=count, help="of the big scenario's log (10,000,000)")
    parser.add_argument("--log", type=Path, metavar="FILE", help="the big scenario's log; made if it is not there")
    parser.add_argument("--repeat", type=count, help="runs for each figure (3)")
    parser.add_argument("--quick", action="store_true", help="small sizes and one run: does it work at all?")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    return parser


def count(text: str) -> int:
    """An option's value, by the name that argparse gives it in its messages."""
    if (number := int(text)) < 1:
        raise ValueError
    return number


def _size(options: argparse.Namespace) -> Size:
    size = QUICK if options.quick else Size()
    if options.clients:
        size = replace(
            size,
            sparse_clients=options.clients,
            saturated_clients=options.clients,
            idle_clients=options.clients,
            crowd_clients=options.clients,
            catchup_clients=options.clients,
            senders=max(1, min(size.senders, options.clients // 2)),
        )
    if options.seconds:
        seconds = float(options.seconds)
        size = replace(
            size, sparse_seconds=seconds, commit_seconds=seconds, catchup_seconds=seconds, big_seconds=seconds
        )
    if options.messages:
        size = replace(size, saturated_messages=options.messages, stalled_messages=options.messages)
    if options.events:
        size = replace(size, big_events=options.events)
    return size


def _machine() -> str:
    return (
        f"{os.cpu_count()} cores {platform.machine()}, {platform.system()} {platform.release()}, "
        f"{platform.python_implementation()} {platform.python_version()}, "
        f"Twisted {metadata.version('twisted')}"
    )


def _measure(scenarios: Sequence[Scenario], kinds: Sequence[Kind], size: Size, repeat: int) -> Results:
    results: dict[tuple[str, str], list[Result]] = defaultdict(list)
    for scenario in scenarios:
        for number in range(1, repeat + 1):
            for kind in kinds:
                if kind.name in scenario.leaves_out:
                    continue
                _tell(f"{scenario.name}, {kind.name}, {number} of {repeat}")
                try:
                    result = scenario.run(kind, size)
                except RunError as error:
                    result = Result({}, str(error))
                results[scenario.name, kind.name].append(result)
    return results


def _median(runs: Sequence[Result], label: str) -> float:
    """Not a number where no run has this figure."""
    values = [run.figures[label] for run in runs if label in run.figures]
    return statistics.median(values) if values else math.nan


def _rows(scenarios: Sequence[Scenario], kinds: Sequence[Kind], size: Size, results: Results) -> list[Row]:
    rows = []
    for scenario in scenarios:
        rows.append(Row(scenario.heading(size)))
        for label, digits in DIGITS.items():
            figures = {kind.name: _median(results[scenario.name, kind.name], label) for kind in kinds}
            if not all(map(math.isnan, figures.values())):
                rows.append(Row(label, figures, digits))
    return rows


def _faults(results: Results) -> list[str]:
    """What the servers failed to do."""
    return [
        f"FAILED {scenario}, {server}, run {number}: {run.fault}"
        for (scenario, server), runs in results.items()
        for number, run in enumerate(runs, 1)
        if run.fault
    ]


def _doubts(results: Results) -> list[str]:
    """Where the server was not what limited the saturated scenario."""
    doubts = []
    for (scenario, server), runs in results.items():
        if scenario != "saturated" or not _median(runs, BUSY) < _SERVER_BUSY:
            continue
        if _median(runs, LOAD) > _LOAD_TOO_BUSY:
            doubts.append(f"note: {server} was not saturated: the load generator was the busier of the two")
        else:
            doubts.append(f"note: {server} was not quite saturated: with more in flight it does more")
    return doubts


def _not_done(results: Results) -> list[str]:
    """What runs left out, and why."""
    return list(
        dict.fromkeys(
            f"note: left out of {scenario} for {server}: {run.left_out}"
            for (scenario, server), runs in results.items()
            for run in runs
            if run.left_out
        )
    )


def _left_out(scenarios: Sequence[Scenario], kinds: Sequence[Kind]) -> list[str]:
    """Which servers have no figures where, and why."""
    return [
        f"note: {scenario.name} is not for {kind.name}: {scenario.leaves_out[kind.name]}"
        for scenario in scenarios
        for kind in kinds
        if kind.name in scenario.leaves_out
    ]


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _stop(signal_number: int, frame: object) -> NoReturn:
    """End by way of an exception: the servers are stopped on its way out."""
    raise SystemExit(128 + signal_number)


_BY_THEMSELVES = {"attacks": attacks.main, "soak": soak.main}
"""What is no comparison of servers: each with options of its own."""


def main(arguments: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and words[0] in _BY_THEMSELVES:
        return _BY_THEMSELVES[words[0]](words[1:])
    parser = _options()
    options = parser.parse_args(arguments)
    if options.clients == 1:
        parser.error("--clients: one speaks and one has to listen")
    if sys.platform != "linux":
        _tell("benchmarks: this needs Linux: epoll, loopback addresses at will, and /proc")
        return 2
    signal.signal(signal.SIGTERM, _stop)
    size = _size(options)
    repeat = options.repeat or (1 if options.quick else 3)
    wanted = [kind for kind in SERVERS if not options.only or kind.name in options.only]
    kinds = [kind for kind in wanted if kind.present()]
    absent = [kind.name for kind in wanted if not kind.present()]
    if not kinds:
        _tell(f"benchmarks: {', '.join(absent)} is not on this machine")
        return 2
    wanted_name = options.scenario
    scenarios = [each for each in SCENARIOS if wanted_name == each.name or (wanted_name == "all" and not each.alone)]
    try:
        allow_connections(size.most_clients)
        with tempfile.TemporaryDirectory(prefix="twisted-chat-bench-") as folder:
            size = replace(size, big_log=options.log or Path(folder) / "big.sqlite")
            results = _measure(scenarios, kinds, size, repeat)
    except RunError as error:
        _tell(f"benchmarks: {error}")
        return 2
    except KeyboardInterrupt:
        _tell("benchmarks: interrupted")
        return 130
    draw = markdown if options.markdown else plain
    print(_machine())
    print(f"{'Medians' if repeat > 1 else 'Figures'} of {repeat} {'runs' if repeat > 1 else 'run'}.")
    print()
    print(draw(_rows(scenarios, kinds, size, results), [kind.name for kind in kinds]))
    faults = _faults(results)
    missing = [f"note: {name} is not on this machine" for name in absent]
    if remarks := faults + _doubts(results) + _not_done(results) + _left_out(scenarios, kinds) + missing:
        print()
        print("\n".join(remarks))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
