"""Runs the simulator on this machine: `python -m simulator`."""

from __future__ import annotations

import uvicorn

from desk.settings import settings
from simulator.app import create_app


def main() -> None:
    """Serve until stopped. Refuses outside local mode: it speaks for residents without proof."""
    ours = settings()
    if not ours.local:
        raise SystemExit("The simulator runs in local mode only (FRONTDESK_LOCAL=true).")
    uvicorn.run(create_app(ours), host="127.0.0.1", port=ours.simulator_port, log_level="warning")


if __name__ == "__main__":
    main()
