"""What the machine is, and what a process takes of it, read from /proc."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process and its children have taken so far."""

    cpu_seconds: float
    memory_mb: float  # resident


def usage(pid: int) -> Usage:
    """The use of one process tree. Raises FileNotFoundError when the process has ended."""
    pids = [pid, *_children(pid)]
    ticks = pages = 0
    for one in pids:
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])  # utime, stime
        pages += int(fields[21])
    return Usage(ticks / _TICKS, pages * _PAGE / 1e6)


def _children(pid: int) -> list[int]:
    found = [
        int(child)
        for listed in Path(f"/proc/{pid}/task").glob("*/children")
        for child in listed.read_text().split()
    ]
    return found + [deeper for child in found for deeper in _children(child)]


def named() -> str:
    """Cores, processor and memory in one line."""
    info = Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*: (.+)$", info, re.MULTILINE)
    total = re.search(r"^MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text(), re.MULTILINE)
    memory = int(total.group(1)) / 1024**2 if total else 0
    processor = model.group(1).strip() if model else "unknown processor"
    cores = f"{len(os.sched_getaffinity(0))} of {os.cpu_count()} cores"
    return f"{cores}, {processor}, {memory:.0f} GB of memory"


def commit() -> str:
    """The commit measured, marked when files differ from it."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty=, changed", "--exclude=*"],
        capture_output=True,
        text=True,
        check=False,
    )
    return described.stdout.strip() or "unknown"


def load() -> float:
    """The load average of the last minute: everything that wanted to run, ours or not."""
    return os.getloadavg()[0]
