"""Where an interview stands, as it is stored beside the report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from desk.database.models import Report


@dataclass
class Standing:
    """Where an interview stands; stored as Report.interview.

    `asking` is number | secret | gate | which | sure:<condition> | field:<name> | confirm |
    change | stop | offer; `before` is what was asked before "stop" or "offer" came in between.
    """

    asking: str = "gate"
    before: str = ""
    tries: int = 0
    changing: bool = False  # the field asked for has a value that is to be replaced
    trail: list[str] = field(default_factory=list)  # what was asked and answered, for "back"
    skipped: list[str] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)  # conditions known to hold
    told: list[str] = field(default_factory=list)  # what was said in own words, masked
    options: list[Any] = field(default_factory=list)  # [label, value] offered for the field
    heard: str = ""  # the place that could not be found, as it was told
    held: str = ""  # a story that sounded like danger, until the resident says it is safe to go on
    next_type: str = ""  # the report the resident wanted when an old draft was offered
    photos: list[str] = field(default_factory=list)  # public ids of what the resident sent
    private: bool = False  # never shown to the officer it names
    number: str = ""  # of the report to be added to, until its secret is told
    found: int = 0  # id of the report to be added to
    misses: int = 0  # number and secret that did not fit


def is_private(report: Report) -> bool:
    """Whether a report names one of us, who must not see it."""
    return bool(report.interview.get("private"))
