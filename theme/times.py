"""Instants and windows in words, on the clock of the edition's zone.

Knows the two languages' ways to write a date. A window that closes at midnight is told by its last day: "24:00".
Never asks what time it is.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from awards.model import Edition, Window
from theme.catalogue import gettexts

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
ONE_DAY = timedelta(days=1)


def zone_name(edition: Edition) -> str:
    """The clock that decides, as people call it."""
    _ = gettexts(edition.language)[0]
    if edition.zone in {"Asia/Shanghai", "Asia/Chongqing", "PRC"}:
        return _("Beijing time")
    if edition.zone in {"UTC", "Etc/UTC"}:
        return "UTC"
    return _("%(city)s time") % {"city": edition.zone.rsplit("/", 1)[-1].replace("_", " ")}


def day(value: date, language: str, *, year: bool = True) -> str:
    """A calendar day: 2019年11月15日, or 15 November 2019."""
    if language.startswith("zh"):
        return f"{value.year}年" * year + f"{value.month}月{value.day}日"
    return f"{value.day} {MONTHS[value.month - 1]}" + f" {value.year}" * year


def instant(moment: datetime, edition: Edition, *, closing: bool = False, year: bool = True) -> str:
    """A moment with its time; as the end of a window, midnight belongs to the day before."""
    local = moment.astimezone(ZoneInfo(edition.zone))
    midnight = closing and _is_midnight(local)
    clock = "24:00" if midnight else f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
    comma = "" if edition.language.startswith("zh") else ","
    return f"{day(local.date() - ONE_DAY * midnight, edition.language, year=year)}{comma} {clock}"


def closing(moment: datetime, edition: Edition) -> str:
    """The end of a window with its time: the instant from which it is too late."""
    return instant(moment, edition, closing=True)


def short_closing(moment: datetime, edition: Edition) -> str:
    """The end of a window, without the year where it is the edition's own."""
    last = (moment - timedelta(microseconds=1)).astimezone(ZoneInfo(edition.zone))
    return instant(moment, edition, closing=True, year=last.year != edition.year)


def window(value: Window, edition: Edition, *, year: bool = True) -> str:
    """A window as an office would write it: whole months by month, whole days by day, else with times."""
    _ = gettexts(edition.language)[0]
    if value.opens is None and value.closes is None:
        return _("to be announced")
    if value.opens is None or value.closes is None:
        return _one_sided(value, edition, year=year)
    opens, closes = (moment.astimezone(ZoneInfo(edition.zone)) for moment in (value.opens, value.closes))
    last = (closes - ONE_DAY).date() if _is_midnight(closes) else closes.date()
    if _is_midnight(opens) and _is_midnight(closes):
        return _days(opens.date(), last, edition.language, year=year)
    return _span(
        _start(opens, edition, year=year),
        instant(closes, edition, closing=True, year=year or last.year != opens.year),
        edition.language,
    )


def short_window(value: Window, edition: Edition) -> str:
    """A window without the year where it lies in the edition's own."""
    moments = [moment.astimezone(ZoneInfo(edition.zone)) for moment in (value.opens, value.closes) if moment]
    years = {(moment - timedelta(microseconds=1)).year if moment is value.closes else moment.year for moment in moments}
    return window(value, edition, year=bool(years - {edition.year}))


def iso(moment: datetime | None, edition: Edition) -> str:
    """A moment for machines, with the offset of the edition's zone; empty while undecided."""
    return moment.astimezone(ZoneInfo(edition.zone)).isoformat() if moment else ""


def _is_midnight(local: datetime) -> bool:
    return (local.hour, local.minute, local.second) == (0, 0, 0)


def _one_sided(value: Window, edition: Edition, *, year: bool) -> str:
    _ = gettexts(edition.language)[0]
    if value.opens is not None:
        start = _start(value.opens.astimezone(ZoneInfo(edition.zone)), edition, year=year)
        return _("from %(time)s") % {"time": start}
    end = instant(value.closes, edition, closing=True, year=year) if value.closes else ""
    return _("until %(time)s") % {"time": end}


def _start(local: datetime, edition: Edition, *, year: bool) -> str:
    """The beginning of a window: a day where it begins with one."""
    if _is_midnight(local):
        return day(local.date(), edition.language, year=year)
    return instant(local, edition, year=year)


def _days(first: date, last: date, language: str, *, year: bool) -> str:
    """A run of whole days, shortened as far as it stays plain."""
    if first.day == 1 and (last + ONE_DAY).day == 1:
        return _months(first, last, language, year=year)
    if first == last:
        return day(first, language, year=year)
    if first.year != last.year:
        return _span(day(first, language), day(last, language), language)
    if language.startswith("zh"):
        end = f"{last.day}日" if first.month == last.month else day(last, language, year=False)
        return f"{day(first, language, year=year)}—{end}"
    if first.month == last.month:
        return f"{first.day}–{day(last, language, year=year)}"
    return f"{day(first, language, year=False)} – {day(last, language, year=year)}"


def _months(first: date, last: date, language: str, *, year: bool) -> str:
    """A run of whole months."""
    same = (first.year, first.month) == (last.year, last.month)
    if language.startswith("zh"):
        end = f"{last.year}年" * (last.year != first.year) + f"{last.month}月"
        return f"{first.year}年" * (year or last.year != first.year) + f"{first.month}月" + f"—{end}" * (not same)
    start = f"{MONTHS[first.month - 1]}" + f" {first.year}" * (first.year != last.year)
    end = f"{MONTHS[last.month - 1]}" + f" {last.year}" * (year or first.year != last.year)
    return end if same else f"{start} – {end}"


def _span(first: str, last: str, language: str) -> str:
    return f"{first}—{last}" if language.startswith("zh") else f"{first} – {last}"
