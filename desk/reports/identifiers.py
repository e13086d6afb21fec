"""Understands what names an account or a sender: the last four digits, a handle."""

from __future__ import annotations

import re
from typing import Final

from desk.reports.times import plain

LAST: Final = 4
_LONGEST_HANDLE: Final = 80
_LONG: Final = re.compile(r"(?<![\w])\d(?:[ .\-]{0,2}\d){4,24}(?!\w)")
_SOCIAL: Final = re.compile(
    r"\b(?:ssn|ss ?#|social(?: security)?|itin|seguro social|numero social)\b"
)
_SSN: Final = re.compile(r"(?<!\d)\d{3}[ .\-]\d{2}[ .\-]\d{4}(?!\d)|(?<![\d-])\d{9}(?![\d-])")
_AMEX: Final = re.compile(r"(?<!\w)(?:\d{4})(?!\w)")
_ENDING: Final = re.compile(
    r"\b(?:end(?:s|ing|ed)? (?:in|with)|last (?:four|4)(?: digits)?(?: (?:is|are|was|were|"
    r"of [\w ]{1,20}? (?:is|are)))?|"
    r"termina(?:da|do|n)? (?:en|con)|acaba(?:da|do|n)? en|ultimos (?:cuatro|4)(?: (?:digitos|"
    r"numeros))?"
    r"(?: (?:son|es|eran))?)[ :#x*.]*(?P<last>\d{4})(?!\d)"
)
_STARRED: Final = re.compile(r"(?<![x*•#])[x*•#]{2}[x*•# -]{0,24}(?P<last>\d{4})(?!\d)")
_AT: Final = re.compile(r"(?<![\w.@])@[A-Za-z0-9_][\w.]{1,39}(?<!\.)")
_CALLED: Final = re.compile(
    r"(?i:\b(?:user ?name|handle|screen ?name|account (?:called|named)|goes by|calls (?:himself|"
    r"herself|"
    r"themselves)|usuario|la cuenta(?: de)?|se (?:hace llamar|llama))\b)(?:\s+(?:is|was|es|"
    r"era))?[\s:]+"
    r"[\"“']?(?P<name>[\w.@-]{3,40})"
)
_NO_HANDLE: Final = re.compile(
    r"(?:yes|no|ok(?:ay)?|maybe|hi|hello|hola|si|it|them|him|her|someone|somebody|alguien|"
    r"what|why|who|how|\W*)"
)


class SocialSecurity(ValueError):
    """What was told is, or may be, a social-security number or a part of one."""


def last_four(text: str) -> str | None:
    """The last four digits in a direct answer; of a longer number only these are ever given back.

    Raises SocialSecurity.
    """
    words = plain(text)
    if _SOCIAL.search(words) or _SSN.search(words):
        raise SocialSecurity
    if found := find_last_four(text):
        return found
    long = [re.sub(r"\D", "", one.group(0)) for one in _LONG.finditer(words)]
    if len(long) == 1:
        return long[0][-LAST:]
    alone = _AMEX.findall(words)
    return alone[0] if len(alone) == 1 and not long else None


def find_last_four(text: str) -> str | None:
    """The digits that a text says an account ends in; None when it does not, or of which is "
    "open."""
    words = plain(text)
    if _SOCIAL.search(words):
        return None
    found = {one.group("last") for p in (_ENDING, _STARRED) for one in p.finditer(words)}
    return found.pop() if len(found) == 1 else None


def is_long_number(text: str) -> bool:
    """Whether a text holds a number that may be an account's own."""
    return bool(_LONG.search(plain(text)))


def find_handle(text: str) -> str | None:
    """The user name that a text names as one."""
    if found := _AT.search(text):
        return found.group(0)
    named = _CALLED.search(text)
    return named.group("name").strip(".-") if named else None


def handle(text: str) -> str | None:
    """The handle in a direct answer: a user name, or a short name with its platform, as told."""
    if (found := find_handle(text)) is not None:
        return found
    words = " ".join(text.split()).strip(" .,;!\"'")
    if len(words) > _LONGEST_HANDLE or text.strip().endswith("?") or len(words.split()) > 10:
        return None
    if len(words) < 3 or _NO_HANDLE.fullmatch(plain(words)):
        return None
    return words
