from __future__ import annotations

from pathlib import Path

import pytest

from bot.nlu import places
from bot.nlu.places import Gazetteer


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(places, "_LOOK_AGAIN_SECONDS", 0.0)
    write(tmp_path, "City Hall,Ayuntamiento,town hall|palacio municipal")
    return tmp_path


def write(folder: Path, *rows: str) -> None:
    (folder / "landmarks.csv").write_text("\n".join(("name,name_es,aliases", *rows)) + "\n")


@pytest.mark.parametrize("written", ["City Hall", "town hall", "AYUNTAMIENTO", "palacio municipal"])
def test_every_way_of_writing_a_place_is_found_under_its_name(folder: Path, written: str) -> None:
    (found,) = Gazetteer(folder).find(f"it was near {written}!")

    assert (found.kind, found.value) == ("place", "City Hall")
    assert (found.start, found.end) == (12, 12 + len(written))


def test_the_longest_name_wins(folder: Path) -> None:
    write(folder, "Oak Street,,", "Oak Street Park,,")

    assert [one.value for one in Gazetteer(folder).find("at oak street park")] == [
        "Oak Street Park"
    ]


def test_lists_that_change_are_read_again(folder: Path) -> None:
    gazetteer = Gazetteer(folder)
    assert gazetteer.find("at the fish market") == []

    write(folder, "Fish Market,,")

    assert [one.value for one in gazetteer.find("at the fish market")] == ["Fish Market"]


def test_a_department_without_a_gazetteer_has_no_places(tmp_path: Path) -> None:
    assert Gazetteer(tmp_path / "none").find("at city hall") == []
