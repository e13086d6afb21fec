"""Plays Twilio in front of the running gateway: many residents' texts, signed, at a steady pace."""

from __future__ import annotations

import asyncio
import itertools
import json
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import aiohttp
import httpx
from twilio.request_validator import RequestValidator

from tests.support import FrontDesk

NUMBER: Final = "+12095550100"
TALKS: Final = (
    ("hello there", "where is the nearest police station to 00105", "thank you"),
    ("how do i get a copy of a police report?", "is this a real person"),
    ("hola buenas tardes", "cual es la comisaria mas cercana al 00105", "gracias"),
    ("nearest station to 6th and Main please", "what police district covers 00111"),
    ("my bike was stolen from 5th and Main last night", "a blue Trek, it was locked", "stop this"),
    ("there is a pothole on my street", "ok thanks"),
    ("can i report a lost wallet", "what is the non emergency number"),
)
DANGER: Final = (
    "he has a gun help",
    "someone is breaking into my house right now",
    "tiene una pistola ayuda",
)
_REPEATED: Final = 50  # every so many-th message comes twice, as providers do
_TWILIO_WAITS: Final = 15.0


@dataclass(frozen=True, slots=True)
class Text:
    """What one resident writes."""

    phone: str
    body: str
    danger: bool = False


@dataclass(slots=True)
class Sent:
    """A text under way: when it was posted (epoch seconds) and how it was acknowledged."""

    sid: str
    text: Text
    posted_at: float
    acknowledged: float | None = None  # seconds
    status: int | None = None

    @property
    def accepted(self) -> bool:
        """Frontdesk took it over."""
        return self.status is not None and httpx.codes.is_success(self.status)


def phones() -> Iterator[str]:
    """Numbers that nobody has: 555-0100 to 555-0199 in one area code after the other."""
    for area in range(201, 990):
        for line in range(100, 200):
            yield f"+1{area}555{line:04d}"


def plan(count: int, *, at_once: int, danger_every: int) -> list[Text]:
    """`count` texts in the order they are sent, of `at_once` residents who take turns.

    Every `danger_every`-th comes from somebody new who is in danger.
    """
    numbers = phones()
    talks = itertools.cycle(TALKS)
    talking = deque((next(numbers), iter(next(talks))) for _ in range(at_once))
    texts: list[Text] = []
    while len(texts) < count:
        if len(texts) % danger_every == danger_every - 1:
            texts.append(Text(next(numbers), DANGER[len(texts) % len(DANGER)], danger=True))
            continue
        phone, left = talking.popleft()
        if (text := next(left, None)) is None:
            phone, left = next(numbers), iter(next(talks))
            text = next(left)
        texts.append(Text(phone, text))
        talking.append((phone, left))
    return texts


class Twilio:
    """Posts signed webhooks to one front desk. Use as an async context manager."""

    def __init__(self, desk: FrontDesk) -> None:
        settings = json.loads((desk.folder / "local-settings.json").read_text())
        self._account = settings["TWILIO_ACCOUNT_SID"]
        self._validator = RequestValidator(settings["TWILIO_AUTH_TOKEN"])
        self._url = f"{desk.address('gateway')}/webhooks/twilio"
        self._client: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Twilio:
        # httpx takes eight times the CPU for a call: in a burst it would measure itself
        self._client = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=_TWILIO_WAITS),
            connector=aiohttp.TCPConnector(limit=256),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._client is not None
        await self._client.close()

    async def post(self, text: Text, times: int = 1, sid: str = "") -> Sent:
        """Post one text (`times` times, under one id) and wait until it is acknowledged.

        `sid` repeats an earlier one.
        """
        fields = {
            "AccountSid": self._account,
            "Body": text.body,
            "From": text.phone,
            "MessageSid": sid or "SM" + secrets.token_hex(16),
            "NumMedia": "0",
            "To": NUMBER,
        }
        signature = self._validator.compute_signature(self._url, fields)
        headers = {"X-Twilio-Signature": signature, "User-Agent": "TwilioProxy/1.1"}
        assert self._client is not None
        sent = Sent(fields["MessageSid"], text, time.time())
        began = time.perf_counter()
        try:
            for _ in range(times):
                async with self._client.post(self._url, data=fields, headers=headers) as answer:
                    await answer.read()
                if sent.acknowledged is None:
                    sent.acknowledged = time.perf_counter() - began
                sent.status = answer.status
        except (aiohttp.ClientError, TimeoutError):
            sent.status = None
        return sent

    async def drive(self, texts: list[Text], rate: float, done: Callable[[], None]) -> list[Sent]:
        """Post `texts` at `rate` a second, whether or not the gateway keeps up."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        tasks = []
        for number, text in enumerate(texts):
            await asyncio.sleep(max(0.0, began + number / rate - loop.time()))
            times = 2 if number % _REPEATED == _REPEATED - 1 else 1
            task = asyncio.create_task(self.post(text, times))
            task.add_done_callback(lambda _: done())
            tasks.append(task)
        return await asyncio.gather(*tasks)
