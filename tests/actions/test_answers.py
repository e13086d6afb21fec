from __future__ import annotations

from collections.abc import Callable

import pytest

from actions import desk_action
from actions.answers import ActionAnswer, ActionReportStatus
from actions.topics import ANSWERS, REFERRALS
from desk import answers
from desk.database.models import Report, utc_now
from desk.reports import store
from tests.actions.conftest import Talk

Meet = Callable[..., Talk]


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("topic", sorted(ANSWERS | REFERRALS))
async def test_the_demo_department_has_an_answer_to_every_topic(
    meet: Meet, topic: str, language: str
) -> None:
    told = await meet(language=language).say(ActionAnswer(), "…", topic)
    assert told.text
    assert '/choose{"value": "person"}' not in told.payloads


async def test_without_an_approved_text_the_number_and_a_person_are_offered(
    meet: Meet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "answer", lambda *_: None)
    told = await meet().say(ActionAnswer(), "…", "privacy")
    assert "(209) 555-0100" in told.text
    assert told.payloads == ['/choose{"value": "person"}']


def filed(conversation_id: str) -> tuple[str, str]:
    """A report that was filed in a conversation: its number and its secret."""
    with desk_action.database().transaction() as session:
        report = Report(conversation_id=conversation_id, type="theft", language="en", fields={})
        session.add(report)
        session.flush()
        kept = store.submit(session, report, 7, utc_now())
        return kept.number, kept.secret


async def test_news_of_a_report_needs_its_number_and_secret(meet: Meet) -> None:
    told = await meet().say(ActionReportStatus(), "my report?", "report_status")

    assert "number and secret code together" in told.text
    assert told.payloads == ['/choose{"value": "person"}']


async def test_who_filed_a_report_here_is_told_how_it_stands(meet: Meet) -> None:
    resident = meet()
    number, _ = filed(resident.conversation_id)

    told = await resident.say(ActionReportStatus(), "my report?", "report_status")

    assert f"Report {number}: We have your report." in told.text
    assert "You hear from us by" in told.text


async def test_number_and_secret_tell_it_elsewhere_whatever_nlu_makes_of_them(meet: Meet) -> None:
    number, secret = filed(meet().conversation_id)
    stranger = meet()

    told = await stranger.say(ActionAnswer(), f"{number.lower()} {secret}", "privacy")
    assert told.followed_by == "action_report_status"

    told = await stranger.say(ActionReportStatus(), f"{number.lower()} {secret}", "privacy")
    assert f"Report {number}: We have your report." in told.text

    told = await stranger.say(ActionReportStatus(), f"{number} 22222222", "report_status")
    assert "no report with that number and code" in told.text
