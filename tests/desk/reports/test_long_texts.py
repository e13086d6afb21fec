"""A message that repeats one thing 1,600 signs long is read as fast as any other."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from desk import places, safety
from desk.department import Department
from desk.reports import commands, kinds, report_types
from desk.reports.adding import key_in
from desk.wording.detect import guess_language
from tests.desk.reports.talking import NOW

LONGEST = 1600
REPEATED = (
    "x", "0", "1 ", "a ", "A", "- ", ", ", "and ", "5th and ", "$", "a.", "a@", "(209) ",
    "name is ",
    "*", "xx-", "no ", "from ", "monday ", "'", "\n", "1/", "12:", "every ", "ABC123 ",
    "last four ", "my name is A'", "he has a gun ", "g u n ", "37.59,", "T26-", "A1B2C3D4",
)  # fmt: skip
_SECONDS = 2.0  # of CPU; a pattern that tries every way of reading takes hours


def readers(department: Department) -> dict[str, Callable[[str], Any]]:
    """What reads a resident's words, by name."""
    context = kinds.Context(department, "en", NOW, None)
    types = report_types(department.folder)
    fields = {field.kind: field for one in types.values() for field in one.fields}
    found: dict[str, Callable[[str], Any]] = {
        "screen": safety.screen,
        "mask": safety.mask,
        "place": lambda text: places.understand(text, department, language="en"),
        "language": lambda text: guess_language(text, "en"),
        "key": key_in,
        "correction": lambda text: commands.correction(text, types["theft"].fields),
    }
    for kind, field in fields.items():
        found[f"read {kind}"] = lambda text, field=field: kinds.read(field, text, context)
        found[f"find {kind}"] = lambda text, field=field: kinds.find(field, text, context)
    return found


@pytest.mark.timeout(120)
@pytest.mark.parametrize("tail", ["!", "1234567"])
def test_every_reader_is_quick_with_the_longest_text(department: Department, tail: str) -> None:
    safety.warm_up()  # what is loaded once is not what is timed here
    slow = []
    for name, read in readers(department).items():
        for repeated in REPEATED:
            text = (repeated * LONGEST)[: LONGEST - len(tail)] + tail
            began = time.thread_time()
            read(text)
            if time.thread_time() - began > _SECONDS:
                slow.append((name, repeated))
    assert slow == []
