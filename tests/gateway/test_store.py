"""Who wants to be acknowledged is refused in time when the database is busy with something else."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from desk.conversations import Inbound, receive
from desk.database import Database
from desk.database.models import InboxMessage, utc_now
from gateway import store as module
from gateway.store import Store


async def test_a_refused_write_may_be_repeated_and_is_stored_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ACKNOWLEDGED_WITHIN", 0.2)
    store = Store(database)
    free = threading.Event()

    def slowly(session: Session) -> None:
        free.wait(5)
        receive(session, Inbound("web", "one-id", "someone", text="Hello?"), utc_now())

    with pytest.raises(SQLAlchemyError):
        await store.write(slowly, first=True)
    free.set()
    await store.write(slowly, first=True)
    await store.close()
    with database.reading() as session:
        assert session.query(InboxMessage).count() == 1
