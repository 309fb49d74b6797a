"""Which names look alike: the skeleton of Unicode Technical Standard 39, section 4, and its scripts, section 5.

The table is that of Unicode, confusables.txt, as confusable-homoglyphs has it: each character with all that look like
it. That is enough, for all that look alike have one prototype. One of several characters is the prototype of its group.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from unicodedata import normalize

from confusable_homoglyphs.categories import unique_aliases
from confusable_homoglyphs.confusables import confusables_data

_TOGETHER = (
    frozenset(("LATIN", "HAN", "HIRAGANA", "KATAKANA")),
    frozenset(("LATIN", "HAN", "BOPOMOFO")),
    frozenset(("LATIN", "HAN", "HANGUL")),
)
"""Scripts that one name may mix, as Japanese, Chinese and Korean do (section 5.2, "highly restrictive")."""

_OF_ANY = frozenset(("COMMON", "INHERITED"))

_DIRECTION = "\N{LEFT-TO-RIGHT MARK}"
"""Stands around right-to-left characters in the table, for the eye of its readers only."""


def mixes_scripts(text: str) -> bool:
    """Whether `text` has letters of scripts that nobody writes together."""
    scripts = frozenset(unique_aliases(text)) - _OF_ANY
    return len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER)


class Looks:
    """Which of some names look like another one. Names are known by their keys."""

    def __init__(self) -> None:
        self._keys: dict[str, set[str]] = {}
        self._looks: dict[str, frozenset[str]] = {}

    def add(self, key: str, text: str) -> None:
        """`text` is a name now, the one and only with this key."""
        self.discard(key)
        self._looks[key] = looks(text)
        for look in self._looks[key]:
            self._keys.setdefault(look, set()).add(key)

    def discard(self, key: str) -> None:
        for look in self._looks.pop(key, ()):
            self._keys[look].remove(key)
            if not self._keys[look]:
                del self._keys[look]

    def like(self, text: str) -> Iterator[str]:
        """The keys of the names that look like `text`, itself among them."""
        for look in looks(text):
            yield from self._keys.get(look, ())


def looks(text: str) -> frozenset[str]:
    """What `text` looks like: two names that share one look alike.

    As it is written and in small letters, and in capitals: names ignore case, and a script's capitals may look like
    another one's where its small letters don't (TOM, and Cyrillic in the same letters).
    """
    plain = normalize("NFKC", text)
    small = plain.casefold()
    written = (_skeleton(each).casefold() for each in (normalize("NFC", text), plain, small))
    return frozenset((*written, _CAPITALS + _skeleton(normalize("NFC", small.upper()))))


_CAPITALS = " "
"""Before the look of capitals, which is compared with nothing else: no name has a blank. Their case is kept: I looks
like l there, and L does not; else every i would be an l, and Neil be Nell."""


def _skeleton(text: str) -> str:
    """Of a text in NFC: letters with their marks look alike, too, not only what they are made of."""
    return normalize("NFD", _prototype_of(normalize("NFD", _prototype_of(text))))


def _prototype_of(text: str) -> str:
    prototype = prototypes()
    return "".join(prototype.get(each, each) for each in text)


@cache
def prototypes() -> Mapping[str, str]:
    """For each character that looks like others what stands for all of them. Made at the first call, in 0.1 s."""
    groups: dict[str, set[str]] = {}
    for character, found in confusables_data.items():
        alike = {each.strip(_DIRECTION) for each in (character, *(one["c"] for one in found))}
        for each in tuple(alike):
            alike |= groups.get(each, set())
        for each in alike:
            groups[each] = alike
    chosen = {each: min(alike, key=_preference) for each, alike in groups.items() if len(each) == 1}
    return {
        each: "".join(chosen.get(part, part) if len(prototype) > 1 else part for part in prototype)
        for each, prototype in chosen.items()
    }


def _preference(text: str) -> tuple[bool, bool, bool, str]:
    """Several characters first; then letters before digits, for who writes 0 means O; then small ones."""
    return len(text) == 1, not (text.isascii() and text.isalpha()), not text.islower(), text
