"""Safety: the danger screen, the answers to danger, and the masking of secret numbers."""

from __future__ import annotations

from desk.safety.danger import danger_reply
from desk.safety.guess import counts
from desk.safety.masking import mask
from desk.safety.screen import KINDS, Danger, screen, warm_up

__all__ = ["KINDS", "Danger", "counts", "danger_reply", "mask", "screen", "warm_up"]
