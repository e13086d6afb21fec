"""Finds what is wrong in a department's folder before residents do."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from desk.department.documents import Problem
from desk.department.loader import (
    AGENCIES,
    DISTRICTS,
    GAZETTEER,
    OFFICERS,
    STATIONS,
    Department,
    Reading,
    read,
)
from desk.department.models import Station

SLIVER: Final = 10_000.0
"""Square metres of gap or overlap that come from drawing, not from a mistake."""
_DEGREE: Final = 111_195.0  # metres


def check(path: Path) -> list[Problem]:
    """Every problem of a folder, by file and line: errors keep it from loading or would mislead
    residents, warnings are gaps they can live with."""
    reading = read(Path(path))
    problems = list(reading.problems)
    if reading.department is not None:
        for find in (_repeated, _references, _stations, _outlines, _gazetteer, _agencies):
            problems.extend(find(reading, reading.department))
    return sorted(problems, key=lambda one: (one.level, one.file, one.line))


def _line(reading: Reading, name: str, *location: int | str) -> int:
    return reading.documents[name].line_of(location)


def _repeated(reading: Reading, department: Department) -> Iterator[Problem]:
    lists: tuple[tuple[str, tuple[str, ...], Sequence[str]], ...] = (
        (STATIONS, ("stations",), [one.id for one in department.stations]),
        (OFFICERS, ("officers",), [one.id for one in department.officers]),
        (AGENCIES, ("agencies",), [one.id for one in department.agencies]),
        (DISTRICTS, (), [one.id for one in department.districts]),
        ("gazetteer/zips.csv", (), [one.zip for one in department.gazetteer.zips]),
    )
    for name, prefix, ids in lists:
        seen: set[str] = set()
        for index, one in enumerate(ids):
            if one in seen:
                yield Problem(
                    name,
                    _line(reading, name, *prefix, index),
                    f"{one} is here twice",
                    "Give each entry an id of its own.",
                )
            seen.add(one)


def _references(reading: Reading, department: Department) -> Iterator[Problem]:
    districts = {one.id for one in department.districts}
    stations = {one.id for one in department.stations}
    for index, station in enumerate(department.stations):
        if station.district is not None and station.district not in districts:
            yield Problem(
                STATIONS,
                _line(reading, STATIONS, "stations", index, "district"),
                f"Station {station.id} names district {station.district}, which does not exist",
                "Use the id of a district in districts.geojson.",
            )
    for index, officer in enumerate(department.officers):
        if officer.district not in districts:
            yield Problem(
                OFFICERS,
                _line(reading, OFFICERS, "officers", index, "district"),
                f"Officer {officer.id} names district {officer.district}, which does not exist",
                "Use the id of a district in districts.geojson.",
            )
    for index, district in enumerate(department.districts):
        line = _line(reading, DISTRICTS, index)
        if district.station is not None and district.station not in stations:
            yield Problem(
                DISTRICTS,
                line,
                f"District {district.id} names station {district.station}, which does not exist",
                "Use the id of a station in stations.yml.",
            )
        elif department.station_of(district) is None:
            yield Problem(
                DISTRICTS,
                line,
                f"District {district.id} has no station",
                "Add a station with this district, or name one in the district.",
                "warning",
            )


def _stations(reading: Reading, department: Department) -> Iterator[Problem]:
    city = shapely.union_all([one.area for one in department.districts])
    for index, station in enumerate(department.stations):
        line = _line(reading, STATIONS, "stations", index)
        for value, what in (
            (station.phone, "phone number"),
            (station.hours, "opening hours"),
            (station.address, "address"),
            (station.point, "coordinates"),
        ):
            if value is None:
                yield Problem(
                    STATIONS,
                    line,
                    f"Station {station.id} has no {what}",
                    "Add it; until then residents are not told.",
                    "warning",
                )
        if station.approximate:
            yield Problem(
                STATIONS,
                line,
                f"Station {station.id} has only approximate coordinates",
                "Put in the building's own point and remove approximate.",
                "warning",
            )
        if problem := _misplaced(department, station, city, line):
            yield problem


def _misplaced(
    department: Department, station: Station, city: BaseGeometry, line: int
) -> Problem | None:
    if station.point is None:
        return None
    spot = shapely.Point(station.point.longitude, station.point.latitude)
    own = department.district(station.district)
    if own is not None and not own.area.covers(spot):
        return Problem(
            STATIONS,
            line,
            f"Station {station.id} lies outside its own district {own.id}",
            "Check latitude and longitude, and whether they are swapped.",
            "warning",
        )
    if own is None and not city.covers(spot):
        return Problem(
            STATIONS,
            line,
            f"Station {station.id} lies in no district",
            "Check latitude and longitude, and whether they are swapped.",
            "warning",
        )
    return None


def _square_metres(area: BaseGeometry) -> float:
    latitude = area.centroid.y if not area.is_empty else 0.0
    return float(area.area) * _DEGREE * _DEGREE * math.cos(math.radians(latitude))


def _outlines(reading: Reading, department: Department) -> Iterator[Problem]:
    areas = [one.area for one in department.districts]
    for first, second in sorted(map(tuple, shapely.STRtree(areas).query(areas).T)):
        if first >= second:
            continue
        size = _square_metres(areas[first].intersection(areas[second]))
        if size > SLIVER:
            one, other = department.districts[first], department.districts[second]
            yield Problem(
                DISTRICTS,
                _line(reading, DISTRICTS, int(second)),
                f"Districts {one.id} and {other.id} overlap by {size:,.0f} square metres",
                "Draw the border once and use it for both.",
                "warning",
            )
    whole = shapely.union_all(areas)
    for part in shapely.get_parts(whole):
        for ring in part.interiors:
            hole = Polygon(ring)
            if (size := _square_metres(hole)) > SLIVER:
                nearest = min(range(len(areas)), key=lambda index: areas[index].distance(hole))
                spot = hole.representative_point()
                yield Problem(
                    DISTRICTS,
                    _line(reading, DISTRICTS, nearest),
                    f"No district covers {size:,.0f} square metres "
                    f"around {spot.y:.5f}, {spot.x:.5f}",
                    "Draw the districts so that they meet, unless this really is not yours.",
                    "warning",
                )


def _gazetteer(reading: Reading, department: Department) -> Iterator[Problem]:
    city = shapely.union_all([one.area for one in department.districts])
    shapely.prepare(city)
    gazetteer = department.gazetteer
    for name, places in zip(
        GAZETTEER,
        (
            gazetteer.zips,
            gazetteer.neighborhoods,
            gazetteer.landmarks,
            (),
            gazetteer.crossings,
            gazetteer.blocks,
        ),
        strict=True,
    ):
        for index, place in enumerate(places):
            if not city.covers(shapely.Point(place.longitude, place.latitude)):
                yield Problem(
                    name,
                    _line(reading, name, index),
                    f"The point {place.latitude}, {place.longitude} is in no district",
                    "Check latitude and longitude, or remove the place.",
                    "warning",
                )


def _agencies(reading: Reading, department: Department) -> Iterator[Problem]:
    ours = {one.zip for one in department.gazetteer.zips}
    last_resorts = []
    for index, agency in enumerate(department.agencies):
        covers = agency.covers
        if covers is None:
            continue
        line = _line(reading, AGENCIES, "agencies", index, "covers")
        if covers.elsewhere:
            last_resorts.append((agency.id, line))
        if covers.zips and not covers.polygon and agency.point is None:
            yield Problem(
                AGENCIES,
                line,
                f"Agency {agency.id} covers ZIP codes but has neither polygon nor point",
                "Add a polygon or the point of its office.",
            )
        for code in covers.zips:
            if code in ours:
                yield Problem(
                    AGENCIES,
                    _line(reading, AGENCIES, "agencies", index, "covers", "zips"),
                    f"ZIP code {code} is both ours and agency {agency.id}'s",
                    "Keep it in one place.",
                    "warning",
                )
    for agency_id, line in last_resorts[1:]:
        yield Problem(
            AGENCIES,
            line,
            f"Agency {agency_id} is a second one for elsewhere",
            "Only one agency can be in charge wherever nobody else is.",
        )
