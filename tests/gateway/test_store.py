"""Many writes in one commit: each is stored or fails by itself, and who waits goes first."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from desk.conversations import Inbound, events_after, receive, record
from desk.database import Database
from desk.database.models import Event, InboxMessage, utc_now
from gateway import store as module
from gateway.store import Store


@pytest.fixture
async def store(database: Database) -> AsyncIterator[Store]:
    opened = Store(database)
    yield opened
    await opened.close()


def note(kind: str, done: list[str] | None = None) -> Callable[[Session], str]:
    def work(session: Session) -> str:
        record(session, kind)
        if done is not None:
            done.append(kind)
        return kind

    return work


def fail(session: Session) -> None:
    record(session, "half_done")
    raise LookupError("no such thing")


async def test_a_write_that_fails_undoes_only_itself(store: Store) -> None:
    hold = threading.Event()
    first = asyncio.create_task(store.write(lambda _: hold.wait(5)))
    await asyncio.sleep(0.05)
    others = [asyncio.create_task(store.write(work)) for work in (note("a"), fail, note("b"))]
    await asyncio.sleep(0.05)
    hold.set()
    results = await asyncio.gather(first, *others, return_exceptions=True)
    assert results[0] is True
    assert [results[1], results[3]] == ["a", "b"]
    assert isinstance(results[2], LookupError)
    with store.database.reading() as session:
        assert {event.kind for event in events_after(session, 0)} == {"a", "b"}


async def test_writes_that_nobody_waits_for_share_a_commit(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not store.database.is_sqlite:
        return  # PostgreSQL commits side by side
    begun = []
    begin = store.database.transaction
    monkeypatch.setattr(store.database, "transaction", lambda: begun.append(1) or begin())
    await asyncio.gather(*(store.write(note(f"event {number}")) for number in range(6)))
    assert len(begun) == 1
    with store.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Event)) == 6


async def test_who_wants_to_be_acknowledged_goes_before_what_waits(store: Store) -> None:
    if not store.database.is_sqlite:
        return
    hold, done = threading.Event(), list[str]()
    held = asyncio.create_task(store.write(lambda _: hold.wait(5)))
    await asyncio.sleep(0.05)
    later = [asyncio.create_task(store.write(note(f"later {n}", done))) for n in range(14)]
    await asyncio.sleep(0)
    first = asyncio.create_task(store.write(note("first", done), first=True))
    await asyncio.sleep(0.05)
    hold.set()
    await asyncio.gather(held, first, *later)
    assert done.index("first") <= 6, "at most one commit of others is in between"


async def test_a_refused_write_may_be_repeated_and_is_stored_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ACKNOWLEDGED_WITHIN", 0.2)
    free = threading.Event()

    def slowly(session: Session) -> None:
        free.wait(5)
        receive(session, Inbound("web", "one-id", "someone", text="Hello?"), utc_now())

    with pytest.raises(SQLAlchemyError):
        await store.acknowledged(slowly)
    free.set()
    await store.acknowledged(slowly)
    with store.database.reading() as session:
        assert session.query(InboxMessage).count() == 1
