"""Splits text into comparable words, and street names into their parts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_TOKEN = re.compile(r"[^\W_]+(?:['’`][^\W_]+)*[ºª]?|[&/@+#,]")
_ORDINAL = re.compile(r"^0*(\d{1,3})(?:st|nd|rd|th|a|o|ta|to|va|vo|ma|mo|na|no|ra|ro|er|da|do)$")


def _list(written: str) -> list[str]:
    return written.split()


_ENGLISH = _list(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh "
    "twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth "
    "nineteenth twentieth"
)
_SPANISH = _list("primer segund tercer cuart quint sext septim octav noven decim undecim duodecim")
_TENS: Final = {
    word: number
    for number, word in enumerate(
        [
            "twenty",
            "thirty",
            "forty",
            "fifty",
            "sixty",
            "seventy",
            "eighty",
            "ninety",
        ],
        2,
    )
}
ORDINALS: Final[dict[str, str]] = {
    **{word: str(number) for number, word in enumerate(_ENGLISH, 1)},
    **{
        stem + ending: str(number)
        for number, stem in enumerate(_SPANISH, 1)
        for ending in ("a", "o")
    },
    "primer": "1",
    "tercer": "3",
    "setima": "7",
    "setimo": "7",
    "onceava": "11",
    "doceava": "12",
}
CARDINALS: Final[dict[str, str]] = {
    word: str(number)
    for number, word in enumerate(
        _list("uno dos tres cuatro cinco seis siete ocho nueve diez once doce"),
        1,
    )
}

_SUFFIXES = {
    "st": "street str",
    "ave": "avenue av aven avenu",
    "blvd": "boulevard boul",
    "rd": "road",
    "dr": "drive drv",
    "ln": "lane la",
    "ct": "court",
    "pl": "place",
    "ter": "terrace terr",
    "sq": "square",
    "pkwy": "parkway pky",
    "hwy": "highway",
    "cir": "circle",
    "aly": "alley",
    "way": "wy",
    "walk": "wlk",
    "trl": "trail",
    "expy": "expressway",
    "plz": "plaza",
    "row": "",
}
SUFFIXES: Final[dict[str, str]] = {
    written: short for short, others in _SUFFIXES.items() for written in (short, *others.split())
}
_DIRECTIONS = {
    "n": "north norte",
    "s": "south sur",
    "e": "east este",
    "w": "west oeste",
    "ne": "northeast noreste",
    "nw": "northwest noroeste",
    "se": "southeast sureste",
    "sw": "southwest suroeste",
}
DIRECTIONS: Final[dict[str, str]] = {
    written: short for short, others in _DIRECTIONS.items() for written in (short, *others.split())
}
_SAME: Final = {"mt": "mount", "ft": "fort", "saint": "st"}


@dataclass(frozen=True, slots=True)
class Word:
    """One word or sign of a text: its comparable form and where it stands."""

    text: str
    start: int
    end: int


def fold(text: str) -> str:
    """Text without case, accents and apostrophes, for comparing."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in decomposed if one.isalnum() or one in "&/@+#, ")


def words(text: str) -> list[Word]:
    """The words and joining signs (& / @ + # ,) of a text, in order."""
    found = (Word(fold(one[0]), one.start(), one.end()) for one in _TOKEN.finditer(text))
    return [word for word in found if word.text]


def name_key(text: str) -> tuple[str, ...]:
    """The comparable words of a name, signs left out."""
    return tuple(word.text for word in words(text) if word.text.isalnum())


def street_words(parts: Sequence[str]) -> tuple[str, ...]:
    """Words of a street's name made equal: ordinals as numbers ("fifth", "05th" → "5")."""
    made: list[str] = []
    at = 0
    while at < len(parts):
        number, width = ordinal(parts, at)
        made.append(number or _SAME.get(parts[at], parts[at]))
        at += width
    return tuple(made)


def ordinal(parts: Sequence[str], at: int) -> tuple[str | None, int]:
    """The number an ordinal at a position means, and how many words it takes (1 when none)."""
    part = parts[at]
    if part in _TENS and at + 1 < len(parts):
        ones = ORDINALS.get(parts[at + 1])
        if ones is not None and len(ones) == 1:
            return f"{_TENS[part]}{ones}", 2
    if part in ORDINALS:
        return ORDINALS[part], 1
    if match := _ORDINAL.match(part):
        return match[1], 1
    return None, 1


@dataclass(frozen=True, slots=True)
class StreetName:
    """A street's name in parts: "S 18th St" is direction "s", base ("18",), suffix "st"."""

    direction: str
    base: tuple[str, ...]
    suffix: str


def street_name(text: str) -> StreetName:
    """A street's written name in parts; what follows the suffix (a unit, "ST 2") is dropped."""
    parts = list(name_key(text))
    direction = suffix = ""
    ends = [at for at, part in enumerate(parts) if at and part in SUFFIXES]
    if ends:
        last, rest = ends[-1], parts[ends[-1] + 1 :]
        if not rest or (len(rest) == 1 and len(rest[0]) <= 3):
            suffix = SUFFIXES[parts[last]]
            if rest:
                direction = DIRECTIONS.get(rest[0], "")
            parts = parts[:last]
    if len(parts) > 1 and parts[0] in DIRECTIONS:
        direction = DIRECTIONS[parts[0]]
        parts = parts[1:]
    return StreetName(direction, street_words(parts), suffix)
