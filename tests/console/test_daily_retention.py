"""The console deletes daily what is due, one console at a time, unless it is told not to."""

from __future__ import annotations

import asyncio
from pathlib import Path
from unittest.mock import Mock

import pytest

from console.access import Desk
from console.daily_retention import delete_daily
from desk.database import Database
from desk.database.models import Conversation, Job, utc_now
from desk.settings import Settings
from tests.desk.retention.kept import NOW, conversation

OFTEN = 0.01


def desk_of(database: Database, folder: Path, *, daily: bool = True) -> Desk:
    settings = Settings(
        _env_file=None,
        FRONTDESK_RETENTION_DAILY=daily,
        FRONTDESK_TRACKER_URL=f"sqlite:///{folder}/tracker.db",
    )  # type: ignore[call-arg]
    return Desk(settings, database, notices=Mock(), view=Mock())


def left(database: Database) -> int:
    with database.reading() as session:
        return session.query(Conversation).count()


def age(database: Database) -> None:
    """Something that has been due for long."""
    with database.transaction() as session:
        conversation(session, 1100 - (utc_now() - NOW).days)


async def until_empty(database: Database) -> None:
    async with asyncio.timeout(10):
        while left(database):  # noqa: ASYNC110 - another thread does it
            await asyncio.sleep(0.05)


async def test_what_is_due_goes_once_a_day(database: Database, tmp_path: Path) -> None:
    age(database)
    loop = asyncio.create_task(delete_daily(desk_of(database, tmp_path), OFTEN))
    try:
        await until_empty(database)
        while True:
            with database.reading() as session:
                if session.get_one(Job, "retention").done_at is not None:
                    break
            await asyncio.sleep(0.05)
        age(database)
        await asyncio.sleep(0.5)
        assert left(database) == 1  # the next run is tomorrow
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)


async def test_a_setting_turns_it_off(database: Database, tmp_path: Path) -> None:
    age(database)
    await asyncio.wait_for(delete_daily(desk_of(database, tmp_path, daily=False), OFTEN), 5)
    assert left(database) == 1


async def test_a_broken_policy_does_not_end_the_loop(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    age(database)
    desk = desk_of(database, tmp_path)
    monkeypatch.setattr(desk.settings, "department", tmp_path)
    loop = asyncio.create_task(delete_daily(desk, OFTEN))
    await asyncio.sleep(0.3)
    assert not loop.done()
    assert left(database) == 1
    loop.cancel()
    await asyncio.gather(loop, return_exceptions=True)
