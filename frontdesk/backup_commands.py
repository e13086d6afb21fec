"""The commands that make a backup and restore one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from desk.settings import settings
from frontdesk import audit_commands
from frontdesk.archive import ArchiveBroken, Manifest
from frontdesk.backup import make
from frontdesk.opening import FAILED, opened, stop
from frontdesk.postgresql import ProgramFailed
from frontdesk.restore import CannotRestore
from frontdesk.restore import restore as run_restore

_SECRETS = (
    "Secrets are not in it: keep .env (or local-settings.json in FRONTDESK_STATE) by other means, "
    "above all FRONTDESK_SECRET_KEY, which the audit is sealed with."
)


def backup(
    to: Annotated[Path, typer.Argument(help="The file to make, such as desk-2026-11-23.tar.gz.")],
) -> None:
    """Back up database, photos and the department's folder into one file, while all runs.

    A file that is there is never replaced. Ends with 0 when it is made, 1 when it could not be.
    """
    with opened() as database:
        try:
            with _progress("Backing up"):
                manifest = make(database, settings().department, to)
        except FileExistsError:
            stop(f"Not backed up: {to} is there already.")
        except OSError as error:
            stop(f"Not backed up: {to} cannot be made: {error.strerror}.")
        except ProgramFailed as failure:
            stop(f"Not backed up: {failure}.")
    console = Console(highlight=False)
    console.print(_table(manifest))
    console.print(f"{to} holds all of it, readable by you only.", markup=False, soft_wrap=True)
    console.print(_SECRETS, markup=False, soft_wrap=True)


def restore(
    source: Annotated[Path, typer.Argument(metavar="FROM", help="The file of a backup.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Put it in the place of what the database holds.")
    ] = False,
) -> None:
    """Check a backup, put it into the configured database, migrate that, and check it.

    Stop the front desk first. Ends with 0 when all is right, 1 when nothing was restored, 3 when
    it was restored and its audit chain is broken.
    """
    ours = settings()
    try:
        with _progress("Restoring"):
            done = run_restore(ours.database_url, ours.department, source, replace=replace)
    except (ArchiveBroken, CannotRestore, ProgramFailed) as why:
        stop(f"Not restored, nothing was changed: {why}.", FAILED)
    console = Console(highlight=False)
    console.print(_table(done.manifest))
    for sentence in (
        f"Restored {done.rows} rows; the counts are those of the backup, and the schema is the "
        "newest.",
        audit_commands.sentence(done.verdict),
        {
            "the same": f"The department's folder {done.department_at} is the same.",
            "restored": f"The department's folder is restored to {done.department_at}.",
            "beside": "Your department's folder differs and was left; the backup's is "
            f"{done.department_at}.",
        }[done.department],
        f"What it held before is in {done.moved_away}." if done.moved_away else "",
        "Who was erased since the backup is in it again: erase them anew. What is due since, "
        "`frontdesk retention run` deletes.",
    ):
        if sentence:
            console.print(sentence, markup=False, soft_wrap=True)
    if done.verdict.broken is not None:
        raise typer.Exit(3)


def _table(manifest: Manifest) -> Table:
    table = Table("Table", "Rows")
    table.title = (
        f"{escape(manifest.engine)}, revision {escape(manifest.revision)}, "
        f"{manifest.made_at:%Y-%m-%d %H:%M} UTC"
    )
    for name, count in manifest.counts.items():
        if count:
            table.add_row(name, str(count))
    table.add_row("of those, photos", str(manifest.photos))
    return table


def _progress(what: str) -> Progress:
    console = Console(stderr=True)
    progress = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    progress.add_task(what)
    return progress
