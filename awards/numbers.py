"""Phones, e-mail addresses, credit codes, figures, days and months as people write them, in one form each.

Knows what each kind may look like; knows no form and no clock. Each function takes a folded text (awards.cleaning) and
returns the value, or None where none is meant.

The rule for phones: a mainland mobile number has 11 digits and begins with 13 to 19; a landline has its area code (010,
02x, or 0 and three digits) and 7 or 8 digits, with an extension or without; 400 and 800 numbers have ten digits; all
may bear +86. A number from elsewhere begins with + and its country, 7 to 15 digits. Whether one is in use, nobody asks.
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

_LONGEST = 254  # an e-mail address, by RFC 5321; nothing here is longer
_COUNTRY = re.compile(r"(?:\+86|0086|86-)-?")
_MOBILE = re.compile("1[3-9][0-9](?:-?[0-9]{4}){2}")
_SERVICE = re.compile("([48]00)-?([0-9]{3})-?([0-9]{4})")
_LANDLINE = re.compile(
    "(010|02[0-9]|0[3-9][0-9]{2})-?([2-9][0-9]{2,3})-?([0-9]{4})(?:(?:-|转|-?分机|-?ext|x|#)([0-9]{1,6}))?",
    re.IGNORECASE,
)
_ABROAD = re.compile(r"\+(?!86)[1-9](?:-?[0-9]){6,14}")
_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@((?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+(?:[A-Za-z]{2,63}|xn--[A-Za-z0-9-]{1,59}))"
)
_FIGURE = re.compile(r"[+-]?([0-9]{1,12}|[0-9]{1,3}(,[0-9]{3}){1,3})(\.[0-9]{1,6})?")
_DAY = re.compile("([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_MONTH = re.compile("([0-9]{4})[-/.年]([0-9]{1,2})月?")
FIRST, LAST = 1900, 2100  # a year outside is a slip of the pen


@dataclass(frozen=True)
class Months:
    """A span of whole months, both included. first, last: the first day of each."""

    first: date
    last: date


def phone(text: str) -> str | None:
    """A telephone number: 13812345678, 0532-85916914, 0532-85916914-801, 400-123-4567, +85221234567."""
    if len(text) > _LONGEST:
        return None
    plain = re.sub("[\u2010-\u2015\u2212]", "-", re.sub(r"[\s().:]", "", text))
    if _ABROAD.fullmatch(plain):
        return plain.replace("-", "")
    country = _COUNTRY.match(plain)
    if country is None:
        return _national(plain)
    return _national(plain[country.end() :]) or _national(f"0{plain[country.end() :]}")  # +86 532 is 0532


def _national(text: str) -> str | None:
    if _MOBILE.fullmatch(text):
        return text.replace("-", "")
    if match := _SERVICE.fullmatch(text):
        return "-".join(match.groups())
    if match := _LANDLINE.fullmatch(text):
        area, first, last, extension = match.groups()
        return f"{area}-{first}{last}" + (f"-{extension}" if extension else "")
    return None


def email(text: str) -> str | None:
    """An e-mail address; the part after the @ in small letters."""
    match = _EMAIL.fullmatch(text) if len(text) <= _LONGEST else None
    local = text.partition("@")[0]
    return f"{local}@{match[1].lower()}" if match and len(local) <= 64 else None


def credit_code(text: str) -> str | None:
    """A unified social credit code of 18 characters whose check digit is right."""
    if len(text) > _LONGEST or not text.isascii():
        return None
    try:
        return uscc.validate(text)
    except ValidationError:
        return None


def figure(text: str, unit: str) -> Decimal | None:
    """A number of at most twelve digits and six decimals; commas between thousands and its unit may stand in it."""
    if len(text) > _LONGEST:
        return None
    text = text.replace("\u2212", "-").removesuffix(unit).strip()
    if not _FIGURE.fullmatch(text):
        return None
    number = Decimal(text.replace(",", ""))
    return Decimal(f"{number:f}".rstrip("0").rstrip(".")) if number % 1 else Decimal(int(number))


def day(text: str) -> date | None:
    """A day: 2019-08-30, 2019/8/30, 2019.8.30, 2019年8月30日."""
    match = _DAY.fullmatch(text.replace(" ", "")) if len(text) <= _LONGEST else None
    return _date(match[1], match[2], match[3]) if match else None


def month(text: str) -> date | None:
    """The first day of a month: 2019-08, 2019年8月."""
    match = _MONTH.fullmatch(text.replace(" ", "")) if len(text) <= _LONGEST else None
    return _date(match[1], match[2], "1") if match else None


def _date(year: str, month_of_year: str, day_of_month: str) -> date | None:
    try:
        found = date(int(year), int(month_of_year), int(day_of_month))
    except ValueError:
        return None
    return found if FIRST <= found.year <= LAST else None
