"""The disk of the database is full: webhooks are refused, and all goes on when there is room."""

from __future__ import annotations

import time

import pytest

from tests.faults.conftest import Note
from tests.faults.people import Traffic
from tests.faults.scene import Scene
from tests.faults.test_database import verdict_of

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
FULL_SECONDS = 20.0


def test_a_disk_that_is_full(front: Scene, note: Note) -> None:
    if not front.disk.is_mount():
        pytest.skip("no disk of its own may be mounted here: that takes root")
    down = False
    with Traffic(front, 10.0) as traffic:
        time.sleep(2)
        try:
            front.fill_disk()
            time.sleep(FULL_SECONDS)
        finally:
            front.free_disk()
        if front.server is not None and not front.server.running():
            down = True
            front.server.start()  # as its service manager does: it stops when its log cannot grow
        time.sleep(3)
    verdict, measured = verdict_of(front, traffic, refused=True)
    if down:
        measured += "; PostgreSQL had stopped itself and was started again"
    note(f"disk full for {FULL_SECONDS:.0f} s", verdict, measured=measured)
