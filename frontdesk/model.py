"""Knows which trained model fits the training data, and trains one when none does."""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from desk.settings import ROOT

MODELS: Final = ROOT / "models"
RASA: Final = ROOT / "bot" / ".venv" / "bin" / "rasa"
RASA_PYTHON: Final = RASA.with_name("python")
_SOURCES: Final = (
    "config.yml",
    "domain.yml",
    "data/**/*.yml",
    "bot/*.py",
    "bot/nlu/**/*.py",
    "bot/requirements.lock",
)
_TRAINING_SECONDS: Final = 900


class TrainingFailed(RuntimeError):
    """`rasa train` ended with an error; the message names its log."""


def sources() -> Iterator[Path]:
    """Every file that a model is made from, in a fixed order."""
    for pattern in _SOURCES:
        yield from sorted(ROOT.glob(pattern))


def fingerprint() -> str:
    """Twelve hex digits that change when a source of the model changes."""
    digest = hashlib.sha256()
    for path in sources():
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def current() -> Path | None:
    """The model to run: one of this fingerprint, or one trained by hand after the last change.

    The second lets staff call `rasa train` themselves; such a model has a name of Rasa's choosing.
    """
    ours = MODELS / f"frontdesk-{fingerprint()}.tar.gz"
    last_change = max(path.stat().st_mtime for path in sources())
    by_hand = [
        path
        for path in MODELS.glob("*.tar.gz")
        if not path.name.startswith("frontdesk-") and path.stat().st_mtime > last_change
    ]
    candidates = [path for path in (ours, *by_hand) if path.is_file()]
    return max(candidates, key=lambda path: path.stat().st_mtime, default=None)


def rasa_environment() -> dict[str, str]:
    """The environment that every Rasa process is started with."""
    return {
        **os.environ,
        "RASA_TELEMETRY_ENABLED": "false",
        "PYTHONWARNINGS": "ignore",  # pages of deprecations in what Rasa pins
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }


def train() -> Path:
    """Train a model from the sources and return its file. Raises TrainingFailed."""
    if not RASA.is_file():
        raise TrainingFailed("Rasa is not installed: run `make setup` first.")
    name = f"frontdesk-{fingerprint()}"
    log = ROOT / "var" / "log" / "train.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    arguments = ("train", "--fixed-model-name", name, "--out", str(MODELS))
    with (
        log.open("w") as output,
        Progress(
            SpinnerColumn(),
            TextColumn("Training the model"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
        ) as progress,
    ):
        progress.add_task("train")
        process = subprocess.Popen(  # noqa: S603 - our own interpreter, fixed arguments
            [str(RASA_PYTHON), "-m", "bot", *arguments],
            cwd=ROOT,
            env=rasa_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + _TRAINING_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.2)
        if process.poll() is None:
            process.kill()
    trained = MODELS / f"{name}.tar.gz"
    if process.returncode != 0 or not trained.is_file():
        raise TrainingFailed(f"Training failed; {log.relative_to(ROOT)} says why.")
    return trained
