"""The department's answers: filled, at par, changed and switched off at once."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from desk.answers import answer, check
from desk.answers.placeholders import Placeholders, spoken_hours
from desk.department.loader import Department, load
from desk.settings import ROOT
from desk.wording import LANGUAGES


@pytest.fixture
def department(tmp_path: Path) -> Department:
    shutil.copytree(ROOT / "department" / "answers", tmp_path / "answers")
    return replace(load(ROOT / "department"), folder=tmp_path)


def test_our_own_answers_have_no_problems(department: Department) -> None:
    assert check(department.folder / "answers", department) == []


def test_placeholders_are_filled(department: Department) -> None:
    reply = answer("nonemergency_number", department, "en", "sms")
    assert reply is not None
    assert "(209) 555-0100" in reply.text
    assert "{" not in reply.text


@pytest.mark.parametrize(
    ("moment", "state"),
    [
        ("2026-03-09T12:00", "open until 6:00 PM"),
        ("2026-03-09T20:00", "closed now, opens tomorrow"),
    ],
)
def test_who_to_contact_comes_with_whether_it_is_open_now(
    department: Department, moment: str, state: str
) -> None:
    now = datetime.fromisoformat(moment).replace(tzinfo=department.profile.zone)

    reply = answer("community_programs", department, "en", "web", now)

    assert reply is not None
    assert state in reply.text


def test_every_placeholder_has_words_at_any_hour(department: Department) -> None:
    midnight = datetime(2026, 3, 8, tzinfo=UTC)  # a day of 23 hours there
    for hour in range(48):
        now = midnight + timedelta(hours=hour)
        for language in LANGUAGES:
            known = Placeholders(department, language, now)
            assert len(known) > 30
            assert [name for name, words in known.items() if not words or "{" in words] == []


def test_the_web_gets_the_body_and_sms_the_short_text(department: Department) -> None:
    web = answer("privacy", department, "es", "web")
    sms = answer("privacy", department, "es", "sms")
    assert web is not None
    assert sms is not None
    assert len(sms.text) < len(web.text)


def test_a_change_and_a_switch_count_at_once(department: Department) -> None:
    path = department.folder / "answers" / "privacy.en.md"
    assert answer("privacy", department, "en", "web") is not None
    text = path.read_text(encoding="utf-8")
    path.write_text(text + "\nA new sentence.\n", encoding="utf-8")
    changed = answer("privacy", department, "en", "web")
    assert changed is not None
    assert changed.text.endswith("A new sentence.")
    path.write_text(text.replace("enabled: true", "enabled: false"), encoding="utf-8")
    assert answer("privacy", department, "en", "web") is None


def test_a_missing_language_falls_back_to_the_other(department: Department) -> None:
    (department.folder / "answers" / "privacy.es.md").unlink()
    reply = answer("privacy", department, "es", "web")
    assert reply is not None
    assert reply.text.startswith("We keep")
    assert answer("no_such_topic", department, "en", "web") is None


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("no front matter", "no front matter"),
        ("---\nowner: me\n---\nHi", "front matter"),
        ("{front}Hi {nobody}", "unknown placeholder"),
        ("{front}Привет", "cost double"),
        ("{front}" + "long " * 90, "SMS, at most 2"),
        ("{front}", "no text"),
    ],
)
def test_the_check_finds_what_is_wrong(department: Department, content: str, problem: str) -> None:
    front = "---\nowner: me\nsource: test\nreview: 2027-01-01\nenabled: true\n---\n"
    path = department.folder / "answers" / "privacy.en.md"
    path.write_text(content.replace("{front}", front), encoding="utf-8")
    assert any(problem in one for one in check(department.folder / "answers", department))


def test_the_check_finds_a_language_that_is_missing(department: Department) -> None:
    (department.folder / "answers" / "privacy.es.md").unlink()
    assert check(department.folder / "answers", department) == [
        "privacy.en.md: there is no privacy.es.md"
    ]


@pytest.mark.parametrize("slip", ["{nobody}", "{records.x}", "{"])
def test_a_slip_in_a_text_falls_back_to_the_other_language(
    department: Department, slip: str
) -> None:
    path = department.folder / "answers" / "privacy.en.md"
    path.write_text(path.read_text(encoding="utf-8") + slip, encoding="utf-8")
    assert answer("privacy", department, "en", "web") == answer("privacy", department, "es", "web")


@pytest.mark.parametrize("broken", [b"no front matter", b"---\nowner: x\n---\ntext", b"\xff\xfe"])
def test_a_broken_file_counts_as_it_was_before(department: Department, broken: bytes) -> None:
    before = answer("privacy", department, "en", "web")
    (department.folder / "answers" / "privacy.en.md").write_bytes(broken)
    assert answer("privacy", department, "en", "web") == before
    assert any("privacy.en.md" in one for one in check(department.folder / "answers", department))


def test_hours_are_spoken() -> None:
    hours = "Mo-Fr 08:00-18:00; Sa 09:30-13:00; PH off"
    assert spoken_hours(hours, "en") == "Mon-Fri 8am-6pm, Sat 9:30am-1pm"
    assert spoken_hours(hours, "es") == "lun-vie 8am-6pm, sáb 9:30am-1pm"
