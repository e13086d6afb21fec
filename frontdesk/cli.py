"""Puts all commands under the one name `frontdesk`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from sqlalchemy.exc import ArgumentError, OperationalError

from desk.database import Database
from desk.settings import settings
from frontdesk import (
    audit_commands,
    backup_commands,
    department_commands,
    local,
    measure,
    messenger_commands,
    model,
    retention_commands,
    run,
    staff_commands,
    training_data,
)

app = typer.Typer(
    name="frontdesk",
    help="The front desk of a police department: SMS, Messenger and web chat.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("check-department")(department_commands.check_department)
app.command("import-department")(department_commands.import_department)
app.add_typer(staff_commands.app, name="staff", help="Who may sign in to the console.")
app.add_typer(messenger_commands.app, name="messenger", help="The page in Messenger.")
app.add_typer(
    retention_commands.app, name="retention", help="How long things are kept, and what is on hold."
)
app.add_typer(
    audit_commands.app, name="audit", help="The record of what staff saw, changed or exported."
)
app.command("backup")(backup_commands.backup)
app.command("restore")(backup_commands.restore)
app.command("understand")(measure.understand)
app.command("screen")(measure.screen)
app.command("check-training-data")(training_data.check_training_data)


@app.command("run")
def run_command() -> None:
    """Migrate the database, train if needed, start every process and stay until Ctrl-C."""
    raise typer.Exit(run.run(settings()))


@app.command("train")
def train_command(
    force: Annotated[
        bool, typer.Option(help="Train even when the model matches the data.")
    ] = False,
) -> None:
    """Train the model when it does not match the training data."""
    trained = None if force else model.current()
    if trained is None:
        trained = model.train()
    typer.echo(f"The model is {trained.name}.")


@app.command("shell")
def shell_command() -> None:
    """Open a shell with `rasa` and `frontdesk` on PATH and the settings of this front desk."""
    binaries = (model.RASA.parent, Path(sys.executable).parent)
    path = os.pathsep.join((*map(str, binaries), os.environ["PATH"]))
    shell = os.environ.get("SHELL") or "/bin/bash"
    os.execve(shell, [shell, "-i"], {**model.rasa_environment(), "PATH": path})  # noqa: S606


@app.command("migrate")
def migrate_command() -> None:
    """Bring the database to the newest schema."""
    database = Database(settings().database_url)
    database.migrate()
    typer.echo(f"The database is up to date ({database.url.render_as_string(hide_password=True)}).")


def main() -> None:
    """Run the command line; what an operator can mend ends with one sentence and exit code 1."""
    try:
        local.load()
        settings()
        app()
    except ValidationError as broken:
        problems = (
            f"the setting {'.'.join(map(str, error['loc']))} is broken: {error['msg']}"
            for error in broken.errors()
        )
        _stop("; ".join(problems))
    except (model.TrainingFailed, run.CannotRun) as failure:
        _stop(str(failure))
    except ArgumentError as broken_url:
        _stop(f"the setting DATABASE_URL is broken: {broken_url}")
    except OperationalError as refused:
        _stop(f"the database cannot be reached: {str(refused.orig).strip().splitlines()[0]}")


def _stop(sentence: str) -> None:
    Console(stderr=True, highlight=False).print(f"frontdesk: {sentence}", soft_wrap=True)
    sys.exit(1)
