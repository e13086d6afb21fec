"""Runs database work off the event loop, many writes in one commit where only one may write."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, TypeVar

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as TookTooLong
from sqlalchemy.orm import Session

from desk.database import Database

T = TypeVar("T")
_Job = tuple[Callable[[Session], Any], "Future[Any]"]

_MOST_FIRST: Final = 32
_MOST_LATER: Final = 6  # in one commit: those who want to be acknowledged wait for its end
_GATHER_SECONDS: Final = 0.01  # what nobody waits for waits for company: commits are dear
_THREADS: Final = 16
_DEADLOCK: Final = "40P01"

ACKNOWLEDGED_WITHIN: Final = 8.0
"""Seconds. Who asks is refused then, and asks again: Twilio waits 15 s, and a browser's user less.
What was refused so may be stored all the same a little later, and its repeat is known then."""


class _OneFailed(Exception):
    """One of several jobs; the others are not to blame."""


class Store:
    """Transactions for coroutines.

    SQLite lets one transaction write at a time, and each commit waits for the disk. So one thread
    takes what is waiting and commits it together; where a job fails, each is committed by itself.
    What somebody wants acknowledged is committed apart from the rest, in turns with few others, so
    that it waits for little. PostgreSQL needs none of that and gets threads.

    Work gets a session and gives back plain values, no rows; it may run twice, but commits once.
    """

    def __init__(self, database: Database) -> None:
        self.database: Final = database
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="database")
        self._first: deque[_Job] = deque()
        self._later: deque[_Job] = deque()
        self._later_due = 0.0  # time.monotonic()
        self._changed = threading.Condition()
        self._closing = False
        self._writer: threading.Thread | None = None
        if database.is_sqlite:
            self._writer = threading.Thread(target=self._write_all, name="writer", daemon=True)
            self._writer.start()

    async def write(self, work: Callable[[Session], T], *, first: bool = False) -> T:
        """Run `work` and commit. Raises what it raises, and sqlalchemy.exc.SQLAlchemyError.

        With `first` it goes before what is waiting.
        """
        if self._writer is None:
            return await self._in_thread(self._one, work)
        return await asyncio.shield(asyncio.wrap_future(self._put((work, Future()), first)))

    async def acknowledged(self, work: Callable[[Session], T]) -> T:
        """The same, first of all, for somebody who waits to be acknowledged.

        Refused with an SQLAlchemyError when it takes too long.
        """
        try:
            async with asyncio.timeout(ACKNOWLEDGED_WITHIN):
                return await self.write(work, first=True)
        except TimeoutError:
            raise TookTooLong("the database did not store it in time") from None

    def _put(self, job: _Job, first: bool) -> Future[Any]:
        with self._changed:
            if first:
                self._first.append(job)
            else:
                self._later.append(job)
                if len(self._later) == 1:
                    self._later_due = time.monotonic() + _GATHER_SECONDS
            if first or len(self._later) in (1, _MOST_LATER):
                self._changed.notify()
        return job[1]

    async def read(self, work: Callable[[Session], T]) -> T:
        """Run `work` on a session for looking only."""
        return await self._in_thread(self._look, work)

    async def close(self) -> None:
        """Finish what is waiting; nothing may be asked of the store afterwards."""
        if self._writer is not None:
            with self._changed:
                self._closing = True
                self._changed.notify()
            await self._in_thread(self._writer.join)
        self._threads.shutdown(wait=False)

    async def _in_thread(self, work: Callable[..., T], *given: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *given)

    def _look(self, work: Callable[[Session], T]) -> T:
        with self.database.reading() as session:
            return work(session)

    def _one(self, work: Callable[[Session], T]) -> T:
        try:
            return self._transact(work)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != _DEADLOCK:
                raise
        return self._transact(work)  # the database chose us to give way: now the way is free

    def _transact(self, work: Callable[[Session], T]) -> T:
        with self.database.transaction() as session:
            return work(session)

    def _write_all(self) -> None:
        later = False
        while jobs := self._waiting(later):
            later = not later
            if len(jobs) > 1:
                jobs = self._together(jobs)
            for work, outcome in jobs:
                try:
                    result = self._transact(work)
                except Exception as error:  # noqa: BLE001 - handed to whoever asked for this work
                    outcome.set_exception(error)
                else:
                    outcome.set_result(result)

    def _together(self, jobs: list[_Job]) -> list[_Job]:
        """Commit all in one; where one fails nothing is stored, and each has to go by itself."""
        results: list[Any] = []
        try:
            with self.database.transaction() as session:
                for work, _ in jobs:
                    try:
                        results.append(work(session))
                        session.flush()
                    except Exception as error:
                        raise _OneFailed from error
                    session.expunge_all()  # the next must read rows as they are, not as seen here
        except _OneFailed:
            return jobs
        except Exception as error:  # noqa: BLE001 - handed to everybody whose work was lost
            for _, outcome in jobs:
                outcome.set_exception(error)
            return []
        for (_, outcome), result in zip(jobs, results, strict=True):
            outcome.set_result(result)
        return []

    def _waiting(self, later: bool) -> list[_Job]:
        """The jobs of the next commit; nothing at the end, which comes after everything else.

        With `later` those go that are not first, if there are any.
        """
        with self._changed:
            while not (self._first or self._closing or self._due()):
                wait = self._later_due - time.monotonic() if self._later else None
                self._changed.wait(wait)
            if self._later and (not self._first or (later and self._due())):
                source, most = self._later, _MOST_LATER
            else:
                source, most = self._first, _MOST_FIRST
            return [source.popleft() for _ in range(min(len(source), most))]

    def _due(self) -> bool:
        """Whether what nobody waits for has waited for company long enough."""
        return bool(self._later) and (
            len(self._later) >= _MOST_LATER or time.monotonic() >= self._later_due
        )
