"""The lint of report types finds what a resident should never meet."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from desk.reports import check
from desk.settings import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "department" / "reports", tmp_path / "reports")
    return tmp_path


def change(folder: Path, old: str, new: str) -> list[str]:
    path = folder / "reports" / "theft.yml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return check(folder)


def test_the_demo_department_is_clean() -> None:
    assert check(ROOT / "department") == []


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("kind: place", "kind: spot", "theft.yml: fields.2.kind"),
        ("  thank: {en: Thank you for reporting it., es: Gracias por reportarlo.}\n", "", "thank"),
        (", es: Gracias por reportarlo.", "", "after.thank.es"),
        ("title: {en: theft report,", "titel: {en: theft report,", "theft.yml: title"),
        ("value_cap: 10000", "value_cap: 0", "value_cap"),
        ("by {date} and", "soon and", "who_and_when must use exactly {date}"),
        ("Where was it taken from?", "Where was it taken from? " + "Please. " * 40, "takes 3 SMS"),
        ("What was taken?", "What was taken ☎?", "letters that SMS does not carry"),
        ("en: I know who did it", "en: I know very well who did it", "longer than 20"),
        ("- id: no_special", "- id: no_force", "'no_force' is there twice"),
        ("    skippable: true\n", "    skippable: true\n    when: {colour: [red]}\n", "no field"),
        ("(package|parcel", "(package|parcel(", "not a regular expression"),
        ("promised_days: 7", "promised_days: 7\nwithout: [nonsense]", "no such condition"),
        ("I'm sorry this happened to you.", "It is filed.", "acknowledges nothing"),
        ("Siento que le haya pasado esto.", "Su reporte quedó.", "(es): after.acknowledge"),
        ("Thank you for reporting it.", "Fine.", "after.thank does not thank"),
        ("The records desk does this", "It is done", "after.who_and_when names nobody"),
        ("La oficina de registros lo hace", "Se hace", "(es): after.who_and_when names nobody"),
        ("en: I'm sorry that happened. Reporting", "en: Reporting", "opening"),
        ("promised_days: 7", "promised_days: 7\nchannels: [fax]", "channels"),
        ("promised_days: 7", "promised_days: 7\nretention_days: 0", "retention_days"),
        ("kind: place", "kind: place\n    not_before: time", "must be dates"),
        ("kind: place", "kind: place\n    within_days: 5", "is no date"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(folder: Path, old: str, new: str, found: str) -> None:
    problems = change(folder, old, new)
    assert any(found in problem for problem in problems), problems


def test_the_five_parts_must_stand_in_their_order(folder: Path) -> None:
    path = folder / "reports" / "theft.yml"
    thank = "  thank: {en: Thank you for reporting it., es: Gracias por reportarlo.}\n"
    text = path.read_text("utf-8").replace(thank, "").replace("after:\n", f"after:\n{thank}")
    path.write_text(text, "utf-8")
    assert any("the parts must stand as acknowledge, thank" in one for one in check(folder))


def test_a_group_with_a_long_title_is_named(folder: Path) -> None:
    common = folder / "reports" / "common.yml"
    text = common.read_text("utf-8").replace("en: Lost or stolen", "en: Things lost or stolen")
    common.write_text(text, "utf-8")
    assert any("the title of group things" in one for one in check(folder))


def test_a_new_type_is_only_a_file(folder: Path) -> None:
    shutil.copy(folder / "reports" / "theft.yml", folder / "reports" / "bike_theft.yml")
    assert check(folder) == []


def test_without_common_there_is_nothing(folder: Path) -> None:
    (folder / "reports" / "common.yml").unlink()
    assert check(folder) == ["reports/common.yml is missing"]
