"""A provider repeats itself, contradicts itself, or brings things in the wrong order: one turn."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from desk.database.models import Event
from tests.faults.conftest import Note
from tests.faults.people import QUESTIONS, Told, deliver, questions
from tests.faults.scene import Scene
from tests.faults.verdict import judge
from tests.load.traffic import Text, Twilio

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
TIMES = 50
MESSAGES = 10


def test_the_same_webhook_fifty_times_at_once(front: Scene, note: Note) -> None:
    people = [Told(Text(next(front.numbers), text)) for text in questions(MESSAGES)]

    async def post() -> None:
        async with Twilio(front.desk) as twilio:
            for number, one in enumerate(people):
                one.sid = f"SM{front.engine}{number:020}"
                again = [replace(one, refusals=[], waits=[]) for _ in range(TIMES)]
                await asyncio.gather(*(deliver(twilio, each) for each in again))

    asyncio.run(post())
    front.whole_again()
    verdict = judge(front, [one.phone for one in people])
    note(f"the same webhook {TIMES} times at once", verdict, runs=MESSAGES)


def test_the_same_id_with_another_body(front: Scene, note: Note) -> None:
    before = conflicts(front)
    people = [Told(Text(next(front.numbers), QUESTIONS[0])) for _ in range(MESSAGES)]

    async def post() -> None:
        async with Twilio(front.desk) as twilio:
            for one in people:
                await deliver(twilio, one)
                other = Told(Text(one.phone, "my bike was stolen last night"), one.sid)
                await deliver(twilio, other)

    asyncio.run(post())
    front.whole_again()
    verdict = judge(front, [one.phone for one in people])
    logged = conflicts(front) - before
    verdict.demand(logged == MESSAGES, f"{logged} of {MESSAGES} conflicts were logged")
    note("the same id with another body", verdict, runs=MESSAGES, measured=f"{logged} logged")


def conflicts(front: Scene) -> int:
    """How many events say that a repeat differed."""
    with front.database() as database, database.reading() as session:
        found = select(func.count()).select_from(Event).where(Event.kind == "conflict")
        return session.scalar(found) or 0
