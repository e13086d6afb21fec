from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from desk.department import DepartmentBroken, load
from desk.department.models import Block, Profile, Text, spoken_phone
from desk.settings import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "department"
    shutil.copytree(ROOT / "department", made, ignore=shutil.ignore_patterns("answers", "reports"))
    return made


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    later = time.time() + 5  # editors on coarse file systems may keep the second
    os.utime(path, (later, later))


def test_an_unchanged_folder_is_loaded_once(folder: Path) -> None:
    assert load(folder) is load(folder)


def test_a_changed_file_is_seen_without_restart(folder: Path) -> None:
    before = load(folder)
    edit(folder / "profile.yml", "(209) 555-0100", "(209) 555-0199")
    assert before.profile.nonemergency == "+12095550100"
    assert load(folder).profile.nonemergency == "+12095550199"


def test_a_file_added_or_removed_is_a_change(folder: Path) -> None:
    assert load(folder).officers
    (folder / "officers.yml").unlink()
    assert load(folder).officers == ()


def test_an_edit_half_done_leaves_the_last_good_state(folder: Path) -> None:
    before = load(folder)
    edit(folder / "stations.yml", "phone: (209) 555-0110", "phone: 12")
    assert load(folder) is before
    edit(folder / "stations.yml", "phone: 12", "phone: (209) 555-0111")
    assert load(folder).stations[0].phone == "+12095550111"


def test_a_folder_broken_from_the_start_does_not_load(folder: Path) -> None:
    edit(folder / "stations.yml", "phone: (209) 555-0110", "phone: 12")
    with pytest.raises(DepartmentBroken, match=r"stations\.yml:6: .*phone") as broken:
        load(folder)
    assert [problem.file for problem in broken.value.problems] == ["stations.yml"]


def test_the_station_of_a_district_is_the_one_it_names(folder: Path) -> None:
    department = load(folder)
    second = department.district("2")
    assert second is not None
    station = department.station_of(second)
    assert station is not None
    assert station.id == "hillside"


def test_agencies_are_found_by_topic(folder: Path) -> None:
    animals = load(folder).agencies_for("animals")
    assert [agency.id for agency in animals] == ["animal_control"]
    assert load(folder).agency("county_jail") is not None


def test_every_topic_of_another_agency_has_one_to_name(folder: Path) -> None:
    referred = (
        "jail_and_bail court_and_warrant ticket_payment civil_dispute mental_health homelessness "
        "animals city_services anonymous_tip wrong_agency"
    )
    department = load(folder)
    assert [topic for topic in referred.split() if not department.agencies_for(topic)] == []


def test_texts_are_said_in_the_language_asked_for() -> None:
    text = Text(en="Downtown", es="Centro")
    assert (text.say("en"), text.say("es")) == ("Downtown", "Centro")


def test_phones_are_said_as_people_write_them() -> None:
    assert spoken_phone("+12095550100") == "(209) 555-0100"
    assert spoken_phone("311") == "311"


def test_house_numbers_spread_along_their_block() -> None:
    block = Block(
        street="Oak Street",
        first=400,
        last=499,
        latitude=37.0,
        longitude=-120.0,
        to_latitude=37.0,
        to_longitude=-119.0,
    )
    assert block.at(400).longitude == -120.0
    assert block.at(450).longitude == pytest.approx(-119.5)


def test_the_demo_is_marked_as_one(folder: Path) -> None:
    profile: Profile = load(folder).profile
    assert profile.demo
    assert profile.emergency == "911"
