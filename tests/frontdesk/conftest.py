"""A database and a department that the commands are set to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from desk.database import Database
from desk.settings import settings


@pytest.fixture
def configured(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Database]:
    """An empty database, on each engine, with a secret and a state folder of its own."""
    monkeypatch.setenv("DATABASE_URL", database.url.render_as_string(hide_password=False))
    monkeypatch.setenv("FRONTDESK_SECRET_KEY", "a secret of this front desk")
    monkeypatch.setenv("FRONTDESK_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("FRONTDESK_TRACKER_URL", f"sqlite:///{tmp_path}/tracker.db")
    monkeypatch.setenv("COLUMNS", "200")
    settings.cache_clear()
    yield database
    settings.cache_clear()
