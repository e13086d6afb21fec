"""The commands that check a department's folder and make one from public files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from desk import answers, reports, retention
from desk.department import Problem, check, load
from desk.department.importing import (
    REPORT,
    Columns,
    ImportRefusedError,
    Sources,
)
from desk.department.importing import import_department as run_import
from desk.settings import settings

_FAILED = 1
_WRONG_USE = 2
_MARK: Final = re.compile(r"\bline (\d+), column")
_REMEDY: Final = "docs/department-guide.md says how the file is written."
_REMEDY_PLACEHOLDER: Final = "Correct the name, or give the number in profile.yml under numbers."


def check_department(
    folder: Annotated[
        Path | None,
        typer.Argument(help="The department's folder; without it, FRONTDESK_DEPARTMENT."),
    ] = None,
    strict: Annotated[bool, typer.Option(help="Count warnings as errors.")] = False,
) -> None:
    """List what is wrong in a department's folder, with file, line and remedy.

    Answers and report types are looked through as well; a line that is not known is shown as 0.
    Ends with 0 when it can be used (warnings allowed), 1 when it has errors, 2 when there is no
    such folder.
    """
    console = Console()
    path = folder if folder is not None else settings().department
    if not path.is_dir():
        Console(stderr=True).print(f"There is no folder {escape(str(path))}.")
        raise typer.Exit(_WRONG_USE)
    with _progress(console) as progress:
        progress.add_task("Checking")
        problems = _all_problems(path)
    _show(console, problems)
    if any(problem.level == "error" or strict for problem in problems):
        raise typer.Exit(_FAILED)


def import_department(
    target: Annotated[Path, typer.Argument(help="The folder to make.", file_okay=False)],
    districts: Annotated[
        Path,
        typer.Option(exists=True, dir_okay=False, help="District polygons (GeoJSON, WGS 84)."),
    ],
    name: Annotated[str, typer.Option(help='The department: "Larkfield Police Department".')],
    city: Annotated[str, typer.Option(help="The city.")],
    state: Annotated[str, typer.Option(help='The state, two letters: "CA".')],
    time_zone: Annotated[str, typer.Option(help='Such as "America/Los_Angeles".')],
    nonemergency: Annotated[str, typer.Option(help='The non-emergency number, or "311".')],
    stations: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Stations (CSV or GeoJSON); without it, phone and address in --districts.",
        ),
    ] = None,
    contacts: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="Names, phones and addresses by district (CSV)."
        ),
    ] = None,
    gazetteer: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Names with coordinates (CSV or GeoJSON): blocks, crossings, ZIP codes, "
            "landmarks. May be given several times.",
        ),
    ] = None,
    area_code: Annotated[
        str | None, typer.Option(help="Put before phone numbers of seven digits.")
    ] = None,
    district_id_property: Annotated[
        str | None, typer.Option(help="Which property of --districts is the id.")
    ] = None,
    district_name_property: Annotated[
        str | None, typer.Option(help="Which property of --districts is the name.")
    ] = None,
    station_district_column: Annotated[
        str | None, typer.Option(help="Which column of --stations is the district's id.")
    ] = None,
    station_name_column: Annotated[
        str | None, typer.Option(help="Which column of --stations is the name.")
    ] = None,
    station_phone_column: Annotated[
        str | None, typer.Option(help="Which column of --stations is the phone.")
    ] = None,
    station_address_column: Annotated[
        str | None, typer.Option(help="Which column of --stations is the address.")
    ] = None,
    contact_district_column: Annotated[
        str | None, typer.Option(help="Which column of --contacts is the district's id.")
    ] = None,
    name_column: Annotated[
        str | None, typer.Option(help="Which column of --gazetteer is the name.")
    ] = None,
    latitude_column: Annotated[
        str | None, typer.Option(help="Which column of the CSV files is the latitude.")
    ] = None,
    longitude_column: Annotated[
        str | None, typer.Option(help="Which column of the CSV files is the longitude.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Write into a folder that is not empty.")] = False,
) -> None:
    """Make a department's folder from public files; columns are found by their names.

    What is missing is imported all the same, shown in a table and kept in import-report.md.
    Ends with 0 when the folder can be used, 1 when the files cannot, 2 on wrong use.
    """
    console, errors = Console(), Console(stderr=True)
    if target.is_dir() and any(target.iterdir()) and not force:
        errors.print(f"{escape(str(target))} is not empty. Name another folder, or use --force.")
        raise typer.Exit(_WRONG_USE)
    sources = Sources(
        districts=districts,
        name=name,
        city=city,
        state=state,
        time_zone=time_zone,
        nonemergency=nonemergency,
        stations=stations,
        contacts=contacts,
        gazetteers=tuple(gazetteer or ()),
        area_code=area_code,
        columns=Columns(
            district_id=district_id_property,
            district_name=district_name_property,
            station_district=station_district_column,
            station_name=station_name_column,
            station_phone=station_phone_column,
            station_address=station_address_column,
            contact_district=contact_district_column,
            name=name_column,
            latitude=latitude_column,
            longitude=longitude_column,
        ),
    )
    try:
        with _progress(console) as progress:
            task = progress.add_task("Importing")
            imported = run_import(
                sources, target, lambda what: progress.update(task, description=what.capitalize())
            )
            progress.update(task, description="Checking")
            problems = check(target)
            texts = len(_all_problems(target)) - len(problems)
    except ImportRefusedError as error:
        errors.print(escape(str(error)))
        raise typer.Exit(_FAILED) from None
    table = Table("What", "Number", title=escape(name))
    for what, number in imported.counts.items():
        table.add_row(what, str(number))
    console.print(table)
    if imported.gaps:
        gaps = Table("Gap", title="Gaps", show_lines=False)
        for gap in imported.gaps:
            gaps.add_row(escape(gap))
        console.print(gaps)
    wrong = [problem for problem in problems if problem.level == "error"]
    warnings = len(problems) - len(wrong)
    console.print(f"{escape(str(target))}: {warnings} warning(s); all gaps are in {REPORT}.")
    if texts:
        console.print(
            f"{texts} problem(s) in answers and report types, which are copies of the demo city's: "
            "`frontdesk check-department` lists them."
        )
    if wrong:
        _show(console, wrong)
        raise typer.Exit(_FAILED)


def _all_problems(folder: Path) -> list[Problem]:
    """What is wrong with the facts, the answers and the report types of a department's folder."""
    facts = check(folder)
    found = list(_named(reports.check(folder), "reports/"))
    if not any(problem.level == "error" for problem in facts):  # answers are filled with facts
        found += _named(answers.check(folder / "answers", load(folder)), "answers/")
    try:
        retention.read_defaults(folder)
    except retention.PolicyBroken as broken:
        found += _named([str(broken)], "")
    return sorted((*facts, *found), key=lambda one: (one.level, one.file, one.line))


def _named(sentences: Iterable[str], prefix: str) -> Iterator[Problem]:
    """Sentences that begin with a file's name, as problems of that file."""
    for sentence in dict.fromkeys(sentences):  # common.yml is told once for each type
        begin, _, what = " ".join(sentence.split()).partition(": ")
        file, _, more = begin.removeprefix(prefix).partition(" ")
        marks = _MARK.findall(what)
        # an answer's mark counts from the line after its first three dashes
        line = int(marks[-1]) + (prefix == "answers/") if marks else 0
        remedy = _REMEDY_PLACEHOLDER if what.startswith("unknown placeholder") else _REMEDY
        yield Problem(prefix + file, line, f"{what} {more}".strip(), remedy)


def _progress(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )


def _show(console: Console, problems: list[Problem]) -> None:
    if not problems:
        console.print("No problems found.")
        return
    table = Table("Level", "Where", "What", "Remedy")
    for problem in problems:
        style = "red" if problem.level == "error" else "yellow"
        table.add_row(
            f"[{style}]{problem.level}[/]",
            f"{problem.file}:{problem.line}",
            escape(problem.message),
            escape(problem.remedy),
        )
    console.print(table)
    number = sum(problem.level == "error" for problem in problems)
    console.print(f"{number} error(s), {len(problems) - number} warning(s).")
