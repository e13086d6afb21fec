"""Whether a place is open, in the department's zone and with its holidays."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

import holidays
from opening_hours import OpeningHours

from desk.department.models import Profile

_DAYS = re.compile(
    r"^\s*((?:[A-Z][A-Za-z](?:-[A-Z][a-z])?)(?:\s*,\s*[A-Z][A-Za-z](?:-[A-Z][a-z])?)*)"
)


@dataclass(frozen=True, slots=True)
class Open:
    """Open now; `until` (UTC) is None when it never closes."""

    until: datetime | None


@dataclass(frozen=True, slots=True)
class Closed:
    """Closed now; `opens_at` (UTC) is None when no opening is in sight."""

    opens_at: datetime | None


class Calendar:
    """The department's zone and holidays, which opening hours are read in."""

    def __init__(self, profile: Profile) -> None:
        self.zone = profile.zone
        self._holidays = profile.holidays

    def state(self, hours: str, now: datetime) -> Open | Closed:
        """Open(until) or Closed(opens_at), in UTC, for hours in OSM syntax at `now` (aware)."""
        local = now.astimezone(self.zone)
        timetable = self._timetable(hours, local.year)
        change = timetable.next_change(local)
        at = change.astimezone(UTC) if change is not None else None
        return Open(at) if timetable.is_open(local) else Closed(at)

    def is_open(self, hours: str, now: datetime) -> bool:
        """Whether hours in OSM syntax hold at `now` (aware)."""
        return isinstance(self.state(hours, now), Open)

    @lru_cache(maxsize=512)  # noqa: B019 - one calendar lives as long as its department
    def _timetable(self, hours: str, year: int) -> OpeningHours:
        return OpeningHours(self._with_dates(hours, year), timezone=self.zone)

    def _with_dates(self, hours: str, year: int) -> str:
        """`hours` with "PH" replaced by dates, as only the department knows its holidays."""
        if "PH" not in hours:
            return hours
        years = [year, year + 1]
        days = set(
            holidays.country_holidays(
                self._holidays.country, subdiv=self._holidays.subdivision, years=years
            )
        ) | {day for day in self._holidays.also if day.year in years}
        dates = ",".join(day.strftime("%Y %b %d") for day in sorted(days))
        rules = []
        for rule in hours.split(";"):
            selector = _DAYS.match(rule)
            named = [day.strip() for day in selector[1].split(",")] if selector else []
            if selector is None or "PH" not in named:
                rules.append(rule)
                continue
            rest = rule[selector.end() :]
            if others := [day for day in named if day != "PH"]:
                rules.append(",".join(others) + rest)
            if dates:
                rules.append(dates + rest)
        return ";".join(rules)
