"""Keeps what a geocoder knows of addresses that the department's own places do not hold.

A department uses one or none. Only an address goes to it, never the words around. The answer of
a remote service may take a second: it is asked for before a transaction opens (`ask`), and what
it said is there afterwards (`known`).
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final, Protocol

from desk.department import Department, Point

_MOST_KEPT: Final = 2000
_REST_SECONDS: Final = 30.0
"""How long a geocoder that failed is left alone."""


class GeocoderDown(RuntimeError):
    """The geocoder could not be reached, or said nothing that can be read."""


@dataclass(frozen=True, slots=True)
class Located:
    """A point that an address was found at, and the address in the geocoder's words."""

    point: Point
    label: str


class Geocoder(Protocol):
    """Finds addresses."""

    def locate(self, address: str, city: str, state: str) -> tuple[Located, ...]:
        """Where an address may be, the likeliest first; nothing when it is unknown.

        `state` is its two letters. Raises GeocoderDown.
        """


class Geocoding:
    """One geocoder, and the answers it gave."""

    def __init__(self, geocoder: Geocoder) -> None:
        self._geocoder = geocoder
        self._answers: OrderedDict[tuple[str, str], tuple[Located, ...]] = OrderedDict()
        self._lock = threading.Lock()
        self._rests_until = 0.0

    def ask(self, address: str, department: Department) -> None:
        """Ask where an address is, unless that is known, or the geocoder failed a moment ago."""
        key = _key(address, department)
        if key in self._answers or time.monotonic() < self._rests_until:
            return
        profile = department.profile
        try:
            answer = self._geocoder.locate(address, profile.city, profile.state)
        except GeocoderDown:
            self._rests_until = time.monotonic() + _REST_SECONDS
            return
        with self._lock:
            self._answers[key] = answer
            if len(self._answers) > _MOST_KEPT:
                self._answers.popitem(last=False)

    def known(self, address: str, department: Department) -> tuple[Located, ...]:
        """What the geocoder said of an address; nothing when it was not asked."""
        return self._answers.get(_key(address, department), ())


def _key(address: str, department: Department) -> tuple[str, str]:
    return department.profile.city, " ".join(address.casefold().split())


_used: Geocoding | None = None


def use(geocoder: Geocoder | None) -> None:
    """Ask this geocoder from now on; None: none, as at the start."""
    global _used
    _used = Geocoding(geocoder) if geocoder is not None else None


def in_use() -> Geocoding | None:
    """The geocoding that this process uses."""
    return _used
