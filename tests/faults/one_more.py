"""Becomes one more process of a front desk: `python -m tests.faults.one_more gateway`."""

from __future__ import annotations

import os
import sys

from desk.settings import settings
from frontdesk import local, model
from frontdesk.run import processes

local.load()
trained = model.current()
assert trained is not None
(wanted,) = (one for one in processes(settings(), trained) if one.name == sys.argv[1])
os.execve(wanted.command[0], wanted.command, {**os.environ, **wanted.environment})  # noqa: S606
