"""A city imported from its open data runs: it answers, knows its limits and takes reports."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from desk.database import Database
from desk.database.models import Report
from desk.department import load
from desk.settings import ROOT
from gateway.wording import fixed_text
from tests.conversations.residents import SmsResident
from tests.conversations.test_journeys import THEFT, finish
from tests.support import FrontDesk

pytestmark = [pytest.mark.processes, pytest.mark.timeout(600)]
DATA = ROOT / "tests" / "data" / "philadelphia"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Philadelphia, as a technician imports it."""
    folder = tmp_path_factory.mktemp("city") / "philadelphia"
    subprocess.run(
        [
            *(sys.executable, "-m", "frontdesk", "import-department", str(folder)),
            *("--districts", str(DATA / "police_districts.geojson")),
            *("--gazetteer", str(DATA / "bike_thefts.csv")),
            *("--name", "Philadelphia Police Department", "--city", "Philadelphia"),
            *("--state", "PA", "--time-zone", "America/New_York"),
            *("--nonemergency", "311", "--area-code", "215"),
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )
    return folder


@pytest.fixture(scope="module")
def philadelphia(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDesk]:
    desk = FrontDesk(tmp_path_factory.mktemp("frontdesk"), FRONTDESK_DEPARTMENT=str(city))
    desk.start()
    yield desk
    assert desk.stop() == 0


@pytest.fixture
def resident(philadelphia: FrontDesk) -> Iterator[SmsResident]:
    texting = SmsResident(philadelphia.address("simulator"))
    yield texting
    texting.close()


def test_it_finds_the_station_of_a_block(resident: SmsResident) -> None:
    found = resident.say("nearest police station to 1200 block of S 13th St please")
    assert found.has("3rd|03", r"\(215\) 686"), found


def test_it_knows_the_district_of_a_block_in_spanish(resident: SmsResident) -> None:
    found = resident.say("que distrito de policia cubre el 800 de Washington Ave")
    assert found.has("distrito 03"), found


def test_it_says_what_is_outside_its_limits(resident: SmsResident) -> None:
    outside = resident.say("which police district covers 39.70, -75.50")
    assert outside.has("outside"), outside


def test_it_takes_a_theft_report_there(resident: SmsResident, philadelphia: FrontDesk) -> None:
    words = THEFT["en"] | {
        "told": "my bike was stolen from 1200 block S 13th St last night",
        "correction": "no, it was at 800 Washington Ave",
        "corrected": "WASHINGTON",
    }
    resident.say(words["told"])
    finish(resident, words)
    database = Database(philadelphia.database_url)
    with database.reading() as session:
        report = session.scalars(select(Report).where(Report.state == "submitted")).one()
        assert report.district is not None
        assert "WASHINGTON" in str(report.fields["place"]).upper()
    database.close()


def test_its_fixed_text_names_its_own_number(city: Path) -> None:
    assert "311" in fixed_text("en", load(city))
