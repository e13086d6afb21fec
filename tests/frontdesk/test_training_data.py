"""What is found wrong in training examples."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from frontdesk.cli import app
from frontdesk.training_data import LEAST, Example, learnt_topics, problems, read

STREETS = ["ash", "birch", "cedar", "dogwood", "elm", "fir", "ginkgo", "hazel", "iris", "juniper"]


def some(topic: str, language: str, count: int = LEAST) -> list[Example]:
    """Examples that nothing is wrong with: short, and each another text."""
    return [
        Example(
            f"{topic}.{language}.yml",
            at,
            language,
            topic,
            f"{language} {topic} {STREETS[at % 10]} {at}",
        )
        for at in range(count)
    ]


def both(*topics: str) -> list[Example]:
    return [one for topic in topics for code in ("en", "es") for one in some(topic, code)]


def test_sound_examples_have_no_problem() -> None:
    assert problems(both("theft", "noise"), {"theft", "noise"}) == []


def test_a_topic_short_of_examples_and_one_without_are_named() -> None:
    examples = [*both("theft"), *some("noise", "en"), *some("noise", "es", LEAST - 1)]

    assert problems(examples, {"theft", "noise", "crash"}) == [
        "crash has 0 en examples; it needs 30.",
        "crash has 0 es examples; it needs 30.",
        "noise has 29 es examples; it needs 30.",
    ]


def test_languages_that_are_not_at_par_are_named() -> None:
    examples = [*some("theft", "en", 50), *some("theft", "es", 35)]

    assert problems(examples, {"theft"}) == [
        "theft has 50 en and 35 es examples: the languages are not at par."
    ]


def test_a_topic_that_the_domain_does_not_know_is_named() -> None:
    assert problems(both("theft", "noise"), {"theft"}) == [
        "noise has examples, but domain.yml does not name it."
    ]


@pytest.mark.parametrize(
    ("topic", "language", "text"),
    [
        ("theft", "en", "Where is Élm, 7?"),  # twice in a topic
        ("noise", "en", "where is elm 7"),  # two topics
        ("noise", "es", "where is elm 7"),  # two topics in two languages: there is one model
    ],
)
def test_the_same_text_twice_is_named_with_both_places(
    topic: str, language: str, text: str
) -> None:
    first = Example("report.en.yml", 7, "en", "theft", "where is elm 7")
    again = Example("other.yml", 9, language, topic, text)

    assert problems([*both("theft", "noise"), first, again], {"theft", "noise"}) == [
        f"{again} stands already: {first}"
    ]


def test_a_word_that_both_languages_share_may_stand_in_both_for_one_topic() -> None:
    shared = [Example("a.yml", 1, code, "theft", "robo taxi") for code in ("en", "es")]

    assert problems([*both("theft"), *shared], {"theft"}) == []


def test_long_texts_that_differ_in_a_word_are_near_duplicates_across_topics() -> None:
    one = Example("a.yml", 1, "en", "theft", "somebody has been in our shed during the night")
    other = Example("a.yml", 2, "en", "noise", "somebody has been on our shed during the night")

    found = problems([*both("theft", "noise"), one, other], {"theft", "noise"})

    assert found == [f"{other} is nearly {one}"]


def test_marks_of_entities_and_commands_are_named() -> None:
    marked = [
        Example("a.yml", 1, "en", "theft", "my [bike](item) is gone"),
        Example("a.yml", 2, "en", "theft", "/theft"),
    ]

    found = problems([*both("theft"), *marked], {"theft"})

    assert [line.partition(" holds")[0] for line in found] == [str(one) for one in marked]


def test_an_example_knows_its_line(tmp_path: Path) -> None:
    (tmp_path / "report.en.yml").write_text(
        'version: "3.1"\nnlu:\n- intent: theft\n  examples: |\n    - my bike\n    - my purse\n'
    )

    assert [(one.line, one.text) for one in read(tmp_path)] == [(5, "my bike"), (6, "my purse")]


def test_the_command_ends_with_1_and_names_the_problem(tmp_path: Path) -> None:
    (tmp_path / "report.en.yml").write_text(
        'version: "3.1"\nnlu:\n- intent: theft\n  examples: |\n    - my bike\n    - My bike!\n'
    )

    result = CliRunner().invoke(app, ["check-training-data", str(tmp_path)])

    assert result.exit_code == 1
    assert "stands already" in result.output


def test_the_project_s_own_examples_are_sound() -> None:
    assert problems(read(), learnt_topics()) == []


def test_a_kind_of_report_that_was_added_counts_as_a_topic_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "pets.en.yml").write_text(
        "nlu:\n- intent: file_report\n  metadata: {topic: lost_pet}\n  examples: |\n"
        "    - my dog is gone\n"
    )
    (example,) = read(tmp_path)

    assert (example.topic, example.added_to) == ("lost_pet", "file_report")
    assert [one for one in problems([example], {"file_report"}) if "lost_pet" in one] == [
        "lost_pet has 1 en examples; it needs 30.",
        "lost_pet has 0 es examples; it needs 30.",
        "lost_pet has 1 en and 0 es examples: the languages are not at par.",
    ]
