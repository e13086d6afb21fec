"""The database goes away: webhooks are refused so that they are repeated, and nothing is lost."""

from __future__ import annotations

import time

import pytest

from tests.conversations.residents import WebResident
from tests.faults.conftest import Note
from tests.faults.counts import Verdict
from tests.faults.people import Traffic, is_5xx
from tests.faults.scene import Scene
from tests.faults.verdict import danger_times, judge

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
AWAY_SECONDS = 10.0
LOCKED_SECONDS = 20.0
DANGER_SECONDS = 5.0  # once the message is taken
TWILIO_WAITS = 15.0
RATE = 5.0


def verdict_of(front: Scene, traffic: Traffic, *, refused: bool) -> tuple[Verdict, str]:
    front.whole_again()
    verdict = judge(front, [one.phone for one in traffic.told])
    for status in traffic.refusals:
        verdict.demand(is_5xx(status), f"answered {status} while the database was away")
    verdict.demand(bool(traffic.refusals) == refused, f"refusals: {len(traffic.refusals)}")
    verdict.demand(traffic.longest_wait < TWILIO_WAITS, "kept the provider waiting")
    dangers = danger_times(front, traffic.told)
    for seconds in dangers:
        verdict.demand(seconds < DANGER_SECONDS, f"danger answered after {seconds:.1f} s")
    measured = (
        f"{len(traffic.refusals)} refused, the slowest after {traffic.longest_wait:.1f} s; danger "
        f"answered {max(dangers):.1f} s after it was taken"
    )
    return verdict, measured


def test_a_database_that_is_stopped(front: Scene, note: Note) -> None:
    if front.server is None:
        return  # a file does not stop
    with Traffic(front, RATE) as traffic:
        time.sleep(3)
        front.server.stop("immediate")
        time.sleep(AWAY_SECONDS)
        front.server.start()
        time.sleep(5)
    verdict, measured = verdict_of(front, traffic, refused=True)
    note(f"database stopped for {AWAY_SECONDS:.0f} s, as by a crash", verdict, measured=measured)


def test_a_database_that_is_restarted(front: Scene, note: Note) -> None:
    if front.server is None:
        return
    with Traffic(front, RATE) as traffic:
        for _ in range(3):
            time.sleep(3)
            front.server.stop("fast")
            front.server.start()
        time.sleep(3)
    verdict, measured = verdict_of(front, traffic, refused=bool(traffic.refusals))
    note("database restarted", verdict, runs=3, measured=measured)


def test_a_database_that_is_locked(front: Scene, note: Note) -> None:
    browser = WebResident(front.desk.address("gateway"), "en")
    with Traffic(front, RATE) as traffic:
        time.sleep(2)
        with front.locked():
            began = time.monotonic()
            time.sleep(2)
            status, page = browser.tries("is there a station near me")
            waited = time.monotonic() - began
            time.sleep(LOCKED_SECONDS - waited)
        time.sleep(3)
    browser.close()
    verdict, measured = verdict_of(front, traffic, refused=True)
    verdict.demand(is_5xx(status), f"the website answered {status}")
    verdict.demand("not sent" in page and "911" in page, f"the website said {page}")
    note(f"database locked for {LOCKED_SECONDS:.0f} s", verdict, measured=measured)
