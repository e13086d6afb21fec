"""Every kind of report filed over the real processes: on each channel that takes it, in both
languages, and then read back from the database field by field."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import select

from desk.database import Database
from desk.database.models import Conversation, Report
from desk.department import Department
from desk.reports import kinds, report_types
from desk.reports.types import ReportType
from desk.settings import ROOT
from desk.wording import LANGUAGES, Language
from desk.wording.sms import fold
from simulator.client import NoReplyError
from tests.conversations.residents import MessengerResident, Resident, SmsResident, WebResident
from tests.support import FrontDesk

pytestmark = [pytest.mark.processes, pytest.mark.timeout(600)]

AT_ONCE: Final = 6
MOST_ANSWERS: Final = 24
SECONDS: Final = 15
YES: Final[dict[Language, str]] = {"en": "yes", "es": "sí"}
Case = tuple[str, str, Language]

with (Path(__file__).with_name("topics.tsv")).open(encoding="utf-8") as lines:
    OPENINGS: Final = {
        (row["topic"], row["language"]): row["text"]
        for row in csv.DictReader(lines, delimiter="\t")
    }


def types_to_file() -> Iterator[ReportType]:
    """All but those that add to a filed one, which need its number: tests/desk/reports has them."""
    return (one for one in report_types(ROOT / "department").values() if not one.requires_report)


CASES: Final[list[Case]] = [
    (one.id, channel, language)
    for one in types_to_file()
    for channel in one.channels
    for language in LANGUAGES
]


class Filing:
    """One resident who files one report, answering each question as its example does."""

    def __init__(self, resident: Resident, kind: ReportType, language: Language) -> None:
        self.resident, self.kind, self.language = resident, kind, language
        self.asked: list[str] = []
        self.said = ""

    def file(self) -> str:
        """The number of the filed report."""
        self._say(OPENINGS[self.kind.id, self.language])
        for _ in range(MOST_ANSWERS):
            if number := re.search(r"T\d\d-[A-Z0-9]{6}", self.said):
                return number[0]
            self._say(self._answer())
        raise AssertionError(f"{self.kind.id} was not filed: {self.said}")

    def _say(self, text: str) -> None:
        heard = self.resident.say(text, seconds=SECONDS)
        self.said = plain(heard.text)

    def _answer(self) -> str:
        """The example of the field that was asked for last; else a yes."""
        places = {
            one.name: self.said.rfind(plain(one.ask.say(self.language))) for one in self.kind.fields
        }
        name = max(places, key=lambda one: places[one])
        if places[name] < 0:
            return YES[self.language]
        self.asked.append(name)
        return self.kind.field(name).example.say(self.language)


def plain(text: str) -> str:
    """Words as every channel carries them."""
    return " ".join(fold(text).split())


@pytest.fixture(scope="module")
def filed(front_desk: FrontDesk) -> dict[Case, tuple[Filing, str | Exception]]:
    """Every case's filing, and the number of its report or what went wrong."""
    types = report_types(ROOT / "department")

    def one(case: Case) -> tuple[Filing, str | Exception]:
        type_id, channel, language = case
        resident: Resident
        if channel == "web":
            resident = WebResident(front_desk.address("gateway"), language)
        elif channel == "messenger":
            resident = MessengerResident(front_desk.address("simulator"))
        else:
            resident = SmsResident(front_desk.address("simulator"))
        filing = Filing(resident, types[type_id], language)
        try:
            return filing, filing.file()
        except (AssertionError, NoReplyError) as problem:
            return filing, problem
        finally:
            resident.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(CASES, pool.map(one, CASES), strict=True))


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_it_is_filed_and_stored_field_by_field(
    filed: dict[Case, tuple[Filing, str | Exception]],
    front_desk: FrontDesk,
    department: Department,
    case: Case,
) -> None:
    type_id, channel, language = case
    filing, number = filed[case]
    assert isinstance(number, str), number
    database = Database(front_desk.database_url)
    with database.reading() as session:
        report = session.scalars(select(Report).where(Report.number == number)).one()
        assert (report.type, report.state, report.language) == (type_id, "submitted", language)
        conversation = session.get(Conversation, report.conversation_id)
        assert conversation is not None
        assert conversation.channel == channel
        context = kinds.Context(department, language, report.created_at, None)
        for name in filing.asked:
            field = filing.kind.field(name)
            meant = kinds.read(field, field.example.say(language), context)
            assert isinstance(meant, kinds.Told), name
            stored = report.fields[name]
            assert stored if field.kind in {"time", "date"} else stored == meant.value, name
    database.close()
