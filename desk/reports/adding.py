"""Finds the report that a resident adds to, and attaches what they told to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from desk.database.models import Report
from desk.reports import lifecycle

MOST_MISSES: Final = 5
"""So many wrong pairs of number and secret may be told before nothing is looked up any more."""
_NUMBER: Final = re.compile(r"(?<![A-Za-z0-9])T[ -]?(\d{2})[ -]?([A-Z0-9]{6})(?![A-Za-z0-9])", re.I)
_SECRET: Final = re.compile(r"(?<![A-Za-z0-9-])[A-Z0-9]{8}(?![A-Za-z0-9-])", re.I)


_LEAD: Final = re.compile(
    r"^(?:(?:hi|hello|hola|please|por favor|(?:i )?(?:want|need|would like)(?: to)?|i'?d like to|"
    r"quiero|quisiera|necesito|add(?: (?:this|something|more|information|info|details?))?|"
    r"agreg(?:ar|o|ue)|a[nñ]adir|to|al|a(?=\s*(?:$|[,.:;])| (?:mi|el|reporte|caso)\b)|"
    r"(?:(?:my|the|mi|el|this) )?(?:report|case|reporte|caso|(?:secret )?code|secret|"
    r"c[oó]digo(?: secreto)?|clave)(?: (?:number|is|es))?|number|n[uú]mero|with|con|and|y|is|es)\b"
    r"|[\s,.:;()#-])+",
    re.IGNORECASE,
)
_TRAIL: Final = re.compile(
    r"[\s,.:;(-]*\b(?:(?:and|y|with|con|my|the|mi|el|is|es|for|to|report|case|reporte|caso|number|"
    r"n[uú]mero|(?:secret )?code|c[oó]digo(?: secreto)?|clave)\b[\s,.:;)-]*)+$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Key:
    """The number and the secret in a text, as far as they are there, and the words around them."""

    number: str | None
    secret: str | None
    rest: str


def key_in(text: str, *, bare_word: bool = False) -> Key:
    """What a text tells of number and secret.

    A secret may be all letters; such a word counts in capitals, or with `bare_word` in any case.
    """
    found = _NUMBER.search(text)
    rest = _NUMBER.sub(" ", text)
    likely = [
        one
        for one in _SECRET.finditer(rest)
        if re.search(r"\d", one.group(0)) or one.group(0).isupper() or bare_word
    ]
    with_digit = [one for one in likely if re.search(r"\d", one.group(0))]
    secret = (with_digit or likely)[-1] if likely else None
    if secret is not None:
        rest = f"{rest[: secret.start()]} {rest[secret.end() :]}"
    rest = " ".join(rest.split())
    if found:  # the words that only led to the number
        rest = _TRAIL.sub("", _LEAD.sub("", rest))
    return Key(
        f"T{found.group(1)}-{found.group(2).upper()}" if found else None,
        secret.group(0).upper() if secret else None,
        rest,
    )


def attach(session: Session, report: Report, text: str, now: datetime) -> None:
    """Add words to a filed report, in as many steps as they need. Raises CannotBecome."""
    longest = lifecycle.LONGEST_WORDS
    for start in range(0, max(len(text), 1), longest):
        lifecycle.supplement(session, report, text[start : start + longest], now)
