"""Keeps what residents write out of Rasa's logs."""

from __future__ import annotations

import logging


class PrivateLog(logging.Filter):
    """Lets warnings and errors through, without tracebacks.

    Rasa writes messages into its debug lines, and the texts of errors (a failed JSON check, for
    one) quote what they failed on.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record may be written; its traceback is cut down to the name of the error."""
        if record.levelno < logging.WARNING:
            return False
        if record.exc_info:
            kind = record.exc_info[0]
            record.msg = f"{record.getMessage()} ({kind.__name__ if kind else 'no error'})"
            record.args = ()
            record.exc_info = None
            record.exc_text = None
        return True


def make_logs_private() -> None:
    """Put the filter on every handler that writes now."""
    loggers = [logging.getLogger(), *map(logging.getLogger, logging.root.manager.loggerDict)]
    for handler in {handler for logger in loggers for handler in logger.handlers}:
        handler.addFilter(PrivateLog())
