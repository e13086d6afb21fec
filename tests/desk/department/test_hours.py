from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from desk.department import Closed, Department, Open

LOCAL = ZoneInfo("America/Los_Angeles")
OFFICE = "Mo-Fr 08:00-17:00; PH off"


def at(month: int, day: int, hour: int, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=LOCAL).astimezone(UTC)


def test_open_until_closing_time_in_utc(department: Department) -> None:
    assert department.hours.state(OFFICE, at(11, 24, 10)) == Open(at(11, 24, 17))


def test_the_hour_is_the_departments_not_utc(department: Department) -> None:
    late = datetime(2026, 11, 25, 1, 30, tzinfo=UTC)  # 17:30 on the 24th in Larkfield
    assert department.hours.state(OFFICE, late) == Closed(at(11, 25, 8))


def test_a_holiday_and_the_day_the_department_adds_are_closed(department: Department) -> None:
    # Thanksgiving, then the Friday that profile.yml lists, then the weekend
    assert department.hours.state(OFFICE, at(11, 26, 10)) == Closed(at(11, 30, 8))


def test_holidays_of_next_year_are_known_in_december(department: Department) -> None:
    assert department.hours.state(OFFICE, at(12, 31, 18)) == Closed(at(1, 4, 8, year=2027))


def test_holidays_may_have_hours_of_their_own(department: Department) -> None:
    hours = "Mo-Fr 08:00-17:00; Sa,PH 10:00-12:00"
    assert department.hours.state(hours, at(11, 26, 11)) == Open(at(11, 26, 12))
    assert department.hours.state(hours, at(11, 28, 11)) == Open(at(11, 28, 12))
    assert department.hours.state(hours, at(11, 27, 13)) == Closed(at(11, 28, 10))


def test_always_open_has_no_end(department: Department) -> None:
    assert department.hours.state("24/7", at(11, 26, 3)) == Open(None)


def test_never_open_has_no_beginning(department: Department) -> None:
    assert department.hours.state("off", at(11, 26, 3)) == Closed(None)


@pytest.mark.parametrize(("hour", "until"), [(23, at(11, 25, 6)), (3, at(11, 24, 6))])
def test_hours_past_midnight_go_on(department: Department, hour: int, until: datetime) -> None:
    assert department.hours.state("Mo-Su 22:00-06:00", at(11, 24, hour)) == Open(until)


def test_closing_keeps_its_clock_time_when_the_clocks_change(department: Department) -> None:
    # clocks go back on 1 November 2026, at 02:00
    opened = department.hours.state("Mo-Su 00:30-09:00", at(11, 1, 1))
    assert opened == Open(at(11, 1, 9))
