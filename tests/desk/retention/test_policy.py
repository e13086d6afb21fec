"""What a department says about keeping is read whole, or nothing may be deleted."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from desk.retention import PolicyBroken, load_policy
from desk.settings import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "department" / "reports", tmp_path / "reports")
    shutil.copy(ROOT / "department" / "retention.yml", tmp_path)
    return tmp_path


def test_the_demo_city_has_one_and_a_type_with_its_own_days() -> None:
    policy = load_policy(ROOT / "department")
    assert policy.defaults.drafts == 30
    assert policy.by_type == {"house_check": 45}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("drafts: 30", "drafts: 29", "drafts"),
        ("audit: 2555", "audit: 0", "audit"),
        ("audit: 2555", "", "audit"),
        ("photos: 180", "pictures: 180", "photos"),
        ("photos: 180", "photos: [", "retention.yml"),
    ],
)
def test_what_is_wrong_with_it_is_named(folder: Path, old: str, new: str, told: str) -> None:
    path = folder / "retention.yml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(PolicyBroken, match=told):
        load_policy(folder)


def test_without_one_nothing_may_be_deleted(folder: Path) -> None:
    (folder / "retention.yml").unlink()
    with pytest.raises(PolicyBroken, match="missing"):
        load_policy(folder)
