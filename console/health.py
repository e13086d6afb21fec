"""Tells a supervisor whether the console lives, and whether it can work."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

from console.access import Desk, anyone, desk_of
from desk.database import DatabaseBehind

router = APIRouter(prefix="/health")


@router.get("/live", dependencies=[anyone()])
def live() -> JSONResponse:
    """The process answers."""
    return JSONResponse({"ok": True})


@router.get("/ready", dependencies=[anyone()])
def ready(desk: Desk = Depends(desk_of)) -> JSONResponse:
    """The database is there, with the schema this version needs."""
    try:
        desk.database.check_schema()
    except SQLAlchemyError:
        return JSONResponse({"ok": False, "why": "database"}, 503)
    except DatabaseBehind:
        return JSONResponse({"ok": False, "why": "schema"}, 503)
    return JSONResponse({"ok": True})
