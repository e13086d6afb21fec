from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from rapidfuzz.distance import Levenshtein
from typer.testing import CliRunner, Result

from frontdesk import measure
from frontdesk.cli import app
from frontdesk.measure import misspelt

DANGER = "he has a gun and he is shooting"
HARMLESS = "what time do you open on saturday"
MISSED = "i lost my keys in the park"  # labelled danger below; no screen may find it


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "messages.tsv"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def write(file: Path, *rows: str, header: str) -> Path:
    file.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return file


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A model that calls everything a theft; the texts that it was asked."""
    texts: list[str] = []

    def theft(messages: Sequence[str]) -> Iterator[dict[str, object]]:
        texts.extend(messages)
        for _ in messages:
            yield {"topic": "theft", "confidence": 0.9, "cpu_ms": 4.0}

    monkeypatch.setattr(measure, "_parse", theft)
    return texts


@pytest.fixture
def calls_dangerous(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Texts that the model takes for a missing person; all others it takes for a theft."""
    texts: set[str] = set()

    def parse(messages: Sequence[str]) -> Iterator[dict[str, object]]:
        for text in messages:
            topic = "missing_person" if text in texts else "theft"
            yield {"topic": topic, "confidence": 0.9, "cpu_ms": 4.0}

    monkeypatch.setattr(measure, "_parse", parse)
    return texts


@pytest.mark.parametrize(("command", "label"), [("understand", "topic"), ("screen", "label")])
@pytest.mark.parametrize("header", ["text", "label;text", "intent\tmessage"])
def test_a_file_with_another_header_ends_with_2_and_a_sentence(
    file: Path, command: str, label: str, header: str
) -> None:
    result = run(command, write(file, "theft\tmy bike was stolen", header=header))

    assert result.exit_code == 2
    assert f"messages.tsv needs the header `{label}`, `text`." in result.output


@pytest.mark.parametrize(("command", "header"), [("understand", "topic"), ("screen", "label")])
def test_a_file_without_messages_ends_with_2(file: Path, command: str, header: str) -> None:
    result = run(command, write(file, header=f"{header}\ttext"))

    assert result.exit_code == 2
    assert "messages.tsv has no messages." in result.output


@pytest.mark.parametrize("command", ["understand", "screen"])
def test_a_file_that_is_not_there_ends_with_2(command: str, file: Path) -> None:
    assert run(command, file).exit_code == 2


def test_screen_and_model_are_told_apart(file: Path, calls_dangerous: set[str]) -> None:
    calls_dangerous |= {MISSED, HARMLESS}
    rows = (
        f"emergency\t{DANGER}",
        f"emergency\t{MISSED}",
        "self_harm\tmy bike was stolen",
        f"none\t{HARMLESS}",
        f"none\t{DANGER}!",
    )
    result = run("screen", write(file, *rows, header="label\ttext"))

    assert result.exit_code == 0
    told = " ".join(result.output.split())
    assert (
        "Screen alone: found 1 of 3 dangers (33.3%), missed 2; "
        "needless 1 of 2 harmless messages (50.0%)." in told
    )
    assert (
        "Screen and model: found 2 of 3 dangers (66.7%), missed 1; "
        "needless 2 of 2 harmless messages (100.0%)." in told
    )
    assert "Missed: my bike was stolen" in result.output
    assert f"Needless: {HARMLESS}" in result.output
    by_kind = [line.split() for line in result.output.splitlines()]
    assert ["│", "emergency", "│", "2", "│", "50.0%", "│", "100.0%", "│"] in by_kind


def test_the_screen_prints_one_object_a_line(file: Path, calls_dangerous: set[str]) -> None:
    calls_dangerous.add(MISSED)
    rows = (
        f"emergency\t{DANGER}",
        f"emergency\t{MISSED}",
        'none\t"cuándo abren" [los] sábados',
    )
    result = run("screen", write(file, *rows, header="label\ttext"), "--json")

    first, second, third = (json.loads(line) for line in result.stdout.splitlines())
    assert first == {
        "text": DANGER,
        "expected": "emergency",
        "predicted": "emergency",
        "confidence": 1.0,
        "danger": "emergency",
    }
    assert (second["predicted"], second["confidence"], second["danger"]) == (
        "missing_person",
        0.9,
        "missing_person",
    )
    assert (third["text"], third["predicted"], third["danger"]) == (
        '"cuándo abren" [los] sábados',
        "none",
        None,
    )


@pytest.mark.parametrize(("share", "code"), [("0.5", 0), ("0.51", 1), ("1", 1)])
@pytest.mark.usefixtures("asked")
def test_a_share_of_found_dangers_below_the_bound_ends_with_1(
    file: Path, share: str, code: int
) -> None:
    rows = (f"emergency\t{DANGER}", f"emergency\t{MISSED}")
    result = run("screen", write(file, *rows, header="label\ttext"), "--at-least", share)

    assert result.exit_code == code


def test_a_bound_above_one_is_wrong_use(file: Path) -> None:
    path = write(file, f"emergency\t{DANGER}", header="label\ttext")

    assert run("screen", path, "--at-least", "80").exit_code == 2


def test_understanding_is_told_by_topic(file: Path, asked: list[str]) -> None:
    rows = ("theft\tmy bike was stolen", "theft\tthey took my laptop", f"find_station\t{HARMLESS}")
    result = run("understand", write(file, *rows, header="topic\ttext"))

    assert result.exit_code == 0
    assert asked == ["my bike was stolen", "they took my laptop", HARMLESS]
    told = " ".join(result.output.split())
    assert "Accuracy 66.7% of 3 messages; CPU per message mean 4.0 ms, p95 4.0 ms." in told
    assert "theft (1)" in told
    assert "Worst confusions: find_station taken for theft: 1" in told


@pytest.mark.parametrize("command", ["understand", "screen"])
def test_typing_errors_are_put_in_when_asked_for(
    file: Path, command: str, asked: list[str]
) -> None:
    label = "topic" if command == "understand" else "label"
    path = write(file, "theft\tsomebody took my bicycle", header=f"{label}\ttext")

    run(command, path, "--typos", "0.3")
    run(command, path, "--typos", "0.3")

    assert asked[0] != "somebody took my bicycle"
    assert asked[0] == asked[1]


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5])
def test_the_share_of_misspelt_letters_is_the_one_asked_for(share: float) -> None:
    text = "abcdefghij " * 400
    written = misspelt(text, share, random.Random(1))
    slips = Levenshtein.distance(text, written)

    # a swap counts as two, a mistaken letter may by chance be the right one
    assert 0.9 * share <= slips / 4000 <= 1.4 * share


@pytest.mark.usefixtures("asked")
def test_understanding_prints_one_object_a_line_and_the_danger_the_screen_finds(file: Path) -> None:
    rows = (f"emergency\t{DANGER}", "theft\tmy bike was stolen")
    result = run("understand", write(file, *rows, header="topic\ttext"), "--json")

    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert (first["expected"], first["predicted"], first["danger"]) == (
        "emergency",
        "theft",
        "emergency",
    )
    assert second == {
        "text": "my bike was stolen",
        "expected": "theft",
        "predicted": "theft",
        "confidence": 0.9,
        "danger": None,
    }


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(("share", "code"), [("0.5", 0), ("0.6", 1)])
def test_an_accuracy_below_the_bound_ends_with_1(file: Path, share: str, code: int) -> None:
    rows = ("theft\tmy bike was stolen", f"find_station\t{HARMLESS}")
    result = run("understand", write(file, *rows, header="topic\ttext"), "--at-least", share)

    assert result.exit_code == code
