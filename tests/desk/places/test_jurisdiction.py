from __future__ import annotations

import pytest

from desk.department import Department, Point
from desk.places import Inside, Outside, jurisdiction, metres_between


def point(latitude: float, longitude: float) -> Point:
    return Point(latitude=latitude, longitude=longitude)


def test_distance_is_along_the_ground() -> None:
    # Los Angeles to San Francisco city halls: about 559 km
    metres = metres_between(point(34.0537, -118.2427), point(37.7793, -122.4193))
    assert metres == pytest.approx(559_000, rel=0.005)
    assert metres_between(point(37.6, -120.9), point(37.6, -120.9)) == 0


def test_every_station_is_inside_its_own_district(department: Department) -> None:
    for station in department.stations:
        assert station.point is not None
        where = jurisdiction(station.point, department)
        assert isinstance(where, Inside)
        assert where.district.id == station.district


def test_a_point_on_a_border_belongs_to_one_district_always(department: Department) -> None:
    where = jurisdiction(point(37.59, -120.962), department)  # between Westside and Downtown
    assert isinstance(where, Inside)
    assert where.district.id == "3"


@pytest.mark.parametrize(
    ("latitude", "longitude", "agency"),
    [
        (37.60, -120.87, "millbrook_police"),  # in its polygon
        (37.70, -120.95, "county_sheriff"),  # nearby, nobody else's
        (37.00, -110.00, None),  # too far for "elsewhere"
        (-89.0, 179.0, None),
    ],
)
def test_outside_names_who_is_in_charge_if_we_know(
    department: Department, latitude: float, longitude: float, agency: str | None
) -> None:
    where = jurisdiction(point(latitude, longitude), department)
    assert isinstance(where, Outside)
    assert (where.agency.id if where.agency else None) == agency
