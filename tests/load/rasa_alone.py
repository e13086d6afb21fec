"""One Rasa process by itself, ours or a stock quick-start project, under the same messages."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx

from desk.conversations import conversation_for
from desk.database import Database
from desk.settings import ROOT
from frontdesk import model
from tests.load import machine
from tests.load.traffic import TALKS
from tests.support import FrontDesk, free_ports

STOCK: Final = ROOT / "var" / "stock-rasa"
"""Where the quick-start project is made and trained, once."""

AT_ONCE: Final = 8
_START_SECONDS: Final = 240.0
_TRAINING_SECONDS: Final = 900.0
_TALKING: Final = 4  # conversations that grow side by side
_AROUND: Final = 4  # messages before and after the one whose cost is asked: a clock tick is 10 ms
_TEXTS: Final = tuple(itertools.chain.from_iterable(TALKS))
_MET_AT_ONCE: Final = 500  # the less often, the less the load generator is in the way
_NUMBERS: Final = itertools.count(1)


class NotStarted(RuntimeError):
    """Rasa did not get ready; the message is the end of its log."""


class RasaAlone:
    """A Rasa process on a port of its own. Use as a context manager; `started` is in seconds.

    `meet` makes a conversation and gives its id; `say` posts one message of it to `path`.
    """

    def __init__(
        self,
        trained: Path,
        folder: Path,
        environment: dict[str, str],
        path: str,
        body: Callable[[str, str], dict[str, Any]],
        meet: Callable[[], str],
        *,
        arguments: Sequence[str] = (),
        command: Sequence[str] = (str(model.RASA_PYTHON), "-m", "rasa"),
        token: str = "alone",  # noqa: S107 - this machine, these minutes
    ) -> None:
        (port,) = free_ports(1)
        self.meet = meet
        self.started = 0.0
        self._trained, self._folder, self._environment = trained, folder, environment
        self._path, self._body, self._token = path, body, token
        self._address = f"http://127.0.0.1:{port}"
        self._command = [
            *command,
            "run",
            *("--model", str(trained), "--port", str(port), "--interface", "127.0.0.1"),
            *("--enable-api", "--auth-token", token, *arguments),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> RasaAlone:
        log = self._environment["RASA_ALONE_LOG"]
        began = time.monotonic()
        with Path(log).open("wb") as output:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        while not self._ready():
            if self._process.poll() is not None or time.monotonic() - began > _START_SECONDS:
                self.__exit__()
                raise NotStarted(Path(log).read_text(errors="replace")[-2000:])
            time.sleep(0.1)
        self.started = time.monotonic() - began
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(timeout=30)

    def _ready(self) -> bool:
        try:
            answer = httpx.get(f"{self._address}/status", params={"token": self._token}, timeout=2)
        except httpx.HTTPError:
            return False
        return answer.status_code == httpx.codes.OK

    def usage(self) -> machine.Usage:
        """What the process has taken so far."""
        assert self._process is not None
        return machine.usage(self._process.pid)

    async def say(self, client: httpx.AsyncClient, conversation: str, text: str) -> None:
        """Have one message answered. Raises httpx.HTTPStatusError when it is not."""
        answer = await client.post(
            self._address + self._path,
            json=self._body(conversation, text),
            headers={"Authorization": f"Bearer {self._token}"},
        )
        answer.raise_for_status()

    def swap(self) -> float:
        """Seconds in which the process loads its model anew, and answers nobody."""
        began = time.monotonic()
        httpx.put(
            f"{self._address}/model",
            params={"token": self._token},
            json={"model_file": str(self._trained)},
            timeout=120,
        ).raise_for_status()
        return time.monotonic() - began


@dataclass(frozen=True, slots=True)
class Busy:
    """A process that always has work: messages a second, and CPU milliseconds for each."""

    rate: float
    cpu_ms: float


def ours(desk: FrontDesk) -> RasaAlone:
    """Our model and our channel, with the action server and the database of a front desk."""
    settings = json.loads((desk.folder / "local-settings.json").read_text())
    token = settings["FRONTDESK_INTERNAL_TOKEN"]

    def body(conversation: str, text: str) -> dict[str, Any]:
        return {
            "conversation_id": conversation,
            "message_id": uuid.uuid4().hex,
            "channel": "sms",
            "language": "en",
            "text": text,
        }

    met = _met(desk)
    return RasaAlone(
        model.current() or model.train(),
        ROOT,
        {
            **model.rasa_environment(),
            "FRONTDESK_INTERNAL_TOKEN": token,
            "ACTIONS_URL": f"http://127.0.0.1:{desk.ports['ACTIONS_PORT']}",
            "FRONTDESK_TRACKER_URL": f"sqlite:///{desk.folder}/tracker-alone.db",
            "RASA_ALONE_LOG": str(desk.folder / "rasa-alone.log"),
        },
        "/webhooks/frontdesk/turn",
        body,
        lambda: next(met),
        command=(str(model.RASA_PYTHON), "-m", "bot"),
        token=token,
    )


def _met(desk: FrontDesk) -> Iterator[str]:
    """Conversations with a row in the desk's database, which reports refer to."""
    while True:
        database = Database(desk.database_url)
        with database.transaction() as session:
            addresses = [f"+1209556{next(_NUMBERS):06}" for _ in range(_MET_AT_ONCE)]
            now = datetime.now(UTC)
            made = [conversation_for(session, "sms", one, now=now).id for one in addresses]
        database.close()
        yield from made


def stock() -> RasaAlone:
    """What `rasa init` makes: DIET, TED, a REST channel, trackers in memory, no action server."""
    trained = _newest_model() or _train_stock()
    return RasaAlone(
        trained,
        STOCK,
        {**model.rasa_environment(), "RASA_ALONE_LOG": str(STOCK / "rasa.log")},
        "/webhooks/rest/webhook",
        lambda conversation, text: {"sender": conversation, "message": text},
        lambda: uuid.uuid4().hex,
        arguments=("--credentials", "credentials.yml"),
    )


def _newest_model() -> Path | None:
    return max((STOCK / "models").glob("*.tar.gz"), key=os.path.getmtime, default=None)


def _train_stock() -> Path:
    STOCK.mkdir(parents=True, exist_ok=True)
    with (STOCK / "train.log").open("wb") as log:
        subprocess.run(
            [str(model.RASA_PYTHON), "-m", "rasa", "init", "--no-prompt", "--init-dir", "."],
            cwd=STOCK,
            env=model.rasa_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            timeout=_TRAINING_SECONDS,
            check=True,
        )
    trained = _newest_model()
    assert trained is not None, f"{STOCK}/train.log says why there is no model"
    return trained


async def busy(rasa: RasaAlone, seconds: float, *, new: bool) -> Busy:
    """Short talks, `AT_ONCE` of them at any time, for so many seconds.

    With `new` no two texts are the same, so that no memory of answers helps.
    """
    until = answered = 0.0

    async def resident(client: httpx.AsyncClient, first: int) -> None:
        nonlocal answered
        for talk in itertools.islice(itertools.cycle(TALKS), first, None):
            conversation = rasa.meet()
            for text in talk:
                if time.monotonic() > until:
                    return
                await rasa.say(client, conversation, _new(text) if new else text)
                answered += 1

    async with httpx.AsyncClient(timeout=60) as client:
        for talk in TALKS:  # warm up
            conversation = rasa.meet()
            for text in talk:
                await rasa.say(client, conversation, text)
        before, began = rasa.usage(), time.monotonic()
        until = began + seconds
        await asyncio.gather(*(resident(client, one) for one in range(AT_ONCE)))
    took, cpu = time.monotonic() - began, rasa.usage().cpu_seconds - before.cpu_seconds
    return Busy(answered / took, 1000 * cpu / answered)


async def growth(rasa: RasaAlone, marks: Sequence[int]) -> dict[int, float]:
    """CPU milliseconds that the so many-th message of a conversation costs."""
    spent = dict.fromkeys(marks, 0.0)
    async with httpx.AsyncClient(timeout=60) as client:
        talks = [rasa.meet() for _ in range(_TALKING)]
        for number in range(1, max(marks) + _AROUND + 1):
            before = rasa.usage().cpu_seconds
            for place, talk in enumerate(talks):
                text = _TEXTS[(number + 2 * place) % len(_TEXTS)]
                await rasa.say(client, talk, _new(text))
            took = rasa.usage().cpu_seconds - before
            for mark in marks:
                if abs(number - mark) <= _AROUND:
                    spent[mark] += took
    return {mark: 1000 * cpu / (_TALKING * (2 * _AROUND + 1)) for mark, cpu in spent.items()}


def _new(text: str) -> str:
    return f"{text} {next(_NUMBERS)}"
