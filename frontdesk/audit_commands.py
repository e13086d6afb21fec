"""Commands for the record of what staff did: verify and export."""

from __future__ import annotations

import json
import os
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, TextIO

import typer

from desk import people
from desk.people import chain
from frontdesk.opening import FAILED, opened, stop

app = typer.Typer(no_args_is_help=True)


@app.callback()
def audit_group() -> None:
    """The record of what staff saw, changed or exported."""


@app.command("verify")
def verify(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON instead of a sentence.")
    ] = False,
    includes: Annotated[
        str | None,
        typer.Option(metavar="HASH", help="A last hash printed earlier; it must still be there."),
    ] = None,
) -> None:
    """Follow the chain of audit entries, and name the first that was tampered with.

    Ends with 0 when it is whole, 1 when it is broken or sealed with a key that is not known here.
    """
    with opened() as database, database.reading() as session:
        verdict = chain.verify(session, chain.known_keys(), includes=includes)
    if as_json:
        typer.echo(json.dumps({"ok": verdict.ok, **asdict(verdict)}))
    else:
        typer.echo(sentence(verdict))
    if not verdict.ok:
        raise typer.Exit(FAILED)


@app.command("export")
def export(
    to: Annotated[
        Path | None, typer.Argument(help="A file to make, for its owner only; without it, stdout.")
    ] = None,
) -> None:
    """Write all audit entries as JSON, one on a line; the export is itself put on record."""
    with opened() as database:
        with database.reading() as session:
            try:
                out = _new_private(to) if to else nullcontext(typer.get_text_stream("stdout"))
            except FileExistsError:
                stop(f"Not exported: {to} is there already.")
            except OSError as error:
                stop(f"Not exported: {to} cannot be made: {error.strerror}.")
            count = 0
            with out as lines:
                for entry in chain.as_lines(chain.entries(session)):
                    lines.write(json.dumps(entry, ensure_ascii=False) + "\n")
                    count += 1
        with database.transaction() as session:
            people.audit(session, None, "audit.export", entries=count)
    if to:
        typer.echo(f"Exported {count} entries to {to}.")


def sentence(verdict: chain.Verdict) -> str:
    """What a verdict says, in words."""
    if verdict.broken is not None:
        if verdict.broken.entry_id is None:
            return f"The audit chain is broken: {verdict.broken.why}."
        return (
            f"The audit chain is broken at entry {verdict.broken.entry_id}: {verdict.broken.why}."
        )
    if verdict.foreign:
        return (
            f"The audit chain has the right hashes, but {verdict.foreign} seal(s) were made with a "
            "key that is not known here: set FRONTDESK_SECRET_KEY (or "
            "FRONTDESK_SECRET_KEYS_BEFORE) to the secret it was written with."
        )
    if not verdict.rows:
        return f"The audit chain is whole; it has no entries. Last hash: {verdict.end}"
    return (
        f"The audit chain is whole: {verdict.rows} entries, {verdict.first} to {verdict.last}. "
        f"Last hash: {verdict.end}"
    )


def _new_private(path: Path) -> TextIO:
    """A new file that only its owner may read. Raises FileExistsError or OSError."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w")
