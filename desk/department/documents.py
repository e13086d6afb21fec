"""Reads a department's YAML, CSV and GeoJSON files, remembering the line of every value."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

Location = Sequence[int | str]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in the department's folder: where, what, and how to put it right."""

    file: str
    line: int
    message: str
    remedy: str
    level: Literal["error", "warning"] = "error"


class Unreadable(Exception):
    """A file that cannot even be read; `problem` says where and why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(frozen=True)
class Document:
    """One file's plain data, and the line (from 1) of each place in it."""

    name: str
    data: Any
    line_of: Callable[[Location], int]


def read_document(folder: Path, name: str) -> Document:
    """The file `name` (.yml, .csv or .geojson) of a folder. Raises Unreadable."""
    try:
        text = (folder / name).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise Unreadable(
            Problem(name, 0, f"{name} is missing", "Add the file to the department's folder.")
        ) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise Unreadable(
            Problem(name, line, "The file is not UTF-8 text", "Save it with the encoding UTF-8.")
        ) from None
    reader = {".yml": _yaml, ".csv": _csv, ".geojson": _geojson}[Path(name).suffix]
    return reader(name, text)


def _yaml(name: str, text: str) -> Document:
    try:
        data = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Unreadable(
            Problem(
                name,
                mark.line + 1 if mark else 1,
                f"This is not valid YAML: {error.problem or error.context}",
                "Look at indentation, colons and quotes in and just above this line.",
            )
        ) from None
    except (YAMLError, ValueError) as error:
        raise Unreadable(
            Problem(name, 1, f"This is not valid YAML: {error}", "Look for unusual characters.")
        ) from None

    def line_of(location: Location) -> int:
        line, node = 1, data
        for step in location:
            try:
                if isinstance(node, CommentedMap) and step in node:
                    line = node.lc.key(step)[0] + 1
                elif isinstance(node, CommentedSeq) and isinstance(step, int):
                    line = node.lc.item(step)[0] + 1
                else:
                    break
            except KeyError:  # a merged or flow node keeps no position of its own
                break
            node = node[step]
        return line

    return Document(name, _plain(data), line_of)


def _plain(node: Any) -> Any:
    if isinstance(node, CommentedMap):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        return [_plain(value) for value in node]
    return node


def _csv(name: str, text: str) -> Document:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    rows: list[dict[str, str]] = []
    lines: list[int] = []
    try:
        for row in reader:
            if None in row or None in row.values():
                raise Unreadable(
                    Problem(
                        name,
                        reader.line_num,
                        "This row has more or fewer columns than the first line names",
                        'Put text that holds a comma in double quotes: "like, this".',
                    )
                )
            rows.append({key.strip(): value.strip() for key, value in row.items()})
            lines.append(reader.line_num)
    except csv.Error as error:
        raise Unreadable(
            Problem(name, reader.line_num, f"This is not valid CSV: {error}", "Check the quotes.")
        ) from None

    def line_of(location: Location) -> int:
        first = location[0] if location else None
        return lines[first] if isinstance(first, int) and first < len(lines) else 1

    return Document(name, rows, line_of)


def _geojson(name: str, text: str) -> Document:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise Unreadable(
            Problem(
                name, error.lineno, f"This is not valid JSON: {error.msg}", "Export the file again."
            )
        ) from None
    features = data.get("features") if isinstance(data, dict) else None
    if not isinstance(features, list):
        raise Unreadable(
            Problem(
                name, 1, "This is not a GeoJSON FeatureCollection", "Export the layer as GeoJSON."
            )
        )

    lines: list[int] = []

    def line_of(location: Location) -> int:
        if not lines:  # found out only when something is wrong
            lines.extend(_feature_lines(text, len(features)))
        first = location[0] if location else None
        return lines[first] if isinstance(first, int) and first < len(lines) else 1

    return Document(name, features, line_of)


def _feature_lines(text: str, count: int) -> list[int]:
    decoder = json.JSONDecoder()
    at = text.index("[", text.index('"features"'))
    lines = []
    for _ in range(count):
        at = text.index("{", at)
        lines.append(text.count("\n", 0, at) + 1)
        _, at = decoder.raw_decode(text, at)
    return lines
