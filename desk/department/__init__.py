"""The department's own facts: read from its folder, checked, and kept up to date."""

from __future__ import annotations

from desk.department.check import check
from desk.department.documents import Problem
from desk.department.hours import Closed, Open
from desk.department.loader import Department, DepartmentBroken, District, load
from desk.department.models import (
    Agency,
    Officer,
    Point,
    Profile,
    Station,
    Text,
    spoken_phone,
)

__all__ = [
    "Agency",
    "Closed",
    "Department",
    "DepartmentBroken",
    "District",
    "Officer",
    "Open",
    "Point",
    "Problem",
    "Profile",
    "Station",
    "Text",
    "check",
    "load",
    "spoken_phone",
]
