"""Commands for the page in Messenger."""

from __future__ import annotations

import json
from typing import Annotated, Final

import httpx
import typer

from desk.department import DepartmentBroken, load
from desk.settings import settings
from gateway.channels import messenger_menu

WRONG: Final = 1
"""The exit code when something has to be put right first: a setting, the token, the department."""

LATER: Final = 3
"""The exit code when Meta cannot be reached, or says it is too busy: try again."""

_BAD_TOKEN: Final = 190

app = typer.Typer(no_args_is_help=True)


@app.callback()
def messenger() -> None:
    """The department's page in Messenger."""


@app.command("setup")
def setup(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be sent to Meta, and send nothing.")
    ] = False,
) -> None:
    """Give the page its Get Started button, greeting and menu, in English and Spanish.

    Exits with 1 when something has to be put right first, with 3 when trying again later may help.
    """
    ours = settings()
    try:
        wanted = messenger_menu.profile(load(ours.department))
    except (DepartmentBroken, messenger_menu.GreetingTooLong) as broken:
        raise _stop(f"Not set up: {broken}.", WRONG) from None
    if dry_run:
        typer.echo(json.dumps(wanted, indent=2, ensure_ascii=False))
        return
    if not ours.messenger_page_token.get_secret_value():
        raise _stop("Not set up: MESSENGER_PAGE_TOKEN is empty.", WRONG)
    try:
        with httpx.Client(timeout=ours.provider_timeout) as client:
            messenger_menu.set_up(ours, client, wanted)
    except messenger_menu.ProfileRefused as refused:
        advice = (
            " MESSENGER_PAGE_TOKEN is not valid (any more): make a new one in the app's settings."
            if refused.code == _BAD_TOKEN
            else " Try again in ten minutes."
            if refused.later
            else ""
        )
        raise _stop(
            f"Not set up: Meta says: {refused}{advice}", LATER if refused.later else WRONG
        ) from None
    except httpx.HTTPError as error:
        raise _stop(
            f"Not set up: {ours.graph_api_url} cannot be reached ({type(error).__name__}). "
            "Try again.",
            LATER,
        ) from None
    typer.echo("The page has its Get Started button, greeting and menu, in English and Spanish.")


def _stop(sentence: str, code: int) -> typer.Exit:
    typer.echo(sentence, err=True)
    return typer.Exit(code)
