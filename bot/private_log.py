"""Makes Rasa's log one JSON line per event, without what residents write."""

from __future__ import annotations

import json
import logging
from contextvars import ContextVar
from datetime import datetime, timezone
from typing import Any

MESSAGE: ContextVar[str] = ContextVar("message", default="")
"""The id of the message whose turn this is, the gateway's `inbox_id`; empty outside turns."""

_OURS = "bot."
_FIELDS = "fields"


class PrivateLog(logging.Filter):
    """Lets warnings, errors and our own lines through, without tracebacks.

    Rasa writes messages into its debug lines, and the texts of errors (a failed JSON check, for
    one) quote what they failed on.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record may be written; its traceback is cut down to the name of the error."""
        if record.levelno < logging.WARNING and not record.name.startswith(_OURS):
            return False
        if record.exc_info:
            kind = record.exc_info[0]
            record.msg = f"{record.getMessage()} ({kind.__name__ if kind else 'no error'})"
            record.args = ()
            record.exc_info = None
            record.exc_text = None
        return True


class JsonLines(logging.Formatter):
    """Writes a record as the other processes write theirs."""

    def format(self, record: logging.LogRecord) -> str:
        """One JSON object in one line."""
        entry: dict[str, Any] = {
            "event": record.getMessage(),
            "logger": record.name,
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, timezone.utc).isoformat(),
        }
        if message := MESSAGE.get():
            entry["inbox_id"] = int(message) if message.isdecimal() else message
        return json.dumps({**entry, **getattr(record, _FIELDS, {})})


def fields(**values: Any) -> dict[str, dict[str, Any]]:
    """What a line of ours says besides its event, for logging's `extra`."""
    return {_FIELDS: values}


def make_logs_private() -> None:
    """Put filter and form on every handler that writes now; Python's warnings are lines too."""
    logging.captureWarnings(True)
    loggers = [logging.getLogger(), *map(logging.getLogger, logging.root.manager.loggerDict)]
    for handler in {handler for logger in loggers for handler in logger.handlers}:
        handler.addFilter(PrivateLog())
        handler.setFormatter(JsonLines())
