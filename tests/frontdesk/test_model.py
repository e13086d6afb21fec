"""Which trained model is run: the one that fits the data, or one that staff trained after it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from frontdesk import model


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("config.yml", "domain.yml", "data/nlu/theft.en.yml", "bot/channel.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
        os.utime(path, (1_000_000, 1_000_000))
    (tmp_path / "models").mkdir()
    monkeypatch.setattr(model, "ROOT", tmp_path)
    monkeypatch.setattr(model, "MODELS", tmp_path / "models")
    return tmp_path


def put(folder: Path, name: str, at: int) -> Path:
    path = folder / "models" / name
    path.write_bytes(b"model")
    os.utime(path, (at, at))
    return path


def test_the_model_of_this_data_is_run(checkout: Path) -> None:
    trained = put(checkout, f"frontdesk-{model.fingerprint()}.tar.gz", 500_000)
    assert model.current() == trained


def test_changed_data_asks_for_a_new_model(checkout: Path) -> None:
    put(checkout, f"frontdesk-{model.fingerprint()}.tar.gz", 2_000_000)
    (checkout / "data/nlu/theft.en.yml").write_text("another example")
    assert model.current() is None


def test_a_model_trained_by_hand_after_the_last_change_is_run(checkout: Path) -> None:
    put(checkout, f"frontdesk-{model.fingerprint()}.tar.gz", 1_500_000)
    by_hand = put(checkout, "20261122-120000-bright-lake.tar.gz", 2_000_000)
    assert model.current() == by_hand


def test_a_model_trained_by_hand_before_the_last_change_is_not_run(checkout: Path) -> None:
    put(checkout, "20261122-120000-bright-lake.tar.gz", 900_000)
    assert model.current() is None
