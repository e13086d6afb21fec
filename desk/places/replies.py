"""Builds what residents are told about places, stations and who is in charge."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final, Literal

from babel.dates import format_date, format_time

from desk.department import Agency, Closed, Department, Open, spoken_phone
from desk.department.models import ServiceId
from desk.places.results import Outside, PlaceAmbiguous, PlaceFound, PlaceNotFound
from desk.places.stations import StationSeen, seen, stations_near
from desk.reply import Choice, Reply
from desk.wording import Language, say

_METRES_PER_MILE: Final = 1609.344
_TWO_SEGMENTS: Final = 306  # characters of GSM-7 in two SMS
_LOCALES: Final = {"en": "en_US", "es": "es_US"}


def station(
    place: PlaceFound,
    department: Department,
    language: Language,
    now: datetime,
    *,
    channel: str = "sms",
    about: Literal["parking", "services"] | None = None,
) -> Reply:
    """The station for a place: name, address, phone, hours and distance in miles.

    Outside our limits it is who covers the place. With `about`, parking or services are told too.
    On the web ("web") a link to directions is added; by other channels residents get no links
    they did not ask for.
    """
    if place.outside:
        return outside(place.label, Outside(place.agency), department, language, now)
    answer = stations_near(place.point, department, now)
    first = answer.nearest or answer.own
    if first is None:
        phone = spoken_phone(department.profile.nonemergency)
        return Reply(say("places.no_station", language, phone=phone))
    opening = "places.nearest" if answer.nearest is not None else "places.in_charge"
    parts = [say(opening, language, facts=_facts(first, department, language, now))]
    if about is not None:
        parts.append(_about(first, about, language))
    if isinstance(first.state, Closed):
        parts.extend(_open_instead(first, department, language, now))
    if answer.own is not None and answer.own.station is not first.station:
        own = answer.own.station
        parts.append(
            say(
                "places.in_charge_too",
                language,
                name=own.name.say(language),
                phone=spoken_phone(own.phone or department.profile.nonemergency),
            )
        )
    text = _fitting(parts)
    point = first.station.point
    if channel == "web" and point is not None and not first.station.approximate:
        link = (
            "https://www.openstreetmap.org/directions"
            f"?to={point.latitude:.5f}%2C{point.longitude:.5f}"
        )
        text += " " + say("places.directions", language, link=link)
    return Reply(text)


def service(wanted: ServiceId, department: Department, language: Language, now: datetime) -> Reply:
    """Where a service ("fingerprints") is offered, with the hours that hold for it."""
    parts = []
    for one in department.stations:
        offered = next((offer for offer in one.services if offer.id == wanted), None)
        if offered is not None:
            at = seen(one, department, now)
            if offered.hours is not None:
                at = StationSeen(one, None, department.hours.state(offered.hours, now))
            parts.append(_facts(at, department, language, now))
    if not parts:
        phone = spoken_phone(department.profile.nonemergency)
        return Reply(say("places.offering_none", language, phone=phone))
    name = _service_name(wanted, language)
    first = say("places.offering", language, service=name[0].upper() + name[1:], facts=parts[0])
    return Reply(_fitting([first, *(f"{part}." for part in parts[1:])]))


def district(place: PlaceFound, department: Department, language: Language, now: datetime) -> Reply:
    """Which district a place is in and its community officer, or who covers it when outside."""
    if place.district is None:
        return outside(place.label, Outside(place.agency), department, language, now)
    key = "places.inside" if place.kind != "zip" else "places.inside_about"
    parts = [
        say(key, language, place=_capital(place.label), district=place.district.name.say(language))
    ]
    for officer in department.officers_of(place.district.id)[:1]:
        parts.append(
            say(
                "places.officer",
                language,
                title=officer.title.say(language),
                name=officer.name,
                phone=spoken_phone(officer.phone),
            )
        )
    return Reply(_fitting(parts))


def outside(
    label: str, where: Outside, department: Department, language: Language, now: datetime
) -> Reply:
    """Tells that a place is outside our limits, and names the agency, its number and state."""
    profile = department.profile
    values = {
        "place": _capital(label),
        "city": profile.city,
        "emergency": profile.emergency,
    }
    agency = where.agency
    if agency is None:
        return Reply(say("places.outside_unknown", language, **values))
    return Reply(
        say(
            "places.outside",
            language,
            agency=agency.name.say(language),
            phone=spoken_phone(agency.phone),
            state=_agency_state(agency, department, language, now),
            **values,
        )
    )


def ambiguous(place: PlaceAmbiguous, language: Language) -> Reply:
    """Asks which of several places is meant; a choice's value is "option:" and the label, which
    `understand` finds again."""
    choices = tuple(Choice(one.label, f"option:{one.label}") for one in place.options)
    return Reply(say("places.which_one", language), choices)


def not_found(place: PlaceNotFound, department: Department, language: Language) -> Reply:
    """Says honestly what was not found, and what to send instead."""
    profile = department.profile
    if place.reason == "nothing":
        crossing = next(iter(department.gazetteer.crossings), None)
        streets = (crossing.street, crossing.cross_street) if crossing else ("5th St", "Main St")
        example = say("places.label_crossing", language, street=streets[0], cross=streets[1])
        return Reply(say("places.not_found", language, city=profile.city, example=example))
    return Reply(
        say(
            f"places.{place.reason}",
            language,
            heard=place.heard[:60],
            city=profile.city,
            emergency=profile.emergency,
        )
    )


def nonemergency_number(department: Department, language: Language, now: datetime) -> Reply:
    """The number to call when it is not an emergency, and whether the front desk is open."""
    profile = department.profile
    number = say(
        "places.nonemergency",
        language,
        department=profile.name.say(language),
        phone=spoken_phone(profile.nonemergency),
        emergency=profile.emergency,
    )
    state = opening(department.hours.state(profile.hours, now), department, language, now)
    return Reply(f"{number} {say('places.front_desk', language, state=state)}")


def opening(
    state: Open | Closed | None, department: Department, language: Language, now: datetime
) -> str:
    """An opening state in words: "open until 6:00 PM", "closed now, opens Monday 8:00 AM"."""
    if state is None:
        return say("places.hours_unknown", language)
    if isinstance(state, Open):
        if state.until is None:
            return say("places.open_always", language)
        until = clock(state.until, department, language, now, closing=True)
        return say("places.open_until", language, time=until)
    if state.opens_at is None:
        return say("places.closed", language)
    when = clock(state.opens_at, department, language, now)
    return say("places.closed_until", language, time=when)


def clock(
    at: datetime,
    department: Department,
    language: Language,
    now: datetime,
    *,
    closing: bool = False,
) -> str:
    """A coming time in the department's zone, as it follows "opens" (or "until" when `closing`):
    "6:00 PM", "tomorrow 8:00 AM", "Monday 8:00 AM"."""
    local, today = at.astimezone(department.hours.zone), now.astimezone(department.hours.zone)
    locale = _LOCALES[language]
    # plain spaces and no dots: the text goes by SMS, and a full stop may follow
    time = re.sub(r"\s", " ", format_time(local, "short", locale=locale)).replace(".", "")
    days = (local.date() - today.date()).days
    values: dict[str, str] = {}
    if days == 0:
        key = "places.closing_today" if closing else "places.opening_today"
    elif days == 1:
        key = "places.tomorrow"
    elif days < 7:
        key, values = "places.weekday", {"weekday": format_date(local, "EEEE", locale=locale)}
    else:
        key, values = "places.on_date", {"date": format_date(local, "d MMM", locale=locale)}
    said = say(key, language, time=time, **values)
    return re.sub(r"\blas 1:", "la 1:", said) if language == "es" else said


def _facts(at: StationSeen, department: Department, language: Language, now: datetime) -> str:
    one = at.station
    phone = spoken_phone(one.phone or department.profile.nonemergency)
    facts = [one.name.say(language), one.address, phone]
    facts.append(opening(at.state, department, language, now))
    if at.metres is not None:
        facts.append(_miles(at.metres, language))
    return ", ".join(fact for fact in facts if fact)


def _miles(metres: float, language: Language) -> str:
    miles = round(metres / _METRES_PER_MILE, 1)
    if miles < 0.1:
        return say("places.very_near", language)
    if miles == 1.0:
        return say("places.mile", language)
    return say("places.miles", language, miles=f"{miles:g}")


def _about(at: StationSeen, about: Literal["parking", "services"], language: Language) -> str:
    one = at.station
    if about == "parking" and one.parking is not None:
        return say("places.parking", language, parking=one.parking.say(language))
    if about == "services" and one.services:
        names = ", ".join(_service_name(offer.id, language) for offer in one.services)
        return say("places.services", language, services=names)
    return say("places.services_unknown", language)


def _service_name(wanted: ServiceId, language: Language) -> str:
    return say(f"places.service_{wanted}", language)


def _open_instead(
    closed: StationSeen, department: Department, language: Language, now: datetime
) -> list[str]:
    """The nearest other station that is open now, when the one asked for is closed."""
    others = [seen(one, department, now, closed.station.point) for one in department.stations]
    openings = [one for one in others if isinstance(one.state, Open) and one.metres is not None]
    if not openings:
        return []
    best = min(openings, key=lambda one: one.metres or 0.0).station
    phone = spoken_phone(best.phone or department.profile.nonemergency)
    return [
        say(
            "places.open_instead",
            language,
            name=best.name.say(language),
            address=best.address or "",
            phone=phone,
        )
    ]


def _agency_state(agency: Agency, department: Department, language: Language, now: datetime) -> str:
    if agency.hours is None:
        return ""
    return ", " + opening(department.hours.state(agency.hours, now), department, language, now)


def _capital(label: str) -> str:
    return label[:1].upper() + label[1:]


def _fitting(parts: list[str]) -> str:
    """As many parts, from the first, as two SMS hold; the first is always there."""
    text = parts[0]
    for part in parts[1:]:
        if len(text) + 1 + len(part) <= _TWO_SEGMENTS:
            text += " " + part
    return text
