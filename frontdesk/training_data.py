"""Checks the training examples under data/nlu before a model learns from them."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rapidfuzz import fuzz, process
from rich.console import Console
from ruamel.yaml import YAML

from desk.settings import ROOT
from desk.wording import LANGUAGES

NLU: Final = ROOT / "data" / "nlu"
DOMAIN: Final = ROOT / "domain.yml"
NOT_LEARNT: Final = frozenset({"choose", "nlu_fallback"})
"""Intents without examples: a tapped choice, and what the classifier says when unsure."""

LEAST: Final = 30
"""Examples that a topic needs in each language (nlu.md asks for thirty to sixty)."""
MOST_APART: Final = 0.2
"""The share by which the two languages of a topic may differ in number."""
NEAR: Final = 88
"""Likeness, 0 to 100, from which two examples of different topics are near duplicates."""
SAME: Final = 98
"""Likeness from which two examples of one topic teach nothing more than one of them."""
_LONG: Final = 25  # one word turns a shorter sentence: "ok thanks", "no thanks"
_MARKS: Final = re.compile(r"[\[\]{}]|^/")
_console = Console(highlight=False)


@dataclass(frozen=True, slots=True)
class Example:
    """One training example; `line` is counted from 1 in `file`.

    `added_to` is the intent of a topic that is none itself: a kind of report that was added.
    """

    file: str
    line: int
    language: str
    topic: str
    text: str
    added_to: str | None = None

    @property
    def folded(self) -> str:
        """The text as the model nearly sees it: lower case, no accents, no punctuation."""
        bare = unicodedata.normalize("NFD", self.text.lower().replace("'", ""))
        letters = "".join(c for c in bare if not unicodedata.combining(c))
        return " ".join(re.sub(r"[^\w\s]", " ", letters).split())

    def __str__(self) -> str:
        """Where it stands and what it says."""
        return f"{self.file}:{self.line} {self.topic} \u201c{self.text}\u201d"


def read(folder: Path = NLU) -> list[Example]:
    """All examples of a folder's `<kind>.<language>.yml`. Raises YAMLError for a broken file."""
    return [
        example
        for language in LANGUAGES
        for path in sorted(folder.glob(f"*.{language}.yml"))
        for example in _of_file(path, language)
    ]


def _of_file(path: Path, language: str) -> Iterator[Example]:
    content: Any = YAML(typ="rt").load(path)
    for block in content["nlu"]:
        if "intent" not in block:
            continue
        intent = str(block["intent"])
        topic = block.get("metadata", {}).get("topic")
        added_to = intent if topic else None
        first = block.lc.value("examples")[0] + 2  # counted from 0; the text starts a line below
        for at, line in enumerate(block["examples"].splitlines()):
            if line.strip():
                text = line.removeprefix("- ").strip()
                yield Example(path.name, first + at, language, topic or intent, text, added_to)


def learnt_topics(domain: Path = DOMAIN) -> set[str]:
    """The topics that the domain names and the model must learn."""
    intents = YAML(typ="safe").load(domain)["intents"]
    return {next(iter(one)) if isinstance(one, dict) else one for one in intents} - NOT_LEARNT


def problems(examples: Sequence[Example], topics: set[str]) -> list[str]:
    """What is wrong with the examples, one sentence each; empty when all is well."""
    return [
        *_counts(examples, topics),
        *_marks(examples),
        *_duplicates(examples),
        *_near_duplicates(examples),
    ]


def check_training_data(
    folder: Annotated[Path, typer.Argument(help="The folder of examples.", exists=True)] = NLU,
) -> None:
    """List what is wrong with the training examples: copies, gaps, languages not at par.

    Ends with 0 when a model may be trained from them, 1 when not.
    """
    examples = read(folder)
    found = problems(examples, learnt_topics())
    for problem in found:
        _console.print(problem, markup=False, soft_wrap=True)
    counts = Counter(example.language for example in examples)
    _console.print(
        f"{len(found) or 'No'} problem{'' if len(found) == 1 else 's'} found in "
        + ", ".join(f"{counts[language]} {language}" for language in LANGUAGES)
        + f" examples of {len({example.topic for example in examples})} topics."
    )
    raise typer.Exit(int(bool(found)))


def _counts(examples: Sequence[Example], topics: set[str]) -> Iterator[str]:
    counts = Counter((example.topic, example.language) for example in examples)
    for intent in sorted({example.added_to or example.topic for example in examples} - topics):
        yield f"{intent} has examples, but domain.yml does not name it."
    topics = topics | {example.topic for example in examples if example.added_to in topics}
    for topic in sorted(topics):
        numbers = {language: counts[topic, language] for language in LANGUAGES}
        for language, count in numbers.items():
            if count < LEAST:
                yield f"{topic} has {count} {language} examples; it needs {LEAST}."
        least, most = min(numbers.values()), max(numbers.values())
        if most - least > MOST_APART * most:
            told = " and ".join(f"{count} {language}" for language, count in numbers.items())
            yield f"{topic} has {told} examples: the languages are not at par."


def _marks(examples: Sequence[Example]) -> Iterator[str]:
    """Places and things are found by rules, and `[x](y)` or `/x` would mean something to Rasa."""
    for example in examples:
        if _MARKS.search(example.text):
            yield f"{example} holds a mark that means something to Rasa: [ ] {{ }} or a leading /."


def _duplicates(examples: Sequence[Example]) -> Iterator[str]:
    """One model learns both languages, so a text may stand once in all."""
    first: dict[str, Example] = {}
    for example in examples:
        other = first.setdefault(example.folded, example)
        twice_in_one = other.language == example.language and other is not example
        if twice_in_one or other.topic != example.topic:
            yield f"{example} stands already: {other}"


def _near_duplicates(examples: Sequence[Example]) -> Iterator[str]:
    by_language: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        if len(example.text) > _LONG:
            by_language[example.language].append(example)
    for long in by_language.values():
        texts = [example.folded for example in long]
        likeness = process.cdist(texts, texts, scorer=fuzz.ratio, score_cutoff=NEAR)
        for a, b in zip(*likeness.nonzero(), strict=True):
            if a < b and texts[a] != texts[b]:
                bound = SAME if long[a].topic == long[b].topic else NEAR
                if likeness[a][b] >= bound:
                    yield f"{long[b]} is nearly {long[a]}"
