"""Finds the places of a department's gazetteer in a message; reads the lists again when changed."""

from __future__ import annotations

import csv
import re
import time
from pathlib import Path
from typing import Final

from bot.nlu.named import Found, folded_in_place

_COLUMNS: Final = ("name", "name_es", "street", "cross_street", "aliases", "zip")
_LOOK_AGAIN_SECONDS: Final = 5.0
_SHORTEST: Final = 4


class Gazetteer:
    """The names in a folder of CSV files. A folder that is missing has none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: dict[str, str] = {}
        self._longest = 0
        self._state: tuple[tuple[str, int, int], ...] | None = None
        self._looked = -_LOOK_AGAIN_SECONDS

    def find(self, text: str) -> list[Found]:
        """The places named in a text, the longest name at each point."""
        self._refresh()
        words = list(re.finditer(r"\w+", folded_in_place(text)))
        found: list[Found] = []
        at = 0
        while at < len(words):
            for count in range(min(self._longest, len(words) - at), 0, -1):
                key = " ".join(word[0] for word in words[at : at + count])
                if key in self._names:
                    start, end = words[at].start(), words[at + count - 1].end()
                    found.append(Found("place", start, end, self._names[key]))
                    at += count
                    break
            else:
                at += 1
        return found

    def _refresh(self) -> None:
        now = time.monotonic()
        if now - self._looked < _LOOK_AGAIN_SECONDS:
            return
        self._looked = now
        files = sorted(self._folder.glob("*.csv"))
        stats = [(path.name, path.stat()) for path in files]
        state = tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)
        if state == self._state:
            return
        self._state = state
        names: dict[str, str] = {}
        for path in files:
            with path.open(encoding="utf-8", newline="") as opened:
                for row in csv.DictReader(opened):
                    _learn(names, row)
        self._names = names
        self._longest = max((name.count(" ") + 1 for name in names), default=0)


def _learn(names: dict[str, str], row: dict[str, str]) -> None:
    """Note each way in which a row's places are written, with the name they go by."""
    for column in _COLUMNS:
        written = (row.get(column) or "").strip()
        label = (row.get("name") or row.get("street") or row.get("zip") or written).strip()
        ways = written.split("|") if column == "aliases" else [written]
        for way in ways:
            key = " ".join(re.findall(r"\w+", folded_in_place(way)))
            if len(key) >= _SHORTEST:
                names.setdefault(key, written if column == "cross_street" else label)
