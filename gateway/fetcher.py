"""Brings in the photos that residents sent, after their messages were acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Final

import anyio
import httpx
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from desk import attachments
from desk.attachments import NotAPhoto, Waiting
from desk.conversations import add_outbound
from desk.database.models import Conversation, utc_now
from desk.reply import Reply
from desk.settings import Settings
from desk.wording import as_language, say
from gateway.media import Media, NotFetched
from gateway.store import Store
from gateway.waking import Signal

log = structlog.get_logger(__name__)

AT_ONCE: Final = 4
"""Files fetched at the same time."""

WAITS: Final = (2.0, 10.0, 60.0, 300.0, 900.0)
"""Seconds after each try that failed; then the resident is asked to send the photo again."""

_POLL_SECONDS: Final = 1.0  # finds retries, and what a crash left behind
_SLACK: Final = timedelta(seconds=20)
_TROUBLE_SECONDS: Final = 0.5
_TENDER: Final = timedelta(days=1)
_WORDS: Final[Mapping[str, str]] = {
    "type": "gateway.photo_type",
    "broken": "gateway.photo_type",
    "large": "gateway.photo_large",
    "many": "gateway.photo_many",
}
_LOST: Final = "gateway.photo_lost"


class Fetcher:
    """One loop over the attachments that wait.

    It holds up nobody: a message is acknowledged, screened and answered without its photos. A
    process that dies in the middle loses nothing: after the lease they are fetched again.
    `outbound` is called when there is something to send.
    """

    def __init__(
        self, settings: Settings, store: Store, media: Media, outbound: Callable[[], None]
    ) -> None:
        self._store = store
        self._media = media
        self._outbound = outbound
        self._timeout = settings.provider_timeout
        self._lease = timedelta(seconds=settings.provider_timeout) + _SLACK
        self._signal = Signal()
        self._stopping = False
        self._in_hand: set[asyncio.Task[None]] = set()
        self._drawing = anyio.CapacityLimiter(1)  # one photo unpacked takes up to 250 MB

    def wake(self) -> None:
        """A message was screened: look at once for what came with it."""
        self._signal.set()

    async def run(self) -> None:
        """Work until `stop`. What is under way then is given up, and fetched after the lease."""
        while not self._stopping:
            claimed: list[Waiting] = []
            try:
                claimed = await self._claim()
            except SQLAlchemyError:
                log.exception("fetching_stopped")
                await asyncio.sleep(_TROUBLE_SECONDS)
            for one in claimed:
                task = asyncio.create_task(self._take(one))
                self._in_hand.add(task)
                task.add_done_callback(self._finished)
            if not claimed:
                await self._signal.wait(_POLL_SECONDS)
        for task in self._in_hand:
            task.cancel()
        await asyncio.gather(*self._in_hand, return_exceptions=True)

    def stop(self) -> None:
        """Take up nothing new."""
        self._stopping = True
        self._signal.set()

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._in_hand.discard(task)
        self._signal.set()

    async def _claim(self) -> list[Waiting]:
        free = AT_ONCE - len(self._in_hand)
        if not free or not await self._store.read(
            lambda session: attachments.waits(session, utc_now())
        ):
            return []
        return await self._store.write(
            lambda session: attachments.claim(session, now=utc_now(), lease=self._lease, limit=free)
        )

    async def _take(self, one: Waiting) -> None:
        try:
            await self._bring_in(one)
            self._outbound()
        except SQLAlchemyError:  # the lease runs out and it is fetched again
            log.exception("attachment_not_noted", attachment_id=one.id)
        except Exception:
            log.exception("fetching_broke", attachment_id=one.id)

    async def _bring_in(self, one: Waiting) -> None:
        if one.problem is not None:
            await self._store.write(partial(_refuse, one, one.problem))
            return
        if one.attempts > len(WAITS) + 1:  # what ended with us and not with an answer
            await self._store.write(partial(_lose, one))
            return
        try:
            async with asyncio.timeout(self._timeout):
                content = await self._media.fetch(one.channel, one.url)
            photo = await anyio.to_thread.run_sync(
                attachments.read_photo, content, limiter=self._drawing
            )
        except NotAPhoto as refused:
            log.info("attachment_refused", attachment_id=one.id, why=refused.problem)
            await self._store.write(partial(_refuse, one, refused.problem))
        except NotFetched as failed:
            await self._failed(one, failed)
        except (httpx.HTTPError, TimeoutError) as error:
            await self._failed(one, NotFetched(type(error).__name__, again=True))
        else:
            await self._store.write(
                lambda session: attachments.keep(session, one, content, photo, utc_now())
            )

    async def _failed(self, one: Waiting, failed: NotFetched) -> None:
        log.warning(
            "attachment_not_fetched", attachment_id=one.id, why=failed.why, attempt=one.attempts
        )
        if not failed.again or one.attempts > len(WAITS):
            await self._store.write(partial(_lose, one))
            return
        seconds = max(WAITS[one.attempts - 1], failed.wait or 0.0)
        await self._store.write(
            lambda session: attachments.later(session, one, utc_now() + timedelta(seconds=seconds))
        )


def _refuse(one: Waiting, problem: str, session: Session) -> None:
    now = utc_now()
    if attachments.settle(session, one, "refused", problem, now):
        _tell(session, one, _WORDS[problem])


def _lose(one: Waiting, session: Session) -> None:
    if attachments.settle(session, one, "failed", "lost", utc_now()):
        _tell(session, one, _LOST)


def _tell(session: Session, one: Waiting, key: str) -> None:
    """Say it once for all attachments of a message; not in the midst of danger, nor after STOP."""
    now = utc_now()
    conversation = session.get_one(Conversation, one.conversation_id)
    in_danger = conversation.danger_at is not None and conversation.danger_at > now - _TENDER
    same = ["lost"] if key == _LOST else [why for why, words in _WORDS.items() if words == key]
    if in_danger or conversation.opted_out or attachments.told_already(session, one, same):
        return
    words = say(
        key,
        as_language(conversation.language),
        limit=attachments.MOST_BYTES // 1024**2,
        most=attachments.MOST_IN_ONE,
    )
    add_outbound(session, conversation, Reply(words), "desk", one.inbox_id, now=now)
