from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from desk.answers import answer
from desk.answers import check as check_answers
from desk.department import Department, Point, check, load
from desk.department.importing import (
    REPORT,
    Columns,
    Imported,
    ImportRefusedError,
    Sources,
    import_department,
)
from desk.places import (
    Inside,
    Outside,
    PlaceFound,
    PlaceNotFound,
    jurisdiction,
    metres_between,
    replies,
    understand,
)
from desk.settings import ROOT

DATA = ROOT / "tests" / "data"
THEFTS = DATA / "philadelphia" / "bike_thefts.csv"
PHILADELPHIA = Sources(
    districts=DATA / "philadelphia" / "police_districts.geojson",
    gazetteers=(THEFTS,),
    name="Philadelphia Police Department",
    city="Philadelphia",
    state="PA",
    time_zone="America/New_York",
    nonemergency="311",
    area_code="215",
)
NEW_YORK = Sources(
    districts=DATA / "nyc" / "precinct.geojson",
    stations=DATA / "nyc" / "precinct_house.geojson",
    contacts=DATA / "nyc" / "nypd_precinct_contacts.csv",
    name="New York City Police Department",
    city="New York",
    state="NY",
    time_zone="America/New_York",
    nonemergency="311",
)


@pytest.fixture(scope="module")
def philadelphia(tmp_path_factory: pytest.TempPathFactory) -> Department:
    folder = tmp_path_factory.mktemp("philadelphia")
    import_department(PHILADELPHIA, folder)
    return load(folder)


@pytest.fixture(scope="module")
def new_york_import(tmp_path_factory: pytest.TempPathFactory) -> tuple[Imported, Path]:
    folder = tmp_path_factory.mktemp("new_york")
    return import_department(NEW_YORK, folder), folder


@pytest.fixture(scope="module")
def new_york(new_york_import: tuple[Imported, Path]) -> Department:
    return load(new_york_import[1])


def thefts() -> list[dict[str, str]]:
    with THEFTS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def where(row: dict[str, str]) -> Point:
    return Point(latitude=float(row["latitude"]), longitude=float(row["longitude"]))


def test_imported_folders_have_warnings_only(
    philadelphia: Department, new_york: Department
) -> None:
    for department in (philadelphia, new_york):
        assert {problem.level for problem in check(department.folder)} == {"warning"}


def test_recorded_thefts_fall_in_the_recorded_district(philadelphia: Department) -> None:
    rows = thefts()
    assert len(rows) == 804
    agreeing = 0
    for row in rows:
        place = jurisdiction(where(row), philadelphia)
        agreeing += isinstance(place, Inside) and place.district.id == row["district"]
    assert agreeing >= 798


def test_every_block_is_found_by_its_name(philadelphia: Department) -> None:
    missed = []
    for row in thefts():
        place = understand(row["block"], philadelphia)
        # blocks are some 150 m long; thefts of one block lie up to 300 m apart
        if not isinstance(place, PlaceFound) or metres_between(place.point, where(row)) > 300:
            missed.append(row["block"])
    assert missed == ["N 883/ 05TH ST"]  # a slip in the data, told as a gap


@pytest.mark.parametrize(
    "text",
    ["800 block of Washington Ave", "812 Washington Ave", "812 washington avenue",
     "my bike was taken from the 800 block of Washington", "la cuadra 800 de Washington"],
)  # fmt: skip
def test_a_block_is_found_in_residents_words(philadelphia: Department, text: str) -> None:
    place = understand(text, philadelphia)
    assert isinstance(place, PlaceFound)
    assert place.point == Point(latitude=39.93599686, longitude=-75.15690499)
    assert place.district is not None
    assert place.district.id == "03"


def test_crossings_in_the_table_are_found(philadelphia: Department) -> None:
    place = understand("20th and Moore", philadelphia)
    assert isinstance(place, PlaceFound)
    assert place.label == "S 20th St and Moore St"
    assert not place.exact  # "20th" could have been North 20th


def test_a_street_that_the_table_does_not_hold_is_not_made_up(philadelphia: Department) -> None:
    assert isinstance(understand("9900 Washington Ave", philadelphia), PlaceNotFound)


def test_phones_without_area_code_are_completed(philadelphia: Department) -> None:
    eighteenth = philadelphia.district("18")
    assert eighteenth is not None
    station = philadelphia.station_of(eighteenth)
    assert station is not None
    assert station.phone == "+12156863180"
    assert station.address == "55th St. & Pine St."
    assert station.approximate


def test_residents_are_told_no_distance_to_an_approximate_station(
    philadelphia: Department,
) -> None:
    place = understand("800 block of Washington Ave", philadelphia)
    assert isinstance(place, PlaceFound)
    told = replies.station(place, philadelphia, "en", datetime(2026, 11, 24, tzinfo=UTC)).text
    assert told.startswith("The station for your area: District 03 Station, 11th St")
    assert "miles" not in told
    assert "call ahead" in told


def test_every_new_york_station_is_in_its_own_precinct(new_york: Department) -> None:
    exact = [station for station in new_york.stations if not station.approximate]
    assert len(exact) == 77
    for station in exact:
        assert station.point is not None
        place = jurisdiction(station.point, new_york)
        assert isinstance(place, Inside)
        assert place.district.id == station.district


def test_a_point_off_the_city_is_outside(philadelphia: Department, new_york: Department) -> None:
    camden = Point(latitude=39.9445, longitude=-75.1198)
    assert jurisdiction(camden, philadelphia) == Outside(None)
    assert jurisdiction(camden, new_york) == Outside(None)


def test_gaps_are_imported_and_told(
    new_york_import: tuple[Imported, Path], new_york: Department
) -> None:
    imported, folder = new_york_import
    assert imported.counts == {"districts": 78, "stations": 78}
    park = new_york.station("station-22")
    new = new_york.station("station-116")
    assert park is not None
    assert new is not None
    assert (park.name.en, park.approximate) == ("Central Park Precinct", True)
    assert (new.phone, new.approximate) == (None, False)
    report = (folder / REPORT).read_text()
    for gap in (
        "Precinct 116 has no row in nypd_precinct_contacts.csv.",
        "Precinct 22 has a contact but no station point.",
        "Precinct 116 Station has no phone",
    ):
        assert gap in report
        assert any(gap in one for one in imported.gaps)


def test_contacts_name_the_stations(new_york: Department) -> None:
    first = new_york.station("station-1")
    assert first is not None
    assert (first.name.en, first.phone, first.address) == (
        "1st Precinct",
        "+12123340611",
        "16 Ericsson Place",
    )


def square(district: str, west: float) -> str:
    east = west + 0.1
    ring = f"[[{west},40.0],[{east},40.0],[{east},40.1],[{west},40.1],[{west},40.0]]"
    return (
        f'{{"type":"Feature","properties":{{"zone":"{district}","title":"{district}-Town"}},'
        f'"geometry":{{"type":"Polygon","coordinates":[{ring}]}}}}'
    )


@pytest.fixture
def small(tmp_path: Path) -> Sources:
    districts = tmp_path / "zones.geojson"
    districts.write_text(
        f'{{"type":"FeatureCollection","features":[{square("A", -75.2)},{square("B", -75.1)}]}}'
    )
    stations = tmp_path / "houses.csv"
    stations.write_text(
        "House,Zone,Call,Where,Lat,Lon\n"
        "Old House,A,(215) 686-3010,1 First St,40.05,-75.15\n"
        "New House,B,0,2 Second St,,\n"
        "Far House,Z,,3 Third St,40.05,-75.05\n"
    )
    places = tmp_path / "places.csv"
    places.write_text("spot,lat,lon\nCITY HALL,40.05,-75.15\n19101,40.06,-75.16\n,1,1\nNowhere,,\n")
    return Sources(
        districts=districts,
        stations=stations,
        gazetteers=(places,),
        name="Zoned Police",
        city="Zoned",
        state="PA",
        time_zone="America/New_York",
        nonemergency="(215) 686-3010",
        columns=Columns(
            district_id="zone",
            district_name="title",
            station_district="Zone",
            station_name="House",
            station_phone="Call",
            station_address="Where",
            name="spot",
        ),
    )


def test_columns_may_be_told(small: Sources, tmp_path: Path) -> None:
    imported = import_department(small, tmp_path / "made")
    department = load(tmp_path / "made")
    assert [district.name.en for district in department.districts] == ["A-Town", "B-Town"]
    assert [
        (one.name.en, one.district, one.phone, one.approximate) for one in department.stations
    ] == [
        ("Old House", "A", "+12156863010", False),
        ("New House", "B", None, True),
        ("Far House", None, None, False),
    ]
    assert imported.counts["landmarks"] == imported.counts["zips"] == 1
    assert "2 gazetteer row(s) have no usable name or coordinates." in imported.gaps
    assert isinstance(understand("near city hall", department), PlaceFound)
    assert isinstance(understand("19101", department), PlaceFound)


def test_an_import_brings_the_products_answers_and_reports(small: Sources, tmp_path: Path) -> None:
    import_department(small, tmp_path / "made")
    for name in ("answers", "reports"):
        ours = ROOT / "department" / name
        if ours.is_dir():
            assert {one.name for one in ours.iterdir()} == {
                one.name for one in (tmp_path / "made" / name).iterdir()
            }


def test_answers_that_name_what_was_not_imported_are_switched_off_and_told(
    small: Sources, tmp_path: Path
) -> None:
    done = import_department(small, tmp_path / "made")
    department = load(tmp_path / "made")

    assert any(
        "answer animals is switched off until there is: animal_control" in gap for gap in done.gaps
    )
    assert answer("animals", department, "en", "sms") is None
    assert answer("text_to_911", department, "en", "sms") is not None
    assert check_answers(tmp_path / "made" / "answers", department) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "neither CSV nor GeoJSON"),
        ('{"features": [{"properties": {"hue": 1}, "geometry": null}]}', "--district-id-property"),
        ('{"features": [{"properties": {"id": 1}, "geometry": null}]}', "holds no polygon"),
        (
            '{"features": [{"properties": {"id": 1}, "geometry": {"type": "Polygon", "coordinates":'
            "[[[900000,200000],[900001,200000],[900001,200001],[900000,200000]]]}}]}",
            "not in degrees",
        ),
    ],
)
def test_files_that_cannot_be_used_are_refused_with_a_reason(
    tmp_path: Path, content: str, said: str
) -> None:
    path = tmp_path / "districts.geojson"
    path.write_text(content)
    sources = Sources(path, "X Police", "X", "PA", "America/New_York", "311")
    with pytest.raises(ImportRefusedError, match=said):
        import_department(sources, tmp_path / "made")


def test_a_column_that_is_not_there_is_refused(small: Sources, tmp_path: Path) -> None:
    wrong = replace(small, columns=replace(small.columns, station_name="Nmae"))
    with pytest.raises(ImportRefusedError, match=r"houses\.csv has no column 'Nmae'; it has House"):
        import_department(wrong, tmp_path / "made")
