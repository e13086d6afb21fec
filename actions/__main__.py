"""Starts the action server: `python -m actions`."""

from actions.server import main

main()
