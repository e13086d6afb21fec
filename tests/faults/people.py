"""Residents who write once each, while something fails, and whose provider repeats what it must."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from dataclasses import dataclass, field
from typing import Final, Self

import httpx

from tests.faults.scene import Scene
from tests.load.traffic import DANGER, Text, Twilio

QUESTIONS: Final = (
    "where is the nearest police station to 00105",
    "how do i get a copy of a police report?",
    "what police district covers 00111",
)
_REPEAT_AFTER: Final = 1.0
_AT_MOST: Final = 240.0


@dataclass(slots=True)
class Told:
    """One text of somebody who writes nothing else, and how it was taken."""

    text: Text
    sid: str = ""
    posted_at: float = 0.0  # epoch seconds
    accepted_at: float | None = None
    refusals: list[int | None] = field(default_factory=list)  # statuses; None: no answer at all
    waits: list[float] = field(default_factory=list)  # seconds until each answer

    @property
    def phone(self) -> str:
        """Who wrote."""
        return self.text.phone


class Traffic:
    """New residents who write at a steady pace, as long as the block runs.

    What is not acknowledged is repeated, every second, until it is. At the end of the block it
    waits for that.
    """

    def __init__(self, scene: Scene, rate: float, danger_every: int = 5) -> None:
        self.told: list[Told] = []
        self._scene = scene
        self._rate = rate
        self._danger_every = danger_every
        self._over = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._write()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over()

    def over(self) -> None:
        """Let nobody write any more, and wait until all are acknowledged."""
        self._over.set()
        self._thread.join(_AT_MOST + 60)
        assert not self._thread.is_alive()

    @property
    def refusals(self) -> list[int | None]:
        """Every answer that was no 2xx."""
        return [status for one in self.told for status in one.refusals]

    @property
    def longest_wait(self) -> float:
        """Seconds until the slowest answer of the gateway, whatever it was."""
        return max((wait for one in self.told for wait in one.waits), default=0.0)

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        tasks = []
        async with Twilio(self._scene.desk) as twilio:
            for number in itertools.count():
                await asyncio.sleep(max(0.0, began + number / self._rate - loop.time()))
                if self._over.is_set():
                    break
                danger = number % self._danger_every == self._danger_every - 1
                words = DANGER if danger else QUESTIONS
                text = Text(next(self._scene.numbers), words[number % len(words)], danger)
                told = Told(text)
                self.told.append(told)
                tasks.append(asyncio.create_task(deliver(twilio, told)))
            await asyncio.gather(*tasks)


async def deliver(twilio: Twilio, told: Told) -> None:
    """Post a text again and again until it is acknowledged, as a provider does."""
    told.posted_at = time.time()
    until = time.monotonic() + _AT_MOST
    while time.monotonic() < until:
        began = time.monotonic()
        sent = await twilio.post(told.text, sid=told.sid)
        told.waits.append(time.monotonic() - began)
        told.sid = sent.sid
        if sent.accepted:
            told.accepted_at = time.time()
            return
        told.refusals.append(sent.status)
        await asyncio.sleep(_REPEAT_AFTER)


def write(scene: Scene, *texts: str) -> list[Told]:
    """New residents write one text each, all at once; returns when all are acknowledged."""
    told = [Told(Text(next(scene.numbers), text, text in DANGER)) for text in texts]

    async def post() -> None:
        async with Twilio(scene.desk) as twilio:
            await asyncio.gather(*(deliver(twilio, one) for one in told))

    asyncio.run(post())
    return told


def questions(count: int) -> list[str]:
    """So many questions that the bot answers by itself."""
    return [QUESTIONS[number % len(QUESTIONS)] for number in range(count)]


def is_5xx(status: int | None) -> bool:
    """A provider repeats what was answered so."""
    return status is not None and httpx.codes.is_server_error(status)
