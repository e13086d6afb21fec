"""Two of each process on one PostgreSQL, and what stands before the two gateways."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import httpx
from fastapi import FastAPI, Request, Response

from desk.settings import ROOT
from tests.support import FrontDesk, free_ports

NAMES: Final = ("gateway", "console", "actions", "rasa")
_HEALTH: Final = {"gateway": "/health/live", "console": "/health/live", "actions": "/health"}


def balancer(urls: list[str]) -> FastAPI:
    """Gives each request to either gateway, to the other when that one is away.

    Every other webhook goes to both at once, as a provider does that is not sure.
    """
    client = httpx.AsyncClient(timeout=20)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with client:
            yield

    app = FastAPI(lifespan=lifespan)

    @app.api_route("/{path:path}", methods=["GET", "POST"])
    async def pass_on(request: Request, path: str) -> Response:
        body, order = await request.body(), random.sample(urls, len(urls))
        query = f"?{request.url.query}" if request.url.query else ""

        async def ask(url: str) -> httpx.Response | None:
            try:
                return await client.request(
                    request.method,
                    f"{url}/{path}{query}",
                    content=body,
                    headers=request.headers.raw,
                )
            except httpx.HTTPError:
                return None

        if path.startswith("webhooks/") and random.random() < 0.5:
            answers = [one for one in await asyncio.gather(*map(ask, order)) if one is not None]
        else:
            answers = [one for url in order if (one := await ask(url)) is not None][:1]
        if not answers:
            return Response(status_code=502)
        kind = answers[0].headers.get("content-type")
        return Response(answers[0].content, answers[0].status_code, media_type=kind)

    return app


class TwoOfEach(FrontDesk):
    """`frontdesk run`, and a second one of each process beside it."""

    def __init__(self, folder: Path, database_url: str, public_url: str) -> None:
        super().__init__(folder)
        self.second = dict(zip(NAMES, free_ports(len(NAMES)), strict=True))
        self._seconds: dict[str, subprocess.Popen[bytes]] = {}
        self.environment |= {
            "DATABASE_URL": database_url,
            "FRONTDESK_TRACKER_URL": database_url,
            "FRONTDESK_PUBLIC_URL": public_url,
            "RASA_URL": ",".join(self.both("rasa")),
            "ACTIONS_URL": ",".join(self.both("actions")),
        }

    def both(self, name: str) -> list[str]:
        """The addresses of the first and the second of its kind."""
        return [self.address(name), f"http://127.0.0.1:{self.second[name]}"]

    def start(self, timeout: float = 480) -> float:
        """Start all nine and wait until each is ready."""
        took = super().start(timeout)
        for name in NAMES:
            self.start_second(name)
        for name in NAMES:
            self.wait_for_second(name)
        return took

    def start_second(self, name: str) -> None:
        """Start the second of its kind."""
        with (self.folder / f"second-{name}.log").open("ab") as log:
            self._seconds[name] = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.one_more", name],
                cwd=ROOT,
                env=self.environment | {f"{name.upper()}_PORT": str(self.second[name])},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait_for_second(self, name: str, seconds: float = 180) -> None:
        """Wait until the second of its kind answers."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                httpx.get(self.both(name)[1] + _HEALTH.get(name, "/"), timeout=5)
            except httpx.TransportError:
                time.sleep(0.3)
            else:
                return
        raise AssertionError(f"the second {name} was not ready")

    def kill_second(self, name: str) -> None:
        """SIGKILL the second of its kind; nobody starts it again."""
        self._seconds[name].kill()
        self._seconds[name].wait(10)

    def stop(self) -> int:
        """Stop the second ones, then all others; the exit code of these."""
        for process in self._seconds.values():
            process.terminate()
        for process in self._seconds.values():
            process.wait(30)
        return super().stop()
