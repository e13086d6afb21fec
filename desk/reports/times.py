"""Understands when something happened: words in, an earliest and a latest moment out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

import dateparser
from babel.dates import format_datetime

from desk.wording import Language, say


@dataclass(frozen=True, slots=True)
class Window:
    """From the earliest to the latest moment it can have been; both aware, in UTC."""

    earliest: datetime
    latest: datetime


class InTheFuture(ValueError):
    """The time that was told has not come yet."""


def plain(text: str) -> str:
    """Lower case, without accents, one space between words; the length may change."""
    folded = unicodedata.normalize("NFD", text.lower().replace("’", "'"))
    return " ".join("".join(c for c in folded if not unicodedata.combining(c)).split())


_WORDS: Final = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "un": 1, "una": 1, "uno": 1,
    "couple": 2, "a couple": 2, "fifteen": 15, "twenty": 20, "thirty": 30, "quince": 15,
    "veinte": 20, "treinta": 30, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6,
    "siete": 7, "ocho": 8, "nueve": 9,
    "diez": 10, "once": 11, "doce": 12, "couple of": 2, "a couple of": 2,
    "par de": 2, "un par de": 2,
}  # fmt: skip
_WEEKDAYS: Final = {
    "monday": 0, "mon": 0, "tuesday": 1, "tues": 1, "tue": 1, "wednesday": 2, "wed": 2,
    "thursday": 3, "thurs": 3, "thu": 3, "friday": 4, "fri": 4, "saturday": 5, "sat": 5,
    "sunday": 6, "sun": 6, "lunes": 0, "martes": 1, "miercoles": 2, "jueves": 3, "viernes": 4,
    "sabado": 5, "domingo": 6,
}  # fmt: skip
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "january jan enero ene", "february feb febrero", "march mar marzo",
            "april apr abril abr",
            "may mayo", "june jun junio", "july jul julio", "august aug agosto ago",
            "september sept sep septiembre", "october oct octubre", "november nov noviembre",
            "december dec diciembre dic",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_PARTS: Final[dict[str, tuple[float, float]]] = {  # hours after the day's midnight
    "morning": (5, 12), "noon": (11.5, 12.5), "afternoon": (12, 18), "evening": (17, 22),
    "night": (18, 30), "midnight": (23, 25), "small hours": (0, 6),
}  # fmt: skip
_PART_WORDS: Final = {
    "early morning": "small hours", "early hours": "small hours", "morning": "morning",
    "lunchtime": "noon", "noon": "noon", "midday": "noon", "afternoon": "afternoon",
    "evening": "evening", "midnight": "midnight", "nighttime": "night", "night": "night",
    "madrugada": "small hours", "manana": "morning", "mediodia": "noon", "medio dia": "noon",
    "anochecer": "evening", "tarde": "afternoon", "medianoche": "midnight",
    "media noche": "midnight", "noche": "night",
}  # fmt: skip


def _any(words: dict[str, int] | dict[str, str]) -> str:
    return "|".join(sorted((re.escape(word) for word in words), key=len, reverse=True))


_NUMBER: Final = rf"(?:\d{{1,3}}|{_any(_WORDS)})"
_PART: Final = (
    rf"(?P<part>{'|'.join(w for w in _any(_PART_WORDS).split('|') if w != 'manana')}"
    r"|(?<=la )manana|(?<=por )manana)"
)
_DAY: Final = rf"""
    (?P<before_yesterday>the\ day\ before\ yesterday|day\ before\ yesterday|anteayer|antier
        |antes\ de\ ayer)
  | (?P<last_night>last\ night|overnight|anoche)
  | (?P<night_before_last>night\ before\ last|antenoche|anteanoche)
  | (?P<tonight>tonight|esta\ noche)
  | (?P<today>today|this(?=\ (?:morning|afternoon|evening|noon))|hoy
        |esta(?=\ (?:manana|tarde|madrugada)))
  | (?P<yesterday>yesterday|ayer)
  | (?P<weekend_before>weekend\ before\ last|(?:el\ )?fin\ de\ semana\ antepasado
        |(?:el\ )?antepasado\ fin\ de\ semana)
  | (?P<few_days>(?:a\ few|several|some)\ days\ ago|(?:hace|hara)\ (?:unos|varios|algunos)\ dias)
  | (?P<hour_half>(?:an|one)\ hour\ and\ a\ half\ ago|(?:hace|hara)\ (?:como\ )?(?:una\ )?hora
        \ y\ media)
  | (?P<weekend>(?:last|this|past|the|over\ the|el)?\ ?(?:weekend|fin\ de\ semana)(?:\ pasado)?)
  | (?P<last_week>last\ week|la\ semana\ pasada|semana\ pasada)
  | (?P<this_week>this\ week|esta\ semana)
  | (?P<last_month>last\ month|el\ mes\ pasado|mes\ pasado)
  | (?P<half_hour>(?:about\ )?half\ an\ hour\ ago|a\ half\ hour\ ago|hace\ (?:como\ )?media\ hora)
  | (?:(?P<ago>{_NUMBER})\ (?P<unit>minutes?|mins?|hours?|hrs?|days?|nights?|weeks?|months?)\ ago)
  | (?:(?:hace|hara)\ (?:como\ |unas?\ |unos\ )?(?P<hace>{_NUMBER})
        \ (?P<unidad>min(?:uto)?s?|horas?|hrs?|dias?|noches?|semanas?|mes(?:es)?))
  | (?P<iso>\d{{4}}-\d{{2}}-\d{{2}})
  | (?P<slash>\d{{1,2}}/\d{{1,2}}(?:/\d{{2,4}})?)
  | (?:(?P<month>{_any(_MONTHS)})\.?\ (?P<month_day>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)
        (?:,?\ (?P<month_year>20\d{{2}}))?)
  | (?:(?:el\ |the\ |on\ )?(?P<day_first>\d{{1,2}})(?:st|nd|rd|th|o)?\ (?:de\ |of\ )?
        (?P<first_month>{_any(_MONTHS)})\b(?:\ (?:de\ |del\ )?(?P<first_year>20\d{{2}}))?)
  | (?:(?:back\ in|early\ in|late\ in|in|during|sometime\ in|last|this\ past|en|durante
        |alla\ por|por\ alla\ (?:de|en)|a\ (?:principios|mediados|finales|fines)\ de|el\ pasado)
        \ (?:el\ mes\ de\ )?(?P<only_month>{_any(_MONTHS)})\b(?!\ ?\d{{1,2}}(?!\d))
        (?:,?\ (?:of\ |de\ |del\ )?(?P<only_year>20\d{{2}}))?)
  | (?:(?P<last>last\ |past\ |this\ past\ |el\ pasado\ )?(?P<weekday>{_any(_WEEKDAYS)})\b\.?
        (?P<passed>\ pasado)?)
  | (?:(?:on\ the\ |the\ )(?P<of_month>\d{{1,2}})(?:st|nd|rd|th)
        (?!\ (?:st\b|street|ave|and\b|&|block|floor|grade)))
  | (?:el\ (?:dia\ )(?P<dia>\d{{1,2}})\b)
"""
_CLOCK: Final = r"""
    (?:(?P<about>around|about|approximately|maybe|near|como
        |alrededor\ de|cerca\ de|hacia|a\ eso\ de|sobre)\ )?
    (?P<at>at\ |@\ ?|a\ las?\ |las?\ )?(?:like\ )?
    (?:(?P<hour>[01]?\d|2[0-3])(?:[:.](?P<minute>[0-5]\d))?(?P<half>\ y\ media|\ y\ cuarto)?
       (?:\ ?(?P<meridiem>a\.?m\b\.?|p\.?m\b\.?)
          |\ (?:in\ the\ |at\ |de\ la\ |por\ la\ )(?P<of>morning|afternoon|evening|night
             |manana|tarde|noche|madrugada)
          |(?P<oclock>\ ?o'?clock|\ ?hrs?\b|\ horas\b))?)
    (?![\d/]|\ ?(?:st|nd|rd|th)\b)
"""
_DAY_RE: Final = re.compile(rf"(?<![\w/-])(?:{_DAY})(?![\w-])", re.VERBOSE)
_PART_RE: Final = re.compile(rf"(?<!\w){_PART}(?!\w)")
_CLOCK_RE: Final = re.compile(rf"(?<![\w$/.,:#-]){_CLOCK}(?!\w)", re.VERBOSE)
_JOINED: Final = re.compile(
    r"(?<!\w)(?:(?P<between>between|entre)|(?P<since>from|since|desde|del?))(?!\w) "
    r"(?P<a>.{1,60}?) (?P<join>and|y|to|till|til|until|through|hasta|a|al) (?P<b>.+)"
)
_DASHED: Final = re.compile(
    r"(?P<a>.{1,60}?)(?: ?[-–] ?| to | till | til | until | through | hasta )(?P<b>.+)"
)
_OPEN: Final = re.compile(
    r"(?<!\w)(?:(?P<since>since|ever since|desde)|(?P<after>after|despues de|luego de)"
    r"|(?P<before>before|by|antes de))(?!\w) (?P<rest>.+)"
)
_JUST_NOW: Final = re.compile(
    r"(?<!\w)(?:just now|right now|just this (?:second|minute)|just happened|"
    r"acab[ao] de (?:pasar|suceder|ocurrir)|a few minutes ago|ahorita|ahora mismo|"
    r"hace unos minutos|"
    r"recien)(?!\w)"
)
_A_WHILE: Final = re.compile(
    r"(?<!\w)(?:a few hours ago|a while ago|hace unas horas|hace un rato)(?!\w)"
)
_SO_LONG: Final = (
    r"(?:about |around |over |almost |more than |at least |like |the (?:last|past) |como |casi |"
    r"mas de |ya |los ultimos |las ultimas )*"
    rf"(?P<count>\d{{1,3}}|{'|'.join(sorted(_WORDS, key=len, reverse=True))}) "
    r"(?P<unit>hours?|days?|weeks?|months?|horas?|dias?|semanas?|mes(?:es)?)\b"
)
_LASTING: Final = re.compile(
    r"\b(?:(?:been|sitting|parked|standing|like this|going on)(?: [\w']+){0,6}? for|llevan?|"
    r"tienen?|desde hace) " + _SO_LONG
)
"""How long something has been so, in a story: "has been on the street for two weeks"."""
_FOR: Final = re.compile(
    r"(?:(?:it'?s|it has) been |for |since |lleva |tiene |desde hace |por )*"
    rf"{_SO_LONG}(?: now| ya)?"
)
"""The same as a direct answer."""
_FUTURE: Final = re.compile(
    r"(?<!\w)(?:tomorrow|next (?:week|month|year|\w+day)|(?<!la )(?<!por )(?<!esta )(?<!de )manana|"
    r"proxim[oa]|la semana que viene|\w+ que viene)(?!\w)"
)
_DAWN: Final = 5
_THIS_DAY: Final = re.compile(r"\b(?:this|today|tonight|esta|este|hoy)\b")
_LAST_ONE: Final = re.compile(
    r"(?<!\w)(?:(?:the )?(?:last|latest|most recent) (?:one|time|call|text|message|email)s?"
    r"(?: (?:was|were|came|is|happened))?|(?:la|el) ultim[oa](?: (?:vez|llamada|mensaje))?"
    r"(?: (?:fue|era|es|llego))?)(?!\w)(?P<rest>.+)"
)
"""What follows says when it was last, which is asked for, not when it began."""
_BEFORE_YESTERDAY: Final = re.compile(r"(?<!\w)(?:day before yesterday|antes de ayer)(?!\w)")
_HOUR_WORD: Final = re.compile(
    r"(?:(?<=\blas )|(?<=\ba la )|(?<=\bat ))"
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
    r"una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce)\b(?! \w*(?:street|st|ave)\b)"
)
_COUNTED: Final = {
    word: number
    for language in (
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
        "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth "
        "twenty-first twenty-second twenty-third twenty-fourth twenty-fifth twenty-sixth "
        "twenty-seventh twenty-eighth twenty-ninth thirtieth thirty-first",
        "primero dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince "
        "dieciseis diecisiete dieciocho diecinueve veinte veintiuno veintidos veintitres "
        "veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve treinta "
        "treintaiuno",
    )
    for number, word in enumerate(language.split(), start=1)
}
_COUNTED_DAY: Final = re.compile(
    rf"(?<!\w)(?:(?P<before>{_any(_COUNTED)})(?= (?:of |de )(?:{_any(_MONTHS)})\b)"
    rf"|(?<=\w )(?P<after>{_any(_COUNTED)})(?!\w))"
)
_MONTH_BEFORE: Final = re.compile(rf"(?<!\w)(?:{_any(_MONTHS)})\.? (?:the )?$")
_HOUR: Final = (
    r"(?:1[0-2]|[1-9]|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)(?!\w)"
)
_PAST_HOUR: Final = re.compile(
    rf"(?:at |around |about )?\b(?:a )?(?P<part>half past|quarter past|quarter to|quarter after|"
    rf"quarter of) (?P<hour>{_HOUR})"
)
_ABOUT_HOUR: Final = re.compile(
    rf"\b(?P<about>around|about) (?P<hour>{_HOUR.replace('1[0-2]|[1-9]|', '')})"
    r"(?=$|[,.;!]| (?:last|yesterday|this|on|in the|at night|tonight|today|o'?clock|am|pm)\b)"
)
_ISH: Final = re.compile(
    r"\b(?:(?:around|about|at|like) )*(?P<hour>\d{1,2}(?::\d\d)?(?: ?[ap]m)?)(?: |-)?ish\b"
)
_MILITARY: Final = re.compile(
    r"\b(?P<at>at|around|about) (?P<hour>[01]\d|2[0-3])(?P<minute>[0-5]\d)"
    r"(?: ?(?:hours|hrs|h)\b|(?= ?(?:$|[,.;!]| (?:yesterday|today|on|last|this)\b)))"
)
_LATE: Final = re.compile(
    r"\b(?:(?:very |really )?late (?=last night|at night)|(?:ya |muy )(?:bien )?tarde\b)"
)
_RETURNED: Final = re.compile(
    r"(?P<a>.{1,80}?) (?:and|then|y) (?P<b>(?:i |we |then |when i |when we |cuando )?(?:came back|"
    r"got back|went back|returned|found|noticed|saw|regrese|regresamos|volvi|volvimos|"
    r"encontre|vi)\b.+)"
)
"""When it was left, and when it was found to be gone."""
_ALSO_WORDS: Final = frozenset({"sat", "sun", "mon", "mar", "wed", "may"})
"""Short names of days that are other words in a story."""
_FILLER: Final = re.compile(
    r"(?:\b(?:at|about|around|approximately|it|was|it's|maybe|near|like|i|think|ish|como|a|las?|"
    r"era|eran|"
    r"fue|creo|que|alrededor|de|cerca|eso|sobre|hacia|y|media|cuarto|on|the|el|en)\b|[\d@,.?!])"
)
_CLOCK_ENDS: Final = re.compile(
    r" *(?:$|[,.;!?)]|(?:and|or|to|on|in|y|o|a|de|hasta|el|ayer|anoche|yesterday|last|this|when|"
    r"but|today|hoy|"
    r"cuando|pero|morning|afternoon|evening|night|manana|tarde|noche)\b)"
)
_NIGHT: Final = re.compile(r"\b(?:last night|night|anoche|noche)\b")
_ABOUT: Final = timedelta(minutes=30)
_DAY_LONG: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Piece:
    """What one phrase said: a stretch of days, perhaps a part of the day or a clock time."""

    start: datetime | None  # local midnight of the first day, None when only a clock was told
    end: datetime | None
    hours: tuple[float, float] | None = None
    exact: bool = False  # start and end are moments already
    afternoon: bool | None = None


def understand(
    text: str, now: datetime, zone: ZoneInfo, language: Language, *, whole: bool = True
) -> tuple[Window, str] | None:
    """The window told in a text, and the text without the words that told it; None when none is.

    `whole` says that the text answers "when?": then a bare "at 3" counts, and dateparser may help.
    Without it only clear words count, as in a longer story. Raises InTheFuture.
    """
    words = _spoken(plain(text))
    local = now.astimezone(zone)
    try:
        return _told(text, words, local, language, whole)
    except InTheFuture:
        if local.hour >= _DAWN or not _THIS_DAY.search(words):
            raise
    # past midnight "this morning" is still that of the day before, for whoever has not slept
    return _told(text, words, _midnight(local.date(), zone) - timedelta(minutes=1), language, whole)


def _told(
    text: str, words: str, local: datetime, language: Language, whole: bool
) -> tuple[Window, str] | None:
    if _FUTURE.search(words) and (whole or not _DAY_RE.search(words)):
        raise InTheFuture(text)
    found = _window(words, local, whole)
    if found is None and whole:
        found = _by_dateparser(words, local, language)
    if found is None:
        return None
    earliest, latest = found
    if earliest > local:
        raise InTheFuture(text)
    window = Window(earliest.astimezone(UTC), max(earliest, min(latest, local)).astimezone(UTC))
    return window, _without_times(words)


def _spoken(words: str) -> str:
    """Plain words with what people say for a clock time or a date written as figures."""

    def past_hour(found: re.Match[str]) -> str:
        said = found.group("hour")
        hour = int(said) if said.isdigit() else _WORDS[said]
        if found.group("part") in {"quarter to", "quarter of"}:
            return f"at {(hour - 2) % 12 + 1}:45"
        return f"at {hour}:{30 if found.group('part') == 'half past' else 15}"

    def counted(found: re.Match[str]) -> str:
        word = found.group(0)
        named = found.group("before") or _MONTH_BEFORE.search(words[: found.start()])
        return str(_COUNTED[word]) if named else word

    words = re.sub(r"\bnite\b", "night", words)
    words = re.sub(r"\b(manan|noch|tard)(?:it|ecit)a\b",
                   lambda w: f"{w[1]}{'e' if w[1] != 'manan' else 'a'}", words)  # fmt: skip
    words = re.sub(r"\bnoon-?ish\b", "noon", words).replace(" en punto", "")
    words = _COUNTED_DAY.sub(counted, words)
    words = _PAST_HOUR.sub(past_hour, words)
    words = _ABOUT_HOUR.sub(lambda w: f"{w['about']} {_WORDS[w['hour']]}", words)
    words = _ISH.sub(r"around \g<hour>", words)
    words = _MILITARY.sub(r"\g<at> \g<hour>:\g<minute>", words)
    return _HOUR_WORD.sub(lambda hour: str(_WORDS[hour.group(0)]), words)


def names_a_day(text: str) -> bool:
    """Whether a text names a day, and not only a time of day."""
    return bool(_DAY_RE.search(plain(text)))


def show(window: Window, zone: ZoneInfo, language: Language) -> str:
    """A window as it is read back, with weekday and year, so that it cannot be mistaken."""
    first, last = window.earliest.astimezone(zone), window.latest.astimezone(zone)
    if first == last:
        return f"{_day(first, language)}, {_clock(first, language)}"
    if last - first <= 2 * _ABOUT and first.date() == last.date():
        middle = first + (last - first) / 2
        return say(
            "reports.time_about",
            language,
            day=_day(first, language),
            clock=_clock(middle, language),
        )
    if first.date() == last.date() or last == _midnight(first.date(), zone) + _DAY_LONG:
        if first.time() == time(0) and last.time() in (time(0), time(23, 59)):
            return _day(first, language)
        return say(
            "reports.time_same_day",
            language,
            day=_day(first, language),
            first=_clock(first, language),
            last=_clock(last, language),
        )
    if first.time() == last.time() == time(0):
        return say(
            "reports.time_window",
            language,
            first=_day(first, language),
            last=_day(last - _DAY_LONG, language),
        )
    return say(
        "reports.time_window",
        language,
        first=f"{_day(first, language)}, {_clock(first, language)}",
        last=f"{_day(last, language)}, {_clock(last, language)}",
    )


def _day(moment: datetime, language: Language) -> str:
    pattern = "EEE d MMM y" if language == "es" else "EEE, MMM d, y"
    return format_datetime(moment, pattern, locale=language)


def _clock(moment: datetime, language: Language) -> str:
    pattern = "HH:mm" if language == "es" else "h:mm a"
    return format_datetime(moment, pattern, locale=language).replace(" ", " ")


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), zone)


def _window(words: str, now: datetime, whole: bool) -> tuple[datetime, datetime] | None:
    zone = now.tzinfo
    if not isinstance(zone, ZoneInfo):
        raise TypeError("the local time needs the department's zone")
    if _JUST_NOW.search(words):
        return now - timedelta(minutes=15), now
    if _A_WHILE.search(words):
        return now - timedelta(hours=6), now
    lasting = _LASTING.search(words) or (_FOR.fullmatch(words.strip(" .,!")) if whole else None)
    if lasting is not None:
        return _since(lasting, now), now
    if (last := _LAST_ONE.search(words)) and _DAY_RE.search(last.group("rest")):
        return _window(last.group("rest"), now, whole)
    for joined in _pairs(words):
        first = _piece(joined.group("a"), now, zone, True)
        last_words = joined.group("b")
        if joined.re is _JOINED and joined.group("between"):  # "between 7 and 8 this morning"
            last_words = re.sub(r"^(?=\d)", "at ", last_words)
        second = _piece(last_words, now, zone, True)
        if first is None or second is None:
            continue
        if first.start is None and second.start is None:
            outside = _piece(words[: joined.start()], now, zone, whole=False)
            if not whole and outside is None and not _clear_clock(joined.group(0)):
                continue
            day = outside.start if outside and outside.start else _midnight(now.date(), zone)
            if outside and outside.hours == _PARTS["night"]:
                first, second = _at_night(first), _at_night(second)
            first, second = _on(first, day), _on(second, day)
        elif first.start is None and second.start is not None:
            first = _on(first, second.start)
        elif second.start is None and first.start is not None:
            second = _on(second, first.start)
        start, end = _ends(first, now), _ends(second, now)
        earliest, latest = start[0], end[1]
        if second.hours and second.hours[0] == second.hours[1]:
            latest = end[0]
            if latest < earliest and _same_day(first, second):  # "from 11 pm to 2"
                if latest + _DAY_LONG > now:
                    earliest -= _DAY_LONG
                else:
                    latest += _DAY_LONG
        if first.afternoon is None and second.afternoon and earliest.hour + 12 <= latest.hour:
            earliest += timedelta(hours=12)  # "between 2 and 4 pm"
        if first.afternoon is None and second.afternoon is False and earliest > latest:
            earliest -= timedelta(hours=12)  # "between 2 and 4 this morning"
        if earliest <= latest:
            return earliest, latest
    opened = _OPEN.search(words)
    if (
        opened
        and not _BEFORE_YESTERDAY.search(words)
        and (piece := _piece(opened.group("rest"), now, zone, whole))
    ):
        before = _piece(words[: opened.start()], now, zone, whole=False)
        at_night = _NIGHT.search(words) is not None
        if piece.start is None:
            if before and before.hours == _PARTS["night"]:
                piece = _at_night(piece)
            piece = _on(
                piece, before.start if before and before.start else _midnight(now.date(), zone)
            )
        start_ = _ends(piece, now)[0]
        day = _midnight(start_.date(), zone)
        if opened.group("before"):
            return day, start_ if piece.hours else day
        if opened.group("since"):
            return start_, now
        until = 30 if at_night and start_.hour >= 17 else 24
        return start_, _at(day, until)
    single = _piece(words, now, zone, whole)
    if single is None:
        return None
    if single.start is None:
        single = _on(single, _midnight(now.date(), zone))
        if _ends(single, now)[0] > now:  # "at 11 pm", said in the morning: the night before
            single = _on(single, _midnight(now.date() - _DAY_LONG, zone))
    return _ends(single, now)


def _since(lasting: re.Match[str], now: datetime) -> datetime:
    """When something began that has lasted so long: to the hour, or to the day."""
    said, unit = lasting.group("count"), lasting.group("unit")
    count = int(said) if said.isdigit() else _WORDS[said]
    if unit.startswith("h"):
        return now - timedelta(hours=count)
    days = {"d": 1, "w": 7, "s": 7, "m": 30}[unit[0]]
    return datetime.combine(now.date() - timedelta(days=count * days), time(0), now.tzinfo)


def _pairs(words: str) -> Iterator[re.Match[str]]:
    for pattern in (_RETURNED, _JOINED, _DASHED):
        yield from pattern.finditer(words)


def _at_night(piece: _Piece) -> _Piece:
    """A bare hour of a night: "last night after 8", "last night between 2 and 4"."""
    if piece.hours is None or piece.afternoon is not None:
        return piece
    if not (5 <= piece.hours[0] < 12 or 13 <= piece.hours[0] < 17):  # 13 to 17: a bare 1 to 4
        return piece
    first, last = piece.hours
    return _Piece(piece.start, piece.end, (first + 12, last + 12), afternoon=True)


def _same_day(first: _Piece, second: _Piece) -> bool:
    return first.start is not None and first.start == second.start


def _clear_clock(words: str) -> bool:
    found = _CLOCK_RE.search(words)
    return bool(found and (found.group("meridiem") or found.group("of") or found.group("minute")))


def _on(piece: _Piece, day: datetime) -> _Piece:
    return _Piece(day, day + _DAY_LONG, piece.hours, afternoon=piece.afternoon)


def _ends(piece: _Piece, now: datetime) -> tuple[datetime, datetime]:
    if piece.start is None or piece.end is None:
        raise ValueError("a piece without a day has no ends")
    if piece.exact:
        return piece.start, piece.end
    if piece.hours is None:
        return piece.start, piece.end
    first = _at(piece.start, piece.hours[0])
    last = _at(piece.start, piece.hours[1])
    if first > now and piece.afternoon is None and piece.hours[0] >= 12:
        earlier = _at(piece.start, piece.hours[0] - 12)
        if earlier <= now and piece.start.date() == now.date():  # "today at 3", said at noon
            return earlier, _at(piece.start, piece.hours[1] - 12)
    return first, last


def _at(day: datetime, hours: float) -> datetime:
    extra, rest = divmod(hours, 24)
    clock = time(int(rest), round(rest % 1 * 60) % 60)
    return datetime.combine(day.date() + timedelta(days=extra), clock, day.tzinfo)


def _piece(words: str, now: datetime, zone: ZoneInfo, whole: bool) -> _Piece | None:
    day = _DAY_RE.search(words)
    if day and not whole and day.group("weekday") in _ALSO_WORDS:
        day = None
    span = _days(day, now, zone) if day else None
    if span is not None and span.exact:
        return span
    late = _LATE.search(words)
    if span is not None and span.hours == _PARTS["night"] and late is not None:
        return _Piece(span.start, span.end, (21, 30), afternoon=True)
    rest = words if day is None else _without(words, day)
    hours, afternoon = _hours(rest, day is not None, whole, span)
    if span is None:
        return _Piece(None, None, hours, afternoon=afternoon) if hours else None
    if hours is None:
        return span
    start = span.start
    if span.hours == _PARTS["night"] and hours[0] < 12 and not afternoon and start is not None:
        start += _DAY_LONG  # "last night at 2" is this morning
    return _Piece(start, span.end, hours, afternoon=afternoon)


def _without(words: str, day: re.Match[str]) -> str:
    gap = " la " if day.group(0) == "esta" else " "  # "esta mañana" leaves "la mañana"
    return words[: day.start()] + gap + words[day.end() :].lstrip()


def _hours(
    words: str, with_day: bool, whole: bool, span: _Piece | None
) -> tuple[tuple[float, float] | None, bool | None]:
    part = _PART_RE.search(words)
    for clock in _CLOCK_RE.finditer(words):
        marked = any(clock.group(n) for n in ("meridiem", "of", "minute", "oclock"))
        if not marked and not (clock.group("at") or clock.group("about")):
            if not whole or _FILLER.sub("", words).strip():
                continue
        elif not marked and not _CLOCK_ENDS.match(words, clock.end()):
            continue  # "at 12 Oak Street"
        elif not marked and not (whole or with_day):
            continue
        return _clock_hours(clock, part, span)
    if part and (with_day or whole or part.group("part") not in {"night", "tarde", "noche"}):
        if not with_day and not whole:
            return None, None
        hours = _PARTS[_PART_WORDS[part.group("part")]]
        if hours == _PARTS["morning"] and re.search(r"\b(?:early|temprano)\b", words):
            hours = (0, 9)
        return hours, hours[0] >= 12
    if with_day and re.search(r"\b(?:early|(?<!mas )tempran(?:o|it[oa]))\b", words):
        return (0, 9), False
    return None, None


def _clock_hours(
    clock: re.Match[str], part: re.Match[str] | None, span: _Piece | None
) -> tuple[tuple[float, float], bool | None]:
    hour = int(clock.group("hour"))
    minutes = int(clock.group("minute") or 0)
    minutes += {" y media": 30, " y cuarto": 15}.get(clock.group("half") or "", 0)
    said = clock.group("of") or (part.group("part") if part else None)
    meridiem = (clock.group("meridiem") or "")[:1]
    kind = _PART_WORDS.get(said) if said else None
    afternoon: bool | None = None
    if meridiem:
        afternoon = meridiem == "p"
        hour = hour % 12 + (12 if afternoon else 0)
    elif kind in {"morning", "small hours"}:
        afternoon, hour = False, hour % 12 if kind == "small hours" else hour
    elif kind in {"afternoon", "evening"}:
        afternoon, hour = True, hour if hour >= 12 else hour + 12
    elif kind == "night" or (span and span.hours == _PARTS["night"]):
        afternoon = hour >= 6
        hour = hour + 12 if 6 <= hour < 12 else hour % 24 if hour != 12 else 24
        if kind == "night" and hour < 6:
            hour += 24  # "Friday night at 2" is early on Saturday
            afternoon = True
    elif hour >= 13 or hour == 0:
        afternoon = hour >= 12
    elif hour < 7:
        hour += 12  # bare "at 3": the afternoon; it is read back, and can be corrected
    at = hour + minutes / 60
    if clock.group("about"):
        return (max(0.0, at - 0.5), at + 0.5), afternoon
    return (at, at), afternoon


def _days(day: re.Match[str], now: datetime, zone: ZoneInfo) -> _Piece | None:
    today = now.date()

    def days(first: date, count: int = 1) -> _Piece:
        return _Piece(_midnight(first, zone), _midnight(first + timedelta(days=count), zone))

    def night(first: date) -> _Piece:
        return _Piece(
            _midnight(first, zone),
            _midnight(first, zone) + _DAY_LONG,
            _PARTS["night"],
            afternoon=True,
        )

    if day.group("before_yesterday"):
        return days(today - timedelta(days=2))
    if day.group("last_night"):
        return night(today - _DAY_LONG)
    if day.group("night_before_last"):
        return night(today - timedelta(days=2))
    if day.group("tonight"):
        return night(today)
    if day.group("today"):
        return days(today)
    if day.group("yesterday"):
        return days(today - _DAY_LONG)
    if day.group("few_days"):
        return days(today - timedelta(days=5), 4)
    if day.group("weekend_before"):
        return days(today - timedelta(days=(today.weekday() - 5) % 7 + 7), 2)
    if day.group("hour_half"):
        middle, slack = now - timedelta(minutes=90), timedelta(minutes=20)
        return _Piece(middle - slack, middle + slack, exact=True)
    if day.group("weekend"):
        saturday = today - timedelta(days=(today.weekday() - 5) % 7)
        if "last" in day.group("weekend") and today.weekday() >= 5:
            saturday -= timedelta(days=7)
        return days(saturday, 2)
    monday = today - timedelta(days=today.weekday())
    if day.group("last_week"):
        return days(monday - timedelta(days=7), 7)
    if day.group("this_week"):
        return days(monday, 7)
    if day.group("last_month"):
        first = (today.replace(day=1) - _DAY_LONG).replace(day=1)
        return days(first, (today.replace(day=1) - first).days)
    if name := day.group("only_month"):
        return _month(_MONTHS[name], day.group("only_year"), today, zone)
    if day.group("half_hour"):
        half = now - timedelta(minutes=30)
        return _Piece(half - timedelta(minutes=10), half + timedelta(minutes=10), exact=True)
    if day.group("ago") or day.group("hace"):
        return _ago(day, now)
    if day.group("weekday"):
        back = (today.weekday() - _WEEKDAYS[day.group("weekday")]) % 7 or 7
        return days(today - timedelta(days=back))
    try:
        named = _named_date(day, today)
    except ValueError:  # no such day: February 30
        return None
    return days(named) if named else None


def _month(month: int, year: str | None, today: date, zone: ZoneInfo) -> _Piece:
    """A whole month: of the year that is told, or the last of its name that has begun."""
    told = int(year) if year else today.year - (month > today.month)
    first = date(told, month, 1)
    after = (first + timedelta(days=32)).replace(day=1)
    return _Piece(_midnight(first, zone), _midnight(after, zone))


def _ago(day: re.Match[str], now: datetime) -> _Piece | None:
    said = day.group("ago") or day.group("hace")
    count = int(said) if said.isdigit() else _WORDS[said]
    unit = day.group("unit") or day.group("unidad")
    if unit.startswith(("min", "h")):
        length = timedelta(minutes=count) if unit.startswith("min") else timedelta(hours=count)
        slack = min(length / 4, _ABOUT)
        return _Piece(now - length - slack, now - length + slack, exact=True)
    per_unit = 7 if unit.startswith(("week", "semana")) else 30 if unit.startswith("me") else 1
    if unit.startswith("month"):
        per_unit = 30
    first = now.date() - timedelta(days=count * per_unit)
    zone = now.tzinfo
    slack_days = 0 if per_unit == 1 else 1 if per_unit == 7 else 7
    start = datetime.combine(first - timedelta(days=slack_days), time(0), zone)
    end = datetime.combine(first + timedelta(days=slack_days + 1), time(0), zone)
    hours = _PARTS["night"] if unit.startswith(("night", "noche")) else None
    return _Piece(start, end, hours)


def _named_date(day: re.Match[str], today: date) -> date | None:
    if iso := day.group("iso"):
        return date.fromisoformat(iso)
    if slash := day.group("slash"):
        parts = [int(one) for one in slash.split("/")]
        if len(parts) == 3:
            return date(parts[2] + (2000 if parts[2] < 100 else 0), parts[0], parts[1])
        return _latest(today, parts[0], parts[1])
    if name := day.group("month") or day.group("first_month"):
        number = int(day.group("month_day") or day.group("day_first"))
        year = day.group("month_year") or day.group("first_year")
        if year:
            return date(int(year), _MONTHS[name], number)
        return _latest(today, _MONTHS[name], number)
    if bare := day.group("of_month") or day.group("dia"):
        if int(bare) <= today.day:
            return today.replace(day=int(bare))
        return (today.replace(day=1) - _DAY_LONG).replace(day=int(bare))
    return None


def _latest(today: date, month: int, day: int) -> date:
    this_year = date(today.year, month, day)
    return this_year if this_year <= today else date(today.year - 1, month, day)


def _by_dateparser(
    words: str, now: datetime, language: Language
) -> tuple[datetime, datetime] | None:
    """Dates in forms we have no rule for; only with a number in them, so no word is guessed."""
    if not re.search(r"\d", words) or len(words) > 40:
        return None
    both: list[Literal["en", "es"]] = ["es", "en"] if language == "es" else ["en", "es"]
    settings = {
        "PREFER_DATES_FROM": "past",
        "RELATIVE_BASE": now.replace(tzinfo=None),
        "REQUIRE_PARTS": ["day", "month"],
        "DATE_ORDER": "MDY",
    }
    found = dateparser.parse(words, languages=both, settings=settings)
    if found is None:
        return None
    moment = found.replace(tzinfo=now.tzinfo)
    if re.search(r"\d:\d|\d ?[ap]\.?m", words):
        return moment, moment
    start = datetime.combine(moment.date(), time(0), now.tzinfo)
    return start, start + _DAY_LONG


def _without_times(words: str) -> str:
    rest = _DAY_RE.sub(" ", words)
    return " ".join(_PART_RE.sub(" ", rest).split())
