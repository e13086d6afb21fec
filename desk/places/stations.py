"""Finds the police station for a place: the nearest, and the one in charge there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from desk.department import Closed, Department, District, Open, Point, Station
from desk.places.jurisdiction import jurisdiction, metres_between
from desk.places.results import Inside


@dataclass(frozen=True, slots=True)
class StationSeen:
    """A station as seen from a place: how far (metres; None when its point is not known well)
    and whether it is open (None when its hours are not known)."""

    station: Station
    metres: float | None
    state: Open | Closed | None


@dataclass(frozen=True, slots=True)
class StationAnswer:
    """The nearest station, and the station in charge of the place's district (often the same)."""

    nearest: StationSeen | None
    own: StationSeen | None
    district: District | None


def seen(
    station: Station, department: Department, now: datetime, point: Point | None = None
) -> StationSeen:
    """One station at `now` (aware), from a point if there is one."""
    metres = None
    if point is not None and station.point is not None and not station.approximate:
        metres = metres_between(point, station.point)
    hours = station.hours
    state = department.hours.state(hours, now) if hours is not None else None
    return StationSeen(station, metres, state)


def stations_near(point: Point, department: Department, now: datetime) -> StationAnswer:
    """The nearest station by distance and the one whose district covers the point.

    A station without exact coordinates is never "nearest", only "in charge".
    """
    all_seen = [seen(one, department, now, point) for one in department.stations]
    nearest = min(
        (one for one in all_seen if one.metres is not None),
        key=lambda one: one.metres or 0.0,
        default=None,
    )
    where = jurisdiction(point, department)
    if not isinstance(where, Inside):
        return StationAnswer(nearest, None, None)
    in_charge = department.station_of(where.district)
    own = next((one for one in all_seen if one.station is in_charge), None)
    return StationAnswer(nearest, own, where.district)
