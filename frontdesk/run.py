"""Starts every process, shows when all are ready, restarts what falls and stops all cleanly."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, Final

import httpx
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from desk import people
from desk.database import Database
from desk.department import check
from desk.settings import ROOT, Settings
from frontdesk import model

DEMO_EMAIL: Final = "officer@larkfield.example"
_READY_SECONDS: Final = 180
_STOP_SECONDS: Final = 25  # the gateway finishes its calls: requests, a turn, a provider
_FALLS_AT_START: Final = 3
_NICE: Final = 5


class CannotRun(RuntimeError):
    """Something an operator has to mend first; the message is one sentence that says what."""


@dataclass
class Process:
    """One process of ours: how it is started, how one sees that it is ready, and its log.

    `nice` (0 to 19) lets others go first where all want the CPU: a provider waits for the gateway,
    and for whoever holds the database; nobody but the gateway waits for Rasa.
    """

    name: str
    command: list[str]
    port: int
    port_setting: str
    ready_url: str
    environment: dict[str, str] = field(default_factory=dict)
    nice: int = 0
    child: subprocess.Popen[bytes] | None = None
    log: IO[bytes] | None = None
    starts: int = 0
    start_again_at: float = 0.0
    was_ready: bool = False

    def start(self, folder: Path) -> None:
        """Start it with its output in `folder`/<name>.log, in a process group of its own."""
        self.log = self.log or (folder / f"{self.name}.log").open("ab")
        self.starts += 1
        self.child = subprocess.Popen(  # noqa: S603 - our own programs
            self.command,
            cwd=ROOT,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            process_group=0,  # no session: systems share the CPU among those first, see `nice`
        )
        os.setpriority(os.PRIO_PROCESS, self.child.pid, self.nice)

    def running(self) -> bool:
        """Whether the child is there and has not ended."""
        return self.child is not None and self.child.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the whole process group, if it still runs."""
        if self.child is not None and self.running():
            os.killpg(self.child.pid, number)

    def ready(self, client: httpx.Client) -> bool:
        """Whether it answers its readiness address with 200."""
        if self.running() and not self.was_ready:
            try:
                self.was_ready = client.get(self.ready_url).status_code == httpx.codes.OK
            except httpx.HTTPError:
                return False
        return self.running() and self.was_ready


def processes(settings: Settings, trained: Path) -> list[Process]:
    """The processes of a front desk, in the order they are started."""
    address = "http://127.0.0.1"
    rasa = f"{address}:{settings.rasa_port}"
    token = settings.internal_token.get_secret_value()
    ours = {
        "RASA_URL": settings.rasa_url or rasa,
        "ACTIONS_URL": settings.actions_url or f"{address}:{settings.actions_port}",
        "RASA_MODEL": trained.name,
    }
    rasa_command = [
        str(model.RASA_PYTHON),
        "-m",
        "bot",
        "run",
        "--model",
        str(trained),
        "--enable-api",
    ]
    rasa_command += ["--interface", "127.0.0.1", "--port", str(settings.rasa_port)]

    def python(module: str, port: int, setting: str, path: str) -> Process:
        command = [sys.executable, "-m", module]
        return Process(module, command, port, setting, f"{address}:{port}{path}", ours)

    started = [
        Process(
            "rasa",
            rasa_command,
            settings.rasa_port,
            "RASA_PORT",
            f"{rasa}/status?token={token}",
            # not on its command line, which every user of this machine can read
            model.rasa_environment() | ours | {"FRONTDESK_INTERNAL_TOKEN": token},
            _NICE,
        ),
        python("actions", settings.actions_port, "ACTIONS_PORT", "/health"),
        python("gateway", settings.gateway_port, "GATEWAY_PORT", "/health/live"),
        python("console", settings.console_port, "CONSOLE_PORT", "/health/live"),
    ]
    if settings.local:
        started.append(python("simulator", settings.simulator_port, "SIMULATOR_PORT", "/health"))
    return started


def run(settings: Settings) -> int:
    """Prepare, start and watch everything until Ctrl-C or SIGTERM; the exit code.

    Raises CannotRun when something has to be mended first, model.TrainingFailed when the model
    cannot be trained.
    """
    _check_department(settings.department)
    _prepare_database(settings)
    trained = model.current() or model.train()
    running = processes(settings, trained)
    _check_ports(running)
    return _Watch(running, settings).stay()


class _Watch:
    """Keeps the processes running until it is told to stop."""

    def __init__(self, watched: list[Process], settings: Settings) -> None:
        self._watched = watched
        self._settings = settings
        self._console = Console(highlight=False)
        self._stopping = False
        self._folder = settings.state_folder / "log"
        self._folder.mkdir(parents=True, exist_ok=True)

    def stay(self) -> int:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop_soon)
        try:
            for process in self._watched:
                process.start(self._folder)
            if self._wait_until_ready():
                self._print_addresses()
            while not self._stopping:
                self._restart_fallen()
                time.sleep(0.2)
        finally:
            self._stop_all()
        return 0

    def _stop_soon(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _wait_until_ready(self) -> bool:
        deadline = time.monotonic() + _READY_SECONDS
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with httpx.Client(timeout=2) as client, Progress(*columns, console=self._console) as bar:
            tasks = {
                one.name: bar.add_task(f"Starting {one.name}", total=1) for one in self._watched
            }
            while not self._stopping:
                for process in self._watched:
                    if process.ready(client):
                        bar.update(
                            tasks[process.name], completed=1, description=f"{process.name} is ready"
                        )
                    elif not process.running() and process.starts >= _FALLS_AT_START:
                        raise CannotRun(self._why_not(process, "cannot start"))
                if all(process.was_ready for process in self._watched):
                    return True
                if time.monotonic() > deadline:
                    late = next(one for one in self._watched if not one.was_ready)
                    raise CannotRun(self._why_not(late, f"was not ready in {_READY_SECONDS} s"))
                self._restart_fallen()
                time.sleep(0.2)
        return False

    def _why_not(self, process: Process, what: str) -> str:
        log = self._folder / f"{process.name}.log"
        lines = log.read_text(errors="replace").strip().splitlines()
        return f"{process.name} {what}; {log} ends with: {lines[-1] if lines else 'nothing'}"

    def _restart_fallen(self) -> None:
        """Start again what ended by itself, after a pause that grows to ten seconds."""
        for process in self._watched:
            if process.running():
                continue
            if not process.start_again_at:
                pause = (
                    min(10.0, 0.5 * 2 ** min(process.starts - 1, 5)) if process.starts > 1 else 0.5
                )
                process.start_again_at = time.monotonic() + pause
                if process.was_ready:
                    self._console.print(f"{process.name} ended; starting it again.")
            elif time.monotonic() >= process.start_again_at:
                process.start_again_at = 0.0
                process.start(self._folder)

    def _stop_all(self) -> None:
        """Stop in the order opposite to the start, so that nobody is asked what has gone."""
        self._console.print("Stopping …")
        for process in reversed(self._watched):
            process.signal(signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while any(one.running() for one in self._watched) and time.monotonic() < deadline:
            time.sleep(0.05)
        for process in self._watched:
            process.signal(signal.SIGKILL)
            if process.child is not None:
                process.child.wait()
            if process.log is not None:
                process.log.close()
        self._console.print("Stopped.")

    def _print_addresses(self) -> None:
        settings = self._settings
        table = Table(title="Frontdesk is running", show_header=False, title_justify="left")
        gateway = f"http://127.0.0.1:{settings.gateway_port}"
        if settings.local:
            table.add_row("Demo website with the chat", f"{gateway}/")
            table.add_row(
                "Phone and Messenger simulator", f"http://127.0.0.1:{settings.simulator_port}/"
            )
        else:
            table.add_row("Gateway", f"{gateway}/ (public: {settings.public_url})")
        table.add_row("Staff console", f"http://127.0.0.1:{settings.console_port}/")
        if settings.local:
            password = settings.demo_password.get_secret_value()
            table.add_row("  sign in as", DEMO_EMAIL)
            table.add_row("  password", password)
        table.add_row("Logs", str(self._folder))
        self._console.print(table)
        self._console.print("Ctrl-C stops all of it.")


def _check_department(folder: Path) -> None:
    problems = [problem for problem in check(folder) if problem.level == "error"]
    if problems:
        first = problems[0]
        raise CannotRun(
            f"the department in {folder} has {len(problems)} error(s), the first in {first.file} "
            f"line {first.line}: {first.message.rstrip('.')}. {first.remedy} "
            "`frontdesk check-department` lists all."
        )


def _prepare_database(settings: Settings) -> None:
    database = Database(settings.database_url)
    database.migrate()
    if settings.local:
        with database.transaction() as session:
            people.ensure_demo_officer(
                session,
                email=DEMO_EMAIL,
                name="Officer Rivera",
                password=settings.demo_password.get_secret_value(),
            )
    database.close()


def _check_ports(wanted: Iterable[Process]) -> None:
    """Raise CannotRun when somebody listens on a port we need."""
    for process in wanted:
        if _taken(process.port):
            raise CannotRun(
                f"port {process.port}, which {process.name} needs, is in use: stop what uses it "
                f"or choose another with {process.port_setting}."
            )


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
