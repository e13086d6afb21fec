"""Lets `python -m frontdesk` do what the `frontdesk` command does."""

from frontdesk.cli import main

main()
