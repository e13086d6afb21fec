"""A PostgreSQL server of a test's own, which may be stopped, killed and started again."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.support import free_ports

_PROGRAMS: Final = Path("/usr/lib/postgresql")
_SECONDS: Final = 60


def program(name: str) -> str | None:
    """Where a program of PostgreSQL lies: on PATH, or where Debian puts it."""
    packaged = sorted(_PROGRAMS.glob(f"*/bin/{name}"), reverse=True)
    return shutil.which(name) or next(map(str, packaged), None)


class OwnPostgresql:
    """A server with its data in `folder`, on a port of 127.0.0.1.

    It refuses to run as root, so root runs it as the user `postgres`, who must be able to enter
    `folder`. Where there is none of that, `available()` says so.
    """

    def __init__(self, folder: Path, port: int) -> None:
        self.folder: Final = folder
        self.port: Final = port
        self.url: Final = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        self._user = "postgres" if os.geteuid() == 0 else None
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._user:
            shutil.chown(folder, self._user)
        if not (folder / "PG_VERSION").exists():
            self._run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8")

    @staticmethod
    def available() -> bool:
        """Whether a server can be started here."""
        if os.geteuid() == 0:
            try:
                pwd.getpwnam("postgres")
            except KeyError:
                return False
        return program("initdb") is not None and program("pg_ctl") is not None

    @classmethod
    @contextmanager
    def for_a_while(cls) -> Iterator[OwnPostgresql]:
        """One that runs until the end of the block, and leaves nothing behind."""
        with tempfile.TemporaryDirectory(prefix="postgresql-") as place:
            Path(place).chmod(0o711)
            server = cls(Path(place) / "data", free_ports(1)[0])
            server.start("-c fsync=off")
            try:
                yield server
            finally:
                server.stop("immediate")

    def start(self, settings: str = "") -> None:
        """Start and wait until connections are taken."""
        options = f"-p {self.port} -h 127.0.0.1 -k {self.folder} {settings}"
        log = str(self.folder / "server.log")
        self._run("pg_ctl", "start", "--wait", f"--log={log}", f"--options={options}")

    def stop(self, mode: str = "fast") -> None:
        """Stop; "immediate" is a crash: connections break off and the log is replayed later."""
        self._run("pg_ctl", "stop", "--wait", f"--mode={mode}")

    def running(self) -> bool:
        """Whether the server's process is there."""
        return self._call("pg_ctl", "status").returncode == 0

    def _run(self, name: str, *arguments: str) -> None:
        done = self._call(name, *arguments)
        if done.returncode:
            raise RuntimeError(f"{name} ended with {done.returncode}: {done.stdout}")

    def _call(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        path = program(name)
        assert path, f"{name} is not installed"
        # through a file: the server keeps what it inherits open, and a pipe would never end
        with (self.folder.parent / f"{self.folder.name}-{name}.out").open("w+") as output:
            done = subprocess.run(
                [path, *arguments, f"--pgdata={self.folder}"],
                cwd="/",
                user=self._user,
                env={**os.environ, "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=_SECONDS,
                check=False,
            )
            output.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, output.read())
