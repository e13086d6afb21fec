"""The answer to danger: 911 first, one SMS, a way on and a person, whatever is missing."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from desk.department.loader import Department, load
from desk.safety.danger import danger_reply
from desk.safety.screen import KINDS
from desk.settings import ROOT
from desk.wording import LANGUAGES, Language
from desk.wording.sms import fold, is_gsm7, render_choices, segments


@pytest.fixture
def department() -> Department:
    return load(ROOT / "department")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("draft_kept", [True, False])
def test_by_sms_it_is_one_segment_with_its_choices(
    department: Department, kind: str, language: Language, draft_kept: bool
) -> None:
    reply = danger_reply(kind, department, language, "sms", draft_kept)
    sent = fold(render_choices(reply.text, reply.choices))
    assert reply.urgent
    assert is_gsm7(sent)
    assert segments(sent) == 1
    assert [choice.value for choice in reply.choices] == ["resume", "person"]


@pytest.mark.parametrize("channel", ["sms", "web"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_action_comes_first_and_no_officer_is_promised(
    department: Department, kind: str, channel: str
) -> None:
    english = danger_reply(kind, department, "en", channel).text
    spanish = danger_reply(kind, department, "es", channel).text
    assert english.startswith("If you are in danger call 911 now.")
    assert spanish.startswith("Si corre peligro llame al 911 ya.")
    assert "can't send officers" in english
    assert "no puede enviar policía" in spanish


def test_self_harm_names_988_and_missing_never_a_waiting_period(department: Department) -> None:
    for language in LANGUAGES:
        assert "988" in danger_reply("self_harm", department, language, "sms").text
    assert "no waiting period" in danger_reply("missing_person", department, "en", "web").text


@pytest.mark.parametrize("damage", ["gone", "off", "broken"])
def test_without_the_departments_text_a_fixed_one_answers(
    department: Department, tmp_path: Path, damage: str
) -> None:
    shutil.copytree(department.folder / "answers", tmp_path / "answers")
    for path in (tmp_path / "answers").glob("emergency.*.md"):
        text = path.read_text(encoding="utf-8")
        if damage == "gone":
            path.unlink()
        elif damage == "off":
            path.write_text(text.replace("enabled: true", "enabled: false"), encoding="utf-8")
        else:
            path.write_text("no front matter", encoding="utf-8")
    reply = danger_reply("emergency", replace(department, folder=tmp_path), "es")
    assert reply.text.startswith("Si corre peligro llame al 911 ya.")
    assert reply.urgent
