"""How long things are kept: what is due is deleted, a hold keeps it, a person can be erased."""

from desk.retention.dialogues import Dialogues
from desk.retention.erasing import (
    By,
    KeptReport,
    NobodyKnown,
    NotAnAddress,
    Plan,
    erase,
    find,
)
from desk.retention.holds import NoSuchThing, NotOnHold, active, called, named, place, release
from desk.retention.policy import Policy, PolicyBroken, load_policy, read_defaults
from desk.retention.running import Count, RunsAlready, look, run

__all__ = [
    "By",
    "Count",
    "Dialogues",
    "KeptReport",
    "NoSuchThing",
    "NobodyKnown",
    "NotAnAddress",
    "NotOnHold",
    "Plan",
    "Policy",
    "PolicyBroken",
    "RunsAlready",
    "active",
    "called",
    "erase",
    "find",
    "load_policy",
    "look",
    "named",
    "place",
    "read_defaults",
    "release",
    "run",
]
