"""Filed reports: numbers, secrets, lists and status."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from desk.reports import store
from tests.desk.reports.talking import NOW, Talk

Begin = Callable[..., Talk]


def filed(talk: Talk) -> tuple[str, str]:
    """File a theft report; its number and secret."""
    talk.start("theft", "my bike was stolen from 5th and Main last night")
    for text in ("yes", "skip", "Maria Lopez", "yes"):
        talk.says(text)
    found = re.search(r"number: (\S+)\. Secret code: (\w+)\.", talk.text)
    assert found
    return found.group(1), found.group(2)


def test_number_and_secret_together_find_the_report(talk: Begin) -> None:
    told = talk()
    number, secret = filed(told)
    with told.database.reading() as session:
        report = store.with_secret(session, number.lower(), f" {secret.lower()} ")
        assert report is not None
        assert report.state == "submitted"


def test_a_wrong_secret_and_an_unknown_number_look_alike(talk: Begin) -> None:
    told = talk()
    number, _ = filed(told)
    with told.database.reading() as session:
        assert store.with_secret(session, number, "WRONG123") is None
        assert store.with_secret(session, "T26-222222", "WRONG123") is None


def test_numbers_cannot_be_guessed_from_each_other(talk: Begin) -> None:
    told = talk()
    numbers = {filed(told)[0] for _ in range(3)}
    assert len(numbers) == 3
    assert all(re.fullmatch(r"T26-[2-9A-HJKMNP-TV-Z]{6}", number) for number in numbers)


def test_staff_see_newest_first_by_state_and_overdue(talk: Begin) -> None:
    told = talk()
    filed(told)
    filed(told)
    with told.database.transaction() as session:
        first, second = store.get(session, 1), store.get(session, 2)
        assert first is not None
        assert second is not None
        assert store.reports(session) == [second, first]
        store.change_state(session, first, "under_review", NOW)
        assert store.reports(session, {"under_review"}) == [first]
        assert store.reports(session, type_id="vandalism") == []
        assert store.reports(session, district="4", limit=1) == [second]
        assert store.reports(session, overdue_at=NOW) == []
        assert len(store.reports(session, overdue_at=NOW + timedelta(days=8))) == 2


def test_only_a_draft_can_be_filed(talk: Begin) -> None:
    told = talk()
    filed(told)
    with told.database.transaction() as session:
        report = store.get(session, 1)
        assert report is not None
        with pytest.raises(ValueError, match="not a draft"):
            store.submit(session, report, 7, NOW)
