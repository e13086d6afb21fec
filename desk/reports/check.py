"""Looks through the report types of a department for what a resident should never meet."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Final

from ruamel.yaml import YAML

from desk.department.models import Text
from desk.reports.times import plain
from desk.reports.types import (
    COMMON,
    FOLDER,
    AfterFiling,
    ReportType,
    ReportTypeBroken,
    groups,
    read_type,
)
from desk.wording import LANGUAGES, Language, say, sms

_MOST_SEGMENTS: Final = 2
_LONGEST_TITLE: Final = 20  # of a Messenger quick reply


def check(folder: Path) -> list[str]:
    """What is wrong with the report types in a department's folder, one line each."""
    problems: list[str] = []
    paths = sorted((folder / FOLDER).glob("*.yml"))
    if not any(path.name == COMMON for path in paths):
        return [f"{FOLDER}/{COMMON} is missing"]
    for path in paths:
        if path.name == COMMON:
            continue
        try:
            one = read_type(path)
        except ReportTypeBroken as error:
            problems.append(f"{FOLDER}/{error}")
            continue
        for language in LANGUAGES:
            found = [
                *_lengths(one, language),
                *_titles(one, language),
                *_placeholders(one, language),
                *_care(one, language),
            ]
            problems += [f"{FOLDER}/{path.name} ({language}): {problem}" for problem in found]
        problems += [f"{FOLDER}/{path.name}: {problem}" for problem in _order(path)]
    return problems + _groups(folder)


def _order(path: Path) -> list[str]:
    """The five parts stand in the file as they are said, so that who edits them reads it so."""
    after = [*YAML(typ="safe").load(path)["after"]]
    wanted = [*AfterFiling.model_fields]
    return [] if after == wanted else [f"after: the parts must stand as {', '.join(wanted)}"]


def _care(one: ReportType, language: Language) -> list[str]:
    """Whether what is said at the end acknowledges, thanks, and names who acts (care.yml)."""
    words = _care_words()
    parts = {
        "opening": (one.opening, "acknowledge", "acknowledges nothing"),
        "after.acknowledge": (one.after.acknowledge, "acknowledge", "acknowledges nothing"),
        "after.thank": (one.after.thank, "thank", "does not thank"),
        "after.who_and_when": (one.after.who_and_when, "names_someone", "names nobody"),
    }
    found = []
    for name, (text, key, problem) in parts.items():
        said = plain(text.say(language))
        if name == "opening" and any(w in said for w in words["thank"][language]):
            continue
        if not any(word in said for word in words[key][language]):
            found.append(f"{name} {problem} (words that do: desk/reports/care.yml)")
    return found


@cache
def _care_words() -> Mapping[str, Mapping[str, list[str]]]:
    loaded: Mapping[str, Mapping[str, list[str]]] = YAML(typ="safe").load(
        Path(__file__).with_name("care.yml")
    )
    return loaded


def _groups(folder: Path) -> list[str]:
    """The groups of types must fit an SMS, and each title a button."""
    try:
        ordered = groups(folder)
    except ReportTypeBroken as error:
        return [f"{FOLDER}/{error}"]
    found = []
    for language in LANGUAGES:
        text = _numbered(
            say("reports.which_group", language), tuple(one.title.say(language) for one in ordered)
        )
        if sms.segments(sms.fold(text)) > _MOST_SEGMENTS:
            found.append(f"{FOLDER}/{COMMON} ({language}): the groups take more than 2 SMS")
        found += [
            f"{FOLDER}/{COMMON} ({language}): the title of group {one.id} is longer than 20 letters"
            for one in ordered
            if len(one.title.say(language)) > _LONGEST_TITLE
        ]
    return found


def _lengths(one: ReportType, language: Language) -> list[str]:
    listed = "; ".join(c.says.say(language) for c in one.conditions if c.listed)
    yes_no = (say("reports.choice_all_true", language), say("reports.choice_not_all", language))
    asks = {
        "gate": _numbered(one.gate.say(language).replace("{conditions}", listed), yes_no),
        "what comes next": " ".join(
            text.say(language)
            for text in (one.after.what_next, one.after.who_and_when, one.after.what_may_not)
        ).replace("{date}", "25 de septiembre de 2026"),
        "acknowledge and thank": say(
            "reports.filed", language, number="T26-ABCDEF", secret="ABCDEFGH"  # noqa: S106
        ) + f" {one.after.acknowledge.say(language)} {one.after.thank.say(language)}",
        **{f"advice {n}": advice.text.say(language) for n, advice in enumerate(one.advice, 1)},
    }  # fmt: skip
    for field in one.fields:
        titles = tuple(option.title.say(language) for option in field.options)
        again = f"{field.ask.say(language)} " + say(
            "reports.example", language, example=field.example.say(language)
        )
        if one.anonymous and field.kind == "name":
            again = f"{say('reports.anonymous_messenger', language)} {again}"
        asks[f"field {field.name}"] = _numbered(again, titles)
        asks[f"why {field.name}"] = field.why.say(language)
    found = []
    for name, text in asks.items():
        folded = sms.fold(text)
        if not sms.is_gsm7(folded):
            found.append(f"{name} has letters that SMS does not carry")
        elif (count := sms.segments(folded)) > _MOST_SEGMENTS:
            found.append(f"{name} takes {count} SMS, more than {_MOST_SEGMENTS}")
    return found


def _numbered(text: str, titles: tuple[str, ...]) -> str:
    return "\n".join((text, *(f"{n} {title}" for n, title in enumerate(titles, 1))))


def _titles(one: ReportType, language: Language) -> list[str]:
    named = [(f"condition {c.id}", c.otherwise.say(language)) for c in one.conditions if c.listed]
    return [
        f"the short form of {name} is longer than {_LONGEST_TITLE} letters"
        for name, text in (*named, ("the type (button)", one.called(language)))
        if len(text) > _LONGEST_TITLE
    ]


def _placeholders(one: ReportType, language: Language) -> list[str]:
    allowed: list[tuple[str, Text, set[str]]] = [
        ("gate", one.gate, {"conditions"}),
        ("who_and_when", one.after.who_and_when, {"date"}),
    ]
    found = []
    for name, text, wanted in allowed:
        used = {key for _, key, _, _ in Formatter().parse(text.say(language)) if key is not None}
        if used != wanted:
            found.append(
                f"{name} must use exactly {', '.join('{' + w + '}' for w in sorted(wanted))}"
            )
    return found
