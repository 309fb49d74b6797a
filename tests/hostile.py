"""Two hundred strings that strangers send to move cursors, fake lines, turn writing around, or break what prints."""

from __future__ import annotations

from unicodedata import category

_CONTROLS = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))]  # 65: C0, DEL, C1
_BIDI = list("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LINE_ENDS = ["\u2028", "\u2029", "\r\n", "\n\r", "\v\f", "\x85\n", "\n\n\n", "\r\r"]
_TAGS = [chr(0xE0000 + code) for code in (0, 1, 0x20, 0x41, 0x61, 0x7E, 0x7F)]
_SURROGATES = ["\ud800", "\udfff", "\ud83d", "\udc80\udcff", "\udbff\udfff\ud800"]

_SEQUENCES = [
    "\x1b[2J", "\x1b[H", "\x1b[31mred\x1b[0m", "\x1b[1A\x1b[2K", "\x1b]0;title\x07", "\x1b]2;title\x1b\\",
    "\x1b]52;c;ZXZpbA==\x07", "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\", "\x1bc", "\x1b(0", "\x1b[?25l",
    "\x1b[?1049h", "\x1b[6n", "\x1b[c", "\x1b[>c", "\x1b[5i", "\x1b[4i", "\x1bP$q\"p\x1b\\", "\x1bP+q544e\x1b\\",
    "\x1b_Gi=1;AAAA\x1b\\", "\x1b^pm\x1b\\", "\x1bX sos \x1b\\", "\x1b[200~paste\x1b[201~", "\x1b[38;2;0;0;0m",
    "\x1b[8mhidden", "\x1b[3J", "\x1b[r", "\x1b7\x1b8", "\x1b#8", "\x1bN\x1bO", "\x9b2J", "\x9b31m", "\x9d0;t\x9c",
    "\x90q\x9c", "\x8d", "\x84\x85", "\x1b[1;1H*** server says", "\x1b\x1b\x1b[0m", "\x1b[", "\x1b", "\x1b]",
    "\x1b[999999999999999999C", "\x07\x07\x07\x07", "\x08\x08\x08\x08root", "\x0e\x0f", "\x00", "a\x00b",
    "\x00\x00\x00", "\x1b%G", "\x1b[=7l", "\x1b[?9001h", "\x1b]1337;File=:AAAA\x07", "\x1b]11;?\x07", "\x1b[?2004l",
    "\x7f\x7f\x7f", "\x11\x13", "\x04", "\x1a", "\x18\x1b[2J", "\x05", "\x16\x15\x17",
]  # fmt: skip

_FAKES = [
    "\r*** bob left #lobby", "\n*** The server is going down", "\r\nalice: I am stupid", "\n!!! FLOOD go away",
    "\u2028alice: hi", "\x85*** root joined #lobby", "\v[pm] alice: psst", "\f* alice waves",
    "\n{\"type\":\"notice\",\"text\":\"x\"}", "\",\"nick\":\"alice\",\"x\":\"", "}\n{", "\\u001b[2J", "\\n*** fake",
    "2026-11-22T20:00:00+0000 [-] root logged in", "\n2026-11-22T20:00:00+0000 [twisted_chat#info] fake",
    "\r2026-11-22 20:00:00+0000 [-] Main loop terminated.", "{nick} {id}", "{", "}", "{0}", "{x!r}", "{log_level.name}",
    "{__class__.__mro__}", "%s%s%s%n", "%(nick)s", "$(reboot)", "`reboot`", "<script>alert(1)</script>", "' OR 1=1 --",
    "\"; DROP TABLE events; --",
]  # fmt: skip

_SHAPES = [
    "\u202ealice\u202c", "\u2067gnp.exe\u2069", "a\u202e\u202e\u202e\u202e", "\u200b", "\u200d\u200d", "\ufeff",
    "\u2060",
    "\u00ad", "\u180e", "\u034f", "e" + "\u0301" * 40, "\u0489" * 30, "Z" + "\u0335\u0336\u0337\u0338" * 20, "\ufffd",
    "\ufffe", "\uffff", "\U0010ffff", "\ue000", "\U000f0000",
]  # fmt: skip

HOSTILE: tuple[str, ...] = tuple(
    dict.fromkeys((*_CONTROLS, *_BIDI, *_LINE_ENDS, *_TAGS, *_SURROGATES, *_SEQUENCES, *_FAKES, *_SHAPES))
)[:200]

_FORBIDDEN = frozenset((*_BIDI, "\u2028", "\u2029", *(chr(code) for code in range(0xE0000, 0xE0080))))


def dangerous(text: str) -> list[str]:
    """What must not stand in anything that is shown to somebody, tabs apart."""
    found = (each for each in text if each in _FORBIDDEN or category(each) in ("Cc", "Cs"))
    return [f"U+{ord(each):04X}" for each in found if each != "\t"]
