"""Turns a resident's words into the value of a field, and a value back into words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import phonenumbers

from desk import places
from desk.department import Department
from desk.department.models import spoken_phone
from desk.reports import days, identifiers, items, times, vehicles
from desk.reports.types import Asked, Kind, told
from desk.safety.masking import MASK
from desk.wording import Language, say

LONGEST_TEXT: Final = 4000
_LONGEST_NAME: Final = 80
_EMAIL: Final = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,4}[A-Za-z]{2,24}(?![\w-])"
)
_NAME_LEAD: Final = re.compile(
    r"^(?:(?:hi|hello|hola)[, ]+)?(?:my (?:full )?name is|my name's|i am|i'm|this is|it is|it's|"
    r"name:?|"
    r"mi nombre (?:completo )?es|me llamo|soy|nombre:?)\s+",
    re.IGNORECASE,
)
_NAME_TOLD: Final = re.compile(
    r"(?i:my (?:full )?name is|my name's|mi nombre (?:completo )?es|me llamo)\s+"
    r"((?:[A-ZÁÉÍÓÚÑÜ][\w'’.-]+)(?:\s+(?:de|la|del|los|van|von|[A-ZÁÉÍÓÚÑÜ][\w'’.-]*)){1,4})"
)
_NAME: Final = re.compile(r"[^\W\d_][^\W\d_'’.,\- ]*(?:[ '’.,\-]+[^\W\d_]+\.?)*")
_NO_NAME: Final = re.compile(
    r"\b(?:is|was|were|are|the|my|it|stolen|lost|report|place|time|what|where|when|how|why|who|"
    r"yes|no|not|menu|help|"
    r"robaron|perdi|lugar|hora|que|donde|cuando|como|quien|si|fue|es|esta|anonym\w*)\b"
)
_NO_ONES_NAME: Final = re.compile(
    r"\b(?:every|tall|and|woman|man|van|wrote|hit|every|todos|noche|night|december|number|vehicle|"
    r"second|first|remove|ends|change|husband|graffiti|espanol|ingles|english|spanish|"
    r"today|tomorrow|yesterday|tonight|later|hoy|ayer|anoche|manana|luego)\b"
)
_YES: Final = re.compile(
    r"(?:y|ye[sap]h?|yup|yep|ya|ok|okay|sure|correct|right|true|all true|it is|that'?s (?:right|"
    r"correct)|"
    r"all of (?:it|that|them)(?: is| are)?(?: true)?|yes it is|it'?s true|of course|exactly|"
    r"s[i]|sip|claro|correcto|cierto|asi es|es cierto|todo es cierto|todo cierto|esta bien|"
    r"de acuerdo|exacto)"
    r"(?:[ ,]+(?:please|thanks?|thank you|it is|that'?s right|correct|all true|por favor|gracias|"
    r"claro|señor|"
    r"es cierto|todo es cierto|correcto|esta bien))*"
)
_NO: Final = re.compile(
    r"(?:n|no|nope|nah|not really|wrong|incorrect|false|it is not|it'?s not|not true|"
    r"no it is not|no es cierto|"
    r"incorrecto|falso|mal|nel|para nada)(?:[ ,]+(?:thanks?|thank you|gracias|no|it'?s not|"
    r"not all|es cierto))*"
)
_WHO: Final = (
    r"(?: (?:about )?(?:who|quien|quienes)(?: (?:it|they|he|she|that|this|did|does|is|was|are|were|"
    r"it's|es|era|fue|son|eran|fueron|lo|la|hizo|hicieron|seria|sea)){0,3})?"
)
_UNKNOWN: Final = re.compile(
    rf"(?:i (?:really )?)?(?:do not|don'?t|dont) know(?: it)?{_WHO}|"
    rf"(?:i )?(?:have |had )?no idea{_WHO}|"
    rf"(?:i'?m |i am )?not (?:really )?sure{_WHO}|"
    rf"(?:pues )?(?:yo )?no (?:lo )?se(?: bien)?{_WHO}|(?:no tengo )?(?:ni )?idea(?: de)?{_WHO}|"
    rf"no estoy segur[oa](?: de)?{_WHO}|no (?:lo|la|los|las) (?:conozco|vi)|"
    rf"no vi(?: a nadie|{_WHO})|"
    r"(?:i )?(?:did not|didn'?t) see (?:them|him|her|it|anyone|anybody|who it was)|"
    r"idk|unknown|none|"
    r"nothing(?: else)?|no|nope|"
    r"nobody|no ?one|none that i know(?: of)?|nadie|"
    r"n/?a|nada(?: mas)?|ningun[oa]?|no tengo(?: idea)?|no recuerdo"
)


_MOST_PEOPLE: Final = 20
_LONGEST_PERSON: Final = 300
_BETWEEN_PEOPLE: Final = re.compile(
    r"\s*(?:[;\n]+|,\s*(?:and|y)\b|,|\band\b|\by\b|&|\btambien\b)\s*", re.IGNORECASE
)
_PEOPLE_LEAD: Final = re.compile(
    r"^(?:(?:it was|they were|there (?:was|were)|i saw|just|only|also|eran?|fue|fueron|habia|vi a|"
    r"había|solo|tambi[eé]n)\s+)+",
    re.IGNORECASE,
)
_PERSON: Final = re.compile(
    r"(?:[A-ZÁÉÍÓÚÑ][\w'’-]+|(?i:a|an|another|one|two|three|some|my|the|his|her|their|officers?|"
    r"sergeant|"
    r"sgt\.?|detective|un|una|otr[oa]s?|dos|tres|mi|el|la|los|las|su|oficial|sargento|agente|"
    r"\d+)\s+\w+)"
)
_WORN: Final = re.compile(
    r"(?i:a|an|some|his|her|their|un|una|unos|unas|su|sus)\s+(?:(?!(?i:with|con|in|who|que)\b)[\w-]+\s+){0,3}?(?i:beard|"
    r"mustache|moustache|goatee|cap|hat|beanie|hoodie|sweatshirt|sweater|jacket|coat|shirt|t-?shirt|"
    r"tee|vest|dress|skirt|pants|jeans|shorts|shoes|sneakers|boots|gloves|mask|glasses|sunglasses|"
    r"backpack|bag|tattoos?|scar|ponytail|braids?|hair|limp|accent|earrings?|necklace|bandana|scarf|"
    r"barba|bigote|gorra|gorro|sombrero|sudadera|chamarra|chaqueta|abrigo|camisa|camiseta|playera|"
    r"chaleco|vestido|falda|pantal[oó]n|pantalones|tenis|zapatos|botas|guantes|mascara|m[aá]scara|"
    r"lentes|mochila|bolsa|tatuajes?|cicatriz|cola|trenzas?|pelo|cabello|acento|aretes?|bufanda|"
    r"pa[nñ]uelo)\b"
)
"""What somebody wears or is known by, told after "and": it is no second person."""
_MY_REACH: Final = re.compile(
    r"\b(?:my (?:cell|phone|number|e-?mail|mobile|contact)|(?:call|text|reach|contact|email) me at|"
    r"mi (?:celular|telefono|numero|correo)|(?:llamarme|escribirme|localizarme) (?:al|a))\b"
)


_SOCIAL: Final = re.compile(
    r"\b(?:ssn|ss ?#|social(?: security)?(?! (?:media|worker|services?|network|club|office))|itin|"
    r"seguro social|n[uú]mero social)(?!\w)",
    re.IGNORECASE,
)
_NINE: Final = re.compile(r"(?<![\w-])\d(?:[ .\-]?\d){8}(?![\w-])")
_FOUR: Final = re.compile(r"(?<![\w$./:-])(?!(?:19|20)\d\d(?!\w))\d{4}(?![\w:/-])")
_FOUR_OF: Final = re.compile(
    r"(?:last (?:four|4)|end(?:s|ing)? (?:in|with)|[uú]ltimos (?:cuatro|4)|(?:termina|acaba)n? en)"
    r"[^.;\d]{0,40}?(?P<four>\d{4})(?!\w)",
    re.IGNORECASE,
)
_NEAR: Final = 40  # letters between the word and the number


@dataclass(frozen=True, slots=True)
class Context:
    """What reading a value needs besides the words."""

    department: Department
    language: Language
    now: datetime
    location: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A value, as it is stored, and the words that are left without it."""

    value: Any
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Unclear:
    """No value; `reason` names a wording ("unclear_<reason>"), `options` are near values."""

    reason: str = "other"
    options: tuple[tuple[str, Any], ...] = ()


Answer = Told | Unclear


def bare(text: str) -> str:
    """Words for comparing: plain, without the signs around them."""
    return times.plain(text).strip(" .,;:!?¡¿\"'()")


def without_social(text: str) -> str:
    """The text without what its own words call a social-security number, or the end of one."""
    if not _SOCIAL.search(text):
        return text
    spans = [one.span() for one in _NINE.finditer(text)]
    spans += [one.span("four") for one in _FOUR_OF.finditer(text)]
    spans += [one.span() for one in _FOUR.finditer(text)]
    named = [one.span() for one in _SOCIAL.finditer(text)]
    for first, last in sorted(set(spans), reverse=True):
        if any(first - end < _NEAR and start - last < _NEAR for start, end in named):
            text = f"{text[:first]}{MASK}{text[last:]}"
    return text


def says_yes(text: str) -> bool:
    """Whether the whole text says yes and nothing else."""
    return bool(_YES.fullmatch(bare(text)))


def says_no(text: str) -> bool:
    """Whether the whole text says no and nothing else."""
    return bool(_NO.fullmatch(bare(text)))


def says_unknown(text: str) -> bool:
    """Whether the whole text says that there is nothing to say."""
    return bool(_UNKNOWN.fullmatch(bare(text)))


def read(field: Asked, text: str, context: Context) -> Answer:
    """The value in a direct answer to a field's question."""
    return _READERS[field.kind](field, text, context)


def find(field: Asked, text: str, context: Context) -> Told | None:
    """The value that a text about something else clearly holds, or None."""
    finder = _FINDERS.get(field.kind)
    return finder(field, text, context) if finder else None


def show(field: Asked, value: Any, department: Department, language: Language) -> str:
    """A stored value in words."""
    match field.kind:
        case "items":
            return "; ".join(items.show(one) for one in value)
        case "place":
            return str(value["label"])
        case "time":
            return times.show(window_of(value), department.profile.zone, language)
        case "money":
            return items.dollars(float(value))
        case "phone":
            return spoken_phone(value)
        case "reach":
            return value if "@" in value else spoken_phone(value)
        case "choice":
            return next(o.title.say(language) for o in field.options if o.value == value)
        case "vehicle":
            return vehicles.show(value, language)
        case "plate":
            return vehicles.show_plate(value)
        case "people":
            return "; ".join(value)
        case "last4":
            return say("reports.ends_in", language, digits=value)
        case "days":
            return days.show_weekly(value, language)
        case "date":
            return days.show_date(value, language)
        case "handle":
            return spoken_phone(value) if value.startswith("+") else str(value)
        case "yes_no":
            return say("reports.yes" if value else "reports.no", language)
        case _:
            return str(value)


def window_of(value: Mapping[str, str]) -> times.Window:
    """A stored time as a window."""
    return times.Window(
        datetime.fromisoformat(value["earliest"]), datetime.fromisoformat(value["latest"])
    )


def place_value(found: places.PlaceFound) -> dict[str, Any]:
    """A place as it is stored."""
    return {
        "label": found.label,
        "latitude": found.point.latitude,
        "longitude": found.point.longitude,
        "kind": found.kind,
        "district": found.district.id if found.district else None,
        "agency": found.agency.id if found.agency else None,
    }


def place_as_told(text: str) -> dict[str, Any]:
    """A place that is not on our map, kept in the resident's words for an officer to find."""
    return {"label": text.strip()[:200], "kind": "as_told", "district": None, "agency": None}


def _text(field: Asked, text: str, _context: Context) -> Answer:
    words = text.strip()
    if not field.skippable and (says_yes(words) or says_no(words)):
        return Unclear()
    if len(words) > LONGEST_TEXT:
        return Unclear("too_long")
    return Told(words) if re.search(r"\w", words) else Unclear()


def _items(_field: Asked, text: str, _context: Context) -> Answer:
    found = items.read(text)
    return Told([one.as_json() for one in found]) if found else Unclear()


def _items_found(_field: Asked, text: str, _context: Context) -> Told | None:
    found = items.find(text)
    return Told([one.as_json() for one in found], text) if found else None


def _place(_field: Asked, text: str, context: Context) -> Answer:
    place = places.understand(
        text, context.department, language=context.language, location=context.location
    )
    if isinstance(place, places.PlaceFound):
        return Told(place_value(place), text[: place.span[0]] + " " + text[place.span[1] :])
    if isinstance(place, places.PlaceAmbiguous):
        return Unclear("several", tuple((one.label, place_value(one)) for one in place.options[:5]))
    return Unclear(place.reason)


def _place_found(field: Asked, text: str, context: Context) -> Told | None:
    answer = _place(field, text, context)
    return answer if isinstance(answer, Told) else None


def _window(text: str, context: Context, whole: bool) -> tuple[times.Window, str] | None:
    zone = context.department.profile.zone
    return times.understand(text, context.now, zone, context.language, whole=whole)


def _time_value(found: tuple[times.Window, str]) -> Told:
    window, rest = found
    return Told(
        {"earliest": window.earliest.isoformat(), "latest": window.latest.isoformat()}, rest
    )


def _time(_field: Asked, text: str, context: Context) -> Answer:
    try:
        found = _window(text, context, whole=True)
    except times.InTheFuture:
        return Unclear("future")
    return _time_value(found) if found else Unclear()


def _time_found(_field: Asked, text: str, context: Context) -> Told | None:
    try:
        found = _window(text, context, whole=False)
    except times.InTheFuture:
        return None
    return _time_value(found) if found else None


def _money(_field: Asked, text: str, _context: Context) -> Answer:
    amount = items.amount(text, bare_number=True)
    return Told(amount) if amount is not None else Unclear()


def _money_found(_field: Asked, text: str, _context: Context) -> Told | None:
    amount = items.amount(text)
    return Told(amount) if amount is not None else None


def phone_in(text: str) -> str | None:
    """The first phone number in a text, as E.164; numbers set aside for stories count too."""
    for match in phonenumbers.PhoneNumberMatcher(text, "US", phonenumbers.Leniency.POSSIBLE):
        number = match.number
        fictional = str(number.national_number)[-7:-2] == "55501"
        if phonenumbers.is_valid_number(number) or (
            fictional and len(str(number.national_number)) == 10
        ):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return None


def email_in(text: str) -> str | None:
    """The first e-mail address in a text, in lower case."""
    found = _EMAIL.search(text)
    return found.group(0).lower() if found else None


def _phone(_field: Asked, text: str, _context: Context) -> Answer:
    number = phone_in(text)
    return Told(number) if number else Unclear()


def _email(_field: Asked, text: str, _context: Context) -> Answer:
    address = email_in(text)
    return Told(address) if address else Unclear()


def _reach(_field: Asked, text: str, _context: Context) -> Answer:
    found = email_in(text) or phone_in(text)
    return Told(found) if found else Unclear()


def _found(
    reader: Callable[[Asked, str, Context], Answer],
) -> Callable[[Asked, str, Context], Told | None]:
    def finder(field: Asked, text: str, context: Context) -> Told | None:
        answer = reader(field, text, context)
        return answer if isinstance(answer, Told) else None

    return finder


def _name(_field: Asked, text: str, _context: Context) -> Answer:
    name = _NAME_LEAD.sub("", text.strip()).strip(" .,;!")
    if not 2 <= len(name) <= _LONGEST_NAME or len(name.split()) > 6:
        return Unclear()
    if (
        not _NAME.fullmatch(name)
        or _NO_NAME.search(times.plain(name))
        or text.strip().endswith("?")
    ):
        return Unclear()
    if says_yes(name) or says_no(name) or _NO_ONES_NAME.search(times.plain(name)):
        return Unclear()
    if len(name.split()) == 1 and (times.names_a_day(name) or vehicles.vehicle(name)):
        return Unclear()
    return Told(name if name != name.lower() else name.title())


def _name_found(_field: Asked, text: str, _context: Context) -> Told | None:
    found = _NAME_TOLD.search(text)
    return Told(found.group(1).strip(" .,")) if found else None


def _choice(field: Asked, text: str, context: Context) -> Answer:
    words = bare(text)
    for option in field.options:
        if words in {bare(option.title.say(context.language)), option.value}:
            return Told(option.value)
    if words.isdigit() and 1 <= int(words) <= len(field.options):
        return Told(field.options[int(words) - 1].value)
    return _choice_found(field, text, context) or Unclear()


def _choice_found(field: Asked, text: str, _context: Context) -> Told | None:
    words = times.plain(text)
    fitting = [option.value for option in field.options if told(option.words, words)]
    return Told(fitting[0]) if fitting else None  # options stand in the order in which they count


def _yes_no(_field: Asked, text: str, _context: Context) -> Answer:
    first = re.match(r"(?P<word>\w+)\s*[,.;:!-]\s*\S", times.plain(text))
    for words in (text, first.group("word") if first else ""):
        if says_yes(words):
            return Told(True)
        if says_no(words):
            return Told(False)
    return Unclear()


def _vehicle(_field: Asked, text: str, _context: Context) -> Answer:
    if text.strip().endswith("?"):
        return Unclear()
    found = vehicles.vehicle(text)
    return Told(found, text) if found else Unclear("vehicle")


def _vehicle_found(field: Asked, text: str, _context: Context) -> Told | None:
    """Of several vehicles the one that is asked for, when the words tell which it is."""
    found = vehicles.mentions(text)
    if field.own is not None:
        found = [one for one in found if one.mine == field.own]
    return Told(found[0].value) if len(found) == 1 else None


def _plate(_field: Asked, text: str, _context: Context) -> Answer:
    found = vehicles.plate(text)
    return Told(found) if found else Unclear("plate")


def _plate_found(_field: Asked, text: str, _context: Context) -> Told | None:
    found = vehicles.find_plate(text)
    return Told(found) if found else None


def _people(_field: Asked, text: str, _context: Context) -> Answer:
    if text.strip().endswith("?") or len(text) > LONGEST_TEXT or says_yes(text) or says_no(text):
        return Unclear()
    if says_unknown(text):
        return Unclear()
    people: list[str] = []
    for part in _BETWEEN_PEOPLE.split(text):
        words = _PEOPLE_LEAD.sub("", part).strip(" .,;:!-")
        if not re.search(r"[^\W\d_]{2}", words):
            continue
        if people and (not _PERSON.match(part.strip()) or _WORN.match(part.strip())):
            people[-1] += f", {words}"  # "a tall man, red hat" is one person
        else:
            people.append(words)
    return Told([one[:_LONGEST_PERSON] for one in people][:_MOST_PEOPLE]) if people else Unclear()


def _last4(_field: Asked, text: str, _context: Context) -> Answer:
    try:
        found = identifiers.last_four(text)
    except identifiers.SocialSecurity:
        return Unclear("ssn")
    if found is not None:
        return Told(found)
    return Unclear("last4")


def _last4_found(_field: Asked, text: str, _context: Context) -> Told | None:
    found = identifiers.find_last_four(text)
    return Told(found) if found else None


def _days(_field: Asked, text: str, _context: Context) -> Answer:
    found = days.weekly(text)
    return Told(found) if found else Unclear("days")


def _days_found(_field: Asked, text: str, _context: Context) -> Told | None:
    found = days.find_weekly(text)
    return Told(found, text) if found else None


def _date(field: Asked, text: str, context: Context) -> Answer:
    """The first day told; the rest keeps the others ("from Dec 20 to Jan 3")."""
    try:
        found = days.dates(text, today(context), past=field.when_is == "past")
    except days.TooFar:
        return Unclear("too_far")
    except days.NoSuchDay:
        return Unclear("no_such_day")
    if not found:
        return Unclear("date")
    if field.when_is == "past" and found[0].day > today(context):
        return Unclear("future")
    if field.when_is == "future" and found[0].day < today(context):
        return Unclear("past")
    words = times.plain(text)
    first, last = found[0].span
    return Told(found[0].day.isoformat(), words[:first] + " " + words[last:])


def dates_in(field: Asked, text: str, context: Context) -> list[str]:
    """All days that a text tells, as they are stored; none when one of them cannot be."""
    try:
        found = days.dates(text, today(context), past=field.when_is == "past")
    except (days.TooFar, days.NoSuchDay):
        return []
    return [one.day.isoformat() for one in found]


def only_to_come(text: str, context: Context) -> bool:
    """Whether a text speaks of days, and of none that is over."""
    try:
        found = days.dates(text, today(context))
    except (days.TooFar, days.NoSuchDay):
        return True
    return bool(found) and all(one.day > today(context) for one in found) and bool(
        re.search(r"\b(?:will|going to|leav\w+|until|back|next|tomorrow|salimos|"
            r"salgo|volvemos|vuelvo|"
                  r"regres\w+|hasta|proxim\w+)\b", times.plain(text))
    )  # fmt: skip


def today(context: Context) -> date:
    """The day it is where the department is."""
    return context.now.astimezone(context.department.profile.zone).date()


def _handle(_field: Asked, text: str, _context: Context) -> Answer:
    found = phone_in(text) or email_in(text) or identifiers.handle(text)
    return Told(found) if found and not (says_yes(text) or says_no(text)) else Unclear()


def _handle_found(_field: Asked, text: str, _context: Context) -> Told | None:
    """A number, address or user name in a story that is not said to be the resident's own."""
    if is_own_reach(text):
        return None
    found = phone_in(text) or email_in(text) or identifiers.find_handle(text)
    return Told(found) if found else None


def is_own_reach(text: str) -> bool:
    """Whether a text gives its number or address as the way to reach who writes."""
    return bool(_MY_REACH.search(times.plain(text)))


_READERS: Final[Mapping[Kind, Callable[[Asked, str, Context], Answer]]] = {
    "text": _text,
    "items": _items,
    "place": _place,
    "time": _time,
    "money": _money,
    "phone": _phone,
    "email": _email,
    "reach": _reach,
    "name": _name,
    "choice": _choice,
    "yes_no": _yes_no,
    "vehicle": _vehicle,
    "plate": _plate,
    "people": _people,
    "last4": _last4,
    "days": _days,
    "date": _date,
    "handle": _handle,
}
_FINDERS: Final[Mapping[Kind, Callable[[Asked, str, Context], Told | None]]] = {
    "items": _items_found,
    "place": _place_found,
    "time": _time_found,
    "money": _money_found,
    "phone": _found(_phone),
    "email": _found(_email),
    "reach": _found(_reach),
    "name": _name_found,
    "choice": _choice_found,
    "vehicle": _vehicle_found,
    "plate": _plate_found,
    "last4": _last4_found,
    "days": _days_found,
    "handle": _handle_found,
}
