"""Numbers into a table: percentiles, medians, and the text of it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile: the least value that at least ``share`` (0 to 1) of all do not exceed."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


@dataclass(frozen=True, slots=True)
class Row:
    """A figure of each server, by the server's name; NaN: it has none. A row without figures is a heading."""

    label: str
    figures: Mapping[str, float] = field(default_factory=dict)
    digits: int = 0


def _cell(row: Row, server: str) -> str:
    if not row.figures:
        return ""
    value = row.figures.get(server, math.nan)
    return "-" if math.isnan(value) else f"{value:,.{row.digits}f}"


def plain(rows: Sequence[Row], servers: Sequence[str]) -> str:
    """An aligned table for a terminal; a heading stands over its figures."""
    labels = ["", *(f"  {row.label}" if row.figures else row.label for row in rows)]
    columns = [[server, *(_cell(row, server) for row in rows)] for server in servers]
    # A heading may run on over the columns: it has nothing in them.
    label_width = max((len(row.label) + 2 for row in rows if row.figures), default=0)
    widths = [max(len(cell) for cell in column) for column in columns]
    lines = []
    for number, label in enumerate(labels):
        cells = "".join(f"   {column[number]:>{width}}" for column, width in zip(columns, widths, strict=True))
        lines.append(f"{label:<{label_width}}{cells}".rstrip())
    return "\n".join(lines)


def markdown(rows: Sequence[Row], servers: Sequence[str]) -> str:
    """The same table for the documentation."""
    lines = [["", *servers], ["---", *("---:" for _ in servers)]]
    lines += [
        [row.label if row.figures else f"**{row.label}**", *(_cell(row, server) for server in servers)] for row in rows
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
