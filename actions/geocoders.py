"""Geocoders of others: the US Census Bureau's and Nominatim (OpenStreetMap)."""

from __future__ import annotations

import threading
import time
from typing import Any, Final

import httpx
from pydantic import ValidationError

from desk.department import Point
from desk.places.geocoding import Geocoder, GeocoderDown, Located
from desk.settings import Settings

CENSUS_URL: Final = "https://geocoding.geo.census.gov"
NOMINATIM_URL: Final = "https://nominatim.openstreetmap.org"
_TIMEOUT: Final = httpx.Timeout(1.5, connect=1.0)  # somebody waits for the answer
_MOST: Final = 4
_BETWEEN_SECONDS: Final = 1.0
"""What the public Nominatim asks of everybody: at most one request a second in all
(https://operations.osmfoundation.org/policies/nominatim/)."""


class Census:
    """The geocoder of the US Census Bureau: free, no account, house numbers in the US only.

    Its interface: https://geocoding.geo.census.gov/geocoder/Geocoding_Services_API.html
    """

    def __init__(self, url: str = CENSUS_URL) -> None:
        self._url = url.rstrip("/")

    def locate(self, address: str, city: str, state: str) -> tuple[Located, ...]:
        """See Geocoder."""
        query = {
            "address": f"{address}, {city}, {state}",
            "benchmark": "Public_AR_Current",
            "format": "json",
        }
        answer = _get(f"{self._url}/geocoder/locations/onelineaddress", query, {})
        try:
            matches = answer["result"]["addressMatches"]
            return tuple(
                Located(
                    Point(latitude=one["coordinates"]["y"], longitude=one["coordinates"]["x"]),
                    str(one["matchedAddress"]).partition(",")[0].title(),
                )
                for one in matches[:_MOST]
            )
        except (TypeError, KeyError, ValidationError) as broken:
            raise GeocoderDown("the answer cannot be read") from broken


class Nominatim:
    """Nominatim, the public one or a department's own.

    Its interface: https://nominatim.org/release-docs/latest/api/Search/
    """

    def __init__(self, url: str = NOMINATIM_URL, *, contact: str = "") -> None:
        agent = f"Frontdesk ({contact})" if contact else "Frontdesk"
        self._url = url.rstrip("/")
        self._agent = {"User-Agent": agent}  # a library's own is refused there
        self._waits = _BETWEEN_SECONDS if url == NOMINATIM_URL else 0.0
        self._lock = threading.Lock()
        self._next_at = 0.0

    def locate(self, address: str, city: str, state: str) -> tuple[Located, ...]:
        """See Geocoder. A street without the house number is no answer."""
        with self._lock:
            if time.monotonic() < self._next_at:
                raise GeocoderDown("asked too often")
            self._next_at = time.monotonic() + self._waits
        query = {
            "q": f"{address}, {city}, {state}",
            "format": "jsonv2",
            "addressdetails": 1,
            "limit": _MOST,
        }
        answer = _get(f"{self._url}/search", query, self._agent)
        try:
            return tuple(
                Located(
                    Point(latitude=float(one["lat"]), longitude=float(one["lon"])),
                    f"{one['address']['house_number']} {one['address']['road']}",
                )
                for one in answer
                if {"house_number", "road"} <= one.get("address", {}).keys()
            )
        except (TypeError, KeyError, ValueError, AttributeError) as broken:
            raise GeocoderDown("the answer cannot be read") from broken


def chosen(settings: Settings) -> Geocoder | None:
    """The geocoder that the settings name; None when they name none."""
    match settings.geocoder:
        case "census":
            return Census(settings.geocoder_url or CENSUS_URL)
        case "nominatim":
            url = settings.geocoder_url or NOMINATIM_URL
            return Nominatim(url, contact=settings.public_url)
        case _:
            return None


def _get(url: str, query: dict[str, Any], headers: dict[str, str]) -> Any:
    try:
        response = httpx.get(url, params=query, headers=headers, timeout=_TIMEOUT)
        response.raise_for_status()
        return response.json()
    except (httpx.HTTPError, ValueError) as broken:
        raise GeocoderDown(type(broken).__name__) from broken
