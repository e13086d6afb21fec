"""Clients that dawdle, sit idle or send far too much: everybody else is served as ever."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    suppress,
)
from urllib.parse import urlsplit

import httpx
import pytest

from tests.faults.conftest import Note
from tests.faults.counts import Verdict
from tests.faults.people import Told, Traffic, deliver
from tests.faults.scene import Scene
from tests.faults.verdict import danger_times, judge
from tests.load.outcome import percentile
from tests.load.traffic import Text, Twilio

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
RATE = 5.0
SLOW_CLIENTS = 200
STREAMS = 1000
BROWSERS = 20
LARGE = 10 * 1024 * 1024
ACKNOWLEDGED_WITHIN = 0.5  # p95; with nobody dawdling it is less than 0.1
DANGER_SECONDS = 2.0
SECONDS = 15.0

Crowd = Callable[[Scene], AbstractAsyncContextManager[str]]


@asynccontextmanager
async def slow_clients(front: Scene) -> AsyncIterator[str]:
    """Half of them bring their headers, half their body, one byte in a second."""
    head = b"POST /webhooks/twilio HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"
    with_body = head + b"Content-Length: 100000\r\n\r\n"
    port = front.desk.ports["GATEWAY_PORT"]
    writers = []
    for number in range(SLOW_CLIENTS):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(with_body if number % 2 else head)
        writers.append(writer)
    dawdling = asyncio.create_task(_dawdle(writers))
    try:
        yield f"{SLOW_CLIENTS} slow clients (headers or body byte by byte)"
    finally:
        dawdling.cancel()
        await _hang_up(writers)


async def _dawdle(writers: list[asyncio.StreamWriter]) -> None:
    while True:
        for writer in writers:
            writer.write(b"x")
        await asyncio.sleep(1)


async def _hang_up(writers: list[asyncio.StreamWriter]) -> None:
    for writer in writers:
        writer.transport.abort()
    await asyncio.sleep(0.1)  # the loop closes them in its next round


@asynccontextmanager
async def idle_streams(front: Scene) -> AsyncIterator[str]:
    """Browsers that look at the chat and say nothing."""
    address = front.desk.address("gateway")
    cookies = [await _browser(address) for _ in range(BROWSERS)]
    writers: list[asyncio.StreamWriter] = []
    try:
        for number in range(STREAMS):
            reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(address).port)
            writers.append(writer)
            cookie = cookies[number % BROWSERS]
            writer.write(
                f"GET /chat/stream HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n".encode()
            )
            if number % 50 == 49:  # the last of each fifty has to be open before the next come
                assert b" 200 " in await asyncio.wait_for(reader.readline(), 20)
        yield f"{STREAMS} idle event streams"
    finally:
        await _hang_up(writers)


async def _browser(address: str) -> str:
    """The cookie of a browser whose talk has begun."""
    async with httpx.AsyncClient(base_url=address, headers={"Origin": address}) as client:
        page = (await client.get("/chat?language=en")).text
        token = re.search(r'name="token" value="([^"]+)"', page)
        assert token
        form = {"token": token.group(1), "id": f"{time.time_ns():032x}", "text": "hello there"}
        answer = await client.post(
            "/chat/messages", data=form, headers={"Accept": "application/json"}
        )
        assert answer.status_code == httpx.codes.CREATED, answer.text
        return "; ".join(f"{key}={value}" for key, value in client.cookies.items())


@asynccontextmanager
async def large_bodies(front: Scene) -> AsyncIterator[str]:
    """Bodies of 10 MB, again and again, to every path that takes one; some do not say how long."""
    address = front.desk.address("gateway")
    paths = ("/webhooks/twilio", "/webhooks/messenger", "/chat/messages")
    statuses: set[int] = set()

    async def parts() -> AsyncIterator[bytes]:
        for _ in range(LARGE // 65536):
            yield b"\0" * 65536

    async def send() -> None:
        async with httpx.AsyncClient(base_url=address, timeout=30) as client:
            while True:
                for path in paths:
                    for content in (b"\0" * LARGE, parts()):
                        with suppress(httpx.TransportError):  # refused before all was sent
                            statuses.add((await client.post(path, content=content)).status_code)

    tasks = [asyncio.create_task(send()) for _ in range(4)]
    try:
        yield f"bodies of {LARGE // 1024**2} MB"
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert statuses <= {413}, statuses


@pytest.mark.parametrize("crowd", [slow_clients, idle_streams, large_bodies])
def test_others_are_unharmed_by(front: Scene, note: Note, crowd: Crowd) -> None:
    async def served() -> str:
        async with crowd(front) as named:
            with Traffic(front, RATE) as traffic:
                people.append(traffic)
                await asyncio.sleep(SECONDS)
                await asyncio.to_thread(traffic.over)
            return named

    people: list[Traffic] = []
    name = asyncio.run(served())
    verdict, measured = unharmed(front, people[0])
    note(name, verdict, measured=measured)


def unharmed(front: Scene, traffic: Traffic) -> tuple[Verdict, str]:
    """Hold what the others got against what they get on a quiet day."""
    front.whole_again()
    verdict = judge(front, [one.phone for one in traffic.told])
    slowest = percentile([wait for one in traffic.told for wait in one.waits], 0.95)
    danger = max(danger_times(front, traffic.told))
    verdict.demand(not traffic.refusals, f"others were refused: {traffic.refusals}")
    verdict.demand(slowest < ACKNOWLEDGED_WITHIN, f"acknowledged after {slowest:.2f} s")
    verdict.demand(danger < DANGER_SECONDS, f"danger answered after {danger:.2f} s")
    verdict.demand(verdict.fixed == 0, f"{verdict.fixed} fixed texts")
    return verdict, f"others: acknowledged p95 {slowest * 1000:.0f} ms, danger {danger:.1f} s"


def test_webhooks_out_of_order(front: Scene, note: Note) -> None:
    """Status callbacks before their message is noted, and a talk's texts back to front."""
    people = [next(front.numbers) for _ in range(10)]
    texts = ("thank you", "what police district covers 00111", "hello there")

    async def post() -> None:
        async with Twilio(front.desk) as twilio:
            for text in texts:
                await asyncio.gather(
                    *(deliver(twilio, Told(Text(person, text))) for person in people)
                )

    asyncio.run(post())
    front.whole_again()
    verdict = judge(front, people, each=len(texts))
    note("out of order", verdict)
