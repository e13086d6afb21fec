"""Where things are: places in residents' words, districts, stations, and who is in charge."""

from __future__ import annotations

from desk.places import replies
from desk.places.jurisdiction import jurisdiction, metres_between
from desk.places.results import (
    Inside,
    Outside,
    Place,
    PlaceAmbiguous,
    PlaceFound,
    PlaceNotFound,
)
from desk.places.stations import StationAnswer, StationSeen, stations_near
from desk.places.understand import ask_geocoder, understand

__all__ = [
    "Inside",
    "Outside",
    "Place",
    "PlaceAmbiguous",
    "PlaceFound",
    "PlaceNotFound",
    "StationAnswer",
    "StationSeen",
    "ask_geocoder",
    "jurisdiction",
    "metres_between",
    "replies",
    "stations_near",
    "understand",
]
