"""Measures on messages in a file how well the desk understands them and finds danger in them."""

from __future__ import annotations

import csv
import json
import random
import statistics
import string
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from desk import safety
from desk.safety import KINDS
from desk.settings import ROOT
from frontdesk import model

NONE: Final = "none"
_FALLBACK: Final = "nlu_fallback"
_SHOWN: Final = 20
_console = Console(highlight=False)
_progress = Console(stderr=True)

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line instead of tables.")]
AtLeast = Annotated[
    float, typer.Option("--at-least", min=0, max=1, help="Exit with 1 below this share (0 to 1).")
]
Typos = Annotated[
    float, typer.Option("--typos", min=0, max=1, help="Share of letters to change, seeded.")
]


@dataclass(frozen=True, slots=True)
class Row:
    """What was made of one message. `confidence` is 0 to 1, `danger` a danger topic or None."""

    text: str
    expected: str
    predicted: str
    confidence: float
    danger: str | None


def understand(
    file: File, as_json: AsJson = False, at_least: AtLeast = 0.0, typos: Typos = 0.0
) -> None:
    """Measure the model on FILE: tab-separated with the header `topic`, `text`."""
    cases = _read(file, "topic", typos)
    answers = list(_parse([text for _, text in cases]))
    rows = [_understood(text, expected, one) for (expected, text), one in _pairs(cases, answers)]
    accuracy = sum(row.expected == row.predicted for row in rows) / len(rows)
    if as_json:
        _print_json(rows)
    else:
        _print_topics(rows)
        cpu = [float(str(one["cpu_ms"])) for one in answers]
        _console.print(
            f"Accuracy {accuracy:.1%} of {len(rows)} messages; CPU per message mean "
            f"{statistics.mean(cpu):.1f} ms, p95 {_p95(cpu):.1f} ms."
        )
    raise typer.Exit(int(accuracy < at_least))


def screen(
    file: File, as_json: AsJson = False, at_least: AtLeast = 0.0, typos: Typos = 0.0
) -> None:
    """Measure the finding of danger on FILE: tab-separated with the header `label`, `text`.

    The safety screen and the model are asked; the model only adds.
    """
    cases = _read(file, "label", typos)
    rows, by_screen = [], []
    for (expected, text), answer in _pairs(cases, list(_parse([text for _, text in cases]))):
        found = safety.screen(text)
        danger = _danger(text, answer)
        confidence = 1.0 if found else float(str(answer["confidence"]))
        rows.append(Row(text, expected, danger or NONE, confidence, danger))
        by_screen.append(found is not None)
    dangers = [row for row in rows if row.expected != NONE]
    found_share = _share(row.danger is not None for row in dangers)
    if as_json:
        _print_json(rows)
    else:
        _print_dangers(rows, by_screen)
    raise typer.Exit(int(found_share < at_least))


def _understood(text: str, expected: str, answer: dict[str, object]) -> Row:
    topic, confidence = str(answer["topic"]), float(str(answer["confidence"]))
    return Row(text, expected, topic, confidence, _danger(text, answer))


def _pairs(
    cases: Sequence[tuple[str, str]], answers: Sequence[dict[str, object]]
) -> Iterator[tuple[tuple[str, str], dict[str, object]]]:
    return zip(cases, answers, strict=True)


def _read(file: Path, label: str, typos: float) -> list[tuple[str, str]]:
    """The (label, text) pairs of a tab-separated file, its texts misspelt as often as asked.

    Exits with 2 when it has another header.
    """
    with file.open(encoding="utf-8", newline="") as opened:
        reader = csv.DictReader(opened, delimiter="\t", quoting=csv.QUOTE_NONE)
        if not {label, "text"} <= set(reader.fieldnames or ()):
            raise typer.BadParameter(f"{file.name} needs the header `{label}`, `text`.")
        rows = [(one[label], one["text"]) for one in reader if one["text"]]
    if not rows:
        raise typer.BadParameter(f"{file.name} has no messages.")
    chance = random.Random(0)  # noqa: S311 - the same typing errors each time
    return [(expected, misspelt(text, typos, chance)) for expected, text in rows]


def misspelt(text: str, share: float, chance: random.Random) -> str:
    """The text with this share of its letters left out, doubled up, mistaken or swapped."""
    written: list[str] = []
    letters = iter(range(len(text)))
    for at in letters:
        letter = text[at]
        slip = chance.choice(("left out", "added", "mistaken", "swapped"))
        if not letter.isalpha() or chance.random() >= share:
            written.append(letter)
        elif slip == "added":
            written += letter, chance.choice(string.ascii_lowercase)
        elif slip == "mistaken":
            written.append(chance.choice(string.ascii_lowercase))
        elif slip == "swapped" and at + 1 < len(text):
            written += text[at + 1], letter
            next(letters)
    return "".join(written)


def _parse(texts: Sequence[str]) -> Iterator[dict[str, object]]:
    """What the current model says to each text, in a Rasa process of its own without a server."""
    trained = model.current() or model.train()
    with subprocess.Popen(  # noqa: S603 - our own interpreter, fixed arguments
        [str(model.RASA_PYTHON), "-m", "bot.understand", str(trained)],
        cwd=ROOT,
        env=model.rasa_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise model.TrainingFailed("the model could not be asked.")
        if not process.stdout.readline():
            raise model.TrainingFailed(f"the model {trained.name} could not be loaded.")
        for text in track(texts, "Understanding", console=_progress, transient=True):
            process.stdin.write(json.dumps({"text": text}) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
            if not line:
                raise model.TrainingFailed("the model stopped answering.")
            yield json.loads(line)


def _danger(text: str, answer: dict[str, object]) -> str | None:
    """The danger found by the screen, or else by the model where it is sure: it only adds."""
    found = safety.screen(text)
    if found is not None:
        return found.kind
    topic, confidence = str(answer["topic"]), float(str(answer["confidence"]))
    return topic if topic in KINDS and safety.counts(topic, confidence, text) else None


def _print_json(rows: Sequence[Row]) -> None:
    for row in rows:
        typer.echo(json.dumps(asdict(row), ensure_ascii=False))


def _print_topics(rows: Sequence[Row]) -> None:
    by_topic: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_topic[row.expected].append(row)
    table = Table("topic", "messages", "right", "most often taken for")
    for topic, of_topic in sorted(by_topic.items()):
        right = sum(row.predicted == topic for row in of_topic)
        wrong = Counter(row.predicted for row in of_topic if row.predicted != topic)
        worst = ", ".join(f"{name} ({count})" for name, count in wrong.most_common(2))
        table.add_row(topic, str(len(of_topic)), f"{right / len(of_topic):.0%}", worst)
    _console.print(table)
    pairs = Counter((row.expected, row.predicted) for row in rows if row.expected != row.predicted)
    if pairs:
        _console.print("Worst confusions:")
    for (expected, predicted), count in pairs.most_common(_SHOWN):
        _console.print(f"  {expected} taken for {predicted}: {count}")
    unsure = sum(row.predicted == _FALLBACK for row in rows)
    _console.print(f"Unsure of {unsure / len(rows):.1%} of the messages.")


def _print_dangers(rows: Sequence[Row], by_screen: Sequence[bool]) -> None:
    """What was missed and needless, then shares by kind: by the screen alone, and together."""
    told = list(zip(rows, by_screen, strict=True))
    missed = [row for row in rows if row.expected != NONE and row.danger is None]
    needless = [row for row in rows if row.expected == NONE and row.danger is not None]
    for name, listed in (("Missed", missed), ("Needless", needless)):
        for row in listed[:_SHOWN]:
            _console.print(f"{name}: {row.text}", markup=False)
    table = Table("kind", "messages", "screen alone", "screen and model")
    for kind in sorted({row.expected for row in rows}):
        of_kind = [(row, alone) for row, alone in told if row.expected == kind]
        alone = _share(alone for _, alone in of_kind)
        together = _share(row.danger is not None for row, _ in of_kind)
        table.add_row(kind, str(len(of_kind)), f"{alone:.1%}", f"{together:.1%}")
    _console.print(table)
    dangers = [alone for row, alone in told if row.expected != NONE]
    harmless = [alone for row, alone in told if row.expected == NONE]
    for who, found, stopped in (
        ("Screen alone", sum(dangers), sum(harmless)),
        ("Screen and model", len(dangers) - len(missed), len(needless)),
    ):
        _console.print(
            f"{who}: found {found} of {len(dangers)} dangers "
            f"({found / len(dangers) if dangers else 1:.1%}), missed {len(dangers) - found}; "
            f"needless {stopped} of {len(harmless)} harmless messages "
            f"({stopped / len(harmless) if harmless else 0:.1%})."
        )


def _share(facts: Iterable[bool]) -> float:
    """The share of facts that hold; 1 when there are none."""
    known = list(facts)
    return sum(known) / len(known) if known else 1.0


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(0.95 * len(values)))]
