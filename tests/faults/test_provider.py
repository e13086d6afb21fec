"""A provider refuses, falls silent or breaks off: back off, and never send a thing twice."""

from __future__ import annotations

import time
import uuid

import httpx
import pytest
from sqlalchemy import func, select

from desk.database.models import Conversation, OutboxMessage
from simulator.client import Residents
from tests.faults.conftest import Note
from tests.faults.counts import Verdict
from tests.faults.people import questions, write
from tests.faults.scene import Scene
from tests.faults.verdict import journal, judge

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
PEOPLE = 12
FAULTED = 6
SILENT_SECONDS = 14.0  # longer than we wait (PROVIDER_TIMEOUT, 10 s)
LOOKED_UP_WITHIN = 30.0
ACCEPTED = ("429", "timeout", "lost")  # 429: at the second attempt
NAMES = {"twilio": "Twilio", "graph": "Graph API"}
WHAT = {
    "429": "says 429",
    "500": "says 500",
    "timeout": "accepts, then times out",
    "lost": "accepts, then says 500",
    "reset": "resets the connection",
}


@pytest.mark.parametrize("kind", list(WHAT))
@pytest.mark.parametrize("provider", ["twilio", "graph"])
def test_a_provider_that(front: Scene, note: Note, provider: str, kind: str) -> None:
    verdict, measured = hurt(front, provider, kind)
    note(f"{NAMES[provider]} {WHAT[kind]}", verdict, measured=measured)


def hurt(front: Scene, provider: str, kind: str) -> tuple[Verdict, str]:
    """Let the provider's next calls go wrong while people ask, and see what arrived."""
    before = len(journal(front))
    accepted = kind in ACCEPTED
    with Residents(front.desk.address("simulator")) as residents:
        residents.fault(provider, kind, FAULTED, SILENT_SECONDS)
        began = time.monotonic()
        people = _ask(front, residents, provider)
        front.whole_again()
        if kind == "timeout":  # callbacks come sooner than our own call ends
            time.sleep(SILENT_SECONDS)
        settled = _settled(front, people) if accepted else True
        seconds = time.monotonic() - began
        residents.no_faults()
    verdict = judge(front, people)
    verdict.demand(settled, "what was accepted stayed unknown")
    verdict.demand(kind != "429" or verdict.unknown == 0, "a refusal was taken for an accident")
    handed, planned = len(journal(front)) - before, _planned(front, people)
    wanted = planned if accepted else planned - verdict.unknown
    verdict.demand(handed == wanted, f"{handed} of {wanted} were handed over")
    if provider == "twilio" and not accepted:  # some calls of the Graph API only show that we write
        verdict.demand(verdict.unknown == FAULTED, f"{verdict.unknown} unknown")
    return verdict, f"{handed} of {planned} arrived, all within {seconds:.0f} s"


def _ask(front: Scene, residents: Residents, provider: str) -> list[str]:
    if provider == "twilio":
        return [one.phone for one in write(front, *questions(PEOPLE))]
    people = [str(uuid.uuid4().int)[:16] for _ in range(PEOPLE)]
    for person, text in zip(people, questions(PEOPLE), strict=True):
        assert residents.message(person, text) == httpx.codes.OK
    return people


def _settled(front: Scene, people: list[str]) -> bool:
    """Whether a callback, an echo or a look-up says in time what became of everything."""
    until = time.monotonic() + LOOKED_UP_WITHIN
    while judge(front, people).unknown:
        if time.monotonic() > until:
            return False
        time.sleep(0.5)
    return True


def _planned(front: Scene, people: list[str]) -> int:
    """How many messages were to be sent to these people."""
    with front.database() as database, database.reading() as session:
        return (
            session.scalar(
                select(func.count())
                .select_from(OutboxMessage)
                .join(Conversation, Conversation.id == OutboxMessage.conversation_id)
                .where(Conversation.address.in_(people))
            )
            or 0
        )
