"""Commands for how long things are kept: run, hold, release, erase."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy.orm import Session

from desk import people, retention
from desk.database.models import Staff, utc_now
from desk.settings import settings
from frontdesk.opening import WRONG_USE, opened, stop

app = typer.Typer(no_args_is_help=True)

ReportOrConversation = Annotated[
    str,
    typer.Argument(
        metavar="REPORT-OR-CONVERSATION",
        help="A report's number or case number, or a conversation's id.",
    ),
]
By = Annotated[str, typer.Option("--by", metavar="STAFF-EMAIL", help="Who of the staff decides.")]


@app.callback()
def retention_group() -> None:
    """How long things are kept, and what is on hold."""


@app.command("run")
def run(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what is due.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Delete what is kept longer than department/retention.yml says, but what is on hold.

    Ends with 0 when done, 1 when it could not be done or another process is at it.
    """
    policy = _policy()
    now = utc_now()
    with opened() as database:
        with database.reading() as session:
            counts = retention.look(session, policy, now)
        if not dry_run:
            try:
                with _dialogues() as dialogues, _progress() as progress:
                    tasks = {
                        count.kind: progress.add_task(
                            _called(count.kind), total=count.due - count.held
                        )
                        for count in counts
                        if count.due > count.held
                    }
                    counts = retention.run(
                        database,
                        policy,
                        now,
                        dialogues,
                        step=lambda count: (
                            progress.update(tasks[count.kind], completed=count.deleted)
                            if count.kind in tasks
                            else None
                        ),
                    )
            except retention.RunsAlready:
                stop("Not done: another process deletes what is due right now.")
    if as_json:
        typer.echo(json.dumps({"dry_run": dry_run, "kinds": [asdict(one) for one in counts]}))
        return
    table = Table("Kind", "Due", "Deleted", "Held")
    for count in counts:
        deleted = "–" if dry_run else str(count.deleted)
        table.add_row(_called(count.kind), str(count.due), deleted, str(count.held))
    console = Console()
    console.print(table)
    if dry_run:
        console.print("Nothing was deleted: this was a dry run.")


@app.command("hold")
def hold(
    name: ReportOrConversation,
    why: Annotated[str, typer.Option(help="The reason, for who looks at it later.")],
    by: By,
) -> None:
    """Keep a report with its conversation, or a conversation, whatever its age."""
    with opened() as database, database.transaction() as session:
        try:
            retention.place(session, name, why, _staff(session, by), utc_now())
        except retention.NoSuchThing:
            stop(f"Not held: there is no report and no conversation {name}.")
        except ValueError as broken:
            stop(f"Not held: {broken}.")
    typer.echo(f"{name} is on hold.")


@app.command("release")
def release(name: ReportOrConversation, by: By) -> None:
    """Release every hold on a report or conversation."""
    with opened() as database, database.transaction() as session:
        try:
            retention.release(session, name, _staff(session, by), utc_now())
        except retention.NoSuchThing:
            stop(f"Not released: there is no report and no conversation {name}.")
        except retention.NotOnHold:
            stop(f"Not released: {name} is not on hold.")
    typer.echo(f"{name} is no longer on hold.")


@app.command("holds")
def holds() -> None:
    """List what is on hold, since when, by whom and why."""
    table = Table("What", "Since", "By", "Why")
    with opened() as database, database.reading() as session:
        for one in retention.active(session):
            staff = session.get_one(Staff, one.placed_by)
            table.add_row(
                retention.called(session, one), f"{one.placed_at:%Y-%m-%d}", escape(staff.email),
                escape(one.why),
            )  # fmt: skip
    console = Console()
    if table.row_count:
        console.print(table)
    else:
        console.print("Nothing is on hold.")


@app.command("erase")
def erase(
    phone: Annotated[str | None, typer.Option(help="The number somebody texts from.")] = None,
    email: Annotated[str | None, typer.Option(help="The address given in a report.")] = None,
    conversation: Annotated[str | None, typer.Option(help="A conversation's id.")] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do it; without it, only show what would be erased.")
    ] = False,
) -> None:
    """Erase all that is kept of a person; what is on hold or must be kept by law stays, listed.

    Ends with 0 when something was, or could be, erased; 1 when nobody is known or all must stay;
    2 on wrong use.
    """
    given: list[tuple[retention.By, str]] = []
    if phone is not None:
        given.append(("phone", phone))
    if email is not None:
        given.append(("email", email))
    if conversation is not None:
        given.append(("conversation", conversation))
    if len(given) != 1:
        stop("Give one of --phone, --email and --conversation.", WRONG_USE)
    ((by, value),) = given
    policy = _policy()
    try:
        with opened() as database:
            if yes:
                with _dialogues() as dialogues, database.transaction() as session:
                    plan = retention.erase(session, by, value, policy, dialogues, utc_now())
            else:
                with database.reading() as session:
                    plan = retention.find(session, by, value, policy, utc_now())
    except retention.NotAnAddress:
        stop(f"Not erased: this is no {'phone number' if by == 'phone' else 'e-mail address'}.", 2)
    except retention.NobodyKnown:
        stop("Not erased: nothing is kept of this person.")
    _show(plan, done=yes)
    if not (plan.whole or plan.reduced):
        raise typer.Exit(1)


def _show(plan: retention.Plan, *, done: bool) -> None:
    console = Console(highlight=False)
    conversations = len(plan.whole) + len(plan.reduced)
    verb = "Erased" if done else "Would be erased"
    console.print(
        f"{verb}: {conversations} conversation(s), with {plan.messages} message(s), "
        f"{plan.reports} report(s) and draft(s), and {plan.photos} photo(s)."
    )
    if plan.kept:
        table = Table("Report", "Type", "Until", title="Kept: filed reports within their retention")
        for one in plan.kept:
            table.add_row(escape(one.number), escape(one.type), f"{one.until:%Y-%m-%d}")
        console.print(table)
        console.print(
            "With them stay the address they came from, their photos and how they were handled."
        )
    if plan.held:
        table = Table("Conversation", title="Kept: on hold")
        for held in plan.held:
            table.add_row(escape(held))
        console.print(table)
    if not done:
        console.print("Nothing was erased: add --yes to do it.")


def _called(kind: str) -> str:
    return {
        "messages_out": "messages to residents",
        "messages_in": "messages from residents",
        "links": "one-time links",
        "sessions": "staff sessions",
    }.get(kind, kind)


def _policy() -> retention.Policy:
    try:
        return retention.load_policy(settings().department)
    except retention.PolicyBroken as broken:
        stop(f"Not done: {broken}.")


def _staff(session: Session, email: str) -> Staff:
    staff = people.find_staff(session, email)
    if staff is None:
        stop(f"Not done: there is no active account for {email}.")
    return staff


@contextmanager
def _dialogues() -> Iterator[retention.Dialogues]:
    dialogues = retention.Dialogues(settings().tracker_url)
    try:
        yield dialogues
    finally:
        dialogues.close()


def _progress() -> Progress:
    """A bar for each kind, on the terminal only, and gone at the end."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
