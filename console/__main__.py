"""Runs the console: `python -m console`."""

from __future__ import annotations

import uvicorn

from console.app import create_app
from desk import logs
from desk.settings import settings

logs.set_up()
ours = settings()
uvicorn.run(
    create_app(ours),
    host=ours.host,
    port=ours.console_port,
    log_config=None,
    access_log=False,
    server_header=False,
    proxy_headers=False,
    timeout_graceful_shutdown=3,
)
