"""`frontdesk run` says in one sentence what keeps it from running."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from desk.settings import ROOT, Settings
from frontdesk.model import RASA_PYTHON, rasa_environment
from frontdesk.run import processes


def run(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "frontdesk", "run"],
        cwd=ROOT,
        env={
            **os.environ,
            "FRONTDESK_STATE": str(tmp_path),
            "DATABASE_URL": f"sqlite:///{tmp_path}/frontdesk.db",
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_token_reaches_rasa_where_only_we_can_read_it() -> None:
    settings = Settings(_env_file=None, FRONTDESK_INTERNAL_TOKEN="-dash")
    rasa = processes(settings, Path("models/any.tar.gz"))[0]
    assert "-dash" not in " ".join(rasa.command)
    assert rasa.environment["FRONTDESK_INTERNAL_TOKEN"] == "-dash"


def test_a_token_that_begins_with_a_dash_is_no_option_to_rasa() -> None:
    code = "import sys, bot.__main__ as bot; print(*bot.with_token(sys.argv[1:]))"
    given = ["run", "--enable-api"]
    ended = subprocess.run(
        [str(RASA_PYTHON), "-c", code, *given],
        cwd=ROOT,
        env={**rasa_environment(), "FRONTDESK_INTERNAL_TOKEN": "-dash"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert ended.stdout.split() == [*given, "--auth-token=-dash"]


def only_sentence(ended: subprocess.CompletedProcess[str]) -> str:
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr + ended.stdout
    lines = ended.stderr.strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def test_a_broken_setting_is_named(tmp_path: Path) -> None:
    said = only_sentence(run(tmp_path, GATEWAY_PORT="eight thousand"))
    assert "GATEWAY_PORT" in said


def test_a_database_that_is_away_is_named(tmp_path: Path) -> None:
    said = only_sentence(run(tmp_path, DATABASE_URL="postgresql://nobody@127.0.0.1:1/none"))
    assert "database cannot be reached" in said


def test_an_unknown_kind_of_database_is_named(tmp_path: Path) -> None:
    assert "DATABASE_URL" in only_sentence(run(tmp_path, DATABASE_URL="a spreadsheet"))


def test_a_broken_department_is_named_with_file_and_line(tmp_path: Path) -> None:
    folder = tmp_path / "city"
    shutil.copytree(ROOT / "department", folder)
    profile = folder / "profile.yml"
    profile.write_text(profile.read_text().replace("America/Los_Angeles", "Mars/Olympus"))
    said = only_sentence(run(tmp_path, FRONTDESK_DEPARTMENT=str(folder)))
    assert "profile.yml" in said
    assert "line" in said


@pytest.mark.processes
@pytest.mark.timeout(900)
def test_a_port_in_use_is_named_with_its_setting(tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        ended = run(tmp_path, ACTIONS_PORT=str(port))
    said = ended.stderr.strip().splitlines()[-1]
    assert ended.returncode == 1
    assert str(port) in said
    assert "ACTIONS_PORT" in said
