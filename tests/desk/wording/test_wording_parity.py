"""The product's sentences are at par in every language, and every one of them is said somewhere."""

from __future__ import annotations

import ast
import re
from functools import cache
from string import Formatter

import pytest
from ruamel.yaml import YAML

from desk import wording
from desk.settings import ROOT
from desk.wording import LANGUAGES, Language

FOLDER = ROOT / "desk" / "wording"
AREAS = sorted({path.stem for code in LANGUAGES for path in (FOLDER / code).glob("*.yml")})
SPEAKING = ("actions", "console", "desk", "gateway")
# Keys that are made from a word of the code or of the domain: f"dialogue.topic_{topic}". Only the
# words of these folders count, so that a word that stands somewhere by chance proves nothing.
MADE_OF = {
    "dialogue": ("actions",),
    "feedback": ("desk/feedback",),
    "places": ("desk/places", "desk/department"),
    "lifecycle": ("desk/reports",),
    "reports": ("desk/reports", "desk/places", "desk/database"),
    "webchat": ("gateway", "desk/conversations"),
}
# Written, and asked for by nobody: to be said or deleted, and then taken from here.
UNSAID: set[str] = set()


def raw(area: str, language: Language) -> dict[str, str]:
    """A wording file as it stands; duplicate keys are an error of the YAML reader."""
    loaded: dict[str, str] = YAML(typ="safe").load(FOLDER / language / f"{area}.yml")
    return loaded


def placeholders(sentence: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def strings(folder: str) -> tuple[set[str], set[tuple[str, ...]]]:
    """The strings in a folder's Python, and what stands around the values of its f-strings."""
    whole: set[str] = set()
    made: set[tuple[str, ...]] = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                whole.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                made.add(tuple(
                    str(part.value) if isinstance(part, ast.Constant) else ""
                    for part in node.values
                ))  # fmt: skip
    return whole, made


@cache
def said() -> tuple[frozenset[str], frozenset[str]]:
    """The keys that are said as they stand, and the beginnings of those that are made up."""
    whole: set[str] = set()
    begins: set[str] = set()
    for folder in SPEAKING:
        of_folder, made = strings(folder)
        whole |= of_folder
        begins |= {parts[0] for parts in made if parts[0].partition(".")[0] in AREAS}
    return frozenset(whole), frozenset(begins)


@cache
def words(area: str) -> frozenset[str]:
    """What a made-up key of an area can end with."""
    found = {word for folder in MADE_OF.get(area, ()) for word in strings(folder)[0]}
    if area == "dialogue":  # its sentences answer intents and name topics
        intents = YAML(typ="safe").load(ROOT / "domain.yml")["intents"]
        found |= {next(iter(one)) if isinstance(one, dict) else one for one in intents}
    if area == "reports":  # a vehicle's color is said by its word
        found |= (
            YAML(typ="safe").load(ROOT / "desk" / "reports" / "vehicle_words.yml")["colors"].keys()
        )
    return frozenset(found)


@cache
def templates(folder: str) -> str:
    """All templates and scripts of a folder in one text."""
    return "\n".join(path.read_text("utf-8") for path in sorted((ROOT / folder).rglob("*.html")))


def is_said(area: str, key: str) -> bool:
    """Whether code or a template asks for this sentence."""
    whole, begins = said()
    if f"{area}.{key}" in whole:
        return True
    if area == "demosite":
        demo = (ROOT / "gateway" / "templates" / "demo.html").read_text("utf-8")
        return re.search(rf"\bd\.{key}\b|\"{key.removesuffix('_text')}\"", demo) is not None
    if area == "webchat" and re.search(rf"\bt\(['\"]{key}['\"]", templates("gateway")):
        return True
    return any(
        f"{area}.{key}".startswith(begin) and f"{area}.{key}".removeprefix(begin) in words(area)
        for begin in begins
    )


def test_every_area_has_a_file_in_every_language() -> None:
    assert AREAS
    for code in LANGUAGES:
        assert sorted(path.stem for path in (FOLDER / code).glob("*.yml")) == AREAS


@pytest.mark.parametrize("area", AREAS)
def test_both_languages_have_the_same_sentences_with_the_same_values(area: str) -> None:
    english, spanish = raw(area, "en"), raw(area, "es")

    assert english.keys() == spanish.keys()
    assert {
        key: (english[key], spanish[key])
        for key in english
        if placeholders(english[key]) != placeholders(spanish[key])
    } == {}


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_empty_or_something_else_than_text(area: str, language: Language) -> None:
    assert {
        key: text
        for key, text in raw(area, language).items()
        if not isinstance(key, str) or not isinstance(text, str) or not text.strip()
    } == {}


@pytest.mark.parametrize("area", AREAS)
def test_every_sentence_is_said_somewhere(area: str) -> None:
    silent = {f"{area}.{key}" for key in raw(area, "en") if not is_said(area, key)}

    assert silent == {key for key in UNSAID if key.startswith(f"{area}.")}


def test_every_key_that_code_names_as_it_stands_exists() -> None:
    known = {f"{area}.{key}" for area in AREAS for key in raw(area, "en")}
    named: set[str] = set()
    for folder in SPEAKING:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id == wording.say.__name__
                    and isinstance(node.args[0], ast.Constant)
                ):
                    named.add(str(node.args[0].value))

    assert len(named) > 50
    assert named - known == set()
