"""What the test sets owe the training examples: none of it was learnt, and every topic is there."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from rapidfuzz import fuzz, process
from ruamel.yaml import YAML

from desk.settings import ROOT
from frontdesk.training_data import Example, learnt_topics, read

HERE = Path(__file__).parent
LANGUAGES = ("en", "es")
SETS = ("held",)
NEAR = 92


@cache
def messages(name: str, language: str) -> tuple[Example, ...]:
    """The messages of a test set."""
    path = HERE / f"{name}.{language}.tsv"
    lines = path.read_text("utf-8").splitlines()
    assert lines[0] == "topic\ttext"
    return tuple(
        Example(path.name, at, language, *line.split("\t")) for at, line in enumerate(lines[1:], 2)
    )


@pytest.mark.parametrize(("language", "least"), [("en", 6), ("es", 3)])
@pytest.mark.parametrize("name", SETS)
def test_every_topic_is_tested_in_each_language(name: str, language: str, least: int) -> None:
    counts = Counter(message.topic for message in messages(name, language))

    assert counts.keys() == learnt_topics()
    assert {topic: count for topic, count in counts.items() if count < least} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_test_message_was_ever_trained(language: str) -> None:
    trained = [example.folded for example in read() if example.language == language]
    tested = [message.folded for name in SETS for message in messages(name, language)]
    long = [text for text in tested if len(text) > 25]
    likeness = process.cdist(long, trained, scorer=fuzz.ratio, score_cutoff=NEAR)

    short_twice = {text for text in tested if len(text.split()) > 2} & set(trained)
    assert short_twice == set()
    assert [long[at] for at in sorted(set(likeness.nonzero()[0]))] == []


def test_the_domain_knows_every_topic_of_the_contract() -> None:
    topics = YAML(typ="safe").load(ROOT / "docs" / "topics.yml")

    assert {one for kind in topics.values() for one in kind} <= learnt_topics()
