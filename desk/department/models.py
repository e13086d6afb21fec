"""What a department says about itself in its folder, checked field by field."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import opening_hours
import phonenumbers
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from desk.wording import LANGUAGES, Language


class Facts(BaseModel):
    """A block of facts; a field that nobody knows is an error, so that a typing slip is seen."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


def _phone(written: str) -> str:
    try:
        number = phonenumbers.parse(written, "US")
    except phonenumbers.NumberParseException:
        raise ValueError(f"{written!r} is not a phone number") from None
    fictional = re.fullmatch(r"\d{3}55501\d\d", str(number.national_number)) is not None
    if not fictional and not phonenumbers.is_valid_number(number):
        raise ValueError(f"{written!r} is not a phone number that exists")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _hours(written: str) -> str:
    if not opening_hours.validate(written):
        raise ValueError(f"{written!r} is not written as opening hours")
    return written


def _zone(written: str) -> str:
    try:
        return ZoneInfo(written).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{written!r} is not a time zone") from None


Phone = Annotated[str, AfterValidator(_phone)]
"""A phone number, kept as E.164 ("+12095550100")."""
Line = Phone | Annotated[str, StringConstraints(pattern=r"^[0-9]{3}$")]
"""A phone number, or a short code such as "311" or "988"."""
Hours = Annotated[str, AfterValidator(_hours)]
"""Opening hours as OpenStreetMap writes them ("Mo-Fr 08:00-17:00; PH off")."""
Filled = Annotated[str, StringConstraints(min_length=1)]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=64)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]


def spoken_phone(number: str) -> str:
    """A number as people read it: "+12095550100" → "(209) 555-0100"; short codes stay."""
    if not number.startswith("+"):
        return number
    return phonenumbers.format_number(
        phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.NATIONAL
    )


class Text(Facts):
    """The same text in every language residents are served in."""

    en: Filled
    es: Filled

    def say(self, language: Language) -> str:
        """The text in one language."""
        return self.es if language == "es" else self.en

    def __str__(self) -> str:
        return self.en

    @classmethod
    def same(cls, text: str) -> Text:
        """One text for all languages: names that are not translated."""
        return cls(en=text, es=text)


class Point(Facts):
    """A place on the map in degrees (WGS 84)."""

    latitude: Latitude
    longitude: Longitude


class Holidays(Facts):
    """The days that "PH" means in opening hours."""

    country: Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")] = "US"
    subdivision: str | None = None
    also: tuple[date, ...] = ()


class Oversight(Facts):
    """The independent body that also takes complaints about the police."""

    name: Text
    phone: Phone | None = None
    website: str | None = None


class Profile(Facts):
    """The department as a whole. `hours` are the front desk's, `live_hours` those of live talk."""

    name: Text
    short_name: Filled
    city: Filled
    state: Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]
    demo: bool = False
    time_zone: Annotated[str, AfterValidator(_zone)]
    holidays: Holidays = Holidays()
    languages: tuple[Language, ...] = LANGUAGES
    emergency: Annotated[str, StringConstraints(pattern=r"^[0-9]{3}$")] = "911"
    text_to_911: bool = False
    nonemergency: Line
    numbers: dict[Id, Line] = {}
    hours: Hours
    live_hours: Hours
    address: Filled | None = None
    website: str | None = None
    oversight: Oversight | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The time zone the department lives in."""
        return ZoneInfo(self.time_zone)


ServiceId = Literal[
    "reports",
    "report_copies",
    "fingerprints",
    "permits",
    "property_return",
    "drug_drop_box",
    "car_seat_check",
    "safe_exchange",
    "community_room",
]


class Service(Facts):
    """One thing a station does; `hours` only when they differ from the station's."""

    id: ServiceId
    hours: Hours | None = None


class Station(Facts):
    """A building residents can walk into.

    `approximate` marks a point that is only the middle of the station's district; a station
    without any point can still be named for its district.
    """

    id: Id
    name: Text
    address: Filled | None = None
    phone: Phone | None = None
    hours: Hours | None = None
    point: Point | None = None
    approximate: bool = False
    district: Id | None = None
    services: tuple[Service, ...] = ()
    parking: Text | None = None


class Officer(Facts):
    """The community officer of a district."""

    id: Id
    district: Id
    name: Filled
    title: Text
    phone: Phone
    languages: tuple[Language, ...] = ("en",)


AgencyKind = Literal[
    "police",
    "sheriff",
    "highway_patrol",
    "campus",
    "transit",
    "city",
    "animals",
    "courts",
    "jail",
    "crisis",
    "tips",
    "federal",
    "other",
]


class Town(Facts):
    """A town that another agency looks after, so that its name is understood."""

    name: Filled
    point: Point


class Coverage(Facts):
    """Where another agency is in charge. `elsewhere`: wherever near us nobody else is."""

    zips: tuple[Annotated[str, StringConstraints(pattern=r"^\d{5}$")], ...] = ()
    towns: tuple[Town, ...] = ()
    polygon: tuple[tuple[Longitude, Latitude], ...] = ()
    elsewhere: bool = False

    @model_validator(mode="after")
    def _polygon_has_an_inside(self) -> Coverage:
        if 0 < len(self.polygon) < 3:
            raise ValueError("a polygon needs at least three corners, each [longitude, latitude]")
        return self


class Agency(Facts):
    """Somebody else residents are sent to, and for which topics or places."""

    id: Id
    name: Text
    kind: AgencyKind
    phone: Line
    hours: Hours | None = None
    address: Filled | None = None
    website: str | None = None
    point: Point | None = None
    topics: tuple[Id, ...] = ()
    covers: Coverage | None = None
    note: Text | None = None


class Zip(Point):
    """A ZIP code of ours and its centre."""

    zip: Annotated[str, StringConstraints(pattern=r"^\d{5}$")]


class Named(Point):
    """A neighbourhood or landmark: its name, perhaps in Spanish too, and its other names."""

    name: Filled
    name_es: str = ""
    aliases: tuple[str, ...] = ()

    def say(self, language: Language) -> str:
        """The name in one language."""
        return (self.name_es if language == "es" else "") or self.name


class Landmark(Named):
    """A place many people know."""

    address: str = ""


class StreetNames(Facts):
    """What else a street is called."""

    street: Filled
    aliases: tuple[str, ...]


class Crossing(Point):
    """Where two streets meet."""

    street: Filled
    cross_street: Filled


class Block(Point):
    """House numbers `first` to `last` of a street, from its point to `to` (or around its point)."""

    street: Filled
    first: Annotated[int, Field(ge=0)]
    last: Annotated[int, Field(ge=0)]
    to_latitude: Latitude | None = None
    to_longitude: Longitude | None = None

    @model_validator(mode="after")
    def _runs_forward(self) -> Block:
        if self.last < self.first:
            raise ValueError("the last house number is smaller than the first")
        if (self.to_latitude is None) != (self.to_longitude is None):
            raise ValueError("the end point needs both to_latitude and to_longitude")
        return self

    def at(self, number: int) -> Point:
        """Where a house number lies: its share of the way along the block."""
        if self.to_latitude is None or self.to_longitude is None:
            return Point(latitude=self.latitude, longitude=self.longitude)
        share = (number - self.first) / (self.last - self.first + 1)
        return Point(
            latitude=self.latitude + share * (self.to_latitude - self.latitude),
            longitude=self.longitude + share * (self.to_longitude - self.longitude),
        )
