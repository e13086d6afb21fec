"""How many SMS segments a text takes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import gsm0338  # noqa: F401  registers the codec "gsm03.38"


@dataclass(frozen=True, slots=True)
class Size:
    """Encoding ("GSM-7" or "UCS-2"), length in its units, and segments."""

    encoding: str
    units: int
    segments: int


def size(text: str) -> Size:
    """Measure a text: 160 or 153 septets a segment in GSM-7, 70 or 67 units in UCS-2."""
    try:
        units, encoding, single, joined = len(text.encode("gsm03.38")), "GSM-7", 160, 153
    except UnicodeEncodeError:
        units, encoding, single, joined = len(text.encode("utf-16-be")) // 2, "UCS-2", 70, 67
    segments = 1 if units <= single else math.ceil(units / joined)
    return Size(encoding, units, segments)
