"""Brings text into the form in which two spellings of the same words are equal."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
"""A word: letters, and apostrophes inside."""


def fold(text: str) -> str:
    """The text in lower case, without accents and with one kind of apostrophe."""
    apart = unicodedata.normalize("NFD", text.lower().replace("’", "'"))
    return "".join(one for one in apart if not unicodedata.combining(one))


def folded_words(text: str) -> list[str]:
    """The words of a text, folded, in order."""
    return WORD.findall(fold(text))
