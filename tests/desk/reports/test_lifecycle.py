"""What becomes of a filed report, and who is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk import people
from desk.database import Database
from desk.database.models import Conversation, OutboxMessage, Report, Staff
from desk.department import Department
from desk.reports import lifecycle, store
from desk.reports.lifecycle import MAY_BECOME, OPEN, State, Wanted
from desk.wording.sms import fold, is_gsm7, segments
from tests.desk.reports.talking import NOW

STATES: tuple[State, ...] = (
    "submitted", "under_review", "needs_info", "approved", "rejected", "routed_elsewhere",
    "duplicate_of", "withdrawn", "closed",
)  # fmt: skip


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.transaction() as opened:
        yield opened


@pytest.fixture
def officer(session: Session) -> Staff:
    return people.add_staff(
        session,
        email="lee@larkfield.example",
        name="Officer Lee",
        password="correct horse battery",
        roles=("records",),
        languages=("en",),
    )


def filed(session: Session, language: str = "en", **fields: object) -> Report:
    count = session.query(Conversation).count()
    conversation = Conversation(
        id=f"sms-{count}",
        channel="sms",
        address=f"+120955501{count:02}",
        our_address="+12095550100",
        language=language,
    )
    session.add(conversation)
    session.flush()
    report = Report(
        conversation_id=conversation.id,
        type="theft",
        state="draft",
        language=language,
        fields=fields,
        interview={},
    )
    session.add(report)
    session.flush()
    store.submit(session, report, 7, NOW)
    return report


def said(session: Session, report: Report) -> list[str]:
    return list(
        session.scalars(
            select(OutboxMessage.text)
            .where(OutboxMessage.conversation_id == report.conversation_id)
            .order_by(OutboxMessage.id)
        )
    )


def wanted(session: Session, state: State) -> Wanted:
    """What each state needs to be possible."""
    other = filed(session) if state == "duplicate_of" else None
    return Wanted(
        state,
        words="The serial number, please." if state in lifecycle.NEED_WORDS else "",
        agency="county_sheriff" if state == "routed_elsewhere" else "",
        duplicate_of=other.number or "" if other else "",
    )


@pytest.mark.parametrize("start", STATES)
def test_only_the_states_that_may_follow_do(
    session: Session, department: Department, officer: Staff, start: State
) -> None:
    for state in STATES:
        report = filed(session)
        report.state = start
        what = wanted(session, state)
        if state in MAY_BECOME[start]:
            lifecycle.change(session, report, what, department, officer, NOW)
            assert report.state == state
        else:
            with pytest.raises(lifecycle.CannotBecome):
                lifecycle.change(session, report, what, department, officer, NOW)
            assert report.state == start
            assert said(session, report) == []


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("state", [one for one in STATES if one in MAY_BECOME["under_review"]])
def test_each_change_is_told_in_the_resident_s_language_in_two_segments(
    session: Session, department: Department, officer: Staff, state: State, language: str
) -> None:
    report = filed(session, language)
    report.state = "under_review"

    lifecycle.change(session, report, wanted(session, state), department, officer, NOW)

    told = said(session, report)
    if state == "withdrawn":  # the bot answers who withdraws
        assert told == []
        return
    assert len(told) == 1
    assert report.number is not None
    assert report.number in told[0]
    assert "{" not in told[0]
    assert told[0].startswith(("Su ", "Ya ")) == (language == "es")
    assert is_gsm7(fold(told[0]))
    assert segments(fold(told[0])) <= 2


def test_approved_reports_get_case_numbers_in_a_row_or_the_department_s_own(
    session: Session, department: Department, officer: Staff
) -> None:
    reports = [filed(session) for _ in range(3)]
    own = Wanted("approved", case_number="LPD-77")
    for report, what in zip(reports, (Wanted("approved"), own, Wanted("approved")), strict=True):
        lifecycle.change(session, report, what, department, officer, NOW)

    assert [one.case_number for one in reports] == ["26-000001", "LPD-77", "26-000002"]
    assert "26-000002" in said(session, reports[2])[0]


@pytest.mark.parametrize("state", sorted(lifecycle.NEED_WORDS))
def test_what_is_needed_and_why_not_must_be_said(
    session: Session, department: Department, officer: Staff, state: State
) -> None:
    report = filed(session)

    with pytest.raises(lifecycle.WordsMissing):
        lifecycle.change(session, report, Wanted(state, words="  "), department, officer, NOW)

    assert report.state == "submitted"


def test_an_agency_or_a_report_that_does_not_exist_changes_nothing(
    session: Session, department: Department, officer: Staff
) -> None:
    report = filed(session)

    for what in (
        Wanted("routed_elsewhere", agency="moon_police"),
        Wanted("duplicate_of", duplicate_of="T26-222222"),
        Wanted("duplicate_of", duplicate_of=report.number or ""),
    ):
        with pytest.raises(lifecycle.NoSuchReport):
            lifecycle.change(session, report, what, department, officer, NOW)

    assert report.state == "submitted"
    assert report.agency is None


def test_two_reports_are_not_duplicates_of_each_other(
    session: Session, department: Department, officer: Staff
) -> None:
    one, other = filed(session), filed(session)
    joined = Wanted("duplicate_of", duplicate_of=other.number or "")
    lifecycle.change(session, one, joined, department, officer, NOW)

    back = Wanted("duplicate_of", duplicate_of=one.number or "")
    with pytest.raises(lifecycle.NoSuchReport):
        lifecycle.change(session, other, back, department, officer, NOW)

    assert (other.number or "") not in said(session, one)[0]  # nobody learns of another's report


def test_nobody_is_written_to_who_said_it_is_not_safe(
    session: Session, department: Department, officer: Staff
) -> None:
    report = filed(session, safe_contact=False)

    step = lifecycle.change(session, report, Wanted("approved"), department, officer, NOW)

    assert said(session, report) == []
    assert not step.told


def test_each_step_is_kept_with_who_took_it_and_the_words(
    session: Session, department: Department, officer: Staff
) -> None:
    report = filed(session)
    later = NOW + timedelta(days=1)
    ask = Wanted("needs_info", words="Which wheel? My card is 4111 1111 1111 1111.")
    lifecycle.change(session, report, ask, department, officer, NOW)
    lifecycle.supplement(session, report, "The front one", later)

    found = [(one.state, one.staff_id, one.added, one.told, one.at) for one in
             lifecycle.steps(session, report)]  # fmt: skip

    assert found == [
        ("needs_info", officer.id, False, True, NOW),
        ("under_review", None, True, False, later),
    ]
    words = [one.words for one in lifecycle.steps(session, report)]
    assert "4111" not in words[0]
    assert words[1] == "The front one"


def test_more_may_be_told_until_a_report_is_closed_or_withdrawn(
    session: Session, department: Department
) -> None:
    report = filed(session)
    lifecycle.supplement(session, report, "It has a scratch", NOW)
    assert report.state == "submitted"

    lifecycle.withdraw(session, report, department, NOW)

    with pytest.raises(lifecycle.CannotBecome):
        lifecycle.supplement(session, report, "And a bell", NOW)


def test_number_and_secret_find_a_report_until_there_were_five_wrong_tries(
    database: Database,
) -> None:
    with database.transaction() as session:
        report = filed(session)
        number, secret = report.number or "", "ABCD2345"
        report.secret_hash = store._hasher.hash(secret)

    def found(word: str, hours: float = 0) -> bool:
        with database.transaction() as session:
            now = NOW + timedelta(hours=hours)
            return lifecycle.find(session, report.conversation_id, number, word, now) is not None

    assert found(secret.lower())
    assert [found("WRONG123") for _ in range(5)] == [False] * 5
    assert not found(secret)
    assert found(secret, hours=1.1)


def test_promised_dates_count_while_the_resident_waits_for_us() -> None:
    assert {one for one in STATES if "approved" in MAY_BECOME[one]} == OPEN
