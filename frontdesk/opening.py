"""Opens the database for a command, and ends the command with one sentence when it cannot go on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from desk.database import Database, DatabaseBehind
from desk.settings import settings

FAILED = 1
WRONG_USE = 2


def stop(sentence: str, code: int = FAILED) -> NoReturn:
    """End the command with a sentence for the operator."""
    typer.echo(sentence, err=True)
    raise typer.Exit(code)


@contextmanager
def opened() -> Iterator[Database]:
    """The configured database, closed at the end; a schema that is too old ends the command."""
    database = Database(settings().database_url)
    try:
        database.check_schema()
        yield database
    except DatabaseBehind as behind:
        stop(f"Not done: {behind}; run `frontdesk migrate`.")
    finally:
        database.close()
