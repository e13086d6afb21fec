from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import shapely

from desk.department import Problem, check, load
from desk.settings import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "department"
    shutil.copytree(ROOT / "department", made, ignore=shutil.ignore_patterns("answers", "reports"))
    return made


def only(problems: list[Problem]) -> Problem:
    assert len(problems) == 1, problems
    return problems[0]


def test_the_demo_city_has_no_problem() -> None:
    assert check(ROOT / "department") == []


def test_the_demo_districts_tile_the_city_exactly() -> None:
    areas = [one.area for one in load(ROOT / "department").districts]
    city = shapely.union_all(areas)
    assert len(areas) >= 6
    assert city.geom_type == "Polygon"
    assert len(city.interiors) == 0
    assert city.area == pytest.approx(sum(area.area for area in areas), rel=1e-12)


@pytest.mark.parametrize(
    ("file", "old", "new", "said", "remedy"),
    [
        ("profile.yml", "nonemergency: (209) 555-0100", "nonemergency: (209) 55", "phone", "209"),
        ("profile.yml", "nonemergency: (209) 555-0100", "nonemergency: +12095550100", "", "quote"),
        ("profile.yml", "nonemergency:", "nonemergancy:", "nonemergancy", "spelling"),
        ("profile.yml", "time_zone: America/Los_Angeles", "time_zone: Pacific", "zone", "America"),
        ("stations.yml", "hours: Mo-Su 07:00-23:00", "hours: daily 7-23", "opening hours", "Mo-Fr"),
        ("stations.yml", "name: {en: Eastgate Station, es: Comisaría Eastgate}",
         "name: {en: Eastgate Station}", "es", "Spanish"),
        ("stations.yml", "id: drug_drop_box", "id: drop_box", "services", "Correct"),
        ("agencies.yml", "kind: jail", "kind: prison", "kind", "Correct"),
        ("officers.yml", "phone: (209) 555-0122", "phone: 5550122x", "phone", "209"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told_with_its_line_and_remedy(
    folder: Path, file: str, old: str, new: str, said: str, remedy: str
) -> None:
    text = (folder / file).read_text()
    line = text[: text.index(old)].count("\n") + 1
    (folder / file).write_text(text.replace(old, new, 1))
    problems = [one for one in check(folder) if one.line == line]
    assert problems, check(folder)
    assert (problems[0].file, problems[0].level) == (file, "error")
    assert said in problems[0].message
    assert remedy in problems[0].remedy


@pytest.mark.parametrize(
    ("file", "content", "line"),
    [
        ("profile.yml", "name: {en: A\ncity: B\n", 2),
        ("stations.yml", "stations:\n  - id: a\n   name: b\n", 3),
        ("stations.yml", "station: []\n", 1),
        ("districts.geojson", '{"type": "FeatureCollection",\n"features": [}\n', 2),
        ("districts.geojson", "[]\n", 1),
        ("gazetteer/zips.csv", "zip,latitude,longitude\n00101,37.6\n", 2),
        ("gazetteer/zips.csv", "zip,latitude,longitude\n00101,37.6,-120.95\nABC,37.6,-120.9\n", 3),
    ],
)
def test_a_file_that_cannot_be_read_is_told_by_line(
    folder: Path, file: str, content: str, line: int
) -> None:
    (folder / file).write_text(content)
    problem = check(folder)[0]
    assert (problem.file, problem.line, problem.level) == (file, line, "error")


def test_a_missing_file_is_told(folder: Path) -> None:
    (folder / "stations.yml").unlink()
    assert "missing" in only(check(folder)).message


def test_text_in_another_encoding_is_told(folder: Path) -> None:
    path = folder / "profile.yml"
    path.write_bytes(path.read_text().encode("latin-1"))
    assert "UTF-8" in only(check(folder)).message


def replace(file: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        text = (folder / file).read_text()
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1))

    return change


CORNER = "[-120.95, 37.6075], [-120.962, 37.6075], [-120.962, 37.5875]]"


@pytest.mark.parametrize(
    ("change", "level", "message"),
    [
        (replace("stations.yml", "id: hillside", "id: central"), "error", "central is here twice"),
        (replace("stations.yml", 'district: "5"', 'district: "9"'), "error", "does not exist"),
        (replace("officers.yml", 'district: "6"', 'district: "9"'), "error", "does not exist"),
        (replace("districts.geojson", '"station": "westside"', '"station": "nowhere"'), "error",
         "does not exist"),
        (replace("stations.yml", "latitude: 37.6152", "latitude: 37.5152"), "warning",
         "outside its own district 1"),
        (replace("gazetteer/zips.csv", "00104,37", "00104,38"), "warning", "in no district"),
        (replace("agencies.yml", '["00111"]', '["00101"]'), "warning", "both ours and"),
        (replace("agencies.yml", "    point: {latitude: 37.680, longitude: -120.950}\n    topics",
                 "    topics"), "error", "neither polygon nor point"),
        (replace("agencies.yml", "      zips: [\"00111\"]\n", "      elsewhere: true\n"), "error",
         "second one for elsewhere"),
        # district 4's north-west corner pushed into districts 1 and 3, then pulled away from them
        (replace("districts.geojson", CORNER,
                 "[-120.95, 37.6075], [-120.966, 37.6115], [-120.962, 37.5875]]"), "warning",
         "overlap"),
        (replace("districts.geojson", CORNER,
                 "[-120.95, 37.6075], [-120.958, 37.6035], [-120.962, 37.5875]]"), "warning",
         "No district covers"),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_told(
    folder: Path, change: Callable[[Path], None], level: str, message: str
) -> None:
    change(folder)
    found = [one for one in check(folder) if message in one.message]
    assert found, check(folder)
    assert found[0].level == level
    assert found[0].line > 1
    assert found[0].remedy


def test_a_district_without_station_is_a_warning(folder: Path) -> None:
    path = folder / "districts.geojson"
    path.write_text(re.sub(r', "station": "hillside"', "", path.read_text()))
    problem = only(check(folder))
    assert problem.message == "District 2 has no station"
    assert (problem.line, problem.level) == (6, "warning")


def test_a_crossed_outline_is_mended_and_told(folder: Path) -> None:
    path = folder / "districts.geojson"
    bow_tie = (
        '{"type": "Feature", "properties": {"id": "7", "name": {"en": "D7", "es": "D7"}, '
        '"station": "central"}, "geometry": {"type": "Polygon", "coordinates": '
        "[[[-121.1, 37.6], [-121.0, 37.7], [-121.0, 37.6], [-121.1, 37.7], [-121.1, 37.6]]]}}"
    )
    path.write_text(path.read_text().replace("\n]\n}", f",\n{bow_tie}\n]\n}}"))
    problem = only(check(folder))
    assert "crosses itself" in problem.message
    assert load(folder).districts[-1].area.is_valid
