"""Fits what we say to an SMS: characters, segments, and choices as a numbered list."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final

from gsm0338 import Codec

from desk.reply import Choice

_GSM: Final = Codec()
_SINGLE, _JOINED = 160, 153
_UCS2_SINGLE, _UCS2_JOINED = 70, 67
_FOLDED: Final = {
    **dict.fromkeys("‘’‚‛′´`ʼ", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys("\u00a0\u2007\u2009\u200a\u202f", " "),
    **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\ufe0f\u00ad", ""),
    "…": "...",
    "•": "-",
    "·": "-",
    "º": "o",
    "ª": "a",
    "×": "x",
    "\t": " ",
    "\r": "",
}


def fold(text: str) -> str:
    """The text in GSM-7 where that is possible: á → a, curly quotes → straight, … → ...

    Letters that GSM-7 has (é, ñ, ü, ¿, ¡) stay; a sign that has no likeness, such as an emoji or
    a Chinese letter, stays too: `segments` then counts the message as one of 70 characters.
    """
    return "".join(map(_fold_sign, unicodedata.normalize("NFC", text)))


def is_gsm7(text: str) -> bool:
    """Whether the text goes out in GSM-7 as it stands."""
    try:
        _GSM.encode(text)
    except UnicodeError:
        return False
    return True


def segments(text: str) -> int:
    """The number of SMS that carriers send (and bill) for the text as it stands; 0 when empty."""
    if is_gsm7(text):
        length, single, joined = len(_GSM.encode(text)[0]), _SINGLE, _JOINED
    else:
        length, single, joined = len(text.encode("utf-16-le")) // 2, _UCS2_SINGLE, _UCS2_JOINED
    if length == 0:
        return 0
    return 1 if length <= single else -(-length // joined)


def render_choices(text: str, choices: Sequence[Choice]) -> str:
    """The text with its choices below it, numbered from 1; the resident answers with the number."""
    rows = [f"{number} {choice.title}" for number, choice in enumerate(choices, 1)]
    return "\n".join([text, *rows] if text else rows)


def _fold_sign(sign: str) -> str:
    sign = _FOLDED.get(sign, sign)
    if not sign or is_gsm7(sign):
        return sign
    plain = "".join(
        part for part in unicodedata.normalize("NFKD", sign) if not unicodedata.combining(part)
    )
    return plain if plain and is_gsm7(plain) else sign
