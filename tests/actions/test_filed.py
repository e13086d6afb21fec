from __future__ import annotations

from collections.abc import Callable

import pytest

from actions import desk_action
from actions.answers import ActionAnswer
from actions.dialogue import ActionChoose, ActionDialogue
from actions.filed import ActionReportStatus
from desk.conversations import add_outbound
from desk.database.models import Conversation, Report, utc_now
from desk.reply import Choice, Reply
from desk.reports import store
from tests.actions.conftest import Talk, Told

Meet = Callable[..., Talk]


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


def heard(talk: Talk, told: Told) -> None:
    """Store what was said, as the gateway does."""
    with desk_action.database().transaction() as session:
        conversation = session.get_one(Conversation, talk.conversation_id)
        for one in (one for one in told.messages if one["text"]):
            choices = tuple(
                Choice(button["title"], button["payload"].partition('"value": "')[2][:-2])
                for button in one["buttons"]
            )
            add_outbound(session, conversation, Reply(one["text"], choices), now=utc_now())


def state_of(number: str) -> str:
    with desk_action.database().reading() as session:
        report = store.numbered(session, number)
        assert report is not None
        return report.state


@pytest.mark.parametrize(
    ("language", "wish", "yes"),
    [
        ("en", "i found my bike, please cancel my report", "yes"),
        ("es", "ya apareció mi bici, quiero retirar mi denuncia", "sí"),
    ],
)
async def test_a_report_is_taken_back_in_two_steps(
    meet: Meet, language: str, wish: str, yes: str
) -> None:
    resident = meet(language=language)
    number, _ = filed(resident.conversation_id)

    passed = await resident.say(ActionDialogue(), wish, "cancel_form")
    assert passed.followed_by == "action_report_status"
    asked = await resident.say(ActionReportStatus(), wish, "cancel_form")
    heard(resident, asked)
    assert number in asked.text
    assert state_of(number) == "submitted"

    passed = await resident.say(ActionDialogue(), yes, "affirm")
    assert passed.followed_by == "action_report_status"
    done = await resident.say(ActionReportStatus(), yes, "affirm")

    assert number in done.text
    assert state_of(number) == "withdrawn"


async def test_who_keeps_a_report_keeps_it(meet: Meet) -> None:
    resident = meet()
    number, _ = filed(resident.conversation_id)

    status = await resident.say(ActionReportStatus(), "my report?", "report_status")
    assert f'/choose{{"value": "withdraw:{number}"}}' in status.payloads
    asked = await resident.say(ActionChoose(), choice=f"withdraw:{number}")
    assert len(asked.payloads) == 2
    kept = await resident.say(ActionChoose(), choice=f"not_withdrawn:{number}")

    assert f"Report {number} stays as it is" in kept.text
    assert state_of(number) == "submitted"


async def test_a_yes_to_something_else_takes_nothing_back(meet: Meet) -> None:
    resident = meet()
    number, _ = filed(resident.conversation_id)
    asked = await resident.say(ActionChoose(), choice=f"withdraw:{number}")
    heard(resident, asked)
    heard(resident, await resident.say(ActionDialogue(), "hello", "greet"))

    told = await resident.say(ActionDialogue(), "yes", "affirm")

    assert told.followed_by is None
    assert state_of(number) == "submitted"


async def test_what_staff_have_decided_can_no_longer_be_taken_back(meet: Meet) -> None:
    resident = meet()
    number, _ = filed(resident.conversation_id)
    with desk_action.database().transaction() as session:
        report = store.numbered(session, number)
        assert report is not None
        store.change_state(session, report, "approved", utc_now())

    told = await resident.say(ActionChoose(), choice=f"withdrawn:{number}")
    status = await resident.say(ActionReportStatus(), "cancel my report", "report_status")

    assert "is approved" in told.text
    assert "is approved" in status.text
    assert not any("withdraw" in one for one in status.payloads)
    assert state_of(number) == "approved"


async def test_of_two_reports_the_resident_says_which(meet: Meet) -> None:
    resident = meet()
    numbers = {filed(resident.conversation_id)[0] for _ in range(2)}

    told = await resident.say(ActionReportStatus(), "withdraw my report", "cancel_form")

    offered = {one.partition("withdraw:")[2][:-2] for one in told.payloads}
    assert offered == numbers


async def test_without_a_report_here_its_number_and_secret_are_needed(meet: Meet) -> None:
    filed(meet().conversation_id)

    told = await meet().say(ActionReportStatus(), "withdraw my report", "cancel_form")

    assert "number and secret code together" in told.text


async def test_the_key_of_a_draft_too_old_to_go_on_tells_nothing(meet: Meet) -> None:
    resident = meet()
    with desk_action.database().transaction() as session:
        report = Report(conversation_id=resident.conversation_id, type="theft", language="en")
        session.add(report)
        session.flush()
        long_ago = utc_now() - store.KEPT_FOR * 2
        key = store.keep(session, report, long_ago)

    told = await resident.say(ActionReportStatus(), f"{key.number} {key.secret}", "report_status")

    assert "no report with that number and code" in told.text
