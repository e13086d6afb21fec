"""Models are exchanged while residents write: no turn fails, and a broken file changes nothing."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import httpx
import pytest

from frontdesk import model
from tests.faults.conftest import Note
from tests.faults.people import Traffic
from tests.faults.scene import Scene
from tests.faults.verdict import judge

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
RATE = 20.0


def test_a_model_that_is_released_rolled_back_or_broken(
    front: Scene, note: Note, tmp_path: Path
) -> None:
    live = model.current()
    assert live is not None
    released = Path(shutil.copy(live, tmp_path / "frontdesk-released.tar.gz"))
    cut_off = tmp_path / "frontdesk-cut-off.tar.gz"
    cut_off.write_bytes(live.read_bytes()[: live.stat().st_size // 2])
    nonsense = tmp_path / "frontdesk-nonsense.tar.gz"
    nonsense.write_bytes(b"this is no model")
    steps = [(released, released), (live, live), (cut_off, live), (nonsense, live)]
    steps.append((tmp_path / "frontdesk-missing.tar.gz", live))
    took, wrong = [], []
    with Traffic(front, RATE, danger_every=20) as traffic:
        time.sleep(2)
        for load, wanted in steps:
            began = time.monotonic()
            status = exchange(front, load)
            took.append(time.monotonic() - began)
            if (loaded := loaded_model(front)) != wanted.name:
                wrong.append(f"{load.name}: {status}, then {loaded} was loaded")
            if httpx.codes.is_success(status) != (load == wanted):
                wrong.append(f"{load.name}: answered {status}")
            time.sleep(2)
    front.whole_again()
    verdict = judge(front, [one.phone for one in traffic.told])
    for sentence in wrong:
        verdict.demand(False, sentence)
    verdict.demand(verdict.fixed == 0, f"{verdict.fixed} turns failed")
    measured = f"the longest exchange took {max(took):.1f} s"
    name = f"model released, rolled back, broken file ({RATE:.0f} messages a second)"
    note(name, verdict, runs=len(steps), measured=measured)


def rasa(front: Scene) -> tuple[str, dict[str, str]]:
    """Rasa's address and what its own paths ask for."""
    settings = json.loads((front.desk.folder / "local-settings.json").read_text())
    address = f"http://127.0.0.1:{front.desk.ports['RASA_PORT']}"
    return address, {"token": settings["FRONTDESK_INTERNAL_TOKEN"]}


def exchange(front: Scene, load: Path) -> int:
    """Have Rasa load another model in place of its own; the status it answers."""
    address, token = rasa(front)
    answer = httpx.put(
        f"{address}/model", params=token, json={"model_file": str(load)}, timeout=120
    )
    return answer.status_code


def loaded_model(front: Scene) -> str:
    """The name of the model that Rasa says it runs."""
    address, token = rasa(front)
    answer = httpx.get(f"{address}/status", params=token, timeout=30).json()
    return str(answer.get("model_file")).rpartition("/")[2]
