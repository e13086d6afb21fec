"""Finds numbers, plates, phones, money, times, languages and things in a message, by rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from bot.nlu.folding import fold


@dataclass(frozen=True)
class Found:
    """What was named: its kind, where it stands, and its plain form."""

    kind: str
    start: int
    end: int
    value: str


_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|enero|febrero|marzo|abril|mayo"
    r"|junio|julio|agosto|septiembre|octubre|noviembre|diciembre)"
)
_DAY: Final = (
    r"(?:mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?"
    r"|lunes|martes|miercoles|jueves|viernes|sabados?|domingos?)"
)
_LANGUAGES: Final = {
    "english": "en",
    "ingles": "en",
    "spanish": "es",
    "espanol": "es",
    "castellano": "es",
}
_THINGS: Final = {
    "bicycle": "bike bicycle bici bicicleta",
    "scooter": "scooter monopatin patineta",
    "car": "car truck van suv carro coche camioneta troca troka auto",
    "motorcycle": "motorcycle motorbike moto motocicleta",
    "phone": "phone cellphone iphone celular telefono movil",
    "wallet": "wallet billfold cartera billetera",
    "bag": "purse backpack handbag bolsa mochila bolso",
    "keys": "keys llaves",
    "computer": "laptop computer macbook tablet ipad computadora compu",
    "package": "package parcel paquete caja",
    "jewellery": "ring necklace watch bracelet anillo collar reloj pulsera",
    "identification": "passport id license pasaporte licencia identificacion",
    "tools": "tools drill herramientas taladro",
    "catalytic converter": "catalytic converter convertidor catalitico",
}
_PHRASES: Final = {"catalytic converter", "convertidor catalitico"}
_THING: Final = {
    word: thing
    for thing, words in _THINGS.items()
    for word in (words.split() if thing != "catalytic converter" else sorted(_PHRASES))
}


def _rule(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _digits(text: str) -> str:
    return "".join(one for one in text if one.isdigit())


def _as_is(text: str) -> str:
    return " ".join(text.split())


_RULES: Final[dict[str, tuple[re.Pattern[str], Callable[[str], str]]]] = {
    "money": (
        _rule(
            r"\$ ?\d[\d,]*(?:\.\d{1,2})?(?: ?k\b)?"
            r"|\b\d[\d,]*(?:\.\d{1,2})? ?(?:dollars?|bucks|usd|dolares|pesos)\b"
        ),
        lambda text: _amount(text),
    ),
    "phone": (
        _rule(r"(?<![\d-])(?:\+?1[ .-]?)?(?:\(\d{3}\) ?|\d{3}[ .-]?)\d{3}[ .-]?\d{4}(?![\d-])"),
        lambda text: "+1" + _digits(text)[-10:],
    ),
    "time": (
        _rule(
            rf"\b(?:\d{{1,2}}/\d{{1,2}}(?:/\d{{2,4}})?|\d{{4}}-\d{{2}}-\d{{2}}"
            rf"|{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?\b|\d{{1,2}} de {_MONTH}"
            rf"|(?:last|next|this|el|este|pasado|proximo) {_DAY}|{_DAY}"
            r"|\d{1,2}(?::\d{2})? ?[ap]\.?m\b|\d{1,2}:\d{2}|a las? \d{1,2}"
            r"|(?:last|this) (?:night|week|month|year|morning|weekend)|la semana pasada"
            r"|(?:today|yesterday|tonight|tomorrow|noon|midnight|hoy|ayer|anoche|antier|anteayer)"
            r"|\d+ (?:minutes?|hours?|days?|weeks?|months?) ago"
            r"|hace \d+ (?:minutos?|horas?|dias?|semanas?|meses))\b"
        ),
        _as_is,
    ),
    "plate": (
        _rule(
            r"(?:(?<=plate )|(?<=plate is )|(?<=plates )|(?<=plate: )|(?<=placa )|(?<=placas )"
            r"|(?<=placa es )|(?<=tag ))[a-z0-9]{2,4}[ -]?[a-z0-9]{2,4}\b(?<=\d)"
            r"|\b(?=[a-z0-9-]*\d)(?=[a-z0-9-]*[a-z])"
            r"(?:\d[a-z]{3}\d{3}|[a-z]{3}[ -]?\d{3,4}|\d{3}[ -][a-z]{3})\b"
        ),
        lambda text: re.sub(r"[^a-z0-9]", "", text).upper(),
    ),
    "language": (_rule(r"\b(?:" + "|".join(_LANGUAGES) + r")\b"), lambda text: _LANGUAGES[text]),
    "item": (
        _rule(r"\b(?:" + "|".join(sorted(_THING, key=len, reverse=True)) + r")\b"),
        lambda text: _THING[text],
    ),
    "number": (_rule(r"(?<![\w.-])\d+(?:\.\d+)?(?![\w.-]*\w)"), _as_is),
}
KINDS: Final = tuple(_RULES)
"""What can be found by rule; an earlier kind takes what a later one would also find."""


def find(text: str, kinds: Iterable[str], first: Sequence[Found] = ()) -> list[Found]:
    """What of these kinds is named in a text, in order; what is found `first` goes before."""
    plain = folded_in_place(text)
    taken = list(first)
    wanted = set(kinds)
    for kind, (rule, value) in _RULES.items():
        if kind not in wanted:
            continue
        for match in rule.finditer(plain):
            start, end = match.span()
            if all(end <= one.start or start >= one.end for one in taken):
                taken.append(Found(kind, start, end, value(match[0])))
    return sorted(taken, key=lambda one: one.start)


def folded_in_place(text: str) -> str:
    """The text folded letter by letter, so that positions stay."""
    return "".join(short if len(short := fold(one)) == 1 else one for one in text)


def _amount(text: str) -> str:
    number = re.sub(r"[^\d.]", "", text).rstrip(".")
    return str(int(float(number) * 1000)) if text.endswith("k") else number
