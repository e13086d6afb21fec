"""An officer's page hears at once what other processes store, however seldom the console looks."""

from __future__ import annotations

import time

import pytest

from console import stream
from console.app import create_app
from desk.database import Database
from desk.settings import Settings
from tests.console.serving import Console
from tests.desk.database.elsewhere import receive_elsewhere
from tests.serving import Server, address, listen

pytestmark = pytest.mark.postgresql


def test_an_officers_page_hears_of_a_text_at_once(
    postgresql_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "_CALLED_LOOK_SECONDS", 20.0)
    database = Database(postgresql_database.url.render_as_string(hide_password=False))
    app = create_app(Settings(FRONTDESK_LOCAL=True, _env_file=None), database)  # type: ignore[call-arg]
    listener = listen()
    console = Console(address(listener), database, Server(app, listener))
    with database.transaction() as session:
        console.staff(session)
    try:
        with console.browser() as client, client.stream("GET", "/stream?after=0") as response:
            lines = response.iter_lines()
            next(line for line in lines if line == "event: beat")
            stored = receive_elsewhere(database, "+12095550123", "+12095550100", "hello")
            next(line for line in lines if line == "event: queue-changed")
            assert time.time() - stored < 3
    finally:
        console.stop()
