"""One front desk for each database, and the table that all faults end in.

FAULTS_SEED says which random points, FAULTS_KILLS how many kills, FAULTS_REPORT where the page is
written to (`make faults`: docs/faults.md).
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console

from tests.faults import table
from tests.faults.counts import Verdict
from tests.faults.scene import Scene, scene
from tests.own_postgresql import OwnPostgresql

Note = Callable[..., None]

_ROWS = pytest.StashKey[list[table.Row]]()
_SEED = int(os.environ.get("FAULTS_SEED") or random.randrange(10**6))


@pytest.fixture(scope="session")
def seed() -> int:
    """Which random points are taken."""
    return _SEED


@pytest.fixture(
    scope="session",
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)],
)
def front(request: pytest.FixtureRequest) -> Iterator[Scene]:
    """A running front desk, once on each database."""
    if request.param == "postgresql" and not OwnPostgresql.available():
        pytest.skip("no PostgreSQL installed (initdb, pg_ctl)")
    with scene(request.param) as running:
        yield running


@pytest.fixture
def note(request: pytest.FixtureRequest, front: Scene) -> Note:
    """Put a fault into the table, and fail when something was lost, doubled or wrong."""

    def noted(fault: str, verdict: Verdict, *, runs: int = 1, measured: str = "") -> None:
        rows = request.config.stash.setdefault(_ROWS, [])
        rows.append(table.Row(fault, front.engine, runs, verdict, measured))
        assert verdict.clean, f"{fault} on {front.engine}: {verdict}"

    return noted


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    rows = config.stash.get(_ROWS, [])
    if not rows:
        return
    terminalreporter.section(f"faults, seed {_SEED}")
    table.show(rows, Console(highlight=False, width=max(terminalreporter._tw.fullwidth, 160)))
    if to := os.environ.get("FAULTS_REPORT"):
        table.write(rows, _SEED, Path(to))
        terminalreporter.write_line(f"Written to {to}.")
