"""Says whose a point on the map is: one of our districts, another agency, or nobody we know."""

from __future__ import annotations

import math
from functools import lru_cache

import shapely
from shapely.geometry.base import BaseGeometry

from desk.department import Agency, Department, Point
from desk.places.results import Inside, Outside

_EARTH = 6_371_008.8  # metres
_NEARBY = 40_000.0
"""How far (metres) from the city the agency for "elsewhere" is still assumed in charge."""


def metres_between(one: Point, other: Point) -> float:
    """The distance between two points along the ground, in metres (haversine)."""
    first, second = math.radians(one.latitude), math.radians(other.latitude)
    half_lat = (second - first) / 2
    half_lon = math.radians(other.longitude - one.longitude) / 2
    h = math.sin(half_lat) ** 2 + math.cos(first) * math.cos(second) * math.sin(half_lon) ** 2
    return 2 * _EARTH * math.asin(min(1.0, math.sqrt(h)))


class Atlas:
    """The shapes of a department, indexed."""

    def __init__(self, department: Department) -> None:
        self._districts = department.districts
        self._tree = shapely.STRtree([one.area for one in department.districts])
        self._city = shapely.union_all([one.area for one in department.districts])
        self._agencies: list[tuple[Agency, BaseGeometry]] = []
        self._elsewhere: Agency | None = None
        for agency in department.agencies:
            if agency.covers is None:
                continue
            if agency.covers.polygon:
                outline = shapely.make_valid(shapely.Polygon(agency.covers.polygon))
                shapely.prepare(outline)
                self._agencies.append((agency, outline))
            if agency.covers.elsewhere:
                self._elsewhere = agency

    def of(self, point: Point) -> Inside | Outside:
        """Whose a point is; on a border the district that stands first in the file."""
        spot = shapely.Point(point.longitude, point.latitude)
        hits = self._tree.query(spot, predicate="intersects")
        if len(hits):
            return Inside(self._districts[int(min(hits))])
        for agency, outline in self._agencies:
            if outline.covers(spot):
                return Outside(agency)
        return Outside(self._elsewhere if self._is_nearby(point, spot) else None)

    def _is_nearby(self, point: Point, spot: shapely.Point) -> bool:
        if self._city.is_empty:
            return False
        near = shapely.shortest_line(self._city, spot).coords[0]
        return metres_between(point, Point(longitude=near[0], latitude=near[1])) <= _NEARBY


@lru_cache(maxsize=8)  # a department is compared by identity: a reload makes a new one
def atlas(department: Department) -> Atlas:
    """The index of a department's shapes, made once for each loaded department."""
    return Atlas(department)


def jurisdiction(point: Point, department: Department) -> Inside | Outside:
    """Inside(district) or Outside(agency or None) for a point."""
    return atlas(department).of(point)
