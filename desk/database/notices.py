"""Tells other processes at once, on PostgreSQL, that something was committed."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import psycopg
import structlog
from psycopg.sql import SQL, Identifier
from sqlalchemy import text
from sqlalchemy.orm import Session

from desk.database.engine import Database

log = structlog.get_logger(__name__)

_HERE: Final = secrets.token_hex(4)  # this process, among those that work on the database
_PREFIX: Final = "frontdesk."  # then the schema: a channel belongs to the whole database
_NOTIFY: Final = text("SELECT pg_notify(:prefix || current_schema(), :payload)")
_AGAIN_SECONDS: Final = 0.5
_BEAT_SECONDS: Final = 5.0
_CONNECT_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Notice:
    """Something was committed: by this process or another, with these kinds of events.

    Without kinds it may have been anything.
    """

    ours: bool = False
    kinds: frozenset[str] = frozenset()

    def about(self, kind: str) -> bool:
        """Whether an event of this kind may be among what was committed."""
        return not self.kinds or kind in self.kinds


def tell(session: Session, kinds: Iterable[str]) -> None:
    """Have all who listen hear of these kinds of events when the transaction commits.

    Nothing on SQLite: there everybody looks now and then.
    """
    if session.get_bind().dialect.name == "postgresql":
        payload = f"{_HERE} {','.join(sorted(set(kinds)))}"
        session.execute(_NOTIFY, {"prefix": _PREFIX, "payload": payload})


class Notices:
    """Hears what is committed, on one connection for the whole process.

    `alive` says whether that works now. A notice only saves waiting: whoever is called looks at the
    tables, and looks at them now and then without having been called, often while not `alive`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._callbacks: set[Callable[[Notice], None]] = set()
        self.alive = False

    @contextmanager
    def calling(self, callback: Callable[[Notice], None]) -> Iterator[None]:
        """Have `callback` called on the event loop for each notice, as long as the block runs."""
        self._callbacks.add(callback)
        try:
            yield
        finally:
            self._callbacks.discard(callback)

    async def listen(self) -> None:
        """Listen until cancelled, on a new connection when one is lost; on SQLite, return."""
        while not self._database.is_sqlite:
            try:
                await self._listen()
            except (psycopg.Error, OSError) as error:  # a TimeoutError is an OSError
                log.warning("notices_lost", error=type(error).__name__)
            finally:
                self.alive = False
            self._call(Notice())  # who sleeps long in the belief to be called must not
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _listen(self) -> None:
        url = self._database.url
        args, given = self._database.engine.dialect.create_connect_args(url)
        async with asyncio.timeout(_CONNECT_SECONDS):
            connection = await psycopg.AsyncConnection.connect(*args, **given, autocommit=True)
        async with connection:
            async with asyncio.timeout(_CONNECT_SECONDS):
                found: Any = await connection.execute("SELECT current_schema()")
                (schema,) = await found.fetchone()
                await connection.execute(SQL("LISTEN {}").format(Identifier(_PREFIX + schema)))
            self.alive = True
            self._call(Notice())  # for what was committed before
            while True:
                async for notify in connection.notifies(timeout=_BEAT_SECONDS):
                    self._call(_read(notify.payload))
                async with asyncio.timeout(_CONNECT_SECONDS):  # a dead line does not say so itself
                    await connection.execute("SELECT 1")

    def _call(self, notice: Notice) -> None:
        for callback in tuple(self._callbacks):
            callback(notice)


def _read(payload: str) -> Notice:
    here, _, kinds = payload.partition(" ")
    return Notice(here == _HERE, frozenset(kinds.split(",")) if kinds else frozenset())
