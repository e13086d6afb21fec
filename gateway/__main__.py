"""Runs the gateway: `python -m gateway`."""

from __future__ import annotations

import sys

import uvicorn

from desk import logs
from desk.settings import settings
from gateway.app import create_app
from gateway.request_id import with_request_id

logs.set_up(with_request_id)
# The event loop shares the interpreter with the writer's thread, which seldom waits: with Python's
# 5 ms it would get its turn too late, again and again within one request.
sys.setswitchinterval(0.0005)
ours = settings()
uvicorn.run(
    create_app(ours),
    host=ours.host,
    port=ours.gateway_port,
    log_config=None,
    access_log=False,
    server_header=False,
    proxy_headers=False,
    timeout_graceful_shutdown=5,  # for requests; the calls of our loops then finish in their time
)
