"""Writes docs/attacks.md."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.attacks.target import Outcome

_HEAD = """\
# Attacks tried, and what each got back

Written by `make attacks`; do not edit. Each line is a function in `tests/attacks/` that attacks
the real processes and demands what stands here; `make test` runs all of them. They run in local
mode, where signatures and limits are the same as outside.

| attack | channel | got back | stored |
| --- | --- | --- | --- |
"""


def write(page: Path, came: Mapping[tuple[str, str], Outcome]) -> None:
    """One line for each attack, in the order they were made."""
    lines = [
        f"| {_cell(name)} | {channel} | {_cell(outcome.got)} | {_cell(outcome.stored)} |\n"
        for (channel, name), outcome in came.items()
    ]
    page.write_text(_HEAD + "".join(lines), encoding="utf-8")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
