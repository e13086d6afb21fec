"""What another gateway took in is answered here at once, however seldom this one looks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

import psycopg
import pytest

from desk.database import Database
from gateway import app as gateway_app
from tests.desk.database.elsewhere import receive_elsewhere
from tests.gateway.conftest import NUMBER, PHONE, Front

pytestmark = pytest.mark.postgresql
SELDOM: Final = 60.0
LISTENER: Final = "test-of-two-gateways"


@pytest.fixture
def database(postgresql_database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """PostgreSQL, and a gateway that looks once a minute as long as it is called."""
    monkeypatch.setattr(gateway_app, "CALLED_POLL_SECONDS", SELDOM)
    url = postgresql_database.url.update_query_dict({"application_name": LISTENER})
    opened = Database(url.render_as_string(hide_password=False))
    yield opened
    opened.close()


def listening(front: Front) -> bool:
    return bool(front.app.state.gateway.notices.alive)


def test_a_text_that_another_process_stored_is_answered_at_once(front: Front) -> None:
    front.eventually(lambda: listening(front))
    stored = receive_elsewhere(front.database, PHONE, NUMBER, "where is the station")
    front.eventually(front.said, seconds=5)
    assert time.time() - stored < 3


def test_a_gateway_whose_connections_are_killed_misses_nothing(
    front: Front, postgresql: str
) -> None:
    front.eventually(lambda: listening(front))
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s",
            [LISTENER],
        )
    receive_elsewhere(front.database, PHONE, NUMBER, "where is the station")
    front.eventually(front.said, seconds=10)
    front.eventually(lambda: listening(front))
