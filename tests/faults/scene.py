"""One running front desk on one kind of database, and the handles by which it is hurt."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from sqlalchemy import create_engine, text

from desk.database import Database
from tests.faults.between import Between
from tests.faults.filing import wait_until_ready
from tests.load.outcome import settled
from tests.load.traffic import phones
from tests.own_postgresql import OwnPostgresql
from tests.support import FrontDesk, free_ports

_DISK_MB: Final = 400
_LOCKED: Final = "conversation, inbox_message, outbox_message, event"


@dataclass
class Scene:
    """A front desk whose action server, database and disk may fail."""

    engine: str  # sqlite | postgresql
    desk: FrontDesk
    actions: Between
    disk: Path  # where the database lies, and nothing else
    server: OwnPostgresql | None

    def __post_init__(self) -> None:
        self.numbers = phones()  # of residents, each used once
        self._ballast = self.disk / "ballast"

    def whole_again(self, seconds: float = 120) -> None:
        """Wait until every part is well and nothing waits for an answer or to be sent."""
        wait_until_ready(self.desk, seconds)
        assert settled(self.desk, seconds), "messages still wait"

    @contextmanager
    def database(self) -> Iterator[Database]:
        """The database as a second pair of eyes sees it."""
        database = Database(self.desk.database_url, pool_size=2)
        try:
            yield database
        finally:
            database.close()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else may write: another process holds the database, or its tables."""
        if self.engine == "postgresql":
            with psycopg.connect(self.desk.database_url) as connection:
                connection.execute(f"LOCK TABLE {_LOCKED} IN ACCESS EXCLUSIVE MODE")
                yield
                connection.rollback()
            return
        engine = create_engine(self.desk.database_url, connect_args={"timeout": 30})
        with engine.connect() as connection:
            connection.connection.driver_connection.isolation_level = None  # type: ignore[union-attr]
            connection.execute(text("BEGIN EXCLUSIVE"))
            yield
            connection.execute(text("ROLLBACK"))
        engine.dispose()

    def fill_disk(self) -> None:
        """Let no byte be left where the database lies."""
        with self._ballast.open("ab", buffering=0) as file:
            for size in (1 << 20, 1 << 12):
                try:
                    while True:
                        file.write(b"\0" * size)
                except OSError:
                    pass

    def free_disk(self) -> None:
        """Make room again."""
        self._ballast.unlink(missing_ok=True)


def may_mount() -> bool:
    """Whether a disk of its own can be given to the database here."""
    if os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as folder:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder],
            capture_output=True,
            check=False,
        )
        if mounted.returncode == 0:
            subprocess.run(["umount", folder], check=True)
        return mounted.returncode == 0


@contextmanager
def scene(engine: str) -> Iterator[Scene]:
    """Start everything, with the database on a small disk of its own where one may be mounted."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="frontdesk-faults-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o711)  # PostgreSQL's user has to get through
        disk = folder / "disk"
        disk.mkdir()
        if may_mount():
            size = f"size={_DISK_MB}m,mode=711"
            subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(disk)], check=True)
            stack.callback(subprocess.run, ["umount", "--lazy", str(disk)], check=False)
        server = None
        url = f"sqlite:///{disk}/frontdesk.db"
        if engine == "postgresql":
            server = OwnPostgresql(disk / "data", free_ports(1)[0])
            server.start()
            stack.callback(_stop_quietly, server)
            url = server.url
        desk = FrontDesk(folder, DATABASE_URL=url)
        actions = stack.enter_context(Between(desk.ports["ACTIONS_PORT"]))
        desk.environment["ACTIONS_URL"] = actions.url
        stack.callback(_stop, desk)
        desk.start()
        yield Scene(engine, desk, actions, disk, server)


def _stop(desk: FrontDesk) -> None:
    if desk.started:
        desk.stop()


def _stop_quietly(server: OwnPostgresql) -> None:
    if server.running():
        server.stop("immediate")
