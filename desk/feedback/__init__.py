"""Feedback: did this help, how well from 1 to 5, and anything in own words."""

from __future__ import annotations

from desk.feedback.survey import Answer, ask, take

__all__ = ["Answer", "ask", "take"]
