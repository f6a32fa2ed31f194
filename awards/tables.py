"""Typed reading of TOML: values out, findings aside, each with the key's path and its line.

Knows TOML's types; where keys stand in a file is lines.py's. Knows nothing of awards. A reader never stops at a fault:
it notes a finding and hands back a harmless value, so that all faults of a file are told at once.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any

from awards.errors import Finding
from awards.lines import join, line_index

CODE = "[a-z0-9][a-z0-9-]*"
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # what no page and no feed can hold
_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)|\(at end of document\)")


@dataclass
class Source:
    """One TOML text being read.

    path: as findings name it. offset: lines before the text in its file. unreadable: told already, find nothing more.
    """

    path: str
    text: str
    offset: int = 0
    findings: list[Finding] = field(default_factory=list)
    unreadable: bool = False
    _lines: dict[str, int] | None = None

    def parse(self) -> "Table":
        """The text as a table; broken TOML is a finding and an empty table."""
        try:
            return Table(self, "", tomllib.loads(self.text), broken=self.unreadable)
        except ValueError as error:
            self.findings.append(self._broken(str(error)))
        except RecursionError:
            self.findings.append(self._broken("brackets within brackets without end"))
        return Table(self, "", {}, broken=True)

    def _broken(self, message: str) -> Finding:
        where = _AT_LINE.search(message)
        at = int(where[1]) if where and where[1] else self.text.rstrip("\n").count("\n") + 1
        return Finding(self.path, at + self.offset, "", _AT_LINE.sub("", message).strip(), "valid TOML")

    def note(self, key: str, found: str, allowed: str) -> None:
        """Add a finding at a key's path, or at its nearest parent that stands in the file."""
        self.findings.append(Finding(self.path, self.line(key), key, found, allowed))

    def line(self, key: str) -> int:
        """The line of a key or its nearest parent, 0 if none stands in the file."""
        if self._lines is None:
            self._lines = line_index(self.text)
        while key and key not in self._lines:
            key = re.sub(r"(\[\d+\]|(^|\.)[^.\[\]]+)$", "", key)
        return self._lines[key] + self.offset if key else 0


_MISSING: Any = object()


class Table:
    """One table of a source; every key that is asked for is known, the rest is unknown (see done)."""

    def __init__(self, source: Source, path: str, data: Mapping[str, Any], *, broken: bool = False) -> None:
        self.source, self.path, self.data, self.broken = source, path, data, broken
        self._known: set[str] = set()

    def note(self, name: str, found: str, allowed: str) -> None:
        """Add a finding at one of this table's keys."""
        self.source.note(join(self.path, name), found, allowed)

    def has(self, name: str) -> bool:
        """Whether the key stands here; it is known from now on."""
        self._known.add(name)
        return name in self.data

    def value(self, name: str, kind: type | tuple[type, ...], allowed: str, default: Any = _MISSING) -> Any:
        """The value of a key if it is of the kind, else the default; a missing key without default is a finding."""
        if not self.has(name):
            if default is _MISSING and not self.broken:
                self.note(name, "missing", allowed)
            return None if default is _MISSING else default
        value = self.data[name]
        wrong_bool = isinstance(value, bool) and kind is not bool
        if not isinstance(value, kind) or wrong_bool:
            self.note(name, shown(value), allowed)
            return None if default is _MISSING else default
        return value

    def text(self, name: str, default: Any = _MISSING) -> str:
        """A text; required texts must not be blank."""
        value = self.value(name, str, "a text", default)
        if value is not None and default is _MISSING and not value.strip():
            self.note(name, '""', "a text that is not empty")
        if value and (control := _CONTROL.search(value)):
            self.note(name, f"the control character U+{ord(control[0]):04X}", "a text without control characters")
        return value or ""

    def address(self, name: str) -> str:
        """A web address, empty where the key is missing."""
        return self.matching(name, r"https?://[^\s<>\"]+", "a web address that begins with http:// or https://", "")

    def matching(self, name: str, pattern: str, allowed: str, default: Any = _MISSING) -> str:
        """A text that matches a pattern as a whole."""
        text = self.text(name, default)
        if text and not re.fullmatch(pattern, text):
            self.note(name, shown(text), allowed)
        return text

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; empty where the key is missing."""
        values = self.value(name, list, "a list of texts", [])
        for number, value in enumerate(values):
            if not isinstance(value, str) or not value.strip():
                self.note(f"{name}[{number}]", shown(value), "a text that is not empty")
        return tuple(str(value) for value in values)

    def flag(self, name: str) -> bool:
        """True or false; false where the key is missing."""
        return bool(self.value(name, bool, "true or false", default=False))

    def whole(self, name: str, low: int, high: int, default: Any = _MISSING) -> Any:
        """A whole number from low to high."""
        allowed = f"a whole number from {low} to {high}"
        value = self.value(name, int, allowed, default)
        if name in self.data and isinstance(value, int) and not low <= value <= high:
            self.note(name, str(value), allowed)
            return low
        return low if value is None and default is _MISSING else value

    def one_of(self, name: str, choices: Iterable[str], default: Any = _MISSING) -> str:
        """One of the named choices."""
        choices = tuple(choices)
        value = self.value(name, str, f"one of {', '.join(choices)}", default)
        if value is not None and value not in choices:
            self.note(name, shown(value), f"one of {', '.join(choices)}{nearest(value, choices)}")
        return value if value in choices else next(iter(choices), "")

    def day(self, name: str) -> date | None:
        """A day, None where the key is missing."""
        value = self.value(name, date, "a date such as 2020-08-22", None)
        if isinstance(value, datetime):
            self.note(name, shown(value), "a date without a time, such as 2020-08-22")
            return value.date()
        return value if isinstance(value, date) else None

    def table(self, name: str) -> "Table | None":
        """A table, None where the key is missing."""
        value = self.value(name, dict, "a table", None)
        return None if value is None else Table(self.source, join(self.path, name), value)

    def tables(self, name: str) -> list["Table"]:
        """A list of tables; empty where the key is missing."""
        values = self.value(name, list, "a list of tables", [])
        found = []
        for number, value in enumerate(values):
            if isinstance(value, dict):
                found.append(Table(self.source, f"{join(self.path, name)}[{number}]", value))
            else:
                self.note(f"{name}[{number}]", shown(value), "a table")
        return found

    def percents(self, name: str, parts: Iterable[str], default: Any = _MISSING) -> dict[str, int]:
        """A table of whole percents that sum to 100, each under an allowed part."""
        parts = tuple(parts)
        value = self.value(name, dict, "a table of whole percents", default)
        if value is None:
            return {}
        for part, percent in value.items():
            self._check_percent(name, part, percent, parts)
        whole = {part: percent for part, percent in value.items() if type(percent) is int}
        if len(whole) == len(value) and sum(whole.values()) != 100:
            self.note(name, f"weights that sum to {sum(whole.values())}", "weights that sum to 100")
        return whole

    def _check_percent(self, name: str, part: str, percent: object, parts: tuple[str, ...]) -> None:
        key = f"{name}.{part}"
        if part not in parts:
            self.note(key, f"no such part: {part}", f"one of {', '.join(parts)}{nearest(part, parts)}")
        if isinstance(percent, bool) or not isinstance(percent, int) or not 0 <= percent <= 100:
            self.note(key, shown(percent), "a whole percent from 0 to 100")

    def note_repeats(self, name: str, codes: Iterable[object], key: str = "code") -> None:
        """Tell each entry of a list of tables whose code another had before it; key: what the code is called."""
        seen: set[object] = set()
        for number, code in enumerate(codes):
            if code and isinstance(code, str) and code in seen:
                self.note(f"{name}[{number}].{key}", f"{code} a second time", f"a {key} of its own for each")
            seen.add(code if isinstance(code, str) else None)

    def done(self) -> None:
        """Tell every key that nobody asked for, with the nearest right one."""
        for name in self.data:
            if name not in self._known:
                allowed = f"one of {', '.join(sorted(self._known))}{nearest(name, self._known)}"
                self.note(name, f"unknown key {name}", allowed)


def nearest(found: str, choices: Iterable[str]) -> str:
    """A hint such as `` (did you mean voting?)``, empty where nothing is near."""
    close = get_close_matches(str(found), list(choices), 1)
    return f" (did you mean {close[0]}?)" if close else ""


def shown(value: object) -> str:
    """A value as a finding shows it: short, on one line."""
    text = f'"{value}"' if isinstance(value, str) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= 80 else text[:79] + "…"
