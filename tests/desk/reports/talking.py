"""A resident who talks with the interview."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from desk.database import Database
from desk.database.models import Conversation, Report
from desk.department import Department
from desk.reports import Heard, Outcome, Turn, interview
from desk.wording import Language

NOW = datetime(2026, 11, 18, 14, 30, tzinfo=ZoneInfo("America/Los_Angeles"))  # a Wednesday


class Talk:
    """One conversation: says things, and remembers what was answered."""

    def __init__(
        self, database: Database, department: Department, channel: str, language: Language
    ) -> None:
        self.database, self.department = database, department
        self.channel, self.language = channel, language
        self.now = NOW
        self.outcome = Outcome((), "ended")
        self.questions = 0
        self.count = 0
        self.id = f"{channel}-test-{language}"
        with database.transaction() as session:
            if session.get(Conversation, self.id) is None:
                session.add(
                    Conversation(
                        id=self.id, channel=channel, address="+12095550123", language=language
                    )
                )

    def _turn(self) -> Turn:
        self.count += 1
        self.now += timedelta(seconds=20)
        return Turn(
            self.id, f"m{self.count}", self.channel, self.language, "+12095550123", self.now
        )

    def start(self, type_id: str | None, text: str = "", **heard: Any) -> Outcome:
        with self.database.transaction() as session:
            turn = self._turn()
            self.outcome = interview.start(
                session, turn, self.department, type_id, Heard(text, **heard)
            )
        return self._counted()

    def says(self, text: str = "", **heard: Any) -> Outcome:
        with self.database.transaction() as session:
            self.outcome = interview.take(
                session, self._turn(), self.department, Heard(text, **heard)
            )
        return self._counted()

    def taps(self, value: str) -> Outcome:
        return self.says(choice=value)

    def _counted(self) -> Outcome:
        self.questions += self.outcome.state == "asking" and self.outcome.danger is None
        return self.outcome

    @property
    def text(self) -> str:
        return " ".join(reply.text for reply in self.outcome.replies)

    @property
    def values(self) -> list[str]:
        return [c.value for reply in self.outcome.replies for c in reply.choices]

    @property
    def report(self) -> Report:
        with self.database.reading() as session:
            found = session.scalars(
                select(Report).where(Report.conversation_id == self.id).order_by(Report.id.desc())
            ).first()
            assert found is not None
            session.expunge(found)
            return found

    @property
    def asking(self) -> str:
        return str(self.report.interview["asking"])

    @property
    def fields(self) -> dict[str, Any]:
        return self.report.fields
