"""Understands vehicles and license plates in people's words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from desk.reports.times import plain
from desk.wording import Language, say

PARTS: Final = ("plate", "state", "year", "make", "model", "color")
_NEWEST: Final = 2035
_LONGEST_PLATE: Final = 8
_NAMED_PLATE: Final = re.compile(
    r"\b(?:licen[cs]e plates?|licen[cs]e|plates?|tags?|placas?|matriculas?|patentes?)\b"
    r"(?: (?:number|numbers|no|num|numero|numeros))?\.?"
    r"(?:[ :#,]+(?:is|are|was|reads?|says?|number|it'?s|es|son|era|dice|con|de|del?|the|la|el|"
    r"starts with|started with|begins with|ends in|empiezan? con|terminan? en))*"
    r"[ :#]*(?P<plate>[a-z0-9][a-z0-9 \-·]{0,11})"
)
_BEFORE_PLATE: Final = re.compile(
    r"(?P<plate>\b[a-z0-9]{5,8}) (?:(?:is|on) the (?:licen[cs]e )?plates?\b)"
)
_PARTLY: Final = re.compile(
    r"\b(?:partial|part of|starts? with|started with|begins? with|ends? (?:in|with)|only saw|"
    r"(?:first|last) (?:\w+ )?(?:letters|digits|numbers|part|two|three|four)|"
    r"parcial|empiezan? con|terminan? en|solo vi)\b"
)
_NO_PLATE: Final = re.compile(
    r"\b(?:no|without|missing|paper|temporary|sin|de papel|temporal) (?:licen[cs]e )?"
    r"(?:plates?|tags?|placas?)\b"
)
_TOKEN: Final = re.compile(r"(?<![\w$.,/:#'-])[a-z0-9]+(?:[-·][a-z0-9]+)?(?![\w/:-])")
_YEAR: Final = re.compile(
    r"(?<![\w$#./:-])(?P<year>19[5-9]\d|20[0-3]\d)(?![\w/:%-])|'(?P<short>\d\d)\b"
)
_MINE: Final = re.compile(r"\b(?:my|our|mine|mi|mis|nuestr[oa]s?)\b[^.;,]{0,30}$")


_ARTICLE: Final = re.compile(
    r"\b(?:my|our|a|an|the|mi|un|una|el|la|this|that|ese|este|esa|esta|in|of|by|de|en|por)\b"
)
_NEXT_CLAUSE: Final = re.compile(r"[.;,]| (?:and|but|y|pero|que|hit|crashed|choco|in|at|en) ")


@cache
def _words() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = YAML(typ="safe").load(Path(__file__).with_name("vehicle_words.yml"))
    return loaded


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


@cache
def _makes() -> tuple[re.Pattern[str], Mapping[str, str], frozenset[str]]:
    """A pattern for every word of a make, the make of each, and those that are its name."""
    make_of = {w: make for make, words in _words()["makes"].items() for w in words}
    return re.compile(rf"\b(?:{_any(make_of)})\b"), make_of, frozenset(_words()["names"])


@cache
def _bodies() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_any(_words()['bodies'])})s?\b")


@cache
def _plain_words() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_any(_words()['plain'])})s?\b")


@cache
def _colors() -> tuple[re.Pattern[str], Mapping[str, str]]:
    color_of = {w: color for color, words in _words()["colors"].items() for w in words}
    return re.compile(rf"(?<![\w-])(?:{_any(color_of)})\b"), color_of


@cache
def _states() -> tuple[re.Pattern[str], Mapping[str, str]]:
    code_of = {name: code for code, name in _words()["states"].items()}
    return re.compile(rf"\b(?:{_any(code_of)})\b"), code_of


@dataclass(frozen=True, slots=True)
class Mention:
    """A vehicle that a text speaks of; `mine` says that it is called the teller's own."""

    value: dict[str, Any]
    mine: bool


def color_in(text: str) -> str | None:
    """The first color named in a text, in English."""
    pattern, color_of = _colors()
    found = pattern.search(plain(text))
    return color_of[found.group(0)] if found else None


def color_word(text: str) -> str | None:
    """The first word for a color in a text, as it was said."""
    found = _colors()[0].search(plain(text))
    return found.group(0) if found else None


def is_color(text: str) -> bool:
    """Whether a text is a word for a color and nothing else."""
    return bool(_colors()[0].fullmatch(plain(text)))


def state_in(text: str) -> str | None:
    """The US state named in a text, as two letters; a code counts in capitals only."""
    pattern, code_of = _states()
    if found := pattern.search(plain(text)):
        return code_of[found.group(0)]
    codes = set(_words()["states"])
    return next((word for word in re.findall(r"\b[A-Z]{2}\b", text) if word in codes), None)


def plate(text: str) -> dict[str, Any] | None:
    """The plate in a direct answer: {"plate", "state"}; a part of one ends or begins with "*"."""
    found = find_plate(text)
    if found is not None:
        return found
    state = state_in(text)
    words = plain(_without_state(text, state))
    tokens = [t.replace("-", "").replace("·", "") for t in _TOKEN.findall(words)]
    tokens = [t for t in tokens if t not in _SMALL]
    if not tokens or len(tokens) > 3 or words.rstrip().endswith("?"):
        return None
    joined = "".join(tokens)
    digits = any(c.isdigit() for c in joined)
    if not 2 <= len(joined) <= _LONGEST_PLATE or not (digits or _shouted(text, tokens)):
        return None
    return {"plate": _part(joined, words), "state": state}


def find_plate(text: str) -> dict[str, Any] | None:
    """The plate that a text names as one; None when it does not clearly."""
    state = state_in(text)
    words = plain(_without_state(text, state))
    for pattern in (_NAMED_PLATE, _BEFORE_PLATE):
        for match in pattern.finditer(words):
            letters = _plate_letters(match.group("plate"))
            if letters is not None:
                return {
                    "plate": _part(letters, words[: match.start("plate")][-40:]),
                    "state": state,
                }
    return None


_SMALL: Final = frozenset(
    [
        "it",
        "its",
        "it's",
        "is",
        "was",
        "the",
        "a",
        "an",
        "plate",
        "plates",
        "license",
        "licence",
        "number",
        "my",
        "la",
        "el",
        "es",
        "son",
        "placa",
        "placas",
        "numero",
        "and",
        "y",
        "with",
        "from",
        "de",
        "con",
        "think",
        "i",
        "creo",
        "que",
        "sure",
    ]
)


def _plate_letters(written: str) -> str | None:
    """The plate at the start of what follows "plate": one group, or two or three short ones."""
    taken = ""
    for token in re.split(r"[ \-·]+", written.strip()):
        has_digit = any(c.isdigit() for c in token)
        if len(taken + token) > _LONGEST_PLATE or (
            not has_digit and (len(token) > 3 or token in _SMALL)
        ):
            break
        if taken and not has_digit and any(c.isdigit() for c in taken) and len(taken) >= 5:
            break
        taken += token
    return taken if len(taken) >= 2 and any(c.isdigit() for c in taken) else None


def _part(letters: str, before: str) -> str:
    letters = letters.upper()
    if not _PARTLY.search(before):
        return letters
    return (
        f"*{letters}"
        if re.search(r"\b(?:ends? (?:in|with)|last|terminan? en)\b", before)
        else f"{letters}*"
    )


def _shouted(text: str, tokens: list[str]) -> bool:
    """Whether letters alone are written as a plate is: in capitals."""
    return (
        all(re.search(rf"\b{token.upper()}\b", text) for token in tokens) and text.upper() == text
    )


def _without_state(text: str, state: str | None) -> str:
    if state is None:
        return text
    name = _words()["states"][state]
    return re.sub(rf"\b(?:{state}|(?i:{name}))\b", " ", text)


def vehicle(text: str) -> dict[str, Any] | None:
    """The vehicle in a direct answer, any parts of it; None when nothing of it was understood."""
    found = find_plate(text)
    words = plain(text)
    parts: dict[str, Any] = dict.fromkeys(PARTS)
    if found is not None:
        parts.update(found)
        words = _NAMED_PLATE.sub(" ", words)
    elif not _NO_PLATE.search(words):
        parts.update(_bare_plate(text))
    _describe(words, parts)
    known = any(parts[name] for name in ("plate", "year", "make", "model", "color"))
    return parts if known else None


def _bare_plate(text: str) -> dict[str, Any]:
    """A plate among other words: letters with digits, as no model and no address has them."""
    state = state_in(text)
    words = plain(_without_state(text, state))
    model_words = _makes()[1]
    for token in _TOKEN.findall(words):
        bare = token.replace("-", "").replace("·", "")
        mixed = re.search(r"\d", bare) and re.search(r"[a-z]", bare)
        if mixed and 5 <= len(bare) <= _LONGEST_PLATE and token not in model_words:
            if re.fullmatch(r"\d+(?:st|nd|rd|th|am|pm|k|hrs?|mph|cc)", bare):
                continue
            return {"plate": bare.upper(), "state": state}
    return {}


def _describe(words: str, parts: dict[str, Any]) -> None:
    if year := _YEAR.search(words):
        number = int(year.group("year") or 0)
        short = year.group("short")
        if short:
            number = 1900 + int(short) if int(short) > _NEWEST % 100 else 2000 + int(short)
        parts["year"] = number
    color, color_of = _colors()
    if told := color.search(words):
        parts["color"] = color_of[told.group(0)]
    pattern, make_of, names = _makes()
    for named in pattern.finditer(words):
        word = named.group(0)
        parts["make"] = parts["make"] or make_of[word]
        if word not in names and parts["model"] is None:
            model = word.removeprefix(f"{make_of[word].lower()} ")
            parts["model"] = model.upper() if re.search(r"\d", model) else model.title()
        elif parts["model"] is None:
            parts["model"] = _model_after(words[named.end() :])
    if parts["model"] is None and (body := _bodies().search(words)):
        parts["model"] = body.group(0)


def _model_after(rest: str) -> str | None:
    """The word after a make that is likely its model: "Audi Q5", "BMW X3", "Mazda 6"."""
    if found := re.match(rf" (?P<model>{_any(_words()['after_make'])})\b", rest):
        return found.group("model").title()
    found = re.match(
        r" (?P<model>[a-z]{1,2}-?\d{1,3}[a-z]?|\d{1,3}[a-z]{0,2})(?![\w:/])(?! ?(?:am|pm)\b)", rest
    )
    return found.group("model").upper() if found else None


def mentions(text: str) -> list[Mention]:
    """The vehicles a story speaks of, in order, as far as it describes them."""
    words = plain(text)
    spans = [
        m.span()
        for pattern in (_makes()[0], _bodies(), _plain_words())
        for m in pattern.finditer(words)
    ]
    spans += [m.span("plate") for m in _NAMED_PLATE.finditer(words) if _plate_letters(m["plate"])]
    clusters: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if clusters and _belongs(words[clusters[-1][1] : start]):
            clusters[-1] = (clusters[-1][0], max(end, clusters[-1][1]))
        else:
            clusters.append((start, end))
    found = []
    for number, (start, end) in enumerate(clusters):
        before_from = clusters[number - 1][1] if number else 0
        after_to = clusters[number + 1][0] if number + 1 < len(clusters) else len(words)
        before, after = words[before_from:start], words[end:after_to]
        lead = re.search(r"(?:[\w'-]+[ ,]+){0,3}$", before)
        lead_words = _ARTICLE.split(lead.group(0))[-1] if lead else ""
        near = lead_words + words[start:end] + _NEXT_CLAUSE.split(after)[0][:40]
        parts: dict[str, Any] = dict.fromkeys(PARTS)
        _describe(near, parts)
        if named := _plate_in(text, words[start : end + 30]):
            parts.update(named)
        if any(parts[name] for name in ("plate", "make", "color")):
            found.append(Mention(parts, bool(_MINE.search(before[-40:]))))
    return found


def _belongs(between: str) -> bool:
    """Whether words between two parts still speak of the same vehicle: "Honda Civic, plate …"."""
    return bool(
        re.fullmatch(
            r"[ ,(]*(?:(?:with|con|license|licence|plates?|tags?|number|placas?|de|is|es|numero|"
            r"in|color|ca|the|la|its|su|and|y)[ ,:#(]*)*",
            between,
        )
    )


def _plate_in(text: str, near: str) -> dict[str, Any] | None:
    found = find_plate(text)
    if found is None:
        return None
    bare = re.sub(r"[ \-·]", "", near)
    return found if found["plate"].strip("*").lower() in bare else None


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """A vehicle with the parts that were told anew."""
    return {name: new.get(name) or old.get(name) for name in PARTS}


def show_plate(value: Mapping[str, Any]) -> str:
    """A stored plate in words: "8ABC123 (CA)"."""
    state = value.get("state")
    return f"{value['plate']} ({state})" if state else str(value["plate"])


def show(value: Mapping[str, Any], language: Language) -> str:
    """A stored vehicle in words: "red 2015 Honda Civic, plate 8ABC123 (CA)"."""
    color = say(f"reports.color_{value['color']}", language) if value.get("color") else None
    make, model, year = value.get("make"), value.get("model"), value.get("year")
    if language == "es":  # the color does not have to agree with "camioneta" when it is named one
        kind = [make, model, year]
        parts = [" ".join(str(word) for word in kind if word), color and f"color {color}"]
    else:
        parts = [" ".join(str(word) for word in (color, year, make, model) if word)]
    if value.get("plate"):
        parts.append(say("reports.plate", language, plate=show_plate(value)))
    return ", ".join(part for part in parts if part)
