"""Measures the real processes under load, prints a table and writes docs/benchmarks.md."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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
from tests.load import machine, rasa_alone
from tests.load.outcome import Outcome, compare, percentile, settled
from tests.load.traffic import Sent, Twilio, plan
from tests.support import FrontDesk

PROCESSES: Final = ("gateway", "rasa", "actions", "console", "simulator")
REPORT: Final = ROOT / "docs" / "benchmarks.md"
_BURST_RATE: Final = 120.0
_MARKS: Final = (5, 50, 200)
_RASA_SECONDS: Final = 10.0
_DRAIN_SECONDS: Final = 600.0
_LOOKS_AT_PAGE: Final = 20
_FLAT: Final = 1.05  # how much more memory at the end than half-way still counts as flat


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
    burst: Annotated[
        float, typer.Option(min=0, help="Seconds of a burst of 120 texts a second; 0: none.")
    ] = 0.0,
    alone: Annotated[bool, typer.Option(help="Measure Rasa alone, and a stock one.")] = True,
) -> None:
    """Drive the front desk at a steady pace, and measure what comes of it."""
    console = Console(highlight=False)
    with _front_desk(console) as (desk, started):
        figures = [Figure("start of all processes", f"{started:.0f} s")]
        figures += _measure(desk, console, rate, seconds)
        if alone:
            figures += _rasa_alone(desk, console)
    if burst:
        with _front_desk(console) as (desk, _):
            figures += _burst(desk, console, burst)
    _print(console, figures)
    _write(figures, rate, seconds)
    console.print(f"Written to {REPORT.relative_to(ROOT)}.")


@contextmanager
def _front_desk(console: Console) -> Iterator[tuple[FrontDesk, float]]:
    """All processes, with a folder of their own, and how many seconds their start took."""
    with tempfile.TemporaryDirectory(prefix="frontdesk-bench-") as folder:
        desk = FrontDesk(Path(folder))
        with console.status("Starting the front desk"):
            started = desk.start()
        try:
            yield desk, started
        finally:
            desk.stop()


def _measure(desk: FrontDesk, console: Console, rate: float, seconds: float) -> list[Figure]:
    with _progress(console) as progress:
        page = _page(desk)
        before = _usage(desk)
        count = int(rate * seconds)
        half_way: list[dict[str, machine.Usage]] = []

        def done(number: int) -> None:
            if number == count // 2:
                half_way.append(_usage(desk))

        outcome, drained = _drive(desk, progress, rate, seconds, done)
        busy = machine.load()
        after = _usage(desk)
    figures = _answers(outcome, count, drained)
    for name in PROCESSES:
        cpu = (after[name].cpu_seconds - before[name].cpu_seconds) / count
        memory = [one[name].memory_mb for one in (before, *half_way, after)]
        figures.append(
            Figure(
                f"{name}: CPU a message; memory at the start → half-way → at the end",
                f"{cpu * 1000:.1f} ms; {' → '.join(f'{one:.0f}' for one in memory)} MB",
                "" if name == "simulator" else "as half-way",
                None if name == "simulator" else memory[-1] <= _FLAT * memory[-2],
            )
        )
    figures += page
    figures.append(Figure("load average at the end of the texts", f"{busy:.1f}"))
    return figures


def _usage(desk: FrontDesk) -> dict[str, machine.Usage]:
    return {name: machine.usage(desk.pid(name)) for name in PROCESSES}


def _drive(
    desk: FrontDesk,
    progress: Progress,
    rate: float,
    seconds: float,
    done: Callable[[int], None] = lambda _: None,
) -> tuple[Outcome, float]:
    """Post texts, and wait until all are answered: what came of them, how long it took.

    `done` is called with the number of each text that was acknowledged.
    """
    texts = plan(int(rate * seconds), at_once=max(20, int(rate * 5)), danger_every=50)
    posting = progress.add_task("Texts", total=len(texts))
    numbers = itertools.count(1)

    def acknowledged() -> None:
        progress.advance(posting)
        done(next(numbers))

    async def post() -> list[Sent]:
        async with Twilio(desk) as twilio:
            return await twilio.drive(texts, rate, acknowledged)

    sent = asyncio.run(post())
    began = time.monotonic()
    settled(desk, _DRAIN_SECONDS)
    drained = time.monotonic() - began
    return compare(desk, sent), drained


def _burst(desk: FrontDesk, console: Console, seconds: float) -> list[Figure]:
    """Far more than one machine answers at once: nobody is refused, and danger does not wait."""
    with _progress(console) as progress:
        outcome, drained = _drive(desk, progress, _BURST_RATE, seconds)
    danger = max(outcome.danger, default=float("nan"))
    bad = outcome.refused + outcome.lost + outcome.doubled
    return [
        Figure(
            f"burst of {_BURST_RATE:g} a second for {seconds:g} s: refused / lost / doubled",
            f"{outcome.refused} / {outcome.lost} / {outcome.doubled}",
            "none",
            bad == 0,
        ),
        Figure(
            "– webhook acknowledged, p50 / p95 / p99",
            _times(outcome.acknowledged, 0.5, 0.95, 0.99),
            "p99 < 100 ms",
            percentile(outcome.acknowledged, 0.99) < 0.1,
        ),
        Figure(
            "– danger answered, p50 / p95 / slowest",
            _times(outcome.danger, 0.5, 0.95, 1.0),
            "< 2000 ms",
            danger < 2.0,
        ),
        Figure("– time to drain afterwards", f"{drained:.0f} s", "< 600 s", drained < 600),
        Figure("– answered by the fixed text", str(outcome.fixed)),
    ]


def _progress(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, transient=True)


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


def _rasa_alone(desk: FrontDesk, console: Console) -> list[Figure]:
    """One Rasa process with our model, and one with what `rasa init` makes."""
    with console.status("Our Rasa alone"), rasa_alone.ours(desk) as process:
        mine = _alone(process)
    with console.status("A stock Rasa alone (trained the first time)"), rasa_alone.stock() as other:
        stock = _alone(other)
    times = mine.busy.rate / stock.busy.rate
    slower = mine.cost[_MARKS[-1]] / mine.cost[_MARKS[0]]
    marks = " / ".join(f"{mark}th" for mark in _MARKS)
    return [
        Figure(
            "one Rasa process alone, every text new: ours / stock quick start",
            f"{mine.busy.rate:.0f} / {stock.busy.rate:.0f} messages a second",
            "4 times the stock one",
            times >= 4,
        ),
        Figure("– CPU a message", f"{mine.busy.cpu_ms:.1f} / {stock.busy.cpu_ms:.1f} ms"),
        Figure(
            "– the same texts again and again",
            f"{mine.again.rate:.0f} / {stock.again.rate:.0f} messages a second; "
            f"{mine.again.cpu_ms:.1f} / {stock.again.cpu_ms:.1f} ms",
        ),
        Figure("– memory", f"{mine.memory_mb:.0f} / {stock.memory_mb:.0f} MB"),
        Figure("– start", f"{mine.start:.0f} / {stock.start:.0f} s"),
        Figure("– swap of the model", f"{mine.swap:.1f} / {stock.swap:.1f} s"),
        Figure(
            f"– CPU of the {marks} message, ours",
            " / ".join(f"{cost:.1f}" for cost in mine.cost.values()) + " ms",
            "last ≤ 1.5 × first",
            slower <= 1.5,
        ),
        Figure(
            f"– CPU of the {marks} message, stock",
            " / ".join(f"{cost:.1f}" for cost in stock.cost.values()) + " ms",
        ),
    ]


@dataclass(frozen=True, slots=True)
class Alone:
    """What one Rasa process does by itself."""

    start: float
    busy: rasa_alone.Busy
    again: rasa_alone.Busy  # the same texts again and again
    cost: dict[int, float]
    memory_mb: float
    swap: float


def _alone(process: rasa_alone.RasaAlone) -> Alone:
    again = asyncio.run(rasa_alone.busy(process, _RASA_SECONDS, new=False))
    busy = asyncio.run(rasa_alone.busy(process, _RASA_SECONDS, new=True))
    cost = asyncio.run(rasa_alone.growth(process, _MARKS))
    memory = process.usage().memory_mb
    return Alone(process.started, busy, again, cost, memory, process.swap())


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
