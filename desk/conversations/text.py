"""Makes text from anywhere safe to store."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from desk import safety

MAX_TEXT: Final = 1600
"""Characters of one message that are kept; no channel carries more in one SMS."""

_READ_AT_MOST: Final = 8 * MAX_TEXT
# Controls but line feed, lone surrogates, and the marks that turn the direction of writing round
# and so could disguise a text on a screen. Joiners stay: emoji and some scripts need them.
_UNWANTED: Final = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)


def clean(raw: str) -> str:
    """A resident's text as it is stored: NFC, without control characters, masked, cut to MAX_TEXT.

    Masking comes before cutting, so that half a card number cannot slip through.
    """
    text = raw[:_READ_AT_MOST].replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    text = _UNWANTED.sub("", unicodedata.normalize("NFC", text))
    return safety.mask(text).strip()[:MAX_TEXT]
