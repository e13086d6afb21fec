"""Sets up logging: one JSON line each, ids only."""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Any

import structlog
from asgi_correlation_id import correlation_id
from structlog.types import EventDict, WrappedLogger


def set_up() -> None:
    """Send structlog and the libraries' warnings to standard error as JSON."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _correlation,
        _where_it_broke,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,  # loggers are made before this is called
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
            foreign_pre_chain=shared,
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def _correlation(_logger: WrappedLogger, _method: str, entry: EventDict) -> EventDict:
    if request_id := correlation_id.get():
        entry["request"] = request_id
    return entry


def _where_it_broke(_logger: WrappedLogger, _method: str, entry: EventDict) -> EventDict:
    """Name an exception and its place, but not its message: that may quote what somebody wrote."""
    error = entry.pop("exc_info", None)
    if error is True or isinstance(error, tuple):
        error = error[1] if isinstance(error, tuple) else sys.exc_info()[1]
    if isinstance(error, BaseException):
        last = traceback.extract_tb(error.__traceback__)[-1:]
        entry["error"] = type(error).__name__
        entry["at"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in last]
    return entry
