"""The PDF of an approved report."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader

from desk.database.models import Report
from desk.department import Department
from desk.reports import document
from tests.desk.reports.talking import NOW


def report(**changes: object) -> Report:
    values: dict[str, object] = {
        "type": "theft",
        "state": "approved",
        "language": "es",
        "number": "T26-ABCDEF",
        "case_number": "26-000123",
        "submitted_at": NOW,
        "fields": {"story": "Se llevaron mi bicicleta, ¿quién? Дмитро lo vio. 🙂", "scratch": "sí"},
    }
    return Report(**(values | changes))


def words_of(pdf: bytes) -> str:
    """What a reader of the PDF can select and search."""
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_it_holds_the_numbers_and_what_was_told_in_the_resident_s_language(
    department: Department,
) -> None:
    words = words_of(document.pdf(report(), department))

    for expected in (
        "Policía", "26-000123", "T26-ABCDEF", "Lo que se reportó", "Qué pasó",
        "Se llevaron mi bicicleta, ¿quién? Дмитро lo vio.", "Scratch", "Página 1",
    ):  # fmt: skip
        assert expected in words, words


def test_a_long_story_goes_over_several_pages(department: Department) -> None:
    long = {"story": "It was on the rack and then it was gone. " * 200}

    pages = PdfReader(io.BytesIO(document.pdf(report(fields=long), department))).pages

    assert len(pages) > 1
    assert f"Página {len(pages)}" in pages[-1].extract_text()


def test_it_says_its_title_and_language_to_screen_readers(department: Department) -> None:
    read = PdfReader(io.BytesIO(document.pdf(report(), department)))

    assert read.metadata is not None
    assert read.metadata.title == "Reporte de robo 26-000123"
    assert read.trailer["/Root"]["/Lang"] == "es-US"


def test_a_type_the_department_no_longer_takes_is_still_printed(department: Department) -> None:
    words = words_of(document.pdf(report(type="hovercraft_noise", language="en"), department))

    assert "Hovercraft noise" in words
    assert "Se llevaron" in words


@pytest.mark.parametrize("state", ["submitted", "rejected", "withdrawn"])
def test_only_an_approved_report_is_a_document(department: Department, state: str) -> None:
    with pytest.raises(document.NotApproved):
        document.pdf(report(state=state), department)
