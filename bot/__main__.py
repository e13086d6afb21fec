"""Rasa's own command line, started quicker: `python -m bot run …` is `rasa run …`."""

# Importing skops looks through every module loaded so far, for each of 450 types: some 13 s once
# TensorFlow is there, nothing before it. So it comes first.
import skops.io  # noqa: F401
from rasa.__main__ import main

if __name__ == "__main__":
    main()
