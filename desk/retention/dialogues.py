"""Removes what the dialogue keeps of conversations in a database of its own."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from sqlalchemy import create_engine, delete, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.sql import column, table

_EVENTS = table("events", column("sender_id"), column("timestamp"))
_LOCK_WAIT_SECONDS = 20


class Dialogues:
    """The dialogue's database: a table `events`, by conversation (`sender_id`) and Unix time.

    `url` is None where there is none. A database or table that is not there yet holds nothing.
    Its rows go before those of the caller's transaction are committed: without the conversation
    nobody would know which they were.
    """

    def __init__(self, url: str | None) -> None:
        self._engine = None
        if url is None:
            return
        parsed = make_url(url)
        if parsed.get_backend_name() == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() == "sqlite":
            if not (parsed.database and Path(parsed.database).is_file()):
                return
            settled = {"timeout": _LOCK_WAIT_SECONDS}
        else:
            settled = {}
        self._engine = create_engine(parsed, connect_args=settled, hide_parameters=True)
        if not inspect(self._engine).has_table("events"):
            self.close()

    def forget(
        self,
        conversation_ids: Collection[str],
        *,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> None:
        """Delete what is kept of these conversations, all of it or of a time."""
        if self._engine is None or not conversation_ids:
            return
        gone = delete(_EVENTS).where(_EVENTS.c.sender_id.in_(conversation_ids))
        if since is not None:
            gone = gone.where(_EVENTS.c.timestamp >= since.timestamp())
        if until is not None:
            gone = gone.where(_EVENTS.c.timestamp <= until.timestamp())
        with self._engine.begin() as connection:
            connection.execute(gone)

    def forget_before(self, before: datetime, keep: Collection[str]) -> None:
        """Delete what was said before a time, except in the conversations `keep`."""
        if self._engine is None:
            return
        old = _EVENTS.c.timestamp < before.timestamp()
        with self._engine.begin() as connection:
            connection.execute(delete(_EVENTS).where(old, _EVENTS.c.sender_id.not_in(keep)))

    def close(self) -> None:
        """Give its connections back."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None
