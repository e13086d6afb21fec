"""The action server is down, slow, or talks nonsense: the fixed text, the queue, nothing stored."""

from __future__ import annotations

import time
from typing import Any

import pytest
from sqlalchemy import select

from desk.database.models import Conversation, OutboxMessage, QueueItem, Report
from desk.department import Department
from gateway.wording import fixed_text
from simulator.client import Residents
from tests.faults.between import Mode
from tests.faults.conftest import Note
from tests.faults.counts import Verdict
from tests.faults.filing import STORY
from tests.faults.people import Told, questions, write
from tests.faults.scene import Scene
from tests.faults.verdict import danger_times, judge
from tests.load.traffic import DANGER

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
ANSWER = "a blue Trek mountain bike worth $400, serial WTU-4711"
ANSWERED_WITHIN = 10.0


@pytest.mark.parametrize("mode", ["down", "slow", "garbage"])
def test_an_action_server_that_is(
    front: Scene, note: Note, department: Department, mode: Mode
) -> None:
    verdict, seconds = hurt(front, department, mode, asking=12)
    what = {"down": "down", "slow": "slow (30 s)", "garbage": "talks garbage"}[mode]
    measured = f"fixed text within {seconds:.1f} s"
    note(f"action server {what}", verdict, measured=measured)


def hurt(front: Scene, department: Department, mode: Mode, asking: int) -> tuple[Verdict, float]:
    """Let some residents ask, and two be in an interview, while the action server fails."""
    filing = write(front, STORY, STORY)
    front.whole_again()
    before = drafts(front, filing)
    front.actions.mode(mode)
    try:
        began = time.monotonic()
        asked = write(front, *questions(asking), DANGER[0])
        with Residents(front.desk.address("simulator")) as residents:
            for one in filing:
                assert residents.text(one.phone, ANSWER) == 200
        seconds = _answered(front, [*asked, *filing]) - began
    finally:
        front.actions.mode("open")
    front.whole_again()
    verdict = judge(front, [one.phone for one in asked])
    verdict.demand(bool(before) and drafts(front, filing) == before, "a draft changed")
    verdict.demand(seconds < ANSWERED_WITHIN, f"answered after {seconds:.1f} s")
    verdict.demand(verdict.fixed == asking, f"{verdict.fixed} fixed texts")
    verdict.demand(max(danger_times(front, asked)) < 2, "danger waited")
    fixed = fixed_text("en", department)
    for one in [*asked[:-1], *filing]:
        verdict.demand(*_is_honest(front, one, fixed))
    after = write(front, *questions(3))
    front.whole_again()
    well = judge(front, [one.phone for one in after])
    verdict.demand((well.lost, well.fixed) == (0, 0), "not well again afterwards")
    return verdict, seconds


def _answered(front: Scene, people: list[Told], seconds: float = 40) -> float:
    """When the last of them was in the queue, except who is in danger."""
    until = time.monotonic() + seconds
    with front.database() as database:
        while time.monotonic() < until:
            with database.reading() as session:
                waiting = session.scalars(
                    select(Conversation.id).where(
                        Conversation.address.in_([one.phone for one in people]),
                        Conversation.danger.is_(None),
                        Conversation.holder == "bot",
                    )
                ).all()
            if not waiting:
                break
            time.sleep(0.1)
    return time.monotonic()


def drafts(front: Scene, people: list[Told]) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """What is stored of these people's reports."""
    with front.database() as database, database.reading() as session:
        found = session.scalars(
            select(Report)
            .join(Conversation, Conversation.id == Report.conversation_id)
            .where(Conversation.address.in_([one.phone for one in people]))
            .order_by(Report.id)
        )
        return [(one.state, one.fields, one.interview) for one in found]


def _is_honest(front: Scene, one: Told, fixed: str) -> tuple[bool, str]:
    with front.database() as database, database.reading() as session:
        conversation = session.scalars(
            select(Conversation).where(Conversation.address == one.phone)
        ).one()
        here = conversation.id
        texts = session.scalars(
            select(OutboxMessage.text).where(OutboxMessage.conversation_id == here)
        ).all()
        items = session.scalars(
            select(QueueItem.reason).where(QueueItem.conversation_id == here)
        ).all()
        told = sum(fixed in text for text in texts)
        return (told, list(items)) == (1, ["failed"]), f"{one.phone}: {texts}, queue {items}"
