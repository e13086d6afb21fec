"""Understands which things were lost or taken, and what each is worth."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from desk.reports import vehicles
from desk.reports.times import plain

_LONGEST: Final = 120
_MOST: Final = 20
_AMOUNT: Final = re.compile(
    r"(?:us)?\$\s?(?P<signed>\d[\d,]*(?:\.\d{1,2})?)\s?(?P<thousand>k\b)?"
    r"|(?<![\w.])(?P<named>\d[\d,]*(?:\.\d{1,2})?)\s?(?P<thousand2>k|mil)?\s?"
    r"(?:dollars?|bucks|usd|dolares|dólares|pesos)\b",
    re.IGNORECASE,
)
_WORTH: Final = re.compile(
    r"\b(?:worth|valued at|costs?|paid|vale|valía|valia|cuesta|costó|costo|valorad[oa] en)\s+"
    r"(?:about|around|like|maybe|como|unos|unas|"
    r"aproximadamente)?\s*(?P<worth>\d[\d,]*(?:\.\d{1,2})?)(?P<k>k)?\b",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(
    r"(?<![\w.#-])\$?(?P<bare>\d[\d,]*(?:\.\d{1,2})?)\s?(?P<k>k)?(?![\w-])", re.I
)
_SPLIT: Final = re.compile(
    r"\s*(?:[;\n+]|,(?!\d{3}\b)|\band\b|\bplus\b|&|\by\b|\be\b(?= i))\s*", re.IGNORECASE
)
_LEAD: Final = re.compile(
    r"^(?:(?:well|so|um|it was|it's|its|they (?:took|stole)|someone (?:took|stole)|"
    r"somebody (?:took|stole)|"
    r"i lost|i left|lost|stolen|only|just|also|both|se llevaron|me robaron|robaron|perd[ií]|"
    r"se me perdi[oó]|"
    r"era|eran|fue|solo|también|tambien|my|a|an|the|our|some|his|her|mi|mis|un|una|unos|unas|el|"
    r"la|los|las|"
    r"nuestr[oa]s?|su|sus)\s+)+",
    re.IGNORECASE,
)
_TRAIL: Final = re.compile(
    r"[\s,(-]*\b(?:worth|valued at|costs?|about|around|maybe|for|at|paid|which was|that|is|was|"
    r"vale|valía|valia|"
    r"cuesta|costó|como|de unos|unos|por|valorad[oa] en|each|cada un[oa]|in it|with|and|con|y)\s*$",
    re.IGNORECASE,
)
_EMPTY: Final = re.compile(
    r"(?:it|that|this|them|things?|stuff|something|everything|yes|no|ok|none|nothing|worth|about|"
    r"total|in total|"
    r"in all|eso|esto|cosas?|algo|todo|s[ií]|nada|en total|and|y|dollars?|i|me|please|was|stolen|"
    r"lost|report|"
    r"item|items)",
    re.IGNORECASE,
)
_STOP: Final = (
    r"(?=\s+(?:from|at|on|in|outside|near|by|last|yesterday|today|this|while|when|off|out|"
    r"between|and\s+(?:i|it|they)|"
    r"was|were|is|are|has|have|got|anoche|ayer|hoy|de(?:l)?\s+(?:la|el|mi)|en|cerca|afuera|"
    r"frente|el|"
    r"esta|cuando|mientras|hace|y\s+(?:no|me)|entre|desde|for|since|worth|that|valued)\b|[.!?;]|$)"
)
_THING: Final = r"(?P<thing>(?:(?:my|a|an|the|our|mi|mis|un|una|el|la|los|las)\s+)[^.!?;]{2,60}?)"
_STORIES: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<!\w){_THING}\s+(?:was|were|is|are|got|has been|have been|were all)\s+"
        r"(?:just\s+|also\s+)?(?:stolen|taken|gone|missing|lost)\b",
        rf"\b(?:stole|took|lost|misplaced|left|dropped|swiped|robbed me of|theft of|"
        rf"stolen)\s+{_THING}{_STOP}",
        rf"\b(?:me\s+|nos\s+)?(?:robaron|quitaron|llevaron|rob[oó]|perd[ií]|olvid[eé]|dej[eé]|"
        rf"se me perdi[oó]|se me cay[oó]|perdido|perdida)\s+{_THING}{_STOP}",
        rf"\brobo\s+de\s+{_THING}{_STOP}",
    )
)
_NO_THING: Final = re.compile(
    r"\b(?:place|time|bus|train|police|way|report|thief|thieves|home|work|lugar|hora|reporte|"
    r"polic[ií]a|"
    r"casa|trabajo|ladr[oó]n|somebody|someone|alguien|it|lot|break)$",
    re.IGNORECASE,
)


_BRANDS: Final = (
    "apple samsung google motorola sony lg dell hp lenovo asus acer canon nikon gopro bose jbl "
    "garmin fitbit rolex "
    "casio citizen trek giant specialized schwinn cannondale huffy mongoose santa cruz "
    "diamondback gt makita dewalt "
    "milwaukee ryobi bosch craftsman stihl husqvarna honda yamaha fender gibson nintendo "
    "playstation xbox coach gucci "
    "prada nike adidas ray-ban oakley kindle macbook iphone ipad airpods galaxy"
)
_BRAND: Final = re.compile(
    r"(?<![\w-])(?:santa cruz|"
    + "|".join(map(re.escape, _BRANDS.replace("santa cruz ", "").split()))
    + r")(?![\w-])",
    re.IGNORECASE,
)
_PRODUCTS: Final = {
    "iphone": "Apple", "ipad": "Apple", "macbook": "Apple", "airpods": "Apple", "galaxy": "Samsung",
    "kindle": "Amazon", "playstation": "Sony", "xbox": "Microsoft",
}  # fmt: skip
_SERIAL: Final = re.compile(
    r"(?:\bwith\s+|\bcon\s+)?(?:\b(?:the\s+|el\s+|la\s+)?(?:serial(?:\s+(?:number|no\.?|num))?|"
    r"s/n|imei(?:\s+number)?|"
    r"(?:n[uú]mero\s+de\s+)?serie|n[uú]mero\s+(?:de\s+)?imei))(?:\s+(?:is|was|es|era))?[\s:#]*"
    r"(?P<serial>(?=[A-Z0-9-]*\d)[A-Z0-9][A-Z0-9-]{3,24})(?![\w-])",
    re.IGNORECASE,
)
_MODEL: Final = re.compile(
    r"\b(?:model|modelo)(?:\s+(?:is|no\.?|number|es))?[\s:#]+(?P<model>[A-Za-z0-9][\w./-]{0,24}"
    r"(?:\s+(?=[\w.-]*\d)[\w.-]{1,12})?)"
    r"|\b(?:iphone|galaxy|ipad|macbook|playstation|xbox)\s+(?P<after>(?:(?:se|pro|air|mini|max|"
    r"plus|ultra|note|one|"
    r"series|[a-z]?\d{1,4}[a-z]?)\b\s*){1,4})",
    re.IGNORECASE,
)
DETAILS: Final = ("brand", "model", "color", "serial")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing; `value` is in dollars. What was not told is None."""

    description: str
    value: float | None = None
    brand: str | None = None
    model: str | None = None
    color: str | None = None
    serial: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The item as it is stored: details only where they were told."""
        return {
            k: v for k, v in asdict(self).items() if v is not None or k in {"description", "value"}
        }


def described(words: str, value: float | None = None) -> Item:
    """The item that words describe, with what they tell of it."""
    serial = _SERIAL.search(words)
    rest = _clean(_SERIAL.sub(" ", words)) or _clean(words)
    brand = _BRAND.search(rest)
    name = brand.group(0).lower() if brand else ""
    model = _MODEL.search(rest)
    model_words = (model.group("model") or model.group("after") or "").strip() if model else ""
    return Item(
        rest[:_LONGEST],
        value,
        (_PRODUCTS.get(name) or (name.upper() if len(name) < 3 else name.title()))
        if name
        else None,
        model_words or None,
        vehicles.color_in(rest),
        serial.group("serial").upper() if serial else None,
    )


def dollars(amount: float) -> str:
    """An amount as it is read back: "$1,200" or "$12.50"."""
    return f"${amount:,.0f}" if amount == int(amount) else f"${amount:,.2f}"


def show(stored: dict[str, Any]) -> str:
    """A stored item in words; brand, model and color stand in its description."""
    value, serial = stored.get("value"), stored.get("serial")
    extra = [f"# {serial}"] if serial else []
    extra += [dollars(value)] if value is not None else []
    return f"{stored['description']} ({', '.join(extra)})" if extra else str(stored["description"])


def total(stored: list[dict[str, Any]]) -> float:
    """What stored items are worth in all, as far as it was told."""
    return sum(one["value"] or 0 for one in stored)


def amount(text: str, *, bare_number: bool = False) -> float | None:
    """The one amount of dollars in a text; with `bare_number` a number alone will do."""
    found = [*_AMOUNT.finditer(text)] or [*_WORTH.finditer(text)]
    if not found and bare_number:
        found = [*_NUMBER.finditer(text)]
    if len(found) != 1:
        return None
    return _value(found[0])


def read(text: str) -> list[Item]:
    """The things in a direct answer to "what?"; empty when there are none."""
    if text.strip().endswith("?"):
        return []
    stories = find(text)
    if stories:
        return stories
    return _listed(text)[:_MOST]


def _listed(text: str) -> list[Item]:
    """The things of a list; what only tells more of the one before is kept with it."""
    things: list[Item] = []
    for part in _SPLIT.split(text):
        serial = _SERIAL.search(part)
        value, description = _worth(_SERIAL.sub(" ", part))
        description = _clean(description)
        if things and (not description or _is_detail(description)):
            things[-1] = _with(things[-1], description, value, serial)
        elif description:
            words = f"{description} {serial.group(0)}" if serial else description
            things.append(described(words, value))
    return things


def _is_detail(description: str) -> bool:
    """Whether words only tell more of the thing before them: "black", "model FX3"."""
    return vehicles.is_color(description) or bool(
        re.match(r"(?:color|model|modelo|brand|marca)\b", description, re.IGNORECASE)
    )


def _with(item: Item, words: str, value: float | None, serial: re.Match[str] | None) -> Item:
    more = described(f"{item.description} {words}") if words else item
    return replace(
        more,
        value=item.value if value is None else value,
        serial=serial.group("serial").upper() if serial else item.serial,
    )


_ORDINALS: Final = {
    "first": 0, "1st": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3,
    "fifth": 4, "5th": 4, "last": -1, "primer": 0, "primero": 0, "primera": 0, "segundo": 1,
    "segunda": 1, "tercer": 2, "tercero": 2, "tercera": 2, "cuarto": 3, "cuarta": 3, "quinto": 4,
    "quinta": 4, "ultimo": -1, "ultima": -1,
}  # fmt: skip
_WHICH: Final = (
    rf"(?:(?:the |el |la |lo )?(?:(?P<ordinal>{'|'.join(_ORDINALS)})(?: (?:item|one|thing|"
    rf"objeto|cosa|articulo))?"
    r"|(?:item|number|objeto|cosa|numero) (?P<number>\d{1,2})))"
)
_LED: Final = r"(?:(?:oh|no|nope|sorry|wait|actually|perdon|espere?|en realidad)[,.!;: ]+)*"
_IS: Final = (
    r"(?:was|is|were|are|should be|costs?|had|has|"
    r"era|es|fue|son|eran|costo|cuesta|vale|valia|tenia|tiene)"
)
_PUT_RIGHT: Final = re.compile(rf"{_LED}{_WHICH} {_IS} (?P<rest>.+)")
_NAMED_RIGHT: Final = re.compile(
    rf"{_LED}(?:the|my|el|la|los|las|mi) (?P<name>[\w -]{{2,40}}?) {_IS} (?P<rest>.+)"
)
_REMOVE: Final = re.compile(
    rf"{_LED}(?:please )?(?:remove|delete|take out|drop|quite|quita|borre|borra|elimine|elimina) "
    rf"(?:{_WHICH}|(?:the |my |el |la |los |las |mi )(?P<name>[\w -]{{2,40}}))"
)
_ADD: Final = re.compile(
    rf"{_LED}(?:please )?(?:add|also add|agregue|agrega|anada|anade) (?P<rest>.+)"
)


def corrected(
    stored: list[dict[str, Any]], text: str, *, by_name: bool
) -> list[dict[str, Any]] | None:
    """The stored items with one put right, removed or added; None when the text says nothing so.

    "The second item was blue", "remove the helmet", "add a red bag". With `by_name` an item may be
    called by its name: "the helmet was blue".
    """
    words = plain(text).strip(" .!")
    if found := _REMOVE.fullmatch(words):
        at = _at(stored, found, by_name)
        return None if at is None or len(stored) == 1 else stored[:at] + stored[at + 1 :]
    if by_name and (found := _ADD.fullmatch(words)):
        more = [one.as_json() for one in read(text[-len(found.group("rest")) :].strip(" .!"))]
        return [*stored, *more][:_MOST] if more else None
    found = _PUT_RIGHT.fullmatch(words) or (_NAMED_RIGHT.fullmatch(words) if by_name else None)
    at = _at(stored, found, by_name) if found else None
    if found is None or at is None:
        return None
    changed = _put_right(stored[at], found.group("rest"), text)
    return None if changed is None else [*stored[:at], changed, *stored[at + 1 :]]


def names_one(text: str) -> bool:
    """Whether a text is about one thing of the list by its place in it: "the second item was …"."""
    words = plain(text).strip(" .!")
    found = _PUT_RIGHT.fullmatch(words) or _REMOVE.fullmatch(words)
    return bool(found and re.search(r"\b(?:item|thing|objeto|cosa|articulo)\b", words))


def _at(stored: list[dict[str, Any]], found: re.Match[str], by_name: bool) -> int | None:
    """Which of the stored items is meant."""
    groups = found.groupdict()
    if groups.get("ordinal") or groups.get("number"):
        at = _ORDINALS[groups["ordinal"]] if groups.get("ordinal") else int(groups["number"]) - 1
        return at % len(stored) if -len(stored) <= at < len(stored) else None
    name = groups.get("name")
    fits = [n for n, one in enumerate(stored) if name and _called(name, one["description"])]
    return fits[0] if by_name and len(fits) == 1 else None


def _called(name: str, description: str) -> bool:
    return re.search(rf"\b{re.escape(name.strip())}\b", plain(description)) is not None


def _put_right(one: dict[str, Any], rest: str, text: str) -> dict[str, Any] | None:
    value = amount(rest)
    if value is not None:
        return {**one, "value": value}
    told = text.strip(" .!")[-len(rest) :]
    if serial := _SERIAL.search(told):
        return {**one, "serial": serial.group("serial").upper()}
    if vehicles.is_color(rest):
        old = vehicles.color_word(one["description"])
        description = (
            re.sub(rf"\b{re.escape(old)}\b", rest, one["description"], flags=re.IGNORECASE) if old
            else f"{one['description']}, {rest}"
        )  # fmt: skip
        return {**one, "description": description, "color": vehicles.color_in(rest)}
    things = read(told)
    if len(things) != 1:
        return None
    new = things[0].as_json()
    return {**new, "value": one["value"] if new["value"] is None else new["value"]}


def find(text: str) -> list[Item]:
    """The things that a story says were lost or taken; empty when it does not clearly say."""
    for pattern in _STORIES:
        found = pattern.search(text)
        if found is None or _NO_THING.search(found.group("thing").strip()):
            continue
        things = _listed(found.group("thing"))
        value = amount(text)
        if len(things) == 1 and things[0].value is None and value is not None:
            things = [replace(things[0], value=value)]
        if len(things) == 1 and things[0].serial is None and (serial := _SERIAL.search(text)):
            things = [replace(things[0], serial=serial.group("serial").upper())]
        if things:
            return things[:_MOST]
    return []


def _value(found: re.Match[str]) -> float:
    groups = {name: value for name, value in found.groupdict().items() if value}
    number = next(groups[n] for n in ("signed", "named", "worth", "bare") if n in groups)
    thousands = any(n in groups for n in ("thousand", "thousand2", "k"))
    return float(number.replace(",", "")) * (1000 if thousands else 1)


def _worth(part: str) -> tuple[float | None, str]:
    found = _AMOUNT.search(part) or _WORTH.search(part)
    if found is None:
        found = re.search(r"(?:^|\s)(?P<bare>\d{2,6}(?:,\d{3})*(?:\.\d{2})?)\s*$", part)
        if found is None or not re.search(r"\w", part[: found.start()]) or _model(part, found):
            return (_value(found), "") if found and part.strip().isdigit() else (None, part)
    return _value(found), f"{part[: found.start()]} {part[found.end() :]}"


def _model(part: str, found: re.Match[str]) -> bool:
    """Whether a number at the end names a model ("iPhone 12"), not a value."""
    return float(found.group("bare").replace(",", "")) < 50 or bool(
        re.search(r"\b(?:model|serial|size|no\.?|number|modelo|serie|talla|número|galaxy|series)"
                  r"\s*$",
                  part[: found.start()], re.IGNORECASE)
    )  # fmt: skip


def _clean(description: str) -> str:
    text = " ".join(description.split()).strip(" ,.:;()-")
    before = None
    while text != before:
        before = text
        text = _TRAIL.sub("", _LEAD.sub("", text)).strip(" ,.:;()-")
    if len(text) < 2 or _EMPTY.fullmatch(text) or not re.search(r"[^\W\d_]{2}", text):
        return ""
    return text
