"""What a department says about how long things are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from desk.department.models import Facts
from desk.reports.store import KEPT_FOR
from desk.reports.types import ReportTypeBroken, report_types

FILE: Final = "retention.yml"

Days = Annotated[int, Field(ge=1, le=36500)]


class PolicyBroken(ValueError):
    """There is no usable retention.yml, or a report type cannot be read; nothing may be deleted."""


class Defaults(Facts):
    """The days in retention.yml. Drafts cannot go before residents were told that they do."""

    conversations: Days
    reports: Days
    drafts: Annotated[int, Field(ge=KEPT_FOR.days, le=36500)]
    photos: Days
    surveys: Days
    events: Days
    sessions: Days
    audit: Days


@dataclass(frozen=True, slots=True)
class Policy:
    """The defaults, and the days of the report types that have their own."""

    defaults: Defaults
    by_type: Mapping[str, int]

    def report_ends(self, type_id: str, filed_at: datetime) -> datetime:
        """Until when a report of this type is kept by law or rule."""
        return filed_at + timedelta(days=self.by_type.get(type_id, self.defaults.reports))


def load_policy(department_folder: Path) -> Policy:
    """The policy of a department. Raises PolicyBroken: a guess could delete too much."""
    defaults = read_defaults(department_folder)
    try:
        types = report_types(department_folder)
    except (OSError, ReportTypeBroken) as error:
        raise PolicyBroken(f"the report types: {error}") from None
    own = {one.id: one.retention_days for one in types.values() if one.retention_days is not None}
    return Policy(defaults, own)


def read_defaults(department_folder: Path) -> Defaults:
    """What retention.yml says. Raises PolicyBroken."""
    try:
        told: Any = YAML(typ="safe").load(department_folder / FILE)
        return Defaults.model_validate(told)
    except FileNotFoundError:
        raise PolicyBroken(f"{FILE}: it is missing in the department's folder") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise PolicyBroken(f"{FILE}: {where}: {first['msg']}") from None
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise PolicyBroken(f"{FILE}: {error}") from None
