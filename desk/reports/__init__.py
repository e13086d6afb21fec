"""Reports of what happened: their types, the interview that takes them, and where they are kept."""

from __future__ import annotations

from desk.reports import interview, store
from desk.reports.check import check
from desk.reports.questions import which_type
from desk.reports.standing import is_private
from desk.reports.turns import Handoff, Heard, Outcome, Turn
from desk.reports.types import ReportType, UnknownType, report_type, report_types

__all__ = [
    "Handoff",
    "Heard",
    "Outcome",
    "ReportType",
    "Turn",
    "UnknownType",
    "check",
    "interview",
    "is_private",
    "report_type",
    "report_types",
    "store",
    "which_type",
]
