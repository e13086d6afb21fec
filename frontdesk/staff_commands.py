"""Commands for staff accounts: who may sign in to the console."""

from __future__ import annotations

import secrets
import sys
from typing import Annotated

import typer

from desk import people
from desk.database import Database
from desk.settings import settings

app = typer.Typer(no_args_is_help=True)


@app.callback()
def staff() -> None:
    """Who may sign in to the console."""


@app.command("add")
def add(
    email: Annotated[str, typer.Argument(help="The address to sign in with.")],
    name: Annotated[str, typer.Option(help='As residents read it: "Officer Rivera".', prompt=True)],
    role: Annotated[
        list[str], typer.Option(help=f"One of {', '.join(people.ROLES)}; may be repeated.")
    ],
    language: Annotated[list[str], typer.Option(help="en or es; may be repeated.")] = ["en"],  # noqa: B006 - typer copies it
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    generate: Annotated[
        bool, typer.Option("--generate", help="Make up a password and print it once.")
    ] = False,
) -> None:
    """Add an account; the password is asked for, unless an option says otherwise."""
    if generate:
        password = secrets.token_urlsafe(12)
    elif password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    database = Database(settings().database_url)
    try:
        with database.transaction() as session:
            people.add_staff(
                session, email=email, name=name, password=password, roles=role, languages=language
            )
    except people.StaffExists:
        typer.echo(f"There is already an account for {email}.", err=True)
        raise typer.Exit(1) from None
    except ValueError as broken:
        typer.echo(f"Not added: {broken}.", err=True)
        raise typer.Exit(1) from None
    finally:
        database.close()
    typer.echo(f"Added {email}.")
    if generate:
        typer.echo(f"Password (shown once): {password}")
