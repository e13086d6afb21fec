"""The department's facts by the names that answers write in braces, such as {nonemergency}."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial

from desk.department.loader import Department
from desk.department.models import Text, spoken_phone
from desk.places.replies import opening
from desk.wording import Language

_SHORT = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_DAYS = {
    "en": dict(zip(_SHORT, ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True)),
    "es": dict(zip(_SHORT, ("lun", "mar", "mié", "jue", "vie", "sáb", "dom"), strict=True)),
}


class Placeholders(Mapping[str, str]):
    """Every placeholder and what it stands for at one moment; worked out when it is asked for.

    An agency stands under its id, "Animal Services, (209) 555-0151, open until 6:00 PM", and its
    hours under <id>_hours. A service of ours stands under at_<service>: where it is offered, and
    whether that is open. Further numbers of the profile stand under their own names.
    """

    def __init__(self, department: Department, language: Language, now: datetime) -> None:
        self._department = department
        self._language = language
        self._now = now
        self._makers = self._all()

    def __getitem__(self, name: str) -> str:
        """What a placeholder stands for. Raises KeyError."""
        return self._makers[name]()

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter(self._makers)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._makers)

    def _all(self) -> dict[str, Callable[[], str]]:
        profile, language = self._department.profile, self._language
        makers: dict[str, Callable[[], str]] = {}
        for name, number in profile.numbers.items():
            makers[name] = partial(spoken_phone, number)
        for agency in self._department.agencies:
            makers[agency.id] = partial(self._contact, agency.name, agency.phone, agency.hours)
            makers[f"{agency.id}_hours"] = partial(spoken_hours, agency.hours or "", language)
        for station in reversed(self._department.stations):  # the first that offers it counts
            for service in station.services:
                hours = service.hours or station.hours
                makers[f"at_{service.id}"] = partial(
                    self._contact, station.name, station.address, hours
                )
                makers[f"at_{service.id}_hours"] = partial(spoken_hours, hours or "", language)
        if profile.oversight is not None:
            makers["oversight"] = partial(
                self._contact, profile.oversight.name, profile.oversight.phone, None
            )
        return makers | {
            "department": partial(profile.name.say, language),
            "city": lambda: profile.city,
            "emergency": lambda: profile.emergency,
            "nonemergency": partial(spoken_phone, profile.nonemergency),
            "station_hours": partial(spoken_hours, profile.hours, language),
            "station_open": partial(self._opening, profile.hours),
            "live_hours": partial(spoken_hours, profile.live_hours, language),
            "address": lambda: profile.address or profile.city,
            "website": lambda: profile.website or profile.city,
        }

    def _contact(self, name: Text, where: str | None, hours: str | None) -> str:
        """Name, number or address, and whether it is open; the last only where hours are known."""
        facts = [name.say(self._language), _phone_or_address(where), hours and self._opening(hours)]
        return ", ".join(fact for fact in facts if fact)

    def _opening(self, hours: str) -> str:
        state = self._department.hours.state(hours, self._now)
        return opening(state, self._department, self._language, self._now)


def _phone_or_address(where: str | None) -> str | None:
    return spoken_phone(where) if where and where.lstrip("+").isdigit() else where


def spoken_hours(hours: str, language: Language) -> str:
    """Hours in OSM syntax for people: "Mo-Fr 08:00-18:00; PH off" → "Mon-Fri 8am-6pm"."""
    if hours.strip() == "24/7":
        return "24/7"
    rules = [rule.strip() for rule in hours.split(";")]
    spoken = ", ".join(rule for rule in rules if not rule.endswith("off"))
    for short, day in _DAYS[language].items():
        spoken = re.sub(rf"\b{short}\b", day, spoken)
    return re.sub(r"\b(\d{1,2}):(\d{2})\b", _clock, spoken)


def _clock(found: re.Match[str]) -> str:
    hour, minute = int(found[1]), found[2]
    shown = f"{(hour + 11) % 12 + 1}" + (f":{minute}" if minute != "00" else "")
    return shown + ("am" if hour % 24 < 12 else "pm")
