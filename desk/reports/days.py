"""Understands days: one day, past or to come, or days of the week that come again and again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from babel.dates import format_date, get_day_names

from desk.reports.times import plain
from desk.wording import Language, say

FARTHEST: Final = timedelta(days=366)
_NUMBERS: Final = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "ten": 10, "un": 1, "una": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5,
    "seis": 6,    "siete": 7, "ocho": 8, "diez": 10, "a couple of": 2, "un par de": 2,
}  # fmt: skip
_WEEKDAYS: Final = {
    "monday": 0, "mon": 0, "tuesday": 1, "tues": 1, "tue": 1, "wednesday": 2, "wed": 2,
    "thursday": 3, "thurs": 3, "thur": 3, "thu": 3, "friday": 4, "fri": 4, "saturday": 5, "sat": 5,
    "sunday": 6, "sun": 6, "lunes": 0, "martes": 1, "miercoles": 2, "jueves": 3, "viernes": 4,
    "sabado": 5, "domingo": 6,
}  # fmt: skip
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "january jan enero ene", "february feb febrero", "march mar marzo", "april apr "
            "abril abr",
            "may mayo", "june jun junio", "july jul julio", "august aug agosto ago",
            "september sept sep septiembre", "october oct octubre", "november nov noviembre",
            "december dec diciembre dic",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
CODES: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _any(words: Mapping[str, int]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_NUMBER: Final = rf"(?:\d{{1,3}}|{_any(_NUMBERS)})"
_UNIT: Final = r"(?:days?|weeks?|months?|dias?|semanas?|mes(?:es)?)"
_DATE: Final = re.compile(
    rf"""(?<![\w/-])(?:
    (?P<before_yesterday>the\ day\ before\ yesterday|day\ before\ yesterday|anteayer|antier)
  | (?P<after_tomorrow>the\ day\ after\ tomorrow|day\ after\ tomorrow|pasado\ manana)
  | (?P<tomorrow>tomorrow|(?<!la\ )(?<!por\ )(?<!esta\ )(?<!de\ )(?<!en\ la\ )manana)
  | (?P<today>today|tonight|right\ now|this\ (?:morning|afternoon|evening)|hoy
        |esta\ (?:noche|tarde|manana))
  | (?P<yesterday>yesterday|last\ night|ayer|anoche)
  | (?:in\ |within\ |en\ |dentro\ de\ )(?P<ahead>{_NUMBER})\ (?P<ahead_unit>{_UNIT})
  | (?P<from_now>{_NUMBER})\ (?P<from_unit>{_UNIT})\ from\ now
  | (?P<ago>{_NUMBER})\ (?P<ago_unit>{_UNIT})\ ago
  | hace\ (?:como\ )?(?P<hace>{_NUMBER})\ (?P<hace_unit>{_UNIT})
  | (?P<iso>\d{{4}}-\d{{2}}-\d{{2}})
  | (?P<slash>\d{{1,2}}[/-]\d{{1,2}}(?:[/-](?:20)?\d{{2}})?)
  | (?P<month>{_any(_MONTHS)})\.?\ (?:the\ )?(?P<month_day>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)
        (?:,?\ (?P<month_year>20\d{{2}}))?
  | (?:the\ |el\ )?(?P<day_first>\d{{1,2}})(?:st|nd|rd|th|o)?\ (?:de\ |of\ )?
        (?P<first_month>{_any(_MONTHS)})\b(?:,?\ (?:de\ |del\ )?(?P<first_year>20\d{{2}}))?
  | (?P<past>last\ |past\ |el\ pasado\ )?
        (?P<next>next\ |this\ |this\ coming\ |(?:el\ )?proximo\ |este\ )?
        (?:el\ |on\ )?(?P<weekday>{_any(_WEEKDAYS)})\b\.?(?P<passed>\ pasado)?
        (?P<coming>\ que\ viene|\ proximo)?
  | (?:on\ )?the\ (?P<of_month>\d{{1,2}})(?:st|nd|rd|th)\b
        (?!\ (?:st\b|street|ave|and\b|&|floor|grade))
  | el\ (?:dia\ )?(?P<dia>\d{{1,2}})\b(?!\ de\b)
    )(?![\w/])""",
    re.VERBOSE,
)


class TooFar(ValueError):
    """The day is more than a year ahead."""


class NoSuchDay(ValueError):
    """There is no such day, like February 30."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day that a text tells, and where in the plain text it stands."""

    day: date
    span: tuple[int, int]


def dates(text: str, today: date, *, past: bool = False) -> list[Day]:
    """The days a text tells, in order.

    "Friday" and "May 3" are the next such day, or with `past` the last one. Raises TooFar,
    NoSuchDay.
    """
    found = []
    for one in _DATE.finditer(plain(text)):
        day = _day(one, today, past)
        if day - today > FARTHEST:
            raise TooFar(text)
        found.append(Day(day, one.span()))
    return found


def _day(one: re.Match[str], today: date, past: bool) -> date:
    words = {name: value for name, value in one.groupdict().items() if value}
    for name, days in (
        ("before_yesterday", -2), ("yesterday", -1), ("today", 0), ("tomorrow", 1),
        ("after_tomorrow", 2),
    ):  # fmt: skip
        if name in words:
            return today + timedelta(days=days)
    for name, unit, sign in (
        ("ahead", "ahead_unit", 1), ("from_now", "from_unit", 1), ("ago", "ago_unit", -1),
        ("hace", "hace_unit", -1),
    ):  # fmt: skip
        if name in words:
            return today + sign * _length(words[name], words[unit])
    if "weekday" in words:
        ahead = (_WEEKDAYS[words["weekday"]] - today.weekday()) % 7 or 7
        if (
            "past" in words
            or "passed" in words
            or (past and "next" not in words and "coming" not in words)
        ):
            return today - timedelta(days=(today.weekday() - _WEEKDAYS[words["weekday"]]) % 7 or 7)
        return today + timedelta(days=ahead)
    try:
        return _named(words, today, past)
    except ValueError:
        raise NoSuchDay(one.group(0)) from None


def _length(number: str, unit: str) -> timedelta:
    count = int(number) if number.isdigit() else _NUMBERS[number]
    per = 7 if unit.startswith(("week", "semana")) else 30 if unit.startswith("m") else 1
    return timedelta(days=count * per)


def _named(words: Mapping[str, str], today: date, past: bool) -> date:
    if iso := words.get("iso"):
        return date.fromisoformat(iso)
    if slash := words.get("slash"):
        parts = [int(one) for one in re.split("[/-]", slash)]
        if len(parts) == 3:
            return date(parts[2] + (2000 if parts[2] < 100 else 0), parts[0], parts[1])
        return _nearest(today, parts[0], parts[1], past)
    if name := words.get("month") or words.get("first_month"):
        number = int(words.get("month_day") or words["day_first"])
        year = words.get("month_year") or words.get("first_year")
        if year:
            return date(int(year), _MONTHS[name], number)
        return _nearest(today, _MONTHS[name], number, past)
    number = int(words.get("of_month") or words["dia"])
    for months in range(3):
        first = today.replace(day=1)
        for _ in range(months):
            first = (first + timedelta(days=-1 if past else 32)).replace(day=1)
        try:
            day = first.replace(day=number)
        except ValueError:
            continue
        if (day <= today) if past else (day >= today):
            return day
    raise ValueError(number)


def _nearest(today: date, month: int, day: int, past: bool) -> date:
    """The next day of this name, or with `past` the last one."""
    for years in range(5):  # February 29 comes every four years
        try:
            found = date(today.year + (-years if past else years), month, day)
        except ValueError:
            continue
        if (found <= today) if past else (found >= today):
            return found
    raise ValueError(f"{month}/{day}")


def show_date(stored: str, language: Language) -> str:
    """A stored day in words, with weekday and year."""
    pattern = "EEE d MMM y" if language == "es" else "EEE, MMM d, y"
    return format_date(date.fromisoformat(stored), pattern, locale=language)


# days of the week

_DAY_WORD: Final = rf"(?:{_any(_WEEKDAYS)})s?"
_EVERY: Final = re.compile(
    r"\b(?:every ?day|every ?night|every (?:single )?(?:day|night|morning|evening|afternoon)|"
    r"daily|nightly|"
    r"each (?:day|night)|all week|(?:seven|7) days a week|todos los dias|todas las (?:noches|"
    r"mananas|tardes)|"
    r"cada (?:dia|noche|manana|tarde)|diario|diariamente|a diario)\b"
)
_WEEKENDS: Final = re.compile(r"\b(?:weekends?|every weekend|fin(?:es)? de semana)\b")
_WORKDAYS: Final = re.compile(
    r"\b(?:week ?days?|week ?nights?|school days?|work ?days?|entre semana|dias de semana|"
    r"dias (?:laborables|habiles|de escuela))\b"
)
_RANGE: Final = re.compile(
    rf"\b(?P<a>{_DAY_WORD})\.? ?(?:-|to|through|thru|until|a|al|"
    rf"hasta) ?(?:el )?(?P<b>{_DAY_WORD})\b"
)
_ONE: Final = re.compile(rf"\b(?P<day>{_DAY_WORD})\b")
_AGAIN: Final = re.compile(
    rf"\b(?:every|each|cada|todos los|todas las|los|usually|always|most|siempre|normalmente|"
    rf"casi todos los)"
    rf" (?:single |other )?(?:{_DAY_WORD}|weekends?|week ?days?|week ?nights?|school days?|week|"
    rf"fin(?:es)? de semana|nights?|days?|"
    rf"mornings?|noches?|dias?|"
    rf"mananas?|tardes?)\b|"
    rf"\b(?:mondays|tuesdays|wednesdays|thursdays|fridays|saturdays|sundays|weekends|weekdays|"
    rf"weeknights|nightly|"
    rf"daily|fines de semana|entre semana|sabados|domingos)\b"
)
_BUT: Final = re.compile(r"\b(?:except|but not|not on|excepto|menos|salvo|every other|cada dos)\b")
_VAGUE: Final = re.compile(
    r"\b(?:sometimes|often|usually|randomly|random|different (?:days|times)|any time|"
    r"all the time|all day|"
    r"a veces|seguido|a menudo|diferentes? (?:dias|horas)|todo el (?:dia|tiempo)|no hay un dia|"
    r"varios dias|"
    r"times a week|veces (?:a la|por) semana|rush hour|hora pico)\b"
)
_LONGEST: Final = 200
_PARTS: Final = {
    "morning": ("05:00", "12:00"), "mornings": ("05:00", "12:00"), "afternoon": ("12:00", "18:00"),
    "afternoons": ("12:00", "18:00"), "evening": ("17:00", "22:00"), "evenings": ("17:00", "22:00"),
    "night": ("18:00", "06:00"), "nights": ("18:00", "06:00"), "nightly": ("18:00", "06:00"),
    "weeknights": ("18:00", "06:00"), "weeknight": ("18:00", "06:00"),
    "madrugada": ("00:00", "06:00"), "madrugadas": ("00:00", "06:00"), "manana": ("05:00", "12:00"),
    "mananas": ("05:00", "12:00"), "tarde": ("12:00", "18:00"), "tardes": ("12:00", "18:00"),
    "noche": ("18:00", "06:00"), "noches": ("18:00", "06:00"), "midnight": ("23:00", "01:00"),
    "medianoche": ("23:00", "01:00"), "noon": ("11:30", "12:30"), "mediodia": ("11:30", "12:30"),
}  # fmt: skip
_PART: Final = re.compile(rf"\b(?:{'|'.join(sorted(_PARTS, key=len, reverse=True))})\b")
_CLOCK: Final = (
    r"(?P<h{n}>[01]?\d|2[0-3])(?::(?P<m{n}>[0-5]\d))?(?: ?(?P<p{n}>[ap])\.?m\b\.?"
    r"| de la (?P<d{n}>manana|tarde|noche|madrugada))?"
)
_BETWEEN: Final = re.compile(
    r"(?<![\d/])"
    + _CLOCK.replace("{n}", "1")
    + r" ?(?:-|–|to|and|until|till|y|a|hasta)(?: las?)? ?"
    + _CLOCK.replace("{n}", "2")
    + r"(?![\d/])"
)
_AT: Final = re.compile(
    r"\b(?P<about>around |about |at |after |a las? |como a las? |despues de las? |desde las? |"
    r"from )" + _CLOCK.replace("{n}", "1") + r"(?![\d/])"
)


def weekly(text: str) -> dict[str, Any] | None:
    """The days in a direct answer: {"days", "from", "to"}, hours as "22:00" or None.

    Words that speak of days but do not name them plainly are kept as {"told"}; None for others.
    """
    words = plain(text)
    if _BUT.search(words):
        return {"told": text.strip()[:_LONGEST]}
    days = _named_days(words)
    hours = _hours(words)
    if not days and hours is not None and _AGAIN.search(words):
        days = [*CODES]
    if not days:
        vague = _VAGUE.search(words) or _PART.search(words)
        return (
            {"told": text.strip()[:_LONGEST]} if vague and not text.strip().endswith("?") else None
        )
    return {"days": days, "from": hours[0] if hours else None, "to": hours[1] if hours else None}


def find_weekly(text: str) -> dict[str, Any] | None:
    """The days that a story says come again and again; None when it does not clearly."""
    found = weekly(text) if _AGAIN.search(plain(text)) else None
    return found if found and "told" not in found else None


def _named_days(words: str) -> list[str]:
    if _EVERY.search(words):
        return [*CODES]
    chosen: set[int] = set()
    if _WEEKENDS.search(words):
        chosen |= {5, 6}
    if _WORKDAYS.search(words):
        chosen |= {0, 1, 2, 3, 4}
    for one in _RANGE.finditer(words):
        first, last = _weekday(one.group("a")), _weekday(one.group("b"))
        chosen |= {(first + step) % 7 for step in range((last - first) % 7 + 1)}
    chosen |= {_weekday(one.group("day")) for one in _ONE.finditer(words)}
    return [CODES[number] for number in sorted(chosen)]


def _weekday(word: str) -> int:
    return _WEEKDAYS[word] if word in _WEEKDAYS else _WEEKDAYS[word[:-1]]


def _hours(words: str) -> tuple[str, str | None] | None:
    part = _PART.search(words)
    if found := _BETWEEN.search(words):
        first, last = _clock(found, "1", part), _clock(found, "2", part)
        if found["p1"] is None and found["d1"] is None and (found["p2"] or found["d2"]):
            first = _same_half(int(found["h1"]), int(found["m1"] or 0), last)
        return first, last
    if found := _AT.search(words):
        return _clock(found, "1", part), None
    return _PARTS[part.group(0)] if part else None


def _clock(found: re.Match[str], n: str, part: re.Match[str] | None) -> str:
    hour, minute = int(found[f"h{n}"]), int(found[f"m{n}"] or 0)
    half, of = found[f"p{n}"], found[f"d{n}"]
    word = of or (part.group(0) if part else "")
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    elif word.startswith(("noche", "night", "evening", "week")):
        hour = hour + 12 if 6 <= hour < 12 else 0 if hour == 12 else hour
    elif word.startswith(("tarde", "afternoon")):
        hour = hour + 12 if hour < 12 else hour
    elif word.startswith("madrugada"):
        hour %= 12
    elif not word and 1 <= hour < 7:
        hour += 12  # bare "at 3": the afternoon; it is read back, and can be corrected
    return f"{hour:02}:{minute:02}"


def _same_half(hour: int, minute: int, last: str) -> str:
    """The first hour of "10 to 2 am": before the last one, in the nearer half of the day."""
    end = int(last[:2])
    choices = (hour % 12, hour % 12 + 12)
    return f"{min(choices, key=lambda h: (end - h) % 24 or 24):02}:{minute:02}"


def show_weekly(value: Mapping[str, Any], language: Language) -> str:
    """Stored days in words: "Fri, Sat, from 10:00 PM to 2:00 AM", or as they were told."""
    if "told" in value:
        return str(value["told"])
    days = value["days"]
    if len(days) == 7:
        words = say("reports.every_day", language)
    else:
        names = get_day_names("abbreviated", locale=language)
        words = say("reports.every", language, days=", ".join(names[CODES.index(d)] for d in days))
    first, last = value.get("from"), value.get("to")
    if first and last:
        return say("reports.hours_from_to", language, days=words, first=_shown(first, language),
                   last=_shown(last, language))  # fmt: skip
    return (
        say("reports.hours_at", language, days=words, first=_shown(first, language))
        if first
        else words
    )


def _shown(clock: str, language: Language) -> str:
    if language == "es":
        return clock
    hour, minute = int(clock[:2]), clock[3:]
    return f"{hour % 12 or 12}:{minute} {'PM' if hour >= 12 else 'AM'}"
