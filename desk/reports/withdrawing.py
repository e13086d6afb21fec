"""Tells from a message whether a resident wants to take a filed report back."""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy.orm import Session

from desk.conversations import transcript
from desk.reports.kinds import bare, says_yes

CONFIRMED: Final = "withdrawn"
"""The choice that takes a report back: its value is this, a colon and the report's number."""

_LOOK_BACK: Final = 4
_LONGEST_WISH: Final = 20  # words; a longer text is a story
_WISH: Final = re.compile(
    r"\b(?:withdraw|cancel|take back|drop (?:my|the|this)|delete|remove|undo|disregard|"
    r"never ?mind|close|retir\w+|cancel\w+|anul\w+|quit(?:ar|en|e)|borr\w+|cierr\w+|cerrar|"
    r"ya no quiero)\b.*\b(?:reports?|complaint|statement|reporte|denuncia|queja)\b"
)


def wishes(text: str) -> bool:
    """Whether a text asks to take a report back, whatever becomes of it."""
    words = bare(text)
    return len(words.split()) <= _LONGEST_WISH and bool(_WISH.search(words))


def agrees_to(session: Session, conversation_id: str, text: str) -> str | None:
    """The number of the report that we asked about last, when a text says yes to taking it back."""
    if not (says_yes(text) or wishes(text)):
        return None
    for entry in reversed(transcript(session, conversation_id, _LOOK_BACK)):
        if entry.author != "resident":
            values = (one["value"] for one in entry.choices)
            asked = next((one for one in values if one.startswith(f"{CONFIRMED}:")), None)
            return asked.partition(":")[2] if asked else None
    return None
