"""A console served on a free port."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from console.app import create_app
from desk.database import Database
from desk.settings import Settings
from tests.console.serving import Console
from tests.serving import Server, address, listen


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    database = Database(f"sqlite:///{tmp_path}/console.db")
    database.migrate()
    listener = listen()
    settings = Settings(FRONTDESK_LOCAL=True, _env_file=None)  # type: ignore[call-arg]
    server = Server(create_app(settings, database), listener)
    served = Console(address(listener), database, server)
    with database.transaction() as session:
        served.staff(session)
    yield served
    served.stop()
