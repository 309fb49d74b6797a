"""Colours and fonts of the window, and whether they can be read. Pure data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

Font = tuple[str, int] | tuple[str, int, str]
"""Family, size in points, style."""

FONT_HEADING: Font = ("Helvetica", 17)
FONT_BUTTON: Font = ("Helvetica", 15)
FONT_TEXT: Font = ("Helvetica", 13)
FONT_MENTION: Font = ("Helvetica", 13, "bold")
FONT_SMALL: Font = ("Helvetica", 11)


class Look(Enum):
    """How a line of the text is written. The value names its tag."""

    SAID = "said"
    OWN = "own"
    DIRECT = "direct"
    SERVER = "server"
    """Comings and goings, topics, and what the client itself says."""
    HISTORY = "history"
    ERROR = "error"
    MENTION = "mention"


@dataclass(frozen=True, slots=True)
class Colours:
    """Of a piece of text and of what is behind it."""

    text: str
    behind: str


@dataclass(frozen=True, slots=True)
class Theme:
    """Each colour is ``#RRGGBB``."""

    edge: Colours
    """The top and the bottom of the window, and boxes."""
    entry: Colours
    entry_disabled: Colours
    button: Colours
    button_active: Colours
    """Under the pointer."""
    button_disabled: Colours
    selection: Colours
    looks: dict[Look, Colours]
    """SAID is the text's own."""
    focus: str
    """The ring around what has the focus, and the cursor of an entry."""
    trough: str
    """What the scroll bar moves in."""

    @property
    def text(self) -> Colours:
        return self.looks[Look.SAID]


def _looks(behind: str, texts: dict[Look, str], mention: Colours) -> dict[Look, Colours]:
    return {**{look: Colours(text, behind) for look, text in texts.items()}, Look.MENTION: mention}


GOSSIP = Theme(
    edge=Colours("#000000", "#9898FB"),
    entry=Colours("#000000", "#BBBBFF"),
    entry_disabled=Colours("#3F3F5C", "#BBBBFF"),
    button=Colours("#000000", "#C1C1CD"),
    button_active=Colours("#000000", "#D6D6E0"),
    button_disabled=Colours("#46464F", "#C1C1CD"),
    selection=Colours("#FFFFFF", "#2A2A86"),
    looks=_looks(
        "#BBBBFF",
        {
            Look.SAID: "#000000",
            Look.OWN: "#1B1B7A",
            Look.DIRECT: "#6A0B6A",
            Look.SERVER: "#0B4A22",
            Look.HISTORY: "#43434F",
            Look.ERROR: "#8C0014",
        },
        Colours("#000000", "#FFF0A0"),
    ),
    focus="#1B1B7A",
    trough="#A6A6F2",
)
"""The colours of the program that this window grew from."""

DARK = Theme(
    edge=Colours("#E8E8F2", "#24242F"),
    entry=Colours("#F2F2FA", "#32323F"),
    entry_disabled=Colours("#A9A9BC", "#32323F"),
    button=Colours("#F2F2FA", "#45455A"),
    button_active=Colours("#FFFFFF", "#56566E"),
    button_disabled=Colours("#BEBECB", "#45455A"),
    selection=Colours("#0E0E16", "#A9B4FF"),
    looks=_looks(
        "#191920",
        {
            Look.SAID: "#E8E8F2",
            Look.OWN: "#A9B4FF",
            Look.DIRECT: "#F0A6F0",
            Look.SERVER: "#86D8A2",
            Look.HISTORY: "#A3A3B4",
            Look.ERROR: "#FF8E8E",
        },
        Colours("#FFF6C8", "#5A4A00"),
    ),
    focus="#A9B4FF",
    trough="#24242F",
)

THEMES = {"gossip": GOSSIP, "dark": DARK}


def contrast(one: str, other: str) -> float:
    """From 1 to 21, as WCAG 2 has it."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def pairs(theme: Theme) -> Iterator[tuple[str, Colours]]:
    """Each text and what is behind it, with a name."""
    for name in ("edge", "entry", "entry_disabled", "button", "button_active", "button_disabled", "selection"):
        yield name, getattr(theme, name)
    for look, colours in theme.looks.items():
        yield look.value, colours


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return float(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
