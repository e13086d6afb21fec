"""Residents who file a theft report over SMS, and do not give up while processes are killed."""

from __future__ import annotations

import re
import threading
import time
import uuid
from typing import Final

import httpx
from sqlalchemy import select

from desk.database import Database
from desk.database.models import Conversation, InboxMessage, OutboxMessage, Report
from simulator.client import Residents
from tests.faults.counts import Verdict
from tests.support import FrontDesk

NUMBER: Final = re.compile(r"\bT\d\d-[A-Z0-9]{6}\b")
STORY: Final = "my bike was stolen from 5th and Main last night"
_ANSWERS: Final = (
    (r"is that right|is this right|all of (this|that)|correct\?|change", "yes"),
    (r"phone|reach you|e-?mail", "(209) 555-0177"),
    (r"your (full )?name", "Dana Whitfield"),
    (r"worth|value", "$400"),
    (r"serial", "skip"),
)
_MOST_MESSAGES: Final = 60  # then a resident gives up
_SILENCE: Final = 15.0  # then a resident writes again
_REPEAT_AFTER: Final = 0.3  # as a provider does with what was not acknowledged


class Filing(threading.Thread):
    """One resident who files one report; `told` holds every report number that was told."""

    def __init__(self, desk: FrontDesk, phone: str, until: float) -> None:
        super().__init__(daemon=True)
        self.phone = phone
        self.told: set[str] = set()
        self.messages = 0
        self._until = until  # time.monotonic()
        self._simulator = desk.address("simulator")
        self._seen = 0

    def run(self) -> None:
        """Write and answer until a number is told, at most until the given time."""
        with Residents(self._simulator) as residents:
            said = STORY
            while not self.told and self._goes_on():
                self._say(residents, said)
                heard = self._hear(residents)
                self.told.update(NUMBER.findall(heard))
                said = self._answer(heard, said)

    def _goes_on(self) -> bool:
        return self.messages < _MOST_MESSAGES and time.monotonic() < self._until

    def _say(self, residents: Residents, text: str) -> None:
        sid = "SM" + uuid.uuid4().hex
        self.messages += 1
        while residents.text(self.phone, text, sid=sid) != httpx.codes.OK:
            assert time.monotonic() < self._until, "the gateway did not come back"
            time.sleep(_REPEAT_AFTER)

    def _hear(self, residents: Residents) -> str:
        silent_until = time.monotonic() + _SILENCE
        while time.monotonic() < silent_until:
            came = residents.replies(self.phone, self._seen)
            if came:
                self._seen = max(one.entry for one in came)
                return "\n".join(one.text for one in came)
            time.sleep(0.1)
        return ""

    def _answer(self, heard: str, said: str) -> str:
        plain = heard.lower()
        if not heard:
            return said
        if "send 0 for" in plain:
            time.sleep(1)
            return "0"
        if "back with the automated assistant" in plain and plain.endswith("what do you need?"):
            return STORY
        for pattern, answer in _ANSWERS:
            if re.search(pattern, plain):
                return answer
        offered = re.search(r"^1[.):]? ", heard, re.MULTILINE)
        return "1" if offered else "a blue Trek mountain bike, it was locked to the rack"


def wait_until_ready(desk: FrontDesk, seconds: float = 180) -> None:
    """Wait until the gateway says that all parts are as they should be."""
    until = time.monotonic() + seconds
    while True:
        try:
            if httpx.get(f"{desk.address('gateway')}/health/ready", timeout=10).is_success:
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < until, "the front desk did not come back"
        time.sleep(0.5)


def kill(desk: FrontDesk, name: str, seconds: float = 60) -> None:
    """SIGKILL a process, as soon as it runs again after an earlier kill."""
    until = time.monotonic() + seconds
    while True:
        try:
            return desk.kill(name)
        except AssertionError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def examine(desk: FrontDesk, filings: list[Filing]) -> Verdict:
    """Look at every message and every report of these residents.

    Wrong is who has not exactly one report, told by its one number. Unknown is what was being
    handed to the provider when the sender was killed: staff see it, and it is not repeated. If
    that was the number, nobody was told it, and the report is right all the same.
    """
    found = Verdict()
    database = Database(desk.database_url)
    with database.reading() as session, Residents(desk.address("simulator")) as residents:
        for filing in filings:
            conversation = session.scalars(
                select(Conversation).where(Conversation.address == filing.phone)
            ).one()
            mine = Report.conversation_id == conversation.id
            submitted = session.scalars(select(Report).where(mine, Report.number.is_not(None)))
            numbers = {report.number for report in submitted}
            said = list(
                session.scalars(
                    select(OutboxMessage).where(OutboxMessage.conversation_id == conversation.id)
                )
            )
            untold = {
                number
                for one in said
                if one.state == "unknown"
                for number in NUMBER.findall(one.text)
            }
            right = len(numbers) == 1 and filing.told <= numbers <= filing.told | untold
            found.demand(right, f"{filing.phone}: filed {numbers}, told {filing.told}")
            found.unknown += sum(one.state == "unknown" for one in said)
            heard = session.scalars(
                select(InboxMessage).where(InboxMessage.conversation_id == conversation.id)
            )
            for message in heard:
                found.messages += 1
                answers = [one.text for one in said if one.in_reply_to == message.id]
                found.lost += message.state != "done" or not answers
                found.doubled += len(answers) - len(set(answers))
            handed = residents.replies(filing.phone)
            found.doubled += max(0, len(handed) - len(said))
    database.close()
    return found
