"""The department's approved answers: one file per topic and language, read as they stand now."""

from __future__ import annotations

from desk.answers.answers import AnswerBroken, answer, check, switch_off_unfillable

__all__ = ["AnswerBroken", "answer", "check", "switch_off_unfillable"]
