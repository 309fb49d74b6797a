"""Nicknames and room names: which are allowed, and which are the same.

Names are compared by a key: NFKC, case folding, NFKC again (Unicode's toNFKC_Casefold without the removal of
ignorable characters, which are refused instead). A name is shown as it was typed, in NFC. What it may hold is said
here, by the profiles of RFC 8266 (as it is shown) and RFC 8265 (its key: directions of writing, joiners, context), and
by the scripts that it mixes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from unicodedata import category, normalize

from precis_i18n import get_profile

from twisted_chat.core.errors import BadNick, BadRoom, NickReserved
from twisted_chat.core.lookalikes import Looks, mixes_scripts

MAX_NICK = 32
MAX_ROOM = 49
"""Characters after the ``#``."""

RESERVED = frozenset(["server", "system", "admin", "operator", "root", "everyone", "here", "lobby", "nick", "pass"])

_MARKS = frozenset("_-[]{}\\^|`")
_BRACKETS = "[]{}|"
"""Around a reserved word they would pass for some door's own."""

_LETTERS = frozenset(("Lu", "Ll", "Lt", "Lm", "Lo", "Nd"))
_COMBINING = frozenset(("Mn", "Mc"))
_MAX_COMBINING = 2  # in a row: enough for every living script's letters, too few to climb over other lines

# Letters and marks by category that show nothing (Unicode's Default_Ignorable_Code_Point, as far as the
# categories above let them in): names made of them would be look-alikes of each other, or of nothing.
_INVISIBLE = frozenset(
    chr(code)
    for first, last in (
        (0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x3164, 0x3164),
        (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0xE0100, 0xE01EF),
    )
    for code in range(first, last + 1)
)  # fmt: skip

_SHOWN = get_profile("NicknameCasePreserved")
_COMPARED = get_profile("UsernameCaseMapped")


@dataclass(frozen=True, slots=True)
class Name:
    """A valid name: `text` as it is shown, `key` as it is compared."""

    text: str
    key: str


def fold(name: str) -> str:
    """The key by which names are compared; works for whatever somebody typed, valid or not."""
    return normalize("NFKC", normalize("NFKC", name).casefold())


def parse_nick(text: str) -> Name:
    """`text` as a nickname. Raises `BadNick` or `NickReserved`."""
    nick = normalize("NFC", text.strip(" \t"))
    if not nick:
        raise BadNick("a nickname needs at least one character")
    if len(nick) > MAX_NICK:
        raise BadNick(f"a nickname has at most {MAX_NICK} characters")
    key = fold(nick)
    complaint = _complaint(nick) or _complaint(key) or _complaint_of_standards(nick, key)
    if complaint:
        raise BadNick(f"a nickname {complaint}")
    if key[0] in "-{" or nick[0] in "-{" or category(key[0]) == "Nd":
        raise BadNick("a nickname begins with a letter or one of _ [ ] } \\ ^ | `")
    if any(_looks_reserved(each) for each in (nick, normalize("NFKC", nick).strip(_BRACKETS))):
        raise NickReserved(nick)
    return Name(nick, key)


def _looks_reserved(text: str) -> bool:
    """Whether it is a reserved word, or would pass for one."""
    return any(_reserved_looks().like(text))


@cache
def _reserved_looks() -> Looks:
    found = Looks()
    for word in RESERVED:
        found.add(word, word)
    return found


SIMILAR = 1_000
"""So many nicknames are tried for who can't choose."""


def similar(nick: str) -> Iterator[str]:
    """Valid nicknames like `nick`, valid or not, for who can't choose: cleaned, then with a number."""
    base = _cleaned_nick(nick)
    yield base
    for number in range(2, SIMILAR):
        suffix = str(number)
        yield base[: MAX_NICK - len(suffix)] + suffix


def _cleaned_nick(nick: str) -> str:
    """The nearest valid nickname: what is not allowed becomes ``_``, or is left out at the ends."""
    kept = "".join(each if not _complaint(fold(each)) else "_" for each in normalize("NFC", nick)[:MAX_NICK]).strip("_")
    for nick in (kept, f"_{kept}"[:MAX_NICK]) if kept else ():
        with suppress(BadNick, NickReserved):
            return parse_nick(nick).text
    return "guest"


def parse_room(text: str) -> Name:
    """`text`, with its ``#``, as a room's name. Raises `BadRoom`."""
    room = normalize("NFC", text.strip(" \t"))
    if not room.startswith("#"):
        raise BadRoom("a room's name begins with #")
    if len(room) == 1:
        raise BadRoom("a room's name needs at least one character after the #")
    if len(room) - 1 > MAX_ROOM:
        raise BadRoom(f"a room's name has at most {MAX_ROOM} characters after the #")
    key = fold(room)
    complaint = _complaint(room[1:]) or _complaint(key[1:]) or _complaint_of_standards(room[1:], key[1:])
    if complaint:
        raise BadRoom(f"a room's name {complaint}")
    return Name(room, key)


def _complaint(name: str) -> str:
    """What is wrong with the characters of `name`; empty if nothing is."""
    combining = _MAX_COMBINING  # none may come first
    for character in name:
        if character in _MARKS:
            combining = 0
            continue
        kind = category(character)
        if character in _INVISIBLE:
            return f"may not hold the invisible character U+{ord(character):04X}"
        if kind in _LETTERS:
            combining = 0
        elif kind in _COMBINING:
            combining += 1
            if combining > _MAX_COMBINING:
                return "may not hold stacked or leading combining marks"
        else:
            if character == " ":
                return "may not hold a blank"
            shown = f"{character} " if character.isprintable() and not character.isspace() else ""
            return f"holds letters, digits and _ - [ ] {{ }} \\ ^ | `, not {shown}U+{ord(character):04X}"
    return ""


def _complaint_of_standards(name: str, key: str) -> str:
    """What the profiles and the scripts have against `name`; empty if nothing."""
    for profile, text in ((_SHOWN, name), (_COMPARED, key)):
        try:
            profile.enforce(text)
        except UnicodeEncodeError as error:
            if "bidi" in error.reason:
                return "may not mix directions of writing"
            wrong = error.object[error.start : error.end]  # in what the profile made of it
            return f"may not hold {' '.join(f'U+{ord(each):04X}' for each in wrong)} there"
    return "may not mix letters of several scripts" if mixes_scripts(name) else ""
