"""The danger screen on messages by people: found, needless, and never a crash or a stall."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from desk.safety.patterns import alternatives, read_groups
from desk.safety.screen import KINDS, LONGEST, screen, warm_up

HERE = Path(__file__).parent
LEXICON = Path(screen.__code__.co_filename).parent / "lexicon"


def rows(name: str) -> list[tuple[str, str]]:
    lines = (HERE / f"{name}.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return [(label, text) for label, _, text in (line.partition("\t") for line in lines)]


@pytest.fixture(scope="module", autouse=True)
def _lexicons_are_read() -> None:
    warm_up()


@pytest.mark.parametrize("language", ["en", "es"])
def test_at_least_99_in_100_dangers_are_found(language: str) -> None:
    told = rows(f"{language}_danger")
    missed = [row for row in told if screen(row[1]) is None]
    assert len(told) >= 200
    assert {label for label, _ in told} == set(KINDS)
    assert len(missed) <= len(told) * 0.01, missed


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_kind_is_right_for_most(language: str) -> None:
    told = rows(f"{language}_danger")
    right = [label for label, text in told if (found := screen(text)) and found.kind == label]
    assert len(right) >= len(told) * 0.85


@pytest.mark.parametrize(
    ("name", "share"),
    [("en_hard", 0.05), ("es_hard", 0.05), ("en_ordinary", 0.01), ("es_ordinary", 0.01)],
)
def test_needless_alarms_are_rare(name: str, share: float) -> None:
    told = rows(name)
    needless = [(text, found) for _, text in told if (found := screen(text))]
    assert len(told) >= 200
    assert len(needless) <= len(told) * share, needless


@pytest.mark.parametrize(
    "text",
    [
        "I am bleeding and can't move",
        "im not suicidal i just want to die",
        "there is no gun, well maybe he has a gun",
        "no estoy bien, no puedo respirar",
    ],
)
def test_negation_never_clears_danger(text: str) -> None:
    assert screen(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "he has a gun",
        "HE HAS A GUN",
        "he has a gnu gunn knife",
        "h e l p m e",
        "k1ll myself",
        "he has a 🔫",
        "ayúdenme por favor",
        "AYUDENME POR FAVOR",
        "me va a matarrrr",
        "‘he’s got a knife’",
    ],
)
def test_spelling_capitals_signs_and_accents_do_not_hide_danger(text: str) -> None:
    assert screen(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "my car was broken into last night",
        "I was robbed last year",
        "shooting a video",
        "the fireworks are killing me",
        "my battery died",
        "how do I get a protective order",
        "help",
        "",
        "…",
        "12345",
    ],
)
def test_what_is_over_or_harmless_is_left_to_its_topic(text: str) -> None:
    assert screen(text) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("he hit me yesterday my husband", "domestic_violence"),
        ("mi esposo me pego ayer", "domestic_violence"),
        ("someone broke into my car last night", None),
        ("anoche me abrieron el carro", None),
        ("ayuda", None),
        ("is there a class on human trafficking", None),
        ("human trafficking", "human_trafficking"),
    ],
)
def test_the_past_and_a_topic_count_only_where_they_should(text: str, kind: str | None) -> None:
    found = screen(text)
    assert (found.kind if found else None) == kind


@pytest.mark.parametrize(
    "text",
    [
        "last week somebody stole my bike from the rack by the library and i made a report online "
        "and nobody called me back yet but now a man is outside pointing a gun at my neighbor",
        "el mes pasado me robaron la bici de la biblioteca y puse un reporte por internet y nadie "
        "me ha llamado todavia pero ahorita hay un hombre afuera apuntando con una pistola",
    ],
)
def test_a_long_story_does_not_hide_the_danger_at_its_end(text: str) -> None:
    assert screen(text) is not None


@pytest.mark.parametrize(
    ("language", "danger"),
    [("en", "my husband is beating me"), ("es", "mi esposo me esta golpeando")],
)
def test_no_harmless_phrase_hides_the_danger_beside_it(language: str, danger: str) -> None:
    written = YAML(typ="safe").load(LEXICON / f"{language}.yml")
    groups = read_groups(written["groups"])

    def spoken(pattern: str) -> str:
        """The pattern with the first word of each place and without its gaps."""
        places = [one for one in pattern.split() if one.strip("^$.")]
        return " ".join(alternatives(one.removesuffix("?"), groups)[0] for one in places)

    phrases = [spoken(one).replace("*", "") for one in written["harmless"]]
    hidden = [one for one in phrases if screen(f"{one} {danger}") is None]
    hidden += [one for one in phrases if screen(f"{danger} {one}") is None]
    assert not hidden
    assert not [one for one in written["harmless"] if "..." in one.split()]  # room for danger


def test_the_rule_found_never_quotes_the_resident() -> None:
    found = screen("my name is Zebulon and he has a gun")
    assert found is not None
    assert "zebulon" not in found.matched_rule.lower()


@given(st.text(max_size=400) | st.text(alphabet="he lpmgunatr!?'. ", max_size=400))
@settings(max_examples=200, deadline=500)
def test_no_text_makes_it_raise_or_stall(text: str) -> None:
    screen(text)


@pytest.mark.parametrize(
    "unit", ["he is ", "my mom ", "a", "no ", "esta la ", "🔫", "h ", "é\u0301"]
)
def test_a_huge_text_is_bounded(unit: str) -> None:
    began = time.perf_counter()
    screen(unit * 100_000)
    assert time.perf_counter() - began < 1.0


def test_what_stands_beyond_the_cap_is_not_read() -> None:
    assert screen("x" * LONGEST + " he has a gun") is None
