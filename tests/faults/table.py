"""The table of faults: collected while the tests run, printed and written at their end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from tests.faults.counts import Verdict
from tests.load import machine

ENGINES: Final = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
_COLUMNS: Final = ("runs", "messages", "lost", "doubled", "wrong", "unknown", "fixed text")


@dataclass(frozen=True, slots=True)
class Row:
    """One fault on one database. `measured` is what else was seen, in a few words."""

    fault: str
    engine: str
    runs: int
    verdict: Verdict
    measured: str = ""

    def counts(self) -> tuple[str, ...]:
        """The cells of the table."""
        found = self.verdict
        counts = (found.messages, found.lost, found.doubled, found.wrong, found.unknown)
        return tuple(map(str, (self.runs, *counts, found.fixed)))


def show(rows: list[Row], console: Console) -> None:
    """Print one table for each database."""
    for engine, name in ENGINES.items():
        table = Table("fault", *_COLUMNS, "measured", title=name, title_justify="left")
        for row in rows:
            if row.engine == engine:
                table.add_row(row.fault, *row.counts(), row.measured)
        if table.row_count:
            console.print(table)


def written(rows: list[Row], seed: int) -> str:
    """The page for docs/: both databases side by side."""
    faults = list(dict.fromkeys(row.fault for row in rows))
    head = " | ".join(_COLUMNS)
    lines = [
        "# Faults",
        "",
        "Written by `make faults`; do not edit. The real processes, and the stand-ins for Twilio",
        f"and the Graph API, share one machine: {machine.named()}.",
        f"{datetime.now(UTC):%Y-%m-%d}, commit {machine.commit()}, seed {seed}.",
        "",
        "Where two numbers stand, the first is SQLite's and the second PostgreSQL's; – means that",
        "it was not run there: a file cannot be stopped. Lost, doubled and wrong must be 0.",
        "",
        f"| fault | {head} | measured |",
        "| --- |" + " --- |" * (len(_COLUMNS) + 1),
    ]
    for fault in faults:
        by_engine = {row.engine: row for row in rows if row.fault == fault}
        sides = [by_engine.get(engine) for engine in ENGINES]
        cells = [
            " / ".join(side.counts()[column] if side else "–" for side in sides)
            for column in range(len(_COLUMNS))
        ]
        seen = " / ".join(side.measured if side and side.measured else "–" for side in sides)
        cells.append("" if seen == "– / –" else seen)
        lines.append(f"| {fault} | {' | '.join(cells)} |")
    lines += [
        "",
        "- lost: acknowledged and not answered, or the answer not handed to the provider;",
        "- doubled: stored, answered or handed over more than once;",
        "- wrong: a demand of this fault that was not met, such as a refusal that is no 5xx;",
        "- unknown: nobody knows whether the provider took it; staff see it, it is not sent again;",
        "- fixed text: answered with the emergency and the non-emergency number, and in the queue.",
    ]
    return "\n".join(lines) + "\n"


def write(rows: list[Row], seed: int, to: Path) -> None:
    """Write the page."""
    to.write_text(written(rows, seed))
