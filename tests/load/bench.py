"""Measures the real processes under load, prints a table and writes docs/benchmarks.md."""

from __future__ import annotations

import asyncio
import gzip
import json
import tempfile
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from desk.settings import ROOT
from tests.load import machine
from tests.load.outcome import Outcome, compare, percentile, settled
from tests.load.traffic import TALKS, Twilio, plan
from tests.support import FrontDesk

PROCESSES: Final = ("gateway", "rasa", "actions", "console", "simulator")
REPORT: Final = ROOT / "docs" / "benchmarks.md"
_RASA_AT_ONCE: Final = 8
_RASA_SECONDS: Final = 10.0
_DRAIN_SECONDS: Final = 600.0
_LOOKS_AT_PAGE: Final = 20


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `good` is None where there is no target."""

    what: str
    measured: str
    target: str = ""
    good: bool | None = None


def main(
    rate: Annotated[float, typer.Option(min=0.1, help="Texts a second.")] = 25.0,
    seconds: Annotated[float, typer.Option(min=1, help="For how long.")] = 60.0,
) -> None:
    """Drive the front desk at a steady pace, and measure what comes of it."""
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory(prefix="frontdesk-bench-") as folder:
        desk = FrontDesk(Path(folder))
        with console.status("Starting the front desk"):
            started = desk.start()
        try:
            figures = [Figure("start of all processes", f"{started:.0f} s")]
            figures += _measure(desk, console, rate, seconds)
        finally:
            desk.stop()
    _print(console, figures)
    _write(figures, rate, seconds)
    console.print(f"Written to {REPORT.relative_to(ROOT)}.")


def _measure(desk: FrontDesk, console: Console, rate: float, seconds: float) -> list[Figure]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        page = _page(desk)
        texts = plan(int(rate * seconds), at_once=max(20, int(rate * 5)), danger_every=50)
        posting = progress.add_task("Texts", total=len(texts))
        before = {name: machine.usage(desk.pid(name)) for name in PROCESSES}

        async def drive() -> Outcome:
            async with Twilio(desk) as twilio:
                sent = await twilio.drive(texts, rate, lambda: progress.advance(posting))
            began = time.monotonic()
            await asyncio.to_thread(settled, desk, _DRAIN_SECONDS)
            nonlocal drained
            drained = time.monotonic() - began
            return compare(desk, sent)

        drained = 0.0
        outcome = asyncio.run(drive())
        busy = machine.load()
        after = {name: machine.usage(desk.pid(name)) for name in PROCESSES}
        sustained = asyncio.run(_rasa_alone(desk))
    figures = _answers(outcome, len(texts), drained)
    for name in PROCESSES:
        cpu = (after[name].cpu_seconds - before[name].cpu_seconds) / len(texts)
        memory = f"{before[name].memory_mb:.0f} → {after[name].memory_mb:.0f} MB"
        figures.append(Figure(f"{name}: CPU a message; memory", f"{cpu * 1000:.1f} ms; {memory}"))
    figures.append(Figure("one Rasa process, alone", f"{sustained:.0f} messages a second"))
    figures += page
    figures.append(Figure("load average at the end of the texts", f"{busy:.1f}"))
    return figures


def _answers(outcome: Outcome, count: int, drained: float) -> list[Figure]:
    acknowledged = percentile(outcome.acknowledged, 0.99)
    answered = percentile(outcome.answered, 0.95)
    danger = max(outcome.danger, default=float("nan"))
    return [
        Figure(
            "webhook acknowledged, p50 / p95 / p99",
            _times(outcome.acknowledged, 0.5, 0.95, 0.99),
            "p99 < 100 ms",
            acknowledged < 0.1,
        ),
        Figure(
            "reply handed to the provider, p50 / p95",
            _times(outcome.answered, 0.5, 0.95),
            "p95 < 1000 ms",
            answered < 1.0,
        ),
        Figure(
            "danger answered, p50 / slowest",
            _times(outcome.danger, 0.5, 1.0),
            "< 2000 ms",
            danger < 2.0,
        ),
        Figure(
            "texts / refused / lost / doubled",
            f"{count} / {outcome.refused} / {outcome.lost} / {outcome.doubled}",
            "none of the last three",
            outcome.refused + outcome.lost + outcome.doubled == 0,
        ),
        Figure("answered by the fixed text", str(outcome.fixed)),
        Figure("time to drain afterwards", f"{drained:.1f} s"),
    ]


def _page(desk: FrontDesk) -> list[Figure]:
    """Size of what a browser loads, and how long until the page's first line is there."""
    with httpx.Client(base_url=desk.address("gateway"), timeout=10) as client:
        took = []
        for _ in range(_LOOKS_AT_PAGE):
            began = time.perf_counter()
            page = client.get("/chat")
            took.append(time.perf_counter() - began)
            page.raise_for_status()
    folder = ROOT / "webchat"
    launcher = len(gzip.compress((folder / "embed.js").read_bytes()))
    launcher += len(gzip.compress((folder / "badge.svg").read_bytes()))
    files = [(folder / name).read_bytes() for name in ("chat.css", "chat.js")]
    together = launcher + sum(len(gzip.compress(one)) for one in [page.content, *files])
    first_line = percentile(took, 0.95)
    return [
        Figure(
            "chat page and launcher, gzip",
            f"{together / 1000:.1f} kB",
            "< 30 kB",
            together < 30_000,
        ),
        Figure("launcher, gzip", f"{launcher / 1000:.1f} kB", "< 5 kB", launcher < 5_000),
        Figure(
            "page with its first line, p95",
            f"{first_line * 1000:.0f} ms",
            "< 300 ms",
            first_line < 0.3,
        ),
    ]


async def _rasa_alone(desk: FrontDesk) -> float:
    """Messages a second that one Rasa process answers when it always has work."""
    settings = json.loads((desk.folder / "local-settings.json").read_text())
    headers = {"Authorization": f"Bearer {settings['FRONTDESK_INTERNAL_TOKEN']}"}
    url = f"http://127.0.0.1:{desk.ports['RASA_PORT']}/webhooks/frontdesk/turn"
    until = time.monotonic() + _RASA_SECONDS
    answered = 0

    async def resident(client: httpx.AsyncClient, first: int) -> None:
        nonlocal answered
        talk = first
        while time.monotonic() < until:
            conversation = f"sms-{uuid.uuid4().hex}"
            for text in TALKS[talk % len(TALKS)]:
                body = {
                    "conversation_id": conversation,
                    "message_id": uuid.uuid4().hex,
                    "channel": "sms",
                    "language": "en",
                    "text": text,
                }
                response = await client.post(url, json=body, headers=headers)
                answered += response.status_code == httpx.codes.OK
            talk += 1

    began = time.monotonic()
    async with httpx.AsyncClient(timeout=30) as client:
        await asyncio.gather(*(resident(client, one) for one in range(_RASA_AT_ONCE)))
    return answered / (time.monotonic() - began)


def _times(values: Sequence[float], *shares: float) -> str:
    return " / ".join(f"{percentile(values, share) * 1000:.0f}" for share in shares) + " ms"


def _print(console: Console, figures: list[Figure]) -> None:
    table = Table("What", "Measured", "Target", "Met")
    for one in figures:
        table.add_row(one.what, one.measured, one.target, _met(one))
    console.print(table)


def _met(figure: Figure) -> str:
    return "" if figure.good is None else "yes" if figure.good else "no"


def _write(figures: list[Figure], rate: float, seconds: float) -> None:
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`; do not edit. The real processes, the load generator and the",
        f"stand-in for Twilio share one machine: {machine.named()}, SQLite.",
        f"{rate:g} texts a second for {seconds:g} s, every 50th from somebody in danger, every",
        f"50th delivered twice. {datetime.now(UTC):%Y-%m-%d}, commit {machine.commit()}.",
        "",
        "| what | measured | target | met |",
        "| --- | --- | --- | --- |",
        *(f"| {one.what} | {one.measured} | {one.target} | {_met(one)} |" for one in figures),
        "",
        "A load average above the number of cores means that others were using the machine too.",
    ]
    REPORT.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    typer.run(main)
