from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from desk.settings import ROOT
from frontdesk import department_commands

NYC = ROOT / "tests" / "data" / "nyc"
app = typer.Typer(rich_markup_mode=None)
app.command("check-department")(department_commands.check_department)
app.command("import-department")(department_commands.import_department)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("COLUMNS", "200")
    return CliRunner()


def imported(target: Path, **changes: str) -> list[str]:
    options = {
        "--districts": str(NYC / "precinct.geojson"),
        "--stations": str(NYC / "precinct_house.geojson"),
        "--contacts": str(NYC / "nypd_precinct_contacts.csv"),
        "--name": "New York City Police Department",
        "--city": "New York",
        "--state": "NY",
        "--time-zone": "America/New_York",
        "--nonemergency": "311",
        **changes,
    }
    return ["import-department", str(target), *(part for pair in options.items() for part in pair)]


def test_a_sound_folder_ends_with_0(run: CliRunner) -> None:
    result = run.invoke(app, ["check-department", str(ROOT / "department")])
    assert (result.exit_code, "No problems found." in result.output) == (0, True)


def test_without_a_folder_the_configured_one_is_checked(run: CliRunner) -> None:
    assert run.invoke(app, ["check-department"]).exit_code == 0


def test_an_error_is_shown_with_file_and_line_and_ends_with_1(
    run: CliRunner, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "department", tmp_path / "d")
    stations = tmp_path / "d" / "stations.yml"
    stations.write_text(stations.read_text().replace("phone: (209) 555-0110", "phone: 12"))
    result = run.invoke(app, ["check-department", str(tmp_path / "d")])
    assert result.exit_code == 1
    assert "stations.yml:6" in result.output
    assert "1 error(s), 0 warning(s)." in result.output


def test_warnings_end_with_0_unless_strict(run: CliRunner, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "department", tmp_path / "d")
    zips = tmp_path / "d" / "gazetteer" / "zips.csv"
    zips.write_text(zips.read_text().replace("00104,37", "00104,38"))
    assert run.invoke(app, ["check-department", str(tmp_path / "d")]).exit_code == 0
    assert run.invoke(app, ["check-department", "--strict", str(tmp_path / "d")]).exit_code == 1


def test_a_folder_that_is_not_there_ends_with_2(run: CliRunner, tmp_path: Path) -> None:
    assert run.invoke(app, ["check-department", str(tmp_path / "nowhere")]).exit_code == 2


def test_broken_answers_and_report_types_are_told_by_file(run: CliRunner, tmp_path: Path) -> None:
    folder = tmp_path / "d"
    shutil.copytree(ROOT / "department", folder)
    answer = folder / "answers" / "privacy.en.md"
    answer.write_text(answer.read_text().replace("{records}", "{recrods}"))
    report = folder / "reports" / "theft.yml"
    report.write_text(report.read_text().replace("promised_days: 7", "promised_days: soon"))
    result = run.invoke(app, ["check-department", str(folder)])
    assert result.exit_code == 1
    assert "answers/privacy.en.md:0" in result.output
    assert "unknown placeholder 'recrods'" in result.output
    assert "reports/theft.yml:0" in result.output
    assert "promised_days" in result.output
    assert "2 error(s), 0 warning(s)." in result.output


def test_yaml_that_cannot_be_read_is_told_by_line(run: CliRunner, tmp_path: Path) -> None:
    folder = tmp_path / "d"
    shutil.copytree(ROOT / "department", folder)
    answer = folder / "answers" / "privacy.en.md"
    answer.write_text(answer.read_text().replace("enabled: true", "enabled: [true"))
    report = folder / "reports" / "theft.yml"
    report.write_text("broken: [\n" + report.read_text())
    output = run.invoke(app, ["check-department", str(folder)]).output
    for file, name in ((answer, "answers/privacy.en.md"), (report, "reports/theft.yml")):
        line = int(output.split(f"{name}:")[1].split()[0])
        assert 1 <= line <= len(file.read_text().splitlines()), name


def test_a_text_too_long_for_sms_is_an_error(run: CliRunner, tmp_path: Path) -> None:
    folder = tmp_path / "d"
    shutil.copytree(ROOT / "department", folder)
    (folder / "answers" / "privacy.es.md").write_text(
        "---\nowner: o\nsource: s\nreview: 2027-05-01\nenabled: true\n---\n" + "palabra " * 60
    )
    result = run.invoke(app, ["check-department", str(folder)])
    assert (result.exit_code, "4 SMS, at most 2" in result.output) == (1, True)


def test_report_types_without_what_they_share_are_an_error(run: CliRunner, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "department", tmp_path / "d")
    (tmp_path / "d" / "reports" / "common.yml").unlink()
    result = run.invoke(app, ["check-department", str(tmp_path / "d")])
    assert (result.exit_code, "reports/common.yml:0" in result.output) == (1, True)


def test_an_import_shows_counts_and_gaps(run: CliRunner, tmp_path: Path) -> None:
    result = run.invoke(app, imported(tmp_path / "nyc"))
    assert result.exit_code == 0, result.output
    assert "Precinct 116 has no row" in result.output
    assert "import-report.md" in result.output


def test_an_imported_folder_is_sound_and_says_which_numbers_are_assumed(
    run: CliRunner, tmp_path: Path
) -> None:
    run.invoke(app, imported(tmp_path / "nyc"))
    assert run.invoke(app, ["check-department", str(tmp_path / "nyc")]).exit_code == 0
    assert "311 stands for every line" in (tmp_path / "nyc" / "import-report.md").read_text()
    profile = tmp_path / "nyc" / "profile.yml"
    profile.write_text(profile.read_text().replace("records:", "archive:"))
    checked = run.invoke(app, ["check-department", str(tmp_path / "nyc")])
    assert checked.exit_code == 1
    assert "profile.yml under numbers" in checked.output


def test_an_import_does_not_write_over_a_folder_unasked(run: CliRunner, tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("mine")
    assert run.invoke(app, imported(tmp_path)).exit_code == 2
    assert [one.name for one in tmp_path.iterdir()] == ["kept.txt"]
    assert run.invoke(app, [*imported(tmp_path), "--force"]).exit_code == 0


def test_a_wrong_option_value_is_told_by_the_check(run: CliRunner, tmp_path: Path) -> None:
    result = run.invoke(app, imported(tmp_path / "nyc", **{"--time-zone": "Nowhere/Land"}))
    assert result.exit_code == 1
    assert "is not a time zone" in result.output


def test_files_that_cannot_be_used_end_with_1(run: CliRunner, tmp_path: Path) -> None:
    wrong = imported(tmp_path / "nyc", **{"--districts": str(NYC / "nypd_precinct_contacts.csv")})
    result = run.invoke(app, wrong)
    assert result.exit_code == 1
    assert "holds no polygon" in result.output


def test_a_missing_option_ends_with_2_and_help_explains(run: CliRunner, tmp_path: Path) -> None:
    assert run.invoke(app, ["import-department", str(tmp_path / "x")]).exit_code == 2
    told = run.invoke(app, ["import-department", "--help"]).output
    assert "District polygons" in told
    assert "missing is imported all the same" in " ".join(told.split())


@pytest.mark.parametrize("written", [None, "conversations: 0"])
def test_a_missing_or_broken_retention_file_is_told(
    run: CliRunner, tmp_path: Path, written: str | None
) -> None:
    shutil.copytree(ROOT / "department", tmp_path / "d")
    (tmp_path / "d" / "retention.yml").unlink()
    if written is not None:
        (tmp_path / "d" / "retention.yml").write_text(written)
    result = run.invoke(app, ["check-department", str(tmp_path / "d")])
    assert result.exit_code == 1
    assert "retention.yml:0" in result.output
    assert "1 error(s), 0 warning(s)." in result.output
