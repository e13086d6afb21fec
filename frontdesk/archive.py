"""The file that a backup is: a tar with a manifest that says what must be in it."""

from __future__ import annotations

import hashlib
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

MANIFEST: Final = "manifest.json"
SQLITE: Final = "database.sqlite"
POSTGRESQL: Final = "database.pgdump"
DEPARTMENT: Final = "department"
_CHUNK: Final = 1 << 20


class ArchiveBroken(ValueError):
    """The file is no backup, or not as it was made."""


class Packed(BaseModel):
    """One file of a backup."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sha256: str
    size: int


class Manifest(BaseModel):
    """What a backup is of, and all that is in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1] = 1
    made_at: datetime
    engine: Literal["sqlite", "postgresql"]
    pg_schema: str | None  # of PostgreSQL: where the tables are
    revision: str
    counts: dict[Annotated[str, Field(pattern="^[a-z_]+$")], int]  # rows by table
    photos: int
    audit_end: str | None  # the last hash of the audit chain
    files: dict[str, Packed]


def pack(folder: Path, manifest: Manifest, to: Path) -> None:
    """Make one file of a folder, readable by its owner only. Raises FileExistsError.

    The file appears whole or not at all.
    """
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n")
    descriptor, name = tempfile.mkstemp(dir=to.parent, prefix=f".{to.name}.")  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as out:
            with tarfile.open(fileobj=out, mode="w:gz", compresslevel=3) as tar:
                for path in (MANIFEST, *sorted(manifest.files)):
                    tar.add(folder / path, arcname=path, recursive=False)
            out.flush()
            os.fsync(out.fileno())
        os.link(name, to)  # unlike a rename it never replaces
    finally:
        Path(name).unlink()


@contextmanager
def unpacked(source: Path, within: Path | None = None) -> Iterator[tuple[Path, Manifest]]:
    """A folder with the files of a backup, each checked; it is gone at the end.

    `within` is where it is made. Raises ArchiveBroken.
    """
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=within) as made:
        folder = Path(made)
        try:
            with tarfile.open(source) as tar:
                tar.extractall(folder, filter="data")
            manifest = Manifest.model_validate_json((folder / MANIFEST).read_bytes())
        except (OSError, EOFError, tarfile.TarError, ValueError) as error:
            what = "its manifest" if isinstance(error, ValidationError) else "it"
            raise ArchiveBroken(
                f"{source.name} is no whole backup: {what} cannot be read"
            ) from None
        if found := differs(folder, manifest):
            raise ArchiveBroken(f"{source.name} is damaged: {found}")
        yield folder, manifest


def differs(folder: Path, manifest: Manifest) -> str | None:
    """The first thing in which a folder is not what its manifest says."""
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {
        MANIFEST
    }
    for name in sorted(there | manifest.files.keys()):
        if name not in there:
            return f"{name} is missing"
        if name not in manifest.files:
            return f"{name} is not in the manifest"
        if packed(folder / name) != manifest.files[name]:
            return f"{name} has changed"
    return None


def packed(path: Path) -> Packed:
    """Hash and size of a file."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return Packed(sha256=digest.hexdigest(), size=size)
