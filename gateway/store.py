"""Runs database work off the event loop, many writes in one commit where only one may write."""

from __future__ import annotations

import asyncio
import threading
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
_THREADS: Final = 16
_DEADLOCK: Final = "40P01"

ACKNOWLEDGED_WITHIN: Final = 8.0
"""Seconds. Who asks is refused then, and asks again: Twilio waits 15 s, and a browser's user less.
What was refused so may be stored all the same a little later, and its repeat is known then."""


class Store:
    """Transactions for coroutines.

    SQLite lets one transaction write at a time, and each commit waits for the disk. So one thread
    takes what is waiting and commits it together, each job behind a savepoint of its own: a job
    that fails undoes only itself. What somebody wants acknowledged is committed by itself, in turns
    with few others, so that it waits for little. PostgreSQL needs none of that and gets threads.

    Work gets a session and gives back plain values, no rows; it may run twice, but commits once.
    """

    def __init__(self, database: Database) -> None:
        self.database: Final = database
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="database")
        self._first: deque[_Job] = deque()
        self._later: deque[_Job] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._writer: threading.Thread | None = None
        if database.is_sqlite:
            self._writer = threading.Thread(target=self._write_all, name="writer", daemon=True)
            self._writer.start()

    async def write(self, work: Callable[[Session], T], *, first: bool = False) -> T:
        """Run `work` and commit. Raises what it raises, and sqlalchemy.exc.SQLAlchemyError.

        With `first` it goes before what is waiting: somebody wants to be acknowledged, and is
        refused when it takes too long.
        """
        if not first:
            return await self._write(work, self._later)
        try:
            async with asyncio.timeout(ACKNOWLEDGED_WITHIN):
                return await self._write(work, self._first)
        except TimeoutError:
            raise TookTooLong("the database did not store it in time") from None

    async def _write(self, work: Callable[[Session], T], waiting: deque[_Job]) -> T:
        if self._writer is None:
            return await self._in_thread(self._one, work)
        outcome: Future[T] = Future()
        with self._changed:
            waiting.append((work, outcome))
            self._changed.notify()
        return await asyncio.shield(asyncio.wrap_future(outcome))

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
            results: list[tuple[Future[Any], Any, BaseException | None]] = []
            try:
                with self.database.transaction() as session:
                    if len(jobs) == 1:
                        ((work, outcome),) = jobs
                        results = [(outcome, work(session), None)]
                    else:
                        results = [self._apart(session, work, outcome) for work, outcome in jobs]
            except Exception as error:  # noqa: BLE001 - handed to everybody whose work was lost
                results = [(outcome, None, error) for _, outcome in jobs]
            for outcome, result, problem in results:
                if problem is None:
                    outcome.set_result(result)
                else:
                    outcome.set_exception(problem)

    def _waiting(self, later: bool) -> list[_Job]:
        """The jobs of the next commit; nothing at the end, which comes after everything else.

        With `later` those go that are not first, if there are any.
        """
        with self._changed:
            while not (self._first or self._later or self._closing):
                self._changed.wait()
            if self._later and (later or not self._first):
                source, most = self._later, _MOST_LATER
            else:
                source, most = self._first, _MOST_FIRST
            return [source.popleft() for _ in range(min(len(source), most))]

    @staticmethod
    def _apart(
        session: Session, work: Callable[[Session], Any], outcome: Future[Any]
    ) -> tuple[Future[Any], Any, BaseException | None]:
        try:
            with session.begin_nested():
                result = work(session)
        except Exception as error:  # noqa: BLE001 - handed to whoever asked for this work
            session.expunge_all()
            return outcome, None, error
        session.expunge_all()  # the next job must read rows as they are, not as this one saw them
        return outcome, result, None
