"""Starts the whole front desk as its operator would, for tests that talk to the real processes."""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Final

from desk.settings import ROOT

READY: Final = "Ctrl-C stops all of it."
PORTS: Final = ("GATEWAY_PORT", "CONSOLE_PORT", "RASA_PORT", "ACTIONS_PORT", "SIMULATOR_PORT")


def free_ports(count: int) -> list[int]:
    """Ports that nobody uses now, below those the system gives to outgoing connections."""
    found: list[int] = []
    for port in random.sample(range(20_000, 32_000), 500):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise AssertionError("no free ports")


class FrontDesk:
    """`frontdesk run` in local mode on free ports, with its state in a folder of its own."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
        self.environment = {
            **{key: value for key, value in os.environ.items() if key != "DATABASE_URL"},
            **{key: str(port) for key, port in self.ports.items()},
            "FRONTDESK_STATE": str(folder),
            "DATABASE_URL": f"sqlite:///{folder}/frontdesk.db",
            "FRONTDESK_TRACKER_URL": f"sqlite:///{folder}/tracker.db",
            "COLUMNS": "200",
            **environment,
        }
        self.output = ""
        self._process: subprocess.Popen[str] | None = None

    @property
    def database_url(self) -> str:
        """Where this front desk keeps its tables."""
        return self.environment["DATABASE_URL"]

    def address(self, name: str) -> str:
        """The base address of "gateway", "console" or "simulator"."""
        return f"http://127.0.0.1:{self.ports[name.upper() + '_PORT']}"

    def start(self, timeout: float = 480) -> float:
        """Start and wait until the addresses are printed; how many seconds it took."""
        began = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "frontdesk", "run"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, args=(self._process,), daemon=True).start()
        while READY not in self.output:
            if self._process.poll() is not None or time.monotonic() - began > timeout:
                raise AssertionError(f"frontdesk run did not get ready:\n{self.output}")
            time.sleep(0.1)
        return time.monotonic() - began

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                self.output += line

    @property
    def started(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def pid(self, name: str) -> int:
        """The process id of "rasa", "actions", "gateway", "console" or "simulator"."""
        assert self._process is not None
        listed = subprocess.run(
            ["ps", "-o", "pid=,args=", "--ppid", str(self._process.pid)],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        pattern = r"-m bot run" if name == "rasa" else rf"-m {name}\b"
        for line in listed.splitlines():
            if re.search(pattern, line):
                return int(line.split()[0])
        raise AssertionError(f"{name} does not run:\n{listed}")

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to one of the processes; `frontdesk run` starts it again if it ends."""
        os.kill(self.pid(name), number)

    def stop(self) -> int:
        """Press Ctrl-C and wait for the end; the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(timeout=30)
