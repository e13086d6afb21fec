from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from desk.department import Closed, Department, Open, Point
from desk.places import stations_near

TUESDAY_NOON = datetime(2026, 11, 24, 20, tzinfo=UTC)
SUNDAY = datetime(2026, 11, 29, 20, tzinfo=UTC)


def test_the_nearest_station_and_the_one_in_charge_may_differ(department: Department) -> None:
    corner = Point(latitude=37.6080, longitude=-120.9150)  # south edge of Orchard Heights
    answer = stations_near(corner, department, TUESDAY_NOON)
    assert answer.nearest is not None
    assert answer.own is not None
    assert answer.district is not None
    assert (answer.nearest.station.id, answer.own.station.id) == ("eastgate", "hillside")
    assert answer.district.id == "2"
    assert answer.nearest.metres == pytest.approx(2227, abs=30)


def test_open_now_or_when_it_opens(department: Department) -> None:
    riverside = Point(latitude=37.5803, longitude=-120.9589)
    open_now = stations_near(riverside, department, TUESDAY_NOON).nearest
    closed = stations_near(riverside, department, SUNDAY).nearest
    assert open_now is not None
    assert closed is not None
    assert open_now.state == Open(datetime(2026, 11, 25, 1, tzinfo=UTC))
    assert closed.state == Closed(datetime(2026, 11, 30, 17, tzinfo=UTC))


def test_outside_there_is_a_nearest_station_but_none_in_charge(department: Department) -> None:
    answer = stations_near(Point(latitude=37.6, longitude=-120.88), department, SUNDAY)
    assert answer.nearest is not None
    assert (answer.own, answer.district) == (None, None)


def test_a_station_without_exact_point_is_in_charge_but_never_nearest(
    department: Department,
) -> None:
    vague = tuple(one.model_copy(update={"approximate": True}) for one in department.stations)
    answer = stations_near(
        Point(latitude=37.6, longitude=-120.95), replace(department, stations=vague), SUNDAY
    )
    assert answer.nearest is None
    assert answer.own is not None
    assert (answer.own.station.id, answer.own.metres) == ("central", None)
