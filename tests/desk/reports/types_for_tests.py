"""Report types that use every kind of field and every setting, whatever the department has."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from desk.department import Department, load
from desk.settings import ROOT


def _both(text: str) -> dict[str, str]:
    return {"en": text, "es": text}


def field(name: str, kind: str, example: str = "this", **more: Any) -> dict[str, Any]:
    """A field of a kind, asked for in plain words."""
    label = _both(more.pop("label", f"The {name}"))
    return {
        "name": name,
        "kind": kind,
        "label": label,
        "ask": _both(f"Tell the {name}."),
        "example": _both(example),
        "why": _both(f"We need the {name}."),
        **more,
    }


def kind_of_report(fields: list[dict[str, Any]], **settings: Any) -> dict[str, Any]:
    """A type with these fields; `without` is all, unless told otherwise."""
    return {
        "title": _both("test report"),
        "promised_days": 3,
        "opening": _both("I'm sorry, lo siento."),
        "without": "all",
        "fields": fields,
        "after": {
            "acknowledge": {"en": "I'm sorry.", "es": "Lo siento."},
            "thank": {"en": "Thank you.", "es": "Gracias."},
            "what_next": {"en": "An officer reads it.", "es": "Un oficial lo lee."},
            "who_and_when": {"en": "The desk does by {date}.", "es": "La oficina, el {date}."},
            "what_may_not": {"en": "Nobody may come.", "es": "Puede que nadie venga."},
        },
        **settings,
    }


TYPES: dict[str, dict[str, Any]] = {
    "kinds": kind_of_report(
        [
            field("vehicle", "vehicle"),
            field("plate", "plate"),
            field("people", "people", skippable=True),
            field("card", "last4"),
            field("days", "days"),
            field("handle", "handle"),
        ]
    ),
    "away": kind_of_report(
        [
            field("leave", "date", when_is="future", within_days=60),
            field("back", "date", when_is="future", not_before="leave", within_days=30),
        ],
        channels=["web", "messenger"],
        retention_days=30,
    ),
    "tip": kind_of_report([field("story", "text")], anonymous=True),
    "grievance": kind_of_report(
        [field("story", "text"), field("place", "place", skippable=True)],
        anonymous=True,
        private=True,
    ),
    "adding": kind_of_report([field("facts", "text")], requires_report=True),
    "careful": kind_of_report([field("story", "text")], ask_safe_contact=True),
    "collision": kind_of_report(
        [
            field("own", "vehicle", label="Your vehicle"),
            field("other", "vehicle", label="Other vehicle"),
        ]
    ),
}


def with_types(folder: Path) -> Department:
    """The demo city with these types beside its own."""
    shutil.copytree(ROOT / "department", folder, dirs_exist_ok=True)
    for name, written in TYPES.items():
        with (folder / "reports" / f"{name}.yml").open("w", encoding="utf-8") as file:
            YAML().dump(written, file)
    return load(folder)
