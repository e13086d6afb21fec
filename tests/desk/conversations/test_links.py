"""A link opens the chat at one topic, once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from desk.conversations import links
from desk.database import Database
from desk.database.models import OneTimeLink, utc_now


def test_it_opens_its_topic_once(database: Database) -> None:
    with database.transaction() as session:
        token = links.make(session, "house_check", utc_now())
    with database.transaction() as session:
        assert links.opens(session, token, utc_now()) == "house_check"
        assert links.use(session, token, utc_now()) == "house_check"
    with database.transaction() as session:
        assert links.opens(session, token, utc_now()) is None
        assert links.use(session, token, utc_now()) is None


def test_it_is_over_after_a_day(database: Database) -> None:
    with database.transaction() as session:
        token = links.make(session, "house_check", utc_now() - timedelta(hours=25))
        assert links.use(session, token, utc_now()) is None


@pytest.mark.parametrize("token", ["", "guessed", "x" * 64])
def test_what_was_never_made_opens_nothing(database: Database, token: str) -> None:
    with database.reading() as session:
        assert links.opens(session, token, utc_now()) is None


def test_the_token_is_nowhere_in_the_database(database: Database) -> None:
    with database.transaction() as session:
        token = links.make(session, "house_check", utc_now())
        stored = session.query(OneTimeLink).one()
        assert token not in str(vars(stored))
