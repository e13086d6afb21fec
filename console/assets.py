"""Serves the console's own style and script, and htmx as npm brought it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse

from console.access import anyone

router = APIRouter(prefix="/assets")

_HERE: Final = Path(__file__).parent
_HTMX: Final = _HERE / "node_modules" / "htmx.org" / "dist"
FILES: Final = {
    "console.css": _HERE / "static" / "console.css",
    "console.js": _HERE / "static" / "console.js",
    "badge.svg": _HERE / "static" / "badge.svg",
    "htmx.js": _HTMX / "htmx.min.js",
    "hx-sse.js": _HTMX / "ext" / "hx-sse.min.js",
}


@router.get("/{name}", dependencies=[anyone()])
def asset(name: str) -> FileResponse:
    """One of FILES, by its name here."""
    path = FILES.get(name)
    if path is None or not path.is_file():
        raise HTTPException(404, "There is no such file.")
    return FileResponse(path, headers={"cache-control": "no-cache"})
