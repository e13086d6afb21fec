"""Makes the PDF of an approved report, for the resident and their insurer."""

from __future__ import annotations

import logging
import tempfile
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

from babel.dates import format_datetime
from fpdf import FPDF
from fpdf.enums import Align, XPos, YPos
from pymupdf_fonts import NotoSans_Bold, NotoSans_Regular  # type: ignore[import-untyped]

from desk.database.models import Report
from desk.department import Department, spoken_phone
from desk.reports import kinds
from desk.reports.types import UnknownType, report_type
from desk.wording import Language, as_language, say

logging.getLogger("fontTools.subset").setLevel(logging.ERROR)  # names tables it leaves out

_FAMILY: Final = "noto"
_NAVY: Final = (18, 48, 90)
_QUIET: Final = (80, 92, 110)


class NotApproved(ValueError):
    """Only an approved report is a document: until then it may still change."""


def shown_fields(
    report: Report, department: Department, language: Language
) -> list[tuple[str, str]]:
    """What was told, as pairs of label and words, in the order in which it is asked.

    What the type no longer asks for comes last, as it is stored.
    """
    try:
        asked_for = report_type(department.folder, report.type).fields
    except UnknownType:
        asked_for = ()
    rest = {name: value for name, value in report.fields.items() if value is not None}
    shown: list[tuple[str, str]] = []
    for asked in asked_for:
        if asked.name in rest:
            words = kinds.show(asked, rest.pop(asked.name), department, language)
            label = asked.label.say(language)
            shown.append((label[:1].upper() + label[1:], words))
    return shown + [
        (name.replace("_", " ").capitalize(), str(value)) for name, value in rest.items()
    ]


def pdf(report: Report, department: Department) -> bytes:
    """An approved or closed report with a case number as a PDF, in the language it was filed in.

    Raises NotApproved.
    """
    if report.case_number is None or report.state not in {"approved", "closed"}:
        raise NotApproved(report.state)
    language = as_language(report.language)
    profile = department.profile
    try:
        title = report_type(department.folder, report.type).title.say(language)
    except UnknownType:
        title = report.type.replace("_", " ")
    title = title[:1].upper() + title[1:]
    page = _Page(profile.name.say(language), language)
    page.set_title(f"{title} {report.case_number}")
    page.set_lang(f"{language}-US")
    page.add_page()
    page.heading(title)
    facts = [
        (say("document.case", language), report.case_number),
        (say("document.number", language), report.number or ""),
    ]
    if report.submitted_at is not None:
        filed = _moment(report.submitted_at, department, language)
        facts.append((say("document.filed", language), filed))
    page.pairs(facts)
    page.subheading(say("document.told", language))
    page.pairs(shown_fields(report, department, language))
    page.small(
        say("document.note", language, phone=spoken_phone(profile.nonemergency))
        + (f" {say('document.demo', language)}" if profile.demo else "")
    )
    return bytes(page.output())


def _moment(at: datetime, department: Department, language: Language) -> str:
    return format_datetime(at.astimezone(department.profile.zone), "medium", locale=language)


@cache
def _fonts() -> dict[str, bytes]:
    return {"": NotoSans_Regular.fontbuffer, "B": NotoSans_Bold.fontbuffer}


class _Page(FPDF):
    """Letter paper with the department's name above and the page number below."""

    def __init__(self, name: str, language: Language) -> None:
        super().__init__(format="Letter")
        self._name = name
        self._language = language
        self.set_margin(20)
        self.set_auto_page_break(True, margin=22)
        with tempfile.TemporaryDirectory() as folder:
            for style, font in _fonts().items():
                path = Path(folder) / f"font{style}.ttf"
                path.write_bytes(font)
                self.add_font(_FAMILY, style, path)

    def header(self) -> None:
        """The line above each page."""
        self.set_font(_FAMILY, "B", 11)
        self.set_text_color(*_NAVY)
        self._line(self._name, 8)
        self.set_draw_color(*_NAVY)
        self.line(self.l_margin, self.get_y(), self.w - self.r_margin, self.get_y())
        self.ln(6)

    def footer(self) -> None:
        """The line below each page."""
        self.set_y(-16)
        self.set_font(_FAMILY, "", 9)
        self.set_text_color(*_QUIET)
        self._line(say("document.page", self._language, page=self.page_no()), 8)

    def heading(self, words: str) -> None:
        """The title."""
        self.set_font(_FAMILY, "B", 20)
        self.set_text_color(*_NAVY)
        self._line(words, 12)

    def subheading(self, words: str) -> None:
        """The title of a part."""
        self.ln(4)
        self.set_font(_FAMILY, "B", 13)
        self.set_text_color(*_NAVY)
        self._line(words, 9)

    def pairs(self, pairs: list[tuple[str, str]]) -> None:
        """Labels with their words below."""
        for label, words in pairs:
            self.set_font(_FAMILY, "", 9)
            self.set_text_color(*_QUIET)
            self._line(label, 5)
            self.set_font(_FAMILY, "", 11)
            self.set_text_color(0, 0, 0)
            self._line(words, 6)
            self.ln(1.5)

    def small(self, words: str) -> None:
        """A note at the end."""
        self.ln(4)
        self.set_font(_FAMILY, "", 9)
        self.set_text_color(*_QUIET)
        self._line(words, 5)

    def _line(self, words: str, height: float) -> None:
        self.multi_cell(0, height, words, align=Align.L, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
