"""Staff accounts, sessions and the record of what staff did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk import people
from desk.database import Database
from desk.database.models import AuditEntry, Staff, StaffSession

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"


def account(session: Session) -> Staff:
    return people.add_staff(
        session,
        email="Rivera@Larkfield.example",
        name="Officer Rivera",
        password=PASSWORD,
        roles=["officer"],
    )


def test_the_password_opens_the_account_whatever_the_case_of_the_email(database: Database) -> None:
    with database.transaction() as session:
        staff = account(session)
        assert PASSWORD not in staff.password_hash
        assert people.authenticate(session, " rivera@larkfield.EXAMPLE ", PASSWORD, NOW) is staff


def test_five_wrong_tries_lock_the_account_for_a_while(database: Database) -> None:
    with database.transaction() as session:
        staff = account(session)
        tries = [people.authenticate(session, staff.email, "wrong", NOW) for _ in range(5)]
        assert [isinstance(t, people.SignInRefused) and t.locked for t in tries] == [False] * 4 + [
            True
        ]
        refused = people.authenticate(session, staff.email, PASSWORD, NOW + timedelta(minutes=14))
        assert isinstance(refused, people.SignInRefused)
        assert refused.locked
        later = NOW + timedelta(minutes=16)
        assert people.authenticate(session, staff.email, PASSWORD, later) is staff


def test_an_account_needs_a_known_role_a_long_password_and_its_own_email(
    database: Database,
) -> None:
    with database.transaction() as session:
        account(session)
        with pytest.raises(people.StaffExists):
            account(session)
        for broken in ({"roles": ["king"]}, {"password": "short"}, {"email": "nobody"}):
            values = {
                "email": "a@b.example",
                "name": "A",
                "password": PASSWORD,
                "roles": ["officer"],
            }
            with pytest.raises(ValueError, match=r"role|password|email"):
                people.add_staff(session, **(values | broken))  # type: ignore[arg-type]


def test_a_session_is_found_by_its_token_only_and_runs_out(database: Database) -> None:
    with database.transaction() as session:
        staff = account(session)
        fresh = people.start_session(session, staff, NOW)
        stored = session.scalars(select(StaffSession)).one()
        assert fresh.token not in stored.token_hash
        assert people.find_session(session, stored.token_hash, NOW) is None
        soon = NOW + timedelta(minutes=59)
        found = people.find_session(session, fresh.token, soon)
        assert found is not None
        assert found.staff.id == staff.id
        assert people.find_session(session, fresh.token, NOW + timedelta(minutes=61)) is None
        assert people.find_session(session, fresh.token, soon, used=True) is not None
        assert people.find_session(session, fresh.token, NOW + timedelta(minutes=61)) is not None
        staff.active = False
        session.flush()
        assert people.find_session(session, fresh.token, soon) is None


def test_somebody_without_heartbeat_for_a_minute_is_away(database: Database) -> None:
    with database.transaction() as session:
        staff = account(session)
        people.set_available(staff, True, NOW)
        session.flush()
        assert people.at_the_desk(session, NOW + timedelta(seconds=59)) == [staff]
        assert people.at_the_desk(session, NOW + timedelta(seconds=61)) == []


def test_who_signed_in_is_on_record(database: Database) -> None:
    with database.transaction() as session:
        staff = account(session)
        people.authenticate(session, staff.email, "wrong", NOW)
        people.authenticate(session, staff.email, PASSWORD, NOW)
    with database.reading() as session:
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
        assert actions == ["staff.add", "sign_in.refused", "sign_in"]
