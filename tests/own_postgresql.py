"""A PostgreSQL of the tests' own, from the programs that are installed here."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.support import free_ports

_INSTALLED: Final = "/usr/lib/postgresql"
_USERS: Final = ("postgres", "nobody")


def programs() -> Path | None:
    """The folder of `initdb` and `pg_ctl`: on PATH, or the newest where Debian puts them."""
    if (found := shutil.which("pg_ctl")) and shutil.which("initdb", path=str(Path(found).parent)):
        return Path(found).parent
    newest = sorted(Path(_INSTALLED).glob("*/bin/initdb"), key=lambda one: float(one.parts[-3]))
    return newest[-1].parent if newest else None


@contextmanager
def own_postgresql(folder: Path) -> Iterator[str]:
    """Start one on a free port and stop it at the end; the URL of its database."""
    with tempfile.TemporaryDirectory(prefix="postgresql-") as place:
        data, port, user = Path(place) / "data", free_ports(1)[0], _user()
        if user is not None:
            shutil.chown(place, user)

        def call(program: str, *given: str) -> None:
            subprocess.run(
                [str(folder / program), "-D", str(data), *given],
                check=True,
                stdout=subprocess.DEVNULL,
                timeout=60,
                cwd=place,
                **_as(user),
            )

        call("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = f"-p {port} -h 127.0.0.1 -k {place} -c fsync=off"
        call("pg_ctl", "start", "-w", "-l", f"{place}/log", "-o", options)
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            call("pg_ctl", "stop", "-w", "-m", "immediate")


def _user() -> str | None:
    """Who runs it: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    known = {one.pw_name for one in pwd.getpwall()}
    return next(user for user in _USERS if user in known)


def _as(user: str | None) -> dict[str, Any]:
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}
