"""Names in each line of the log the request it belongs to."""

from __future__ import annotations

from asgi_correlation_id import correlation_id
from structlog.types import EventDict, WrappedLogger


def with_request_id(_logger: WrappedLogger, _method: str, entry: EventDict) -> EventDict:
    """The entry with the id of the request that is being served, if one is; for structlog."""
    if request_id := correlation_id.get():
        entry["request"] = request_id
    return entry
