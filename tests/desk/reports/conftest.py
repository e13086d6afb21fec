"""A resident on a real database, in the demo city."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desk.database import Database
from desk.department import Department
from desk.wording import Language
from tests.desk.reports.talking import Talk


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path}/reports.db")
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def talk(database: Database, department: Department) -> Callable[..., Talk]:
    def begin(channel: str = "sms", language: Language = "en") -> Talk:
        return Talk(database, department, channel, language)

    return begin
