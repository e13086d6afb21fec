"""Splits a long message where another matter may begin."""

from __future__ import annotations

import re
from typing import Final

_CUT: Final = re.compile(
    r"[.!?;\n]+\s*"
    r"|,?\s+(?:and also|also|and another thing|plus|by the way|btw"
    r"|y también|y tambien|además|ademas|aparte|y otra cosa|por cierto)\s+"
    r"|,?\s+(?:and|y)\s+(?=(?:how|what|where|when|who|can|could|do|does|is|are|i|my|como|cómo|que"
    r"|qué|donde|dónde|cuando|cuándo|quien|quién|puedo|pueden|quiero|necesito|mi|me)\b)",
    re.IGNORECASE,
)
_FEWEST_WORDS: Final = 4  # of a clause that can carry a topic


def clauses(text: str) -> list[tuple[int, int]]:
    """Where the clauses of a message stand (first character, one after the last).

    Empty unless there are two that are long enough to mean something by themselves.
    """
    found, start = [], 0
    for cut in [*_CUT.finditer(text), None]:
        end = cut.start() if cut else len(text)
        if len(text[start:end].split()) >= _FEWEST_WORDS:
            found.append((start, end))
        start = cut.end() if cut else end
    return found if len(found) > 1 else []
