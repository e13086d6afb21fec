"""Rasa's own command line, started quicker: `python -m bot run …` is `rasa run …`."""

import os
import sys

# Importing skops looks through every module loaded so far, for each of 450 types: some 13 s once
# TensorFlow is there, nothing before it. So it comes first.
import skops.io  # noqa: F401
from rasa.__main__ import main


def with_token(arguments: list[str]) -> list[str]:
    """Rasa's arguments, with the token of its API where it serves one.

    The token comes from the environment, which only we can read: every user of the machine can
    read the command line that a process was started with. It is one word with its option, as a
    token may begin with a dash.
    """
    token = os.environ.get("FRONTDESK_INTERNAL_TOKEN", "")
    given = any(one.startswith("--auth-token") for one in arguments)
    if "--enable-api" not in arguments or not token or given:
        return arguments
    return [*arguments, f"--auth-token={token}"]


if __name__ == "__main__":
    sys.argv = with_token(sys.argv)
    main()
