"""Whether a danger that the model understood counts, where the screen found none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from desk.safety.screen import is_excused
from desk.wording import Language
from desk.wording.detect import first_language

SURE: Final[Mapping[Language, float]] = {"en": 0.3, "es": 0.7}
"""From this confidence of the model on (0 to 1) its danger is answered as danger; below it is asked
about, under the number to call. Measured for each language (docs/adr/0008): in Spanish the model is
surer of what is danger, and of what is none."""

_SURER: Final = {"missing_person": 0.5}
"""Where it must be surer: pets and telephones are missing too."""

_EXCUSED: Final = 0.9
"""How sure it must be of words that the screen knows as harmless ("the wait is killing me")."""


def counts(kind: str, confidence: float, text: str, *, least: float = 0.0) -> bool:
    """Whether the model's danger of this kind, understood from `text`, is to be answered.

    `least` is the confidence that the place of the message asks for, an interview's story say.
    """
    needed = max(least, SURE[first_language(text)], _SURER.get(kind, 0.0))
    return confidence >= (max(needed, _EXCUSED) if is_excused(text) else needed)
