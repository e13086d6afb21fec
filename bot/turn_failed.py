"""The one error that ends a turn at once, with nothing of it stored."""

from __future__ import annotations


class TurnFailed(BaseException):
    """The action server or the tracker store is away, so this turn has not taken place.

    Rasa catches every Exception of an action and goes on without it, with raw text in the slots
    and nothing said; of a tracker store, and goes on with an empty one in memory. A BaseException
    passes both nets. The tracker is stored at the end of a turn only, so the message can come
    again as if for the first time.
    """
