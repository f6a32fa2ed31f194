"""Instants as editors write them: a date, a month, or "2019-11-15 24:00" in the edition's zone.

Knows zones and calendars; knows no clock. 24:00 is the next midnight; a closing date or month includes itself. What a
zone's clock never shows, or shows twice, is refused: only its writer knows which instant was meant.
"""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ALLOWED = 'a date that exists (2020-08-22), a month ("2020-08") or "2020-08-22 24:00"; where clocks change, with offset'
FIRST, LAST = 1990, 2100  # a year outside is a slip of the pen, such as 0202
_TEXT = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2}))?)?)?")


def read_instant(value: object, zone: str, *, closing: bool) -> datetime:
    """The instant meant by a TOML value, in the zone. Raises ValueError where none is meant or it does not exist."""
    instant = _read(value, zone, closing=closing)
    if not FIRST <= instant.year <= LAST:
        raise ValueError(ALLOWED)
    return instant


def _read(value: object, zone: str, *, closing: bool) -> datetime:
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(zone)) if value.tzinfo else _on_the_wall(value, zone)
    if isinstance(value, date):
        return _midnight(value + timedelta(days=closing), zone)
    if isinstance(value, str) and (match := _TEXT.fullmatch(value.strip())):
        return _from_text(match, zone, closing=closing)
    raise ValueError(ALLOWED)


def _from_text(match: re.Match[str], zone: str, *, closing: bool) -> datetime:
    year, month, day, hour, minute, second = (None if part is None else int(part) for part in match.groups())
    if day is None:
        first = date(year or 0, month or 0, 1)
        return _midnight(_next_month(first) if closing else first, zone)
    whole = date(year or 0, month or 0, day)
    if hour is None:
        return _midnight(whole + timedelta(days=closing), zone)
    if (hour, minute, second or 0) == (24, 0, 0):
        return _midnight(whole + timedelta(days=1), zone)
    return _on_the_wall(datetime.combine(whole, time(hour, minute or 0, second or 0)), zone)


def _on_the_wall(shown: datetime, zone: str) -> datetime:
    """The one instant at which the zone's clock shows this."""
    first, second = (shown.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        raise ValueError(ALLOWED)
    return first


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))
