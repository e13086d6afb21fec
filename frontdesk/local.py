"""Makes up, once, the secrets and accounts that the environment does not name."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Final

from dotenv import dotenv_values

from desk.settings import ROOT, new_secret

STATE_FILE: Final = "local-settings.json"


def load(state_folder: Path | None = None) -> None:
    """Put made-up values into the environment wherever it and `.env` are silent.

    The secrets between our own processes are always made up when missing. Without an account of
    Twilio or Messenger this is local mode: both are played by the simulator, with accounts made
    up here, and the demo website and demo sign-in exist. The values are kept in the state folder,
    readable by its owner only.
    """
    named = {**_dotenv(ROOT / ".env"), **{key: value for key, value in os.environ.items() if value}}
    folder = state_folder or Path(named.get("FRONTDESK_STATE") or ROOT / "var")
    made_up = _remembered(folder / STATE_FILE)
    port = named.get("GATEWAY_PORT") or "8000"
    simulator = f"http://127.0.0.1:{named.get('SIMULATOR_PORT') or '8002'}"

    values = {key: made_up[key] for key in ("FRONTDESK_SECRET_KEY", "FRONTDESK_INTERNAL_TOKEN")}
    if not named.get("TWILIO_ACCOUNT_SID") and not named.get("MESSENGER_APP_SECRET"):
        values |= {
            "FRONTDESK_LOCAL": "true",
            "FRONTDESK_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "TWILIO_ACCOUNT_SID": made_up["TWILIO_ACCOUNT_SID"],
            "TWILIO_AUTH_TOKEN": made_up["TWILIO_AUTH_TOKEN"],
            "TWILIO_FROM": "+12095550100",
            "TWILIO_API_URL": simulator,
            "TWILIO_RATE": "1000",  # nobody is billed, and tests are in a hurry
            "FRONTDESK_LOOP_LIMIT": "1000",  # so are the simulator's residents
            "MESSENGER_APP_SECRET": made_up["MESSENGER_APP_SECRET"],
            "MESSENGER_PAGE_TOKEN": made_up["MESSENGER_PAGE_TOKEN"],
            "MESSENGER_PAGE_ID": "100000000000001",
            "MESSENGER_VERIFY_TOKEN": made_up["MESSENGER_VERIFY_TOKEN"],
            "GRAPH_API_URL": simulator,
            "FRONTDESK_DEMO_PASSWORD": made_up["FRONTDESK_DEMO_PASSWORD"],
        }
    os.environ.update(values | named)


def _remembered(path: Path) -> dict[str, str]:
    """The values made up on the first start, made up now when there are none."""
    known: dict[str, str] = json.loads(path.read_text()) if path.is_file() else {}
    fresh = {
        "FRONTDESK_SECRET_KEY": new_secret(),
        "FRONTDESK_INTERNAL_TOKEN": new_secret(),
        "TWILIO_ACCOUNT_SID": "AC" + secrets.token_hex(16),
        "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        "MESSENGER_APP_SECRET": secrets.token_hex(16),
        "MESSENGER_PAGE_TOKEN": new_secret(),
        "MESSENGER_VERIFY_TOKEN": new_secret(),
        "FRONTDESK_DEMO_PASSWORD": secrets.token_urlsafe(9),
    }
    if not fresh.keys() <= known.keys():
        known = fresh | known
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(known, indent=2) + "\n")
    return known


def _dotenv(path: Path) -> dict[str, str]:
    """The values in a `.env` file that are not empty."""
    return {key: value for key, value in dotenv_values(path).items() if value}
