"""What the desk says to a resident: a text, and choices they may tap or number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to tap. `title` is what the resident reads, `value` what we get back.

    A value is one of our own words ("confirm", "skip"), or "topic:" and the id of a topic.
    """

    title: str
    value: str


@dataclass(frozen=True, slots=True)
class Reply:
    """One thing said. `urgent` marks an answer to danger, which is sent before all others."""

    text: str
    choices: tuple[Choice, ...] = ()
    urgent: bool = False


def choices_as_json(choices: tuple[Choice, ...]) -> list[Any]:
    """Choices as they are stored: a list of {"title", "value"}."""
    return [{"title": choice.title, "value": choice.value} for choice in choices]


def choices_from_json(stored: list[Any]) -> tuple[Choice, ...]:
    """The choices that `choices_as_json` stored."""
    return tuple(Choice(title=one["title"], value=one["value"]) for one in stored)
