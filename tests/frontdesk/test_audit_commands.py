from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from desk import people
from desk.database import Database
from desk.settings import settings
from frontdesk.cli import app
from tests.desk.people.tampering import tamper

CHANGE = "UPDATE audit_entry SET subject = 'report:9' WHERE id = 2"


def frontdesk(*words: str) -> Result:
    return CliRunner().invoke(app, ["audit", *words])


@pytest.fixture
def entries(configured: Database) -> Database:
    with configured.transaction() as session:
        for number in range(3):
            people.audit(session, None, "report.view", f"report:{number}")
    return configured


@pytest.mark.usefixtures("entries")
def test_a_whole_chain_ends_with_0_and_its_last_hash() -> None:
    result = frontdesk("verify")
    assert result.exit_code == 0
    assert "is whole: 3 entries, 1 to 3" in result.output
    told = json.loads(frontdesk("verify", "--json").output)
    assert told["ok"] is True
    assert told["end"] in result.output
    assert frontdesk("verify", "--includes", told["end"]).exit_code == 0
    assert frontdesk("verify", "--includes", "f" * 64).exit_code == 1


def test_a_tampered_entry_is_named_and_ends_with_1(entries: Database) -> None:
    tamper(entries, CHANGE)
    result = frontdesk("verify")
    assert result.exit_code == 1
    assert "broken at entry 2" in result.output
    as_json = frontdesk("verify", "--json")
    assert as_json.exit_code == 1
    assert json.loads(as_json.output)["broken"]["entry_id"] == 2


@pytest.mark.usefixtures("entries")
def test_another_key_is_told_from_tampering(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTDESK_SECRET_KEY", "the next one")
    settings.cache_clear()
    result = frontdesk("verify")
    assert result.exit_code == 1
    assert "key that is not known here" in result.output
    monkeypatch.setenv("FRONTDESK_SECRET_KEYS_BEFORE", "x")
    settings.cache_clear()
    assert frontdesk("verify").exit_code == 1


def test_an_earlier_secret_is_enough(configured: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTDESK_SECRET_KEY", "first")
    settings.cache_clear()
    with configured.transaction() as session:
        people.audit(session, None, "a")
    monkeypatch.setenv("FRONTDESK_SECRET_KEY", "second")
    monkeypatch.setenv("FRONTDESK_SECRET_KEYS_BEFORE", "zeroth first")
    settings.cache_clear()
    assert frontdesk("verify").exit_code == 0


@pytest.mark.usefixtures("entries")
def test_an_export_has_every_entry_is_private_and_on_record(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    assert frontdesk("export", str(path)).exit_code == 0
    assert path.stat().st_mode & 0o777 == 0o600
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["subject"] for line in lines] == ["report:0", "report:1", "report:2"]
    again = frontdesk("export", str(path))
    assert (again.exit_code, len(again.output.splitlines())) == (1, 1)
    printed = [json.loads(line) for line in frontdesk("export").output.splitlines()]
    assert [line["action"] for line in printed][-1] == "audit.export"
    assert frontdesk("verify").exit_code == 0
