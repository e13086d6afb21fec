"""Runs the console: `python -m console`."""

from __future__ import annotations

import sys

import structlog
import uvicorn

from console.app import create_app
from desk.settings import settings

structlog.configure(
    processors=[
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.JSONRenderer(),
    ],
    logger_factory=structlog.WriteLoggerFactory(sys.stderr),
)
ours = settings()
uvicorn.run(
    create_app(ours),
    host=ours.host,
    port=ours.console_port,
    access_log=False,
    log_level="warning",
    server_header=False,
    proxy_headers=False,
    timeout_graceful_shutdown=3,
)
