from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from desk.database import Database
from desk.database.models import Conversation, Hold, utc_now
from desk.settings import settings
from frontdesk.cli import app
from tests.desk.retention.kept import NOW, PHONE, conversation, officer, report, rows

BY = ("--by", "rivera@larkfield.example")
_SHIFT = (utc_now() - NOW).days
"""The commands look at the clock; what is made lies so many days off the tests' own now."""


def frontdesk(*words: str) -> Result:
    return CliRunner().invoke(app, ["retention", *words])


@pytest.fixture
def old(configured: Database) -> str:
    """The id of a conversation of three years ago, and an officer."""
    with configured.transaction() as session:
        officer(session)
        return conversation(session, 1100 - _SHIFT).id


def there(database: Database, conversation_id: str) -> bool:
    with database.reading() as session:
        return session.get(Conversation, conversation_id) is not None


def test_a_dry_run_shows_what_is_due_and_deletes_nothing(configured: Database, old: str) -> None:
    before = rows(configured)
    result = frontdesk("run", "--dry-run", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.output)
    assert told["dry_run"] is True
    assert {"kind": "conversations", "due": 1, "held": 0, "deleted": 0} in told["kinds"]
    assert rows(configured) == before
    assert there(configured, old)
    assert "Nothing was deleted" in frontdesk("run", "--dry-run").output


def test_a_run_deletes_and_shows_a_table(configured: Database, old: str) -> None:
    result = frontdesk("run")
    assert result.exit_code == 0, result.output
    (row,) = [line for line in result.output.splitlines() if "conversations" in line]
    assert [cell.strip() for cell in row.strip("│").split("│")] == ["conversations", "1", "1", "0"]
    assert not there(configured, old)
    again = json.loads(frontdesk("run", "--json").output)
    assert all(kind["deleted"] == 0 for kind in again["kinds"])


def test_a_hold_keeps_and_a_release_frees(configured: Database, old: str) -> None:
    held = frontdesk("hold", old, "--why", "Lawsuit 26-17", *BY)
    assert (held.exit_code, held.output) == (0, f"{old} is on hold.\n")
    listed = frontdesk("holds").output
    assert old in listed
    assert "Lawsuit 26-17" in listed
    told = json.loads(frontdesk("run", "--json").output)["kinds"]
    assert {"kind": "conversations", "due": 1, "held": 1, "deleted": 0} in told
    assert there(configured, old)
    assert frontdesk("release", old, *BY).exit_code == 0
    assert "Nothing is on hold." in frontdesk("holds").output
    assert frontdesk("run").exit_code == 0
    assert not there(configured, old)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("hold", "T26-NONE22", "--why", "x", *BY), "there is no report and no conversation"),
        (("release", "T26-NONE22", *BY), "there is no report and no conversation"),
        (("release", "OLD", *BY), "is not on hold"),
        (("hold", "OLD", "--why", " ", *BY), "a hold needs a reason"),
        (("hold", "OLD", "--why", "x", "--by", "no@one.example"), "no active account"),
    ],
)
def test_what_cannot_be_held_or_released_ends_with_one_sentence_and_1(
    configured: Database, old: str, words: tuple[str, ...], told: str
) -> None:
    result = frontdesk(*(old if word == "OLD" else word for word in words))
    assert result.exit_code == 1
    assert told in result.output
    assert len(result.output.splitlines()) == 1
    with configured.reading() as session:
        assert session.scalars(select(Hold)).all() == []


def test_erasing_shows_first_and_does_it_with_yes(configured: Database, old: str) -> None:
    shown = frontdesk("erase", "--phone", PHONE)
    assert shown.exit_code == 0
    assert "Would be erased: 1 conversation(s), with 2 message(s)" in shown.output
    assert there(configured, old)
    done = frontdesk("erase", "--phone", PHONE, "--yes")
    assert done.exit_code == 0
    assert "Erased: 1 conversation(s)" in done.output
    assert not there(configured, old)
    again = frontdesk("erase", "--phone", PHONE, "--yes")
    assert (again.exit_code, again.output) == (
        1,
        "Not erased: nothing is kept of this person.\n",
    )


def test_what_erasing_must_keep_is_listed(configured: Database, old: str) -> None:
    with configured.transaction() as session:
        kept = report(session, conversation(session, -_SHIFT), -_SHIFT)
        number = str(kept.number)
    frontdesk("hold", old, "--why", "x", *BY)
    result = frontdesk("erase", "--phone", PHONE, "--yes")
    assert result.exit_code == 0
    assert number in result.output
    assert old in result.output
    assert there(configured, old)
    with configured.reading() as session:
        assert session.get(type(kept), kept.id) is not None


def test_when_all_must_be_kept_it_ends_with_1(configured: Database, old: str) -> None:
    frontdesk("hold", old, "--why", "x", *BY)
    result = frontdesk("erase", "--phone", PHONE, "--yes")
    assert result.exit_code == 1
    assert "Kept: on hold" in result.output
    assert there(configured, old)


@pytest.mark.parametrize(
    "words", [(), ("--phone", PHONE, "--email", "a@b.example"), ("--phone", "Maria")]
)
def test_wrong_use_of_erase_ends_with_2(configured: Database, words: tuple[str, ...]) -> None:
    result = frontdesk("erase", *words)
    assert result.exit_code == 2
    assert rows(configured) == {}


def test_without_a_policy_nothing_runs(
    configured: Database, old: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "city" / "reports").mkdir(parents=True)
    monkeypatch.setenv("FRONTDESK_DEPARTMENT", str(tmp_path / "city"))
    settings.cache_clear()
    result = frontdesk("run")
    assert result.exit_code == 1
    assert "retention.yml: it is missing" in result.output
    assert there(configured, old)
