"""Asks a model about messages without a server: `python -m bot.understand MODEL`."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path

import skops.io  # noqa: F401 - first, see bot/__main__.py
from rasa.core.agent import Agent


async def understand(model: str) -> None:
    """For each JSON line {"text"} read, write one {"topic", "confidence", "cpu_ms"}."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # Rasa logs to standard output
    agent = Agent.load(model)
    print(json.dumps({"ready": agent.is_ready()}), file=answers, flush=True)
    for line in sys.stdin:
        began = time.process_time()
        parsed = await agent.parse_message(json.loads(line)["text"])
        intent = parsed.get("intent") or {}
        topic = next((one["value"] for one in parsed["entities"] if one["entity"] == "topic"), None)
        if intent.get("name") == "nlu_fallback":
            topic = None
        answer = {
            "topic": topic or intent.get("name") or "nlu_fallback",
            "confidence": round(float(intent.get("confidence") or 0.0), 4),
            "cpu_ms": round(1000 * (time.process_time() - began), 3),
        }
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    if not Path(sys.argv[1]).is_file():  # Rasa would take the newest one of models/ instead
        sys.exit(f"{sys.argv[1]} is not there.")
    asyncio.run(understand(sys.argv[1]))
