"""Records staff work on reports in the console."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select, update

from console.access import Caller
from console.reports import seen_by
from desk.database import Database
from desk.database.models import AuditEntry, Conversation, OutboxMessage, Report, Staff, utc_now
from tests.console.serving import Console, csrf_in


def decide(client: httpx.Client, report_id: int, **form: str) -> str:
    """Fill in the form of a report's page and see what the page says then."""
    page = client.get(f"/reports/{report_id}").text
    data = {"csrf": csrf_in(page), "before": "submitted"} | form
    answer = client.post(f"/reports/{report_id}/change", data=data)
    assert answer.status_code == 303, answer.text
    return client.get(answer.headers["location"]).text


def said(console: Console) -> list[str]:
    with console.database.reading() as session:
        return list(session.scalars(select(OutboxMessage.text).order_by(OutboxMessage.id)))


def test_an_approved_report_has_a_case_number_and_the_resident_is_told(console: Console) -> None:
    report_id = console.filed()
    with console.browser() as client:
        page = decide(client, report_id, state="approved")

    year = f"{utc_now():%y}"
    assert f"{year}-000001" in page
    assert "Officer Rivera" in page  # who decided
    assert f"Your case number is {year}-000001" in said(console)[0]
    with console.database.reading() as session:
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "report.change")
        ).one()
        assert (entry.subject, entry.data) == (f"report:{report_id}", {"state": "approved"})


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"state": "rejected"}, "write what the resident is to be told"),
        ({"state": "routed_elsewhere"}, "choose an agency"),
        ({"state": "duplicate_of", "duplicate_of": "T26-222222"}, "choose an agency"),
        ({"state": "approved", "before": "under_review"}, "Look again and decide"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_changes_nothing(
    console: Console, form: dict[str, str], why: str
) -> None:
    report_id = console.filed()
    with console.browser() as client:
        assert why in decide(client, report_id, **form)

    assert said(console) == []
    with console.database.reading() as session:
        assert session.get_one(Report, report_id).state == "submitted"


def test_two_deciders_at_once_are_one_decision(console: Console) -> None:
    report_id = console.filed()
    with console.browser() as client:
        decide(client, report_id, state="approved")
        page = decide(client, report_id, state="rejected", words="Not ours.")

    assert "Look again and decide" in page
    assert len(said(console)) == 1


def test_an_officer_reads_and_does_not_decide(console: Console) -> None:
    report_id = console.filed()
    with console.database.transaction() as session:
        console.staff(session, "chen@larkfield.example", "Officer Chen", "officer")
    with console.browser("chen@larkfield.example") as client:
        page = client.get(f"/reports/{report_id}").text
        assert "Somebody took my bike" in page
        assert "Save and tell the resident" not in page
        answer = client.post(
            f"/reports/{report_id}/change",
            data={"csrf": csrf_in(page), "before": "submitted", "state": "approved"},
        )
        assert answer.status_code == 403


def test_what_is_past_its_promised_day_stands_in_a_list_of_its_own(console: Console) -> None:
    late, _ = console.filed(), console.filed("+12095550122")
    with console.database.transaction() as session:
        past = utc_now() - timedelta(days=1)
        session.execute(update(Report).where(Report.id == late).values(promised_by=past))
    with console.browser() as client:
        page = client.get("/reports?state=overdue").text

    assert f'/reports/{late}"' in page
    assert page.count('scope="row"') == 1


def test_only_an_approved_report_is_had_as_a_pdf_and_that_is_recorded(console: Console) -> None:
    report_id = console.filed()
    with console.browser() as client:
        assert client.get(f"/reports/{report_id}/document.pdf").status_code == 404
        page = decide(client, report_id, state="approved")
        assert f"/reports/{report_id}/document.pdf" in page
        answer = client.get(f"/reports/{report_id}/document.pdf")

    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    with console.database.reading() as session:
        exports = select(AuditEntry.subject).where(AuditEntry.action == "report.export")
        assert session.scalars(exports).all() == [f"report:{report_id}"]


def test_a_complaint_is_there_for_supervisors_only(console: Console) -> None:
    report_id = console.filed()
    with console.database.transaction() as session:
        session.get_one(Report, report_id).interview = {"private": True}
        console.staff(session, "chen@larkfield.example", "Officer Chen", "officer", "records")
        console.staff(session, "lee@larkfield.example", "Captain Lee", "supervisor")
    link = f"/reports/{report_id}"
    with console.browser("chen@larkfield.example") as client:
        assert link not in client.get("/reports").text
        assert client.get(link).status_code == 404
        assert client.get(f"{link}/document.pdf").status_code == 404
    with console.browser("lee@larkfield.example") as client:
        assert link in client.get("/reports").text
        assert client.get(link).status_code == 200


def test_what_hides_private_reports_is_understood_by_every_database(database: Database) -> None:
    with database.transaction() as session:
        row = Conversation(id="c", channel="sms", address="+12095550120", language="en")
        session.add(row)
        session.flush()
        for flags in ({}, {"private": False}, {"private": True}):
            report = Report(conversation_id="c", type="theft", state="submitted", language="en")
            report.fields, report.interview = {}, flags
            report.created_at = report.updated_at = utc_now()
            session.add(report)
    officer = Caller(Staff(roles=["officer"]), "", "")
    with database.reading() as session:
        found = session.scalars(select(Report).where(seen_by(officer))).all()
        assert [one.interview for one in found] == [{}, {"private": False}]
