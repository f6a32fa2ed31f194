"""Instants as editors write them."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awards.instants import read_instant

ZONE = "Asia/Shanghai"


@pytest.mark.parametrize(
    ("value", "closing", "instant"),
    [
        ("2019-11-15 24:00", True, "2019-11-16T00:00:00+08:00"),
        ("2019-10-30 12:00", True, "2019-10-30T12:00:00+08:00"),
        ("2019-10-30 12:00:30", False, "2019-10-30T12:00:30+08:00"),
        (date(2020, 8, 31), True, "2020-09-01T00:00:00+08:00"),
        (date(2020, 8, 22), False, "2020-08-22T00:00:00+08:00"),
        ("2021-12", False, "2021-12-01T00:00:00+08:00"),
        ("2021-12", True, "2022-01-01T00:00:00+08:00"),
        (datetime.fromisoformat("2020-08-21T16:00:00+00:00"), True, "2020-08-22T00:00:00+08:00"),
    ],
)
def test_an_instant_is_read_as_its_writer_meant_it(value: object, closing: bool, instant: str) -> None:
    assert read_instant(value, ZONE, closing=closing).isoformat() == instant


@pytest.mark.parametrize(
    "value",
    ["2020-02-30", "2020-13", "2020-08-22 24:01", "2020-08-22 25:00", "soon", 2020, None, "0202-08-22", date(1, 1, 1)],
)
def test_an_instant_that_does_not_exist_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        read_instant(value, ZONE, closing=False)


@pytest.mark.parametrize("value", ["2026-03-29 02:30", "2026-10-25 02:30", datetime(2026, 3, 29, 2, 30)])  # noqa: DTZ001
def test_a_time_that_the_clock_skips_or_shows_twice_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        read_instant(value, "Europe/Brussels", closing=False)


def test_a_time_that_comes_twice_is_told_by_its_offset() -> None:
    value = datetime.fromisoformat("2026-10-25T02:30:00+01:00")
    assert read_instant(value, "Europe/Brussels", closing=False).isoformat() == "2026-10-25T02:30:00+01:00"


@given(st.dates(date(1990, 1, 1), date(2099, 12, 31)))
def test_a_day_written_with_24_00_closes_where_the_next_day_opens(day: date) -> None:
    closing = read_instant(f"{day} 24:00", ZONE, closing=True)
    assert (
        closing == read_instant(day + timedelta(days=1), ZONE, closing=False) == read_instant(day, ZONE, closing=True)
    )
