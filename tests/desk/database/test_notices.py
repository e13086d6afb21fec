"""Whoever listens on PostgreSQL hears at once what others commit, and misses nothing."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from desk.conversations import record
from desk.database import Database
from desk.database.notices import Notice, Notices

SOON = 1.0
LISTENER = "test-of-notices"


@pytest.fixture
def listening(postgresql_database: Database) -> Iterator[Database]:
    """The same database for the listener only, whose connection can be told from the others."""
    url = postgresql_database.url.update_query_dict({"application_name": LISTENER})
    opened = Database(url.render_as_string(hide_password=False))
    yield opened
    opened.close()


class Heard(list[tuple[float, Notice]]):
    """The notices heard so far, each with its time."""

    def note(self, notice: Notice) -> None:
        self.append((time.monotonic(), notice))

    async def until(self, wanted: Callable[[Notice], bool], since: float) -> float:
        """Seconds from `since` to the first such notice after it."""
        async with asyncio.timeout(5):
            while True:
                for at, notice in self:
                    if at >= since and wanted(notice):
                        return at - since
                await asyncio.sleep(0.002)


@asynccontextmanager
async def hearing(database: Database) -> Any:
    notices, heard = Notices(database), Heard()
    with notices.calling(heard.note):
        task = asyncio.create_task(notices.listen())
        await until(lambda: notices.alive)
        try:
            yield notices, heard
        finally:
            task.cancel()


async def until(true: Callable[[], bool], seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - it is what others do that is waited for
            await asyncio.sleep(0.002)


def commit(database: Database, *kinds: str) -> None:
    with database.transaction() as session:
        for kind in kinds:
            record(session, kind)


def terminate(url: str) -> int:
    with psycopg.connect(url, autocommit=True) as connection:
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s",
            [LISTENER],
        ).fetchall()
    return len(ended)


@pytest.mark.postgresql
def test_a_commit_is_heard_at_once_and_once(
    postgresql_database: Database, listening: Database
) -> None:
    async def talk() -> None:
        async with hearing(listening) as (_, heard):
            began = time.monotonic()
            await asyncio.to_thread(commit, postgresql_database, "message_in", "holder", "holder")
            assert await heard.until(lambda notice: notice.ours, began) < SOON
            await asyncio.sleep(0.1)
            (notice,) = (notice for at, notice in heard if at >= began)
            assert notice.kinds == {"message_in", "holder"}
            assert notice.about("holder")
            assert not notice.about("message_out")

    asyncio.run(talk())


@pytest.mark.postgresql
def test_what_another_process_commits_is_told_from_ours(
    postgresql_database: Database, listening: Database
) -> None:
    script = (
        "import sys; from desk.conversations import record; from desk.database import Database\n"
        "with Database(sys.argv[1]).transaction() as session: record(session, 'message_in')"
    )
    url = postgresql_database.url.render_as_string(hide_password=False)

    async def talk() -> None:
        async with hearing(listening) as (_, heard):
            began = time.monotonic()
            await asyncio.to_thread(
                subprocess.run, [sys.executable, "-c", script, url], check=True, timeout=30
            )
            await heard.until(lambda notice: not notice.ours and bool(notice.kinds), began)

    asyncio.run(talk())


@pytest.mark.postgresql
def test_what_is_rolled_back_is_not_heard(
    postgresql_database: Database, listening: Database
) -> None:
    def fail() -> None:
        with postgresql_database.transaction() as session:
            record(session, "message_in")
            session.execute(text("SELECT 1"))
            session.rollback()

    async def talk() -> None:
        async with hearing(listening) as (_, heard):
            began = time.monotonic()
            await asyncio.to_thread(fail)
            await asyncio.to_thread(commit, postgresql_database, "holder")
            await heard.until(lambda notice: notice.about("holder"), began)
            assert [n.kinds for at, n in heard if at >= began] == [frozenset({"holder"})]

    asyncio.run(talk())


@pytest.mark.postgresql
def test_when_its_connection_is_killed_everybody_looks_and_it_listens_again(
    postgresql: str, postgresql_database: Database, listening: Database
) -> None:
    async def talk() -> None:
        async with hearing(listening) as (notices, heard):
            began = time.monotonic()
            assert await asyncio.to_thread(terminate, postgresql) == 1
            await until(lambda: not notices.alive)  # from here on they look often
            assert await heard.until(lambda notice: not notice.kinds, began) < SOON

            # committed while nobody listened: they are called as soon as somebody does
            missed = time.monotonic()
            await asyncio.to_thread(commit, postgresql_database, "message_in")
            await until(lambda: notices.alive)
            await heard.until(lambda notice: notice.about("message_in"), missed)

            again = time.monotonic()
            await asyncio.to_thread(commit, postgresql_database, "message_in")
            assert await heard.until(lambda notice: bool(notice.kinds), again) < SOON

    asyncio.run(talk())


def test_on_sqlite_nobody_listens(tmp_path: Any) -> None:
    database = Database(f"sqlite:///{tmp_path}/frontdesk.db")
    notices = Notices(database)
    asyncio.run(notices.listen())
    assert not notices.alive
    database.close()
