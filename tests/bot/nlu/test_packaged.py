from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from bot.nlu.packaged import DataFile, DataFileWrong


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "someweights").mkdir()
    (tmp_path / "someweights" / "weights.bin").write_bytes(b"known")
    monkeypatch.syspath_prepend(tmp_path)
    return "someweights"


def test_a_known_file_is_found(package: str) -> None:
    file = DataFile(package, "weights.bin", hashlib.sha256(b"known").hexdigest())

    assert file.path().read_bytes() == b"known"


def test_a_changed_file_is_refused_by_name(package: str) -> None:
    file = DataFile(package, "weights.bin", hashlib.sha256(b"other").hexdigest())

    with pytest.raises(DataFileWrong, match=r"weights\.bin has the SHA-256"):
        file.path()


@pytest.mark.parametrize(
    ("name", "inside", "says"),
    [("notinstalled", "weights.bin", "make setup"), ("someweights", "gone.bin", "is missing")],
)
@pytest.mark.usefixtures("package")
def test_what_is_missing_is_named(name: str, inside: str, says: str) -> None:
    with pytest.raises(DataFileWrong, match=says):
        DataFile(name, inside, "").path()
